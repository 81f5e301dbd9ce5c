"""Systems of equations: solve, and what is composed of it or is solved by a row of its own."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ..arrays import matmul, matrix_transpose, sum_to, tril, triu
from ..choices import where
from ..core import composed
from ..define import shape_op
from .elimination import each, eliminated
from .matrices import check_square, check_system, in_lapack


def _columns(x: Any, b: Any) -> Any:
    """x as matrices, where b is one vector."""
    return x.reshape((*x.shape, 1)) if b.ndim == 1 else x


def _solve_vjp_a(g: Any, y: Any, a: Any, b: Any) -> Any:
    part = -(solve(a.mT, _columns(g, b)) @ _columns(y, b).mT)
    return sum_to(part, a.shape)


def _solve_vjp_b(g: Any, y: Any, a: Any, b: Any) -> Any:
    part = solve(a.mT, _columns(g, b))
    return sum_to(part.reshape(g.shape), b.shape)


def _solve_of_values(a: Any, b: Any) -> Any:
    check_square("solve", a)
    check_system("solve", a, b)
    y = each(eliminated, "(n,n),(n,k)->(n,k)", a, _columns(b, b))
    return y[..., 0] if b.ndim == 1 else y


def _solve_jvp(tangents: tuple[Any, Any], y: Any, a: Any, b: Any) -> Any:
    """From a @ y = b follows ta @ y + a @ ty = tb."""
    ta, tb = tangents
    if ta is None:
        return solve(a, tb)
    right = -(ta @ _columns(y, b))
    return solve(a, right if tb is None else right + _columns(tb, b)).reshape(y.shape)


@shape_op(_solve_vjp_a, _solve_vjp_b, elements=_solve_of_values, jvp=_solve_jvp)
def solve(a: Any, b: Any) -> Any:
    """The x with a @ x = b, for a square matrix or a batch of them (…, n, n).

    b is one vector (n,), or matrices (…, n, k), as in NumPy 2; a batch of vectors, which PyTorch
    takes too, is b[..., None].

    Raises:
        LinAlgError: shapes do not fit; or a has no inverse.

    >>> solve(np.array([[2.0, 0.0], [0.0, 4.0]]), np.array([1.0, 1.0]))
    array([0.5 , 0.25])
    """
    check_square("solve", a)
    check_system("solve", a, b)
    return in_lapack(np.linalg.solve, a, b)


def _inv_of_values(a: Any) -> Any:
    check_square("inv", a)
    return solve(a, np.eye(a.shape[-1]))


@shape_op(
    lambda g, y, a: -(y.mT @ g @ y.mT), elements=_inv_of_values,
    jvp=lambda tangents, y, a: -(y @ tangents[0] @ y),
)  # fmt: skip
def inv(a: Any) -> Any:
    """Inverse of a square matrix, or of each in a batch.

    Raises:
        LinAlgError: a is not square, or has no inverse.

    >>> inv(np.array([[2.0, 0.0], [0.0, 4.0]]))
    array([[0.5 , 0.  ],
           [0.  , 0.25]])
    """
    check_square("inv", a)
    return in_lapack(np.linalg.inv, a)


# --- triangles, and products ---


@composed
def solve_triangular(a: Any, b: Any, *, upper: bool = False) -> Any:
    """`solve` of the lower (or upper) triangle of a; what stands in the other half is not read.

    Raises:
        LinAlgError: a is not square, or has a 0 on its diagonal.

    >>> solve_triangular(np.array([[2.0, np.nan], [1.0, 4.0]]), np.array([2.0, 5.0]))
    array([1., 1.])
    """
    check_square("solve_triangular", a)
    return solve(triu(a) if upper else tril(a), b)


@composed
def cholesky_solve(b: Any, factor: Any, upper: bool = False) -> Any:
    """The x with a @ x = b, by `cholesky(a)`, or, for upper, by its transpose; as in PyTorch.

    >>> from engine.linalg import cholesky
    >>> a, b = np.array([[4.0, 2.0], [2.0, 5.0]]), np.array([[8.0], [12.0]])
    >>> cholesky_solve(b, cholesky(a))
    array([[1.],
           [2.]])
    """
    lower = matrix_transpose(factor) if upper else factor
    return solve_triangular(matrix_transpose(lower), solve_triangular(lower, b), upper=True)


@composed
def matrix_power(a: Any, n: int) -> Any:
    """a @ a @ …, n times; of the inverse, where n is negative.

    >>> matrix_power(np.array([[1.0, 1.0], [0.0, 1.0]]), 5)
    array([[1., 5.],
           [0., 1.]])
    """
    check_square("matrix_power", a)
    if operator.index(n) < 0:
        return matrix_power(inv(a), -n)
    if n == 0:
        return where(np.eye(np.shape(a)[-1], dtype=bool), 1.0, tril(triu(a, 1)))
    if n == 1:
        return a
    half = matrix_power(a, n // 2)
    return matmul(matmul(half, half), a) if n % 2 else matmul(half, half)
