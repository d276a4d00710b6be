"""What the verbs of `chipledger perf` are asked with: a model, clusters, tokens and strategies as people write them.

Takes words of the command line; gives the records of perf, or one line that says what was expected.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from pydantic import ValidationError

from chipledger.catalogue.chip import chip
from chipledger.catalogue.resolve import resolve
from chipledger.core.errors import InputError
from chipledger.core.records import Record
from chipledger.perf.best import Job
from chipledger.perf.cluster import Cluster, cluster, cluster_ids, one_node
from chipledger.perf.hf_config import read_config
from chipledger.perf.models import model
from chipledger.perf.shape import ModelShape
from chipledger.perf.strategy import TrainingFormat

RecordT = TypeVar("RecordT", bound=Record)
ModelArgument = Annotated[
    str,
    typer.Argument(metavar="MODEL", help="A model's id or name, or the path of its config.json."),
]
TokensOption = Annotated[str, typer.Option(help="Of the whole run, such as 7T or 300B.")]
FormatsOption = Annotated[
    str,
    typer.Option(
        "--formats",
        help="Formats that may be used, with commas between; the quickest that a chip has is taken.",
    ),
]
LengthOption = Annotated[
    int | None,
    typer.Option("--sequence-length", min=1, help="Tokens of a sequence; the model's own, at most 8192."),
]
StepTokensOption = Annotated[str, typer.Option("--tokens-per-step", help="Of one step, such as 8M.")]
GoodputOption = Annotated[
    float,
    typer.Option(
        min=0.01, max=1.0, help="Part of the time that is training, the rest restarts and evaluation."
    ),
]

MOST = 1e18
"""No amount of tokens, chips or thresholds is as large."""
_MULTIPLES = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}
_FORMATS: tuple[TrainingFormat, ...] = (
    "fp32", "tf32", "fp16", "bf16", "fp8", "fp8_block", "mxfp8", "nvfp4",
)  # fmt: skip


def amount(text: str, option: str) -> float:
    """A number with an ending of k, M, B or T.

    >>> amount("7T", "--tokens")
    7000000000000.0
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?(?:e\d+)?)\s*([kmbt]?)\s*", text[:40].casefold())
    if not found or not float(found[1]):
        raise InputError(
            f"{text[:40]!r} is no amount", where=option, expected="a number such as 7T, 300B or 8M"
        )
    value = float(found[1]) * _MULTIPLES[found[2]]
    if not value < MOST:
        raise InputError(f"{text[:40]!r} is absurd", where=option, expected=f"less than {MOST:g}")
    return value


def counts_asked(text: str, option: str) -> tuple[int, ...]:
    """Whole numbers with commas between.

    >>> counts_asked("8,1k", "--chips")
    (8, 1000)
    """
    found = numbers_asked(text, option)
    broken = next((one for one in found if one != int(one)), None)
    if broken is not None or not found:
        raise InputError(
            f"{broken or text[:40]!r} is no count", where=option, expected="whole numbers with commas between"
        )
    return tuple(int(one) for one in found)


def shape_asked(text: str) -> ModelShape:
    """The model of an id, a name, or the path of a config.json."""
    path = Path(text)
    if text.endswith(".json") or path.is_dir():
        return read_config(path / "config.json" if path.is_dir() else path)
    return model(text)


def cluster_asked(text: str) -> Cluster:
    """The cluster of a preset's id, or the preset or plain node of a chip as people write it: H20, A100, 4090.

    >>> cluster_asked("H20").id, cluster_asked("RTX 4090").id, cluster_asked("A100").id
    ('h20', 'rtx-4090', 'a100-sxm')
    """
    folded = re.sub(r"[\s_]+", "-", text.strip()[:80].casefold())
    for name in (folded, f"{folded}-sxm", f"rtx-{folded}"):
        if name in cluster_ids():
            return cluster(name)
    found = resolve(text)
    ids = found.chips
    if not ids:
        raise InputError(
            f"no cluster or chip has the name {text[:80]!r}",
            where="--chips",
            expected=f"a preset ({', '.join(cluster_ids())}) or a chip of the catalogue",
        )
    presets = [name for name in cluster_ids() if cluster(name).chip_id in ids]
    if presets:
        return cluster(presets[0])
    if len(ids) > 1:
        raise InputError(
            f"{text[:80]!r} may be any of {', '.join(ids)}", where="--chips", expected="one of them"
        )
    return one_node(chip(ids[0]))


def names_asked(text: str) -> tuple[str, ...]:
    """Names of chips with commas between, each once."""
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names:
        raise InputError(
            "no chip is named", where="--chips", expected="names with commas between, such as H20,H100"
        )
    return names


def clusters_asked(text: str) -> tuple[Cluster, ...]:
    """Clusters of names with commas between."""
    return tuple(cluster_asked(name) for name in names_asked(text))


def formats_asked(text: str, option: str = "--formats") -> tuple[TrainingFormat, ...]:
    """Formats with commas between.

    >>> formats_asked("bf16,fp8")
    ('bf16', 'fp8')
    """
    names = [name.strip().casefold() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in _FORMATS]
    if unknown or not names:
        raise InputError(
            f"no such format: {(unknown or [''])[0][:40]!r}", where=option, expected=", ".join(_FORMATS)
        )
    return tuple(one for one in _FORMATS if one in names)


def job_asked(
    shape: ModelShape, tokens: str, formats: str, length: int | None, step_tokens: str, goodput: float
) -> Job:
    """A job from the words of the command line."""
    return checked(
        Job,
        shape=shape,
        tokens=amount(tokens, "--tokens"),
        sequence_length=length,
        tokens_of_a_step=amount(step_tokens, "--tokens-per-step"),
        goodput=goodput,
        formats=formats_asked(formats),
    )


def checked(record: type[RecordT], **fields: Any) -> RecordT:
    """A record of what was asked, or one line that says what of it cannot be.

    >>> checked(Job, shape=model("llama-2-7b"), tokens=-1.0)
    Traceback (most recent call last):
    ...
    chipledger.core.errors.InputError: tokens of -1.0: input should be greater than 0
    """
    try:
        return record.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"]).replace("_", " ") or record.__name__
        raise InputError(f"{name} of {str(first['input'])[:40]}: {first['msg'].lower()}") from None


def numbers_asked(text: str, option: str) -> tuple[float, ...]:
    """Numbers with commas between.

    >>> numbers_asked("1600,2400", "--at")
    (1600.0, 2400.0)
    """
    return tuple(amount(one, option) for one in text.split(",") if one.strip())


def layout_words(texts: Sequence[str]) -> dict[str, int]:
    """Words such as `tp=8` as a mapping.

    >>> layout_words(["tp=8", "pp=4"])
    {'tp': 8, 'pp': 4}
    """
    found: dict[str, int] = {}
    for text in texts:
        name, _, value = text.partition("=")
        if not (value.isascii() and value.isdigit() and len(value) < 10 and int(value)):
            raise InputError(
                f"{text[:40]!r} tells no layout", where="--layout", expected="NAME=NUMBER, such as tp=8"
            )
        folded = name.strip().casefold()
        if folded in found:
            raise InputError(f"{folded[:40]!r} is told twice", where="--layout", expected="each part once")
        found[folded] = int(value)
    return found
