"""config.json files of all families give the shapes that data/models holds; hostile ones give one line."""

import json
from pathlib import Path

import pytest

from chipledger.core.errors import InputError
from chipledger.perf.flop import flop_per_token, kv_cache_bytes
from chipledger.perf.hf_config import read_config, shape_from_config, shape_from_text
from chipledger.perf.models import model
from chipledger.perf.parameters import parameters


def like_llama(
    kind: str, layers: int, width: int, heads: int, kv: int, inner: int, vocabulary: int, **more: object
):
    return {
        "model_type": kind, "num_hidden_layers": layers, "hidden_size": width, "num_attention_heads": heads,
        "num_key_value_heads": kv, "intermediate_size": inner, "vocab_size": vocabulary,
        "max_position_embeddings": 4096, **more,
    }  # fmt: skip


LATENT = {
    "q_lora_rank": 1536,
    "kv_lora_rank": 512,
    "qk_rope_head_dim": 64,
    "qk_nope_head_dim": 128,
    "v_head_dim": 128,
}
CONFIGS = {
    "llama-3-70b": like_llama("llama", 80, 8192, 64, 8, 28672, 128256),
    "mistral-7b": like_llama("mistral", 32, 4096, 32, 8, 14336, 32000, sliding_window=4096),
    "mixtral-8x7b": like_llama("mixtral", 32, 4096, 32, 8, 14336, 32000, num_local_experts=8, num_experts_per_tok=2),
    "qwen2-72b": like_llama("qwen2", 80, 8192, 64, 8, 29568, 152064),
    "qwen3-8b": like_llama("qwen3", 36, 4096, 32, 8, 12288, 151936, head_dim=128, attention_bias=False),
    "qwen3-235b-a22b": like_llama(
        "qwen3_moe", 94, 4096, 64, 4, 12288, 151936, head_dim=128, num_experts=128, num_experts_per_tok=8,
        moe_intermediate_size=1536, decoder_sparse_step=1,
    ),
    "qwen1.5-moe-a2.7b": like_llama(
        "qwen2_moe", 24, 2048, 16, 16, 5632, 151936, num_experts=60, num_experts_per_tok=4,
        moe_intermediate_size=1408, shared_expert_intermediate_size=5632,
    ),
    "qwen-72b": like_llama("qwen", 80, 8192, 64, 64, 49152, 152064),
    "deepseek-v3": like_llama(
        "deepseek_v3", 61, 7168, 128, 128, 18432, 129280, n_routed_experts=256, num_experts_per_tok=8, n_shared_experts=1,
        moe_intermediate_size=2048, first_k_dense_replace=3, moe_layer_freq=1, num_nextn_predict_layers=1, **LATENT,
    ),
    "deepseek-v2-lite": like_llama(
        "deepseek_v2", 27, 2048, 16, 16, 10944, 102400, n_routed_experts=64, num_experts_per_tok=6, n_shared_experts=2,
        moe_intermediate_size=1408, first_k_dense_replace=1, **{**LATENT, "q_lora_rank": None},
    ),
    "kimi-k2": like_llama(
        "kimi_k2", 61, 7168, 64, 64, 18432, 163840, n_routed_experts=384, num_experts_per_tok=8, n_shared_experts=1,
        moe_intermediate_size=2048, first_k_dense_replace=1, num_nextn_predict_layers=0, **LATENT,
    ),
    "deepseek-moe-16b": like_llama(
        "deepseek", 28, 2048, 16, 16, 10944, 102400, n_routed_experts=64, num_experts_per_tok=6, n_shared_experts=2,
        moe_intermediate_size=1408, first_k_dense_replace=1,
    ),
    "glm-4.5-air": like_llama(
        "glm4_moe", 46, 4096, 96, 8, 10944, 151552, head_dim=128, n_routed_experts=128, num_experts_per_tok=8,
        n_shared_experts=1, moe_intermediate_size=1408, first_k_dense_replace=1, attention_bias=True,
        num_nextn_predict_layers=1,
    ),
    "ling-plus": like_llama(
        "bailing_moe", 88, 5376, 56, 8, 12288, 126464, n_routed_experts=64, n_shared_experts=1, num_experts_per_tok=4,
        moe_intermediate_size=3072, first_k_dense_replace=0,
    ),
    "hunyuan-large": like_llama(
        "hunyuan", 64, 6400, 80, 8, 18304, 129024, num_experts=16, moe_topk=1, num_shared_expert=1, use_cla=True,
        cla_share_factor=2, use_mixed_mlp_moe=True, tie_word_embeddings=True,
    ),
    "hunyuan-a13b": like_llama(
        "hunyuan", 32, 4096, 32, 8, 3072, 128167, attention_head_dim=128, num_experts=64, moe_topk=[8] * 32,
        num_shared_expert=[1] * 32, moe_intermediate_size=[3072] * 32, use_cla=False, cla_share_factor=2,
        use_mixed_mlp_moe=True, tie_word_embeddings=True,
    ),
    "gpt-oss-120b": like_llama(
        "gpt_oss", 36, 2880, 64, 8, 2880, 201088, head_dim=64, num_local_experts=128, num_experts_per_tok=4,
        sliding_window=128, attention_bias=True,
    ),
    "llama-4-maverick": {
        "model_type": "llama4_multimodal",
        "text_config": like_llama(
            "llama4_text", 48, 5120, 40, 8, 8192, 202048, head_dim=128, intermediate_size_mlp=16384, num_local_experts=128,
            num_experts_per_tok=1, interleave_moe_layer_step=2, attention_chunk_size=8192,
        ),
    },
    "llama-4-scout": {
        "model_type": "llama4",
        "text_config": like_llama(
            "llama4_text", 48, 5120, 40, 8, 8192, 202048, head_dim=128, intermediate_size_mlp=16384, num_local_experts=16,
            num_experts_per_tok=1, interleave_moe_layer_step=1, attention_chunk_size=8192,
        ),
    },
    "gemma-7b": like_llama("gemma", 28, 3072, 16, 16, 24576, 256000, head_dim=256),
    "gemma-2-9b": like_llama("gemma2", 42, 3584, 16, 8, 14336, 256000, head_dim=256, sliding_window=4096),
    "gemma-3-27b": like_llama(
        "gemma3_text", 62, 5376, 32, 16, 21504, 262144, head_dim=128, sliding_window=1024, sliding_window_pattern=6
    ),
    "falcon-180b": {
        "model_type": "falcon", "num_hidden_layers": 80, "hidden_size": 14848, "num_attention_heads": 232,
        "num_kv_heads": 8, "new_decoder_architecture": True, "vocab_size": 65024, "tie_word_embeddings": False,
    },
    "falcon-7b": {
        "model_type": "falcon", "num_hidden_layers": 32, "hidden_size": 4544, "num_attention_heads": 71,
        "multi_query": True, "parallel_attn": True, "vocab_size": 65024, "tie_word_embeddings": False,
    },
    "gpt2-124m": {"model_type": "gpt2", "n_layer": 12, "n_embd": 768, "n_head": 12, "n_positions": 1024, "vocab_size": 50257},
    "gpt-neox-20b": like_llama("gpt_neox", 44, 6144, 64, 64, 24576, 50432),
    "opt-175b": {
        "model_type": "opt", "num_hidden_layers": 96, "hidden_size": 12288, "num_attention_heads": 96, "ffn_dim": 49152,
        "vocab_size": 50272, "max_position_embeddings": 2048,
    },
    "bloom-176b": {"model_type": "bloom", "n_layer": 70, "hidden_size": 14336, "num_attention_heads": 112, "vocab_size": 250880},
    "mpt-7b": {
        "model_type": "mpt", "d_model": 4096, "n_layers": 32, "n_heads": 32, "expansion_ratio": 4, "max_seq_len": 2048,
        "vocab_size": 50368,
    },
    "phi-2": like_llama("phi", 32, 2560, 32, 32, 10240, 51200),
    "phi-4": like_llama("phi3", 40, 5120, 40, 10, 17920, 100352, sliding_window=None),
    "nemotron-4-340b": like_llama("nemotron", 96, 18432, 96, 8, 73728, 256000),
    "stablelm-3b-4e1t": like_llama("stablelm", 32, 2560, 32, 32, 6912, 50304),
    "chatglm3-6b": {
        "model_type": "chatglm", "num_layers": 28, "hidden_size": 4096, "num_attention_heads": 32,
        "multi_query_attention": True, "multi_query_group_num": 2, "ffn_hidden_size": 13696, "padded_vocab_size": 65024,
        "kv_channels": 128, "seq_length": 8192, "add_qkv_bias": True, "add_bias_linear": False,
    },
    "internlm-7b": {
        "model_type": "internlm", "num_hidden_layers": 32, "hidden_size": 4096, "num_attention_heads": 32,
        "intermediate_size": 11008, "vocab_size": 103168, "bias": True,
    },
    "baichuan2-13b": {
        "model_type": "baichuan", "num_hidden_layers": 40, "hidden_size": 5120, "num_attention_heads": 40,
        "intermediate_size": 13696, "vocab_size": 125696, "model_max_length": 4096,
    },
    "dbrx": {
        "model_type": "dbrx", "d_model": 6144, "n_heads": 48, "n_layers": 40, "vocab_size": 100352, "max_seq_len": 32768,
        "attn_config": {"kv_n_heads": 8}, "ffn_config": {"ffn_hidden_size": 10752, "moe_num_experts": 16, "moe_top_k": 4},
    },
    "grok-1": like_llama(
        "grok-1", 64, 6144, 48, 8, 32768, 131072, num_experts=8, num_experts_per_tok=2, tie_word_embeddings=True
    ),
    "bert-large": {
        "model_type": "bert", "num_hidden_layers": 24, "hidden_size": 1024, "num_attention_heads": 16,
        "intermediate_size": 4096, "vocab_size": 30522, "max_position_embeddings": 512, "type_vocab_size": 2,
    },
    "minimax-01": like_llama(
        "minimax_text_01", 80, 6144, 64, 8, 9216, 200064, head_dim=128, num_local_experts=32, num_experts_per_tok=2,
        attn_type_list=[0, 0, 0, 0, 0, 0, 0, 1] * 10,
    ),
    "ernie-4.5-300b-a47b": like_llama(
        "ernie4_5_moe", 54, 8192, 64, 8, 28672, 103424, moe_num_experts=64, moe_k=8, moe_intermediate_size=3584,
        moe_layer_start_index=3, tie_word_embeddings=True,
    ),
}  # fmt: skip


