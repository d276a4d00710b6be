"""The models that the package knows (data/models), by id or by name as printed.

Takes a name; gives its ModelShape. A name that no model has is answered with the nearest.
"""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import MappingProxyType

from chipledger.core.errors import DataError, InputError
from chipledger.core.load import load_yaml, load_yaml_list
from chipledger.core.sources import Source
from chipledger.perf.shape import ModelShape

DATA = Path(__file__).parent.parent / "data"
LONGEST_SHOWN_CHARS = 80


@cache
def models() -> Mapping[str, ModelShape]:
    """Every model by id, in the order of ids.

    Raises:
        DataError: a file breaks its contract, or two models have one name.

    >>> models()["llama-3.1-405b"].num_layers
    126
    """
    return MappingProxyType({id: _read(id) for id in _ids()})


@cache
def _ids() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in (DATA / "models").glob("*.yaml")))


@cache
def _read(id: str) -> ModelShape:
    """One model from its file alone: much sooner than all of them."""
    one = load_yaml(DATA / "models" / f"{id}.yaml", ModelShape)
    if one.id != id:
        raise DataError(f"id {one.id!r} is not the file's name", where=f"{id}.yaml:1", expected=id)
    return one


def model(name: str) -> ModelShape:
    """The model of this id, name or alias; capitals, spaces and dashes do not matter.

    Args:
        name: as an id ("deepseek-v3") or as printed ("DeepSeek V3").

    Raises:
        InputError: there is none; the message names the nearest.

    >>> model("LLaMA 2 70B").id
    'llama-2-70b'
    >>> model("hunyan-large")
    Traceback (most recent call last):
    ...
    chipledger.core.errors.InputError: no model has the id or name 'hunyan-large'; did you mean hunyuan-large?
    """
    if name in _ids():
        return _read(name)
    found = _by_spelling().get(_folded(name))
    if found is None:
        shown = name if len(name) <= LONGEST_SHOWN_CHARS else f"{name[:LONGEST_SHOWN_CHARS]}…"
        near = _nearest(name)
        remedy = f"did you mean {' or '.join(near)}?" if near else "give the config.json of the model instead"
        raise InputError(f"no model has the id or name {shown!r}", remedy=remedy)
    return models()[found]


@cache
def sources() -> Mapping[str, Source]:
    """The sources of the models by id.

    >>> "deepseek-v3-repository" in sources()
    True
    """
    listed = load_yaml_list(DATA / "sources" / "models.yaml", Source)
    return MappingProxyType({source.id: source for source in listed})


@cache
def _by_spelling() -> Mapping[str, str]:
    spellings: dict[str, str] = {}
    for one in models().values():
        for spelling in {_folded(text) for text in (one.id, one.name, *one.aliases)}:
            if spelling in spellings:
                raise DataError(
                    f"{spellings[spelling]} and {one.id} share a name",
                    where=f"{one.id}.yaml:1",
                    expected=spelling,
                )
            spellings[spelling] = one.id
    return MappingProxyType(spellings)


def _folded(name: str) -> str:
    """Letters and digits alone; a point between digits stays, as 1.3B is not 13B."""
    return re.sub(r"(?!(?<=\d)\.(?=\d))[\W_]", "", name.casefold())


def _nearest(name: str) -> list[str]:
    near = get_close_matches(_folded(name[:LONGEST_SHOWN_CHARS]), _by_spelling(), n=6, cutoff=0.7)
    return list(dict.fromkeys(_by_spelling()[spelling] for spelling in near))[:3]
