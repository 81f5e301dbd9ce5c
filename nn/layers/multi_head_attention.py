"""`MultiHeadAttention`: attention in several heads, with PyTorch's weights."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..checks import as_array, at_least, probability, width
from ..module import Module
from ..parameter import Parameter
from ..random import Rng, generator
from .attention import bools_or_floats, causal_mask, weights_of
from .dropout import dropout as drop
from .linear import Linear, linear


class MultiHeadAttention(Module):
    """Attention in several heads, each with a part of the width; PyTorch's MultiheadAttention.

    `in_proj_weight` (3 * embed_dim, embed_dim) makes queries, keys and values, starts uniform by
    Xavier; `in_proj_bias` (3 * embed_dim,) and `out_proj.bias` start at 0; `out_proj.weight`
    (embed_dim, embed_dim) as in `Linear`.

    Args:
        embed_dim: width of inputs and outputs.
        num_heads: must divide embed_dim.
        dropout: drops weights, while training.
        bias: False leaves both biases out.
        batch_first: inputs are (batch, time, embed_dim), not (time, batch, embed_dim).
        rng: a Generator or a seed, for weights and dropout; default the shared generator.

    Raises:
        ValueError: a size below 1, num_heads does not divide embed_dim, dropout outside [0, 1];
            in the call, shapes that do not fit.
        TypeError: in the call, a mask that holds neither bools nor floats.

    >>> layer = MultiHeadAttention(4, 2, batch_first=True, rng=0)
    >>> y, weights = layer(np.ones((1, 3, 4)), is_causal=True)
    >>> y.shape, weights.data[0].round(2).tolist()
    ((1, 3, 4), [[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.33, 0.33, 0.33]])
    """

    in_proj_weight: Any
    in_proj_bias: Any

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        batch_first: bool = False,
        rng: Rng = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        at_least(1, embed_dim=embed_dim, num_heads=num_heads)
        if embed_dim % num_heads:
            raise ValueError(f"num_heads must divide embed_dim {embed_dim}, got {num_heads}")
        self.embed_dim = embed_dim
        self.num_heads = num_heads
        self.dropout = probability("dropout", dropout)
        self.batch_first = bool(batch_first)
        self.rng = None if rng is None else generator(rng)
        draw = generator(self.rng)
        bound = math.sqrt(6 / (4 * embed_dim))
        self.in_proj_weight = Parameter(draw.uniform(-bound, bound, (3 * embed_dim, embed_dim)))
        self.in_proj_bias = Parameter(np.zeros(3 * embed_dim)) if bias else None
        self.out_proj = Linear(embed_dim, embed_dim, bias=bias, rng=draw)
        if bias:
            self.out_proj.bias.data = np.zeros(embed_dim)
        self.to(device, dtype)

    def forward(
        self,
        query: Any,
        key: Any = None,
        value: Any = None,
        key_padding_mask: Any = None,
        need_weights: bool = True,
        attn_mask: Any = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Any, Any]:
        """The output, of query's shape, and the weights (batch, queries, keys).

        Args:
            query: shape (time, batch, embed_dim), (batch, time, embed_dim) if batch_first, or
                (time, embed_dim).
            key, value: likewise, with a time of their own; default the query.
            key_padding_mask: shape (batch, keys), True for keys that must NOT be looked at; or
                floats that are added.
            need_weights: False returns None for the weights.
            attn_mask: shape (queries, keys) or (batch * num_heads, queries, keys), True where a
                query must NOT look; or floats that are added.
            average_attn_weights: False returns weights (batch, num_heads, queries, keys).
            is_causal: query i looks at keys 0 to i only, besides what the masks say.

        Raises:
            ValueError: query, key and value do not fit together.
        """
        itself = key is None and value is None
        given = [as_array(query)] if itself else [as_array(x) for x in (query, key, value)]
        q, k, v = (self._batch_first(x, given[0].ndim) for x in (given * 3 if itself else given))
        if k.shape[:2] != v.shape[:2] or len(k) != len(q):
            shapes = ", ".join(str(x.shape) for x in given)
            raise ValueError(f"query, key and value do not fit together, got shapes {shapes}")
        batched = given[0].ndim == 3
        full = (len(q), self.num_heads, q.shape[1], k.shape[1])
        blocked, bias = self._masks(key_padding_mask, attn_mask, is_causal, full, batched)
        q, k, v = self._project(q, k, v)
        weights = weights_of(q, k, blocked, bias, None)
        weights = drop(weights, self.dropout, self.training, self.rng)
        heads = (weights @ v).transpose((0, 2, 1, 3))
        y = self.out_proj(heads.reshape((full[0], full[2], self.embed_dim)))
        if not batched:
            y = y.reshape(y.shape[1:])
        elif not self.batch_first:
            y = y.transpose((1, 0, 2))
        if not need_weights:
            return y, None
        weights = weights.mean(axis=1) if average_attn_weights else weights
        return y, weights if batched else weights.reshape(weights.shape[1:])

    def _batch_first(self, x: Any, ndim: int) -> Any:
        """An input as (batch, time, embed_dim)."""
        if x.ndim not in (2, 3) or x.ndim != ndim:
            form = "(batch, time, {0})" if self.batch_first else "(time, batch, {0})"
            raise ValueError(
                f"{type(self).__name__} takes inputs of shape {form.format(self.embed_dim)}, or "
                f"all without the batch axis, got {x.shape}"
            )
        width(x, self.embed_dim, self)
        if x.shape[0] == 0 or x.shape[1] == 0:
            raise ValueError(f"{type(self).__name__} got an empty input of shape {x.shape}")
        if x.ndim == 2:
            return x.reshape((1, *x.shape))
        return x if self.batch_first else x.transpose((1, 0, 2))

    def _project(self, *inputs: Any) -> tuple[Any, ...]:
        """Queries, keys and values, each (batch, num_heads, time, width of a head)."""
        n, heads = self.embed_dim, []
        for i, x in enumerate(inputs):
            part = slice(i * n, (i + 1) * n)
            bias = None if self.in_proj_bias is None else self.in_proj_bias[part]
            y = linear(x, self.in_proj_weight[part], bias)
            y = y.reshape((*x.shape[:2], self.num_heads, n // self.num_heads))
            heads.append(y.transpose((0, 2, 1, 3)))
        return tuple(heads)

    def _masks(
        self, padding: Any, mask: Any, is_causal: bool, full: tuple[int, ...], batched: bool
    ) -> tuple[Any, Any]:
        """Where not to look (or None), and what to add to the scores (or None)."""
        batch, _, queries, keys = full
        blocked = causal_mask(queries, keys) if is_causal else None
        bias = None
        parts: list[tuple[str, Any, tuple[int, ...]]] = []
        if padding is not None:
            expected = (batch, keys) if batched else (keys,)
            _expect("key_padding_mask", padding, expected)
            parts.append(("key_padding_mask", padding, (batch, 1, 1, keys)))
        if mask is not None:
            each = (batch * self.num_heads, queries, keys)
            _expect("attn_mask", mask, (queries, keys), each)
            parts.append(("attn_mask", mask, full if np.ndim(mask) == 3 else (1, 1, *full[2:])))
        for name, given, shape in parts:
            bools, floats = bools_or_floats(name, given)
            if bools is not None:
                bools = bools.reshape(shape)
                blocked = bools if blocked is None else blocked | bools
            else:
                floats = floats.reshape(shape)
                bias = floats if bias is None else bias + floats
        return blocked, bias

    def extra_repr(self) -> str:
        return f"{self.embed_dim}, num_heads={self.num_heads}"


def _expect(name: str, mask: Any, *shapes: tuple[int, ...]) -> None:
    if np.shape(mask) not in shapes:
        expected = " or ".join(map(str, shapes))
        raise ValueError(f"{name} must have shape {expected}, got {np.shape(mask)}")


#: PyTorch's spelling.
MultiheadAttention = MultiHeadAttention
