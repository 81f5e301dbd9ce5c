"""Directions: vectors of length 1, and the cosine of the angle between two."""

from __future__ import annotations

from typing import Any

import engine
from engine import clip, norm

from ..checks import floating, number
from ..half import in_float32
from ..module import Module


@in_float32
def normalize(x: Any, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Any:
    """x / max(‖x‖ₚ, eps) along an axis.

    Args:
        x: any shape.
        p: of the p-norm.
        dim: the axis along which a norm is taken.
        eps: what is divided by where the norm is smaller.

    Raises:
        TypeError: x does not hold floating-point numbers.

    >>> import numpy as np
    >>> normalize(np.array([[3.0, 4.0], [0.0, 0.0]]))
    array([[0.6, 0.8],
           [0. , 0. ]])
    """
    x = floating("normalize()", x)
    return x / clip(norm(x, p=p, dim=dim, keepdim=True), number("eps", eps, least=0), None)


@in_float32
def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    """x1 · x2 / (max(‖x1‖, eps) max(‖x2‖, eps)) along an axis, which the result has not.

    Args:
        x1, x2: shapes that broadcast.
        dim: the axis along which products are added up.
        eps: the least length that is divided by.

    Raises:
        TypeError: one does not hold floating-point numbers.

    >>> import numpy as np
    >>> cosine_similarity(np.array([[1.0, 0.0]]), np.array([[3.0, 4.0]]))
    array([0.6])
    """
    x1, x2 = floating("cosine_similarity()", x1), floating("cosine_similarity()", x2)
    if x1.ndim < x2.ndim:  # dim names an axis of both, broadcast
        x1 = x1.reshape((*[1] * (x2.ndim - x1.ndim), *x1.shape))
    elif x2.ndim < x1.ndim:
        x2 = x2.reshape((*[1] * (x1.ndim - x2.ndim), *x2.shape))
    products = normalize(x1, 2.0, dim, eps) * normalize(x2, 2.0, dim, eps)
    return engine.sum(products, dim)


class CosineSimilarity(Module):
    """The cosine of the angle between vectors along `dim`.

    >>> import numpy as np
    >>> CosineSimilarity(dim=0)([1.0, 0.0], [3.0, 4.0])
    np.float64(0.6)
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        self.dim = dim
        self.eps = number("eps", eps, least=0)

    def forward(self, x1: Any, x2: Any) -> Any:
        """Shapes (…, n, …) to (…), without the axis `dim`."""
        return cosine_similarity(x1, x2, self.dim, self.eps)

    def extra_repr(self) -> str:
        return f"dim={self.dim}, eps={self.eps:g}"
