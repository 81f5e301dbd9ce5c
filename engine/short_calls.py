"""Ops whose calls are short: of one, two or three inputs without parameters; or of any number.

`define` chooses among them where a row is written.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .core import Op
from .node import Node

#: An input that was not given: a default costs nothing, *inputs and **named 50 ns a call.
_ABSENT: Any = object()


class UnaryOp(Op):
    """An elementwise op of one input without parameters: a shorter way through the call.

    `elementwise` adds one to the table; one that is made as here stands in none.

    >>> from engine import grad
    >>> double = UnaryOp("double", lambda x: 2 * x, (lambda g, y, x: 2 * g,))
    >>> double(3.0), grad(double)(3.0)
    (6.0, 2.0)
    """

    def __call__(self, x: Any = _ABSENT, *more: Any) -> Any:
        if more:
            return super().__call__(x, *more)  # says what is wrong
        if isinstance(x, Node):
            return x.record_unary(self)  # type: ignore[attr-defined]  # each tier has one
        if type(x) is float:
            return self.on_floats(x)
        if type(x) is np.ndarray and x.dtype.kind != "O":
            return self.forward(x)
        return super().__call__() if x is _ABSENT else self.apply((x,), {})


class BinaryOp(Op):
    """An elementwise op of two inputs without parameters: a shorter way through the call."""

    def __call__(self, a: Any = _ABSENT, b: Any = _ABSENT, *more: Any) -> Any:
        if more or b is _ABSENT:
            given = tuple(x for x in (a, b, *more) if x is not _ABSENT)
            return super().__call__(*given)  # says what is wrong
        if isinstance(a, Node):
            return a.record_binary(self, a, b)  # type: ignore[attr-defined]  # each tier has one
        if isinstance(b, Node):
            return b.record_binary(self, a, b)  # type: ignore[attr-defined]  # each tier has one
        return self.apply((a, b), {})


class TernaryOp(Op):
    """An elementwise op of three inputs without parameters: a shorter way through the call."""

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        if named or len(inputs) != 3:
            return super().__call__(*inputs, **named)  # sorts them, or says what is wrong
        a, b, c = inputs
        if type(b) is float and type(c) is float and type(a) is bool:
            return self.on_floats(a, b, c)
        return self.apply(inputs, {})


class WideOp(Op):
    """A fused op of any number of numbers: on Values one node with many inputs.

    >>> from engine import Value, fused, unregister
    >>> @fused(elements=lambda *x: sum(x), vjp_all=lambda g, y, *x: (g,) * len(x), wide=True)
    ... def total(*x):
    ...     "The sum of numbers."
    ...     return sum(x)
    >>> y = total(Value(1.0), 2.0, Value(3.0))
    >>> y.data, len(y.inputs)
    (6.0, 3)
    >>> unregister("total")
    """

    def __call__(self, *inputs: Any) -> Any:
        for x in inputs:
            if isinstance(x, Node):
                return x.record_wide(self, inputs)
        return self.on_floats(*inputs)
