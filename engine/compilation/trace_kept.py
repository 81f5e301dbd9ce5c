"""`Traced`: a function written down for calls of one form, and how such a call goes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..node import Node
from ..recording import RECORDING
from ..symbols import Symbol
from ..tensors import Tensor
from ..values import Value
from ..writing import identifier
from .as_node import record
from .call_form import Given, rebuilt
from .graph_function import GraphFunction, plain_of
from .survey import Survey
from .tracer import Run, order_of, same


class Traced:
    """One program of a compiled function.

    Attributes:
        forward: the program of its results, and of what else it changes.
        variables: what the program depends on beside its arguments.
    """

    def __init__(self, run: Run, survey: Survey, given: Given, owner: Any) -> None:
        trace = run.trace
        self.run, self.given_key = run, given.key
        self.kept = [x for _, x in given.objects]  # so that no other has its id
        results = [x for x in run.outputs if isinstance(x, Symbol)]
        self.learned = [pair for _, leaves in trace.learned for pair in leaves.items()]
        outputs = [*results, *(x for _, x in trace.assigned), *(g for _, g in self.learned)]
        self.count = len(results)
        self.inputs = _used(trace.inputs, outputs)
        name = identifier(owner.__name__.replace("<lambda>", "")) or "f"
        self.forward = GraphFunction(name, self.inputs, outputs, owner.threads)
        place = {x: i for i, x in enumerate(run.arguments)}
        leaves = {s: node for node, s in trace.lifted.items()}
        held = {s: array for array, s in trace.held.values()}
        drawn = {draw.symbol: draw for draw in trace.draws}
        self.draws = trace.draws
        #: Where each input's numbers come from: an argument's place, a leaf, an array, a draw.
        self.sources = [place.get(x, leaves.get(x, held.get(x, drawn.get(x)))) for x in self.inputs]
        self.variables = survey.variables
        met = {id(array) for array, _ in trace.held.values()}
        self.arrays = [(x, x.copy()) for x in survey.arrays.values() if id(x) not in met]
        self.leaves = [(x, _kind(x)) for x in leaves.values()]
        self.shapes = [(x, x.shape, x.dtype) for x in held.values()]
        nodes = {x for x, s in zip(self.inputs, self.sources, strict=True) if isinstance(s, Node)}
        nodes |= {x for x, n in zip(run.arguments, given.numbers, strict=True)
                  if isinstance(n, Node)}  # fmt: skip
        self.dressed = [_dress(x, nodes) for x in results]

    def holds(self) -> bool:
        """Whether all that the program depends on is as it was when it was traced."""
        return (
            all(v.holds() for v in self.variables)
            and all(_kind(x) == kind for x, kind in self.leaves)
            and all(x.shape == s and x.dtype == d for x, s, d in self.shapes)
            and all(same(x, copy) for x, copy in self.arrays)
        )

    def call(self, given: Given) -> Any:
        """The function's result for a call of this form."""
        drawn = {id(draw): draw() for draw in self.draws}
        each = [self._input(source, given, drawn) for source in self.sources]
        program, count = self.forward, self.count
        trace = self.run.trace
        if (
            RECORDING.enabled
            and not self.learned
            and any(
                flows and any(isinstance(x, Node) and x.requires_grad for x in each)
                for flows in program.flows[:count]
            )
        ):
            found = record(program, each)
        else:
            found = program([plain_of(x) for x in each])
        results = [dress(y) for dress, y in zip(self.dressed, found, strict=False)]
        for (array, _), numbers in zip(trace.assigned, found[count:], strict=False):
            array[...] = plain_of(numbers)
        self._act(found[count + len(trace.assigned) :])
        return self._result(results)

    def _input(self, source: Any, given: Given, drawn: dict[int, Any]) -> Any:
        if type(source) is int:
            return given.numbers[source]
        if id(source) in drawn:
            return drawn[id(source)]
        return source

    def _act(self, gradients: list[Any]) -> None:
        """What the function does beside computing, in its order."""
        rest = iter(gradients)
        for action in self.run.trace.actions:
            number = getattr(action, "number", None)
            if number is None:
                action()
                continue
            for leaf in self.run.trace.learned[number][1]:
                g = next(rest)
                leaf.commit({leaf: g}, False)

    def _result(self, results: list[Any]) -> Any:
        """What the function returns: containers as it made them, with these results."""
        rest = iter(results)
        each = [next(rest) if isinstance(x, Symbol) else _own(x) for x in self.run.outputs]
        return rebuilt(self.run.result, iter(each))

    @property
    def source(self) -> str:
        """The text that runs."""
        return str(self.forward.program.source)

    def plan(self) -> Any:
        """How that text uses memory."""
        return self.forward.program.plan()

    def compare_with_eager(self, given: Given) -> None:
        """Run the program and the function itself once, and compare.

        Raises:
            AssertionError: a result is another.
        """
        raise NotImplementedError


def _used(inputs: list[Symbol], outputs: list[Any]) -> list[Symbol]:
    """The inputs that a result depends on."""
    used = set(order_of(outputs))
    return [x for x in inputs if x in used]


def _kind(node: Any) -> Any:
    """What of a leaf a program depends on, beside its number: shape, dtype, whether it learns."""
    held = node._held
    if isinstance(node, Tensor):
        return held.shape, held.dtype, node._requires
    return node.requires_grad


def _own(x: Any) -> Any:
    """A constant among the results, as its caller's own."""
    return x.copy() if isinstance(x, np.ndarray) else x


def _dress(x: Symbol, nodes: set[Any]) -> Callable[[Any], Any]:
    """How a plain result is given back: a node if it is made of nodes, else a number or array."""
    if nodes.isdisjoint(order_of([x])):
        return _plain_number if not x.is_number and x.shape == () else _as_it_is
    return _constant_value if x.is_number else _constant_tensor


def _as_it_is(y: Any) -> Any:
    return y


def _plain_number(y: Any) -> Any:
    return y[()] if isinstance(y, np.ndarray) else y


def _constant_value(y: Any) -> Any:
    return y if isinstance(y, Node) else Value(y, requires_grad=False)


def _constant_tensor(y: Any) -> Any:
    return y if isinstance(y, Node) else Tensor.wrap(np.asarray(y))
