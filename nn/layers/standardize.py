"""What the normalizing layers share: the op behind batch, layer and group norm, and checks."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine import fused, mean, sqrt, var

from ..checks import as_array


def _of_elements(x: Any, weight: Any, bias: Any, axis: tuple[int, ...], eps: float) -> Any:
    y = (x - mean(x, axis, True)) / sqrt(var(x, axis, keepdims=True) + eps)
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


def _sum(x: Any, axis: tuple[int, ...]) -> Any:
    """Sum along axes, which stay with length 1."""
    if type(x) is np.ndarray:
        return np.add.reduce(x, axis, keepdims=True)
    return x.sum(axis=axis, keepdims=True)


def _sum_of_products(a: Any, b: Any, axis: tuple[int, ...]) -> Any:
    """`_sum` of a * b, on arrays without making the product."""
    if type(a) is not np.ndarray or type(b) is not np.ndarray:
        return _sum(a * b, axis)
    every = list(range(a.ndim))
    axes = [i % a.ndim for i in axis]
    kept = [i for i in every if i not in axes]
    shape = [1 if i in axes else n for i, n in enumerate(a.shape)]
    return np.einsum(a, every, b, every, kept).reshape(shape)


def _standard(x: Any, axis: tuple[int, ...], eps: float) -> tuple[Any, Any]:
    """x less its mean, divided by its standard deviation; and one over the latter."""
    count = math.prod(x.shape[i] for i in axis)
    centered = x - _sum(x, axis) / count
    scale = 1 / sqrt(_sum_of_products(centered, centered, axis) / count + eps)
    centered *= scale  # an array is changed itself, a node is not: `centered` is then a new one
    return centered, scale


def _along(p: Any, x: Any) -> tuple[int, ...]:
    """The axes of x along which p is repeated where they are broadcast."""
    lead = x.ndim - p.ndim
    return tuple(i for i in range(x.ndim) if i < lead or p.shape[i - lead] == 1)


def _vjp(
    g: Any, y: Any, x: Any, weight: Any, bias: Any, axis: tuple[int, ...], eps: float
) -> tuple[Any, Any, Any]:
    standard, scale = _standard(x, axis, eps)
    count = math.prod(x.shape[i] for i in axis)
    of_weight = of_bias = None
    if weight is not None:
        of_weight = _sum_of_products(g, standard, _along(weight, x)).reshape(weight.shape)
    if bias is not None:
        of_bias = _sum(g, _along(bias, x)).reshape(bias.shape)
    part = g if weight is None else g * weight
    of_x = part - _sum(part, axis) / count
    # not `standard *= …`: of plain x it is an array, and what multiplies it may be a node
    of_x -= standard * (_sum_of_products(part, standard, axis) / count)
    of_x *= scale
    return of_x, of_weight, of_bias


@fused(vjp_all=_vjp, symbol="norm", elements=_of_elements)
def standardize(
    x: Any, weight: Any, bias: Any, axis: tuple[int, ...] = (-1,), eps: float = 1e-5
) -> Any:
    """(x - mean) / √(variance + eps) along axes, times weight, plus bias, as one node."""
    y, _ = _standard(x, axis, eps)
    if weight is not None:
        y = np.multiply(y, weight, out=y if y.dtype == weight.dtype else None)
    if bias is not None:
        y = np.add(y, bias, out=y if y.dtype == bias.dtype else None)
    return y


def of_shape(name: str, p: Any, shape: tuple[int, ...]) -> Any:
    """A weight or bias of that very shape, or None."""
    if p is None:
        return None
    p = as_array(p)
    if p.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {p.shape}")
    return p
