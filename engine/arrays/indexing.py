"""Indexing in every form NumPy has, its transpose (scatter-add), and what is composed of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..by_name import has_numbers
from ..callers import line_of_caller
from ..choices import where
from ..core import Op, composed
from ..define import shape_op
from ..node import Node, to_numpy
from .scattering import add_in_zeros, add_rows, check_fits, put_in_zeros
from .shapes import (
    axis_or_dim,
    moveaxis,
    normalize_axis,
    ravel,
)

_NUMBERS = (int, float, np.generic)  # plain ones: through others a gradient may flow
_ARRAYS = (np.ndarray, list, Node)
_OBJECT = np.dtype(object)


def plain_index(index: Any) -> Any:
    """An index free of nodes and lists, its arrays copied: changes must not reach backward.

    A name stays one.

    Raises:
        IndexError: an index array holds neither integers nor bools.
        TypeError: a mask is a name.
    """
    if isinstance(index, tuple):
        return tuple([plain_index(part) for part in index])
    if isinstance(index, _ARRAYS):
        if not has_numbers(index):
            return _named_index(index)
        array = np.array(index)
        if array.size == 0 and isinstance(index, list):
            array = array.astype(np.intp)
        if array.dtype.kind not in "iub":
            raise IndexError(f"an index array must hold integers or bools, got dtype {array.dtype}")
        return array
    return index


def _named_index(index: Any) -> Any:
    """The name of an index array, checked."""
    if index.dtype.kind == "b":
        raise TypeError(
            f"x[mask] of a mask that depends on arguments{line_of_caller()}: how many numbers it "
            "picks depends on numbers, and the program is written for arrays of one shape; "
            "engine.where(mask, x, 0.0) keeps the shape"
        )
    if index.dtype.kind not in "iu":
        raise IndexError(f"an index array must hold integers or bools, got dtype {index.dtype}")
    return index.detach() if index.requires_grad else index


def _apply_at(op: Op, x: Any, params: dict[str, Any]) -> Any:
    """An op on x with an index among the parameters, whose names may be the only ones."""
    index = params["index"]
    for part in index if type(index) is tuple else (index,):
        if isinstance(part, Node):
            return part.record(op, (x,), params)
    return op.apply((x,), params)


def _picks_once(index: Any) -> bool:
    """Whether an index is sure to pick no element twice: it holds no array of integers."""
    if type(index) is int or type(index) is slice:  # the usual ones, without a generator
        return True
    parts = index if isinstance(index, tuple) else (index,)
    return all(
        part is None
        or part is Ellipsis
        or isinstance(part, int | slice | np.integer | np.bool_)
        or (isinstance(part, np.ndarray) and part.dtype == bool)
        for part in parts
    )


def _getitem_vjp(g: Any, y: Any, x: Any, index: Any) -> Any:
    if _picks_once(index):
        if type(g) is np.ndarray:
            return _scatter.forward(g, x.shape, index)
        return _scatter.apply((g,), {"shape": x.shape, "index": index})
    if type(g) is np.ndarray and type(index) is np.ndarray:  # they are known to fit
        return add_rows(g, x.shape, index)
    return _scatter_add.apply((g,), {"shape": x.shape, "index": index})


@shape_op(_getitem_vjp, name="getitem", symbol="[ ]", ulp=0, linear="jointly")
def _getitem(x: Any, index: Any) -> Any:
    """x[index], by NumPy's rules."""
    return x[index]


def getitem(x: Any, index: Any) -> Any:
    """x[index], by NumPy's rules: views, index arrays, masks, and several of them.

    >>> getitem([1.0, 2.0, 3.0], [0, 0, 2])
    array([1., 1., 3.])
    """
    if type(index) is int or type(index) is slice:  # the usual ones
        return _getitem.apply((x,), {"index": index})
    return _apply_at(_getitem, x, {"index": plain_index(index)})


def _scatter_vjp(g: Any, y: Any, x: Any, shape: Any, index: Any) -> Any:
    return _apply_at(_getitem, g, {"index": index})


@shape_op(_scatter_vjp, name="scatter", ulp=0, linear="jointly")
def _scatter(x: Any, shape: Any, index: Any) -> Any:
    """Zeros of `shape` with x at `index`, which names no element twice."""
    return put_in_zeros(x, shape, index)


