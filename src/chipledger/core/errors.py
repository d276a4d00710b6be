"""The errors a user may meet, each a sentence that says what, where, what was expected and how to mend it.

Apps print `str(error)` on one line and leave with `error.exit_status`; nothing else is caught there.
"""


class ChipledgerError(Exception):
    """The base of every error that chipledger raises on purpose.

    Args:
        what: what happened, in a clause.
        where: file and line, or the id of the thing at fault.
        expected: what would have been right.
        remedy: how to mend it.

    >>> str(ChipledgerError("no such chip: 'A10O'", where="chips show", remedy="try `chipledger chips list`"))
    "no such chip: 'A10O' (chips show); try `chipledger chips list`"
    """

    exit_status = 2

    def __init__(self, what: str, *, where: str = "", expected: str = "", remedy: str = "") -> None:
        self.what, self.where, self.expected, self.remedy = what, where, expected, remedy
        sentence = what + (f" ({where})" if where else "")
        for clause in (f"expected {expected}" if expected else "", remedy):
            sentence += f"; {clause}" if clause else ""
        super().__init__(" ".join(sentence.split()))


class InputError(ChipledgerError):
    """What the user handed over cannot be used: a missing path, a bad option, a damaged archive."""


class DataError(ChipledgerError):
    """A data file breaks its contract; `where` names the file and the line."""


class LimitError(ChipledgerError):
    """A document asked for more time, memory or depth than its limit allows; the run goes on without it."""


class LedgerError(ChipledgerError):
    """The ledger cannot be opened or written: not a ledger, a newer version, locked, or full."""
