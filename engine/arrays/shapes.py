"""Ops that move numbers without changing them: broadcasting, reshaping, axes, joining, padding.

Most are composed of four that have rules of their own: `reshape`, `transpose`, `broadcast_to`
and (in `indexing`) `getitem`.  Rules use methods that arrays and Tensors share, so a rule
given arrays runs at NumPy's speed, and a rule given Tensors records a graph.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core import composed
from ..counts import spread_arguments
from ..define import shape_op
from ..floats import HALF, in_single
from ..lists import LISTS, array_of
from ..node import to_numpy


def dims(dim: Any) -> Any:
    """PyTorch's `dim` of a reduction as an axis: there () means all of them, in NumPy none."""
    return None if isinstance(dim, LISTS) and not dim else dim


def once(name: str, what: str, *given: Any) -> Any:
    """The one that is not None, of several ways to say the same; None if nothing was said.

    Raises:
        TypeError: two are given; one would be passed over.
    """
    said = [one for one in given if one is not None]
    if len(said) > 1:
        raise TypeError(f"{name}() got {what} twice: {said[0]!r:.40}, {said[1]!r:.40}")
    return said[0] if said else None


def axis_or_dim(name: str, axis: Any, dim: Any, default: Any = None) -> Any:
    """What a call names by NumPy's `axis`, with this default, or by PyTorch's `dim`."""
    if dim is None:
        return axis
    return once(name, "the axis", None if axis is default else axis, dim)


#: PyTorch's names, by the same meaning, and for reductions.
DIM = {"dim": "axis", "keepdim": "keepdims"}
REDUCED = {
    "dim": lambda dim: ("axis", dim if type(dim) is int else dims(dim)),
    "keepdim": "keepdims",
}


def normalize_axes(axis: Any, ndim: int, name: str) -> tuple[int, ...]:
    """axis (an int, a tuple or None for all) as a tuple of non-negative ints.

    Raises:
        numpy.exceptions.AxisError: an axis the array does not have.
        ValueError: an axis named twice.

    >>> normalize_axes((-1, 0), 3, "sum")
    (2, 0)
    """
    if axis is None:
        return tuple(range(ndim))
    if type(axis) is int and -ndim <= axis < ndim:
        return (axis % ndim,)
    axes = axis if isinstance(axis, LISTS) else (axis,)
    result = []
    for one in axes:
        try:
            one = operator.index(one)
        except TypeError:
            raise TypeError(f"axis of {name}() must be ints, got {axis!r}") from None
        if not -ndim <= one < ndim and not (ndim == 0 and one in (0, -1)):
            raise np.exceptions.AxisError(one, ndim, f"{name}()")
        result.append(one % ndim if ndim else 0)
    if len(set(result)) != len(result):
        raise ValueError(f"axis of {name}() names an axis twice: {axis!r}")
    return tuple(result) if ndim else ()


def normalize_axis(axis: Any, ndim: int, name: str) -> int:
    """One axis that an array of ndim axes has, as a non-negative int.

    Raises:
        numpy.exceptions.AxisError: the array has no such axis (a 0-d array has none).
        TypeError: not an int.

    >>> normalize_axis(-1, 3, "take")
    2
    """
    try:
        one = operator.index(axis)
    except TypeError:
        raise TypeError(f"axis of {name}() must be an int, got {axis!r}") from None
    if not -ndim <= one < ndim:
        raise np.exceptions.AxisError(one, ndim, f"{name}()")
    return one % ndim


# --- broadcasting and its transpose ---


def _sum_to_vjp(g: Any, y: Any, x: Any, shape: Any) -> Any:
    return broadcast_to(g, x.shape)


@shape_op(_sum_to_vjp, linear="jointly")
def sum_to(x: Any, shape: tuple[int, ...]) -> Any:
    """The transpose of broadcasting: sum over the axes along which `shape` was stretched."""
    if x.dtype.type is HALF:
        return in_single(sum_to.forward, x, shape)
    lead = x.ndim - len(shape)
    if shape and x.shape[lead:] == shape:  # of a bias: no axis of length 1 was stretched
        return np.add.reduce(x, axis=tuple(range(lead)))
    axes = tuple(i for i in range(x.ndim) if i < lead or (shape[i - lead] == 1 != x.shape[i]))
    return np.add.reduce(x, axis=axes, keepdims=True).reshape(shape)


