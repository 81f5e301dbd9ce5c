"""What a function that is differentiated returns: numbers, nodes, containers of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..lists import LISTS, array_of
from ..node import Node
from ..tensors import Tensor
from ..values import Value, ValueArray
from .trees import Tree, is_container, taken_apart

_NUMBERS = Node, float, int


def check_function(f: Any) -> None:
    if not callable(f):
        raise TypeError(f"f must be a function, got {type(f).__name__}")


def value_of(f: Any, args: list[Any], kwargs: Any, has_aux: bool) -> tuple[Any, Tree | None, Any]:
    """f's result; of a container the list of its leaves, and the tree; and what f adds to it."""
    y, aux = f(*args, **kwargs), None
    if has_aux:
        if not isinstance(y, tuple) or len(y) != 2:
            raise TypeError(
                f"with has_aux, {name_of(f)} must return a pair (result, what is given back "
                f"beside the derivative), got {type(y).__name__}"
            )
        y, aux = y
    if type(y) is Value or (type(y) is Tensor and y._requires):  # the usual ones
        return y, None, aux
    if not is_container(y):
        return _result(y, name_of(f)), None, aux
    tree, leaves = taken_apart(y, f"{name_of(f)}()")
    return [_result(x, name) for name, x in zip(tree.names, leaves, strict=True)], tree, aux


def _result(y: Any, name: str) -> Any:
    """f's result as a node, an array of Values, or a plain number or array."""
    if isinstance(y, Value):
        return y
    if isinstance(y, LISTS):
        y = array_of(y)
    dtype = getattr(y, "dtype", None)
    kind = "" if dtype is None else dtype.kind
    if kind == "O" and isinstance(y, np.ndarray):
        return y.view(ValueArray)
    if isinstance(y, bool) or (kind and kind in "iub"):
        raise TypeError(
            f"{name} returned {dtype or 'bool'}, which has no derivative (what compares, or "
            "finds a place, is constant but for jumps): return floats"
        )
    if kind == "f" or isinstance(y, _NUMBERS):
        return y
    raise TypeError(
        f"{name} must return a number, a Value, a Tensor, an array of Values or a container of "
        f"them, got {type(y).__name__}"
    )


def name_of(f: Any) -> str:
    """What errors and warnings call f."""
    return getattr(f, "__name__", "f")
