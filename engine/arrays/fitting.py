"""What a rule answers, in the shape of the input it is the gradient of."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Op
from .shapes import broadcast_to, sum_to


def shaped(part: Any, like: Any, op: Op, index: int) -> Any:
    """A rule's answer, array or Tensor, with the shape of its input.

    A rule may leave broadcasting to the engine (and answer with a single 0.0), if its op is
    elementwise; nothing else.
    """
    if part.shape == like.shape:
        return part
    if op.kind == "elementwise":
        try:
            full = np.broadcast_shapes(part.shape, like.shape)
        except ValueError:
            full = ()  # not a matter of broadcasting: named below
        if full == part.shape:
            return sum_to(part, like.shape)
        if full == like.shape:
            return broadcast_to(part, like.shape)
    raise ValueError(
        f"vjp {index} of {op.name!r} returned a gradient of shape {part.shape} for an input of "
        f"shape {like.shape}"
    )
