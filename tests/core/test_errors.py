"""Errors teach in one line: what, where, expected, remedy."""

import pytest

from chipledger.core.errors import ChipledgerError, DataError, InputError, LedgerError, LimitError


def test_all_four_parts_stand_in_order_in_one_sentence():
    error = InputError(
        "no such file", where="papers/a.pdf", expected="a file or folder", remedy="check the path"
    )

    assert str(error) == "no such file (papers/a.pdf); expected a file or folder; check the path"


def test_parts_that_are_not_given_leave_no_trace():
    assert str(InputError("no such file")) == "no such file"
    assert str(InputError("no such file", remedy="check the path")) == "no such file; check the path"


def test_a_message_of_several_lines_becomes_one_line():
    assert str(DataError("line one\nline  two", where="a\tb")) == "line one line two (a b)"


def test_the_parts_stay_readable_one_by_one():
    error = LedgerError("locked", where="a.sqlite", expected="one writer", remedy="wait")

    assert (error.what, error.where, error.expected, error.remedy) == (
        "locked",
        "a.sqlite",
        "one writer",
        "wait",
    )


@pytest.mark.parametrize("kind", [InputError, DataError, LimitError, LedgerError])
def test_every_kind_is_caught_as_one_and_leaves_with_status_2(kind):
    with pytest.raises(ChipledgerError) as caught:
        raise kind("something is wrong")

    assert caught.value.exit_status == 2
