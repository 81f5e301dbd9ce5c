"""Batch norm: every channel by itself, over the whole batch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine import ones, tensor, zeros

from ..buffers import as_it_is, follow, is_followed, refuse_values, without_gradient
from ..checks import as_array, at_least, floating, number, rank
from ..half import in_float32
from ..module import Module
from ..parameter import Parameter
from .standardize import mean_and_variance, of_shape, per_channel, standardize


@in_float32
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
    x = floating("batch_norm()", x)
    if x.ndim < 2:
        raise ValueError(f"batch_norm() takes inputs of shape (batch, channels, …), got {x.shape}")
    weight, bias = per_channel("weight", weight, x), per_channel("bias", bias, x)
    running = {"running_mean": running_mean, "running_var": running_var}
    for name, array in running.items():
        of_shape(name, array, (x.shape[1],))
    if not training:
        if running_mean is None or running_var is None:
            raise ValueError("running_mean and running_var must be given unless training")
        numbers = [as_it_is(name, array, x) for name, array in running.items()]
        center, scale = (per_channel("running", array, x) for array in numbers)
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
    if running_mean is not None or running_var is not None:
        refuse_values("batch norm", x)
    y = standardize(x, weight, bias, axis, eps)
    if is_followed(x) and (running_mean is not None or running_var is not None):
        center, spread = mean_and_variance(without_gradient(x), axis)
        if running_mean is not None:
            follow(running_mean, lambda before: momentum * (center - before))
        if running_var is not None:
            follow(running_var, lambda before: momentum * (spread - before))
    return y


class _BatchNorm(Module):
    """What BatchNorm1d and BatchNorm2d share."""

    weight: Any
    bias: Any
    running_mean: Any
    running_var: Any
    num_batches_tracked: Any
    _ranks: tuple[int, ...]
    _shapes: str
    _running = ("running_mean", "running_var")

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        at_least(1, num_features=num_features)
        self.num_features = num_features
        self.eps = number("eps", eps, least=0)
        self.momentum = None if momentum is None else number("momentum", momentum)
        self.affine = affine
        self.track_running_stats = track_running_stats
        self.weight = Parameter(np.ones(num_features)) if affine else None
        self.bias = Parameter(np.zeros(num_features)) if affine else None
        tracked = track_running_stats
        self.register_buffer("running_mean", zeros(num_features) if tracked else None)
        self.register_buffer("running_var", ones(num_features) if tracked else None)
        self.register_buffer("num_batches_tracked", tensor(0) if tracked else None)
        self.to(device, dtype)

    def forward(self, x: Any) -> Any:
        """Same shape; in training the running statistics follow.

        Raises:
            ValueError: x has another shape; in training, there is one number for each channel.
        """
        x = as_array(x)
        rank(x, self._ranks, self._shapes.format(self.num_features), self)
        if x.shape[1] != self.num_features:
            shapes = self._shapes.format(self.num_features)
            raise ValueError(f"{type(self).__name__} takes inputs of shape {shapes}, got {x.shape}")
        tracked = self.running_mean is not None
        moves = self.training and tracked
        momentum = self.momentum
        if momentum is None:  # the mean of all batches so far
            momentum = 0.0
            if moves:
                before = as_it_is("num_batches_tracked", self.num_batches_tracked, x)
                momentum = 1 / (before + 1)
        y = batch_norm(
            x,
            self.running_mean if moves or not self.training else None,
            self.running_var if moves or not self.training else None,
            self.weight,
            self.bias,
            self.training or not tracked,
            momentum,
            self.eps,
        )
        if moves and is_followed(x):
            follow(self.num_batches_tracked, lambda batches: 1)
        return y

    def extra_repr(self) -> str:
        return (
            f"{self.num_features}, eps={self.eps:g}, momentum={self.momentum}, "
            f"affine={self.affine}, track_running_stats={self.track_running_stats}"
        )


class BatchNorm1d(_BatchNorm):
    """Each feature less its mean, divided by its standard deviation, over the batch.

    y = (x - mean) / √(variance + eps) · weight + bias, with `weight` (ones) and `bias` (zeros) of
    shape (num_features,).  In training mean and variance are the batch's, and the buffers
    `running_mean`, `running_var` (with n - 1) and `num_batches_tracked` follow them; in eval mode
    the buffers are used.

    Args:
        num_features: channels of x, which has shape (batch, num_features) or
            (batch, num_features, length).
        eps: added to the variance.
        momentum: how far the running statistics move; None for the mean of all batches.
        affine: whether there are weight and bias.
        track_running_stats: without them the batch's own statistics are used in eval mode too.

    Raises:
        ValueError: num_features below 1; in the call, another number of channels or axes, or in
            training one number per channel.  The running statistics are then as they were.

    >>> BatchNorm1d(1)([[1.0], [3.0]]).data.round(3).tolist()
    [[-1.0], [1.0]]
    """

    _ranks = (2, 3)
    _shapes = "(batch, {0}) or (batch, {0}, length)"


class BatchNorm2d(_BatchNorm):
    """`BatchNorm1d` for images: x has shape (batch, num_features, height, width).

    >>> BatchNorm2d(3)(np.zeros((2, 3, 4, 4))).shape
    (2, 3, 4, 4)
    """

    _ranks = (4,)
    _shapes = "(batch, {0}, height, width)"
