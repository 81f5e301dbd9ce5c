"""What pictures are made of: boxes and arrows, and what a box says of a Value or a Tensor."""

from __future__ import annotations

import functools
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine import Node, NodeArray, Op, Tensor, input_names, to_numpy, toposort
from engine.showing import Heat, Names, array_lines, heat_of, number, parameters, shorten

from .flow import Flow
from .unkept import Unkept, unkept
from .words import input_text, passed

SPOKEN = 4  # the most inputs that a tooltip says of what is passed to them


class GraphTooLargeError(ValueError):
    """The graph has more nodes than a picture can show.

    >>> from engine import Value
    >>> from viz import draw
    >>> try:
    ...     draw(sum(Value(1.0) for _ in range(3000)), fold=False)
    ... except GraphTooLargeError as error:
    ...     print(str(error).split(":")[0])
    the graph has 6,000 nodes, more than the 40 a picture can show well
    """


@dataclass(frozen=True)
class Box:
    """What a picture says of one node, or of several that are folded into one.

    Attributes:
        id: `n` and its place in topological order, `f` and that of its first node where several
            are folded; constants are named after the node they enter.
        kind: a key of `LOOKS`.
        caption: the kind in words; before it what the node is called, where it has no label.
        symbol: the op's, empty for leaves and constants.
        label: the user's name for the node.
        rows: name and text of each line below: data, grad, …
        heat: strips of cells, by the name of the row they follow.
        marks: warnings: where nan begins, what differs, …
        tone: a key of `TONES`, or "".
        notes: what only its tooltip says: how it was made, what it passes on.
        compact: whether it is drawn as one row.
    """

    id: str
    kind: str
    caption: str
    symbol: str
    label: str
    rows: tuple[tuple[str, str], ...]
    heat: tuple[tuple[str, Heat], ...] = ()
    marks: tuple[str, ...] = ()
    tone: str = ""
    notes: tuple[str, ...] = ()
    compact: bool = False


@dataclass(frozen=True)
class Arrow:
    """One edge: box `tail` is input `index` (from 0) of `head`; `note` is for its tooltip only.

    With `flow` it is as wide as what backward carries along it is large.
    """

    tail: str
    head: str
    index: int
    text: str
    tone: str = ""
    note: str = ""
    flow: Flow | None = None


@dataclass(frozen=True)
class Cluster:
    """A frame around boxes: a module, or one of two graphs."""

    label: str
    boxes: tuple[str, ...]
    inside: tuple[Cluster, ...] = ()


@dataclass(frozen=True)
class Scene:
    """A whole picture, before it becomes text; `note` stands below it."""

    boxes: list[Box]
    arrows: list[Arrow]
    clusters: tuple[Cluster, ...] = ()
    note: str = ""


def names_in(cluster: Cluster) -> list[str]:
    """The ids of all boxes inside a frame."""
    return [*cluster.boxes, *(name for inner in cluster.inside for name in names_in(inner))]


def checked_order(root: Any) -> list[Any]:
    """`toposort`, with a word of advice for an array of Values.

    Raises:
        TypeError: root is not a Value or a Tensor.
    """
    if isinstance(root, NodeArray):
        raise TypeError(
            f"root must be one Value or a Tensor, got an array of Values of shape {root.shape}: "
            "draw one element, or the sum"
        )
    return toposort(root)


def flowing(order: list[Any]) -> set[int]:
    """The ids of the nodes that a gradient flows to: leaves that want one, and what is above."""
    found: set[int] = set()
    for node in order:
        leaf = node.op is None
        if node.requires_grad if leaf else any(id(x) in found for x in node.inputs):
            found.add(id(node))
    return found


