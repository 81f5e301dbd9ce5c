"""The Value graph behind one element of a Tensor step: what the page draws beside the array.

The op is run number by number, as in `elements`; here the graph is laid out and its gradients
flow.  Elements of an array mostly share a structure (ops, places, the order of edges) and have
numbers of their own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from engine import Node, toposort
from engine.looking import label_of
from engine.showing import formula, signed

from .elements import Elements, Index
from .steps import BackwardStep, ForwardStep

TERMS = 4  # results of the op from which the way to one element is drawn
LARGEST = 40  # boxes in one drawing
ROUGH = 1e-5  # how far float32 may be off, relative to what was added up
WRITTEN = 4  # ops in the name of a box whose own graph is left out
SIGNS = {"*": "×", "-": "−", "neg": "−"}
LEFT_OUT = " …"  # after the + of a box that shows one of its inputs only
COPY = "="  # the op of an element that was only moved


@dataclass(frozen=True)
class Box:
    """A node of a twin: its op, "" for none; its inputs among the boxes before it."""

    symbol: str
    inputs: tuple[int, ...]
    name: str
    value: str


@dataclass(frozen=True)
class Flow:
    """What backward carries from a box along one of its inputs."""

    box: int
    index: int
    upstream: float
    local: float
    part: float
    before: float
    after: float


@dataclass(frozen=True)
class Twin:
    """One element's graph.

    Attributes:
        boxes: inputs before results.
        seeds: boxes that have a gradient before the first edge, and that gradient.
        flows: the edges of backward, in order; none for a forward step.
        note: what is left out.
    """

    boxes: list[Box]
    seeds: dict[int, float]
    flows: list[Flow]
    note: str = ""


class Twins:
    """The twins of the elements of one step.

    >>> from engine import Tensor
    >>> from viz import steps
    >>> x = Tensor([[1.0, 2.0]], label="x")
    >>> w = Tensor([[3.0], [4.0]], requires_grad=True, label="w")
    >>> forward, backward = steps(x @ w, gradient=[[5.0]])
    >>> twin = Twins(Elements(forward)).of((0, 0))
    >>> [(box.symbol, box.name, box.value) for box in twin.boxes][-2:]
    [('×', '', '8'), ('+', 'L[0,0]', '11')]
    >>> twin = Twins(Elements(backward)).of((1, 0))
    >>> [(flow.local, flow.after) for flow in twin.flows]
    [(1.0, 5.0), (2.0, 10.0)]
    """

    def __init__(self, elements: Elements) -> None:
        self.elements = elements
        self.step = elements.step

    def of(self, place: Index) -> Twin | str:
        """The twin of one element; or, in words, why it has none."""
        if self.elements.too_large:
            return self.elements.too_large
        if isinstance(self.step, ForwardStep):
            return self._forward(self.step, place)
        return self._backward(self.step, place)

    def _name(self, array: Any, place: Index) -> str:
        return label_of(self.elements.names(array), place)

    def _forward(self, step: ForwardStep, place: Index) -> Twin | str:
        name, end = self._name(step.node, place), self.elements.result(place)
        if not isinstance(end, Node):
            return f"{name} is a constant: no input is in it"
        order = toposort(end)
        if len(order) > LARGEST:
            return _too_many(name, len(order))
        graph = _Graph(slim=False)
        for node in order:
            graph.add(node)
        graph.end(end, name, signed(step.result[place]))
        return Twin(graph.boxes, {}, [])

    @cached_property
    def _ends(self) -> dict[int, list[Index]]:
        """For each Value (by id) of the inputs, the places of the results computed from it."""
        ends = defaultdict(list)
        for place, order in self._orders.items():
            for node in order:
                ends[id(node)].append(place)
        return ends

    @cached_property
    def _orders(self) -> dict[Index, list[Any]]:
        """The graph behind each element of the result, inputs before results."""
        places = np.ndindex(self.step.node.shape)
        ends = ((place, self.elements.result(place)) for place in places)
        return {place: toposort(end) for place, end in ends if isinstance(end, Node)}

    def _backward(self, step: BackwardStep, place: Index) -> Twin | str:
        target, name = self.elements.input(step.index, place), self._name(step.input, place)
        ends = self._ends[id(target)]
        if not ends:
            return f"no element of {self.elements.names(step.node)} is computed from {name}"
        for count in range(min(TERMS, len(ends)), 0, -1):
            graph = self._ways(step, target, ends[:count])
            if len(graph.boxes) <= LARGEST:
                break
        else:
            return _too_many(name, len(graph.boxes))
        flows = list(graph.flows())
        whole, note = float(step.contribution[place]), ""
        if len(ends) > count:
            note = f"{count} of {len(ends)} terms are drawn; all of them add up to {signed(whole)}"
        elif _alike(flows[-1].after, whole, sum(abs(flow.part) for flow in flows)):
            flows[-1] = replace(flows[-1], after=whole)  # of an array of float32, to the last digit
        else:
            note = f"the op as a whole gives {signed(whole)} here"
        return Twin(graph.boxes, graph.seeds, flows, note)

    def _ways(self, step: BackwardStep, target: Any, ends: list[Index]) -> _Graph:
        """All that leads from an element of an input to elements of the result."""
        found = [self.elements.result(end) for end in ends]
        way = _way([self._orders[end] for end in ends], target)
        merged = _merged(way, set(map(id, found)))
        graph = _Graph(slim=True)
        for node in way:
            if id(node) in merged:
                graph.merge(node)
            else:
                graph.add(node)
        # backward begins at the end: so it takes the first first
        for end, node in zip(reversed(ends), reversed(found), strict=True):
            graph.end(node, self._name(step.node, end), signed(node.data), step.upstream[end])
        return graph


def _too_many(name: str, count: int) -> str:
    return f"the graph behind {name} has {count:,} nodes, more than the {LARGEST} drawn here"


def _alike(x: float, y: float, scale: float) -> bool:
    return bool(np.isclose(x, y, rtol=0, atol=ROUGH * scale, equal_nan=True))


def _way(orders: list[list[Any]], target: Any) -> list[Any]:
    """The nodes on the ways from `target` to the ends of graphs, inputs before results."""
    way = {id(target): target}
    for order in reversed(orders):
        for node in order:
            if any(id(x) in way for x in node.inputs):
                way[id(node)] = node
    return list(way.values())


def _merged(way: list[Any], ends: set[int]) -> set[int]:
    """The sums that only lead on to sums: a row of them is one box."""
    known = set(map(id, way))
    sums = {
        id(node)
        for node in way
        if _symbol(node) == "+" and sum(id(x) in known for x in node.inputs) == 1
    }
    elsewhere = {id(x) for node in way if id(node) not in sums for x in node.inputs}
    return sums - elsewhere - ends


def _symbol(node: Any) -> str:
    return "" if node.op is None else SIGNS.get(node.op.symbol, node.op.symbol)


class _Graph:
    """Boxes as they are added, and the gradients that flow between them."""

    def __init__(self, slim: bool) -> None:
        self.slim = slim
        self.boxes: list[Box] = []
        self.seeds: dict[int, float] = {}
        self._nodes: list[Any] = []  # what each box stands for; a copy's is what it copies
        self._place: dict[int, int] = {}
        self._slots: dict[int, tuple[int, ...]] = {}  # which inputs of its node a box shows
        self._ways: set[int] = set()  # boxes through which gradients flow
        self._ends: set[int] = set()
        self._copies: set[int] = set()

    def add(self, node: Any) -> None:
        """A node; an input that is not there gets a box that stands for all behind it.

        What is added to a number on its way changes no derivative: it gets no box.
        """
        symbol = _symbol(node)
        slots = tuple(range(len(node.inputs)))
        if symbol == "+" and self.slim:
            slots = tuple(k for k in slots if id(node.inputs[k]) in self._place)
            symbol += LEFT_OUT * (len(slots) < len(node.inputs))
        inputs = tuple(self._input(node.inputs[k]) for k in slots)
        place = self._box(node, Box(symbol, inputs, node.label, signed(node.data)))
        self._place[id(node)] = place
        self._slots[place] = slots
        self._ways.add(place)

    def merge(self, node: Any) -> None:
        """Let a sum with one input on the way be part of the sum that it leads to."""
        self._place[id(node)] = next(
            self._place[id(x)] for x in node.inputs if id(x) in self._place
        )

    def _input(self, x: Any) -> int:
        if id(x) in self._place:
            return self._place[id(x)]
        name = formula(x, lambda node: node.label or None, WRITTEN) if isinstance(x, Node) else ""
        return self._box(x, Box("", (), name, signed(getattr(x, "data", x))))

    def _box(self, node: Any, box: Box) -> int:
        self.boxes.append(box)
        self._nodes.append(node)
        return len(self.boxes) - 1

    def end(self, node: Any, name: str, value: str, upstream: Any = 0.0) -> None:
        """Name the box of a result; a box of its own, if the result is another's number."""
        place = self._place[id(node)]
        if node.op is None or place in self._ends:
            place = self._box(node, Box(COPY, (place,), name, value))
            self._ways.add(place)
            self._copies.add(place)
        else:
            self.boxes[place] = replace(self.boxes[place], name=name, value=value)
        self._ends.add(place)
        self.seeds[place] = float(upstream)

    def flows(self) -> Iterator[Flow]:
        """Run backward, from the ends to where the gradient is wanted."""
        found = dict(self.seeds)
        for place in reversed(range(len(self.boxes))):
            box, upstream = self.boxes[place], found.get(place)
            if upstream is None or not box.inputs:
                continue
            parts, slopes = self._parts(place, upstream), self._parts(place, 1.0)
            for index, to in enumerate(box.inputs):
                if to in self._ways and parts[index] is not None:
                    before = found.get(to, 0.0)
                    found[to] = before + parts[index]
                    yield Flow(
                        place, index, upstream, slopes[index], parts[index], before, found[to]
                    )

    def _parts(self, place: int, upstream: float) -> Any:
        if place in self._copies:
            return [upstream]
        parts = self._nodes[place].contributions(upstream)
        return [parts[k] for k in self._slots[place]]
