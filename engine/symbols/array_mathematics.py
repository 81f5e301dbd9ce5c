"""Rules of ops on whole arrays as mathematics: products of matrices, transposes, sums."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..core import Op
from ..node import to_numpy
from .formulas import argument_names
from .mathematics import ATOM, POWER, PRODUCT, Piece, Product, Writer
from .notations import Notation
from .symbol import Symbol
from .tracing import Trace

ROOM = 24  # pieces of a formula: what is longer is read more easily as a program
LEAST = 1e-4  # of a number that is written as 1 / n: less is a constant, not a mean's
#: What only matters to shapes, or to what is differentiated again: g spread over x is g.
SILENT = frozenset(["broadcast_to", "cast", "detach", "identity"])


class ArrayWriter(Writer):
    """Graphs of Symbols that stand for arrays: a product number by number is g ⊙ x."""

    def __init__(self, notation: Notation) -> None:
        super().__init__(notation)
        self.room = ROOM

    def _collect(self, x: Any, product: Product, up: bool) -> None:
        if isinstance(x, Symbol) and x.op is not None:
            if x.op.name in SILENT or _only_ones(x):
                self._collect(x.inputs[0], product, up)
                return
            if x.op.name == "getitem":
                raise ValueError("an index is no formula")
            if x.op.kind == "elementwise" and x.shape not in [np.shape(one) for one in x.inputs]:
                raise ValueError("what is spread both ways, as an outer product, would not show")
        super()._collect(x, product, up)

    def _product(self, product: Product) -> Piece:
        parts = round(1 / product.number) if LEAST < product.number < 1 else 0
        if not math.isclose(parts * product.number, 1, rel_tol=1e-14):
            return super()._product(product)
        over, under = self._factors(1, product.over), self._factors(parts, product.under)
        return Piece(self.notation.fraction(*(self._side(x).text for x in (over, under))), PRODUCT)

    def _factors(self, number: float, pieces: list[Piece]) -> list[Piece]:
        factors = super()._factors(1, pieces)
        if len(factors) > 1:
            text = self._bound(factors[0], POWER)
            for piece in factors[1:]:
                text = self.notation.between(text, "⊙", self._bound(piece, POWER))
            factors = [Piece(text, PRODUCT if number == 1 else POWER)]
        return factors if number == 1 else [self._number(number), *factors]

    def _plain(self, x: Any) -> Piece:
        if x.op is None or x.op.kind == "elementwise":
            return super()._plain(x)
        w, inputs, params = self.notation, x.inputs, x.params
        if x.op.name == "matmul":
            a, b = (self._bound(self.written(side), POWER) for side in inputs)
            return Piece(w.row(a, w.space, b), PRODUCT)
        if x.op.name == "transpose" and _turns(params["axes"], x.ndim):
            return Piece(w.power(self._bound(self.written(inputs[0]), ATOM), w.name("T")), POWER)
        if x.op.name in ("sum", "sum_to"):
            inside = self._bound(self.written(inputs[0]), POWER)
            return Piece(w.row(w.sign("∑"), inside), PRODUCT)
        return self._called(x.op, inputs, params)

    def _condition(self, x: Any) -> str:
        if isinstance(x, Symbol) and x.op is not None and x.op.name == "logical_or":
            sides = [side for side in x.inputs if not _never(side)]
            if len(sides) == 1:
                return self._condition(sides[0])
        return super()._condition(x)

    def _called(self, op: Op, inputs: Any, params: Any) -> Piece:
        """A function of its inputs, and of what is not as usual."""
        w = self.notation
        texts = [self.written(x).text for x in inputs if x is not None]
        texts += [
            w.name(str(x))
            for name, x in params.items()
            if name != "keepdims" and x != op.defaults.get(name)
        ]
        listed = [part for text in texts for part in (text, w.sign(","), w.space)]
        return Piece(w.row(w.function(op.name), w.fenced("(", w.row(*listed[:-2]), ")")))


def _never(x: Any) -> bool:
    """Whether a condition holds for nan alone: x ≠ x."""
    if x.op.name == "logical_and":
        return any(map(_never, x.inputs))
    return x.op.name == "not_equal" and x.inputs[0] is x.inputs[1]


def _only_ones(x: Any) -> bool:
    """Whether a node has the numbers of its input, in a shape that differs by axes of length 1."""
    a, b = ([n for n in one.shape if n != 1] for one in (x, x.inputs[0]))
    return x.op.name in ("reshape", "sum_to") and a == b


def _turns(axes: Any, ndim: int) -> bool:
    """Whether a transpose exchanges the last two axes, and no others."""
    return ndim == 2 if axes is None else tuple(axes) == (*range(ndim - 2), ndim - 1, ndim - 2)


def rule_of_arrays(node: Any, index: int, notation: Notation) -> str:
    """What the rule of an op on whole arrays adds to input `index`, as a formula; "" if it is none.

    It is that of this node's shapes and parameters, in the letters of the row.

    >>> import numpy as np
    >>> from engine import Tensor
    >>> from .notations import LaTeX
    >>> y = Tensor(np.ones((2, 3)), requires_grad=True) @ Tensor(np.ones((3, 4)))
    >>> rule_of_arrays(y, 0, LaTeX())
    'g\\\\,b^{T}'
    """
    op = node.op
    rule = op.rule(index)
    if rule is None or op.variadic:
        return ""
    trace = Trace()
    trace.recorded = True  # of ops alone: not what a rule does for speed with numbers
    try:
        given = zip(argument_names(op), [node, node, *node.inputs], strict=True)
        symbols = [x if x is None else trace.input(to_numpy(x), name) for name, x in given]
        with np.errstate(all="ignore"):
            return ArrayWriter(notation).written(rule(*symbols, **node.params)).text
    except Exception:  # a row may fail in any way where a name has no numbers
        return ""
