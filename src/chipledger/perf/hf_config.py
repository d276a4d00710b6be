"""A model's shape from its config.json, as Hugging Face repositories hold it.

Takes the file's path, its text or the mapping in it; gives a ModelShape. Each family writes its sizes under names of its own: a
table says for each `model_type` which function reads it. A family that is not in the table is refused, with the names of the
fields that a shape needs, rather than read by guess; so is a size that no model has. Only sizes are read: nothing here loads
weights, and no code named in the file is run.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from chipledger.core.errors import InputError
from chipledger.perf.shape import ModelShape

LARGEST_FILE_BYTES = 4_000_000
LARGEST_SIZE = 100_000_000
LONGEST_SHOWN_CHARS = 60
WANTED = (
    "num_hidden_layers, hidden_size, num_attention_heads, num_key_value_heads, intermediate_size, vocab_size and, for a"
    " mixture, num_experts, num_experts_per_tok and moe_intermediate_size"
)
Shape = dict[str, Any]


def read_config(path: Path) -> ModelShape:
    """The shape that a config.json on disk holds.

    Args:
        path: the file, or the folder that holds it.

    Raises:
        InputError: the file cannot be read, is not JSON, or holds no shape that is known.
    """
    file = path / "config.json" if path.is_dir() else path
    try:
        if file.stat().st_size > LARGEST_FILE_BYTES:
            raise InputError("too long for a config.json", where=str(file), expected="less than 4 MB")
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot read the file: {error.strerror or error}", where=str(file)) from None
    except UnicodeDecodeError:
        raise InputError("not UTF-8", where=str(file), expected="a config.json") from None
    return shape_from_text(text, name=file.parent.name or "config.json", where=str(file))


def shape_from_text(text: str, *, name: str = "config.json", where: str = "config.json") -> ModelShape:
    """The shape in the text of a config.json.

    Args:
        text: JSON.
        name: of the model, where the text says none.
        where: what an error names as its place.

    Raises:
        InputError: it is not JSON, or holds no shape that is known.
    """
    try:
        config = json.loads(text, parse_constant=_no_number)
    except RecursionError:
        raise InputError("JSON nested too deep", where=where, expected="a config.json") from None
    except ValueError as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "a number too long"
        raise InputError(f"not JSON: {reason}", where=where, expected="a config.json") from None
    if not isinstance(config, dict):
        raise InputError(
            f"the file holds a {type(config).__name__}", where=where, expected="an object {…} of sizes"
        )
    return shape_from_config(config, name=name, where=where)


def shape_from_config(
    config: Mapping[str, Any], *, name: str = "config.json", where: str = "config.json"
) -> ModelShape:
    """The shape in a config.json that is read already.

    Args:
        config: the file's object; that of a model of text and images may hold the text's under text_config.
        name: of the model, where the object says none.
        where: what an error names as its place.

    Returns:
        The shape, with the name as its id.

    Raises:
        InputError: an unknown family, a field that is missing or no size, or sizes that do not fit each other.

    >>> sizes = {"num_hidden_layers": 32, "hidden_size": 4096, "num_attention_heads": 32, "num_key_value_heads": 8}
    >>> more = {"model_type": "mistral", "intermediate_size": 14336, "vocab_size": 32000, "max_position_embeddings": 32768}
    >>> shape_from_config(sizes | more).attention
    <Attention.GQA: 'gqa'>
    >>> shape_from_config(sizes | more | {"vocab_size": -3})
    Traceback (most recent call last):
    ...
    chipledger.core.errors.InputError: vocab_size is -3 (config.json); expected a whole number from 1 to 100000000
    """
    family = config.get("model_type")
    of_text = config.get("text_config")
    if isinstance(of_text, dict) and "num_hidden_layers" not in config:
        config = {"model_type": family, **of_text}
        family = config["model_type"]
    reader = _FAMILIES.get(family) if isinstance(family, str) else None
    if reader is None:
        raise InputError(
            f"unknown model_type {_shown(family)}",
            where=where,
            expected=f"one of {', '.join(sorted(_FAMILIES))}",
            remedy=f"or write the shape by hand: it needs {WANTED}",
        )
    fields = reader(_Config(config, where))
    try:
        return ModelShape.model_validate({"id": name, "name": _name(config, name), **fields})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        what = first["msg"].removeprefix("Value error, ")
        raise InputError(
            f"{place}: {what}" if place else what, where=where, expected="sizes of a model"
        ) from None


class _Config:
    """The fields of one config.json, each checked as it is asked for."""

    def __init__(self, fields: Mapping[str, Any], where: str) -> None:
        self.fields, self.where = fields, where

    def size(self, *names: str, default: int | None = None) -> int:
        """A whole number above 0, under the first of the names that is there."""
        found = self.maybe(*names)
        if found is None:
            found = default
        if found is None:
            raise InputError(
                f"no field {' or '.join(names)}",
                where=self.where,
                expected=WANTED,
                remedy="is this the model's whole config.json?",
            )
        return found

    def maybe(self, *names: str) -> int | None:
        """As `size`, or None where no field is there."""
        for name in names:
            value = self.fields.get(name)
            if isinstance(value, list) and value and all(one == value[0] for one in value):
                value = value[0]
            if value is None:
                continue
            if isinstance(value, float) and value.is_integer():
                value = int(value)
            if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= LARGEST_SIZE:
                raise InputError(
                    f"{name} is {_shown(value)}",
                    where=self.where,
                    expected=f"a whole number from 1 to {LARGEST_SIZE}",
                )
            return value
        return None

    def count(self, *names: str) -> int:
        """As `size`, but 0 where the field is 0 or absent."""
        return 0 if all(self.fields.get(name) in (None, 0) for name in names) else self.size(*names)

    def flag(self, name: str, default: bool = False) -> bool:
        """True or false."""
        value = self.fields.get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise InputError(f"{name} is {_shown(value)}", where=self.where, expected="true or false")
        return value


def _llama_like(config: _Config, tied: bool = False, **more: Any) -> Shape:
    """The names that most families share."""
    heads = config.size("num_attention_heads")
    key_value = config.size("num_key_value_heads", "multi_query_group_num", default=heads)
    return {
        "num_layers": config.size("num_hidden_layers", "num_layers"),
        "hidden_size": config.size("hidden_size"),
        "num_attention_heads": heads,
        "head_dim": config.maybe("head_dim", "attention_head_dim", "kv_channels"),
        "intermediate_size": config.maybe("intermediate_size", "ffn_hidden_size"),
        "vocab_size": config.size("vocab_size", "padded_vocab_size"),
        "tied_embeddings": config.flag("tie_word_embeddings", tied),
        "attention_bias": config.flag("attention_bias") or config.flag("use_qkv_bias"),
        "sequence_length": config.size(
            "max_position_embeddings", "seq_length", "model_max_length", default=2048
        ),
        **_grouped(heads, key_value),
        **more,
    }


def _grouped(heads: int, key_value: int) -> Shape:
    kind = "mha" if key_value == heads else "mqa" if key_value == 1 else "gqa"
    return {"attention": kind, "num_key_value_heads": key_value}


def _windowed(config: _Config, every: int = 1) -> Shape:
    """A window on all layers, or on all but each so-manieth."""
    window = config.maybe("sliding_window", "attention_chunk_size")
    if window is None or config.fields.get("use_sliding_window") is False:
        return {}
    layers = config.size("num_hidden_layers")
    return {"sliding_window": window, "windowed_layers": layers if every == 1 else layers - layers // every}


def _llama(config: _Config) -> Shape:
    return _llama_like(config)


def _mistral(config: _Config) -> Shape:
    return _llama_like(config, **_windowed(config))


def _qwen2(config: _Config) -> Shape:
    return {**_llama_like(config), "attention_bias": True}


def _qwen(config: _Config) -> Shape:
    """The first Qwen counts gate and up projection together."""
    return {
        **_llama_like(config),
        "attention_bias": True,
        "intermediate_size": config.size("intermediate_size") // 2,
    }


def _qwen_moe(config: _Config) -> Shape:
    shared = config.count("shared_expert_intermediate_size")
    step = config.size("decoder_sparse_step", default=1)
    experts = {
        "count": config.size("num_experts"),
        "active": config.size("num_experts_per_tok"),
        "intermediate_size": config.size("moe_intermediate_size"),
        "shared": 1 if shared else 0,
        "shared_intermediate_size": shared or None,
        "every": step,
    }
    biased = config.fields.get("model_type") == "qwen2_moe"
    return {
        **_llama_like(config),
        "experts": experts,
        "attention_bias": biased or config.flag("attention_bias"),
    }


def _mixtral(config: _Config) -> Shape:
    experts = {
        "count": config.size("num_local_experts", "num_experts"),
        "active": config.size("num_experts_per_tok", "experts_per_token"),
        "intermediate_size": config.size("intermediate_size"),
    }
    return {**_llama_like(config, **_windowed(config)), "intermediate_size": None, "experts": experts}


def _gpt_oss(config: _Config) -> Shape:
    return {**_mixtral(config), **_windowed(config, every=2), "attention_bias": True, "bias": True}


def _grok(config: _Config) -> Shape:
    return {**_mixtral(config), "norms_per_layer": 4}


def _llama4(config: _Config) -> Shape:
    step = config.size("interleave_moe_layer_step", default=1)
    experts = {
        "count": config.size("num_local_experts"),
        "active": config.size("num_experts_per_tok"),
        "intermediate_size": config.size("intermediate_size"),
        "shared": 1,
        "every": step,
    }
    dense = config.size("intermediate_size_mlp") if step > 1 else None
    return {
        **_llama_like(config, **_windowed(config, every=4)),
        "intermediate_size": dense,
        "experts": experts,
    }


def _fine_grained_experts(config: _Config) -> Shape:
    """Experts under the names that DeepSeek introduced."""
    return {
        "count": config.size("n_routed_experts", "num_experts", "moe_num_experts"),
        "active": config.size("num_experts_per_tok", "moe_topk", "moe_k"),
        "intermediate_size": config.size("moe_intermediate_size"),
        "shared": config.count(
            "n_shared_experts", "num_shared_experts", "num_shared_expert", "moe_num_shared_experts"
        ),
        "first_dense_layers": config.count(
            "first_k_dense_replace", "moe_layer_start_index", "moe_layer_num_skipped"
        ),
        "every": config.size("moe_layer_freq", "moe_layer_interval", default=1),
    }


def _deepseek_moe(config: _Config) -> Shape:
    predicted = config.count("num_nextn_predict_layers")
    return {
        **_llama_like(config),
        "experts": _fine_grained_experts(config),
        "multi_token_prediction_layers": predicted,
    }


def _deepseek_latent(config: _Config) -> Shape:
    latent = {
        "query_rank": config.maybe("q_lora_rank"),
        "key_value_rank": config.size("kv_lora_rank"),
        "rope_head_dim": config.size("qk_rope_head_dim"),
        "nope_head_dim": config.size("qk_nope_head_dim"),
        "value_head_dim": config.size("v_head_dim"),
    }
    own = {"attention": "mla", "latent": latent, "num_key_value_heads": None, "head_dim": None}
    return {**_deepseek_moe(config), **own}


def _hunyuan(config: _Config) -> Shape:
    """Experts as wide as the dense block where no width of their own is given; keys and values shared where use_cla says so."""
    experts = {
        "count": config.size("num_experts"),
        "active": config.size("moe_topk", "num_experts_per_tok"),
        "intermediate_size": config.size("moe_intermediate_size", "intermediate_size"),
        "shared": config.count("num_shared_expert") if config.flag("use_mixed_mlp_moe", True) else 0,
    }
    shared_layers = config.size("cla_share_factor", default=1) if config.flag("use_cla") else 1
    dense_only = experts["count"] == 1
    fields = {**_llama_like(config), "key_value_shared_layers": shared_layers}
    return fields if dense_only else {**fields, "intermediate_size": None, "experts": experts}


def _gemma(config: _Config) -> Shape:
    return _llama_like(config, tied=True)


def _gemma2(config: _Config) -> Shape:
    return _llama_like(config, tied=True, norms_per_layer=4, **_windowed(config, every=2))


def _gemma3(config: _Config) -> Shape:
    pattern = config.size("sliding_window_pattern", default=6)
    return _llama_like(config, tied=True, norms_per_layer=4, **_windowed(config, every=pattern))


def _biased(**more: Any) -> Shape:
    return {"gated": False, "attention_bias": True, "bias": True, "norm_bias": True, **more}


def _gpt2(config: _Config) -> Shape:
    width, heads = config.size("n_embd", "hidden_size"), config.size("n_head", "num_attention_heads")
    positions = config.size("n_positions", "n_ctx", default=1024)
    return {
        "num_layers": config.size("n_layer", "num_hidden_layers"),
        "hidden_size": width,
        "num_attention_heads": heads,
        "intermediate_size": config.size("n_inner", default=4 * width),
        "vocab_size": config.size("vocab_size"),
        "tied_embeddings": config.flag("tie_word_embeddings", True),
        "sequence_length": positions,
        **_grouped(heads, heads),
        **_biased(learned_positions=positions),
    }


def _gptj(config: _Config) -> Shape:
    own = {"learned_positions": 0, "attention_bias": False, "bias": False, "norms_per_layer": 1}
    return {**_gpt2(config), **own, "tied_embeddings": config.flag("tie_word_embeddings")}


def _gpt_neox(config: _Config) -> Shape:
    return _llama_like(config, **{**_biased(), "attention_bias": config.flag("attention_bias", True)})


def _opt(config: _Config) -> Shape:
    positions = config.size("max_position_embeddings", default=2048)
    fields = _llama_like(config, tied=True, **_biased(learned_positions=positions + 2))
    return {**fields, "intermediate_size": config.size("ffn_dim")}


def _bloom(config: _Config) -> Shape:
    width, heads = config.size("n_embed", "hidden_size"), config.size("num_attention_heads", "n_head")
    return {
        "num_layers": config.size("n_layer", "num_hidden_layers"),
        "hidden_size": width,
        "num_attention_heads": heads,
        "intermediate_size": 4 * width,
        "vocab_size": config.size("vocab_size"),
        "tied_embeddings": True,
        "sequence_length": config.size("seq_length", default=2048),
        "other_parameters": 2 * width,
        **_grouped(heads, heads),
        **_biased(),
    }


def _falcon(config: _Config) -> Shape:
    heads, width = config.size("num_attention_heads", "n_head"), config.size("hidden_size")
    new = config.flag("new_decoder_architecture")
    key_value = (
        config.size("num_kv_heads", default=heads)
        if new
        else 1
        if config.flag("multi_query", True)
        else heads
    )
    return {
        "num_layers": config.size("num_hidden_layers", "n_layer"),
        "hidden_size": width,
        "num_attention_heads": heads,
        "intermediate_size": config.size("ffn_hidden_size", default=4 * width),
        "vocab_size": config.size("vocab_size"),
        "tied_embeddings": config.flag("tie_word_embeddings", True),
        "sequence_length": config.size("max_position_embeddings", default=2048),
        "gated": False,
        "norm_bias": True,
        "norms_per_layer": 2 if new or not config.flag("parallel_attn", True) else 1,
        **_grouped(heads, key_value),
    }


def _mpt(config: _Config) -> Shape:
    width, heads = config.size("d_model"), config.size("n_heads")
    attention = config.fields.get("attn_config")
    grouped = _Config(attention if isinstance(attention, dict) else {}, config.where).maybe("kv_n_heads")
    biases = not config.flag("no_bias")
    learned = config.flag("learned_pos_emb", True)
    return {
        "num_layers": config.size("n_layers"),
        "hidden_size": width,
        "num_attention_heads": heads,
        "intermediate_size": width * config.size("expansion_ratio", default=4),
        "vocab_size": config.size("vocab_size"),
        "tied_embeddings": config.flag("tie_word_embeddings", True),
        "sequence_length": config.size("max_seq_len"),
        "gated": False,
        "attention_bias": biases,
        "bias": biases,
        "norm_bias": biases,
        "learned_positions": config.size("max_seq_len") if learned else 0,
        **_grouped(heads, grouped or heads),
    }


def _phi(config: _Config) -> Shape:
    return _llama_like(config, **_biased(norms_per_layer=1))


def _nemotron(config: _Config) -> Shape:
    return _llama_like(config, gated=False, norm_bias=True)


def _stablelm(config: _Config) -> Shape:
    fields = _llama_like(
        config, norm_bias=True, norms_per_layer=1 if config.flag("use_parallel_residual") else 2
    )
    return {**fields, "attention_bias": config.flag("use_qkv_bias")}


def _chatglm(config: _Config) -> Shape:
    heads = config.size("num_attention_heads")
    grouped = (
        config.size("multi_query_group_num", default=heads) if config.flag("multi_query_attention") else heads
    )
    return {
        **_llama_like(config),
        **_grouped(heads, grouped),
        "attention_bias": config.flag("add_qkv_bias") or config.flag("add_bias_linear"),
        "bias": config.flag("add_bias_linear"),
    }


def _internlm(config: _Config) -> Shape:
    return {**_llama_like(config), "attention_bias": config.flag("bias", True)}


def _baichuan(config: _Config) -> Shape:
    return _llama_like(config)


def _dbrx(config: _Config) -> Shape:
    heads = config.size("n_heads")
    attention, block = config.fields.get("attn_config"), config.fields.get("ffn_config")
    of_attention = _Config(attention if isinstance(attention, dict) else {}, config.where)
    of_block = _Config(block if isinstance(block, dict) else {}, config.where)
    experts = {
        "count": of_block.size("moe_num_experts"),
        "active": of_block.size("moe_top_k"),
        "intermediate_size": of_block.size("ffn_hidden_size"),
    }
    return {
        "num_layers": config.size("n_layers"),
        "hidden_size": config.size("d_model"),
        "num_attention_heads": heads,
        "vocab_size": config.size("vocab_size"),
        "sequence_length": config.size("max_seq_len"),
        "experts": experts,
        **_grouped(heads, of_attention.size("kv_n_heads", default=heads)),
    }


def _bert(config: _Config) -> Shape:
    width = config.size("hidden_size")
    positions = config.size("max_position_embeddings", default=512)
    fields = _llama_like(config, tied=True, **_biased(learned_positions=positions))
    extra = config.count("type_vocab_size") * width + width * (width + 1)
    return {**fields, "kind": "encoder", "other_parameters": extra}


def _minimax(config: _Config) -> Shape:
    """Layers whose entry in attn_type_list is 0 keep a state; all others see keys."""
    kinds = config.fields.get("attn_type_list")
    if not isinstance(kinds, list) or any(kind not in (0, 1) for kind in kinds):
        raise InputError(
            "attn_type_list is no list of 0 and 1", where=config.where, expected="one for each layer"
        )
    return {**_mixtral(config), "linear_attention_layers": kinds.count(0)}


_FAMILIES: dict[str, Callable[[_Config], Shape]] = {
    "aquila": _llama,
    "baichuan": _baichuan,
    "bailing_moe": _deepseek_moe,
    "bert": _bert,
    "bloom": _bloom,
    "chatglm": _chatglm,
    "code_llama": _llama,
    "dbrx": _dbrx,
    "deepseek": _deepseek_moe,
    "deepseek_v2": _deepseek_latent,
    "deepseek_v3": _deepseek_latent,
    "dots1": _deepseek_moe,
    "ernie4_5_moe": _deepseek_moe,
    "falcon": _falcon,
    "gemma": _gemma,
    "gemma2": _gemma2,
    "gemma3_text": _gemma3,
    "glm4_moe": _deepseek_moe,
    "gpt2": _gpt2,
    "gpt_neox": _gpt_neox,
    "gpt_oss": _gpt_oss,
    "gptj": _gptj,
    "grok-1": _grok,
    "hunyuan": _hunyuan,
    "hunyuan_v1_dense": _hunyuan,
    "hunyuan_v1_moe": _hunyuan,
    "internlm": _internlm,
    "internlm2": _llama,
    "kimi_k2": _deepseek_latent,
    "llama": _llama,
    "llama4": _llama4,
    "llama4_text": _llama4,
    "mimo": _qwen2,
    "minimax_text_01": _minimax,
    "mistral": _mistral,
    "mixtral": _mixtral,
    "mpt": _mpt,
    "nemotron": _nemotron,
    "opt": _opt,
    "phi": _phi,
    "phi3": _mistral,
    "qwen": _qwen,
    "qwen2": _qwen2,
    "qwen2_moe": _qwen_moe,
    "qwen3": _llama,
    "qwen3_moe": _qwen_moe,
    "stablelm": _stablelm,
    "yi": _llama,
}


def _name(config: Mapping[str, Any], name: str) -> str:
    given = config.get("_name_or_path")
    return given[:LONGEST_SHOWN_CHARS] if isinstance(given, str) and given else name


def _shown(value: Any) -> str:
    """A value from outside, short enough for one line (a number of many digits is not even written out)."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 10**LONGEST_SHOWN_CHARS:
        return "a number of more than 60 digits"
    if isinstance(value, (dict, list)):
        return f"a {type(value).__name__}"
    shown = repr(value)
    return shown if len(shown) <= LONGEST_SHOWN_CHARS else f"{shown[:LONGEST_SHOWN_CHARS]}…"


def _no_number(constant: str) -> float:
    raise ValueError(constant)