@shape_op(_scatter_vjp, name="scatter_add", symbol="scatter", ulp=64, linear="jointly")
def _scatter_add(x: Any, shape: Any, index: Any) -> Any:
    """Zeros of `shape` with x added at `index`; an element named twice gets both."""
    return add_in_zeros(x, tuple(shape), index)


def scatter_add(x: Any, shape: Any, index: Any) -> Any:
    """Zeros of `shape` with x added at `index`; an element named twice gets both.

    >>> scatter_add([1.0, 2.0, 3.0], (4,), [0, 0, 3])
    array([3., 0., 0., 3.])
    """
    params = {"shape": tuple(shape), "index": plain_index(index)}
    if not _picks_once(params["index"]):
        return _apply_at(_scatter_add, x, params)
    check_fits(x, np.broadcast_to(0.0, params["shape"])[params["index"]].shape, shape)
    return _scatter.apply((x,), params)


def _integers(indices: Any, name: str) -> Any:
    """An index, or an array of them; no mask: NumPy takes True for 1 here."""
    if type(indices) is int:
        return indices
    array = np.asarray(indices) if has_numbers(indices) else indices
    if array.dtype.kind == "b":
        raise IndexError(f"indices of {name}() must be integers, got bools; x[mask] takes a mask")
    if not has_numbers(indices):
        return indices
    if array.ndim == 0 and array.dtype.kind in "iu":
        return int(array)
    return array if array.size else array.astype(np.intp)


@composed
def take(x: Any, indices: Any, axis: int | None = None, *, dim: int | None = None) -> Any:
    """Elements at `indices` along an axis; of the flattened array by default.

    Where an index comes twice, so does the gradient.

    >>> from engine import grad
    >>> grad(lambda x: take(x, [0, 0, 2]).sum())(np.ones(3))
    array([2., 0., 1.])
    """
    axis = axis_or_dim("take", axis, dim)
    indices = _integers(indices, "take")
    ndim = np.ndim(x)
    if axis is None or (ndim == 0 and axis in (0, -1)):
        return getitem(ravel(x), indices)
    axis = normalize_axis(axis, ndim, "take")
    return getitem(x, (slice(None),) * axis + (indices,))


@composed
def take_along_axis(x: Any, indices: Any, axis: int | None = -1, *, dim: int | None = None) -> Any:
    """For each position, the element that `indices` names along the axis.

    Raises:
        ValueError: indices have not as many axes as x.

    >>> take_along_axis(np.array([[5, 7], [8, 6]]), np.array([[1], [0]]), axis=1)
    array([[7],
           [8]])
    """
    axis = axis_or_dim("take_along_axis", axis, dim, -1)
    indices = _integers(indices, "take_along_axis")
    indices = np.asarray(indices) if has_numbers(indices) else indices
    if axis is None:
        return getitem(ravel(x), indices)
    ndim = np.ndim(x)
    axis = normalize_axis(axis, ndim, "take_along_axis")
    if indices.ndim != ndim:
        raise ValueError(
            f"indices of take_along_axis() must have {ndim} axes like the array, "
            f"got shape {indices.shape}"
        )
    return getitem(x, _grid(indices, np.shape(x), axis))


def _grid(indices: Any, shape: Any, axis: int) -> tuple[Any, ...]:
    """The place of each element that `indices` names along the axis, as an index."""
    n_axes = len(shape)
    grid = [
        indices if i == axis else np.arange(n).reshape([-1 if j == i else 1 for j in range(n_axes)])
        for i, n in enumerate(shape)
    ]
    return tuple(grid)


def _argsort(x: Any, axis: int | None = -1, descending: bool = False) -> Any:
    x = to_numpy(x)
    if axis is None:
        x, axis = x.ravel(), 0
    axis = normalize_axis(axis, x.ndim, "argsort")
    if not descending:
        return np.argsort(x, axis=axis, kind="stable")
    backwards = np.argsort(np.flip(x, axis), axis=axis, kind="stable")  # so that ties keep order
    return np.flip(x.shape[axis] - 1 - backwards, axis)


