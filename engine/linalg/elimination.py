"""Linear algebra number by number: what the rows of this room do on arrays of Values.

Each function takes one matrix, an array of objects, and does what one learns to do by hand; sums,
products, quotients and roots are all there is, so their own rules differentiate it.  Which number
to divide by is decided by looking at the numbers.  `each` runs such a function on every matrix of a
batch.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..node import to_numpy
from ..ops import sqrt

SINGULAR = "Singular matrix"


def each(function: Callable[..., Any], signature: str, *arrays: Any) -> Any:
    """`function` of one matrix, applied to every matrix of batches that broadcast."""
    plain = map(np.asarray, arrays)
    return np.vectorize(function, otypes=[object], signature=signature)(*plain)


def from_lower(a: Any) -> Any:
    """The symmetric matrix of which a's lower triangle is half; a change goes half to each half."""
    even = (a + a.T) * 0.5
    lower = np.tril(to_numpy(a))
    return even + (lower + np.tril(lower, -1).T - to_numpy(even))


# --- Gauss: triangles by subtracting rows ---


def eliminated(a: Any, b: Any) -> Any:
    """The x with a @ x = b: rows are subtracted from later ones, then the unknowns found in turn.

    Raises:
        LinAlgError: every number left in a column is 0.
    """
    n = len(a)
    rows = np.concatenate([a, b], axis=1)
    for k in range(n):
        largest = k + int(np.argmax(np.abs(to_numpy(rows[k:, k]))))  # keeps the quotients small
        if to_numpy(rows[largest, k]) == 0:
            raise np.linalg.LinAlgError(SINGULAR)
        rows[[k, largest]] = rows[[largest, k]]
        for i in range(k + 1, n):
            rows[i, k:] = rows[i, k:] - rows[i, k] / rows[k, k] * rows[k, k:]
    x = rows[:, n:]
    for i in reversed(range(n)):
        for j in range(i + 1, n):
            x[i] = x[i] - rows[i, j] * x[j]
        x[i] = x[i] / rows[i, i]
    return x


def pivots(a: Any) -> Iterator[Any]:
    """Numbers whose product is det(a): the largest left, then on without its row and column.

    A block of zeros that is left over at the end gives its own determinant.
    """
    while len(a):
        sizes = np.abs(to_numpy(a))
        i, j = np.unravel_index(np.argmax(sizes), sizes.shape)
        pivot = a[i, j]
        if sizes[i, j] == 0:
            yield _determinant_without_division(a)
            return
        yield pivot if (i + j) % 2 == 0 else -pivot
        column, row = np.delete(a[:, j], i), np.delete(a[i], j)
        a = np.delete(np.delete(a, i, 0), j, 1) - np.outer(column / pivot, row)


def _determinant_without_division(a: Any) -> Any:
    """Bird's algorithm: n - 1 products with a matrix whose diagonal is replaced by sums of it.

    It divides by nothing, so its derivatives of every order are right for zeros too.
    """
    n = len(a)
    x = a
    for _ in range(n - 1):
        above = np.triu(x, 1)
        for i in range(n):
            above[i, i] = -functools.reduce(operator.add, x.diagonal()[i + 1 :], 0.0)
        x = above @ a
    return x[0, 0] if n % 2 else -x[0, 0]


def determinant(a: Any) -> Any:
    """The product of the pivots."""
    return functools.reduce(operator.mul, pivots(a), 1.0)


# --- Cholesky–Banachiewicz: a root a row ---


def cholesky_rows(a: Any) -> Any:
    """The lower triangle L with L Lᵀ = a, row by row.

    Raises:
        LinAlgError: the number under a root is not positive.
    """
    n = len(a)
    y = np.zeros((n, n), dtype=object)
    for i in range(n):
        for j in range(i + 1):
            rest = functools.reduce(operator.sub, y[i, :j] * y[j, :j], a[i, j])
            if j < i:
                y[i, j] = rest / y[j, j]
            elif to_numpy(rest) > 0:
                y[i, i] = sqrt(rest)
            else:
                raise np.linalg.LinAlgError("Matrix is not positive definite")
    return y


# --- Gram–Schmidt: columns at right angles ---


def orthogonal_columns(a: Any) -> tuple[Any, Any]:
    """Q and R with a = Q R: from each column its shadows on those before it are subtracted.

    The sign of each column is free; it is LAPACK's.
    """
    n = a.shape[1]
    signs = np.where(np.linalg.qr(to_numpy(a)).R.diagonal() < 0, -1.0, 1.0)
    q, r = a.copy(), np.zeros((n, n), dtype=object)
    for k in range(n):
        for j in range(k):
            r[j, k] = dot(q[:, j], q[:, k])
            q[:, k] = q[:, k] - r[j, k] * q[:, j]
        r[k, k] = signs[k] * sqrt(dot(q[:, k], q[:, k]))
        q[:, k] = q[:, k] / r[k, k]
    return q, r


def dot(a: Any, b: Any) -> Any:
    """Sum of products of two vectors."""
    return functools.reduce(operator.add, a * b, 0.0)
