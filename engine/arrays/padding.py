"""A border around an array: of one number, or of the array's own."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..by_name import has_numbers
from ..core import composed
from ..define import shape_op
from ..node import NodeArray
from .indexing import take


def _inner(g: Any, y: Any, x: Any, pad_width: Any, constant_values: Any) -> Any:
    return g[
        tuple(slice(before, before + n) for (before, _), n in zip(pad_width, x.shape, strict=True))
    ]


def _pad_jvp(tangents: tuple[Any], y: Any, x: Any, pad_width: Any, constant_values: Any) -> Any:
    """The border is constant."""
    return constant_pad(tangents[0], pad_width)


@shape_op(_inner, name="pad", ulp=0, jvp=_pad_jvp)
def constant_pad(x: Any, pad_width: Any, constant_values: Any = 0.0) -> Any:
    """x with a border of numbers: one for all sides, or for each as in NumPy."""
    if np.ndim(constant_values) or not has_numbers(x):  # a number for each side of each axis
        padded = np.pad(x, pad_width, constant_values=constant_values)
        return padded.view(type(x)) if has_numbers(x) else padded
    shape = [before + n + after for (before, after), n in zip(pad_width, x.shape, strict=True)]
    out = np.full(shape, constant_values, dtype=x.dtype)
    out[tuple(slice(b, b + n) for (b, _), n in zip(pad_width, x.shape, strict=True))] = x
    return out.view(type(x)) if isinstance(x, NodeArray) else out


def pad_widths(pad_width: Any, ndim: int) -> tuple[tuple[int, int], ...]:
    """NumPy's forms of pad_width (a number, a pair, a pair for each axis) as pairs."""
    widths = np.asarray(pad_width)
    if widths.dtype.kind not in "iu":
        raise TypeError(f"pad_width must be integers, got {pad_width!r}")
    if (widths < 0).any():
        raise ValueError(f"pad_width must not be negative, got {pad_width!r}")
    try:
        pairs = np.broadcast_to(widths, (ndim, 2))
    except ValueError:
        raise ValueError(
            f"pad_width must be a number, a pair, or a pair for each of {ndim} axes, "
            f"got {pad_width!r}"
        ) from None
    return tuple((int(before), int(after)) for before, after in pairs)


@composed
def pad(x: Any, pad_width: Any, mode: str = "constant", constant_values: float = 0.0) -> Any:
    """A border of `pad_width` around x: of one number, or mode edge, reflect, symmetric, wrap.

    Raises:
        ValueError: mode is another, or pad_width does not fit x or is negative.

    >>> pad(np.array([1, 2]), (1, 2)), pad(np.array([1, 2]), 1, mode="edge")
    (array([0, 1, 2, 0, 0]), array([1, 1, 2, 2]))
    """
    widths = pad_widths(pad_width, np.ndim(x))
    if mode == "constant":
        return constant_pad(x, widths, constant_values)
    if mode not in ("edge", "reflect", "symmetric", "wrap"):
        raise ValueError(
            f"mode of pad() must be constant, edge, reflect, symmetric or wrap, got {mode!r}"
        )
    for axis, width in enumerate(widths):
        x = take(x, np.pad(np.arange(np.shape(x)[axis]), width, mode=mode), axis)  # type: ignore[call-overload]  # mode is one of NumPy's names, checked above
    return x
