"""`steps`: backward, one edge at a time, with every number on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine import Node, Value
from engine.looking import BackwardPass, Edge
from engine.showing import Names, brief, few, operation

from .rule_source import rule_run


@dataclass(frozen=True, eq=False)
class ForwardStep:
    """One op of the forward pass.

    Attributes:
        place: of the node in topological order: it is drawn as `n{place}`.
        node: the result.
        inputs: what the op was given: numbers and arrays.
        result: what came out.

    >>> from engine import Value
    >>> from viz import steps
    >>> print(next(steps(Value(2.0, label="a") * Value(-3.0, label="b"))))
    L = a × b = 2 × −3 = −6
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
        parts = [self.names(self.node), self.names.operation(self.node)]
        if all(np.ndim(x) == 0 for x in self.inputs):
            parts.append(operation(op, few([brief(x) for x in self.inputs]), params))
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

    >>> from engine import Value
    >>> from viz import steps
    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> *_, last = steps(a * b)
    >>> last.input.label, last.upstream, last.local, last.contribution
    ('b', 1.0, 2.0, 2.0)
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
        """The rule as it stands in the source, `g * (1 - y * y)`: g upstream, y the result.

        Of a longer function, what ran for this edge.
        """
        return rule_run(self.node, self.index, self.upstream)

    @property
    def formula(self) -> str:
        """The same rule with the names of this graph: `∂L/∂c × (1 − c × c)`."""
        return self.names.rule(self.node, self.index)

    @property
    def factors(self) -> tuple[tuple[str, str], ...]:
        """Upstream gradient and local derivative, in names and in numbers; () of arrays.

        The names are `∂L/∂c` and `∂(a × b)/∂a`: the local one is named by its op.
        """
        if self.local is None:
            return ()
        names = self.names.gradient(self.node), self.names.local(self.node, self.index)
        return names, (brief(self.upstream), brief(self.local))

    @property
    def parts(self) -> tuple[str, ...]:
        """What the equation sets equal; the first is a sum: `∂L/∂a += ∂L/∂c · ∂(a × b)/∂a`."""
        target = self.names.gradient(self.input)
        if not self.factors:
            return (f"{target} += {self.formula}", brief(self.contribution))
        names, numbers = self.factors
        total = brief(self.contribution)
        return (f"{target} += {' · '.join(names)}", " × ".join(numbers), total)

    @property
    def equation(self) -> str:
        """`∂L/∂a += ∂L/∂c · ∂(a × b)/∂a = 0.5 × −3 = −1.5`."""
        return " = ".join(self.parts)

    def __str__(self) -> str:
        return f"{self.equation}   ({brief(self.before)} → {brief(self.after)})"


Step = ForwardStep | BackwardStep


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

    >>> from engine import Value
    >>> a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    >>> for step in steps(a * b):
    ...     print(step.equation)
    L = a × b = 2 × −3 = −6
    ∂L/∂a += ∂L/∂L · ∂(a × b)/∂a = 1 × −3 = −3
    ∂L/∂b += ∂L/∂L · ∂(a × b)/∂b = 1 × 2 = 2
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
        edges = one.advance(node)
        upstream = one.running(node)  # what hooks made of it
        for edge in edges:
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