@shape_op(None, aliases={"dim": "axis"}, elements=_argsort, ulp=0)
def argsort(x: Any, axis: int | None = -1, descending: bool = False) -> Any:
    """Which elements to take to have them ascend (or descend); equal ones keep their order."""
    return _argsort(x, axis, descending)


def sort(x: Any, axis: int | None = -1) -> Any:
    """Numbers in ascending order along an axis; of the flattened array if axis is None."""
    if axis is None:
        x, axis = ravel(x), 0
    axis = normalize_axis(axis, np.ndim(x), "sort")
    return take_along_axis(x, _argsort(x, axis), axis)


@composed
def gather(x: Any, dim: int, index: Any) -> Any:
    """PyTorch's `take_along_axis`: index may be shorter than x along the other axes.

    Raises:
        ValueError: index has other axes than x, or is longer along another than `dim`.

    >>> gather(np.array([[0.1, 0.9], [0.8, 0.2]]), 1, np.array([[1], [0]]))
    array([[0.9],
           [0.8]])
    """
    dim = normalize_axis(dim, np.ndim(x), "gather")
    index = _integers(index, "gather")
    index = np.asarray(index) if has_numbers(index) else index
    shape = np.shape(x)
    if index.ndim != len(shape) or any(n > shape[i] for i, n in enumerate(index.shape) if i != dim):
        raise ValueError(f"index of gather() of shape {index.shape} does not fit x of {shape}")
    part = tuple(slice(None) if i == dim else slice(n) for i, n in enumerate(index.shape))
    return take_along_axis(getitem(x, part), index, dim)


@composed
def masked_fill(x: Any, mask: Any, value: Any) -> Any:
    """x, and `value` where the mask holds; as in PyTorch, x keeps its dtype.

    >>> masked_fill(np.array([True, True]), [False, True], 0)
    array([ True, False])
    """
    kind = getattr(x, "dtype", _OBJECT).kind
    if kind != "O" and isinstance(value, np.generic if kind == "f" else _NUMBERS):
        value = x.dtype.type(value)  # a Python number leaves a float's dtype as it is
    return where(mask, value, x)


@composed
def diagonal(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Elements i, i + offset of two axes, as the last axis.

    Raises:
        ValueError: x has fewer than 2 axes.

    >>> diagonal(np.array([[1, 2], [3, 4]])), diagonal(np.array([[1, 2], [3, 4]]), 1)
    (array([1, 4]), array([2]))
    """
    ndim = np.ndim(x)
    if ndim < 2:
        raise ValueError(f"diagonal() needs at least 2 axes, got shape {np.shape(x)}")
    x = moveaxis(x, (axis1, axis2), (-2, -1))
    rows, columns = np.shape(x)[-2:]
    count = max(0, min(rows + min(offset, 0), columns - max(offset, 0)))
    i = np.arange(count)
    return getitem(x, (Ellipsis, i - min(offset, 0), i + max(offset, 0)))


@composed
def tril(x: Any, k: int = 0, *, diagonal: int = 0) -> Any:
    """Zero above the k-th diagonal of the last two axes.

    >>> tril(np.ones((2, 2)))
    array([[1., 0.],
           [1., 1.]])
    """
    return where(np.tri(*_matrix(x, "tril"), k=kth(k, diagonal), dtype=bool), x, False)


@composed
def triu(x: Any, k: int = 0, *, diagonal: int = 0) -> Any:
    """Zero below the k-th diagonal of the last two axes.

    >>> triu(np.ones((2, 2)), 1)
    array([[0., 1.],
           [0., 0.]])
    """
    return where(~np.tri(*_matrix(x, "triu"), k=kth(k, diagonal) - 1, dtype=bool), x, False)


def kth(k: int, diagonal: int) -> int:
    """The diagonal that NumPy's k or PyTorch's diagonal names."""
    if k and diagonal:
        raise TypeError(f"the diagonal is named twice: k={k!r}, diagonal={diagonal!r}")
    return k or diagonal


def _matrix(x: Any, name: str) -> tuple[int, int]:
    shape = np.shape(x)
    if len(shape) < 2:
        raise ValueError(f"{name}() needs at least 2 axes, got shape {shape}")
    return shape[-2], shape[-1]
