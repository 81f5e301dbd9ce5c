"""Instance norm: every channel of every sample by itself."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..checks import as_array, at_least, floating, number, rank
from ..half import in_float32
from ..module import Module
from ..parameter import Parameter
from .standardize import per_channel, standardize


@in_float32
def instance_norm(x: Any, *, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """Each channel of each sample less its mean, divided by its standard deviation.

    Args:
        x: shape (batch, channels, …).
        weight, bias: shape (channels,), or None.
        eps: added to the variance.

    Raises:
        ValueError: shapes do not fit, or a channel is a single number.

    >>> instance_norm([[[1.0, 3.0], [5.0, 5.0]]], eps=0.25).round(4)
    array([[[-0.8944,  0.8944],
            [ 0.    ,  0.    ]]])
    """
    x = floating("instance_norm()", x)
    if x.ndim < 3 or math.prod(x.shape[2:]) == 1:
        raise ValueError(
            "instance_norm() takes inputs of shape (batch, channels, …) with more than one number "
            f"in a channel, got {x.shape}"
        )
    weight, bias = per_channel("weight", weight, x), per_channel("bias", bias, x)
    return standardize(x, weight, bias, tuple(range(2, x.ndim)), eps)


class _InstanceNorm(Module):
    """What InstanceNorm1d and InstanceNorm2d share."""

    weight: Any
    bias: Any
    _space: int  # how many axes a channel has
    _shapes: str

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        at_least(1, num_features=num_features)
        if track_running_stats:
            raise ValueError(
                f"track_running_stats of {type(self).__name__} must be False: each sample is "
                "standardized by itself, in eval mode too; BatchNorm keeps running statistics"
            )
        self.num_features = num_features
        self.eps = number("eps", eps, least=0)
        self.affine = affine
        self.weight = Parameter(np.ones(num_features)) if affine else None
        self.bias = Parameter(np.zeros(num_features)) if affine else None
        self.to(device, dtype)

    def forward(self, x: Any) -> Any:
        """Same shape; there may be no batch axis.

        Raises:
            ValueError: x has another shape.
        """
        x = as_array(x)
        shapes = self._shapes.format(self.num_features)
        rank(x, (self._space + 1, self._space + 2), shapes, self)
        if x.shape[-self._space - 1] != self.num_features:
            raise ValueError(f"{type(self).__name__} takes inputs of shape {shapes}, got {x.shape}")
        images = x.reshape((-1, *x.shape[-self._space - 1 :]))
        return instance_norm(images, weight=self.weight, bias=self.bias, eps=self.eps).reshape(
            x.shape
        )

    def extra_repr(self) -> str:
        return f"{self.num_features}, eps={self.eps:g}, affine={self.affine}"


class InstanceNorm1d(_InstanceNorm):
    """Each channel of each sequence less its mean, divided by its standard deviation.

    Args:
        num_features: channels of x, which has shape (batch, num_features, length) or
            (num_features, length).
        eps: added to the variance.
        momentum: PyTorch's argument for running statistics, which are not kept.
        affine: whether there are `weight` (ones) and `bias` (zeros), of shape (num_features,).
        track_running_stats: False.

    Raises:
        ValueError: num_features below 1, track_running_stats=True; in the call, another shape, or
            one number in a channel.

    >>> InstanceNorm1d(1)([[[1.0, 3.0]]]).round(3).tolist()
    [[[-1.0, 1.0]]]
    """

    _space = 1
    _shapes = "(batch, {0}, length) or ({0}, length)"


class InstanceNorm2d(_InstanceNorm):
    """`InstanceNorm1d` of images, (batch, num_features, height, width) or without the batch.

    Raises:
        ValueError: as `InstanceNorm1d`.

    >>> InstanceNorm2d(2, affine=True)(np.arange(16.0).reshape(2, 2, 2, 2)).shape
    (2, 2, 2, 2)
    """

    _space = 2
    _shapes = "(batch, {0}, height, width) or ({0}, height, width)"
