"""Determinants, by themselves and as logarithms."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..arrays import getitem, scatter_add, stack, sum as sum_of
from ..choices import where
from ..core import composed
from ..define import shape_op, symmetric
from ..node import to_numpy
from ..ops import abs, log, sign
from .elimination import determinant, each, pivots
from .matrices import check_square, in_lapack
from .solving import inv


def _det_vjp(g: Any, y: Any, a: Any) -> Any:
    """Jacobi's formula: a number of the matrix moves the determinant by its cofactor."""
    return g.reshape((*g.shape, 1, 1)) * cofactors(a)


def _det_of_values(a: Any) -> Any:
    check_square("det", a)
    return each(determinant, "(n,n)->()", a)


def _det_jvp(tangents: tuple[Any], y: Any, a: Any) -> Any:
    return sum_of(cofactors(a) * tangents[0], (-2, -1))


@shape_op(_det_vjp, elements=_det_of_values, jvp=_det_jvp)
def det(a: Any) -> Any:
    """Determinant of a square matrix, or of each in a batch; the gradient is right if it is 0 too.

    >>> float(det(np.array([[1.0, 2.0], [3.0, 4.0]])))
    -2.0
    """
    check_square("det", a)
    return in_lapack(np.linalg.det, a)


# --- cofactors: the derivative of det ---


def _without_each(n: int) -> Any:
    """Row i: 0 … n - 1 without i."""
    return np.array([[k for k in range(n) if k != i] for i in range(n)], int).reshape(n, n - 1)


def _minors(a: Any) -> Any:
    """An index of a: for each place (i, j) the matrix without row i and column j."""
    kept = _without_each(a.shape[-1])
    return (Ellipsis, kept[:, None, :, None], kept[None, :, None, :])


def _signs(a: Any) -> Any:
    """A chessboard of 1 and -1."""
    return 1.0 - 2.0 * (np.indices(a.shape[-2:]).sum(0) % 2)


def _cofactors_vjp(g: Any, y: Any, a: Any) -> Any:
    """Each cofactor is a determinant, of which `_det_vjp` says the gradient."""
    if not a.size:
        return g
    index = _minors(a)
    g = (g * _signs(a)).reshape((*g.shape, 1, 1))
    return scatter_add(g * cofactors(getitem(a, index)), a.shape, index)


def _cofactors_of_values(a: Any) -> Any:
    check_square("cofactors", a)
    return _signs(a) * det(getitem(a, _minors(a))) if a.size else a


def _cofactors(a: Any) -> Any:
    """By the singular values: of a diagonal matrix they are products of the other numbers."""
    u, s, vh = np.linalg.svd(a)
    others = np.where(np.eye(s.shape[-1], dtype=bool), 1, s[..., None, :]).prod(-1)
    turned = np.linalg.det(u) * np.linalg.det(vh)
    return turned[..., None, None] * (u * others[..., None, :] @ vh)


# second derivatives of det do not depend on their order: the Jacobian is symmetric
@shape_op(_cofactors_vjp, elements=_cofactors_of_values, jvp=symmetric(_cofactors_vjp))
def cofactors(a: Any) -> Any:
    """The derivative of det: at (i, j) the signed determinant of a without row i and column j.

    That is det(a) inv(a).T, if a has an inverse.
    """
    check_square("cofactors", a)
    return in_lapack(_cofactors, a)


# --- logarithms ---


class SlogdetResult(NamedTuple):
    """What `slogdet` gives."""

    sign: Any
    logabsdet: Any


def _slogdet_vjp(g: Any, y: Any, a: Any) -> Any:
    """d log|det a| = tr(inv(a) da); the sign is constant."""
    g = g[1]
    return g.reshape((*g.shape, 1, 1)) * inv(a).mT


def _slogdet_of_values(a: Any) -> Any:
    check_square("slogdet", a)

    def packed(a: Any) -> Any:
        factors = [*pivots(a)]
        signs = np.prod([sign(to_numpy(x)) for x in factors])
        return np.array([signs, sum((log(abs(x)) for x in factors), 0.0)], dtype=object)

    return np.moveaxis(each(packed, "(n,n)->(k)", a), -1, 0)


def _slogdet(a: Any) -> Any:
    return np.stack(np.linalg.slogdet(a))


def _slogdet_jvp(tangents: tuple[Any], y: Any, a: Any) -> Any:
    moved = sum_of(inv(a).mT * tangents[0], (-2, -1))
    return stack([np.zeros(moved.shape, moved.dtype), moved])


@shape_op(_slogdet_vjp, symbol="slogdet", elements=_slogdet_of_values, jvp=_slogdet_jvp)
def packed_slogdet(a: Any) -> Any:
    """What `slogdet` gives, as one array (2, …)."""
    check_square("slogdet", a)
    return in_lapack(_slogdet, a)


@composed
def slogdet(a: Any) -> SlogdetResult:
    """Sign and logarithm of |det(a)|, for determinants that leave the range of floats.

    Raises:
        LinAlgError: a is not square; or backward, where the determinant is 0 (the logarithm -inf).

    >>> slogdet(np.eye(200) * 0.5).logabsdet.round(3)
    np.float64(-138.629)
    """
    both = packed_slogdet(a)
    return SlogdetResult(both[0], both[1])


@composed
def logdet(a: Any) -> Any:
    """Logarithm of the determinant, PyTorch's: nan where that is negative, -inf where it is 0.

    Raises:
        LinAlgError: as `slogdet`.

    >>> from engine import grad
    >>> grad(logdet)(np.array([[2.0, 0.0], [0.0, 4.0]]))
    array([[0.5 , 0.  ],
           [0.  , 0.25]])
    """
    found = slogdet(a)
    return where(to_numpy(found.sign) < 0, np.nan, found.logabsdet)
