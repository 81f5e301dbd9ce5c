"""What every row of this room asks of its arrays: their shape, and digits that LAPACK has."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..floats import HALF
from ..node import NODES, Node


def check_square(name: str, a: Any) -> None:
    """Refuse what is no square matrix, nor a batch of them."""
    shape = np.shape(a)
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise np.linalg.LinAlgError(
            f"a of {name}() must be a square matrix, or a batch of them, (…, n, n), got shape "
            f"{shape}"
        )


def check_matrix(name: str, a: Any) -> None:
    """Refuse what is no matrix, nor a batch of them."""
    if np.ndim(a) < 2:
        raise np.linalg.LinAlgError(
            f"a of {name}() must be a matrix, or a batch of them, (…, m, n), got shape "
            f"{np.shape(a)}"
        )


def check_system(name: str, a: Any, b: Any) -> None:
    """Refuse right-hand sides that do not fit the rows of a: (…, m, k), or one vector (m,)."""
    m, shape = np.shape(a)[-2], np.shape(b)
    if not shape or shape[-2:][0] != m:
        hint = ""
        if len(shape) > 1 and shape[-1] == m:
            hint = "; a batch of vectors is (…, m, 1): b[..., None]"
        raise np.linalg.LinAlgError(
            f"b of {name}() must be a vector ({m},) or matrices (…, {m}, k), for a of shape "
            f"{np.shape(a)}, got shape {shape}{hint}"
        )


def in_lapack(function: Any, *arrays: Any) -> Any:
    """`function` of arrays: those of float16 as float32, for LAPACK has no smaller."""
    if not any(x.dtype.type is HALF for x in arrays):
        return function(*arrays)
    dtype = np.result_type(*arrays)
    wide = [x.astype(np.float32) if x.dtype.type is HALF else x for x in arrays]
    return function(*wide).astype(dtype)


def parts(packed: Any, *lengths: int) -> list[Any]:
    """The pieces of these lengths along the rows of matrices, which a row returns as one array."""
    found, start = [], 0
    for length in lengths:
        found.append(packed[..., start : start + length, :])
        start += length
    return found


def by_numpy(function: Any, a: Any, how: Any, refusal: str) -> Any:
    """NumPy's own answer of the numbers, where no gradient is lost by it; else the refusal."""
    if not isinstance(a, NODES):
        return function(a, how)
    node: Any = a  # both tiers have the method
    found = node.by_numpy(function, (a, how), {}, refusal)
    return [type(node)(x) for x in found] if isinstance(a, Node) else found
