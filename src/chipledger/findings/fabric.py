"""Fingerprints of a fabric in launch settings: what ties projects to one operator's machines, and how weakly.

Takes documents with their launch settings; gives a `Tie` for each fingerprint that a known operator bears or that several projects share.
An order of network adapters, a mount or a platform's name speaks for whose machines a script was written for. It is weak evidence of
the operator, none of the chip, and every tie carries the other explanations.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from chipledger.core.records import DocumentFacts, LaunchSetting
from chipledger.evidence.launch_table import Sign, fabrics
from chipledger.findings.project import project_of

FEWEST_ADAPTERS = 4
"""An order of fewer adapters stands in too many scripts to tell anything."""
_NUMBER = re.compile(r"\d+")
_PORT = re.compile(r":\d+$")
_BESIDE = ("gid_index", "traffic_class", "service_level", "queue_pairs", "interface")
_SIGNS = {
    "adapters": "an order of network adapters",
    "mount": "a mount",
    "platform": "the name of a platform",
}
_STRENGTHS = ("very weak", "weak", "moderate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a fingerprint stands: project, document, line, words."""

    project: str
    document: str
    commit: str | None
    line: int | None
    quote: str
    is_comment: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """A fingerprint and the projects that bear it.

    Attributes:
        sign: adapters, mount or platform.
        value: the fingerprint.
        operator: whose machines are known to bear it; None where only the likeness of projects speaks.
        projects: that bear it.
        strength: very weak, weak, or moderate where signs of two kinds stand in one project.
        settings_alike: of projects that share adapters, the other network settings that all of them share.
        alternatives: other explanations.
        note: what a reader should know.
        places: where it stands.
    """

    sign: str
    value: str
    operator: str | None
    projects: tuple[str, ...]
    strength: str
    settings_alike: tuple[str, ...]
    alternatives: tuple[str, ...]
    note: str | None
    places: tuple[Place, ...]

    @property
    def statement(self) -> str:
        """The tie in words."""
        whose = f"machines of {self.operator}" if self.operator else "one operator's machines"
        shared = (
            f"{len(self.projects)} projects share" if len(self.projects) > 1 else f"{self.projects[0]} bears"
        )
        return f"{self.strength} evidence: {shared} {_SIGNS[self.sign]} consistent with {whose}; of the chip it says nothing"

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready fields."""
        fields = {name: getattr(self, name) for name in self.__slots__ if name != "places"}
        lists = {name: list(value) for name, value in fields.items() if isinstance(value, tuple)}
        places = [{name: getattr(one, name) for name in one.__slots__} for one in self.places]
        return fields | lists | {"statement": self.statement, "places": places}


def ties(documents: Iterable[DocumentFacts]) -> list[Tie]:
    """The ties between projects and operators that launch settings bear.

    Args:
        documents: with their settings; `store.read.facts` gives them so.

    Returns:
        Ties by kind and value.

    >>> def script(project, value):
    ...     one = LaunchSetting(name="NCCL_IB_HCA", value=value, kind="variable", topic="hca", start=0, end=1, quote="N")
    ...     return DocumentFacts(document="run.sh", document_id=project, project=project, settings=(one,))
    >>> odd = "mlx5_bond_4,mlx5_bond_1,mlx5_bond_3,mlx5_bond_2"
    >>> found, = ties([script("a/one", odd), script("b/two", odd), script("c/three", "mlx5_0,mlx5_1,mlx5_2,mlx5_3")])
    >>> found.projects, found.operator, found.strength
    (('a/one', 'b/two'), None, 'very weak')
    """
    borne: dict[tuple[str, str], dict[Place, None]] = {}
    beside: dict[tuple[str, str], set[str]] = {}
    for facts in documents:
        project = project_of(facts)
        for kind, value, one in _prints(facts.settings):
            place = Place(
                project=project,
                document=facts.document,
                commit=facts.commit,
                line=one.line,
                quote=one.quote,
                is_comment=one.is_comment,
            )
            borne.setdefault((kind, value), {})[place] = None
            if kind == "adapters":
                beside.setdefault((project, value), set()).update(_settings_beside(facts.settings, one))
    kinds = _kinds_by_project(borne)
    made = (
        _tie(kind, value, tuple(places), beside, kinds) for (kind, value), places in sorted(borne.items())
    )
    return [one for one in made if one]


def _prints(settings: Iterable[LaunchSetting]) -> Iterator[tuple[str, str, LaunchSetting]]:
    for one in settings:
        if one.kind in ("mount", "platform"):
            yield one.kind, one.value, one
        elif one.topic == "hca":
            value = adapters(one.value)
            if value:
                yield "adapters", value, one


def adapters(printed: str) -> str | None:
    """An order of adapters as a fingerprint; None for few of them or for the order in which every machine counts them.

    >>> adapters("mlx5_bond_2:1,mlx5_bond_1:1,mlx5_bond_4,mlx5_bond_3")
    'mlx5_bond_2,mlx5_bond_1,mlx5_bond_4,mlx5_bond_3'
    >>> adapters("=mlx5_0,mlx5_1,mlx5_2,mlx5_3") is None, adapters("mlx5") is None
    (True, True)
    """
    named = [_PORT.sub("", name.strip()) for name in printed.strip("=^ ").split(",")]
    if len(set(named)) < FEWEST_ADAPTERS or any("$" in name for name in named):
        return None
    numbers = [int(_NUMBER.findall(name)[-1][:6]) if _NUMBER.search(name) else -1 for name in named]
    in_order = numbers == sorted(numbers) and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    return None if in_order else ",".join(named)


def _settings_beside(settings: Iterable[LaunchSetting], print_: LaunchSetting) -> set[str]:
    """The other network settings of the same branch of a script."""
    return {
        f"{one.name}={one.value}"
        for one in settings
        if one.topic in _BESIDE and one.condition in (None, print_.condition)
    }


def _kinds_by_project(borne: dict[tuple[str, str], dict[Place, None]]) -> dict[tuple[str, str], set[str]]:
    """For each project and operator, the kinds of signs that speak for it."""
    kinds: dict[tuple[str, str], set[str]] = {}
    for (kind, value), places in borne.items():
        sign = _sign(kind, value)
        if sign:
            for place in places:
                kinds.setdefault((place.project, sign.operator), set()).add(kind)
    return kinds


def _tie(
    kind: str,
    value: str,
    places: tuple[Place, ...],
    beside: dict[tuple[str, str], set[str]],
    kinds: dict[tuple[str, str], set[str]],
) -> Tie | None:
    sign = _sign(kind, value)
    projects = tuple(sorted({place.project for place in places}))
    if sign is None and len(projects) < 2:
        return None
    strength: str = sign.strength if sign else "very weak"
    if sign and any(len(kinds.get((project, sign.operator), ())) > 1 for project in projects):
        strength = _STRENGTHS[min(_STRENGTHS.index(strength) + 1, 2)]
    alike = (
        set.intersection(*(beside.get((project, value), set()) for project in projects))
        if kind == "adapters"
        else set()
    )
    return Tie(
        sign=kind,
        value=value,
        operator=sign.operator if sign else None,
        projects=projects,
        strength=strength,
        settings_alike=tuple(sorted(alike)),
        alternatives=fabrics().alternatives,
        note=sign.note if sign else None,
        places=places,
    )


def _sign(kind: str, value: str) -> Sign | None:
    if kind == "adapters":
        return next((one for one in fabrics().adapters if one.value == value), None)
    signs = fabrics().mounts if kind == "mount" else fabrics().platforms
    return next((one for one in signs if one.expression and re.fullmatch(one.expression, value)), None)