@shape_op(
    lambda g, y, x, shape: sum_to(g, x.shape), symbol="broadcast", ulp=0, linear="jointly",
    elements=lambda x, shape: np.broadcast_to(np.asarray(x), shape),
)  # fmt: skip
def broadcast_to(x: Any, shape: Any) -> Any:
    """x repeated along new axes and axes of length 1, to `shape`."""
    return np.broadcast_to(x, shape)


def kept_shape(shape: tuple[int, ...], axes: tuple[int, ...]) -> Any:
    """`shape` with length 1 along `axes`."""
    if len(axes) == 1:  # half the time of what follows
        return (*shape[: axes[0]], 1, *shape[axes[0] + 1 :])
    return [1 if i in axes else n for i, n in enumerate(shape)]


def spread(g: Any, shape: tuple[int, ...], axes: tuple[int, ...], keepdims: bool) -> Any:
    """The transpose of a sum over `axes`: g repeated along them, to `shape`.

    A single number is repeated along all axes, whatever `axes` says.
    """
    if g.ndim and not keepdims and g.ndim != len(shape) and axes != (0,):
        g = g.reshape(kept_shape(shape, axes))
    if g.shape == shape:
        return g
    if not (type(g) is np.ndarray or isinstance(g, np.generic)):
        return broadcast_to(g, shape)
    out = np.empty(shape, g.dtype)  # much faster than np.broadcast_to where arrays are small
    out[...] = g
    return out


def _cast_vjp(g: Any, y: Any, x: Any, dtype: Any) -> Any:
    return cast(g, x.dtype)


@shape_op(_cast_vjp, elements=lambda x, dtype: x, ulp=0, linear="jointly")
def cast(x: Any, dtype: Any) -> Any:
    """x with another floating-point dtype; the gradient returns in x's own.

    Raises:
        TypeError: it is another one, through which no gradient flows.
    """
    if np.dtype(dtype).kind != "f":
        raise TypeError(
            f"dtype of cast() must be a floating-point one, got {np.dtype(dtype)}: gradients "
            "do not flow through others; use x.astype()"
        )
    return x.astype(dtype)


@shape_op(None, ulp=0)
def as_integers(x: Any, dtype: Any = np.int64) -> Any:
    """x as integers (towards 0) or bools; no gradient.

    Raises:
        TypeError: the dtype is of neither.
    """
    dtype = np.dtype(dtype)
    if dtype.kind not in "iub":
        raise TypeError(
            f"nodes hold real numbers or bools, not {dtype}: engine.to_numpy(x).astype(…) "
            "changes the numbers alone"
        )
    return to_numpy(x).astype(dtype)


# --- reshape and the functions composed of it ---


@shape_op(lambda g, y, x, shape: g.reshape(x.shape), ulp=0, linear="jointly")
def reshape(x: Any, shape: Any) -> Any:
    """The same numbers, row by row, in another shape; one length may be -1."""
    return x.reshape(shape)


@composed
def ravel(x: Any) -> Any:
    """All numbers in one axis.

    >>> ravel(np.array([[1, 2], [3, 4]]))
    array([1, 2, 3, 4])
    """
    return reshape(x, -1)


