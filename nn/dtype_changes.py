"""What changes the dtype of a whole model: `model.to(np.float32)`, `model.double()`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Self

import numpy as np

from engine import names_device, on_cpu

from .parameter import Parameter


class DtypeChanges:
    """What a Module has of dtypes."""

    _all_parameters: Callable[[], Iterator[Any]]
    modules: Callable[[], Iterator[Any]]

    def to(self, device: Any = None, dtype: Any = None) -> Self:
        """Change the dtype of every parameter, and of the buffers that are not integers.

        Running statistics are float32 at least: the variance of numbers of 300 is no float16.

        Args:
            device: "cpu", the only one there is; or, as the only argument, the dtype.
            dtype: a floating-point one; None leaves all as it is.

        Raises:
            TypeError: dtype is not floating-point, or this is a scalar model (always float64).
            ValueError: another device.

        >>> from nn import Linear
        >>> Linear(2, 3).to("cpu").to(np.float32).weight.dtype
        dtype('float32')
        """
        if dtype is None and not names_device(device):
            device, dtype = None, device
        on_cpu(device)
        if dtype is None:
            return self
        parameters = list(self._all_parameters())
        if any(not isinstance(parameter, Parameter) for parameter in parameters):
            raise TypeError("a scalar model holds Python floats: convert the model it came from")
        if np.dtype(dtype).kind != "f":
            raise TypeError(f"dtype must be floating-point, got {np.dtype(dtype)}")
        for parameter in parameters:
            parameter.cast_(dtype)
        for module in self.modules():
            for name in module._buffers:
                buffer = getattr(module, name)
                if buffer is not None and buffer.dtype.kind == "f":
                    running = name in module._running
                    kind = np.promote_types(dtype, np.float32) if running else dtype
                    setattr(module, name, buffer.astype(kind))
        return self

    def type(self, dst_type: Any) -> Self:
        """`to(dtype=dst_type)`."""
        return self.to(dtype=dst_type)

    def half(self) -> Self:
        """`to(np.float16)`."""
        return self.to(np.float16)

    def float(self) -> Self:
        """`to(np.float32)`."""
        return self.to(np.float32)

    def double(self) -> Self:
        """`to(np.float64)`."""
        return self.to(np.float64)

    def cpu(self) -> Self:
        """This module, which is there already."""
        return self
