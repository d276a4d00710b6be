"""How many parameters a shape has, part by part, in all and for one token.

Takes a ModelShape; gives counts as floats (10^12 of them do not fit every integer). Nothing here is fitted: a count is the sizes
of matrices added up, and it is held against the owner's figure for every model of data/models (tests/perf/test_parameters.py).
Extra layers for multi-token prediction are counted apart, as owners do.
"""

from dataclasses import dataclass
from functools import lru_cache

from chipledger.perf.shape import ActiveCount, ModelShape


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerParameters:
    """The parameters of one layer.

    Args:
        attention: of the mean layer, as layers may share keys and values or differ in kind.
        cross_attention: of the second attention, 0 where there is none.
        dense_ffn: of the feed-forward block of a dense layer; 0 where all layers are mixtures.
        routed_experts_total: all routed experts of a mixture layer.
        routed_experts_active: those that one token passes.
        shared_experts: those that every token passes.
        router: from the hidden size to the experts.
        norms: of either kind of layer.
        modulation: what draws a diffusion transformer's scales and shifts from the time step; used once for a picture, not for a token.
    """

    attention: float
    cross_attention: float
    dense_ffn: float
    routed_experts_total: float
    routed_experts_active: float
    shared_experts: float
    router: float
    norms: float
    modulation: float

    @property
    def dense(self) -> float:
        """A dense layer in all."""
        return self.attention + self.cross_attention + self.dense_ffn + self.norms + self.modulation

    @property
    def mixture(self) -> float:
        """A mixture layer in all; 0 where there is none."""
        return self._mixture(self.routed_experts_total)

    @property
    def mixture_active(self) -> float:
        """A mixture layer as one token meets it; 0 where there is none."""
        return self._mixture(self.routed_experts_active)

    def _mixture(self, routed: float) -> float:
        around = self.attention + self.cross_attention + self.norms + self.modulation
        return around + routed + self.shared_experts + self.router if routed else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """The parameters of a model by part, over all layers.

    Args:
        embedding: of tokens and learned positions.
        output: from the hidden size to the vocabulary; 0 where it is the embedding again.
        attention: of all layers.
        cross_attention: of all layers.
        dense_ffn: of all dense layers.
        routed_experts: of all mixture layers.
        routed_experts_active: of them, what one token passes.
        shared_experts: of all mixture layers.
        router: of all mixture layers.
        norms: of all layers, and the last.
        other: modulation, patches, pooler: outside of what a token is multiplied with.
        tied_output: the output's size where it is the embedding again, counted in no sum but `counted`.
        multi_token_prediction: of the extra layers, in no sum.
    """

    embedding: float
    output: float
    attention: float
    cross_attention: float
    dense_ffn: float
    routed_experts: float
    routed_experts_active: float
    shared_experts: float
    router: float
    norms: float
    other: float
    tied_output: float
    multi_token_prediction: float

    @property
    def layers(self) -> float:
        """All layers without embedding and output."""
        return self._layers(self.routed_experts)

    @property
    def total(self) -> float:
        """Each matrix once."""
        return self.embedding + self.output + self.layers + self.other

    @property
    def active(self) -> float:
        """What one token meets: all but the routed experts that it passes by; each matrix once."""
        return self.embedding + self.output + self._layers(self.routed_experts_active) + self.other

    def counted(self, convention: ActiveCount) -> float:
        """The active parameters as an owner counts them.

        Args:
            convention: with all, without the input embedding, without both, or with a tied matrix at each of its uses.

        >>> from chipledger.perf.models import model
        >>> round(parameters(model("hunyuan-large")).counted(ActiveCount.EACH_USE) / 1e9)
        52
        """
        match convention:
            case ActiveCount.ALL:
                return self.active
            case ActiveCount.NO_INPUT_EMBEDDING:
                return self.active - self.embedding + self.tied_output
            case ActiveCount.NO_EMBEDDINGS:
                return self.active - self.embedding - self.output
            case ActiveCount.EACH_USE:
                return self.active + self.tied_output

    def _layers(self, routed: float) -> float:
        feed_forward = self.dense_ffn + routed + self.shared_experts + self.router
        return self.attention + self.cross_attention + feed_forward + self.norms


@lru_cache(maxsize=512)
def parameters(shape: ModelShape) -> Parameters:
    """The parameters of a model by part.

    Args:
        shape: the model.

    Returns:
        Counts over all layers, as floats.

    Source: sums of matrix sizes; MLA after DeepSeek-V2 (arXiv 2405.04434), section 2.1; shared keys and values after Brandon et
    al. (arXiv 2405.12981), section 3; adaLN of a diffusion transformer after Peebles and Xie (arXiv 2212.09748), section 3.2.

    >>> from chipledger.perf.models import model
    >>> whole = parameters(model("deepseek-v3"))
    >>> round(whole.total / 1e9), round(whole.active / 1e9, 1)
    (671, 37.6)
    """
    layer = layer_parameters(shape)
    table = float(shape.vocab_size * shape.hidden_size)
    mixtures = float(shape.mixture_layers)
    last_norm = float(shape.hidden_size * (1 + shape.norm_bias)) if shape.norms_per_layer else 0.0
    return Parameters(
        embedding=table + shape.learned_positions * shape.hidden_size,
        output=0.0 if shape.tied_embeddings else table,
        attention=layer.attention * shape.num_layers,
        cross_attention=layer.cross_attention * shape.num_layers,
        dense_ffn=layer.dense_ffn * shape.dense_layers,
        routed_experts=layer.routed_experts_total * mixtures,
        routed_experts_active=layer.routed_experts_active * mixtures,
        shared_experts=layer.shared_experts * mixtures,
        router=layer.router * mixtures,
        norms=layer.norms * shape.num_layers + last_norm,
        other=shape.other_parameters + layer.modulation * shape.num_layers,
        tied_output=table if shape.tied_embeddings else 0.0,
        multi_token_prediction=shape.multi_token_prediction_layers * _prediction_layer(shape, layer),
    )


