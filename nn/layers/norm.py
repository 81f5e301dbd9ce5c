"""Normalizing layers: BatchNorm1d, BatchNorm2d, LayerNorm, GroupNorm, RMSNorm."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..checks import as_array, at_least, number, rank
from ..module import Module
from ..parameter import Parameter
from .norm_functions import batch_norm, group_norm, layer_norm, rms_norm, shape_of

__all__ = ["BatchNorm1d", "BatchNorm2d", "GroupNorm", "LayerNorm", "RMSNorm"]


class _BatchNorm(Module):
    """What BatchNorm1d and BatchNorm2d share."""

    weight: Any
    bias: Any
    running_mean: Any
    running_var: Any
    num_batches_tracked: Any
    _ranks: tuple[int, ...]
    _shapes: str

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
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
        self.register_buffer("running_mean", np.zeros(num_features) if tracked else None)
        self.register_buffer("running_var", np.ones(num_features) if tracked else None)
        self.register_buffer("num_batches_tracked", np.array(0) if tracked else None)

    def forward(self, x: Any) -> Any:
        """Same shape; in training the running statistics follow."""
        x = as_array(x)
        rank(x, self._ranks, self._shapes.format(self.num_features), self)
        if x.shape[1] != self.num_features:
            shapes = self._shapes.format(self.num_features)
            raise ValueError(f"{type(self).__name__} takes inputs of shape {shapes}, got {x.shape}")
        tracked = self.running_mean is not None
        follow = self.training and tracked
        momentum = self.momentum
        if momentum is None:  # the mean of all batches so far
            momentum = 1 / (int(self.num_batches_tracked) + 1) if follow else 0.0
        y = batch_norm(
            x,
            self.running_mean if follow or not self.training else None,
            self.running_var if follow or not self.training else None,
            self.weight,
            self.bias,
            self.training or not tracked,
            momentum,
            self.eps,
        )
        if follow:
            self.num_batches_tracked = self.num_batches_tracked + 1
        return y

    def extra_repr(self) -> str:
        """The settings."""
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
    """`BatchNorm1d` for images: x has shape (batch, num_features, height, width)."""

    _ranks = (4,)
    _shapes = "(batch, {0}, height, width)"


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
    ) -> None:
        self.normalized_shape = shape_of(normalized_shape)
        self.eps = number("eps", eps, least=0)
        self.elementwise_affine = elementwise_affine
        self.weight = Parameter(np.ones(self.normalized_shape)) if elementwise_affine else None
        with_bias = elementwise_affine and bias
        self.bias = Parameter(np.zeros(self.normalized_shape)) if with_bias else None

    def forward(self, x: Any) -> Any:
        """Same shape, (…, *normalized_shape)."""
        return layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The settings."""
        return (
            f"{self.normalized_shape}, eps={self.eps:g}, "
            f"elementwise_affine={self.elementwise_affine}"
        )


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
        self, normalized_shape: Any, eps: float | None = None, elementwise_affine: bool = True
    ) -> None:
        self.normalized_shape = shape_of(normalized_shape)
        self.eps = None if eps is None else number("eps", eps, least=0)
        self.elementwise_affine = elementwise_affine
        self.weight = Parameter(np.ones(self.normalized_shape)) if elementwise_affine else None

    def forward(self, x: Any) -> Any:
        """Same shape, (…, *normalized_shape)."""
        return rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        """The settings."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        )


class GroupNorm(Module):
    """Channels in groups, each less its mean and divided by its standard deviation.

    `weight` (ones) and `bias` (zeros) have shape (num_channels,).

    Args:
        num_groups: how many groups the channels are cut into; 1 for all together.
        num_channels: channels of x, which has shape (batch, num_channels, …).
        eps: added to the variance.
        affine: whether there are weight and bias.

    Raises:
        ValueError: num_groups does not divide num_channels; in the call, another number of
            channels.

    >>> GroupNorm(1, 2)([[1.0, 3.0]]).data.round(3).tolist()
    [[-1.0, 1.0]]
    """

    weight: Any
    bias: Any

    def __init__(
        self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True
    ) -> None:
        at_least(1, num_groups=num_groups, num_channels=num_channels)
        if num_channels % num_groups:
            raise ValueError(
                f"num_groups must divide num_channels, got {num_groups} and {num_channels}"
            )
        self.num_groups = num_groups
        self.num_channels = num_channels
        self.eps = number("eps", eps, least=0)
        self.affine = affine
        self.weight = Parameter(np.ones(num_channels)) if affine else None
        self.bias = Parameter(np.zeros(num_channels)) if affine else None

    def forward(self, x: Any) -> Any:
        """Same shape, (batch, num_channels, …)."""
        x = as_array(x)
        if x.ndim < 2 or x.shape[1] != self.num_channels:
            raise ValueError(
                f"GroupNorm takes inputs of shape (batch, {self.num_channels}, …), got {x.shape}"
            )
        return group_norm(x, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """The settings."""
        return f"{self.num_groups}, {self.num_channels}, eps={self.eps:g}, affine={self.affine}"
