"""Eigenvalues and singular values number by number: Jacobi's rotations, on arrays of Values.

A rotation in the plane of two axes makes one number 0; sweep after sweep over all pairs, all but
the diagonal vanish.  Order and signs of what is found are free, and have to be LAPACK's: so the
sweeps begin from its answer, where the angles are 0 as numbers.  What they are for is how the
answer changes: each sweep squares what is left over, so three give derivatives right to order 7.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from ..node import to_numpy
from ..ops import sqrt
from .elimination import dot

SWEEPS = 3


def _rotation(app: Any, aqq: Any, apq: Any) -> tuple[Any, Any]:
    """Cosine and sine of the smaller angle that makes ((app, apq), (apq, aqq)) diagonal."""
    apart = aqq - app
    if to_numpy(apart) == 0 == to_numpy(apq):
        return 1.0, 0.0
    root = sqrt(apart * apart + 4.0 * apq * apq)
    tangent = 2.0 * apq / (apart + (root if to_numpy(apart) >= 0 else -root))
    cosine = 1.0 / sqrt(1.0 + tangent * tangent)
    return cosine, tangent * cosine


def _turn(columns: Any, p: int, q: int, cosine: Any, sine: Any) -> None:
    """Rotate two columns of a matrix, in place."""
    a, b = columns[:, p], columns[:, q]
    columns[:, p], columns[:, q] = cosine * a - sine * b, sine * a + cosine * b


def _pairs(n: int) -> Any:
    return [pair for _ in range(SWEEPS) for pair in itertools.combinations(range(n), 2)]


def _undetermined(values: Any, products: Any, *vectors: Any) -> None:
    """Of equal values take the second derivative, and of their vectors the first: it becomes inf.

    Two such vectors may be any in their plane; which they will be depends on their product.
    """
    for p, q in itertools.combinations(range(len(values)), 2):
        if to_numpy(values[p]) == to_numpy(values[q]):
            nothing = products[p, q] - float(to_numpy(products[p, q]))  # 0, with a slope
            values[p] = values[p] + nothing**1.5
            for columns in vectors:
                columns[:, p] = columns[:, p] + sqrt(nothing)


def eigen(a: Any, UPLO: Any) -> Any:
    """Eigenvalues of a symmetric matrix, and below them eigenvectors as columns."""
    start = np.linalg.eigh(to_numpy(a), UPLO).eigenvectors
    v = start.astype(object)
    b = v.T @ a @ v if len(a) else a
    for p, q in _pairs(len(a)):
        turn = _rotation(b[p, p], b[q, q], b[p, q])
        _turn(b, p, q, *turn)
        _turn(b.T, p, q, *turn)
        _turn(v, p, q, *turn)
    w = b.diagonal().copy()
    _undetermined(w, b, v)
    return np.concatenate([w[None], v])


def singular(a: Any, sizes: Any, start: Any) -> tuple[Any, Any, Any]:
    """U, S and Vᵀ of a matrix with at least as many rows as columns, from its numbers S and V.

    The columns of a @ V are turned until at right angles; then their lengths are the singular
    values.

    Raises:
        LinAlgError: a singular value is 0: its column has no direction.
    """
    n = a.shape[1]
    if n and sizes[-1] <= sizes[0] * len(a) * np.finfo(float).eps:
        raise np.linalg.LinAlgError(
            f"svd() of Values needs a matrix of full rank, got singular values {sizes}: of Tensors "
            "it takes any"
        )
    v = start.astype(object)
    u = a @ v if n else a.copy()
    for p, q in _pairs(n):
        turn = _rotation(dot(u[:, p], u[:, p]), dot(u[:, q], u[:, q]), dot(u[:, p], u[:, q]))
        _turn(u, p, q, *turn)
        _turn(v, p, q, *turn)
    s = np.array([sqrt(dot(column, column)) for column in u.T], dtype=object)
    u = u / s
    _undetermined(s, u.T @ u, u, v)
    return u, s[None], v.T
