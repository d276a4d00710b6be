"""What became of one item: its value, or why it has none."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

ItemT = TypeVar("ItemT")
ValueT = TypeVar("ValueT")

OUT_OF_MEMORY = "ran out of memory"


@dataclass(frozen=True, slots=True)
class Outcome(Generic[ItemT, ValueT]):
    """An item with the value that the function gave for it, or the trouble that kept it from giving one.

    >>> Outcome("a.md", value=None, trouble="took longer than 30 s").is_failed
    True
    """

    item: ItemT
    value: ValueT | None
    trouble: str | None = None

    @property
    def is_failed(self) -> bool:
        """Whether the function gave no value."""
        return self.trouble is not None


def attempt(function: Callable[[ItemT], ValueT], item: ItemT) -> tuple[ValueT | None, str | None]:
    """The function's value for an item, or the unforeseen error in words; only a limit of time passes through.

    >>> attempt(len, "abc"), attempt(len, 3)
    ((3, None), (None, "unforeseen TypeError: object of type 'int' has no len()"))
    """
    try:
        return function(item), None
    except MemoryError:
        return None, OUT_OF_MEMORY
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        return None, f"unforeseen {type(error).__name__}" + (f": {reason}" if reason else "")


def overdue(seconds: float) -> str:
    """The trouble of an item that took too long.

    >>> overdue(30.0)
    'took longer than the limit of 30 s'
    """
    return f"took longer than the limit of {seconds:g} s"
