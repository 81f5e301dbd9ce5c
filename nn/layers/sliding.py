"""What convolutions and pooling share: settings of windows, checked, and sequences as images.

Ops and settings have two axes of space; where there is one only, the first is of length 1.
"""

from __future__ import annotations

from typing import Any

from ..checks import as_array, at_least

Pair = tuple[int, int]
Pads = tuple[Pair, Pair]  # before and after each of the two axes
NO_PADS: Pads = ((0, 0), (0, 0))


def pair(name: str, value: Any, least: int = 1, count: int = 2) -> tuple[int, ...]:
    """An int for both axes, or one for each, as a tuple of `count` ints.

    Raises:
        TypeError: not an int, nor a tuple of ints.
        ValueError: another number of them, or one below `least`.

    >>> pair("stride", 2), pair("kernel_size", (3, 1))
    ((2, 2), (3, 1))
    """
    values = tuple(value) if isinstance(value, tuple | list) else (value,) * count
    if len(values) != count:
        raise ValueError(f"{name} must be an int or {count} ints, got {value!r:.60}")
    for one in values:
        at_least(least, **{name: one})
    return tuple(int(one) for one in values)


class Settings:
    """How windows slide over images: `kernel`, `stride` and `dilation` as pairs, `padding` as Pads.

    Args:
        name: of the function or layer, for errors.
        axes: of space: 1 or 2.
        kernel_size, stride, dilation: an int, or one for each axis.
        padding: likewise, from 0 up; or "valid" for none, "same" for as many zeros as give an
            output of the input's size.

    Raises:
        TypeError: not ints.
        ValueError: one too small, another number of them, or "same" with a stride.
    """

    def __init__(
        self, name: str, axes: int, kernel_size: Any, stride: Any, padding: Any, dilation: Any
    ) -> None:
        self.name, self.axes = name, axes
        kernel = pair("kernel_size", kernel_size, count=axes)
        strides = pair("stride", stride, count=axes)
        spread = pair("dilation", dilation, count=axes)
        pads = _pads(padding, kernel, strides, spread)
        self.kernel: Pair = _two(kernel, 1)
        self.stride: Pair = _two(strides, 1)
        self.dilation: Pair = _two(spread, 1)
        self.padding: Pads = _two(pads, (0, 0))


def _two(values: tuple[Any, ...], first: Any) -> tuple[Any, Any]:
    """What is given for each axis, with `first` for one that is missing."""
    return (values[0], values[1]) if len(values) == 2 else (first, values[0])


def _pads(
    padding: Any, kernel: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]
) -> tuple[Pair, ...]:
    """PyTorch's padding as numbers before and after each axis."""
    if not isinstance(padding, str):
        return tuple((p, p) for p in pair("padding", padding, least=0, count=len(kernel)))
    if padding == "valid":
        return ((0, 0),) * len(kernel)
    if padding != "same":
        raise ValueError(f"padding must be numbers, 'valid' or 'same', got {padding!r}")
    if any(s != 1 for s in stride):
        raise ValueError(f"padding='same' needs stride 1, got {stride}")
    totals = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    return tuple((total // 2, total - total // 2) for total in totals)


def out_size(size: int, kernel: int, stride: int, dilation: int, pads: Pair) -> int:
    """How many windows fit along an axis; 0 or less if none does.

    >>> out_size(28, 3, 1, 1, (1, 1)), out_size(5, 2, 2, 1, (0, 0))
    (28, 2)
    """
    return (size + sum(pads) - dilation * (kernel - 1) - 1) // stride + 1


def out_sizes(
    shape: tuple[int, ...], kernel: Pair, stride: Pair, padding: Pads, dilation: Pair, name: str
) -> Pair:
    """How many windows fit along the last two axes.

    Raises:
        ValueError: none does.
    """
    height, width = (
        out_size(n, k, s, d, p)
        for n, k, s, d, p in zip(shape[-2:], kernel, stride, dilation, padding, strict=True)
    )
    if height < 1 or width < 1:
        spread = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))
        padded = tuple(n + sum(p) for n, p in zip(shape[-2:], padding, strict=True))
        raise ValueError(
            f"kernel_size of {name} spans {spread}, larger than the padded input, {padded}"
        )
    return height, width


def images_of(name: str, axes: int, x: Any, channels: int | None = None) -> Any:
    """x with a batch and two axes of space; checked to have those channels, if they are given."""
    x = as_array(x)
    if x.ndim not in (axes + 1, axes + 2) or channels not in (None, x.shape[-axes - 1]):
        wanted = "channels" if channels is None else channels
        space = "length" if axes == 1 else "height, width"
        raise ValueError(
            f"{name} takes inputs of shape (batch, {wanted}, {space}) or ({wanted}, {space}), "
            f"got {x.shape}"
        )
    if x.ndim == axes + 1:
        x = x.reshape((1, *x.shape))
    return x if axes == 2 else x.reshape((*x.shape[:2], 1, x.shape[2]))


def as_before(y: Any, x: Any, axes: int) -> Any:
    """y without the axes that `images_of` added to x."""
    shape = (*y.shape[:2], *y.shape[4 - axes :])
    shape = shape if x.ndim == axes + 2 else shape[1:]
    return y if y.shape == shape else y.reshape(shape)
