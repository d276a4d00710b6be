"""A product name as printed, taken apart: what it is called, and the memory, form or memory type said beside it.

Takes text such as "英伟达A100-SXM4-80GB"; gives the bare name as a key (letters and digits, folded) and the
qualifiers. Case, spaces, hyphens, full-width forms, makers' names and words such as GPU or 显卡 never matter.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from chipledger.catalogue.chip import DATA
from chipledger.core.load import load_yaml_list
from chipledger.core.records import Record

LONGEST_NAME_CHARS = 200
_SIMPLIFIED = str.maketrans("騰崑崙雲鎧礪", "腾昆仑云铠砺")
_ALONE = r"(?<![a-z0-9])(?:{})(?![a-z0-9])"
_MEMORY = re.compile(r"(?<![a-z0-9.])(\d{1,3})\s?-?(?:gib|gb|g)(?![a-z0-9])", re.ASCII)
_MEMORY_TYPE = re.compile(_ALONE.format(r"(hbm\d?e?|gddr\dx?|lpddr\dx?)"), re.ASCII)
_FORM = re.compile(_ALONE.format(r"(sxm\d?|pcie|pci-e|nvl|oam)"), re.ASCII)
_GENERIC = re.compile(
    _ALONE.format("tensor core|gpus?|npus?|accelerators?|cards?|chips?|processors?|systems?")
    + "|显卡|顯卡|加速卡|加速器|训练卡|推理卡|算力卡|计算卡|芯片|晶片|処理器|处理器|アクセラレータ"
)


class Vendor(Record):
    """A maker or cloud, with the names it prints before its products."""

    name: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PrintedName:
    """A printed name taken apart; a qualifier that was not printed is None."""

    key: str
    memory_gb: int | None = None
    memory_type: str | None = None
    form: str | None = None

    @property
    def is_qualified(self) -> bool:
        """Whether anything was said beside the bare name."""
        return (self.memory_gb, self.memory_type, self.form) != (None, None, None)


def folded(text: str) -> str:
    """Text in one width, case and script form, its spaces single, cut to the longest name there is.

    >>> folded("Ａ１００　SXM"), folded("昇騰910B")
    ('a100 sxm', '昇腾910b')
    """
    one_width = unicodedata.normalize("NFKC", text[:LONGEST_NAME_CHARS])
    return " ".join(one_width.casefold().translate(_SIMPLIFIED).split())


def key(text: str) -> str:
    """The letters and digits of a name.

    >>> key("DGX-H100"), key("昇腾 910B")
    ('dgxh100', '昇腾910b')
    """
    return "".join(char for char in folded(text) if char.isalnum())


def taken_apart(text: str) -> PrintedName:
    """The bare name and its qualifiers.

    >>> taken_apart("英伟达 A100-SXM4-80GB")
    PrintedName(key='a100', memory_gb=80, memory_type=None, form='sxm4')
    """
    rest = without_vendors(text)
    memory, memory_type, form = _MEMORY.search(rest), _MEMORY_TYPE.search(rest), _FORM.search(rest)
    for pattern in (_MEMORY, _MEMORY_TYPE, _FORM, _GENERIC):
        rest = pattern.sub(" ", rest)
    return PrintedName(
        key=key(rest),
        memory_gb=int(memory[1]) if memory else None,
        memory_type=memory_type[1] if memory_type else None,
        form=form[1].replace("-", "") if form else None,
    )


def without_vendors(text: str) -> str:
    """The folded name without makers' names; a name that is nothing else is kept.

    >>> without_vendors("NVIDIA GeForce RTX 4090")
    'rtx 4090'
    """
    rest = " ".join(_vendor_names().sub(" ", folded(text)).split())
    return rest or folded(text)


@cache
def vendors() -> tuple[Vendor, ...]:
    """The makers and clouds of data/vendors.yaml."""
    return tuple(load_yaml_list(DATA / "vendors.yaml", Vendor))


@cache
def _vendor_names() -> re.Pattern[str]:
    names = sorted({folded(name) for vendor in vendors() for name in vendor.names}, key=len, reverse=True)
    latin = "|".join(re.escape(name) for name in names if name.isascii())
    other = "|".join(re.escape(name) for name in names if not name.isascii())
    return re.compile(f"{_ALONE.format(latin)}|{other}")
