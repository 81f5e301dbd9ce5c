"""What a rule answers, in the shape of the input it is the gradient of."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Op
from .shapes import broadcast_to, sum_to


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
