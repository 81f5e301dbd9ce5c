"""Group norm: every sample by itself, over groups of channels."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..checks import as_array, at_least, floating, number
from ..half import in_float32
from ..module import Module
from ..parameter import Parameter
from .standardize import of_shape, standardize


@in_float32
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
    x = floating("group_norm()", x)
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
        for p in (
            of_shape("weight", weight, (channels,)),
            of_shape("bias", bias, (channels,)),
        )
    )
    return standardize(x.reshape((batch, *shape)), weight, bias, (2, 3), eps).reshape(x.shape)


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
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
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
        self.to(device, dtype)

    def forward(self, x: Any) -> Any:
        """Same shape, (batch, num_channels, …).

        Raises:
            ValueError: x has another number of channels, or none.
        """
        x = as_array(x)
        if x.ndim < 2 or x.shape[1] != self.num_channels:
            raise ValueError(
                f"GroupNorm takes inputs of shape (batch, {self.num_channels}, …), got {x.shape}"
            )
        return group_norm(x, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return f"{self.num_groups}, {self.num_channels}, eps={self.eps:g}, affine={self.affine}"
