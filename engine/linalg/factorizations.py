"""A matrix as a product of two that are easy to solve with: Cholesky's, and QR."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..arrays import concatenate, getitem, matmul, matrix_transpose, tril
from ..core import composed
from ..define import shape_op
from .elimination import cholesky_rows, each, from_lower, orthogonal_columns
from .matrices import by_numpy, check_matrix, check_square, in_lapack, parts
from .solving import solve


def _cholesky_vjp(g: Any, y: Any, a: Any) -> Any:
    """Murray's: L⁻ᵀ Φ(Lᵀ g) L⁻¹, where Φ takes the lower triangle and half of the diagonal."""
    part = solve(y.mT, solve(y.mT, _half(y.mT @ g)).mT)
    return (part + part.mT) * 0.5


def _cholesky_jvp(tangents: tuple[Any], y: Any, a: Any) -> Any:
    """L Φ(L⁻¹ ta L⁻ᵀ), of the symmetric part of ta."""
    t = (tangents[0] + tangents[0].mT) * 0.5
    return y @ _half(solve(y, solve(y, t).mT))


def _half(x: Any) -> Any:
    """Φ: the lower triangle, with half of the diagonal."""
    n = x.shape[-1]
    return x * (np.tri(n, dtype=x.dtype) - 0.5 * np.eye(n, dtype=x.dtype))


def _cholesky_of_values(a: Any) -> Any:
    check_square("cholesky", a)
    return each(lambda a: cholesky_rows(from_lower(a)), "(n,n)->(n,n)", a)


@shape_op(_cholesky_vjp, name="cholesky", elements=_cholesky_of_values, jvp=_cholesky_jvp)
def _cholesky(a: Any) -> Any:
    """The lower triangle L with L Lᵀ = a, for a symmetric positive definite a."""
    check_square("cholesky", a)
    return in_lapack(np.linalg.cholesky, a)


@composed
def cholesky(a: Any, upper: bool = False) -> Any:
    """The lower triangle L with L Lᵀ = a, for a symmetric positive definite a (…, n, n).

    The lower triangle of a alone is read; its gradient is symmetric, half in each triangle, as in
    PyTorch.  With `upper`, Lᵀ (of the upper triangle of a).

    Raises:
        LinAlgError: a is not square, or not positive definite.

    >>> cholesky(np.array([[4.0, 2.0], [2.0, 5.0]]))
    array([[2., 0.],
           [1., 2.]])
    """
    return matrix_transpose(_cholesky(matrix_transpose(a))) if upper else _cholesky(a)


# --- QR ---


class QRResult(NamedTuple):
    """What `qr` gives."""

    Q: Any
    R: Any


def _qr_vjp(g: Any, y: Any, a: Any) -> Any:
    """(gQ + Q M) R⁻ᵀ, where M is symmetric, of the lower triangle of R gRᵀ - gQᵀ Q."""
    (gq, gr), (q, r) = (parts(x, *a.shape[-2:]) for x in (g, y))
    lower = tril(r @ gr.mT - gq.mT @ q)
    both = lower + tril(lower, -1).mT
    return solve(r, (gq + q @ both).mT).mT


def _qr_jvp(tangents: tuple[Any], y: Any, a: Any) -> Any:
    """With C = ta R⁻¹ and the triangle X = Qᵀ C less what turns Q: tQ = C - Q X, tR = X R."""
    q, r = parts(y, *a.shape[-2:])
    c = solve(r.mT, tangents[0].mT).mT
    along = q.mT @ c
    lower = tril(along, -1)
    triangle = along - lower + lower.mT
    return concatenate([c - q @ triangle, triangle @ r], axis=-2)


def _qr_of_values(a: Any) -> Any:
    return each(lambda a: np.concatenate(orthogonal_columns(a)), "(m,n)->(k,n)", a)


def _qr(a: Any) -> Any:
    return np.concatenate(np.linalg.qr(a), axis=-2)


@shape_op(_qr_vjp, symbol="qr", elements=_qr_of_values, jvp=_qr_jvp)
def packed_qr(a: Any) -> Any:
    """Q and below it R, with a = Q R, of a matrix (…, m, n) with m >= n."""
    return in_lapack(_qr, a)


@composed
def qr(a: Any, mode: str = "reduced") -> Any:
    """Q, whose columns are orthonormal, and R, an upper triangle, with a = Q @ R.

    Q is (…, m, k), R (…, k, n) with k = min(m, n).  A gradient needs linearly independent columns
    (the first k): of others it has no meaning, and may be inf or nan.

    Args:
        a: (…, m, n).
        mode: "reduced"; "r", R alone; or "complete", Q square: if m > n, and a requires a
            gradient, this is an error, for the columns of Q beyond n are not determined.

    Raises:
        ValueError: no matrix, another mode, or mode="complete" where it has no gradient.

    >>> qr(np.array([[3.0], [4.0]])).R
    array([[-5.]])
    """
    check_matrix("qr", a)
    m, n = np.shape(a)[-2:]
    if mode not in ("reduced", "complete", "r"):
        raise ValueError(f"mode of qr() must be 'reduced', 'complete' or 'r', got {mode!r}")
    if mode == "complete" and m > n:
        refusal = (
            f"qr() of shape {(m, n)} with mode='complete': the columns of Q beyond {n} have no "
            "derivative; say mode='reduced'"
        )
        return QRResult(*by_numpy(np.linalg.qr, a, mode, refusal))
    first = a if m >= n else getitem(a, (..., slice(m)))
    q, r = parts(packed_qr(first), m, min(m, n))
    if m < n:
        r = concatenate([r, matmul(q.mT, getitem(a, (..., slice(m, n))))], axis=-1)
    return r if mode == "r" else QRResult(q, r)
