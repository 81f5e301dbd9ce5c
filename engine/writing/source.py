"""`source`: a program and its backward pass as Python text."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import numpy as np

from ..graph import toposort
from ..node import Node
from ..symbols import program, program_of
from .gathering import FEW, LONG, Input, rolled_function
from .highlighting import highlighted
from .loops import broken
from .lowering import ArrayTier, ScalarTier
from .names import Names, identifier
from .printing import Printer, Result, Unit, array_text, assignments, wrapped
from .scalar_terms import BUILT_IN, FUNCTIONS
from .standalone import Helpers
from .terms import reached
from .walk import gradients
from .wanted import wanted_inputs

#: What a text's function is called after the program, by order.
ENDINGS = {1: "and_gradients", 2: "to_second_order"}


class Source(str):
    """Python text that defines one function, and what that takes; in a notebook, in colours.

    Attributes:
        name: the function's name.
        arguments: all that it takes, by name and in order, as it was when the text was written.

    >>> text = source(lambda x: x * x, 3.0)
    >>> text.name, text.arguments
    ('f_and_gradients', {'x': 3.0})
    >>> functions = {}
    >>> exec(text, functions)
    >>> functions[text.name](3.0)
    (9.0, 6.0)
    """

    name: str
    arguments: dict[str, Any]

    def _repr_html_(self) -> str:
        return highlighted(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """In IPython, the text as `print` shows it."""
        printer.text(str(self))


def source(f: Callable[..., Any] | Node, *args: Any, wrt: Any = None, order: int = 1) -> Source:
    """A program and its backward pass as the text of one Python function.

    It takes what f takes, and then what f reads from outside (parameters of a model), and returns
    the value and the gradients; of a list of numbers a list. The text runs alone, with NumPy; what
    it calls is printed above it. Decisions that are Python's (`if`, loops, shapes) are written down
    as they fall for `args`, and what f draws at random (a mask of dropout) as it was drawn; the
    arrays' own (`where`, `maximum`) are taken anew in each run. A gate of backward that is a
    product with a mask (`d * (h != 0)`) passes on a nan where `d` is infinite. Numbers are written
    with Python's operators and `math`, where these answer for `args`: given others, they may raise
    (`log(0.0)`), and `x ** 0.5` of a negative x is complex.

    Args:
        f: a function of numbers and arrays; or a Value or a Tensor, for the graph it came of, whose
            leaves are then the arguments.
        args: numbers and arrays to run f on, as for `grad`; none for a graph.  A list is an array,
            or stays a list where f takes single numbers of it only, does what arrays do not, or
            there are Values in a list.  What f reads from outside, or finds in other arguments, is
            named by its label, or by where it is: `net.layers[0].w`.
        wrt: what to differentiate with respect to: positions among args, names, or nodes; one or a
            tuple.  By default every argument and parameter through which a gradient flows.
        order: 2 for the second derivative too.

    Returns:
        A str with attributes `name` and `arguments`: what the function takes, in order.  Array
        constants stand in it; one of more than 20 numbers is an argument more, as is a long list of
        numbers in a program of numbers.  With order=2 the function returns after the gradients
        the Hessian times vectors `v_…`, further arguments; of one number its second derivative.

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
    draft = _Draft(traced, order)
    draft.backward(traced.result, "d", wanted)
    if order == 2:
        draft.backward(draft.along(wanted), "dd", wanted)
    return draft.text()


def _summed(x: Any) -> Any:
    """The sum of an array's elements; a number as it is."""
    return x if x.is_number else x.sum()


def imports_of(text: str, modules: set[str]) -> str:
    """The lines that import what a text uses, and an empty one."""
    used = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    lines = [f"import {name}" for name in sorted(modules & used - {"np"})]
    if functions := sorted(used & set(FUNCTIONS) - set(BUILT_IN)):
        lines.append(f"from math import {', '.join(functions)}")
    if "np" in used:
        lines.append("import numpy as np")
    return "".join(f"{line}\n" for line in lines) + "\n" * bool(lines)


