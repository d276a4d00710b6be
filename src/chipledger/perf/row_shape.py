"""The model that a published run trains, from the columns of its row.

Takes a row; gives a ModelShape. The row's own sizes go first, as runs are often cut to fewer layers or given another vocabulary; parts that no
column has (the ranks of latent attention, windows, which layers are mixtures, biases) come from the model of the same name in data/models, if
its width and heads are those of the row. What was filled in is listed.
"""

import re
from collections.abc import Mapping

from pydantic import ValidationError

from chipledger.core.errors import InputError
from chipledger.perf.models import model
from chipledger.perf.parameters import parameters
from chipledger.perf.published import Row
from chipledger.perf.shape import Attention, Experts, ModelShape

HEAD_DIM = 128
"""Of a model whose heads are not told: most since 2020 have it."""
USUAL_VOCABULARY = 51_200
SAME_SIZE = 0.05
"""How far parameters may be apart where a row without sizes is held to be the model of its name."""


def shape_of(row: Row, assumed: list[str] | None = None) -> ModelShape:
    """The model of a row.

    Args:
        row: with what it tells of sizes.
        assumed: gets a line for what the row does not say.

    Raises:
        InputError: sizes are missing and no model of the name is known, or sizes that no model has.

    >>> cut = Row(row_id="1", kind="train", model="DeepSeek-V3 truncated to 4 layers", layers=4, hidden=7168, heads=128, vocab=129280)
    >>> shape_of(cut).num_layers, shape_of(cut).latent.key_value_rank
    (4, 512)
    """
    told = assumed if assumed is not None else []
    known = _of_the_name(row)
    try:
        return _from_columns(row, told) if known is None else _filled_in(row, known, told)
    except ValidationError as error:
        raise InputError(error.errors()[0]["msg"].removeprefix("Value error, "), where=row.row_id) from None


def _of_the_name(row: Row) -> ModelShape | None:
    """The model whose name begins the row's, if its sizes are not others."""
    words = re.split(r"[\s]*(?:truncated|\(|,)", row.model or "")[0]
    parts = re.split(r"([\s_-]+)", words)
    for end in range(len(parts), 0, -2):
        try:
            found = model("".join(parts[:end]))
        except InputError:
            continue
        if row.hidden in (None, found.hidden_size) and row.heads in (None, found.num_attention_heads):
            return found if row.hidden is not None or _as_large(row, found) else None
    return None


def _as_large(row: Row, found: ModelShape) -> bool:
    return row.params_b is None or abs(parameters(found).total / row.params_b / 1e9 - 1) < SAME_SIZE


def _filled_in(row: Row, known: ModelShape, told: list[str]) -> ModelShape:
    """A known model with every size that the row tells."""
    told.append(f"parts without a column as in {known.id}")
    changes: dict[str, object] = {
        "id": row.row_id.lower(),
        "name": row.model or row.row_id,
        "aliases": (),
        "published_parameters": None,
        "published_active_parameters": None,
        "published_unit": None,
        "published_active_unit": None,
        "cites": (),
        "note": None,
    }
    if row.layers and row.layers != known.num_layers:
        changes |= _cut(row.layers, known, told)
    given: Mapping[str, object] = {
        "vocab_size": row.vocab,
        "gated": None if row.gated is None else bool(row.gated),
        "intermediate_size": row.ffn if known.intermediate_size else None,
        "num_key_value_heads": None if known.latent else row.kv_heads,
        "head_dim": None if known.latent else row.head_dim,
    }
    changes |= {name: value for name, value in given.items() if value is not None}
    if row.kv_heads and not known.latent:
        changes["attention"] = Attention.MHA if row.kv_heads == known.num_attention_heads else Attention.GQA
    if known.experts:
        share = (row.layers or known.num_layers) / known.num_layers
        changes["experts"] = _with_columns(row, known.experts, share)
    return ModelShape.model_validate({**dict(known), **changes})