@pytest.mark.parametrize("id", CONFIGS)
def test_a_config_gives_the_model(id: str):
    read, known = shape_from_config(CONFIGS[id]), model(id)

    assert parameters(read).total == pytest.approx(parameters(known).total, rel=2e-4)
    assert parameters(read).active == pytest.approx(parameters(known).active, rel=2e-4)
    assert kv_cache_bytes(read, 65536) == kv_cache_bytes(known, 65536)
    assert flop_per_token(read, 4096) == pytest.approx(flop_per_token(known, 4096), rel=2e-4)


def test_a_file_and_its_folder_are_read(tmp_path: Path):
    folder = tmp_path / "my-model"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(CONFIGS["llama-3-70b"]), encoding="utf-8")

    assert read_config(folder) == read_config(folder / "config.json")
    assert read_config(folder).id == "my-model"


def test_an_unknown_family_names_the_fields_that_are_wanted():
    with pytest.raises(InputError, match=r"unknown model_type 'mamba'.*num_hidden_layers, hidden_size"):
        shape_from_config({"model_type": "mamba"})


def test_a_missing_field_is_named():
    with pytest.raises(InputError, match="no field hidden_size"):
        shape_from_config({k: v for k, v in CONFIGS["llama-3-70b"].items() if k != "hidden_size"})


