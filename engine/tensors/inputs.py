"""What a Tensor is made of, and an op applied to: arrays and constants, checked and copied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy import ndarray

from ..arrays import Array
from ..core import Op
from ..differentiating import refuse_to_cut
from ..lists import LISTS, array_of
from ..node import NODES, Node
from .backward import ArrayNode


def numeric(data: Any, what: str, dtype: Any) -> ndarray:
    """data as an array of real numbers or bools, or a TypeError that says what it was."""
    try:
        if isinstance(data, LISTS):
            array = array_of(data)
            if isinstance(array, NODES):
                data = _numbers_of_list(array, what)
            elif dtype is None or array.dtype.kind not in "iu":
                data = array  # ints stay a list: of those NumPy refuses what the dtype cannot hold
        elif isinstance(data, NODES):
            data = _numbers(data, what)
        array = np.asarray(data, dtype=dtype)
    except ValueError as error:
        raise ValueError(f"{what} is not a rectangular array of numbers: {error}") from None
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{what} must hold real numbers or bools, got dtype {array.dtype}")
    return array.view(ndarray) if type(array) is not ndarray else array


def _numbers(data: Any, what: str) -> ndarray:
    """A Tensor's array; Values are refused."""
    if isinstance(data, ArrayNode):
        refuse_to_cut(data, "a copy by Tensor() or .data")
        return data._held
    if isinstance(data, Node) and data.leads:
        return np.asarray(data)  # a name has no numbers, and says so
    raise TypeError(
        f"{what} holds Values: the two tiers do not mix in one graph; make them Tensors where "
        "they are made (np.array(2.0) instead of 2.0, where an argument is given), or let "
        "compare() run one function on both"
    )


def _numbers_of_list(data: Any, what: str) -> Any:
    """A list of Tensors as plain numbers, as long as no gradient is lost."""
    if isinstance(data, ArrayNode) and data._requires:
        raise TypeError(
            f"{what} is a list of Tensors that require a gradient, which a new Tensor would not "
            "pass on: engine.stack(list) makes one of them"
        )
    return _numbers(data, what)


_NUMBERS = (bool, np.bool_, np.floating, np.integer)  # a union in the call would be made each time


def constant(x: Any, op: Op, index: int) -> Any:
    """A constant input: Python numbers as they are (they do not promote), arrays copied.

    Nodes are no constants: of a list that holds them the stack is returned, and one that leads
    (`Node.leads`) as it is.
    """
    if type(x) is ndarray and x.dtype.kind in "fiub":
        return x.copy()  # as below
    if type(x) is Array:  # a mask, as `x > 0` is
        return np.array(x)
    if type(x) is float or type(x) is int or (x is None and op.kind != "elementwise"):
        return x
    if isinstance(x, _NUMBERS):
        return x
    if isinstance(x, int):  # as x.size is, which is one and more
        return int(x)
    if isinstance(x, LISTS):
        x = array_of(x)
        if isinstance(x, ArrayNode):
            return x
    if isinstance(x, Node) and x.leads:
        return x
    array = numeric(x, f"input {index} of {op.name}()", None)
    return array.copy()  # it may be changed by its owner before backward


def parameter(op: Op, name: str, x: Any) -> Any:
    """A static parameter; what its owner may change later is copied, nodes are refused."""
    if isinstance(x, ndarray):
        return np.array(x)
    if isinstance(x, Node):
        raise TypeError(
            f"{name} of {op.name}() is not differentiated and must be plain; "
            f"got a {type(x).__name__}"
        )
    return x


def wrong_shapes(op: Op, arrays: Sequence[Any], error: ValueError) -> ValueError:
    if isinstance(error, np.exceptions.AxisError | np.linalg.LinAlgError):
        return error  # names op, axis and number of axes, or shapes; of a class of its own
    shapes = ", ".join(str(np.shape(x)) for x in arrays)
    return ValueError(f"{op.name}() of shapes {shapes}: {error}")
