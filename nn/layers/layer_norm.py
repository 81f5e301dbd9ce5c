"""Layer norm and RMS norm: every position by itself, over the last axes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..checks import at_least, dtype_of, floating, number
from ..half import in_float32
from ..module import Module
from ..parameter import Parameter
from .standardize import of_shape, standardize


@in_float32
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
    weight, bias = (
        of_shape("weight", weight, shape),
        of_shape("bias", bias, shape),
    )
    return standardize(x, weight, bias, tuple(range(-len(shape), 0)), eps)


class LayerNorm(Module):
    """The last axes less their mean, divided by their standard deviation, for each position.

    y = (x - mean) / √(variance + eps) · weight + bias, with `weight` (ones) and `bias` (zeros) of
    shape normalized_shape.

    Args:
        normalized_shape: lengths of the axes to normalize over; an int for the last one.
        eps: added to the variance.
        elementwise_affine: whether there are weight and bias.
        bias: False leaves the bias out.

    Raises:
        ValueError: a length below 1; in the call, another shape.

    >>> LayerNorm(2)([[1.0, 3.0]]).data.round(3).tolist()
    [[-1.0, 1.0]]
    """

    weight: Any
    bias: Any

    def __init__(
        self,
        normalized_shape: Any,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        self.normalized_shape = shape_of(normalized_shape)
        self.eps = number("eps", eps, least=0)
        self.elementwise_affine = elementwise_affine
        self.weight = Parameter(np.ones(self.normalized_shape)) if elementwise_affine else None
        with_bias = elementwise_affine and bias
        self.bias = Parameter(np.zeros(self.normalized_shape)) if with_bias else None
        self.to(device, dtype)

    def forward(self, x: Any) -> Any:
        """Same shape, (…, *normalized_shape)."""
        return layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps:g}, "
            f"elementwise_affine={self.elementwise_affine}"
        )


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
    weight = of_shape("weight", weight, shape)
    if eps is None:
        eps = float(np.finfo(dtype_of(x)).eps)
    return _rms_norm(x, weight, tuple(range(-len(shape), 0)), eps)


@in_float32
def _rms_norm(x: Any, weight: Any, axis: tuple[int, ...], eps: float) -> Any:
    return standardize(x, weight, None, axis, eps, False)


class RMSNorm(Module):
    """x / √(mean(x²) + eps) · weight over the last axes, `weight` being ones at first.

    Args:
        normalized_shape: lengths of the axes to normalize over; an int for the last one.
        eps: default the dtype's `np.finfo(…).eps`.
        elementwise_affine: whether there is a weight.

    Raises:
        ValueError: a length below 1; in the call, another shape.

    >>> RMSNorm(2)([[3.0, 4.0]]).data.round(3).tolist()
    [[0.849, 1.131]]
    """

    weight: Any

    def __init__(
        self,
        normalized_shape: Any,
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        self.normalized_shape = shape_of(normalized_shape)
        self.eps = None if eps is None else number("eps", eps, least=0)
        self.elementwise_affine = elementwise_affine
        self.weight = Parameter(np.ones(self.normalized_shape)) if elementwise_affine else None
        self.to(device, dtype)

    def forward(self, x: Any) -> Any:
        """Same shape, (…, *normalized_shape)."""
        return rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        )


def _trailing(x: Any, normalized_shape: Any, name: str) -> tuple[Any, tuple[int, ...]]:
    """x, and the shape its last axes must have (and do)."""
    x = floating(name, x)
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
        if type(one) is not int or one < 1:  # as usual it is
            at_least(1, normalized_shape=one)
    return shape