@pytest.mark.parametrize(
    "value",
    [0, -1, 10**9, 10**5000, "64", 1.5, True, [64, 32], {}, [], float("nan"), float("inf"), "x" * 10**6],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("field", ["num_hidden_layers", "vocab_size"])
def test_a_size_that_is_none_gets_one_line(field: str, value: object):
    with pytest.raises(InputError) as caught:
        shape_from_config({**CONFIGS["llama-3-70b"], field: value})

    assert field in str(caught.value)
    assert len(str(caught.value)) < 400
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "", "null", "[]", "3", "{", '{"model_type": NaN}', "[" * 200_000, '{"a":' * 100_000, '{"model_type": ' + "9" * 5000 + "}",
        '{"model_type": ["llama"]}', '{"model_type": {"llama": 1}}', '{"text_config": {}}', '{"model_type": "llama"}',
        '{"model_type": "dbrx", "attn_config": 3}', "\ufeff{}", '{"model_type": "\\ud800"}',
    ],
)  # fmt: skip
def test_hostile_text_gets_one_line(text: str):
    with pytest.raises(InputError) as caught:
        shape_from_text(text)

    assert len(str(caught.value)) < 1_800
    assert "\n" not in str(caught.value)


def test_sizes_that_do_not_fit_each_other_are_refused():
    with pytest.raises(InputError, match="must divide the query heads"):
        shape_from_config({**CONFIGS["llama-3-70b"], "num_key_value_heads": 7})
    with pytest.raises(InputError, match="no more experts can be active"):
        shape_from_config({**CONFIGS["mixtral-8x7b"], "num_experts_per_tok": 9})
    with pytest.raises(InputError, match="attn_type_list"):
        shape_from_config({**CONFIGS["minimax-01"], "attn_type_list": [2]})


def test_files_that_cannot_be_read_get_one_line(tmp_path: Path):
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "long.json").write_bytes(b" " * 4_000_001)

    for name, words in [
        ("absent.json", "cannot read"),
        ("binary.json", "not UTF-8"),
        ("long.json", "too long"),
    ]:
        with pytest.raises(InputError, match=words):
            read_config(tmp_path / name)
