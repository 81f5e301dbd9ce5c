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
from .folded import fold_box
from .marks import Marks, bad, find_marks, kept_gradient
from .rivers import Carried, as_rivers
from .traced import UNNAMED, input_places

FEW = 8  # plain arrays that enter folds and are drawn


def graph_scene(
    order: list[Any],
    paths: list[Path],
    folds: list[Fold],
    *,
    local: bool = False,
    kinds: dict[Path, str] | None = None,
    prefix: str = "",
    marks: Marks | None = None,
    flow: Carried | None = None,
) -> Scene:
    """The picture of a graph.

    Args:
        order: `toposort` of its root.
        paths: for each node its module.
        folds: what is drawn as one box; no node may be in two.
        local: whether edges carry the local derivative.
        kinds: the class of the module at a path.
        prefix: of all ids, where two graphs share a picture.
        marks: where trouble begins, if that was found already.
        flow: what backward carries along each edge, if that shall be seen.
    """
    marks = find_marks(order) if marks is None else marks
    graph = _Graph(order, paths, folds, local, kinds or {}, prefix, marks, flow or {})
    scene = graph.scene()
    if flow is None:
        return scene
    arrows, key = as_rivers(scene.arrows, graph.parts)
    return replace(scene, arrows=arrows, note=key)


class _Graph:
    def __init__(
        self, order: list[Any], paths: list[Path], folds: list[Fold], local: bool,
        kinds: dict[Path, str], prefix: str, marks: Marks, flow: Carried,
    ) -> None:  # fmt: skip
        self.order, self.paths, self.local, self.kinds = order, paths, local, kinds
        self.reader = Reader(order, prefix)
        self.marks, self.flow = marks, flow
        self.parts: dict[Arrow, list[Any]] = {}
        self.fold_of = {i: fold for fold in folds for i in fold.members}
        self.prefix = prefix
        self.shared = shared_leaves(order, input_places(order), paths)
        self.batches = Batches(prefix)

    def scene(self) -> Scene:
        boxes: list[Box] = []
        arrows: list[Arrow] = []
        where: dict[str, Path] = {}
        for i, node in enumerate(self.order):
            fold = self.fold_of.get(i)
            if fold is None:
                constants, names = self.constants_into(node)
                boxes += [*constants, self.node_box(node)]
                where.update({box.id: self.paths[i] for box in (*constants, boxes[-1])})
                arrows += self.arrows_into(node, names)
            elif i == fold.members[0]:
                boxes.append(fold_box(self.order, fold, self.id_of(i), self.marks, self.kinds))
                where[boxes[-1].id] = fold.path[:-1] if fold.kind == "module" else fold.path
        arrows += self.folded_arrows()
        return Scene(self.batches.boxes + boxes, arrows, clusters(where, self.kinds))

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
            if (key := (self.reader.place[id(node)], k)) in self.flow:
                self.parts[arrows[-1]] = [self.flow[key]]
        return arrows

    def folded_arrows(self) -> list[Arrow]:
        """The edges from and into folds: one arrow for all between the same two boxes."""
        if not self.fold_of:
            return []
        count: Counter[tuple[str, str]] = Counter(self.batches_into_folds())
        parts: dict[tuple[str, str], list[Any]] = {}
        for i, node in enumerate(self.order):
            for k, x in enumerate(node.inputs):
                j = self.reader.place[id(x)] if isinstance(x, Node) else None
                if j is None or (i not in self.fold_of and j not in self.fold_of):
                    continue
                ends = (self.id_of(j), self.id_of(i))
                if ends[0] != ends[1]:
                    count[ends] += 1
                    if (i, k) in self.flow:
                        parts.setdefault(ends, []).append(self.flow[i, k])
        arrows = {
            ends: Arrow(
                *ends, 0, f"×{times:,}" if times > 1 else "", note=f"{times:,} of the edges"
            )
            for ends, times in count.items()
        }  # fmt: skip
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
