"""Products of arrays: matmul, and those that are composed of it or of products of numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..core import composed
from ..define import shape_op
from ..ops import mul
from .pieces import cut
from .shapes import (
    axis_or_dim,
    concatenate,
    normalize_axes,
    normalize_axis,
    reshape,
    sum_to,
    transpose,
)

# --- matmul ---


def _matmul_vjp_a(g: Any, y: Any, a: Any, b: Any) -> Any:
    """g has shape (…, m, n) less the axes of vector inputs; the result has a's shape."""
    if a.ndim == b.ndim == 2:  # the commonest, first
        return g @ b.T
    if b.ndim == 1:
        return g * b if a.ndim == 1 else g.reshape((*g.shape, 1)) * b
    if a.ndim == 1:
        return sum_to((b @ g.reshape((*g.shape, 1))).reshape((*g.shape[:-1], len(a))), a.shape)
    part = g @ b.mT
    return part if part.shape == a.shape else sum_to(part, a.shape)


def _matmul_vjp_b(g: Any, y: Any, a: Any, b: Any) -> Any:
    if a.ndim == b.ndim == 2:
        return a.T @ g
    if a.ndim == 1:
        return (
            g * a
            if b.ndim == 1
            else a.reshape((-1, 1)) * g.reshape((*g.shape[:-1], 1, g.shape[-1]))
        )
    if b.ndim == 1:
        columns = a.mT @ g.reshape((*g.shape, 1))
        return sum_to(columns.reshape(columns.shape[:-1]), b.shape)
    if a.ndim > 2 and b.ndim == 2:  # one product over the joined batch, not many and a sum
        rows = math.prod(a.shape[:-1])  # -1 cannot say it where a length is 0
        return a.reshape((rows, a.shape[-1])).mT @ g.reshape((rows, g.shape[-1]))
    part = a.mT @ g
    return part if part.shape == b.shape else sum_to(part, b.shape)


def _matmul_of_values(a: Any, b: Any) -> Any:
    if 0 in a.shape or 0 in b.shape:  # NumPy's product of empty object arrays holds None
        return np.matmul(np.zeros(a.shape), np.zeros(b.shape))
    return np.matmul(np.asarray(a), np.asarray(b))


@shape_op(
    _matmul_vjp_a, _matmul_vjp_b, symbol="@", infix=True, elements=_matmul_of_values,
    linear="each",
)  # fmt: skip
def matmul(a: Any, b: Any) -> Any:
    """Matrix product, of vectors, matrices or batches of them (broadcast), as NumPy's @."""
    return np.matmul(a, b)


def _of_axes(name: str, a: Any, axes_a: int, b: Any, axes_b: int) -> Any:
    """`matmul` of arrays with these numbers of axes, which it does not stretch."""
    shapes = np.shape(a), np.shape(b)
    if (len(shapes[0]), len(shapes[1])) != (axes_a, axes_b) or (
        axes_a == 3 and shapes[0][0] != shapes[1][0]
    ):
        raise ValueError(
            f"{name}() of shapes {shapes[0]}, {shapes[1]}: it takes {axes_a} and {axes_b} axes, "
            "and as many of both as batches; a @ b takes and stretches others"
        )
    return matmul(a, b)


@composed
def mm(a: Any, b: Any) -> Any:
    """Product of two matrices, PyTorch's; `matmul` takes batches and vectors too.

    Raises:
        ValueError: a or b has not 2 axes.

    >>> mm(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]))
    array([[11.]])
    """
    return _of_axes("mm", a, 2, b, 2)


@composed
def mv(a: Any, b: Any) -> Any:
    """Product of a matrix and a vector, PyTorch's `matmul` of these.

    Raises:
        ValueError: a has not 2 axes, or b not 1.

    >>> mv(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([10.0, 1.0]))
    array([12., 34.])
    """
    return _of_axes("mv", a, 2, b, 1)


@composed
def bmm(a: Any, b: Any) -> Any:
    """Products of as many matrices, (n, i, j) and (n, j, k), PyTorch's `matmul` of these.

    Raises:
        ValueError: a or b has not 3 axes, or they have not as many matrices.

    >>> bmm(np.ones((5, 2, 3)), np.ones((5, 3, 4))).shape
    (5, 2, 4)
    """
    return _of_axes("bmm", a, 3, b, 3)


@composed
def dot(a: Any, b: Any) -> Any:
    """Sums of products over the last axis of a and the last but one of b; a product if one is 0-d.

    Of vectors and matrices this is `matmul`; beyond, every row of a meets every column of b.

    >>> a, b = np.ones((2, 3)), np.ones((5, 3, 4))
    >>> dot(a, b).shape, matmul(a, b).shape
    ((2, 5, 4), (5, 2, 4))
    """
    ndim = np.ndim(b)
    if ndim == 0 or np.ndim(a) == 0:
        return mul(a, b)
    return matmul(a, b) if ndim < 3 else tensordot(a, b, (-1, -2))