@composed
def flatten(x: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    """Axes start_dim to end_dim joined into one; by default all of them.

    Raises:
        ValueError: end_dim comes before start_dim.

    >>> flatten(np.ones((2, 3, 4)), 1).shape
    (2, 12)
    """
    shape = np.shape(x)
    if not shape:
        return reshape(x, (1,))
    start, end = (normalize_axis(d, len(shape), "flatten") for d in (start_dim, end_dim))
    if end < start:
        raise ValueError(f"start_dim {start_dim} of flatten() comes after end_dim {end_dim}")
    joined = int(np.prod(shape[start : end + 1]))
    return reshape(x, (*shape[:start], joined, *shape[end + 1 :]))


@composed
def expand_dims(x: Any, axis: Any = None, *, dim: Any = None) -> Any:
    """New axes of length 1 at the positions `axis` of the result.

    Raises:
        TypeError: no axis is given.

    >>> expand_dims(np.ones(3), 0).shape, expand_dims(np.ones(3), -1).shape
    ((1, 3), (3, 1))
    """
    axis = axis_or_dim("expand_dims", axis, dim)
    if axis is None:
        raise TypeError("expand_dims() needs an axis")
    shape = np.shape(x)
    count = len(axis) if isinstance(axis, LISTS) else 1
    axes = normalize_axes(axis, len(shape) + count, "expand_dims")
    lengths = iter(shape)
    return reshape(x, [1 if i in axes else next(lengths) for i in range(len(shape) + count)])


# --- transpose and the functions composed of it ---


def _untranspose(g: Any, y: Any, x: Any, axes: Any) -> Any:
    if axes is None:
        return g.transpose()
    inverse = np.argsort(normalize_axes(axes, x.ndim, "transpose"))
    return g.transpose(tuple(int(i) for i in inverse))


@shape_op(_untranspose, symbol="T", aliases={"dims": "axes"}, ulp=0, linear="jointly")
def transpose(x: Any, axes: Any = None) -> Any:
    """Axes in another order; reversed by default."""
    if axes is not None and len(normalize_axes(axes, x.ndim, "transpose")) != x.ndim:
        raise ValueError(f"axes of transpose() must name all {x.ndim} axes, got {axes!r}")
    return x.transpose(axes)


@composed
def permute(x: Any, *dims: Any) -> Any:
    """PyTorch's name for `transpose` with all axes given.

    >>> permute(np.ones((2, 3, 4)), 2, 0, 1).shape
    (4, 2, 3)
    """
    return transpose(x, spread_arguments(dims))


@composed
def swapaxes(x: Any, axis1: int, axis2: int) -> Any:
    """Two axes exchanged.

    >>> swapaxes(np.ones((2, 3, 4)), 0, 2).shape
    (4, 3, 2)
    """
    ndim = np.ndim(x)
    a, b = (normalize_axis(axis, ndim, "swapaxes") for axis in (axis1, axis2))
    axes = list(range(ndim))
    axes[a], axes[b] = b, a
    return transpose(x, tuple(axes))


@composed
def matrix_transpose(x: Any) -> Any:
    """The last two axes exchanged: the transpose of a matrix, or of each in a batch.

    Raises:
        ValueError: x has fewer than 2 axes.

    >>> matrix_transpose(np.ones((5, 2, 3))).shape
    (5, 3, 2)
    """
    if np.ndim(x) < 2:
        raise ValueError(f"a matrix needs at least 2 axes, got shape {np.shape(x)}")
    return swapaxes(x, -1, -2)


@composed
def moveaxis(x: Any, source: Any, destination: Any) -> Any:
    """Axes moved to new positions, the others keep their order.

    Raises:
        ValueError: not as many sources as destinations.

    >>> moveaxis(np.ones((2, 3, 4)), 0, -1).shape
    (3, 4, 2)
    """
    ndim = np.ndim(x)
    sources = normalize_axes(source, ndim, "moveaxis")
    places = normalize_axes(destination, ndim, "moveaxis")
    if len(sources) != len(places):
        raise ValueError(f"moveaxis() moves {source!r} to {destination!r}: lengths differ")
    axes = [i for i in range(ndim) if i not in sources]
    for place, axis in sorted(zip(places, sources, strict=True)):
        axes.insert(place, axis)
    return transpose(x, tuple(axes))


# --- joining and repeating ---


def _piece(g: Any, y: Any, *inputs: Any, axis: int, index: int) -> Any:
    axis = axis % inputs[0].ndim
    start = 0
    for x in inputs[:index]:
        start += x.shape[axis]
    stop = start + inputs[index].shape[axis]
    return g[start:stop] if axis == 0 else g[(slice(None),) * axis + (slice(start, stop),)]


@shape_op(_piece, name="concatenate", symbol="concat", variadic=True, ulp=0, linear="jointly")
def _concatenate(*arrays: Any, axis: int = 0) -> Any:
    """Arrays joined along an existing axis."""
    return np.concatenate(arrays, axis=axis)


#: What can be iterated over, but is no sequence of arrays: a set has no order.
_NO_SEQUENCES = (str, bytes, dict, set, frozenset)


def _sequence(arrays: Any, name: str) -> list[Any]:
    """The arrays to join, as a list; an array counts as the sequence of its rows."""
    if not isinstance(arrays, LISTS) and (
        isinstance(arrays, _NO_SEQUENCES) or not hasattr(arrays, "__iter__")
    ):
        raise TypeError(f"{name}() takes a sequence of arrays, got {arrays!r:.60}")
    listed = list(arrays)
    for i, x in enumerate(listed):
        if isinstance(x, LISTS):
            listed[i] = array_of(x)
    if not listed:
        raise ValueError(f"{name}() needs at least one array")
    return listed


def concatenate(arrays: Sequence[Any], axis: int | None = 0, *, dim: int | None = None) -> Any:
    """Arrays joined along an existing axis; flattened first if `axis` is None.

    Raises:
        ValueError: they are single numbers, which `stack` joins; or there are none.

    >>> concatenate([np.array([1, 2]), np.array([3])])
    array([1, 2, 3])
    """
    listed = _sequence(arrays, "concatenate")
    axis = axis_or_dim("concatenate", axis, dim, 0)
    if axis is None:
        listed, axis = [ravel(x) for x in listed], 0
    ndim = np.ndim(listed[0])
    if ndim == 0:
        raise ValueError("concatenate() cannot join 0-d arrays; use stack()")
    axis = normalize_axis(axis, ndim, "concatenate")
    return _concatenate.apply(tuple(listed), {"axis": axis})


def cat(tensors: Sequence[Any], dim: int = 0, *, axis: int | None = None) -> Any:
    """PyTorch's name for `concatenate`.

    >>> cat([np.ones((2, 1)), np.ones((2, 3))], dim=1).shape
    (2, 4)
    """
    return concatenate(tensors, axis_or_dim("cat", dim, axis, 0))


@composed
def stack(arrays: Sequence[Any], axis: int = 0, *, dim: int | None = None) -> Any:
    """Arrays of one shape joined along a new axis.

    Raises:
        ValueError: shapes differ, or there are no arrays.

    >>> stack([np.array([1, 2]), np.array([3, 4])], axis=1)
    array([[1, 3],
           [2, 4]])
    """
    listed = _sequence(arrays, "stack")
    axis = axis_or_dim("stack", axis, dim, 0)
    shapes = {np.shape(x) for x in listed}
    if len(shapes) > 1:
        raise ValueError(f"stack() needs arrays of one shape, got {sorted(shapes)}")
    return concatenate([expand_dims(x, axis) for x in listed], axis)


@composed
def tile(x: Any, reps: Any) -> Any:
    """x laid side by side `reps` times, along each axis.

    >>> tile(np.array([1, 2]), (2, 2))
    array([[1, 2, 1, 2],
           [1, 2, 1, 2]])
    """
    reps = tuple(reps) if isinstance(reps, tuple | list) else (operator.index(reps),)
    shape = np.shape(x)
    ndim = max(len(shape), len(reps))
    shape = (1,) * (ndim - len(shape)) + shape
    reps = (1,) * (ndim - len(reps)) + reps
    pairs = [n for pair in zip(reps, shape, strict=True) for n in pair]
    ones = [n for length in shape for n in (1, length)]
    total = [r * n for r, n in zip(reps, shape, strict=True)]
    return reshape(broadcast_to(reshape(x, ones), tuple(pairs)), total)
