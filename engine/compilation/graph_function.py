"""`GraphFunction`: a program as a function of its inputs, and its pullback as another one.

A pullback takes the inputs and an upstream gradient for each output, and gives the gradients of
the inputs: it is made of Symbols too, so it has a pullback itself.  That is all that derivatives
of any order need.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..array_programs import ArrayHalves, ArrayProgram
from ..core import PYTHON_RAISES
from ..graph import toposort
from ..node import Node
from ..number_programs import NumberProgram
from ..symbols import Symbol
from ..writing import gradients
from .op_by_op import op_by_op


def is_numeric(symbols: Sequence[Any]) -> bool:
    """Whether a program is of single numbers only."""
    seen: set[Any] = set()
    for y in symbols:
        if isinstance(y, Symbol) and y not in seen:
            for x in toposort(y):
                if not x.is_number:
                    return False
                seen.add(x)
    return True


class GraphFunction:
    """A program: outputs of inputs.

    Args:
        name: of the function in its text.
        inputs: Symbols of one trace.
        outputs: Symbols made of them, or constants.
        threads: see `compile`.
    """

    def __init__(
        self, name: str, inputs: Sequence[Symbol], outputs: Sequence[Any], threads: int | None
    ) -> None:
        self.name, self.inputs, self.outputs = name, list(inputs), list(outputs)
        self.threads = threads
        self.of_numbers = is_numeric(self.outputs) and is_numeric(self.inputs)
        self.ops: list[Any] = []  # of nodes that its calls are, see `as_node`
        self.flows = [isinstance(y, Symbol) and y.requires_grad for y in self.outputs]

    def __call__(self, given: Sequence[Any]) -> list[Any]:
        """The outputs, plain, for plain inputs."""
        if not self.of_numbers:
            return self.program.run(list(given))
        try:
            return self.program.run(list(given))
        except PYTHON_RAISES:
            return self.carefully(given)

    def carefully(self, given: Sequence[Any]) -> list[Any]:
        """The same op by op; of nodes, nodes."""
        return op_by_op(self.inputs, self.outputs, given)

    @functools.cached_property
    def program(self) -> Any:
        """What runs it."""
        if self.of_numbers:
            return NumberProgram(self.name, self.inputs, self.outputs)
        return ArrayProgram(self.name, self.inputs, self.outputs, self.threads)

    # --- derivatives ---

    @functools.cached_property
    def seeds(self) -> list[Symbol]:
        """Upstream gradients, further inputs: for the outputs that a gradient flows from."""
        trace = self.inputs[0]._trace
        ys = [y for y, flows in zip(self.outputs, self.flows, strict=True) if flows]
        return [trace.seed(y.full(1.0), f"d_{y.label or 'y'}{i or ''}") for i, y in enumerate(ys)]

    @functools.cached_property
    def wanted(self) -> list[int]:
        """Which inputs a gradient flows to."""
        return [i for i, x in enumerate(self.inputs) if x.requires_grad]

    @functools.cached_property
    def slopes(self) -> list[Any]:
        """The gradients of the wanted inputs, of the inputs and the seeds; zeros where none is."""
        ys = [y for y, flows in zip(self.outputs, self.flows, strict=True) if flows]
        found = gradients_of(ys, self.seeds)
        xs = [self.inputs[i] for i in self.wanted]
        return [found.get(x, x.full(0.0)) for x in xs]

    @functools.cached_property
    def pullback(self) -> GraphFunction:
        """The gradients of the wanted inputs as a function of the inputs and the seeds."""
        return GraphFunction(
            f"{self.name}_backward", [*self.inputs, *self.seeds], self.slopes, self.threads
        )

    @functools.cached_property
    def halves(self) -> ArrayHalves:
        """Forward now and backward later, on arrays."""
        return ArrayHalves(
            self.name, self.inputs, self.outputs, self.seeds, self.slopes, self.threads
        )


def gradients_of(ys: Sequence[Symbol], seeds: Sequence[Any]) -> dict[Any, Any]:
    """The gradient of several results times a seed each, for every node below them."""
    total: dict[Any, Any] = {}
    for y, seed in zip(ys, seeds, strict=True):
        for x, g in gradients(y, seed).items():
            total[x] = total[x] + g if x in total else g
    return total


def plain_of(x: Any) -> Any:
    """What a node holds; anything else as it is."""
    return x._held if isinstance(x, Node) else x


def fresh(x: Any) -> Any:
    """An array of one's own; a number as it is."""
    return np.array(x) if isinstance(x, np.ndarray) else x