@lru_cache(maxsize=512)
def layer_parameters(shape: ModelShape) -> LayerParameters:
    """The parameters of one layer; the fields of both kinds of layer stand side by side.

    Args:
        shape: the model.

    Returns:
        Counts of one layer: `dense` adds up a dense one, `mixture` one with experts.

    >>> from chipledger.perf.models import model
    >>> layer = layer_parameters(model("mixtral-8x7b"))
    >>> layer.routed_experts_total / layer.routed_experts_active, layer.dense_ffn
    (4.0, 0.0)
    """
    experts = shape.experts
    expert = _feed_forward(shape, experts.intermediate_size) if experts else 0.0
    shared = 0.0
    if experts and experts.shared:
        shared = _feed_forward(
            shape, experts.shared_intermediate_size or experts.shared * experts.intermediate_size
        )
    return LayerParameters(
        attention=attention_parameters(shape),
        cross_attention=_cross_attention(shape),
        dense_ffn=_feed_forward(shape, shape.intermediate_size)
        if shape.intermediate_size and shape.dense_layers
        else 0.0,
        routed_experts_total=expert * experts.count if experts else 0.0,
        routed_experts_active=expert * experts.active if experts else 0.0,
        shared_experts=shared,
        router=float(shape.hidden_size * experts.count) if experts else 0.0,
        norms=_norms(shape),
        modulation=float(shape.modulation_outputs * shape.hidden_size * (shape.hidden_size + 1)),
    )


def attention_parameters(shape: ModelShape) -> float:
    """The parameters of one layer's attention: the mean over layers where they share keys and values or differ in kind.

    >>> from chipledger.perf.models import model
    >>> round(attention_parameters(model("gpt3-175b")) / (4 * 12288**2), 3)
    1.0
    """
    softmax = _latent_attention(shape) if shape.latent else _grouped_attention(shape)
    linear = 5.0 * shape.hidden_size * shape.num_attention_heads * shape.size_of_head
    share = shape.linear_attention_layers / shape.num_layers
    return (1.0 - share) * softmax + share * linear


def _grouped_attention(shape: ModelShape) -> float:
    hidden = shape.hidden_size
    queries = shape.num_attention_heads * shape.size_of_head
    keys_and_values = 2 * shape.key_value_heads * shape.size_of_head / shape.key_value_shared_layers
    biases = (queries + keys_and_values) * (shape.attention_bias or shape.bias) + hidden * shape.bias
    return 2.0 * hidden * queries + hidden * keys_and_values + biases


def _latent_attention(shape: ModelShape) -> float:
    latent, hidden, heads = shape.latent, shape.hidden_size, shape.num_attention_heads
    assert latent is not None
    queries = heads * shape.size_of_head
    query_side = hidden * queries
    if latent.query_rank:
        query_side = latent.query_rank * (hidden + queries)
    down = hidden * (latent.key_value_rank + latent.rope_head_dim)
    up = latent.key_value_rank * heads * (latent.nope_head_dim + latent.value_head_dim)
    return float(query_side + down + up + heads * latent.value_head_dim * hidden)


def _cross_attention(shape: ModelShape) -> float:
    if not shape.cross_attention:
        return 0.0
    width = shape.cross_attention_size or shape.hidden_size
    heads = shape.num_attention_heads * shape.size_of_head
    return float(
        2 * shape.hidden_size * heads + 2 * width * heads + shape.bias * (shape.hidden_size + 3 * heads)
    )


def _feed_forward(shape: ModelShape, intermediate_size: int) -> float:
    up = 2 if shape.gated else 1
    biases = shape.bias * (up * intermediate_size + shape.hidden_size)
    return float((up + 1) * shape.hidden_size * intermediate_size + biases)


def _norms(shape: ModelShape) -> float:
    norms = shape.norms_per_layer + (1 if shape.cross_attention and shape.norms_per_layer else 0)
    of_ranks = (shape.latent.query_rank or 0) + shape.latent.key_value_rank if shape.latent else 0
    return float(norms * shape.hidden_size * (1 + shape.norm_bias) + of_ranks)


def _prediction_layer(shape: ModelShape, layer: LayerParameters) -> float:
    """One layer like the last, behind a projection of two hidden states to one (arXiv 2412.19437, section 2.2)."""
    return (layer.mixture or layer.dense) + 2.0 * shape.hidden_size**2
