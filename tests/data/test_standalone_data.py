"""The rule files that carry their sources with them: proposals and duties."""

import re

import pytest

from chipledger.rules.duty import Duty
from chipledger.rules.law import DATA
from chipledger.rules.proposal import Proposal
from chipledger.rules.sourced import load_sourced

FILES = [(path, record) for folder, record in (("proposals", Proposal), ("duties", Duty))
         for path in sorted((DATA / folder).glob("*.yaml"))]  # fmt: skip


@pytest.mark.parametrize(("path", "record"), FILES, ids=lambda value: getattr(value, "stem", ""))
def test_a_file_fits_is_named_by_its_id_and_cites_each_source_it_brings(path, record):
    one = load_sourced(path, record)
    cited = set(re.findall(r"\{source: ([^,}]+)", path.read_text("utf-8")))
    assert one.id == path.stem
    assert {source.id for source in one.sources} <= cited
    assert not re.search(r"\b(banned|illegal|violat\w*)\b", path.read_text("utf-8"), re.IGNORECASE)
