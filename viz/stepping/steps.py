"""`steps`: backward, one edge at a time, with every number on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine import Node, Value
from engine.looking import BackwardPass, Edge

from ..drawing import norm, number, shorten
from .formula import minus, operation, rule_formula, signed
from .rule_source import rule_source

LONGEST = 24  # characters of a name in an equation
FEW = 6  # numbers of an array that an equation writes out


class Names:
    """A short name for each node, no two alike: its label, or `n4` by its place in the order.

    The root is called L if it has no label: then `∂L/∂a` reads as it does in books.

    Attributes:
        root: what the gradients are derivatives of.
    """

    def __init__(self, order: list[Any]) -> None:
        wanted = [_name(node, i) for i, node in enumerate(order)]
        if not str(order[-1].label).strip():
            wanted[-1] = "L"
        taken = Counter(wanted)
        self.order = order
        self._names = {
            id(node): name if taken[name] == 1 else f"{name} (n{i})"
            for i, (node, name) in enumerate(zip(order, wanted, strict=True))
        }
        self.place = {id(node): i for i, node in enumerate(order)}
        self.root = self._names[id(order[-1])]

    def __call__(self, x: Any) -> str:
        """The name of a node; a constant as it is."""
        if isinstance(x, Node):
            return self._names[id(x)]
        return brief(x) if np.asarray(x).dtype.kind in "fiub" else shorten(repr(x), LONGEST)

    def gradient(self, x: Any) -> str:
        """The gradient of a node: `∂L/∂a`."""
        return f"∂{self.root}/∂{self(x)}"


def _name(node: Any, place: int) -> str:
    label = " ".join(str(node.label).split())
    return without_middle(label, LONGEST) if label else f"n{place}"


def without_middle(text: str, longest: int) -> str:
    """Text with its middle left out where it is too long: names differ at their ends.

    >>> without_middle("layers[0].neurons[3].w[1]", 16)
    'layer…ns[3].w[1]'
    """
    tail = longest * 2 // 3
    return text if len(text) <= longest else f"{text[: longest - 1 - tail]}…{text[-tail:]}"


def brief(x: Any) -> str:
    """A number, a short array, or what there is to say of a long one.

    >>> brief(-2.0), brief(np.arange(3.0)), brief(np.ones((4, 4)))
    ('−2', '[0, 1, 2]', '(4, 4) of norm 4')
    """
    if x is None:
        return "nothing"
    array = np.asarray(x)
    if array.ndim == 0:
        return signed(array) if array.dtype.kind in "fiu" else str(array)
    if array.size <= FEW:
        return minus(_nested(array.tolist()))
    if array.dtype.kind not in "fiu":
        return f"{array.shape} of {array.dtype}"
    return f"{array.shape} of norm {signed(norm(array))}"


def _nested(numbers: Any) -> str:
    if isinstance(numbers, list):
        return f"[{', '.join(map(_nested, numbers))}]"
    return number(numbers, 4)


@dataclass(frozen=True, eq=False)
class ForwardStep:
    """One op of the forward pass.

    Attributes:
        place: of the node in topological order: it is drawn as `n{place}`.
        node: the result.
        inputs: what the op was given: numbers and arrays.
        result: what came out.
    """

    place: int
    node: Any
    inputs: tuple[Any, ...]
    result: Any
    names: Names = field(repr=False)

    @property
    def parts(self) -> tuple[str, ...]:
        """What the equation sets equal: `c`, `a × b`, `2 × −3`, `−6`."""
        op, params = self.node.op, self.node.params
        names = _few([self.names(x) for x in self.node.inputs])
        parts = [self.names(self.node), operation(op, names, params)]
        if all(np.ndim(x) == 0 for x in self.inputs):
            parts.append(operation(op, _few([brief(x) for x in self.inputs]), params))
        return (*parts, brief(self.result))

    @property
    def equation(self) -> str:
        """The op with its numbers: `c = a × b = 2 × −3 = −6`."""
        return " = ".join(self.parts)

    def __str__(self) -> str:
        return self.equation


@dataclass(frozen=True, eq=False)
class BackwardStep:
    """What backward carries along one edge: upstream × local = contribution, added up.

    Arrays in a step are read-only and nobody else's.

    Attributes:
        place: of the node in topological order: it is drawn as `n{place}`.
        node: the result whose rule is applied.
        index: along which of its inputs.
        input: the node at that input.
        input_place: its place in topological order.
        upstream: the gradient of the node.
        local: derivative of the node with respect to the input; None where one is an array.
        contribution: what is added to the gradient of the input.
        before: that gradient before; None for a Tensor that has none yet.
        after: and after.
    """

    place: int
    node: Any
    index: int
    input: Any
    input_place: int
    upstream: Any
    local: float | None
    contribution: Any
    before: Any
    after: Any
    names: Names = field(repr=False)

    @property
    def rule(self) -> str:
        """The rule as it stands in the source, `g * (1 - y * y)`: g upstream, y the result."""
        return rule_source(self.node.op, self.index)

    @property
    def formula(self) -> str:
        """The same rule with the names of this graph: `∂L/∂c × (1 − c × c)`."""
        names: dict[str | int, str] = {"g": self.names.gradient(self.node)}
        names["y"] = self.names(self.node)
        names.update((i, self.names(x)) for i, x in enumerate(self.node.inputs))
        return rule_formula(self.node, self.index, names)

    @property
    def parts(self) -> tuple[str, ...]:
        """What the equation sets equal; the first part is a sum: `∂L/∂a += ∂L/∂c · ∂c/∂a`."""
        target, upstream = self.names.gradient(self.input), self.names.gradient(self.node)
        if self.local is None:
            return (f"{target} += {self.formula}", brief(self.contribution))
        local = f"∂{self.names(self.node)}/∂{self.names(self.input)}"
        return (
            f"{target} += {upstream} · {local}",
            f"{brief(self.upstream)} × {brief(self.local)}",
            brief(self.contribution),
        )

    @property
    def equation(self) -> str:
        """`∂L/∂a += ∂L/∂c · ∂c/∂a = 0.5 × −3 = −1.5`."""
        return " = ".join(self.parts)

    def __str__(self) -> str:
        return f"{self.equation}   ({brief(self.before)} → {brief(self.after)})"


Step = ForwardStep | BackwardStep


def _few(names: list[str]) -> list[str]:
    """A few names stand for many."""
    if len(names) <= FEW:
        return names
    return [*names[: FEW - 2], "…", names[-1]]


def steps(root: Any, gradient: Any = None, retain_grads: bool | None = None) -> Iterator[Step]:
    """`root.backward(gradient)`, opened up: every op, then every edge, in the engine's order.

    First one `ForwardStep` for each op of the graph, inputs before results; then one
    `BackwardStep` for each edge along which backward carries a gradient.  The numbers are the
    engine's own: it runs backward node by node while you look.  After the last step the gradients
    are added to `.grad`, exactly as `backward` would have done; leave the iterator before, and
    every `.grad` is as it was.

    Args:
        root: a Value or a Tensor.
        gradient, retain_grads: as `backward` takes them, with its defaults.

    Raises:
        TypeError: root is not a Value or a Tensor, or gradient is not numeric.
        ValueError, RuntimeError: as `backward`.

    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> for step in steps(a * b):
    ...     print(step.equation)
    L = a × b = 2 × −3 = −6
    ∂L/∂a += ∂L/∂L · ∂L/∂a = 1 × −3 = −3
    ∂L/∂b += ∂L/∂L · ∂L/∂b = 1 × 2 = 2
    >>> a.grad, b.grad
    (-3.0, 2.0)
    """
    return walk(BackwardPass(root, gradient, retain_grads))


def walk(one: BackwardPass, commit: bool = True) -> Iterator[Step]:
    """The steps of a backward pass; `commit` False leaves every `.grad` alone at the end too."""
    names = Names(one.order)
    for place, node in enumerate(one.order):
        if node.op is not None:
            inputs = tuple(_still(x) for x in node.inputs)
            yield ForwardStep(place, node, inputs, _still(node), names)
    for node in reversed(one.order):
        before = {id(x): one.running(x) for x in node.inputs if isinstance(x, Node)}
        upstream = one.running(node)
        for edge in one.advance(node):
            running = before[id(edge.input)]
            after = edge.part if running is None else running + edge.part
            before[id(edge.input)] = after
            if running is None:  # a number that nothing has been added to is shown as 0
                running = 0.0 if isinstance(edge.input, Value) else None
            yield _backward_step(node, edge, upstream, running, after, names)
    if commit:
        one.commit()


def _backward_step(
    node: Any, edge: Edge, upstream: Any, before: Any, after: Any, names: Names
) -> BackwardStep:
    return BackwardStep(
        names.place[id(node)],
        node,
        edge.index,
        edge.input,
        names.place[id(edge.input)],
        _still(upstream),
        edge.local,
        _still(edge.part),
        _still(before),
        _still(after),
        names,
    )


def _still(x: Any) -> Any:
    """A number as it is; an array as a copy that cannot be changed."""
    if isinstance(x, Node):
        x = x.data
    if isinstance(x, np.ndarray | np.generic):
        x = np.array(x)
        x.flags.writeable = False
    return x
