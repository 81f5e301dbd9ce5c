"""Parameters that are names: `x[i]` of an i that is an argument of the program.

Everywhere else a parameter is static.  An op that is given a Symbol for one, or an index with
Symbols in it, is written down as an op with that many inputs more, to which nothing flows.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ..core import Op
from ..node import NODES, Node
from ..numpy_protocol import replaced
from .rebinding import runs_on_names


class Place:
    """Stands in a parameter for the input at `index`; there is one for each index."""

    __slots__ = ("index",)

    def __init__(self, index: int) -> None:
        self.index = index


class LiftedOp(Op):
    """An op of which parameters are inputs; its forward and rules are those of the op.

    Where an input belongs in a parameter, that has its `Place`.

    Attributes:
        lifted: the op.
        count: how many inputs that has.
    """

    def __init__(self, op: Op, count: int, more: int) -> None:
        self.lifted, self.count = op, count
        rules = (*map(self._rule, range(count)), *(None,) * more)
        super().__init__(op.name, self._forward, rules, symbol=op.symbol, kind="shape", ulp=op.ulp)

    def _forward(self, *inputs: Any, **params: Any) -> Any:
        return self.lifted.forward(*inputs[: self.count], **filled(params, inputs))

    def _rule(self, index: int) -> Any:
        rule = self.lifted.rule(index)
        if rule is None:
            return None
        if not runs_on_names(rule):
            raise TypeError(
                f"the rule of {self.lifted.name!r} may take names for numbers, so its parameters "
                "cannot depend on arguments: give them as plain arrays"
            )

        def with_names(g: Any, y: Any, *inputs: Any, **params: Any) -> Any:
            return rule(g, y, *inputs[: self.count], **filled(params, inputs))

        return with_names


_place = functools.cache(Place)
_lifted_op = functools.cache(LiftedOp)  # the same op each time: programs are compared by them


def lifted(
    op: Op, inputs: tuple[Any, ...], params: dict[str, Any]
) -> tuple[Op, tuple[Any, ...], dict[str, Any]]:
    """The op, inputs and parameters; as a `LiftedOp` if there are nodes among the latter.

    Raises:
        TypeError: a gradient would flow to one, or it is no array.
    """
    found: list[Any] = []

    def placed(x: Any) -> Any:
        found.append(x)
        return _place(len(inputs) + len(found) - 1)

    given = {name: replaced(x, placed) for name, x in params.items()}
    if not found:
        return op, inputs, params
    for name, x in params.items():
        if isinstance(x, NODES) and not _is_data(x):
            raise TypeError(f"{name} of {op.name}() is a plain value, got a {type(x).__name__}")
    return _lifted_op(op, len(inputs), len(found)), (*inputs, *found), given


def _is_data(x: Any) -> bool:
    """Whether a parameter may be a name: of an array, to which no gradient flows."""
    return isinstance(x, Node) and not x.requires_grad and type(x._held) is np.ndarray


def filled(x: Any, inputs: tuple[Any, ...]) -> Any:
    """Parameters with the inputs in their places."""
    if type(x) is Place:
        return inputs[x.index]
    if type(x) in (tuple, list):
        return type(x)(filled(part, inputs) for part in x)
    if type(x) is dict:
        return {key: filled(part, inputs) for key, part in x.items()}
    return x
