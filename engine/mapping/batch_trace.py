"""What a function does to one example, written down to be done to a whole batch."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from ..callers import line_of_caller
from ..generators import Rng
from ..graph import visit
from ..node import Node
from ..symbols import Draw, Noting, Symbol, Trace, Tracing, peek, tracing_now
from ..writing import gradients

_ONCE = (
    "under vmap a function is run once, for all examples, and has no single one's numbers; choose "
    "with where(condition, a, b), maximum or clip, take parts of an array with engine.getitem("
    "array, i), compute with engine's functions, or call it for one example after the other: "
    "engine.stack([f(x) for x in batch])"
)


class BatchTrace(Trace):
    """A `Trace` of a function of one example.

    What is there before, parameters for one, stays what it is (`outside`); what the function makes
    of such alone is written down, too, for it may be differentiated inside.
    """

    called = "a batched number"
    way_out = _ONCE

    def __init__(self) -> None:
        super().__init__()
        self.around = tracing_now()
        self.depth = 1 if self.around is None else self.around.depth + 1
        #: How many results each program around had, before.
        self.before: dict[Trace, int] = {}
        trace = self.around
        while trace is not None:
            self.before[trace] = trace.made
            trace = trace.around
        self.outside: dict[Symbol, Any] = {}
        self.draws: list[Draw] = []

    # --- what is met inside ---

    def lift(self, root: Any) -> Symbol:
        """The Symbol for a node that is none of this trace's."""
        left = [root]
        while left:
            x = left.pop()
            if not isinstance(x, Node) or x in self.lifted:
                continue
            if x.op is None or not self._is_made_inside(x):
                self.lifted[x] = y = Symbol.leaf_of(x._held, self, x.label, x.requires_grad)
                self.outside[y] = x
            else:
                left += x.inputs
        order: list[Any] = []
        if root not in self.lifted:
            visit(root, set(self.lifted), order)
        for node in order:
            inputs = tuple([self.lifted[x] if isinstance(x, Node) else x for x in node.inputs])
            made = Symbol.made(node.op, inputs, dict(node.params), node._held, self)
            self.lifted[node] = made
        return self.lifted[root]

    def _is_made_inside(self, x: Any) -> bool:
        if isinstance(x, Symbol):
            return x.place > self.before.get(x._trace, 0)
        return x in self.when

    def gradients(self, root: Symbol, wanted: Any, seed: Any) -> list[Any]:
        """The gradient of root for each node, a Symbol or what the function met."""
        found = gradients(root, seed, again=True)
        return [found.get(self.lifted.get(x, x)) for x in wanted]

    def backward(self, root: Symbol, gradient: Any) -> NoReturn:
        """Refused: whose `.grad` would it be?"""
        raise TypeError(
            f"backward() under vmap{line_of_caller()}: which example's gradient would .grad be?  "
            "Take vmap(grad(f)), which gives one gradient for each"
        )

    # --- what programs that are traced ask for ---

    def drawn(self, rng: Rng, draw: Callable[[np.random.Generator], Any]) -> Symbol:
        """A Symbol for `draw(generator)`, drawn for each example; now nothing is used up."""
        symbol = self.input(peek(rng, draw), "drawn", requires=False)
        self.draws.append(Draw(symbol, rng, draw))
        return symbol

    def drawn_for_each(self, size: int) -> dict[Any, Any]:
        """What is drawn for each example, in the order in which a loop over them would draw."""
        if self.around is not None:
            return {
                one.symbol: self.around.drawn(one.rng, functools.partial(_several, one.draw, size))
                for one in self.draws
            }
        rows = [[np.asarray(one()) for one in self.draws] for _ in range(size)]
        each = zip(*rows, strict=True) if rows else [()] * len(self.draws)
        return {
            one.symbol: np.array(numbers).reshape(size, *one.symbol.shape)
            for one, numbers in zip(self.draws, each, strict=True)
        }

    def hold(self, array: np.ndarray, label: str = "") -> Any:
        """The numbers that an array from outside has."""
        return array if self.around is None else self.around.hold(array, label)

    def assign(self, array: np.ndarray, numbers: Any) -> NoReturn:
        """Refused: there would be a new one for each example."""
        raise TypeError(
            f"under vmap a function must not change what it reads{line_of_caller()}, as BatchNorm "
            "in training does with its statistics: call model.eval()"
        )

    def afterwards(self, action: Callable[[], Any]) -> NoReturn:
        """Refused: it would be done once, not for each example."""
        raise TypeError(
            f"under vmap a function must not change parameters or gradients{line_of_caller()}: do "
            "that outside of it"
        )


def _several(draw: Callable[[np.random.Generator], Any], size: int, source: Any) -> np.ndarray:
    return np.array([draw(source) for _ in range(size)])


def written_down(f: Callable[..., Any], args: Any, trace: BatchTrace) -> Any:
    """f(*args), with Symbols of the trace among the arguments.

    Raises:
        TypeError: f asks for the numbers of one.
    """
    with Tracing(trace), Noting(trace):
        try:
            result = f(*args)
        except Exception as error:
            if trace.refused and str(error) != trace.refused[0]:  # it says less than the refusal
                raise TypeError(trace.refused[0]) from error
            raise
    if trace.refused:  # and f went on, another way
        raise TypeError(trace.refused[0])
    return result
