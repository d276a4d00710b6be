"""The one way a chip file is written: fields in the record's order, facts one a line, the unknown left out.

Takes a Chip, gives the text of its YAML file; reading that text and writing it again gives the same bytes.
"""

import json
import re
from typing import Any

from chipledger.catalogue.chip import Chip

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9 _./+()-]*", re.ASCII)
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan"}
_SHOWN_WHEN_UNKNOWN = ("nonplanar",)


def chip_file(chip: Chip) -> str:
    """The canonical text of a chip's file.

    >>> from chipledger.catalogue.chip import chip
    >>> print(chip_file(chip("huawei-920")).splitlines()[0])
    id: huawei-920
    """
    fields = chip.model_dump(mode="json")
    facts = fields.pop("facts")
    lines = [
        f"{name}: {_flow(value)}"
        for name, value in fields.items()
        if _is_known(value) or name in _SHOWN_WHEN_UNKNOWN
    ]
    lines.append("facts:" if facts else "facts: []")
    lines += [
        f"  - {_flow({name: value for name, value in fact.items() if _is_known(value)})}" for fact in facts
    ]
    return "\n".join(lines) + "\n"


def _is_known(value: Any) -> bool:
    return value is not None and value != []


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_flow(part)}" for name, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(part) for part in value) + "]"
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) and value == value.strip() and value.lower() not in _WORDS
        return value if plain else json.dumps(value, ensure_ascii=False)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value)
