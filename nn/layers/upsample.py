"""`interpolate` and `Upsample`: images of another size, each place with its nearest number."""

from __future__ import annotations

from typing import Any

import numpy as np

import engine

from ..checks import as_array, at_least, number
from ..module import Module


def interpolate(x: Any, size: Any = None, scale_factor: Any = None, mode: str = "nearest") -> Any:
    """Images of another size: place i takes the number at floor(i / scale_factor).

    Args:
        x: shape (batch, channels, length) or (batch, channels, height, width).
        size: what the axes of space become; an int, or one for each axis.
        scale_factor: by what they grow instead; a number, or one for each axis.
        mode: "nearest", the only one there is.

    Raises:
        ValueError: both or neither of size and scale_factor, another mode, or a shape that does
            not fit.

    >>> interpolate(np.array([[[1.0, 2.0]]]), scale_factor=2)
    array([[[1., 1., 2., 2.]]])
    """
    x = as_array(x)
    if mode != "nearest":
        raise ValueError(f"mode must be 'nearest', the only one there is, got {mode!r:.60}")
    if (size is None) == (scale_factor is None):
        raise ValueError("interpolate() needs size or scale_factor, and not both")
    if x.ndim not in (3, 4):
        raise ValueError(
            "interpolate() takes inputs of shape (batch, channels, length) or (batch, channels, "
            f"height, width), got {x.shape}"
        )
    given = size if scale_factor is None else scale_factor
    wanted = tuple(given) if isinstance(given, tuple | list) else (given,) * (x.ndim - 2)
    if len(wanted) != x.ndim - 2:
        raise ValueError(f"interpolate() got {given!r:.60} for {x.ndim - 2} axes of space")
    for axis, one in enumerate(wanted, start=2):
        n = x.shape[axis]
        places = _by_size(n, one) if scale_factor is None else _by_factor(n, one)
        x = engine.take(x, places, axis)
    return x


def _by_size(n: int, size: Any) -> np.ndarray:
    """Which of n numbers each of `size` places takes."""
    at_least(1, size=size)
    return np.arange(size) * n // size


def _by_factor(n: int, factor: Any) -> np.ndarray:
    """Which of n numbers each of floor(n · factor) places takes."""
    size = int(n * number("scale_factor", factor, least=0))
    if size < 1:
        raise ValueError(f"scale_factor {factor} leaves nothing of an axis of {n}")
    return np.minimum(np.arange(size) / factor, n - 1).astype(np.intp)


class Upsample(Module):
    """Images made larger, each place with its nearest number; or smaller.

    Args:
        size, scale_factor, mode: as for `interpolate`.

    Raises:
        ValueError: in the call, as `interpolate`.

    >>> Upsample(scale_factor=2)(np.zeros((1, 8, 7, 7))).shape
    (1, 8, 14, 14)
    """

    def __init__(self, size: Any = None, scale_factor: Any = None, mode: str = "nearest") -> None:
        self.size = size
        self.scale_factor = scale_factor
        self.mode = mode

    def forward(self, x: Any) -> Any:
        """Shape (batch, channels, …) with other lengths of the axes of space."""
        return interpolate(x, self.size, self.scale_factor, self.mode)

    def extra_repr(self) -> str:
        grown = f"size={self.size}" if self.scale_factor is None else None
        return f"{grown or f'scale_factor={self.scale_factor}'}, mode={self.mode!r}"
