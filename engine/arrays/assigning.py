"""`x[i] = v` as an op: what x was, with other numbers in some places."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..choices import where
from ..core import Op, register
from .indexing import getitem
from .shapes import reshape, sum_to


def put(y: Any, index: Any, v: Any) -> None:
    """y[index] = v; a single number, whatever its axes, goes everywhere, as in PyTorch."""
    y[index] = v.item() if isinstance(v, np.ndarray) and v.size == 1 else v


def _setitem(*arrays: Any, at: Any = ()) -> Any:
    """The first array with the second at the first index of `at`, the third at the next, …"""
    y = arrays[0].copy()
    for v, index in zip(arrays[1:], at, strict=True):
        put(y, index, v)
    return y


def _setitem_vjp(g: Any, y: Any, *arrays: Any, at: Any) -> tuple[Any, ...]:
    """To each value goes the gradient of the places that it was the last to be put in."""
    last, places, count = np.full(y.shape, -1), [], 0  # places are numbered as they are assigned
    for index in at:
        picked = last[index]
        own = np.arange(count, count + np.size(picked)).reshape(np.shape(picked))
        places.append(own)
        last[index] = own
        count += own.size
    parts = [where(last < 0, g, 0.0)]
    for v, index, own in zip(arrays[1:], at, places, strict=True):
        part = getitem(g, index)
        if (stay := last[index] == own).all():
            parts.append(_fitted(part, np.shape(v)))
        else:
            parts.append(_fitted(where(stay, part, 0.0), np.shape(v)))
    return tuple(parts)


def _fitted(part: Any, shape: tuple[int, ...]) -> Any:
    """The gradient of what was broadcast to the places; it may have leading axes of length 1."""
    lead = len(shape) - len(np.shape(part))
    return sum_to(reshape(part, (1,) * lead + np.shape(part)) if lead > 0 else part, shape)


# a row of any number of inputs whose gradients share work
setitem = register(
    Op(
        "setitem", _setitem, (_setitem_vjp,), symbol="[ ]=", ulp=0, kind="shape", variadic=True,
        vjp_all=_setitem_vjp, linear="jointly",
    ),
    False,
)  # fmt: skip
