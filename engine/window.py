"""`TensorData`: what `Tensor.data` shows, and `ValueArray.data` and `.grad`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from .arrays import Array
from .node import NODES, to_numpy

WINDOW_IS_WHOLE = (
    "a Tensor's data cannot be changed in place, a graph may still need it: assign to the Tensor "
    "itself (with no_grad(): t[…] = …), assign a new array (t.data = …), or build one with "
    "engine.where"
)


def _in_place(ufunc: Any) -> Any:
    """A method that changes the owner's numbers to `ufunc(these, other)`: a window on the new ones.

    Its code stands here once for all operators, not one call below each: they are in the loop that
    updates parameters.
    """

    def changed(self: Any, other: Any) -> Any:
        owner = getattr(self, "owner", None)
        if owner is None:
            if not self.flags.writeable:
                return self.__setitem__(..., other)  # says what to do
            plain = self.numpy()
            return ufunc(plain, other, out=plain).view(Array)
        if not owner.shows(self):
            raise RuntimeError(
                "these numbers were taken before their owner was changed: take .data anew"
            )
        if type(other) is Array:  # as step * p.grad is; an owner's array is a plain one
            other = np.asarray(other)
        elif isinstance(other, NODES):
            other = to_numpy(other)
        owner.change(ufunc(self.base, other))
        return owner.data

    return changed


def _second(numbers: ndarray, other: Any, out: ndarray | None = None) -> Any:
    """`other` in the shape of the numbers."""
    out = np.empty_like(numbers) if out is None else out
    out[...] = other
    return out


class TensorData(Array):
    """A read-only window on numbers that belong to somebody, who can be told to change them all.

    Graphs recorded earlier may still need the numbers, so their array is never changed: after
    `t.data -= step`, or `d = t.data` and `d -= step`, the Tensor has a new one.  `t.data[0] = 5`
    is an error; `t[0] = 5` under `no_grad()` is not.  Of a part of somebody's numbers it is an
    error too, and a window taken before they were changed is one on the old.
    """

    __slots__ = ("owner",)

    #: Has `shows(window)`, `change(numbers)` and `data`, the next window; a part of it has none.
    owner: Any

    def __setitem__(self, index: Any, value: Any) -> None:
        if self.flags.writeable:  # a copy, as `t.data.copy()`, is an array like others
            super().__setitem__(index, value)
            return
        owner = getattr(self, "owner", None)
        raise ValueError(getattr(owner, "window_is_whole", WINDOW_IS_WHOLE))

    def __array_wrap__(self, array: Any, context: Any = None, return_scalar: bool = False) -> Any:
        return array.view(Array)

    # What is changed is the owner, not this array.
    __iadd__, __isub__ = _in_place(np.add), _in_place(np.subtract)
    __imul__, __itruediv__ = _in_place(np.multiply), _in_place(np.true_divide)
    __ifloordiv__, __imod__ = _in_place(np.floor_divide), _in_place(np.remainder)
    __ipow__, _put_in = _in_place(np.power), _in_place(_second)


def window_on(numbers: ndarray, owner: Any) -> TensorData:
    """A window on `numbers`, which are the owner's."""
    window = numbers.view(TensorData)
    window.setflags(write=False)  # as flags.writeable, in half the time
    window.owner = owner
    return window
