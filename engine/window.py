"""`TensorData`: what `Tensor.data` shows, and `ValueArray.data` and `.grad`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from .node import NODES, to_numpy

WINDOW_IS_WHOLE = (
    "a Tensor's data cannot be changed in place, a graph may still need it: assign to the Tensor "
    "itself (with no_grad(): t[…] = …), assign a new array (t.data = …), or build one with "
    "engine.where"
)


class TensorData(ndarray):
    """A read-only window on numbers that belong to somebody, who can be told to change them all.

    Graphs recorded earlier may still need the numbers, so their array is never changed: after
    `t.data -= step`, or `d = t.data` and `d -= step`, the Tensor has a new one.  `t.data[0] = 5`
    is an error; `t[0] = 5` under `no_grad()` is not.
    """

    #: Has `shows(window)`, `change(numbers)` and `data`, the next window; None for a part of it.
    owner: Any = None

    def __setitem__(self, index: Any, value: Any) -> None:
        if self.flags.writeable:  # a copy, as `t.data.copy()`, is an array like others
            super().__setitem__(index, value)
            return
        raise ValueError(getattr(self.owner, "window_is_whole", None) or WINDOW_IS_WHOLE)

    def __repr__(self) -> str:
        return repr(self.view(ndarray))

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        return array[()] if return_scalar else array.view(ndarray)

    def __reduce__(self) -> Any:
        return ndarray(self.shape, self.dtype, np.array(self)).__reduce__()

    def _changed(self, ufunc: Any, other: Any) -> Any:
        """A window on the owner's numbers, after they were changed to `ufunc(these, other)`.

        Raises:
            ValueError: this is a part of somebody's numbers.
            RuntimeError: they are others by now, or belong to a result.
        """
        owner = self.owner
        if owner is None and self.flags.writeable:
            plain = self.view(ndarray)
            return ufunc(plain, other, out=plain)
        if owner is None:
            return self.__setitem__(..., other)  # says what to do
        if not owner.shows(self):
            raise RuntimeError(
                "these numbers were taken before their owner was changed: take .data anew"
            )
        owner.change(ufunc(self.base, to_numpy(other) if isinstance(other, NODES) else other))
        return owner.data

    # What is changed is the owner, not this array: hence signatures that are not ndarray's.
    def __iadd__(self, other: Any) -> Any:  # type: ignore[misc]  # see above
        return self._changed(np.add, other)

    def __isub__(self, other: Any) -> Any:  # type: ignore[misc]  # see above
        return self._changed(np.subtract, other)

    def __imul__(self, other: Any) -> Any:  # type: ignore[misc]  # see above
        return self._changed(np.multiply, other)

    def __itruediv__(self, other: Any) -> Any:  # type: ignore[misc]  # see above
        return self._changed(np.true_divide, other)

    def __ifloordiv__(self, other: Any) -> Any:  # type: ignore[misc]  # see above
        return self._changed(np.floor_divide, other)

    def __imod__(self, other: Any) -> Any:  # type: ignore[misc]  # see above
        return self._changed(np.remainder, other)

    def __ipow__(self, other: Any) -> Any:  # type: ignore[misc,override]  # see above
        return self._changed(np.power, other)


def window_on(numbers: ndarray, owner: Any) -> TensorData:
    """A window on `numbers`, which are the owner's."""
    window = numbers.view(TensorData)
    window.setflags(write=False)  # as flags.writeable, in half the time
    window.owner = owner
    return window
