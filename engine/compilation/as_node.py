"""A call of a compiled function in a graph: one node, whose backward is the printed half."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..by_name import has_numbers
from ..core import PYTHON_RAISES, Op
from ..node import Node
from ..recording import ATTENTION, RECORDING
from ..tensors import Tensor, check_unchanged
from ..values import Value
from .graph_function import GraphFunction, plain_of


class CompiledOp(Op):
    """One result of a program as an op: applied to nodes it is opened, and recorded op by op."""

    opens = True

    def __init__(self, program: GraphFunction, index: int) -> None:
        self.program, self.index = program, index
        super().__init__(
            program.name,
            self._opened,
            (None,),
            vjp_all=_Slopes(program, index),
            variadic=True,
            kind="shape",
            doc="a compiled function",
        )
        self.push, self.push_arrays = _push_number, _push_array

    def _opened(self, *inputs: Any) -> Any:
        return self.program.carefully(inputs)[self.index]


class _Kept(dict[str, Any]):
    """The parameters of such a node, which has none; and what its backward half needs."""

    memory: Any = None


def record(program: GraphFunction, given: Sequence[Any]) -> list[Any]:
    """The outputs of a program: those through which a gradient flows as nodes, the others plain."""
    if not program.of_numbers:  # arrays may be changed before backward
        given = [x.copy() if type(x) is np.ndarray else x for x in given]
    plain = [plain_of(x) for x in given]
    if not program.ops:
        program.ops += [CompiledOp(program, i) if f else None for i, f in enumerate(program.flows)]
    ops = program.ops
    if program.of_numbers:
        found = program(plain)
        nodes = [_value(op, y, given) if op else y for op, y in zip(ops, found, strict=True)]
    else:
        if any(isinstance(x, Value) and x.requires_grad for x in given):
            raise TypeError(
                f"{program.name}() makes arrays of Values, to which no gradient would come back: "
                "compile it for Tensors, or leave it as it is"
            )
        found, memory = program.halves.forward(plain)
        nodes = [
            _tensor(op, y, given, plain, memory) if op else y
            for op, y in zip(ops, found, strict=True)
        ]
    if ATTENTION.threads and RECORDING.watcher is not None:
        for op, node in zip(ops, nodes, strict=True):
            if op:
                RECORDING.watcher.recorded(op, node, node.inputs)
    return nodes


def _value(op: Op, y: float, given: Sequence[Any]) -> Value:
    node = Value(y)
    node.op, node._a = op, tuple(given)
    return node


def _tensor(op: Op, y: Any, given: Sequence[Any], plain: Sequence[Any], memory: Any) -> Tensor:
    node = Tensor.wrap(y, requires_grad=True)
    node.op, node.inputs, node._arrays = op, tuple(given), tuple(plain)
    node._params = _Kept()
    node._params.memory = memory
    return node


def _seeds(program: GraphFunction, index: int, g: Any) -> list[Any]:
    """g for the result at `index`, zeros for the others."""
    flowing = [i for i, flows in enumerate(program.flows) if flows]
    return [g if i == index else plain_of(program.outputs[i].full(0.0)) for i in flowing]


def _push_array(node: Any, g: np.ndarray, found: dict[Any, Any]) -> None:
    """Add the gradients of a node's inputs to what is found, by the backward half."""
    check_unchanged(node)
    program = node.op.program
    index = node.op.index
    if program.flows.count(True) == 1:
        parts = program.halves.backward(node._params.memory, [g])
    else:  # zeros for the other results; times infinity they are nan
        with np.errstate(invalid="ignore"):
            seeds = _seeds(program, index, g)
            parts = program.halves.backward(node._params.memory, seeds)
        if any(np.isnan(part).any() for part in parts):
            parts = program.pullback(index)([*node._arrays, g])
    for i, part in zip(program.wanted, parts, strict=True):
        x = node.inputs[i]
        if isinstance(x, Tensor) and x._requires:
            found[x] = found[x] + part if x in found else part


def _push_number(node: Any, g: float) -> None:
    """The same on floats: forward is run again, which takes no longer than to keep its results."""
    program = node.op.program
    plain = [x if type(x) is float else x._held for x in node._a]
    try:
        parts = program.backward_of(node.op.index).function(*program.grouped(plain), g)
    except PYTHON_RAISES:
        parts = program.pullback(node.op.index)([*plain, g])
    for i, part in zip(program.wanted, parts, strict=True):
        node._a[i]._adjoint += part


class _Slopes:
    """The rule of one result: the gradient for each input, by the pullback."""

    def __init__(self, program: GraphFunction, index: int) -> None:
        self.program, self.index = program, index

    def __call__(self, g: Any, y: Any, *inputs: Any) -> tuple[Any, ...]:
        """Plain gradients; of nodes nodes, whose op is the pullback; of names op by op."""
        program = self.program
        given = [*inputs, g]
        if not all(map(has_numbers, given)):
            found = program.pullback(self.index, again=True).carefully(given)
        elif any(isinstance(x, Node) for x in given):
            found = record(program.pullback(self.index, again=True), given)
        else:
            found = program.pullback(self.index)(given)
        parts: list[Any] = [None] * len(inputs)
        for i, part in zip(program.wanted, found, strict=True):
            parts[i] = part
        return tuple(parts)

    @property
    def source(self) -> str:
        """The text of the pullback, which the stepper shows."""
        return str(self.program.pullback(self.index).program.source)
