"""How large a model is that a statement speaks of, and how that is known: the catalogue of models, a config.json beside it, its name.

Takes a project's documents with their launch settings (of a config.json they hold all sizes); gives a `ModelSize` or None. What
is unknown stays unknown: a size is never guessed from a family's name.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

from chipledger.core.errors import InputError
from chipledger.core.records import DocumentFacts, LaunchSetting, Mention
from chipledger.evidence.launch_summary import launch_of
from chipledger.findings.project import home_of
from chipledger.perf.hf_config import shape_from_config
from chipledger.perf.models import model
from chipledger.perf.parameters import parameters
from chipledger.perf.shape import ModelShape

_SIZE = re.compile(
    r"(?<![\dxX×.A-Za-z])(\d{1,4}(?:\.\d{1,3})?)[ -]?[bB](?![A-Za-z])(?![ -]?(?:of )?(?:\w+ )?tokens?)"
)
_ACTIVE = re.compile(r"(?<![A-Za-z])A(\d{1,3}(?:\.\d{1,2})?)[bB](?![A-Za-z])")
_PAGES = frozenset({"markdown", "html", "rst", "text"})  # they show how to, and are no script of their own
_SAME_WITHIN = 0.15  # names round their sizes
_NUMBER = re.compile(r"-?\d{1,12}")
_DECIMAL = re.compile(r"-?\d{1,12}\.\d{1,12}(?:[eE][-+]?\d{1,2})?")
_WORDS = {"true": True, "false": False, "null": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSize:
    """A model's parameters and where they are known from.

    Attributes:
        name: of the model.
        total: parameters in all.
        active: for each token; None where only the total is known of what may be a mixture.
        origin: how it is known, in words.
    """

    name: str
    total: float
    active: float | None
    origin: str


class ModelSizes:
    """The models of some documents: asks by mention.

    Args:
        documents: the facts of the documents, with the settings of any config.json among them.
    """

    def __init__(self, documents: Iterable[DocumentFacts]) -> None:
        self._configs: dict[tuple[str, str], dict[str, tuple[str, ModelShape]]] = {}
        self._homes: dict[tuple[str, str], tuple[str, str]] = {}
        self._offloading: set[tuple[str, str]] = set()
        self._launches: dict[tuple[str, str], dict[str, int]] = {}
        for facts in documents:
            home, name = home_of(facts), (facts.document, facts.document_id)
            self._homes.setdefault(name, home)
            if "offload" in facts.techniques:
                self._offloading.add(name)
            asked = launch_of(facts.settings).chips if facts.settings and facts.format not in _PAGES else None
            if asked:
                self._launches.setdefault(home, {})[facts.document] = asked
            shape = _shape(facts)
            if shape:
                folder = str(PurePosixPath(facts.document).parent)
                self._configs.setdefault(home, {})[folder] = (facts.document, shape)

    def of(self, mention: Mention) -> ModelSize | None:
        """The size of the model that a mention is about.

        Asked in order: the catalogue of models by the subject's name; a config.json in the mention's own folder; the only one
        of its project; a size in the name itself ("Foo-7B"). None where its sentence speaks of a
        model of another size, as then it is not sure whose chips they are.
        """
        subject = mention.subject or ""
        beside = self._beside(mention)
        size = _catalogued(subject)
        if size is None and beside:
            size = _sized(beside[1], subject or beside[1].name, f"the sizes in {beside[0]}")
        size = size or _named(subject)
        return None if size is None or _speaks_of_others(mention, size) else size

    def names_offload(self, mention: Mention) -> bool:
        """Whether the mention's document speaks of offload anywhere."""
        return (mention.document, mention.document_id) in self._offloading

    def scripts_for(self, mention: Mention) -> tuple[str, ...]:
        """The other documents of the mention's project whose launch settings ask for just as many chips."""
        asked = self._launches.get(self._home(mention), {})
        return tuple(
            sorted(
                name for name, chips in asked.items() if chips == mention.count and name != mention.document
            )
        )

    def _home(self, mention: Mention) -> tuple[str, str]:
        return self._homes.get((mention.document, mention.document_id), ("", ""))

    def _beside(self, mention: Mention) -> tuple[str, ModelShape] | None:
        configs = self._configs.get(self._home(mention), {})
        folder = str(PurePosixPath(mention.document).parent)
        return configs.get(folder) or (next(iter(configs.values())) if len(configs) == 1 else None)


@lru_cache(maxsize=1024)
def _catalogued(subject: str) -> ModelSize | None:
    if not subject:
        return None
    try:
        shape = model(subject)
    except InputError:
        return None
    return _sized(shape, shape.name, "the catalogue of models")


def _sized(shape: ModelShape, name: str, origin: str) -> ModelSize:
    counted = parameters(shape)
    return ModelSize(
        name=name, total=shape.published_parameters or counted.total, active=counted.active, origin=origin
    )


def _named(subject: str) -> ModelSize | None:
    """The size in a name, where exactly one stands in it.

    >>> _named("Foo-7B").total, _named("Bar-30B-A3B").active, _named("Mix-8x7B")
    (7000000000.0, 3000000000.0, None)
    """
    active = _ACTIVE.search(subject)
    sizes = {float(size) for size in _SIZE.findall(subject)}
    if len(sizes) != 1:
        return None
    total = sizes.pop() * 1e9
    return ModelSize(
        name=subject,
        total=total,
        active=float(active[1]) * 1e9 if active else None,
        origin="the size in its name",
    )


def _speaks_of_others(mention: Mention, size: ModelSize) -> bool:
    """Whether the words around a quote name the size of a model that is not this one."""
    words = f"{mention.prefix} {mention.suffix}"
    stated = [float(one) * 1e9 for one in (*_SIZE.findall(words), *_ACTIVE.findall(words))]
    own = [size.total, *([size.active] if size.active else [])]
    return any(all(abs(one / known - 1) > _SAME_WITHIN for known in own) for one in stated if one)


def _shape(facts: DocumentFacts) -> ModelShape | None:
    """The shape that a config.json tells, whose sizes stand among the settings of its document."""
    own = [one for one in facts.settings if one.kind == "model"]
    if not own:
        return None
    folder = PurePosixPath(facts.document).parent.name or facts.document
    try:
        return shape_from_config(config_of(own), name=folder, where=facts.document)
    except InputError:
        return None


def config_of(settings: Iterable[LaunchSetting]) -> Mapping[str, Any]:
    """The object of a config.json, from its settings.

    >>> one = LaunchSetting(name="text_config.hidden_size", value="64", kind="model", start=0, end=1, quote="h")
    >>> config_of([one])
    {'text_config': {'hidden_size': 64}}
    """
    config: dict[str, Any] = {}
    for one in settings:
        *above, last = one.name.split(".")
        at = config
        for key in above:
            below = at.setdefault(key, {})
            if not isinstance(below, dict):
                break
            at = below
        else:
            at[last] = _value(one.value)
    return config


def _value(printed: str) -> Any:
    if printed in _WORDS:
        return _WORDS[printed]
    if _NUMBER.fullmatch(printed):
        return int(printed)
    return float(printed) if _DECIMAL.fullmatch(printed) else printed
