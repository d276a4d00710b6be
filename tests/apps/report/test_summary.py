"""Few words never say more than the windows: yes and no only where they hold on every possible day."""

from datetime import date

import pytest

from chipledger.apps.report.summary import Answer, answer_of, answer_to, in_brief, variants
from chipledger.core.records import DocumentFacts, Mention, Purpose
from chipledger.core.truth import Verdict
from chipledger.findings.claim import claims
from chipledger.findings.finding import Finding, joined
from chipledger.findings.window import window_of


def seen(chip_ids: tuple[str, ...], day: date | None) -> Finding:
    mention = Mention(document="a.md", start=0, end=4, quote="A100", chip="the chip", chips=chip_ids,
                      purpose=Purpose.PRETRAINING, first_seen=day)  # fmt: skip
    return joined(claims([(DocumentFacts(document="a.md", document_id=""), [mention])]))[0]


@pytest.mark.parametrize(
    ("chip_ids", "day", "answer"),
    [
        (("nvidia-v100-sxm2-16",), date(2022, 1, 1), Answer.FREE),
        (("nvidia-h100-sxm",), date(2024, 1, 1), Answer.NEEDED),
        (("nvidia-a100-sxm-80",), date(2024, 1, 1), Answer.DEPENDS),
        (("nvidia-h20", "nvidia-h100-sxm"), date(2024, 6, 1), Answer.DEPENDS),
        (("nvidia-h100-sxm",), None, Answer.UNKNOWN),
        ((), date(2024, 1, 1), Answer.UNKNOWN),
    ],
)
def test_the_answer_of_a_finding(chip_ids: tuple[str, ...], day: date | None, answer: Answer) -> None:
    assert answer_of(seen(chip_ids, day)) is answer


def test_variants_that_disagree_differ_and_no_variant_is_unknown() -> None:
    assert answer_to([Verdict.YES, Verdict.UNKNOWN]) is Answer.DEPENDS
    assert answer_to([Verdict.NO, Verdict.NO]) is Answer.FREE
    assert answer_to([]) is Answer.UNKNOWN


def test_variants_of_which_the_rules_said_the_same_stand_together() -> None:
    windows = [
        window_of(name, date(2024, 1, 1))
        for name in ("nvidia-a100-sxm-40", "nvidia-a100-sxm-80", "nvidia-h20")
    ]
    groups = variants([window for window in windows if window])
    assert groups[0].chips == ("nvidia-a100-sxm-40", "nvidia-a100-sxm-80")
    assert groups[0].released == ("2020-05-14", "2020-11-16")


def test_days_in_a_row_with_one_answer_are_one_step_with_all_its_grounds() -> None:
    (group,) = variants([window for window in [window_of("nvidia-a100-sxm-80", date(2024, 1, 1))] if window])
    assert [step.answer for step in group.steps] == [Answer.FREE, Answer.NEEDED]
    assert [day for day, _ in group.steps[1].because][:2] == [date(2022, 8, 26), date(2022, 10, 21)]


def test_a_chip_seen_before_its_release_says_so() -> None:
    (group,) = variants([window for window in [window_of("nvidia-h20", date(2020, 1, 1))] if window])
    assert group.steps == ()
    assert "before the recorded release" in group.otherwise


def test_every_row_begins_with_what_is_not_known() -> None:
    for chip_ids in (
        ("nvidia-a100-sxm-80",),
        ("nvidia-a100-sxm-80", "nvidia-a100-pcie-80", "nvidia-h20"),
        (),
    ):
        brief = in_brief(seen(chip_ids, date(2024, 1, 1)))
        assert brief.startswith("day of acquisition unknown")
        assert len(brief) < 250
