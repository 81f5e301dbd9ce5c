"""What average and max pooling share: their settings, and what ceil_mode adds."""

from __future__ import annotations

from typing import Any

from .sliding import Pads, Settings, out_sizes, pair


class PoolSettings(Settings):
    """`Settings` of pooling: stride is kernel_size unless given, padding at most half a window.

    Raises:
        TypeError, ValueError: as `Settings`, or more padding than that.
    """

    def __init__(
        self, name: str, axes: int, kernel_size: Any, stride: Any, padding: Any, dilation: Any = 1
    ) -> None:
        paddings = pair("padding", padding, least=0, count=axes)
        stride = kernel_size if stride is None else stride
        super().__init__(name, axes, kernel_size, stride, paddings, dilation)
        if any(2 * p > k for k, p in zip(self.kernel[-axes:], paddings, strict=True)):
            raise ValueError(
                f"padding must be at most half of kernel_size, got {padding} and {kernel_size}"
            )

    def pads(self, x: Any, ceil_mode: bool) -> Pads:
        """Padding of x, and beyond it what ceil_mode needs; raises if no window fits."""
        not_empty(self.name, x)
        pads = [
            (p, p + (self._beyond(n, p, i) if ceil_mode else 0))
            for i, (n, (p, _)) in enumerate(zip(x.shape[2:], self.padding, strict=True))
        ]
        padding = (pads[0], pads[1])
        out_sizes(x.shape, self.kernel, self.stride, padding, self.dilation, self.name)
        return padding

    def _beyond(self, size: int, pad: int, axis: int) -> int:
        """How far a last window, begun inside x or the padding before it, reaches out."""
        stride = self.stride[axis]
        span = self.dilation[axis] * (self.kernel[axis] - 1) + 1
        last = -(-(size + 2 * pad - span) // stride) * stride  # where it begins, before the rule
        if last >= size + pad:
            last -= stride
        return max(0, last + span - size - 2 * pad) if last >= 0 else 0


def not_empty(name: str, images: Any) -> None:
    """Check that images (N, C, H, W) have numbers to pool: of padding alone there is no answer.

    Raises:
        ValueError: an axis of space is of length 0.
    """
    if 0 in images.shape[2:]:
        raise ValueError(f"{name} takes images of at least one number, got shape {images.shape}")