@composed
def outer(a: Any, b: Any) -> Any:
    """Every product of a number of a (flattened) with one of b (flattened).

    >>> outer(np.array([1, 2]), np.array([3, 4, 5]))
    array([[ 3,  4,  5],
           [ 6,  8, 10]])
    """
    return reshape(a, (-1, 1)) * reshape(b, (1, -1))


@composed
def tensordot(a: Any, b: Any, axes: Any = 2, *, dims: Any = None) -> Any:
    """Sum of products over pairs of axes: the last `axes` of a with the first of b, or as named.

    Raises:
        ValueError: a or b has not those axes, or their lengths differ.

    >>> tensordot(np.ones((2, 3, 4)), np.ones((3, 4, 5))).shape
    (2, 5)
    >>> tensordot(np.ones((2, 3)), np.ones((2, 4)), axes=([0], [0])).shape
    (3, 4)
    """
    axes = axis_or_dim("tensordot", axes, dims, 2)
    ndim_a, ndim_b = np.ndim(a), np.ndim(b)
    if isinstance(axes, int | np.integer):
        count = int(axes)
        if not 0 <= count <= min(ndim_a, ndim_b):
            raise ValueError(f"axes of tensordot() must be 0 to {min(ndim_a, ndim_b)}, got {axes}")
        of_a, of_b = tuple(range(ndim_a - count, ndim_a)), tuple(range(count))
    else:
        of_a = normalize_axes(axes[0], ndim_a, "tensordot")
        of_b = normalize_axes(axes[1], ndim_b, "tensordot")
    lengths_a, lengths_b = ([np.shape(x)[i] for i in of] for x, of in ((a, of_a), (b, of_b)))
    if lengths_a != lengths_b:
        raise ValueError(f"tensordot() axes {axes!r} have lengths {lengths_a} and {lengths_b}")
    free_a = [i for i in range(ndim_a) if i not in of_a]
    free_b = [i for i in range(ndim_b) if i not in of_b]
    shape = [np.shape(a)[i] for i in free_a] + [np.shape(b)[i] for i in free_b]
    inner = math.prod(lengths_a)
    rows = math.prod(np.shape(a)[i] for i in free_a)
    columns = math.prod(np.shape(b)[i] for i in free_b)
    left = reshape(transpose(a, (*free_a, *of_a)), (rows, inner))
    right = reshape(transpose(b, (*of_b, *free_b)), (inner, columns))
    return reshape(matmul(left, right), tuple(shape))


@composed
def inner(a: Any, b: Any) -> Any:
    """Sum of products over the last axes, of every row of a with every row of b.

    >>> float(inner(np.array([1.0, 2.0]), np.array([3.0, 4.0])))
    11.0
    >>> inner(np.ones((2, 3)), np.ones((4, 3))).shape
    (2, 4)
    """
    apart = 0 in (np.ndim(a), np.ndim(b))
    return mul(a, b) if apart else tensordot(a, b, axes=(-1, -1))


@composed
def kron(a: Any, b: Any) -> Any:
    """Kronecker product: every number of a, times the whole of b in its place.

    >>> kron(np.array([1, 10]), np.array([1, 2]))
    array([ 1,  2, 10, 20])
    """
    ndim = max(np.ndim(a), np.ndim(b))
    shapes = [(1,) * (ndim - np.ndim(x)) + np.shape(x) for x in (a, b)]
    pairs = list(zip(*shapes, strict=True))
    left = reshape(a, [n for m, _ in pairs for n in (m, 1)])
    right = reshape(b, [n for _, m in pairs for n in (1, m)])
    return reshape(left * right, [m * n for m, n in pairs])


@composed
def cross(a: Any, b: Any, axis: Any = None, *, dim: Any = None) -> Any:
    """Cross product of vectors of 3 numbers, along an axis: the last by default.

    Raises:
        ValueError: the axis has another length; or none is named and there are several of length
            3, of which PyTorch takes the first.

    >>> cross(np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0]))
    array([0., 0., 1.])
    """
    along = axis_or_dim("cross", axis, dim)
    shapes = [np.shape(x) for x in (a, b)]
    if along is None and all(3 in shape[:-1] for shape in shapes):
        raise ValueError(
            "cross() of several axes of length 3 has two meanings: axis=-1 is the last (NumPy's), "
            f"dim={shapes[0].index(3)} the first (PyTorch's): say which"
        )
    along = -1 if along is None else along
    parts = []
    for x, shape in zip((a, b), shapes, strict=True):
        i = normalize_axis(along, len(shape), "cross")
        if shape[i] != 3:
            raise ValueError(f"cross() is of vectors of 3 numbers, axis {i} has {shape[i]}")
        parts.append(cut(x, (1, 2), i))
    (a0, a1, a2), (b0, b1, b2) = parts
    numbers = [a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0]
    return concatenate(numbers, along)
