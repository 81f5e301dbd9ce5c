"""Normalization as functions: batch, layer, group and RMS norm, and the fused op behind them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine import fused, mean, sqrt, to_numpy, var

from ..checks import as_array, at_least

__all__ = ["batch_norm", "group_norm", "layer_norm", "rms_norm", "shape_of", "standardize"]

# --- the op behind batch, layer and group norm: which axes, is all they differ in ---


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
    standard *= _sum_of_products(part, standard, axis) / count
    of_x = part - _sum(part, axis) / count
    of_x -= standard
    of_x *= scale
    return of_x, of_weight, of_bias


def _of_elements(x: Any, weight: Any, bias: Any, axis: tuple[int, ...], eps: float) -> Any:
    y = (x - mean(x, axis, True)) / sqrt(var(x, axis, keepdims=True) + eps)
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


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


# --- the functions ---


def _floats(x: Any, name: str) -> Any:
    x = as_array(x)
    if x.dtype.kind not in "fO":
        raise TypeError(f"{name} takes floating-point numbers, got dtype {x.dtype}")
    return x


def _parameter(name: str, p: Any, shape: tuple[int, ...]) -> Any:
    """A weight or bias of that very shape, or None."""
    if p is None:
        return None
    p = as_array(p)
    if p.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {p.shape}")
    return p


def _per_channel(name: str, p: Any, x: Any) -> Any:
    """A number for each channel, shaped to be broadcast with x (batch, channels, …)."""
    p = _parameter(name, p, (x.shape[1],))
    return p if p is None or x.ndim == 2 else p.reshape((-1, *[1] * (x.ndim - 2)))


def batch_norm(
    x: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Any:
    """Each channel less its mean, divided by its standard deviation, over the whole batch.

    Args:
        x: shape (batch, channels, …).
        running_mean, running_var: arrays (channels,), or None in training.  Training moves them
            (in place) by `momentum` towards the batch's mean and its variance with n - 1;
            otherwise they are what is subtracted and divided by.
        weight, bias: shape (channels,), or None.
        training: use the batch's own mean and variance.
        eps: added to the variance.

    Raises:
        ValueError: shapes do not fit, training with one number per channel, or no running
            statistics where they are needed.  The running statistics are then as they were.

    >>> batch_norm(np.array([[1.0], [3.0]]), None, None, training=True, eps=0.0)
    array([[-1.],
           [ 1.]])
    """
    x = _floats(x, "batch_norm()")
    if x.ndim < 2:
        raise ValueError(f"batch_norm() takes inputs of shape (batch, channels, …), got {x.shape}")
    weight, bias = _per_channel("weight", weight, x), _per_channel("bias", bias, x)
    running = {"running_mean": running_mean, "running_var": running_var}
    for name, array in running.items():
        _parameter(name, array, (x.shape[1],))
    if not training:
        if running_mean is None or running_var is None:
            raise ValueError("running_mean and running_var must be given unless training")
        center, scale = (_per_channel("running", to_numpy(array), x) for array in running.values())
        scale = 1 / np.sqrt(scale + eps)
        y = (x - center) * (scale if weight is None else weight * scale)
        return y if bias is None else y + bias
    axis = (0, *range(2, x.ndim))
    count = math.prod(x.shape[i] for i in axis)
    if count <= 1:
        raise ValueError(
            f"batch norm in training needs more than one number per channel, got shape {x.shape}: "
            "use a larger batch, or eval()"
        )
    y = standardize(x, weight, bias, axis, eps)
    batch = to_numpy(x)
    if running_mean is not None:
        running_mean += momentum * (batch.mean(axis) - running_mean)
    if running_var is not None:
        running_var += momentum * (batch.var(axis, ddof=1) - running_var)
    return y


def layer_norm(
    x: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Any:
    """The last axes less their mean, divided by their standard deviation, for each position.

    Args:
        x: shape (…, *normalized_shape).
        normalized_shape: lengths of the axes to normalize over; an int for the last one.
        weight, bias: of shape normalized_shape, or None.
        eps: added to the variance.

    Raises:
        ValueError: shapes do not fit.

    >>> layer_norm([[1.0, 3.0], [5.0, 5.0]], 2, eps=0.25).round(4)
    array([[-0.8944,  0.8944],
           [ 0.    ,  0.    ]])
    """
    x, shape = _trailing(x, normalized_shape, "layer_norm()")
    weight, bias = _parameter("weight", weight, shape), _parameter("bias", bias, shape)
    return standardize(x, weight, bias, tuple(range(-len(shape), 0)), eps)


def rms_norm(x: Any, normalized_shape: Any, weight: Any = None, eps: float | None = None) -> Any:
    """x / √(mean(x²) + eps) over the last axes: layer norm without the mean.

    Args:
        x: shape (…, *normalized_shape).
        normalized_shape: lengths of the axes to normalize over; an int for the last one.
        weight: of shape normalized_shape, or None.
        eps: default the dtype's `np.finfo(…).eps`.

    Raises:
        ValueError: shapes do not fit.

    >>> rms_norm([[3.0, 4.0]], 2).round(4)
    array([[0.8485, 1.1314]])
    """
    x, shape = _trailing(x, normalized_shape, "rms_norm()")
    weight = _parameter("weight", weight, shape)
    if eps is None:
        eps = float(np.finfo(to_numpy(x).dtype).eps)
    y = x / sqrt(mean(x * x, tuple(range(-len(shape), 0)), True) + eps)
    return y if weight is None else y * weight


def _trailing(x: Any, normalized_shape: Any, name: str) -> tuple[Any, tuple[int, ...]]:
    """x, and the shape its last axes must have (and do)."""
    x = _floats(x, name)
    shape = shape_of(normalized_shape)
    if len(shape) > x.ndim or x.shape[x.ndim - len(shape) :] != shape:
        expected = ", ".join(["…", *map(str, shape)])
        raise ValueError(f"{name} takes inputs of shape ({expected}), got {x.shape}")
    return x, shape


def shape_of(normalized_shape: Any) -> tuple[int, ...]:
    """An int or a sequence of ints, of at least one, as a tuple."""
    many = isinstance(normalized_shape, tuple | list)
    shape = tuple(normalized_shape) if many else (normalized_shape,)
    if not shape:
        raise ValueError("normalized_shape must name at least one axis, got ()")
    for one in shape:
        at_least(1, normalized_shape=one)
    return shape


def group_norm(
    x: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Any:
    """Channels in groups, each less its mean and divided by its standard deviation.

    Args:
        x: shape (batch, channels, …).
        num_groups: how many groups the channels are cut into.
        weight, bias: shape (channels,), or None.
        eps: added to the variance.

    Raises:
        ValueError: shapes do not fit, num_groups does not divide the channels, or a group of
            a single sample is one number.

    >>> group_norm([[1.0, 3.0, 5.0, 5.0]], 2, eps=0.25).round(4)
    array([[-0.8944,  0.8944,  0.    ,  0.    ]])
    """
    x = _floats(x, "group_norm()")
    at_least(1, num_groups=num_groups)
    if x.ndim < 2:
        raise ValueError(f"group_norm() takes inputs of shape (batch, channels, …), got {x.shape}")
    batch, channels, *space = x.shape
    if channels % num_groups:
        raise ValueError(f"num_groups must divide the {channels} channels, got {num_groups}")
    shape = (num_groups, channels // num_groups, math.prod(space))
    if batch * shape[1] * shape[2] == 1:
        raise ValueError(f"group norm needs more than one number per group, got shape {x.shape}")
    weight, bias = (
        p if p is None else p.reshape((*shape[:2], 1))
        for p in (_parameter("weight", weight, (channels,)), _parameter("bias", bias, (channels,)))
    )
    return standardize(x.reshape((batch, *shape)), weight, bias, (2, 3), eps).reshape(x.shape)
