"""Convolutions: `conv1d`, `conv2d` and their layers."""

from __future__ import annotations

import math
from typing import Any

from ..checks import as_array, at_least
from ..half import in_float32
from ..module import Module
from ..parameter import Parameter
from ..random import Rng, generator
from .conv_op import fused_conv2d
from .sliding import Settings, as_before, images_of, out_sizes, pair

# --- the functions ---


@in_float32
def conv2d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """Each filter's product with every window (cross-correlation, as PyTorch's conv2d).

    Args:
        x: images, shape (batch, channels, height, width) or (channels, height, width).
        weight: shape (filters, channels / groups, *kernel_size).
        bias: shape (filters,), or None.
        stride: how far windows are apart; an int, or one for each axis.
        padding: how many zeros stand around x, "valid" for none, "same" for as many as give an
            output of x's size (with stride 1; one more after than before where it is odd).
        dilation: how far the numbers of a window are apart.
        groups: into how many groups, blind to each other, channels and filters are cut.

    Raises:
        ValueError: shapes do not fit, groups does not divide, a window is larger than the image.

    >>> import numpy as np
    >>> conv2d(np.ones((1, 3, 3)), np.ones((1, 1, 2, 2)), stride=(1, 2))
    array([[[4.],
            [4.]]])
    """
    return _convolve("conv2d()", 2, x, weight, bias, stride, padding, dilation, groups)


@in_float32
def conv1d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """`conv2d` along one axis.

    Args:
        x: shape (batch, channels, length) or (channels, length).
        weight: shape (filters, channels / groups, kernel_size).
        bias, stride, padding, dilation, groups: as for `conv2d`.

    Raises:
        ValueError: as `conv2d`.

    >>> import numpy as np
    >>> conv1d([[1.0, 2.0, 4.0]], np.array([[[-1.0, 1.0]]]))
    array([[1., 2.]])
    """
    return _convolve("conv1d()", 1, x, weight, bias, stride, padding, dilation, groups)


def _convolve(
    name: str,
    axes: int,
    x: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: int,
) -> Any:
    """Check everything, give a missing axis the length 1, and apply the op."""
    x, weight = as_array(x), as_array(weight)
    bias = None if bias is None else as_array(bias)
    check_weight(name, axes, weight, groups, "filters", "channels")
    check_bias(name, bias, len(weight))
    images = images_of(name, axes, x, weight.shape[1] * groups)
    settings = Settings(name, axes, weight.shape[2:], stride, padding, dilation)
    params: dict[str, Any] = {
        "stride": settings.stride, "padding": settings.padding, "dilation": settings.dilation,
    }  # fmt: skip
    out_sizes(images.shape, settings.kernel, name=name, **params)
    if axes == 1:
        weight = weight.reshape((*weight.shape[:2], *settings.kernel))
    return as_before(fused_conv2d(images, weight, bias, groups=groups, **params), x, axes)


def check_weight(name: str, axes: int, weight: Any, groups: int, first: str, second: str) -> None:
    """Check a weight (first, second / groups, *kernel): filters come first, transposed channels.

    Raises:
        TypeError, ValueError: another number of axes, or groups that do not divide the first.
    """
    at_least(1, groups=groups)
    if weight.ndim != axes + 2:
        raise ValueError(
            f"weight of {name} must have shape ({first}, {second} / groups, "
            f"{', '.join(['kernel'] * axes)}), got {weight.shape}"
        )
    if len(weight) % groups:
        raise ValueError(f"groups must divide the {len(weight)} {first} of {name}, got {groups}")


def check_bias(name: str, bias: Any, filters: int) -> None:
    """Check that a bias is None or has a number for each filter; ValueError otherwise."""
    if bias is not None and bias.shape != (filters,):
        raise ValueError(f"bias of {name} must have shape ({filters},), got {bias.shape}")


# --- the layers ---


class ConvLayer(Module):
    """What Conv1d, Conv2d and their transposes share: the weight, and what to do with it."""

    weight: Any
    bias: Any
    _axes: int
    _function: Any

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        rng: Rng = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        at_least(1, in_channels=in_channels, out_channels=out_channels, groups=groups)
        for name, channels in (("in_channels", in_channels), ("out_channels", out_channels)):
            if channels % groups:
                raise ValueError(f"groups must divide {name}, got {groups} and {channels}")
        if padding_mode != "zeros":
            raise ValueError(f"padding_mode must be 'zeros', got {padding_mode!r}: use engine.pad")
        self.in_channels = in_channels
        self.out_channels = out_channels
        Settings(type(self).__name__, self._axes, kernel_size, stride, padding, dilation)
        self.kernel_size = pair("kernel_size", kernel_size, count=self._axes)
        self.stride = pair("stride", stride, count=self._axes)
        self.dilation = pair("dilation", dilation, count=self._axes)
        self.padding = padding
        self.groups = groups
        rng = generator(rng)
        shape = self.weight_shape()
        bound = 1 / math.sqrt(math.prod(shape[1:]))
        self.weight = Parameter(rng.uniform(-bound, bound, shape))
        self.bias = Parameter(rng.uniform(-bound, bound, out_channels)) if bias else None
        self.to(device, dtype)

    def weight_shape(self) -> tuple[int, ...]:
        """(out_channels, in_channels / groups, *kernel_size)."""
        return (self.out_channels, self.in_channels // self.groups, *self.kernel_size)

    def forward(self, x: Any) -> Any:
        """Shape (batch, in_channels, …) to (batch, out_channels, …)."""
        return self._function(
            x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups
        )

    def extra_repr(self) -> str:
        said = [f"{self.in_channels}, {self.out_channels}", f"kernel_size={self.kernel_size}"]
        usual = (1,) * self._axes
        said += [f"stride={self.stride}"] if self.stride != usual else []
        said += [f"padding={self.padding!r}"] if self.padding not in (0, "valid") else []
        said += [f"dilation={self.dilation}"] if self.dilation != usual else []
        said += [f"groups={self.groups}"] if self.groups != 1 else []
        said += ["bias=False"] if self.bias is None else []
        return ", ".join(said)


class Conv2d(ConvLayer):
    """Filters slid over images: (batch, in_channels, H, W) to (batch, out_channels, H′, W′).

    H′ = (H + 2·padding - dilation·(kernel_size - 1) - 1) // stride + 1.  `weight`
    (out_channels, in_channels / groups, *kernel_size) and `bias` (out_channels,) start uniform
    between ±1/√(in_channels / groups · kernel area), as in PyTorch.

    Args:
        kernel_size, stride, padding, dilation, groups: as for `conv2d`.
        bias: False leaves the bias out.
        padding_mode: zeros only.
        rng: a Generator or a seed; default the shared generator.

    Raises:
        ValueError: a size below 1, groups that do not divide both channels; in the call, another
            number of channels, or a window larger than the image.

    >>> import numpy as np
    >>> layer = Conv2d(1, 8, 3, padding=1, rng=0)
    >>> layer(np.zeros((2, 1, 28, 28))).shape
    (2, 8, 28, 28)
    """

    _axes = 2
    _function = staticmethod(conv2d)


class Conv1d(ConvLayer):
    """Filters slid along sequences: (batch, in_channels, L) to (batch, out_channels, L′).

    Everything else is as in `Conv2d`, with one axis; `weight` has shape
    (out_channels, in_channels / groups, kernel_size).

    >>> import numpy as np
    >>> Conv1d(4, 6, 3, stride=2, rng=0)(np.zeros((2, 4, 9))).shape
    (2, 6, 4)
    """

    _axes = 1
    _function = staticmethod(conv1d)
