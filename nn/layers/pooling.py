"""What average and max pooling share: their settings, and what ceil_mode adds."""

from __future__ import annotations

from typing import Any

from .sliding import Pads, Settings, out_size, out_sizes, pair


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
        pads = [
            (p, p + self._beyond(n + 2 * p, i) * bool(ceil_mode))
            for i, (n, (p, _)) in enumerate(zip(x.shape[2:], self.padding, strict=True))
        ]
        padding = (pads[0], pads[1])
        out_sizes(x.shape, self.kernel, self.stride, padding, self.dilation, self.name)
        return padding

    def _beyond(self, size: int, axis: int) -> int:
        """How far a last window, begun inside x or the padding before it, reaches out."""
        kernel, stride, dilation = self.kernel[axis], self.stride[axis], self.dilation[axis]
        span = dilation * (kernel - 1) + 1
        if size < span:
            return 0
        count = out_size(size, kernel, stride, dilation, (0, 0))
        if count * stride < size - self.padding[axis][0] and (size - span) % stride:
            return count * stride + span - size
        return 0
