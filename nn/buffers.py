"""Buffers that layers read and change: at once, or as a part of a compiled function.

There the numbers are those of each call, and the change is made after it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine import Node, ValueArray, has_numbers, is_recomputing, to_numpy
from engine.symbols import tracing_now

from .checks import plain


def as_it_is(name: str, array: Any, x: Any) -> Any:
    """The numbers of an array to which no gradient flows, for a layer given x.

    In a compiled function a Symbol for them; beside Values, which know no arrays, they are what
    they were while it was traced, and it is traced anew when they change.

    Raises:
        TypeError: it requires a gradient.
    """
    trace = tracing_now()
    if trace is None or isinstance(array, Node) or isinstance(x, ValueArray):
        return plain(name, array)
    return trace.hold(array)


def refuse_values(layer: str, x: Any) -> None:
    """Refuse Values where a compiled function would need arrays of other numbers beside them.

    Raises:
        TypeError: x is of Values, and a compiled function is being traced.
    """
    if tracing_now() is not None and (isinstance(x, ValueArray) or getattr(x, "is_number", False)):
        raise TypeError(
            f"{layer} of a scalar model in a compiled function, in training: use the model of "
            "Tensors, or train it without compile"
        )


def follow(array: Any, step: Callable[[Any], Any]) -> None:
    """Add `step(numbers)` to an array or a Tensor that holds these numbers, in place.

    Raises:
        TypeError: in a compiled function, a Tensor, or an argument.
    """
    trace = tracing_now()
    if trace is None:
        numbers = np.asarray(array)  # an Array's own: it would take longer itself
        if isinstance(array, np.ndarray):
            numbers += step(numbers)
        else:
            array[...] = numbers + step(numbers)
        return
    if isinstance(array, Node):
        raise TypeError(
            "what a compiled function changes must be an array that it reads from outside, as the "
            f"buffers of a layer, got a {type(array).__name__}"
        )
    numbers = trace.hold(array)
    trace.assign(array, numbers + step(numbers))


def is_followed(x: Any) -> bool:
    """Whether a layer given x is to change its buffers.

    Not while `source` writes it down, and not in the second run of a checkpointed function.
    """
    return tracing_now() is not None or (has_numbers(x) and not is_recomputing())


def without_gradient(x: Any) -> Any:
    """The numbers of x, without a gradient; what stands for them in a compiled function."""
    if type(x) is np.ndarray and x.dtype.kind != "O":
        return x
    trace = tracing_now()
    if trace is not None and isinstance(x, Node) and has_numbers(x):
        x = trace.lift(x)
    return to_numpy(x)
