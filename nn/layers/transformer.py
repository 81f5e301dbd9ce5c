"""`TransformerBlock`: attention and a two-layer network, each added to what came in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import engine

from ..checks import as_array, at_least, probability, rank
from ..module import Module
from ..random import Rng, generator
from .dropout import dropout as drop
from .layer_norm import LayerNorm
from .linear import Linear
from .multi_head_attention import MultiHeadAttention

ACTIVATIONS = {"gelu": engine.gelu, "relu": engine.relu}


class TransformerBlock(Module):
    """x + attention(norm1(x)), then x + linear2(activation(linear1(norm2(x)))).

    That is the pre-norm form; with norm_first=False it is norm1(x + attention(x)), then
    norm2(x + network(x)).  Parameters have the names and shapes of PyTorch's
    TransformerEncoderLayer: `self_attn.in_proj_weight`, …, `linear1`, `linear2`, `norm1`,
    `norm2`.  Inputs are (batch, time, d_model) or (time, d_model).

    Args:
        d_model: width of inputs and outputs.
        nhead: heads of the attention; must divide d_model.
        dim_feedforward: width inside the network; default 4 * d_model.
        dropout: probability of dropping attention weights, hidden numbers, and what is added.
        activation: "gelu", "relu", or a function or Module.
        norm_first: pre-norm; False for the form of the first transformers.
        causal: each position sees itself and what came before.
        bias: False leaves all biases out.
        layer_norm_eps: added to the variances.
        rng: a Generator or a seed, for weights and dropout; default the shared generator.

    Raises:
        ValueError: a size below 1, nhead does not divide d_model, dropout outside [0, 1], an
            unknown activation; in the call, shapes that do not fit.

    >>> from engine import Tensor
    >>> block = TransformerBlock(8, 2, causal=True, rng=0)
    >>> block(Tensor([[1.0] * 8] * 3)).shape
    (3, 8)
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int | None = None,
        dropout: float = 0.0,
        activation: str | Callable[[Any], Any] = "gelu",
        norm_first: bool = True,
        causal: bool = False,
        bias: bool = True,
        layer_norm_eps: float = 1e-5,
        rng: Rng = None,
    ) -> None:
        hidden = 4 * d_model if dim_feedforward is None else dim_feedforward
        at_least(1, d_model=d_model, nhead=nhead, dim_feedforward=hidden)
        self.rng = None if rng is None else generator(rng)
        draw = generator(self.rng)
        self.self_attn = MultiHeadAttention(d_model, nhead, dropout, bias, True, rng=draw)
        self.linear1 = Linear(d_model, hidden, bias=bias, rng=draw)
        self.linear2 = Linear(hidden, d_model, bias=bias, rng=draw)
        self.norm1 = LayerNorm(d_model, eps=layer_norm_eps, bias=bias)
        self.norm2 = LayerNorm(d_model, eps=layer_norm_eps, bias=bias)
        self.dropout = probability("dropout", dropout)
        self.activation = _activation(activation)
        self.norm_first = bool(norm_first)
        self.causal = bool(causal)

    def forward(self, x: Any, attn_mask: Any = None, key_padding_mask: Any = None) -> Any:
        """Same shape as x.

        Args:
            x: shape (batch, time, d_model) or (time, d_model).
            attn_mask: shape (time, time), True where a position must NOT look, or floats that
                are added; besides `causal`.
            key_padding_mask: shape (batch, time), True for positions nobody must look at.
        """
        x = as_array(x)
        width = self.self_attn.embed_dim
        rank(x, (2, 3), f"(batch, time, {width}) or (time, {width})", self)
        if self.norm_first:
            x = x + self._attend(self.norm1(x), attn_mask, key_padding_mask)
            return x + self._network(self.norm2(x))
        x = self.norm1(x + self._attend(x, attn_mask, key_padding_mask))
        return self.norm2(x + self._network(x))

    def _attend(self, x: Any, attn_mask: Any, key_padding_mask: Any) -> Any:
        y, _ = self.self_attn(
            x,
            key_padding_mask=key_padding_mask,
            need_weights=False,
            attn_mask=attn_mask,
            is_causal=self.causal,
        )
        return self._drop(y)

    def _network(self, x: Any) -> Any:
        return self._drop(self.linear2(self._drop(self.activation(self.linear1(x)))))

    def _drop(self, x: Any) -> Any:
        return drop(x, self.dropout, self.training, self.rng)

    def extra_repr(self) -> str:
        named = {"norm_first": True, "causal": False, "dropout": 0.0}
        parts = [f"{k}={getattr(self, k)}" for k, v in named.items() if getattr(self, k) != v]
        return ", ".join(parts)


def _activation(activation: Any) -> Any:
    if isinstance(activation, str) and activation in ACTIVATIONS:
        return ACTIVATIONS[activation]
    if not callable(activation):
        names = " or ".join(map(repr, ACTIVATIONS))
        raise ValueError(f"activation must be {names}, or a function, got {activation!r:.60}")
    return activation() if isinstance(activation, type) else activation
