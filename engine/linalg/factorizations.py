"""A matrix as a product of two that are easy to solve with: Cholesky's, and QR."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..arrays import concatenate, matrix_transpose, tril
from ..core import composed
from ..define import shape_op
from .elimination import cholesky_rows, each, from_lower, orthogonal_columns
from .matrices import check_matrix, check_square, in_lapack, parts
from .solving import solve


def _cholesky_vjp(g: Any, y: Any, a: Any) -> Any:
    """Murray's: L⁻ᵀ Φ(Lᵀ g) L⁻¹, where Φ takes the lower triangle and half of the diagonal."""
    n = a.shape[-1]
    half = np.tri(n, dtype=y.dtype) - 0.5 * np.eye(n, dtype=y.dtype)
    part = solve(y.mT, solve(y.mT, (y.mT @ g) * half).mT)
    return (part + part.mT) * 0.5


def _cholesky_of_values(a: Any) -> Any:
    check_square("cholesky", a)
    return each(lambda a: cholesky_rows(from_lower(a)), "(n,n)->(n,n)", a)


@shape_op(_cholesky_vjp, name="cholesky", elements=_cholesky_of_values)
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


def _qr_of_values(a: Any) -> Any:
    return each(lambda a: np.concatenate(orthogonal_columns(a)), "(m,n)->(k,n)", a)


def _qr(a: Any) -> Any:
    return np.concatenate(np.linalg.qr(a), axis=-2)


@shape_op(_qr_vjp, symbol="qr", elements=_qr_of_values)
def packed_qr(a: Any) -> Any:
    """Q and below it R, with a = Q R, of a matrix (…, m, n) with m >= n."""
    return in_lapack(_qr, a)


@composed
def qr(a: Any, mode: str = "reduced") -> Any:
    """Q, whose columns are orthonormal, and R, an upper triangle, with a = Q @ R.

    Q is (…, m, k), R (…, k, n) with k = min(m, n).  A gradient needs linearly independent columns
    (the first k); of others it is inf or nan.

    Args:
        a: (…, m, n).
        mode: "reduced"; "complete", for m <= n the same; or "r", R alone.

    Raises:
        ValueError: mode is "complete" and m > n: the columns of Q beyond n are not determined.

    >>> qr(np.array([[3.0], [4.0]])).R
    array([[-5.]])
    """
    shape = np.shape(a)
    if len(shape) < 2:
        check_matrix("qr", np.asarray(a))
    m, n = shape[-2:]
    if mode not in ("reduced", "r") and not (mode == "complete" and m <= n):
        raise ValueError(
            f"mode of qr() must be 'reduced' or 'r', got {mode!r}: 'complete' has a derivative for "
            f"m <= n only, not for {shape}"
        )
    q, r = parts(packed_qr(a if m >= n else a[..., :m]), m, min(m, n))
    if m < n:
        r = concatenate([r, q.mT @ a[..., m:]], axis=-1)
    return r if mode == "r" else QRResult(q, r)
