"""The findings that were asked for, out of all: by organisation, chip, purpose and confidence."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from itertools import combinations
from typing import Any

from chipledger.catalogue.resolve import resolve
from chipledger.core.errors import InputError
from chipledger.core.records import Purpose
from chipledger.findings.claim import Claim

_WORD = re.compile(r"[^\W_]+")


def purpose_of(name: str) -> Purpose:
    """The purpose of this name.

    Raises:
        InputError: there is none; the message names the nearest.

    >>> purpose_of("pretraining").value
    'pretraining'
    """
    try:
        return Purpose(name.strip().lower())
    except ValueError:
        near = get_close_matches(name.lower(), list(Purpose), n=1)
        guess = f"; did you mean {near[0]}?" if near else ""
        raise InputError(
            f"no such purpose: {name!r}",
            where="--purpose",
            expected=", ".join(Purpose),
            remedy=guess.lstrip("; "),
        ) from None


def chosen(
    claims: Iterable[Claim],
    *,
    organisation: str | None = None,
    chip: str | None = None,
    purpose: Purpose | None = None,
    min_confidence: float = 0.0,
) -> list[Claim]:
    """The claims that fit every condition given.

    Args:
        claims: all claims.
        organisation: a part of the organisation's name, the project's or a former one, or of an author's organisation, in any case.
        chip: a catalogue id, a name in any script, or words of it; A10 does not find A100.
        purpose: what the chip was for.
        min_confidence: the least confidence, between 0 and 1.
    """
    fits = chip_asked(chip) if chip else None
    return [
        claim
        for claim in claims
        if claim.confidence >= min_confidence
        and purpose in (None, claim.purpose)
        and (organisation is None or _names(claim, organisation))
        and (fits is None or fits(claim.chip, claim.chips))
    ]


def chosen_removals(
    removals: Iterable[Mapping[str, Any]],
    *,
    organisation: str | None = None,
    chip: str | None = None,
    purpose: Purpose | None = None,
) -> list[Mapping[str, Any]]:
    """The removals that fit every condition given; one of a launch setting names no chip and no purpose.

    Args:
        removals: the lines of removals, as histories tell them.
        organisation: a part of the organisation's or the project's name, in any case.
        chip: a catalogue id, a name in any script, or words of it.
        purpose: what the chip was for.
    """
    fits = chip_asked(chip) if chip else None
    return [
        line
        for line in removals
        if purpose in (None, line["purpose"])
        and (organisation is None or _holds(organisation, line["organisation"], line["project"]))
        and (fits is None or (line["what"] == "chip" and fits(line["name"], line["chips"])))
    ]


def _holds(wanted: str, *names: str | None) -> bool:
    return any(wanted.casefold() in (name or "").casefold() for name in names)


def chip_asked(chip: str) -> Callable[[str, Iterable[str]], bool]:
    """Whether a chip, by its printed name and the catalogue ids it may stand for, is the one asked for.

    Args:
        chip: a catalogue id, a name in any script, or words of it.

    >>> fits = chip_asked("H20")
    >>> fits("NVIDIA H20", ("nvidia-h20",)), fits("NVIDIA H200", ("nvidia-h200",))
    (True, False)
    """
    ids = frozenset(resolve(chip).chips)
    return lambda name, chips: _is_named(name, chip) or not ids.isdisjoint(chips)


def _names(claim: Claim, organisation: str) -> bool:
    known = claim.background
    affiliated = (name for one in known.affiliations for name in (one.organisation, *one.printed))
    return _holds(organisation, claim.organisation, claim.project, *known.former_names, *affiliated)


def _is_named(name: str, asked: str) -> bool:
    """Whether words of the name, side by side, are what is asked for, however it is spaced.

    >>> _is_named("NVIDIA A100", "a100"), _is_named("NVIDIA A100", "A10"), _is_named("NVIDIA RTX A6000", "rtxa6000")
    (True, False, True)
    """
    words, wanted = _words(name), "".join(_words(asked))
    runs = combinations(range(len(words) + 1), 2)
    return bool(wanted) and any("".join(words[start:end]) == wanted for start, end in runs)


def _words(name: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", name).lower())
