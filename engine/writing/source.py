"""`source`: a program and its backward pass as Python text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..graph import toposort
from ..node import Node
from ..symbols import program, program_of
from .lowering import ArrayTier
from .names import Names, identifier
from .printing import Printer, Unit, assignments, wrapped
from .standalone import Helpers
from .walk import gradients
from .wanted import wanted_inputs


class Source(str):
    """Python text that defines one function, and what that takes.

    Attributes:
        name: the function's name.
        arguments: all that it takes, by name and in order, as it was when the text was written.
    """

    name: str
    arguments: dict[str, Any]


def source(f: Callable[..., Any] | Node, *args: Any, wrt: Any = None, order: int = 1) -> Source:
    """A program and its backward pass as the text of one Python function.

    It takes what f takes, and then what f reads from outside (parameters of a model), and returns
    the value and the gradients.  The text runs alone, with NumPy; what it calls is printed above
    it.  Decisions that are Python's (`if`, loops, shapes) are written down as they fall for `args`;
    the arrays' own (`where`, `maximum`) are taken anew in each run.  A gate of backward that is a
    product with a mask (`d * (h != 0)`) passes on a nan where `d` is infinite.

    Args:
        f: a function of numbers and arrays; or a Value or a Tensor, for the graph it came of, whose
            leaves are then the arguments.
        args: numbers and arrays to run f on, as for `grad`; none for a graph.
        wrt: what to differentiate with respect to: positions among args, names, or nodes; one or a
            tuple.  By default every argument and parameter through which a gradient flows.
        order: 2 for the second derivative too.

    Returns:
        A str with attributes `name` and `arguments`: what the function takes, in order.  Array
        constants stand above it; one of more than 20 numbers is an argument more.

    Raises:
        ValueError: the result is not a single number; order is neither 1 nor 2; wrt names no input.
        TypeError: f is no function or asks for numbers (`float(x)`, `if x > 0`).

    >>> def loss(w, x):
    ...     y = np.tanh(x @ w)
    ...     return y.sum()
    >>> print(source(loss, np.zeros(2), np.ones((3, 2)), wrt="w"), end="")
    import numpy as np
    <BLANKLINE>
    def loss_and_gradients(w, x):
        # forward
        y = np.tanh(x @ w)
        v1 = y.sum()
        # backward
        d_w = x.T @ (1 - y * y)  # matmul
        return v1, d_w
    """
    if order not in (1, 2):
        raise ValueError(f"order must be 1 or 2, got {order!r}")
    traced = program_of(f) if isinstance(f, Node) else program(f, *args)
    if traced.result.size != 1:
        raise ValueError(
            f"source() needs a single number as result, got shape {traced.result.shape}: "
            "sum it, or take one element"
        )
    wanted = wanted_inputs(traced, wrt)
    draft = _Draft(traced)
    found = draft.backward(traced.result, traced.result.full(1.0))
    return draft.text([traced.result, *(found.get(x, x.full(0.0)) for x in wanted)])


class _Draft:
    """A program on its way to text."""

    def __init__(self, traced: Any) -> None:
        self.traced = traced
        self.names = Names()
        self.helpers = Helpers(self.names)
        self.inputs = traced.trace.inputs
        for x in self.inputs:
            x.label = self.names.taken(x.label)
        self.tier = ArrayTier(self.inputs, [x.label for x in self.inputs], self.helpers)
        self.units: list[Unit] = []
        self.sections = [("# forward", 0)]
        for node in toposort(traced.result):
            if node.op is not None:
                self.units.append(Unit(self.tier.term(node), node.label, "v"))

    def backward(self, root: Any, seed: Any) -> dict[Any, Any]:
        """The gradients of root; they are what the text says next."""
        program = self.tier.program
        program.backward = True
        self.sections.append(("# backward", len(program.known)))

        def note(x: Any, g: Any, op: str) -> None:
            program.op = op
            self.units.append(Unit(self.tier.term(g), f"d_{x.label}" if x.label else "", "d"))

        return gradients(toposort(root), root.leaf(seed), note)

    def text(self, results: list[Any]) -> Source:
        """The whole text."""
        printer = Printer(self.units, [self.tier.term(x) for x in results], self.names)
        printed = printer.printed()
        name = f"{identifier(self.traced.name)}_and_gradients"
        lines = [*wrapped(f"def {name}(", [x.label for x in self.inputs], "):")]
        ends = [*(start for _, start in self.sections[1:]), np.inf]
        for (title, start), end in zip(self.sections, ends, strict=True):
            part = [line for line in printed.lines if start < line.place <= end]
            lines += [f"    {title}", *assignments(part, start > 0)]
        lines += wrapped("    return ", printed.results, "")
        helpers = self.helpers.text()
        above = f"{helpers}\n\n\n" if helpers else ""
        imports = "".join(f"import {name}\n" for name in sorted(self.helpers.modules - {"np"}))
        text = Source(f"{imports}import numpy as np\n\n{above}" + "\n".join(lines) + "\n")
        text.name, text.arguments = name, {x.label: x._held for x in self.inputs}
        return text