class Reader:
    """Reads boxes off the nodes of one graph."""

    def __init__(self, order: list[Any], prefix: str = "") -> None:
        self.order = order
        self.root = order[-1]
        self.flows = flowing(order)
        self.after_backward = any(node.op is None and node.has_grad for node in order)
        self.prefix = prefix
        self.names = Names(order)
        self.place = self.names.place
        self.labels = Counter(str(node.label) for node in order)

    def name(self, node: Any) -> str:
        """A node's id in the picture."""
        return f"{self.prefix}n{self.place[id(node)]}"

    def box(self, node: Any, marks: tuple[str, ...] = (), tone: str = "") -> Box:
        """The box of one node."""
        flows = id(node) in self.flows
        if node.op is None:
            kind, caption = ("leaf", "leaf") if flows else ("input", "input, no gradient")
            symbol = ""
        else:
            kind = "output" if node is self.root else "result"
            caption = f"{kind} of {node.op.name}"
            symbol = node.op.symbol
        called, label = self.names(node), shorten(str(node.label))
        if not label.strip():
            label, caption = "", f"{called}: {caption}"
        elif self.labels[str(node.label)] > 1 and called.endswith(")"):
            label += called[called.rindex(" (") :]  # another has this label too
        rows = [("shape", f"{node.shape} {node.dtype}")] if isinstance(node, Tensor) else []
        if node.op is not None:
            rows += [("", line) for line in parameters(node.params, node.op.defaults)]
        rows += [("data", numbers(node)), ("grad", self.grad(node))]
        return Box(
            self.name(node), kind, caption, symbol, label, tuple(rows),
            strips(node.data, self.gradient(node)), marks, tone, self.notes(node),
        )  # fmt: skip

    @functools.cached_property
    def unkept(self) -> Unkept:
        """What `backward` did not keep, where it ran; computed once, when first asked for."""
        return unkept(self.order) if self.after_backward else Unkept()

    def gradient(self, node: Any) -> Any:
        """A node's gradient, kept or not; None if it has none."""
        return node.grad if node.has_grad else self.unkept.gradients.get(id(node))

    def grad(self, node: Any) -> str:
        """A node's gradient as text, or why there is none."""
        if node.has_grad:
            return numbers(node.grad)
        if id(node) not in self.flows:
            return "none"
        if node.op is None or node.retains_grads or not self.after_backward:
            return "not computed"
        gradient, note = self.unkept.gradients.get(id(node)), self.unkept.note
        if gradient is None:
            return note or "not computed"
        return "\n".join(filter(None, (numbers(gradient), note)))

    def notes(self, node: Any) -> tuple[str, ...]:
        """How a result was made, and what its gradient adds to its inputs'."""
        if node.op is None:
            return ()
        gradient = self.gradient(node)
        flows = [
            f"passes to {self.names(x)}: {part}"
            for i, x in enumerate(node.inputs[:SPOKEN])
            if (part := passed(self.names, node, i, gradient))
        ]
        more = ["and more to others"] * (len(node.inputs) > SPOKEN)
        return (f"{self.names(node)} = {self.names.operation(node)}", *flows, *more)

    def note(self, node: Any, index: int) -> str:
        """What an edge is, in words."""
        part = passed(self.names, node, index, self.gradient(node))
        text = input_text(node.op, index, len(node.inputs))
        return f"{text}; passes back {part}" if part else text

    def constants(self, node: Any) -> list[tuple[int, Box]]:
        """The plain numbers and arrays that enter a node, each with its place among the inputs."""
        return [
            (i, constant_box(f"{self.name(node)}c{i}", x))
            for i, x in enumerate(node.inputs)
            if not isinstance(x, Node)
        ]


def constant_box(name: str, x: Any) -> Box:
    """The box of a plain number or array."""
    array = np.asarray(x)
    numeric = array.dtype.kind in "fiub"
    text = array_lines(array) if numeric else shorten(repr(x), 40)
    rows = [("shape", f"{array.shape} {array.dtype}")] if array.ndim else []
    heat = heat_of(array)
    return Box(
        name, "constant", "constant", "", "", (*rows, ("", text)), (("", heat),) if heat else ()
    )


def numbers(node: Any) -> str:
    """The data (or a gradient, be it a number, an array or a node) as text."""
    return array_lines(to_numpy(node))


def strips(data: Any, gradient: Any) -> tuple[tuple[str, Heat], ...]:
    """The heat strips of a node's data and gradient, where there are some."""
    found = [("data", heat_of(to_numpy(data)))]
    if gradient is not None:
        found.append(("grad", heat_of(to_numpy(gradient))))
    return tuple((name, heat) for name, heat in found if heat is not None)


def edge_text(op: Op, index: int, count: int) -> str:
    """Which input this is, where exchanging two would change the result."""
    if count == 1 or op.commutative:
        return ""
    if op.variadic:
        return f"input {index}"
    return ("left", "right")[index] if count == 2 else input_names(op)[index]


def local_text(node: Any, index: int) -> str:
    """The local derivative along an edge: a number, or of arrays its numbers or its shape.

    >>> from engine import Value
    >>> x = Value(3.0)
    >>> local_text(x * 5.0, 0)
    '∂ = 5'
    """
    x = node.inputs[index]
    if not isinstance(x, Node) or node.op.rule(index) is None or not node.flows_to(x):
        return ""
    if node.shape == x.shape and (node.op.kind == "elementwise" or not node.shape):
        # then the Jacobian is diagonal, and a gradient of ones brings its diagonal out
        with np.errstate(all="ignore"):
            diagonal = to_numpy(node.contribution(node.full(1.0), index))
        if not diagonal.size:
            return ""
        low, high = number(diagonal.min(), 4), number(diagonal.max(), 4)
        return f"∂ = {low}" if low == high else f"∂ = {low} to {high}"
    return f"∂ {node.shape} / ∂ {x.shape}"
