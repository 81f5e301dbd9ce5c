"""How plain results are given back: as the function itself would have given them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..node import Node
from ..symbols import Symbol, order_of
from ..tensors import Tensor
from ..values import Value


def dressing_of(x: Symbol, nodes: set[Any]) -> Callable[[Any], Any]:
    """How a plain result is given back: a node if it is made of nodes, else a number or array."""
    if nodes.isdisjoint(order_of([x])):
        if x.is_number:
            return _as_number
        return _number_of_array if x.shape == () else _as_it_is
    return _constant_value if x.is_number else _constant_tensor


def _as_it_is(y: Any) -> Any:
    return y


def _as_number(y: Any) -> Any:
    return y.item() if isinstance(y, np.ndarray | np.generic) else y


def _number_of_array(y: Any) -> Any:
    return y[()] if isinstance(y, np.ndarray) else y


def _constant_value(y: Any) -> Any:
    return y if isinstance(y, Node) else Value(_as_number(y), requires_grad=False)


def _constant_tensor(y: Any) -> Any:
    return y if isinstance(y, Node) else Tensor.wrap(np.asarray(y))


def one_number(y: Any) -> Any:
    """A result without axes as a Python number, as `value_and_grad` gives it."""
    return y if y.ndim else y.item()
