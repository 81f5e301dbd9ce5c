"""Transposed convolutions: `conv_transpose1d`, `conv_transpose2d` and their layers.

What a convolution does to the gradient of its input, done to an image: each number spreads a
filter, `stride` apart, and what overlaps is added up.
"""

from __future__ import annotations

from typing import Any

from ..checks import as_array
from ..half import in_float32
from ..random import Rng
from .conv import ConvLayer, check_bias, check_weight
from .conv_op import input_gradient
from .sliding import Settings, as_before, images_of, pair


@in_float32
def conv_transpose2d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Any:
    """The transpose of `conv2d`: what it makes small, made large again; PyTorch's argument order.

    Height and width become (n - 1)·stride - 2·padding + dilation·(kernel - 1) + output_padding + 1.

    Args:
        x: images, shape (batch, channels, height, width) or (channels, height, width).
        weight: shape (channels, filters / groups, *kernel_size).
        bias: shape (filters,), or None.
        stride: how far the spread filters are apart; an int, or one for each axis.
        padding: how much of the result is cut off on each side.
        output_padding: rows and columns added at the end, where several sizes give the same
            number of windows; below stride.
        groups: into how many groups, blind to each other, channels and filters are cut.
        dilation: how far the numbers of a filter are apart.

    Raises:
        ValueError: shapes do not fit, groups does not divide the channels, output_padding is not
            below stride, or nothing is left of the result.

    >>> import numpy as np
    >>> conv_transpose2d(np.ones((1, 1, 2)), np.array([[[[1.0, 2.0]]]]), stride=(1, 2))
    array([[[1., 2., 1., 2.]]])
    """
    settings = (stride, padding, output_padding, dilation)
    return _spread("conv_transpose2d()", 2, x, weight, bias, groups, *settings)


@in_float32
def conv_transpose1d(
    x: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Any:
    """`conv_transpose2d` along one axis.

    Args:
        x: shape (batch, channels, length) or (channels, length).
        weight: shape (channels, filters / groups, kernel_size).
        bias, stride, padding, output_padding, groups, dilation: as for `conv_transpose2d`.

    Raises:
        ValueError: as `conv_transpose2d`.

    >>> import numpy as np
    >>> conv_transpose1d([[1.0, 10.0]], np.array([[[1.0, 2.0]]]))
    array([[ 1., 12., 20.]])
    """
    settings = (stride, padding, output_padding, dilation)
    return _spread("conv_transpose1d()", 1, x, weight, bias, groups, *settings)


def _spread(
    name: str,
    axes: int,
    x: Any,
    weight: Any,
    bias: Any,
    groups: int,
    stride: Any,
    padding: Any,
    output_padding: Any,
    dilation: Any,
) -> Any:
    """Check everything, give a missing axis the length 1, and take conv2d's gradient."""
    x, weight = as_array(x), as_array(weight)
    check_weight(name, axes, weight, groups, "channels", "filters")
    images = images_of(name, axes, x, len(weight))
    extra = (0, *_extra(axes, stride, padding, output_padding))[-2:]
    settings = Settings(name, axes, weight.shape[2:], stride, padding, dilation)
    size = tuple(
        (n - 1) * s - sum(p) + d * (k - 1) + more + 1
        for n, s, p, d, k, more in zip(
            images.shape[2:], settings.stride, settings.padding, settings.dilation,
            settings.kernel, extra, strict=True,
        )
    )  # fmt: skip
    if min(size) < 1:
        raise ValueError(f"padding of {name} leaves nothing of the result: its size is {size}")
    filters = weight.shape[1] * groups
    y = input_gradient(
        images, weight.reshape((*weight.shape[:2], *settings.kernel)),
        (len(images), filters, *size), groups,
        stride=settings.stride, padding=settings.padding, dilation=settings.dilation,
    )  # fmt: skip
    if bias is not None:
        bias = as_array(bias)
        check_bias(name, bias, filters)
        y = y + bias.reshape((-1, 1, 1))
    return as_before(y, x, axes)


def _extra(axes: int, stride: Any, padding: Any, output_padding: Any) -> tuple[int, ...]:
    """output_padding for each axis: below stride, or there were more windows.  padding is numbers.

    Raises:
        TypeError, ValueError: they are not.
    """
    pair("padding", padding, least=0, count=axes)
    strides = pair("stride", stride, count=axes)
    extra = pair("output_padding", output_padding, least=0, count=axes)
    if any(more >= s for more, s in zip(extra, strides, strict=True)):
        raise ValueError(f"output_padding must be below stride {strides}, got {extra}")
    return extra


class _ConvTranspose(ConvLayer):
    """What ConvTranspose1d and ConvTranspose2d share."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        padding_mode: str = "zeros",
        rng: Rng = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        self.output_padding = _extra(self._axes, stride, padding, output_padding)
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias,
            padding_mode, rng, device, dtype,
        )  # fmt: skip

    def weight_shape(self) -> tuple[int, ...]:
        """(in_channels, out_channels / groups, *kernel_size): as of the convolution it undoes."""
        return (self.in_channels, self.out_channels // self.groups, *self.kernel_size)

    def forward(self, x: Any) -> Any:
        """Shape (batch, in_channels, …) to (batch, out_channels, …)."""
        return self._function(
            x, self.weight, self.bias, self.stride, self.padding, self.output_padding,
            self.groups, self.dilation,
        )  # fmt: skip

    def extra_repr(self) -> str:
        more = f", output_padding={self.output_padding}" if any(self.output_padding) else ""
        return super().extra_repr() + more


class ConvTranspose2d(_ConvTranspose):
    """Images made larger by filters: (batch, in_channels, H, W) to (batch, out_channels, H′, W′).

    H′ = (H - 1)·stride - 2·padding + dilation·(kernel_size - 1) + output_padding + 1.  `weight`
    (in_channels, out_channels / groups, *kernel_size) and `bias` (out_channels,) start uniform
    between ±1/√(out_channels / groups · kernel area), as in PyTorch.

    Args:
        kernel_size, stride, padding, output_padding, groups, dilation: as for `conv_transpose2d`.
        bias: False leaves the bias out.
        padding_mode: zeros only.
        rng: a Generator or a seed; default the shared generator.

    Raises:
        ValueError: a size below 1, groups that do not divide both channels, output_padding not
            below stride; in the call, another number of channels.

    >>> import numpy as np
    >>> layer = ConvTranspose2d(8, 1, 4, stride=2, padding=1, rng=0)
    >>> layer(np.zeros((2, 8, 14, 14))).shape
    (2, 1, 28, 28)
    """

    _axes = 2
    _function = staticmethod(conv_transpose2d)


class ConvTranspose1d(_ConvTranspose):
    """Sequences made longer by filters: (batch, in_channels, L) to (batch, out_channels, L′).

    Everything else is as in `ConvTranspose2d`, with one axis.

    >>> import numpy as np
    >>> ConvTranspose1d(4, 6, 2, stride=2, rng=0)(np.zeros((2, 4, 5))).shape
    (2, 6, 10)
    """

    _axes = 1
    _function = staticmethod(conv_transpose1d)
