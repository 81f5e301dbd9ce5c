"""How plain results are given back: as the function itself would have given them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from ..arrays import friendly
from ..node import Node
from ..numpy_protocol import QUESTIONS
from ..symbols import Symbol, order_of
from ..tensors import Tensor
from ..values import Value


def nodes_among(results: Iterable[Symbol], nodes: set[Any]) -> set[Any]:
    """What is made of these nodes, of all that results are made of; not answers, as `x > 0` is."""
    found = set(nodes)
    for x in order_of(results):
        is_answer = x.op is None or x.op.name in QUESTIONS
        if not is_answer and any(isinstance(z, Symbol) and z in found for z in x.inputs):
            found.add(x)
    return found


def dressing_of(x: Symbol, nodes: set[Any]) -> Callable[[Any], Any]:
    """How a plain result is given back: a node if it is one of these, else a number or array."""
    if x in nodes:
        return _constant_value if x.is_number else _constant_tensor
    if x.is_number:
        return _as_number
    if not nodes.isdisjoint(order_of([x])):  # an answer about Tensors
        return friendly
    return _number_of_array if x.shape == () else _as_it_is


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
