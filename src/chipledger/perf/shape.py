"""The shape of a model: all that its cost depends on, and nothing that it learned.

Read from data/models, one file a model, or from a Hugging Face config.json (`hf_config`); taken by everything else in perf. Sizes
are counts; nothing here knows a chip.
"""

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from chipledger.core.records import Record
from chipledger.core.sources import Cite


class Attention(StrEnum):
    """How keys and values are shared."""

    MHA = "mha"
    GQA = "gqa"
    MQA = "mqa"
    MLA = "mla"


class Kind(StrEnum):
    """What a forward pass is like."""

    DECODER = "decoder"
    ENCODER = "encoder"
    DIFFUSION_TRANSFORMER = "diffusion_transformer"


class ActiveCount(StrEnum):
    """What an owner's figure of active parameters counts; owners differ (each is stated in the model's file)."""

    ALL = "all"
    NO_INPUT_EMBEDDING = "no_input_embedding"
    NO_EMBEDDINGS = "no_embeddings"
    EACH_USE = "each_use"


class LatentAttention(Record):
    """The ranks and head parts of multi-head latent attention (DeepSeek-V2, arXiv 2405.04434, section 2.1)."""

    query_rank: int | None = Field(default=None, gt=0)
    key_value_rank: int = Field(gt=0)
    rope_head_dim: int = Field(gt=0)
    nope_head_dim: int = Field(gt=0)
    value_head_dim: int = Field(gt=0)


class Experts(Record):
    """A mixture of experts in place of the feed-forward block.

    Args:
        count: routed experts of a layer.
        active: of them, for each token.
        intermediate_size: of one routed expert.
        shared: experts that every token passes.
        shared_intermediate_size: of all shared experts together; None: shared x intermediate_size.
        first_dense_layers: layers before the first mixture.
        every: a mixture every so many layers after them, 1 for all.
        capacity_factor: tokens kept over an even share; None where none are dropped.
    """

    count: int = Field(gt=1)
    active: int = Field(gt=0)
    intermediate_size: int = Field(gt=0)
    shared: int = Field(default=0, ge=0)
    shared_intermediate_size: int | None = Field(default=None, gt=0)
    first_dense_layers: int = Field(default=0, ge=0)
    every: int = Field(default=1, gt=0)
    capacity_factor: float | None = Field(default=None, gt=0)