class _Draft:
    """A program on its way to text."""

    def __init__(self, traced: Any, order: int) -> None:
        self.traced = traced
        self.names = Names()
        self.helpers = Helpers(self.names)
        nodes = sorted(toposort(traced.result), key=lambda node: node.place)  # as they were made
        arrays = any(isinstance(x._held, np.ndarray) for x in nodes)
        self.tier = ArrayTier(self.helpers) if arrays else ScalarTier(self.helpers)
        traced.trace.floats = not arrays
        # a neuron, one op of many inputs, is as many as are written down for it
        ops = sum(max(len(x.inputs) - 1, 1) for x in nodes if x.op is not None)
        self.long = not arrays and ops >= LONG
        self.listed = {id(x) for one in traced.lists().values() for x in one}
        self.tier.program.alike, self.tier.program.folds = self.long, not self.long
        self.names.reserve(self.tier.reserved)
        self.name = f"{identifier(traced.name)}_{ENDINGS[order]}"
        self.names.reserve([self.name])
        self.inputs = traced.trace.inputs
        self.labels = [x.label for x in self.inputs]
        for x in self.inputs:
            x.label = self.names.taken(x.label)
            self.tier.input(x)
        self.units: list[Unit] = []
        self.sections: list[tuple[str, float]] = [("forward", 0)]
        for node in nodes:
            self.tier.program.node = node
            if node.op is not None:
                self.units.append(Unit(self.tier.term(node), node.label, "v"))
        self.results = [Result(self.tier.term(traced.result))]

    def backward(self, root: Any, stem: str, wanted: list[Any]) -> None:
        """The gradients of root: what the text says next, and returns for each of `wanted`."""
        program = self.tier.program
        program.backward = True
        after = len(self.sections) / 4  # terms; a result that is no new one stands here, too
        self.sections.append((f"backward{' again' * (stem == 'dd')}", len(program.known) + after))

        by: dict[Any, str] = {}
        seed = root.leaf(root.full(1.0))
        known = {root: seed}

        def note(x: Any, g: Any, node: Any) -> None:
            program.op, program.node = node.op.name, node
            by[x] = node.op.name
            program.at = self.tier.term(node)
            program.folds = not self.long or self.tier.term(known[node]).is_constant
            known[x] = g
            self.tier.term(g)

        def name(x: Any) -> str:
            return f"{stem}_{x.label}" if x.label else ""

        found = gradients(root, seed, note)
        self.units += [Unit(self.tier.term(found[x]), name(x), stem) for x in by]
        places = {x: i for i, x in enumerate(self.inputs)}
        for x in wanted:
            term = self.tier.term(found.get(x, x.full(0.0)))
            here, place = len(program.known) + after + 1 / 8, places.get(x, -1)
            self.results.append(Result(term, name(x), by.get(x, ""), here, place))

    def along(self, wanted: list[Any]) -> Any:
        """The gradient of one number; of more, the sum of gradients times vectors: new inputs."""
        program = self.tier.program

        def note(x: Any, g: Any, node: Any) -> None:
            program.op, program.node = node.op.name, node
            program.at = self.tier.term(node)
            self.tier.term(g)

        root = self.traced.result
        found = gradients(root, root.leaf(root.full(1.0)), note, again=True)
        if len(wanted) == 1 and wanted[0].size == 1 and wanted[0] in found:
            return _summed(found[wanted[0]])
        total: Any = 0.0
        given = dict(zip(self.inputs, self.labels, strict=True))
        vector, lists = "v_", self.traced.lists()
        while any(f"{vector}{name}" in lists for name in lists):
            vector += "v_"
        for x in wanted:
            self.labels.append(f"{vector}{given.get(x, x.label)}")
            label = self.names.taken(f"v_{x.label}")
            v = self.traced.trace.input(x.full(1.0), label, requires=False)
            self.listed |= {id(v)} if id(x) in self.listed else set()
            self.tier.input(v)
            if x in found:
                total = total + _summed(found[x] * v)
        return total if isinstance(total, Node) else self.traced.trace.constant(total)

    def text(self) -> Source:
        """The whole text."""
        arguments, lines = self._rolled() or self._straight()
        lines = [*wrapped(f"def {self.name}(", [*arguments], "):"), *lines]
        helpers = self.helpers.text()
        above = f"{helpers}\n\n\n" if helpers else ""
        body = above + "\n".join(lines) + "\n"
        text = Source(imports_of(body, self.helpers.modules) + body)
        text.name, text.arguments = self.name, arguments
        return text

    def _straight(self) -> tuple[dict[str, Any], list[str]]:
        """What the function takes, and its body, a line for each step."""
        numbers = isinstance(self.tier, ScalarTier)
        known = self.traced.trace.names
        printer = Printer(self.units, self.results, self.names, numbers, known)
        printed = printer.printed()
        arguments = {x.label: x._held for x in self.inputs}
        lines = []
        for name, constant in printer.constants.items():
            if constant.size > FEW:
                arguments[name] = constant
            else:
                lines += broken(f"{name} = {array_text(constant)}", 1)
        ends = [*(start for _, start in self.sections[1:]), np.inf]
        for (title, start), end in zip(self.sections, ends, strict=True):
            part = [line for line in printed.lines if start < line.place <= end]
            if part:
                lines += [f"    # {title}", *assignments(part, start > 0)]
        lines += wrapped("    return ", printed.results, "")
        return arguments, lines

    def _rolled(self) -> tuple[dict[str, Any], list[str]] | None:
        """The same with loops, and alike inputs in lists; None of a short one without lists."""
        if not self.long and not self.listed:
            return None
        live = reached([result.term for result in self.results])
        inputs = [
            Input(self.tier.term(x), label, id(x) in self.listed)
            for x, label in zip(self.inputs, self.labels, strict=True)
        ]
        return rolled_function(inputs, live, self.units, self.results, self.sections, self.long)
