"""Fingerprints: the same for the same words however they are set, the same sample of two texts, bounded, never a failure."""

from hypothesis import given, settings
from hypothesis import strategies as st

from chipledger.documents.document import Document
from chipledger.evidence.extract import extract
from chipledger.evidence.fingerprint import MOST_CITES, MOST_WORDS, clause_hashes, fingerprint_of
from chipledger.findings.kin import hashes


def printed(text: str):  # type: ignore[no-untyped-def]
    return fingerprint_of(text, text)


@settings(deadline=None)
@given(st.text(max_size=400))
def test_any_text_has_a_fingerprint_of_ascending_hashes(text: str) -> None:
    one = printed(text)
    for sketch, count in ((one.words, one.words_count), (one.figures, one.figures_count)):
        found = hashes(sketch)
        assert list(found) == sorted(set(found))
        assert len(found) <= count
    assert one == printed(text)


def test_blanks_marks_and_case_make_no_difference() -> None:
    plain = "We trained the model on 512 A800 GPUs for three weeks"
    assert printed(plain).words == printed(f"  * **{plain.upper()}** \r\n").words
    assert (
        clause_hashes("在三十二张加速卡上进行了全量微调。")
        == clause_hashes("在三十二张加速卡上进行了全量微调，然后")[:1]
    )


def test_a_long_text_is_sampled() -> None:
    long = "\n".join(f"sentence number {number} says something of its own" for number in range(5_000))
    one = printed(long)
    assert len(hashes(one.words)) == MOST_WORDS
    assert one.words_count == 5_000


def test_citations_come_from_links_and_from_names() -> None:
    text = "See https://github.com/Lab/Kite.git, [paper](https://arxiv.org/abs/2411.02265v3) and arXiv:2411.14425; https://huggingface.co/datasets/a/b"
    assert printed(text).cites == ("github:lab/kite", "arxiv:2411.02265", "arxiv:2411.14425")
    many = " ".join(f"https://github.com/lab/kite{number}" for number in range(99))
    assert len(printed(many).cites) == MOST_CITES


def test_the_shape_is_headings_tables_and_code() -> None:
    text = "# A\n\n## B\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\n```\nx\n```\n### C\n"
    assert printed(text).shape == "12t``3"


def test_only_what_speaks_of_chips_or_launches_is_printed() -> None:
    def facts(text: str, form: str = "markdown"):  # type: ignore[no-untyped-def]
        return extract(Document(document="a", document_id="1", text=text, format=form)).facts

    assert facts("Nothing of interest stands here.").fingerprint is None
    assert facts("Trained on 64 H800 GPUs.").fingerprint is not None
    assert facts("export NCCL_IB_HCA=mlx5_0\n", "shell").fingerprint is not None
    hidden = facts("<p>Trained on <b>64</b> H800 GPUs for <i>three</i> weeks.</p>", "html").fingerprint
    assert hidden == facts("   Trained on    64  H800 GPUs for    three  weeks.", "html").fingerprint
