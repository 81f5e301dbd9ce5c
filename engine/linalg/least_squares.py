"""Systems with more equations than unknowns, or fewer: the pseudoinverse and least squares."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..arrays import matmul, sum
from ..by_name import example_of
from ..core import composed
from ..define import shape_op
from ..floats import floating
from ..node import to_numpy
from ..ops import square
from .elimination import each, eliminated, orthogonal_columns
from .matrices import check_matrix, check_system, in_lapack
from .spectra import svdvals


def _pinv_vjp(g: Any, y: Any, a: Any, rcond: Any) -> Any:
    """Golub and Pereyra's, for a of the same rank all around."""
    left = (a @ (y @ g.mT) - g.mT) @ (y @ y.mT)
    right = (y.mT @ y) @ ((g.mT @ y) @ a - g.mT)
    return -(y.mT @ g @ y.mT) - left - right


def _pinv_jvp(tangents: tuple[Any], y: Any, a: Any, rcond: Any) -> Any:
    t = tangents[0]
    left = (y @ y.mT) @ (t.mT - (t.mT @ a) @ y)
    right = (t.mT - y @ (a @ t.mT)) @ (y.mT @ y)
    return left + right - y @ t @ y


def _pinv_of_values(a: Any, rcond: Any) -> Any:
    check_matrix("pinv", a)
    if a.shape[-2] < a.shape[-1]:
        return _pinv_of_values(a.mT, rcond).mT

    def one(a: Any) -> Any:
        q, r = orthogonal_columns(a)
        return eliminated(r, q.T)

    return each(one, "(m,n)->(n,m)", a)


@shape_op(_pinv_vjp, elements=_pinv_of_values, aliases={"rtol": "rcond"}, jvp=_pinv_jvp)
def pinv(a: Any, rcond: Any = None) -> Any:
    """The pseudoinverse: of all x for which |a @ x - b| is least, pinv(a) @ b is the shortest.

    Singular values below rcond times the largest count as 0; by default max(m, n) times the
    distance of 1.0 to the next number, as in PyTorch.  The gradient is that among matrices of the
    same rank; Values need full rank.

    >>> pinv(np.array([[1.0], [1.0]]))
    array([[0.5, 0.5]])
    """
    check_matrix("pinv", a)
    return in_lapack(lambda a: np.linalg.pinv(a, rcond=_cut(a, rcond)), a)


def _cut(a: Any, rcond: Any) -> Any:
    return max(a.shape[-2:]) * np.finfo(floating(a).dtype).eps if rcond is None else rcond


class LstsqResult(NamedTuple):
    """What `lstsq` gives."""

    solution: Any
    residuals: Any
    rank: Any
    singular_values: Any


@composed
def lstsq(a: Any, b: Any, rcond: Any = None) -> LstsqResult:
    """The shortest x for which |a @ x - b|² is least: `pinv(a) @ b`.

    With it come what is left of |a @ x - b|² in each column (empty, as in NumPy, where a has not
    more rows than columns or not the rank of its columns), the rank and the singular values of a.

    Args:
        a: (…, m, n).
        b: one vector (m,), or (…, m, k).
        rcond: as `pinv` has it.

    >>> lstsq(np.array([[1.0], [1.0]]), np.array([1.0, 3.0])).solution
    array([2.])
    """
    numbers, right = example_of(a), example_of(b)
    check_matrix("lstsq", numbers)
    check_system("lstsq", numbers, right)
    m, n = numbers.shape[-2:]
    x, s = matmul(pinv(a, rcond), b), svdvals(a)
    rank = sum(s > _cut(numbers, rcond) * s[..., :1], -1)
    left = sum(square(matmul(a, x) - b), -min(2, right.ndim), right.ndim == 1)
    if m <= n or (example_of(rank) < n).any():
        left = left[..., :0]
    return LstsqResult(x, left, rank, s)


def matrix_rank(a: Any, tol: Any = None, *, rtol: Any = None) -> Any:
    """How many singular values are above tol, or rtol (as in `pinv`) times the largest.

    >>> int(matrix_rank([[1.0, 2.0], [2.0, 4.0]]))
    1
    """
    return np.linalg.matrix_rank(to_numpy(a), tol, rtol=rtol)
