"""A document has one id among the sources of events, routes and studies, so that nothing rests on it as if on two."""

from pathlib import Path

import pytest

from chipledger.core.load import load_yaml_list
from chipledger.core.sources import Source

SOURCES = Path(__file__).parents[2] / "src/chipledger/data/sources"
READ_ALONE = ("evals.yaml",)  # a part that reads no other list of sources


@pytest.mark.parametrize(
    "part", ["arxiv.org/abs/2411.14425", "itmedia.co.jp/aiplus/articles/2412/13/news068"]
)
def test_the_paper_and_the_article_that_retells_it_have_one_id_each(part: str) -> None:
    listed = [path for path in sorted(SOURCES.glob("*.yaml")) if path.name not in READ_ALONE]
    every = [one for path in listed for one in load_yaml_list(path, Source)]
    assert len({one.id for one in every if part in (one.url or "")}) == 1
