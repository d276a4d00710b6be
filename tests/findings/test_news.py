"""What two looks at a source show differently."""

import time
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from chipledger.findings.news import Kind, Look, Page, Told, carried, look_of, news


def told(words: str, name: str = "NVIDIA H20", count: int | None = None, **more: object) -> Told:
    return Told(what="mention", name=name, words=words, count=count, **more)  # type: ignore[arg-type]


def look(on: str, **pages: tuple[str, tuple[Told, ...]]) -> Look:
    return Look(
        on=on,
        version="4",
        pages={name: Page(document_id=bytes_, told=some) for name, (bytes_, some) in pages.items()},
    )


FIRST = look(
    "2024-11-05",
    readme=(
        "1",
        (
            told("BF16 takes 16 H800 or H20 cards.", "NVIDIA H800", 16),
            told("BF16 takes 16 H800 or H20 cards.", count=16),
        ),
    ),
)


def test_h800_taken_out_of_a_line_that_goes_on_is_told_with_the_line_as_it_is_now() -> None:
    now = look("2024-12-06", readme=("2", (told("BF16 takes 16 H20 cards.", count=16),)))
    changed, removed = news("large", FIRST, now)
    assert (changed.kind, changed.told.name, changed.before and changed.before.words) == (
        Kind.CHANGED, "NVIDIA H20", "BF16 takes 16 H800 or H20 cards.",
    )  # fmt: skip
    assert (removed.kind, removed.told.name, removed.words_now) == (
        Kind.REMOVED,
        "NVIDIA H800",
        "BF16 takes 16 H20 cards.",
    )
    assert "between 2024-11-05 and 2024-12-06" in removed.in_words


def test_a_document_with_the_same_bytes_brings_no_news_from_a_newer_reader() -> None:
    now = replace(look("2024-12-06", readme=("1", (told("a", "NVIDIA A100"),))), version="5")
    assert news("large", FIRST, now) == []


def test_a_document_that_is_gone_takes_its_statements_along() -> None:
    gone = news("large", FIRST, look("2024-12-06"))
    assert [one.kind for one in gone] == [Kind.REMOVED, Kind.REMOVED]
    assert "readme, which is gone" in gone[0].in_words


def test_a_document_that_could_not_be_read_is_no_removal_and_stands_as_before() -> None:
    now = replace(look("2024-12-06"), unread={"readme": "permission denied"})
    assert news("large", FIRST, now) == []
    assert carried(FIRST, now).pages == FIRST.pages
    later = look("2024-12-07", readme=("1", FIRST.pages["readme"].told))
    assert news("large", carried(FIRST, now), later) == []


def test_a_history_tells_a_removal_once_with_its_own_day() -> None:
    loss = {"path": "train.sh", "what": "setting", "name": "NCCL_NET_GDR_LEVEL", "words_before": "NCCL_NET_GDR_LEVEL=2", "purpose": None, "line": 9,
            "commit": "ba70fab", "first_seen": "2024-11-05", "words_now": None, "removed_on": "2024-11-24", "in_words": "removed"}  # fmt: skip
    before = Look(
        on="2024-11-20",
        version="4.1",
        pages={"train.sh": Page(document_id="", told=(told("x"),))},
        is_history=True,
    )
    now = Look(on="2024-11-25", version="4.1", pages={}, is_history=True, losses={"r1": loss})
    (one,) = news("large", before, now)
    assert (one.kind, one.happened_on, one.told.what, one.as_dict()["happened_on"]) == (
        Kind.REMOVED,
        "2024-11-24",
        "setting",
        "2024-11-24",
    )
    assert news("large", now, replace(now, on="2024-11-26")) == []


def test_news_of_two_looks_on_one_day_have_ids_of_their_own() -> None:
    now = look("2024-11-05", readme=("2", ()))
    assert {one.id for one in news("large", FIRST, now, 2)}.isdisjoint(
        one.id for one in news("large", FIRST, now, 3)
    )


_TOLD = st.builds(
    told,
    st.sampled_from(["16 H20 cards", "8 H20 cards", "trained on A100", "训练使用16卡H20"]),
    st.sampled_from(["NVIDIA H20", "NVIDIA A100"]),
    st.none() | st.integers(1, 64),
)
_LOOKS = st.dictionaries(
    st.sampled_from("abc"), st.tuples(st.sampled_from("12"), st.lists(_TOLD, max_size=4).map(tuple))
)


@settings(deadline=None)
@given(_LOOKS, _LOOKS)
def test_every_difference_is_told_once_and_the_same_twice_brings_nothing(old: dict, new: dict) -> None:  # type: ignore[type-arg]
    before, now = look("2026-01-01", **old), look("2026-01-02", **new)
    found = news("s", before, now)
    assert news("s", now, replace(now, on="2026-01-03")) == []
    assert len({one.id for one in found}) == len(found)
    for one in found:
        keys = {told.key for told in now.pages[one.document].told} if one.document in now.pages else set()
        was = (
            {told.key for told in before.pages[one.document].told} if one.document in before.pages else set()
        )
        assert (one.told.key in keys) == (one.kind is not Kind.REMOVED)
        assert (one.told.key in was) == (one.kind is Kind.REMOVED)
    assert look_of(now.as_dict()) == now


def test_a_statement_that_only_moved_to_another_document_is_no_news() -> None:
    one, other = told("It takes 16 H20.", count=16), told("It takes 8 A800.", "NVIDIA A800", 8)
    before = look("2024-11-05", readme=("1", (one, other)))
    assert news("large", before, look("2024-12-06", guide=("1", (one, other)))) == []
    kept = replace(other, words="It takes 9 A800.", count=9)
    found = news("large", before, look("2024-12-06", guide=("2", (one, kept))))
    assert [(new.kind, new.told.name) for new in found] == [
        (Kind.NEW, "NVIDIA A800"),
        (Kind.REMOVED, "NVIDIA A800"),
    ]
    history = replace(look("2024-12-06", guide=("", (one, other))), is_history=True)
    assert news("large", replace(before, is_history=True), history) == []


def test_what_is_missing_from_a_source_that_was_not_reached_as_a_whole_stands_as_before() -> None:
    now = replace(look("2024-12-06"), is_whole=False)
    assert news("large", FIRST, now) == [] and carried(FIRST, now).pages == FIRST.pages
    assert look_of(now.as_dict()) == now


def test_the_same_words_removed_twice_are_two_news() -> None:
    loss = {"path": "readme", "in_words": "gone", "words_now": None, "removed_on": "2024-12-06", "what": "chip", "name": "H20",
            "words_before": "8 H20", "purpose": None, "line": 1, "commit": "a", "first_seen": None}  # fmt: skip
    now = replace(look("2024-12-06"), is_history=True, losses={"x": loss, "y": loss})
    first, second = news("large", replace(look("2024-11-05"), is_history=True), now)
    assert first.id != second.id


def test_a_document_reworded_throughout_costs_little() -> None:
    def page(plan: str) -> tuple[Told, ...]:
        return tuple(
            told(f"In run {i} of the {plan} plan model {i * 7919 % 10007} was trained on {i} H20 for {i % 30} days, as the "
                 f"table {i % 97} of the appendix of this report says in words.", count=i) for i in range(300)
        )  # fmt: skip

    before = time.process_time()
    found = news(
        "large", look("2024-11-05", a=("1", page("first"))), look("2024-12-06", a=("2", page("second")))
    )
    assert len(found) == 300 and time.process_time() - before < 8
