"""Eigenvalues and singular values, and what is composed of them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..arrays import (
    all as all_of,
    amax,
    amin,
    axis_or_dim,
    concatenate,
    expand_dims,
    moveaxis,
    norm as norm_of,
    sum,
)
from ..choices import where
from ..core import composed
from ..define import shape_op
from ..node import to_numpy
from .elimination import each, from_lower
from .matrices import by_numpy, check_matrix, check_square, in_lapack, parts
from .rotations import eigen, singular


def _over_gaps(skew: Any, squares: Any, unused: Any) -> Any:
    """skew[i, j] / (squares[j] - squares[i]), how fast two vectors turn in their plane.

    Where the two are equal that is inf or nan; 0, if no vector is used.
    """
    n = squares.shape[-1]
    row, column = (squares.reshape((*squares.shape[:-1], *s)) for s in ((1, n), (n, 1)))
    gaps = row - column
    skip = (gaps == 0) & (np.eye(n, dtype=bool) | unused)
    return where(skip, 0.0, skew / where(skip, 1.0, gaps))


def _zero(g: Any) -> Any:
    """Whether a gradient of a matrix is all 0: nobody asked for its vectors."""
    return all_of(g == 0, (-2, -1), True)


# --- eigenvalues of symmetric matrices ---


class EighResult(NamedTuple):
    """What `eigh` gives."""

    eigenvalues: Any
    eigenvectors: Any


def _check_eigh(a: Any) -> None:
    check_square("eigh", a)
    if not np.isfinite(to_numpy(a)).all():  # of nan LAPACK makes numbers
        raise np.linalg.LinAlgError("a of eigh() must be finite, got nan or inf")


def _eigh_vjp(g: Any, y: Any, a: Any, UPLO: str) -> Any:
    n = a.shape[-1]
    (gw, gv), (w, v) = (parts(x, 1, n) for x in (g, y))
    turning = v.mT @ gv
    middle = _over_gaps((turning - turning.mT) * 0.5, w[..., 0, :], _zero(gv))
    return v @ (middle + np.eye(n, dtype=y.dtype) * gw) @ v.mT


def _eigh_jvp(tangents: tuple[Any], y: Any, a: Any, UPLO: str) -> Any:
    n = a.shape[-1]
    (w, v), t = parts(y, 1, n), (tangents[0] + tangents[0].mT) * 0.5
    middle = v.mT @ t @ v
    with np.errstate(all="ignore"):  # of vectors without a derivative only the values may be asked
        of_v = v @ _over_gaps(middle, w[..., 0, :], False)
    return concatenate([_diagonal(middle), of_v], axis=-2)


def _diagonal(x: Any) -> Any:
    """The diagonal of a square matrix, as a row."""
    return sum(x * np.eye(x.shape[-1], dtype=x.dtype), -2, True)


def _eigh_of_values(a: Any, UPLO: str) -> Any:
    _check_eigh(a)
    a = a if UPLO.upper() == "L" else a.mT
    return each(lambda a: eigen(from_lower(a), UPLO), "(n,n)->(k,n)", a)


@shape_op(_eigh_vjp, symbol="eigh", elements=_eigh_of_values, jvp=_eigh_jvp)
def packed_eigh(a: Any, UPLO: str = "L") -> Any:
    """The eigenvalues of a symmetric matrix, and below them the eigenvectors as columns."""
    _check_eigh(a)

    def packed(a: Any) -> Any:
        w, v = np.linalg.eigh(a, UPLO)  # type: ignore[call-overload]  # NumPy refuses others
        return np.concatenate([w[..., None, :], v], axis=-2)

    return in_lapack(packed, a)


@composed
def eigh(a: Any, UPLO: str = "L") -> EighResult:
    """Eigenvalues, ascending (…, n), and eigenvectors, as columns (…, n, n), of symmetric matrices.

    One triangle of a is read, the lower (or by UPLO="U" the upper); its gradient is symmetric.  The
    sign of a vector is free: gradients are of use for what does not depend on it, as of v * v.
    Where eigenvalues are equal their vectors have no derivative (inf or nan), the values have one.

    Raises:
        LinAlgError: a is not square, or not finite.

    >>> w, v = eigh(np.array([[2.0, 1.0], [1.0, 2.0]]))
    >>> w
    array([1., 3.])
    """
    w, v = parts(packed_eigh(a, UPLO=UPLO), 1, np.shape(a)[-1])
    return EighResult(w[..., 0, :], v)


@composed
def eigvalsh(a: Any, UPLO: str = "L") -> Any:
    """The eigenvalues that `eigh` gives.

    >>> from engine import grad
    >>> a = np.array([[2.0, 1.0], [1.0, 2.0]])
    >>> eigvalsh(a)
    array([1., 3.])
    >>> grad(lambda a: eigvalsh(a)[1])(a).round(3)
    array([[0.5, 0.5],
           [0.5, 0.5]])
    """
    return eigh(a, UPLO).eigenvalues


# --- singular values ---


class SVDResult(NamedTuple):
    """What `svd` gives."""

    U: Any
    S: Any
    Vh: Any


def _svd_vjp(g: Any, y: Any, a: Any) -> Any:
    """Vectors turn in the planes of two of them, and, of a tall matrix, out of all these."""
    m, n = a.shape[-2:]
    if m < n:  # y is packed as that of the transpose
        return _svd_vjp(g, y, a.mT).mT
    (gu, gs, gvh), (u, s, vh) = (parts(x, m, 1, n) for x in (g, y))
    unused = _zero(gu) & _zero(gvh)
    turning_u, turning_v = u.mT @ gu, vh @ gvh.mT
    skew = (turning_u - turning_u.mT) * s + s.mT * (turning_v - turning_v.mT)
    middle = _over_gaps(skew, (s * s)[..., 0, :], unused) + np.eye(n, dtype=y.dtype) * gs
    part = u @ middle @ vh
    if m > n:
        skip = (s == 0) & unused
        part = part + where(skip, 0.0, (gu - u @ turning_u) / where(skip, 1.0, s)) @ vh
    return part


def _svd_jvp(tangents: tuple[Any], y: Any, a: Any) -> Any:
    """How U, S and V move: within the planes of two vectors, and, of a tall matrix, out of them."""
    m, n = a.shape[-2:]
    if m < n:
        return _svd_jvp((tangents[0].mT,), y, a.mT)
    (u, s, vh), t = parts(y, m, 1, n), tangents[0]
    across = t @ vh.mT
    middle = u.mT @ across
    squares = (s * s)[..., 0, :]
    with np.errstate(all="ignore"):  # as of eigh
        of_u = u @ _over_gaps(middle * s + s.mT * middle.mT, squares, False)
        if m > n:
            of_u = of_u + (across - u @ middle) / s
        of_v = _over_gaps(s.mT * middle + middle.mT * s, squares, False).mT @ vh
    return concatenate([of_u, _diagonal(middle), of_v], axis=-2)


def _svd_of_values(a: Any) -> Any:
    check_matrix("svd", a)

    def packed(a: Any) -> Any:
        u, s, vh = np.linalg.svd(to_numpy(a), full_matrices=False)
        tall = len(u) >= vh.shape[1]
        return np.concatenate(singular(a, s, vh.T) if tall else singular(a.T, s, u))

    return each(packed, "(m,n)->(k,l)", a)


def _svd(a: Any) -> Any:
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    if a.shape[-2] < a.shape[-1]:
        u, vh = vh.mT, u.mT
    return np.concatenate([u, s[..., None, :], vh], axis=-2)


@shape_op(_svd_vjp, symbol="svd", elements=_svd_of_values, jvp=_svd_jvp)
def packed_svd(a: Any) -> Any:
    """U, below it S, below it Vᵀ, of a matrix (…, m, n) with m >= n; of the transpose, if m < n."""
    check_matrix("svd", a)
    return in_lapack(_svd, a)


@composed
def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """U, S (the singular values, descending) and Vh with a = U @ diag(S) @ Vh.

    U is (…, m, k), S (…, k), Vh (…, k, n), k = min(m, n).  A column of U and its row of Vh may both
    change sign: gradients are of use for what does not depend on that.  Where singular values are
    equal their vectors have no derivative (inf or nan), the values have one.

    Args:
        a: (…, m, n).
        full_matrices: whether U and Vh are to be square; then, if a is not, and requires a
            gradient, this is an error: the vectors beyond k are not determined.
        compute_uv: whether U and Vh are wanted; else S alone is returned.

    >>> svd(np.array([[3.0, 0.0], [0.0, 4.0]])).S
    array([4., 3.])
    """
    if not compute_uv:
        return svdvals(a)
    check_matrix("svd", a)
    m, n = np.shape(a)[-2:]
    if full_matrices and m != n:
        refusal = (
            f"svd() of shape {(m, n)} with full_matrices=True: the vectors beyond {min(m, n)} have "
            "no derivative; say full_matrices=False"
        )
        return SVDResult(*by_numpy(np.linalg.svd, a, True, refusal))
    k = min(m, n)
    u, s, vh = parts(packed_svd(a), max(m, n), 1, k)
    s = s[..., 0, :]
    return SVDResult(u, s, vh) if m >= n else SVDResult(vh.mT, s, u.mT)


@composed
def svdvals(a: Any) -> Any:
    """The singular values that `svd` gives.

    >>> svdvals(np.array([[3.0, 0.0], [0.0, 4.0]]))
    array([4., 3.])
    """
    return svd(a, full_matrices=False).S


def norm(
    x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False, *, dim: Any = None,
    keepdim: bool = False,
) -> Any:  # fmt: skip
    """NumPy's and PyTorch's `linalg.norm`: of a vector, or of a matrix, which are two axes.

    As `engine.norm(x, ord=…)`, and of a matrix three more, of its singular values: ord 2 the
    largest, -2 the smallest, "nuc" their sum.

    >>> float(norm(np.array([[3.0, 0.0], [0.0, 4.0]]), "nuc"))
    7.0
    """
    axis, keepdims = axis_or_dim("norm", axis, dim), keepdims or keepdim
    axes = tuple(range(np.ndim(x))) if axis is None else axis
    if ord not in (2, -2, "nuc") or np.size(axes) != 2:
        return norm_of(x, ord=ord, axis=axis, keepdims=keepdims)
    values = svdvals(moveaxis(x, axes, (-2, -1)))
    found = sum(values, -1) if ord == "nuc" else (amax if ord > 0 else amin)(values, -1)
    return expand_dims(found, axes) if keepdims else found
