"""`TensorData`: what `Tensor.data` shows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray


class TensorData(ndarray):
    """A read-only window on a Tensor's numbers.

    Graphs recorded earlier may still need them, so they are never changed in place:
    `t.data -= step` makes a new array (and `t` then holds that one), `t.data[0] = 5` is an error.
    """

    def __setitem__(self, index: Any, value: Any) -> None:
        raise ValueError(
            "a Tensor's data cannot be changed in place, a graph may still need it: "
            "assign a new array (t.data = …), or build one with engine.where"
        )

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        return array[()] if return_scalar else array.view(ndarray)

    def __reduce__(self) -> Any:
        return ndarray(self.shape, self.dtype, np.array(self)).__reduce__()

    # What looks in place makes a new, plain array, hence signatures that are not ndarray's.
    def __iadd__(self, other: Any) -> Any:  # type: ignore[misc]  # see above
        return np.add(self.view(ndarray), other)

    def __isub__(self, other: Any) -> Any:  # type: ignore[misc]  # see above
        return np.subtract(self.view(ndarray), other)

    def __imul__(self, other: Any) -> Any:  # type: ignore[misc]  # see above
        return np.multiply(self.view(ndarray), other)

    def __itruediv__(self, other: Any) -> Any:  # type: ignore[misc]  # see above
        return np.true_divide(self.view(ndarray), other)
