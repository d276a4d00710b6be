"""Quantities as printed to SI numbers and back; the only powers of ten and two in the project.

Takes text such as "312 TFLOP/s" or a value with a unit name; gives a float in the base unit of its dimension:
bytes, seconds, hertz, watts, flop, flop per second, bytes per second, square millimetres stay square millimetres
(the regulation's own unit). A tera is 10^12; only the binary prefixes (KiB, MiB, GiB, TiB) are powers of two.
"""

import re

from chipledger.core.errors import InputError

_SI = {"": 1.0, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18, "Z": 1e21}
_BINARY = {"Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50}
_BASES = {
    "FLOP/s": "flop_per_second",
    "OP/s": "operation_per_second",
    "FLOP": "flop",
    "B/s": "bytes_per_second",
    "bit/s": "bits_per_second",
    "B": "bytes",
    "W": "watts",
    "Hz": "hertz",
    "mm2": "mm2",
    "nm": "nm",
    "s": "seconds",
}
_SPELLINGS = {
    "FLOPS": "FLOP/s", "FLOPs/s": "FLOP/s", "FLOPs": "FLOP", "OPS": "OP/s", "Bps": "B/s", "bps": "bit/s",
    "mm²": "mm2", "mm^2": "mm2",
}  # fmt: skip
_TIMES = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_PRINTED = re.compile(
    r"\s*([-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d{1,2})?)\s*([^\d\s,.].*?)\s*", re.ASCII
)


def scale(unit: str) -> tuple[float, str]:
    """The factor to the base unit and the base unit's name.

    Args:
        unit: a unit with its prefix, such as "TFLOP/s", "GB", "GiB", "GB/s", "W", "mm2".

    Raises:
        InputError: the unit is not known.

    >>> scale("TFLOP/s")
    (1000000000000.0, 'flop_per_second')
    >>> scale("GiB")
    (1073741824.0, 'bytes')
    """
    if unit in _TIMES:
        return _TIMES[unit], "seconds"
    for spelling, base in [*_SPELLINGS.items(), *((name, name) for name in _BASES)]:
        if unit.endswith(spelling):
            prefix = unit.removesuffix(spelling)
            if base in ("mm2", "nm", "s") and prefix:
                continue
            factor = _SI.get(prefix, _BINARY.get(prefix))
            if factor is not None:
                return factor, _BASES[base]
    raise InputError(
        f"unknown unit {unit!r}", expected="one such as TFLOP/s, TOP/s, GB, GiB, GB/s, W, mm2, h"
    )


def to_si(value: float, unit: str) -> float:
    """A value in the base unit of its dimension.

    >>> to_si(989.5, "TFLOP/s")
    989500000000000.0
    """
    return value * scale(unit)[0]


def parse(printed: str) -> tuple[float, str]:
    """A printed quantity as (SI value, base unit name).

    >>> parse("3,350 GB/s")
    (3350000000000.0, 'bytes_per_second')
    >>> parse("1,5 GB")
    Traceback (most recent call last):
    ...
    chipledger.core.errors.InputError: not a quantity: '1,5 GB'; expected a number and a unit, such as '312 TFLOP/s'
    """
    match = _PRINTED.fullmatch(printed)
    if not match:
        raise InputError(
            f"not a quantity: {printed!r}", expected="a number and a unit, such as '312 TFLOP/s'"
        )
    factor, base = scale(match[2])
    return float(match[1].replace(",", "")) * factor, base


def show(value: float, unit: str, digits: int = 4) -> str:
    """A value in base units as text in `unit`, with at most `digits` significant digits.

    >>> show(3.35e12, "GB/s")
    '3,350 GB/s'
    >>> show(312e12, "TFLOP/s")
    '312 TFLOP/s'
    """
    scaled = value / scale(unit)[0]
    rounded = float(f"{scaled:.{digits}g}")
    return f"{rounded:,.0f} {unit}" if rounded == int(rounded) else f"{rounded:,} {unit}"
