"""`diff`: two graphs drawn as one, with what differs marked."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Hashable
from dataclasses import replace
from typing import Any

import numpy as np

from engine import Node, Tensor

from ..drawing import Arrow, Box, Reader, Scene, checked_order, constant_box, edge_text, scene_dot
from .dot import MAX_NODES, check_direction
from .fold import Fold
from .folded import bundle, fold_box
from .knots import knots, parts_of
from .marks import Marks, kept_gradient
from .picture import Picture


def diff(
    a: Any,
    b: Any,
    *,
    names: tuple[str, str] = ("first", "second"),
    direction: str = "LR",
    dark: bool = False,
    max_nodes: int = MAX_NODES,
) -> Picture:
    """Two graphs as one picture: what only one of them has, and where data or gradients differ.

    Nodes are matched from the results down while ops agree, then from the leaves up.  A node both
    have is drawn once; where its numbers differ, both stand in it, and the node where a difference
    begins says so.  Of more than `max_nodes` nodes, those that are the same are folded, then those
    that only follow from a difference.

    Args:
        a, b: Values or Tensors, of one tier.
        names: what to call the two graphs.
        direction, dark: as `viz.to_dot`.
        max_nodes: how many nodes to draw one by one.

    Raises:
        TypeError: a or b is not a node, or they are of different tiers.
        ValueError: direction is neither, or names are not two.

    >>> from engine import Value
    >>> a, b = Value(2.0, label="x") * 3.0, Value(2.0, label="x") + 3.0
    >>> [word in diff(a, b).dot for word in ("only in first", "only in second")]
    [True, True]
    """
    check_direction(direction)
    if len(names) != 2:
        raise ValueError(f"names must be two, got {names!r}")
    orders = checked_order(a), checked_order(b)
    if isinstance(a, Tensor) != isinstance(b, Tensor):
        raise TypeError(
            f"both graphs must be of one tier, got a {type(a).__name__} and a {type(b).__name__}"
        )
    scene = _Difference(*orders, names).scene(max_nodes)
    return Picture(scene_dot(scene, direction=direction, dark=dark))


# --- which node is which ---


def match(first: list[Any], second: list[Any]) -> list[tuple[Any, Any]]:
    """Pairs of nodes that are one node in both graphs; each node is in one pair at most."""
    taken: set[int] = set()
    pairs: list[tuple[Any, Any]] = []

    def pair(a: Any, b: Any) -> bool:
        if id(a) in taken or id(b) in taken or not _may_be_one(a, b):
            return False
        taken.update((id(a), id(b)))
        pairs.append((a, b))
        return True

    queue = deque([(first[-1], second[-1])])
    while queue:
        a, b = queue.popleft()
        if pair(a, b):
            both = zip(a.inputs, b.inputs, strict=True)
            queue += [(x, y) for x, y in both if isinstance(x, Node) and isinstance(y, Node)]
    known: dict[Hashable, int] = {}
    waiting: dict[int, deque[Any]] = defaultdict(deque)
    for node, form in zip(second, _forms(second, known), strict=True):
        if id(node) not in taken:
            waiting[form].append(node)
    for node, form in zip(first, _forms(first, known), strict=True):
        if id(node) not in taken and waiting[form]:
            pair(node, waiting[form].popleft())
    return pairs


def _may_be_one(a: Any, b: Any) -> bool:
    """Leaves of one name and shape, or results of one op."""
    if a.op is None or b.op is None:
        return a.op is b.op and a.label == b.label and a.shape == b.shape
    return a.op is b.op and len(a.inputs) == len(b.inputs)


def _forms(order: list[Any], known: dict[Hashable, int]) -> list[int]:
    """A number for each node, the same for nodes made alike all the way down."""
    form: dict[int, int] = {}
    for node in order:
        below = tuple(form[id(x)] if isinstance(x, Node) else -1 for x in node.inputs)
        key = (node.op or (str(node.label), node.shape), below)
        form[id(node)] = known.setdefault(key, len(known))
    return [form[id(node)] for node in order]


def _same(x: Any, y: Any) -> bool:
    x, y = (np.asarray(z.data if isinstance(z, Node) else z) for z in (x, y))
    if not {x.dtype.kind, y.dtype.kind} <= set("fiub"):  # one has no gradient, say
        return repr(x) == repr(y)
    return x.shape == y.shape and bool(np.array_equal(x, y, equal_nan=x.dtype.kind == "f"))


# --- one picture of both ---


class _Difference:
    def __init__(self, first: list[Any], second: list[Any], names: tuple[str, str]) -> None:
        self.first, self.second, self.names = first, second, names
        self.readers = Reader(first), Reader(second, "b")
        pairs = match(first, second)
        self.partner = {id(x): y for x, y in pairs}
        self.name = {id(x): self.readers[0].name(x) for x in first}
        self.name |= {id(y): self.readers[1].name(y) for y in second}
        self.name |= {id(y): self.readers[0].name(x) for x, y in pairs}
        self.matched = {id(y) for _, y in pairs}
        self.changed: set[str] = set()  # ids of boxes whose data differ, or that only one has

    def scene(self, max_nodes: int) -> Scene:
        boxes: list[Box] = []
        nodes: dict[str, Any] = {}
        for node in self.first:
            boxes += self.boxes_of(node)
            nodes[boxes[-1].id] = node
        for node in self.second:
            if id(node) not in self.matched:
                boxes += self.lone(1, node)
                nodes[boxes[-1].id] = node
        arrows = self.arrows()
        if len(nodes) > max_nodes:
            boxes, arrows = _without_the_same(boxes, arrows, nodes, max_nodes)
        return Scene(boxes, arrows)

    def lone(self, which: int, node: Any) -> list[Box]:
        """The boxes of a node that one graph has and the other has not."""
        mark, tone = (f"only in {self.names[which]}",), ("first", "second")[which]
        constants = [
            replace(box, marks=mark, tone=tone) for _, box in self.readers[which].constants(node)
        ]
        self.changed.add(self.name[id(node)])
        return [*constants, self.readers[which].box(node, mark, tone)]

    def boxes_of(self, node: Any) -> list[Box]:
        """The boxes of a node of the first graph, with what differs in the second."""
        other = self.partner.get(id(node))
        if other is None:
            return self.lone(0, node)
        boxes = [box for k in range(len(node.inputs)) for box in self.constants(node, other, k)]
        ours, theirs = self.readers[0].box(node), self.readers[1].box(other)
        word = ""
        if not _same(node.data, other.data):
            tails = [
                self.name[id(x)] if isinstance(x, Node) else f"{ours.id}c{k}"
                for k, x in enumerate(node.inputs)
            ]
            word = "differs" if self.changed & set(tails) else "differs, begins here"
            self.changed.add(ours.id)
        elif not _same(kept_gradient(node), kept_gradient(other)):
            word = "gradient differs"
        elif ours.rows != theirs.rows:
            word = "differs"
        return [*boxes, self.both(ours, theirs, word) if word else ours]

    def constants(self, node: Any, other: Any, k: int) -> list[Box]:
        """The box of a constant that stands as input k in one graph or in both."""
        name = f"{self.name[id(node)]}c{k}"
        plain = [not isinstance(x.inputs[k], Node) for x in (node, other)]
        if not any(plain):
            return []
        if all(plain):
            box, theirs = (constant_box(name, x.inputs[k]) for x in (node, other))
            if _same(node.inputs[k], other.inputs[k]):
                return [box]
            self.changed.add(name)
            return [self.both(box, theirs, "differs, begins here")]
        which = 0 if plain[0] else 1
        box = constant_box(name, (node, other)[which].inputs[k])
        self.changed.add(name)
        mark = (f"only in {self.names[which]}",)
        return [replace(box, marks=mark, tone=("first", "second")[which])]

    def both(self, ours: Box, theirs: Box, word: str) -> Box:
        """One box with the rows of both; where they differ, an arrow from one to the other."""
        rows = []
        others = list(theirs.rows)
        for k, (name, text) in enumerate(ours.rows):
            other = others[k][1] if k < len(others) else ""
            rows.append((name, text if text == other else f"{text}\n→ {other}"))
        rows += others[len(ours.rows) :]
        return replace(ours, rows=tuple(rows), heat=(), marks=(word,), tone="changed")

    def arrows(self) -> list[Arrow]:
        """Every edge of either graph, once; those that one graph has alone are marked."""
        found: list[dict[tuple[str, str, int], str]] = [{}, {}]
        for which, order in enumerate((self.first, self.second)):
            for node in order:
                head = self.name[id(node)]
                for k, x in enumerate(node.inputs):
                    tail = self.name[id(x)] if isinstance(x, Node) else f"{head}c{k}"
                    found[which][tail, head, k] = edge_text(node.op, k, len(node.inputs))
        ours, theirs = found
        drawn = []
        for key, text in (ours | theirs).items():
            tone = "" if key in ours and key in theirs else "first" if key in ours else "second"
            drawn.append(Arrow(*key, text, tone))
        return drawn


def _without_the_same(
    boxes: list[Box], arrows: list[Arrow], nodes: dict[str, Any], max_nodes: int
) -> tuple[list[Box], list[Arrow]]:
    """Fold what is the same, and what only follows from a difference: one box for each kind."""
    kept = _kept(boxes, arrows, nodes, max_nodes)
    part = _parts(boxes, arrows, set(nodes) - kept, max_nodes)
    groups: dict[tuple[tuple[str, ...], int], list[Box]] = {}
    for box in boxes:
        if box.id in part:
            groups.setdefault((box.marks, part[box.id]), []).append(box)
    several = {key: members for key, members in groups.items() if len(members) > 1}
    folded: list[Box] = []
    name_of: dict[str, str] = {}
    for k, ((marks, _), members) in enumerate(sorted(several.items())):
        fold = Fold(tuple(range(len(members))), "same", (), "", ())
        box = fold_box([nodes[m.id] for m in members], fold, f"f{k}", Marks(), {})
        if marks:
            box = replace(box, caption="folded", marks=marks, tone=members[0].tone)
        folded.append(box)
        name_of |= {m.id: f"f{k}" for m in members}
    constants = {a.tail for a in arrows if a.tail not in nodes and a.head in name_of}
    shown = [box for box in boxes if box.id not in name_of and box.id not in constants]
    return folded + shown, _rerouted(arrows, name_of, constants)


def _parts(boxes: list[Box], arrows: list[Arrow], gone: set[str], most: int) -> dict[str, int]:
    """For each box that is folded which box of its kind it is in: arrows run in no circle.

    Two graphs that have the same nodes in another order are a circle themselves: they stay one.
    """
    place = {box.id: i for i, box in enumerate(boxes)}
    inputs: list[list[int]] = [[] for _ in boxes]
    for arrow in arrows:
        inputs[place[arrow.head]].append(place[arrow.tail])
    parts = None
    if not knots(inputs, list(range(len(boxes)))):
        units = [box.marks if box.id in gone else box.id for box in boxes]
        parts = parts_of(inputs, units, most)
    return {name: parts[place[name]] if parts else 0 for name in gone}


def _kept(boxes: list[Box], arrows: list[Arrow], nodes: dict[str, Any], max_nodes: int) -> set[str]:
    """The result, where a difference begins, and what is next to that: as far as there is room."""
    result = set(nodes) - {arrow.tail for arrow in arrows}
    begins = {box.id for box in boxes if box.marks and box.marks != ("differs",)}
    heads = {a.head for a in arrows if a.tail in begins and a.tail not in nodes}  # of constants
    touching = [arrow for arrow in arrows if arrow.tail in begins or arrow.head in begins]
    near = {end for arrow in touching for end in (arrow.tail, arrow.head)}
    for kept in (result | begins | near, result | begins | heads):
        if len(kept) <= max_nodes:
            return kept
    return result


def _rerouted(arrows: list[Arrow], name_of: dict[str, str], dropped: set[str]) -> list[Arrow]:
    """The arrows, those from and to folded boxes bundled."""
    straight: list[Arrow] = []
    bundles: Counter[tuple[str, str]] = Counter()
    for arrow in arrows:
        tail, head = name_of.get(arrow.tail, arrow.tail), name_of.get(arrow.head, arrow.head)
        if (tail, head) == (arrow.tail, arrow.head):
            straight.append(arrow)
        elif tail != head and tail not in dropped:
            bundles[tail, head] += 1
    return straight + [bundle(*ends, times) for ends, times in bundles.items()]