def _cut(layers: int, known: ModelShape, told: list[str]) -> dict[str, object]:
    """Fewer layers: windows and states keep their share."""
    told.append(f"{layers} of its {known.num_layers} layers")
    share = layers / known.num_layers
    changes: dict[str, object] = {
        "num_layers": layers,
        "linear_attention_layers": round(known.linear_attention_layers * share),
    }
    if known.windowed_layers is not None:
        changes["windowed_layers"] = round(known.windowed_layers * share)
    return changes


def _with_columns(row: Row, known: Experts, share: float) -> Experts:
    """The experts with the row's own sizes; of the dense layers before them a cut model keeps its share, one at least."""
    ahead = known.first_dense_layers
    changes = {
        "first_dense_layers": max(1, round(ahead * share)) if ahead else None,
        "count": row.experts,
        "active": row.top_k,
        "intermediate_size": row.moe_ffn,
        "shared": row.shared_experts,
    }
    given: dict[str, int | None] = {name: value for name, value in changes.items() if value is not None}
    if row.shared_experts is not None and row.shared_experts != known.shared:
        given["shared_intermediate_size"] = None
    return known.model_copy(update=given)


def _from_columns(row: Row, told: list[str]) -> ModelShape:
    """A model that is known by its columns alone."""
    layers, hidden = needed(row.layers, "layers", row), needed(row.hidden, "hidden", row)
    if (row.attn or "").startswith("MLA"):
        raise InputError("the ranks of its latent attention are not told", where=row.row_id)
    heads = row.heads or _told(_likely_heads(hidden, row), "{} heads", told)
    gated = bool(row.gated) if row.gated is not None else True
    ffn = row.ffn
    if ffn is None and row.moe_ffn is None:
        width = 4 * hidden if not gated else int(8 * hidden / 3)
        ffn = _told(width, "a feed-forward block of {}", told)
    vocab = row.vocab or _told(USUAL_VOCABULARY, "a vocabulary of {}", told)
    key_values = row.kv_heads if row.kv_heads and heads % row.kv_heads == 0 else None
    if row.kv_heads and key_values is None:
        told.append(f"{row.kv_heads} key and value heads do not divide {heads}: as many as query heads")
    if key_values is None and row.attn == "MQA":
        key_values = 1
    return ModelShape(
        id=row.row_id.lower(),
        name=row.model or row.row_id,
        num_layers=layers,
        hidden_size=hidden,
        num_attention_heads=heads,
        num_key_value_heads=key_values,
        head_dim=row.head_dim or (None if hidden % heads == 0 else hidden // heads),
        attention=Attention.MHA if (key_values or heads) == heads else Attention.GQA,
        intermediate_size=None if row.experts and row.moe_ffn else ffn,
        gated=gated,
        experts=_experts(row, ffn),
        vocab_size=vocab,
        sequence_length=row.seq or 2048,
        bias=not gated,
        norm_bias=not gated,
        tied_embeddings=not gated,
        learned_positions=0 if gated else (row.seq or 2048),
    )


def _likely_heads(hidden: int, row: Row) -> int:
    """Heads that divide the width, and are divided by tensor parallelism, with a size next to the usual one."""
    wanted, among = row.head_dim or HEAD_DIM, row.tp or 1
    fitting = [one for one in range(1, hidden // 16 + 1) if not hidden % one and not one % among] or [1]
    return min(fitting, key=lambda one: (abs(hidden / one - wanted), one))


def _experts(row: Row, ffn: int | None) -> Experts | None:
    if not row.experts or row.experts < 2:
        return None
    size = row.moe_ffn or ffn
    assert size is not None
    return Experts(
        count=row.experts, active=row.top_k or 2, intermediate_size=size, shared=row.shared_experts or 0
    )


def _told(value: int, text: str, told: list[str]) -> int:
    told.append(text.format(f"{value:,}"))
    return value


def needed(value: int | None, column: str, row: Row) -> int:
    """A cell that must be there.

    Raises:
        InputError: it is empty.
    """
    if value is None:
        raise InputError(f"{column} is not told", where=row.row_id)
    return value
