"""Functions of NumPy that are a few lines of engine's: `np.interp`, `np.convolve`, `np.gradient`.

They have NumPy's arguments, and only NumPy calls them (`engine.numpy_protocol`): a scientist's code
differentiates as it stands.  Each is what its textbook says, written with ops that have rules.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import choices
from ..lists import array_if_list
from ..node import to_numpy
from ..numpy_protocol import MEANINGS
from ..questions import isnan
from . import everyday, pieces, products, reductions, shapes, windows

# --- polynomials ---


def _polyval(p: Any, x: Any) -> Any:
    """Horner's rule: p[0] x^2 + p[1] x + p[2] is (p[0] x + p[1]) x + p[2]."""
    x = array_if_list(x)
    y: Any = np.zeros(np.shape(x))
    for coefficient in array_if_list(p):
        y = y * x + coefficient
    return y


def _vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    x = array_if_list(x)
    powers = np.arange(len(x) if N is None else N)
    return x[:, None] ** (powers if increasing else powers[::-1])


# --- grids ---


def _broadcast_arrays(*arrays: Any) -> Any:
    shape = np.broadcast_shapes(*map(np.shape, arrays))
    return tuple(shapes.broadcast_to(x, shape) for x in arrays)


def _meshgrid(*lines: Any, indexing: str = "xy", sparse: bool = False) -> Any:
    """Each line of numbers along an axis of its own; "xy" counts columns before rows."""
    n = len(lines)
    axes = [1, 0, *range(2, n)] if indexing == "xy" and n > 1 else range(n)
    grids = tuple(
        shapes.reshape(x, [-1 if i == axis else 1 for i in range(n)])
        for axis, x in zip(axes, lines, strict=True)
    )
    return grids if sparse else _broadcast_arrays(*grids)


def _linspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True) -> Any:
    start, stop = array_if_list(start), array_if_list(stop)
    ndim = max(np.ndim(start), np.ndim(stop))
    share = np.arange(num).reshape(-1, *[1] * ndim) / max(num - endpoint, 1)
    return (1 - share) * start + share * stop


def _block(arrays: Any) -> Any:
    """Nested lists of arrays as one: the innermost beside each other, the next below, …"""
    depth, leaves = 0, [arrays]
    while any(isinstance(x, list) for x in leaves):
        if not all(isinstance(x, list) for x in leaves):
            raise ValueError("block() takes lists that are nested alike, to the same depth")
        depth, leaves = depth + 1, [part for x in leaves for part in x]
    ndim = max(depth, *map(np.ndim, leaves))

    def joined(x: Any, axis: int) -> Any:
        if isinstance(x, list):
            return shapes.concatenate([joined(part, axis + 1) for part in x], axis)
        return shapes.reshape(x, (1,) * (ndim - np.ndim(x)) + np.shape(x))

    return joined(arrays, -depth)


# --- choices ---


def _select(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """Where the first condition holds the first choice, …; the default where none does."""
    y = default
    for condition, choice in reversed(list(zip(condlist, choicelist, strict=True))):
        y = choices.where(condition, choice, y)
    return y


def _interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None) -> Any:
    """On the line between the two points (xp, fp) beside x; beyond them, the nearest's fp."""
    given, xp, fp = array_if_list(x), array_if_list(xp), array_if_list(fp)
    x = choices.clip(given, xp[0], xp[-1])
    i = np.searchsorted(to_numpy(xp), to_numpy(x), side="right") - 1
    xp, fp = shapes.concatenate([xp, xp[-1:] + 1]), shapes.concatenate([fp, fp[-1:]])
    share = (x - xp[i]) / (xp[i + 1] - xp[i])
    y = fp[i] + share * (fp[i + 1] - fp[i])
    y = choices.where(given < xp[0], fp[0] if left is None else left, y)
    return y if right is None else choices.where(given > xp[-2], right, y)


# --- differences and sums ---


