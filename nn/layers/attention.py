"""Attention as a function, and its softmax with a mask, which is one node."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine import exp, fused, own, sum as sum_of, symmetric, to_numpy, where
from engine.arrays import add_reduce, maximum_reduce
from engine.batching import carried, leading

from ..checks import as_array, probability
from ..half import in_float32
from ..random import Rng
from .dropout import dropout as drop

# --- softmax with a mask, as one node ---


def _vjp(g: Any, y: Any, scores: Any, mask: Any) -> Any:
    part = g * y
    return part - y * part.sum(axis=-1, keepdims=True)


def _of_elements(scores: Any, mask: Any = None) -> Any:
    numbers = to_numpy(scores)
    allowed = numbers > -np.inf if mask is None else (numbers > -np.inf) & ~mask
    top = np.max(numbers, axis=-1, keepdims=True, initial=-np.inf, where=allowed)
    e = where(allowed, exp(where(allowed, scores, 0.0) - np.where(top > -np.inf, top, 0.0)), 0.0)
    total = sum_of(e, -1, True)
    return e / where(to_numpy(total) == 0, 1.0, total)


@fused(_vjp, elements=_of_elements, symbol="softmax", jvp=symmetric(_vjp))
def attention_weights(scores: Any, mask: Any = None) -> Any:
    """Softmax over the last axis without positions where mask is True; 0 where nothing is left."""
    allowed = scores if mask is None else np.where(mask, -np.inf, scores)
    # where nothing is allowed, the least finite number: exp(-inf) below, not exp(nan)
    least = float(np.finfo(scores.dtype).min)
    top = maximum_reduce(allowed, -1, None, None, True, initial=least)
    e = np.subtract(allowed, top, out=None if mask is None else own(allowed))
    e = np.exp(e, out=own(e))
    total = add_reduce(e, -1, None, None, True)  # the largest adds exp(0): it is 1 or more, or 0
    return np.divide(e, np.maximum(total, 1.0, out=own(total)), out=own(e))


carried(leading, attention_weights)


# --- the function ---


@in_float32
def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    rng: Rng = None,
) -> Any:
    """softmax(scale · query keyᵀ + mask) value: each query's mean of the values it looks at.

    Args:
        query: shape (…, queries, width).
        key: shape (…, keys, width).
        value: shape (…, keys, value_width).
        attn_mask: broadcasts to (…, queries, keys).  Bools, True where a query MAY look (as in
            PyTorch's function, and unlike its module); or floats that are added.
        dropout_p: drops weights with this probability, always.
        is_causal: query i looks at keys 0 to i only.
        scale: default 1/√width.
        rng: for dropout; a Generator or a seed.

    Returns:
        Shape (…, queries, value_width).  A query that may look nowhere gets zeros.

    Raises:
        TypeError: attn_mask holds neither bools nor floats.
        ValueError: shapes do not fit, dropout_p lies outside [0, 1], or attn_mask and is_causal
            are both given.

    >>> q = k = np.zeros((2, 1))
    >>> scaled_dot_product_attention(q, k, np.array([[1.0], [3.0]]), is_causal=True).tolist()
    [[1.0], [2.0]]
    """
    q, k, v = as_array(query), as_array(key), as_array(value)
    _check_shapes(q, k, v)
    p = probability("dropout_p", dropout_p)
    if is_causal and attn_mask is not None:
        raise ValueError("give attn_mask or is_causal, not both")
    shape = (q.shape[-2], k.shape[-2])
    blocked, bias = None, None
    if is_causal:
        blocked = causal_mask(*shape)
    elif attn_mask is not None:
        blocked, bias = bools_or_floats("attn_mask", attn_mask)
        blocked = None if blocked is None else ~blocked
        full = (*np.broadcast_shapes(q.shape[:-2], k.shape[:-2]), *shape)
        _check_mask("attn_mask", np.shape(attn_mask), full)
    weights = weights_of(q, k, blocked, bias, scale)
    return drop(weights, p, True, rng) @ v if p else weights @ v


def causal_mask(queries: int, keys: int) -> np.ndarray:
    """True where a query would look at a later key, shape (queries, keys).

    >>> causal_mask(2, 2)
    array([[False,  True],
           [False, False]])
    """
    return ~np.tri(queries, keys, dtype=bool)


@in_float32
def weights_of(q: Any, k: Any, blocked: Any, bias: Any, scale: float | None) -> Any:
    """How much each query looks at each key, (…, queries, keys)."""
    scale = 1 / math.sqrt(q.shape[-1]) if scale is None else float(scale)
    scores = (q * scale) @ k.mT  # the queries are scaled, not the scores: there are fewer
    if bias is not None:
        scores = scores + (to_numpy(bias).astype(scores.dtype) if _plain(bias, scores) else bias)
    return attention_weights(scores, blocked)


def _plain(bias: Any, scores: Any) -> bool:
    """Whether a float mask is a constant, to be taken in the scores' precision."""
    return scores.dtype != object and not getattr(bias, "requires_grad", False)


def bools_or_floats(name: str, mask: Any) -> tuple[Any, Any]:
    """A mask as (bools, None) or as (None, floats to add)."""
    mask = as_array(mask)
    if mask.dtype == bool:
        return to_numpy(mask), None
    if mask.dtype.kind in "fO":
        return None, mask
    raise TypeError(
        f"{name} must hold bools or floats (which are added to the scores), got dtype {mask.dtype}"
    )


def _check_mask(name: str, shape: tuple[int, ...], full: tuple[int, ...]) -> None:
    try:
        fits = np.broadcast_shapes(shape, full) == full
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(f"{name} of shape {shape} does not broadcast to the scores' shape {full}")


def _check_shapes(q: Any, k: Any, v: Any) -> None:
    if min(q.ndim, k.ndim, v.ndim) < 2:
        raise ValueError(
            f"query, key and value must have shapes (…, length, width), got {q.shape}, {k.shape} "
            f"and {v.shape}"
        )
    if q.shape[-1] != k.shape[-1]:
        raise ValueError(f"query and key must have the same width, got {q.shape} and {k.shape}")
    if k.shape[-2] != v.shape[-2]:
        raise ValueError(f"key and value must have the same length, got {k.shape} and {v.shape}")
    if 0 in (q.shape[-1], k.shape[-2]):
        raise ValueError(f"there must be a key to look at, got key of shape {k.shape}")
