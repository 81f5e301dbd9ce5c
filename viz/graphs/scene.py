"""From a graph, and what of it is folded, to boxes, arrows and the frames of modules."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np

from engine import Node, to_numpy
from engine.showing import norm, number

from ..drawing import Arrow, Box, Cluster, Reader, Scene, edge_text, local_text, names_in
from .batches import Batches
from .calls import Path, module_of, shared_leaves, title_of
from .fold import Fold
from .folded import bundle, fold_box
from .marks import bad, find_marks, kept_gradient
from .rivers import as_rivers, carried
from .traced import UNNAMED, Placed

FEW = 8  # plain arrays that enter folds and are drawn


class Drawer:
    """Draws one graph, folded one way or another; what is the same in all is read once.

    Args:
        graph: its nodes and their modules.
        local: whether edges carry the local derivative.
        flow: whether edges are as wide as what backward carries along them.
        prefix: of all ids, where two graphs share a picture.
    """

    def __init__(
        self, graph: Placed, *, local: bool = False, flow: bool = False, prefix: str = ""
    ) -> None:
        self.graph, self.local, self.prefix = graph, local, prefix
        self.order = graph.order
        self.flow = carried(graph.order) if flow else None
        self.reader = Reader(graph.order, prefix)
        self.marks = find_marks(graph.order)
        self.shared = shared_leaves(graph.order, graph.inputs, graph.paths)

    def scene(self, folds: list[Fold]) -> Scene:
        """The picture with some nodes drawn as one box; no node may be in two folds."""
        self.fold_of = {i: fold for fold in folds for i in fold.members}
        self.batches = Batches(self.prefix)
        self.parts: dict[Arrow, list[Any]] = {}
        boxes: list[Box] = []
        arrows: list[Arrow] = []
        where: dict[str, Path] = {}
        paths, kinds = self.graph.paths, self.graph.kinds
        for i, node in enumerate(self.order):
            fold = self.fold_of.get(i)
            if fold is None:
                constants, names = self.constants_into(node)
                boxes += [*constants, self.node_box(node)]
                where.update({box.id: paths[i] for box in (*constants, boxes[-1])})
                arrows += self.arrows_into(node, names)
            elif i == fold.members[0]:
                boxes.append(fold_box(self.order, fold, self.id_of(i), self.marks, kinds))
                where[boxes[-1].id] = fold.path[:-1] if fold.kind == "module" else fold.path
        arrows += self.folded_arrows()
        key = ""
        if self.flow is not None:
            arrows, key = as_rivers(arrows, self.parts)
        return Scene(self.batches.boxes + boxes, arrows, clusters(where, kinds), key)

    def id_of(self, i: int) -> str:
        """The id of the box that the node at place i is in."""
        fold = self.fold_of.get(i)
        return f"{self.prefix}n{i}" if fold is None else f"{self.prefix}f{fold.members[0]}"

    def node_box(self, node: Any) -> Box:
        key = id(node)
        tone = "alarm" if key in self.marks.alarms else ""
        box = self.reader.box(node, self.marks.texts.get(key, ()), tone)
        calls = self.shared.get(self.reader.place[key])
        return _chip(box, node, calls) if calls else box

    def constants_into(self, node: Any) -> tuple[list[Box], dict[int, str]]:
        """The boxes of single numbers that enter a node, and by place the box of each constant."""
        boxes, names = [], {}
        for k, box in self.reader.constants(node):
            names[k] = self.batches.name_of(node.inputs[k]) or box.id
            if names[k] == box.id:
                boxes.append(box)
        return boxes, names

    def arrows_into(self, node: Any, constants: dict[int, str]) -> list[Arrow]:
        """The edges into a node that is drawn, those from folds left out."""
        arrows = []
        head = self.reader.name(node)
        for k, x in enumerate(node.inputs):
            if isinstance(x, Node) and self.reader.place[id(x)] in self.fold_of:
                continue
            tail = self.reader.name(x) if isinstance(x, Node) else constants[k]
            text = edge_text(node.op, k, len(node.inputs))
            local = local_text(node, k) if self.local else ""
            tone = self.marks.edges.get((id(node), id(x)), "")
            label = "\n".join(filter(None, (text, local)))
            arrows.append(Arrow(tail, head, k, label, tone, self.reader.note(node, k)))
            key = (self.reader.place[id(node)], k)
            if self.flow is not None and key in self.flow:
                self.parts[arrows[-1]] = [self.flow[key]]
        return arrows

    def folded_arrows(self) -> list[Arrow]:
        """The edges from and into folds: one arrow for all between the same two boxes."""
        if not self.fold_of:
            return []
        count: Counter[tuple[str, str]] = Counter(self.batches_into_folds())
        parts: dict[tuple[str, str], list[Any]] = {}
        names = [self.id_of(i) for i in range(len(self.order))]
        for i, node in enumerate(self.order):
            folded = i in self.fold_of
            for k, x in enumerate(node.inputs):
                j = self.reader.place.get(id(x))
                if j is None or names[j] == names[i] or not (folded or j in self.fold_of):
                    continue
                ends = (names[j], names[i])
                count[ends] += 1
                if self.flow is not None and (i, k) in self.flow:
                    parts.setdefault(ends, []).append(self.flow[i, k])
        arrows = {ends: bundle(*ends, times) for ends, times in count.items()}
        self.parts |= {arrows[ends]: several for ends, several in parts.items()}
        return list(arrows.values())

    def batches_into_folds(self) -> list[tuple[str, str]]:
        """An edge from each plain array into a fold, where these are few: else they stay hidden."""
        entering = [
            (x, self.id_of(i))
            for i in sorted(self.fold_of)
            for x in self.order[i].inputs
            if isinstance(x, np.ndarray)
        ]
        if len(entering) > FEW:
            return []
        return [(name, fold) for x, fold in entering if (name := self.batches.name_of(x))]


def _chip(box: Box, node: Any, calls: int) -> Box:
    """The small box of a parameter that several calls share: arrays by shape and norms alone."""
    caption = f"{box.caption}, used by {calls:,} calls"
    if not node.shape:
        return replace(box, caption=caption)
    rows = [("shape", f"{node.shape}")]
    for name, array in (("data", node.data), ("grad", kept_gradient(node))):
        if array is not None:
            rows.append((name, bad(array) or f"norm {number(norm(to_numpy(array)), 4)}"))
    return replace(box, caption=caption, rows=tuple(rows), heat=())


# --- frames ---


def clusters(where: dict[str, Path], kinds: dict[Path, str]) -> tuple[Cluster, ...]:
    """Frames for the modules that boxes stand in, one inside the other."""
    return _frames(list(where.items()), (), kinds)


def _frames(
    boxes: list[tuple[str, Path]], around: Path, kinds: dict[Path, str]
) -> tuple[Cluster, ...]:
    deeper: dict[Path, list[tuple[str, Path]]] = {}
    for name, path in boxes:
        if len(path) > len(around):
            deeper.setdefault(path[: len(around) + 1], []).append((name, path))
    frames: list[Cluster] = []
    for path, members in deeper.items():
        inside = _frames(members, path, kinds)
        if path == (UNNAMED,):  # known from labels only: a frame would say nothing
            frames += inside
            continue
        framed = {name for frame in inside for name in names_in(frame)}
        own = tuple(name for name, _ in members if name not in framed)
        title = title_of(path)
        kind = kinds.get(module_of(path), "") if len(path) > 1 else ""
        label = f"{title}: {kind}" if kind else title
        if len(inside) == 1 and not own:  # one line around both, with both names
            inner = inside[0].label.removeprefix(f"{title}.")
            frames.append(replace(inside[0], label=f"{label} / {inner}"))
        elif len(own) + len(framed) > 1:  # a frame around one box would not say much either
            frames.append(Cluster(label, own, inside))
    return tuple(frames)