def _gradient(f: Any, *steps: Any, axis: Any = None) -> Any:
    """Slopes along each axis: at an edge to its neighbour, else the mean of both sides'.

    A step is a number, or the places of the numbers; where they are uneven the nearer side counts
    for more, as for a parabola through three points.
    """
    f = array_if_list(f)
    axes = shapes.normalize_axes(axis, np.ndim(f), "gradient")
    steps = steps or (1.0,)
    if len(steps) == 1 and np.ndim(steps[0]) == 0:
        steps *= len(axes)
    slopes = tuple(_slope(f, h, i) for i, h in zip(axes, steps, strict=True))
    return slopes[0] if len(slopes) == 1 else slopes


def _slope(f: Any, step: Any, axis: int) -> Any:
    if np.shape(f)[axis] < 2:
        raise ValueError(f"gradient() along axis {axis} takes 2 numbers or more")
    f = shapes.moveaxis(f, axis, 0)
    before: Any = 0.5
    after: Any = 0.5
    if np.ndim(step):
        step = shapes.reshape(everyday.diff(step), (-1, *[1] * (np.ndim(f) - 1)))
        both = step[:-1] + step[1:]
        before, after = step[:-1] / both, step[1:] / both
    beside = everyday.diff(f, axis=0) / step
    inside = before * beside[1:] + after * beside[:-1]
    return shapes.moveaxis(shapes.concatenate([beside[:1], inside, beside[-1:]]), 0, axis)


def _convolve(a: Any, v: Any, mode: str = "full") -> Any:
    """Sums of the products of a with v, reversed and moved along it: a window of a times v."""
    a, v = everyday.atleast_1d(a, v)
    if np.ndim(a) > 1 or np.ndim(v) > 1:
        raise ValueError("convolve() takes arrays of one axis; nn.functional has conv1d, conv2d")
    if len(v) > len(a):
        a, v = v, a
    n = len(v)
    edge = np.zeros(n - 1, to_numpy(a).dtype)
    windows_of_a = windows.sliding_window_view(shapes.concatenate([edge, a, edge]), n)
    full = products.matmul(windows_of_a, pieces.flip(v))
    parts = {
        "full": (0, len(full)),
        "same": ((n - 1) // 2, len(a)),
        "valid": (n - 1, len(a) - n + 1),
    }
    if mode not in parts:
        raise ValueError(f"mode of convolve() is one of {', '.join(parts)}, got {mode!r}")
    start, count = parts[mode]
    return full[start : start + count]


def _nansum(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return reductions.sum(choices.where(isnan(a), 0.0, a), axis=axis, keepdims=keepdims)


def _nanmean(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    plain = to_numpy(a)
    count = np.sum(~np.isnan(plain), axis=axis, keepdims=keepdims, dtype=plain.dtype)
    return _nansum(a, axis, keepdims) / count


def _cov(
    m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: int | None = None
) -> Any:
    """Covariances of the rows of m and y, each a variable (of the columns without `rowvar`)."""
    given = [array_if_list(x) for x in (m, y) if x is not None]
    rows = shapes.concatenate(
        [everyday.atleast_2d(x) if rowvar or np.ndim(x) < 2 else shapes.transpose(x) for x in given]
    )
    rows = rows - reductions.mean(rows, axis=1, keepdims=True)
    ddof = int(not bias) if ddof is None else ddof
    covariances = products.matmul(rows, shapes.transpose(rows)) / (np.shape(rows)[1] - ddof)
    return covariances if len(rows) > 1 else covariances[0, 0]


MEANINGS.update(
    {
        "np.block": _block,
        "np.broadcast_arrays": _broadcast_arrays,
        "np.convolve": _convolve,
        "np.cov": _cov,
        "np.gradient": _gradient,
        "np.interp": _interp,
        "np.linspace": _linspace,
        "np.meshgrid": _meshgrid,
        "np.nanmean": _nanmean,
        "np.nansum": _nansum,
        "np.polyval": _polyval,
        "np.select": _select,
        "np.vander": _vander,
    }
)