class ModelShape(Record):
    """The shape of one model (data/models).

    Args:
        id: the file's name.
        name: as its owner prints it.
        aliases: other names in print.
        kind: what a forward pass is like.
        num_layers: transformer layers.
        hidden_size: of the residual stream.
        num_attention_heads: query heads.
        num_key_value_heads: key and value heads; None for MLA.
        head_dim: of one head; None: hidden_size / num_attention_heads.
        attention: how keys and values are shared.
        latent: of MLA.
        intermediate_size: of the dense feed-forward block; None where every layer is a mixture.
        gated: the block has a gate beside its up projection (SwiGLU, GeGLU).
        experts: of a mixture.
        vocab_size: rows of the embedding.
        tied_embeddings: input and output embedding are one.
        sequence_length: trained with.
        sliding_window: keys that a windowed layer sees; None where every layer sees all.
        windowed_layers: of all layers, those with the window; None: all, if there is a window.
        key_value_shared_layers: so many neighbouring layers share keys and values (CLA); 1 for none.
        linear_attention_layers: of all layers, those whose attention keeps a state of fixed size instead of keys and values
            (all heads have their own, and a gate as wide as the heads stands before the output).
        cross_attention: a second attention in each layer, to a sequence of its own (DiT with text).
        cross_attention_size: width of that sequence; None: hidden_size.
        attention_bias: biases in the projections to queries, keys and values.
        bias: biases in every projection (output of attention and feed-forward too).
        norm_bias: the norms have a bias beside their weight (LayerNorm, not RMSNorm).
        norms_per_layer: 2, or 1 where attention and feed-forward stand side by side, 4 where each has one on both sides.
        learned_positions: rows of a learned table of positions; 0 for none.
        modulation_outputs: of a diffusion transformer, vectors as wide as the hidden size that a layer draws from the time step.
        other_parameters: outside of layers, embedding and output (patches, pooler, skip connections), named in the note.
        multi_token_prediction_layers: extra layers that are trained and not counted in the name's size.
        published_parameters: in all, as its owner states it.
        published_active_parameters: for each token, as its owner states it.
        published_unit: one in the last printed digit of the total: 1e9 for "671B".
        published_active_unit: the same of the active parameters.
        published_active_counts: what the owner counts as active.
        cites: where the shape and the published totals stand.
    """

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    kind: Kind = Kind.DECODER
    num_layers: int = Field(gt=0)
    hidden_size: int = Field(gt=0)
    num_attention_heads: int = Field(gt=0)
    num_key_value_heads: int | None = Field(default=None, gt=0)
    head_dim: int | None = Field(default=None, gt=0)
    attention: Attention = Attention.MHA
    latent: LatentAttention | None = None
    intermediate_size: int | None = Field(default=None, gt=0)
    gated: bool = True
    experts: Experts | None = None
    vocab_size: int = Field(ge=0)
    tied_embeddings: bool = False
    sequence_length: int = Field(gt=0)
    sliding_window: int | None = Field(default=None, gt=0)
    windowed_layers: int | None = Field(default=None, ge=0)
    key_value_shared_layers: int = Field(default=1, gt=0)
    linear_attention_layers: int = Field(default=0, ge=0)
    cross_attention: bool = False
    cross_attention_size: int | None = Field(default=None, gt=0)
    attention_bias: bool = False
    bias: bool = False
    norm_bias: bool = False
    norms_per_layer: int = Field(default=2, ge=0, le=8)
    learned_positions: int = Field(default=0, ge=0)
    modulation_outputs: int = Field(default=0, ge=0)
    other_parameters: float = Field(default=0.0, ge=0)
    multi_token_prediction_layers: int = Field(default=0, ge=0)
    published_parameters: float | None = Field(default=None, gt=0)
    published_active_parameters: float | None = Field(default=None, gt=0)
    published_unit: float | None = Field(default=None, gt=0)
    published_active_unit: float | None = Field(default=None, gt=0)
    published_active_counts: ActiveCount = ActiveCount.ALL
    cites: tuple[Cite, ...] = ()
    note: str | None = None

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        if (self.attention is Attention.MLA) != (self.latent is not None):
            raise ValueError("MLA has its latent ranks, and nothing else has them")
        if self.intermediate_size is None and self.experts is None:
            raise ValueError("a layer has a feed-forward block or experts: give intermediate_size or experts")
        if self.experts and self.experts.active > self.experts.count:
            raise ValueError("no more experts can be active than there are")
        if self.experts and self.intermediate_size is None and self.mixture_layers < self.num_layers:
            raise ValueError("some layers are no mixture: give their intermediate_size")
        if self.attention is not Attention.MLA and self.num_attention_heads % self.key_value_heads:
            raise ValueError("the key and value heads must divide the query heads")
        if not self.latent and self.head_dim is None and self.hidden_size % self.num_attention_heads:
            raise ValueError("the heads do not divide hidden_size: give head_dim")
        if self.linear_attention_layers + (self.windowed_layers or 0) > self.num_layers:
            raise ValueError("more layers have a window or a state than there are")
        return self

    @property
    def size_of_head(self) -> int:
        """Of one query head; of MLA, with its rotated part."""
        if self.latent:
            return self.latent.nope_head_dim + self.latent.rope_head_dim
        return self.head_dim or self.hidden_size // self.num_attention_heads

    @property
    def size_of_value_head(self) -> int:
        """Of one value head; it differs from the query's in MLA only."""
        return self.latent.value_head_dim if self.latent else self.size_of_head

    @property
    def key_value_heads(self) -> int:
        """Heads with keys and values of their own; of MLA, all."""
        return self.num_key_value_heads or (
            1 if self.attention is Attention.MQA else self.num_attention_heads
        )

    @property
    def mixture_layers(self) -> int:
        """Layers with experts."""
        if not self.experts:
            return 0
        return max(0, self.num_layers - self.experts.first_dense_layers) // self.experts.every

    @property
    def dense_layers(self) -> int:
        """Layers with a dense feed-forward block."""
        return self.num_layers - self.mixture_layers

    @property
    def softmax_layers(self) -> int:
        """Layers whose attention sees keys, rather than a state of fixed size."""
        return self.num_layers - self.linear_attention_layers

    @property
    def layers_with_window(self) -> int:
        """Layers whose attention sees no more than the window."""
        if self.sliding_window is None:
            return 0
        return self.softmax_layers if self.windowed_layers is None else self.windowed_layers
