"""A program run op by op, by the table: the careful way, on whatever an op takes.

On floats it is IEEE 754 where the straight text would raise, on arrays each op's own forward, and
on nodes it is recorded as the function itself would be: that is how a compiled node is opened.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..graph import visit
from ..symbols import Symbol


def op_by_op(inputs: Sequence[Symbol], outputs: Sequence[Any], given: Sequence[Any]) -> list[Any]:
    """The outputs of a program for what is given in the place of its inputs.

    >>> from engine.symbols import Trace
    >>> trace = Trace()
    >>> a, b = trace.input(1.0, "a"), trace.input(2.0, "b")
    >>> op_by_op([a, b], [a / b, a], [1.0, 0.0])
    [inf, 1.0]
    """
    known: dict[Any, Any] = dict(zip(inputs, given, strict=True))
    order: list[Any] = []
    seen: set[Any] = set(inputs)
    for y in outputs:
        if isinstance(y, Symbol) and y not in seen:
            visit(y, seen, order)
    for node in order:
        if node.op is None:
            known[node] = node._held
            continue
        plain = tuple([known[x] if isinstance(x, Symbol) else x for x in node.inputs])
        with np.errstate(all="ignore"):
            y = node.op.apply(plain, dict(node.params))
        if type(y) is not type(node._held):
            y = as_example(y, node._held)
        known[node] = y
    return [known[y] if isinstance(y, Symbol) else y for y in outputs]


def as_example(y: Any, example: Any) -> Any:
    """A plain result as its example is: a float, a bool, or an array."""
    if not isinstance(y, np.ndarray | np.generic | float | int):
        return y  # a node
    if isinstance(example, np.ndarray):
        return np.asarray(y)
    return y.item() if isinstance(y, np.ndarray | np.generic) else type(example)(y)
