"""What a rule is given, of float16, and what it answers, in the shape of its input."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Op
from ..floats import HALF
from .shapes import broadcast_to, cast, sum_to


def widened(x: Any) -> Any:
    """float16 as float32; anything else as it is."""
    dtype = getattr(x, "dtype", None)
    return cast(x, np.float32) if dtype is not None and dtype.type is HALF else x


def in_single(node: Any, g: Any) -> tuple[Any, Any, tuple[Any, ...]]:
    """Gradient, result and inputs of a node as its rules are given them, to be nodes again.

    Where the result is float16 they compute in float32, from a result that is not rounded: no step
    on the way leaves the range, a sum of thousands of terms has digits for each, and tanh(5), which
    is 1 in float16, has a slope.
    """
    if node.dtype.type is not HALF:
        return g, node, node.inputs
    inputs = tuple(map(widened, node.inputs))
    with np.errstate(all="ignore"):
        y = node.op.apply(inputs, dict(node.params))
    return widened(g), y, inputs


def _stretches(shape: tuple[int, ...], full: tuple[int, ...]) -> bool:
    """Whether broadcasting makes `shape` to `full`."""
    lead = len(full) - len(shape)
    if lead > 0 and full[lead:] == shape:
        return True
    return lead >= 0 and all(n in (1, m) for n, m in zip(shape, full[lead:], strict=True))


def shaped(part: Any, like: Any, op: Op, index: int) -> Any:
    """A rule's answer, array or Tensor, with the shape of its input.

    A rule may leave broadcasting to the engine (and answer with a single 0.0), if its op is
    elementwise; nothing else.
    """
    if part.shape == like.shape:
        return part
    if op.kind == "elementwise":
        if _stretches(like.shape, part.shape):
            # of an array without what a call of the op asks: each bias has one
            plain = type(part) is np.ndarray
            return (sum_to.forward if plain else sum_to)(part, like.shape)
        if _stretches(part.shape, like.shape):
            return broadcast_to(part, like.shape)
    raise ValueError(
        f"vjp {index} of {op.name!r} returned a gradient of shape {part.shape} for an input of "
        f"shape {like.shape}"
    )
