"""From a graph, and what of it is folded, to boxes, arrows and the frames of modules."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np

from engine import Node, Tensor, to_numpy
from engine.showing import norm, number, shorten

from ..drawing import Arrow, Box, Cluster, Reader, Scene, edge_text, local_text, names_in
from .batches import Batches
from .calls import Path, module_of, shared_leaves, title_of
from .fold import Fold
from .marks import Marks, bad, find_marks, kept_gradient
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
    """
    marks = find_marks(order) if marks is None else marks
    return _Graph(order, paths, folds, local, kinds or {}, prefix, marks).scene()


class _Graph:
    def __init__(
        self, order: list[Any], paths: list[Path], folds: list[Fold], local: bool,
        kinds: dict[Path, str], prefix: str, marks: Marks,
    ) -> None:  # fmt: skip
        self.order, self.paths, self.local, self.kinds = order, paths, local, kinds
        self.reader = Reader(order, prefix)
        self.marks = marks
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
        return arrows

    def folded_arrows(self) -> list[Arrow]:
        """The edges from and into folds: one arrow for all between the same two boxes."""
        if not self.fold_of:
            return []
        count: Counter[tuple[str, str]] = Counter(self.batches_into_folds())
        for i, node in enumerate(self.order):
            for x in node.inputs:
                j = self.reader.place[id(x)] if isinstance(x, Node) else None
                if j is None or (i not in self.fold_of and j not in self.fold_of):
                    continue
                if self.id_of(i) != self.id_of(j):
                    count[self.id_of(j), self.id_of(i)] += 1
        return [
            Arrow(
                tail, head, 0, f"×{times:,}" if times > 1 else "",
                note=f"{times:,} of the edges",
            )
            for (tail, head), times in count.items()
        ]  # fmt: skip

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


# --- the box of a fold ---


def fold_box(order: list[Any], fold: Fold, name: str, marks: Marks, kinds: dict[Path, str]) -> Box:
    """The box that stands for several nodes: how many, of what kinds, with which gradients."""
    nodes = [order[i] for i in fold.members]
    count = len(nodes)
    rows = [("", f"hides {count:,} nodes" if count > 1 else "hides 1 node"), *_ops(nodes)]
    rows += _parameters(nodes)
    last = nodes[-1]
    if isinstance(last, Tensor) and fold.kind == "module" and last.op is not None:
        rows.append(("result", f"{last.shape}"))
    found = Counter(text for node in nodes for text in marks.texts.get(id(node), ()))
    inside = tuple(
        text.replace("begins here", f"begins in {n:,} nodes" if n > 1 else "begins inside")
        for text, n in found.items()
    )
    alarm = any(id(node) in marks.alarms for node in nodes)
    return Box(
        name, "fold", _caption(order, fold, kinds), "", shorten(fold.title, 60), tuple(rows),
        marks=inside, tone="alarm" if alarm else "",
    )  # fmt: skip


def _caption(order: list[Any], fold: Fold, kinds: dict[Path, str]) -> str:
    if fold.kind == "module":
        return f"{kinds.get(module_of(fold.path), 'module')}, folded"
    if fold.kind in ("repeated", "alike"):
        how = "one after another" if _linked(order, fold) else "side by side"
        return f"alike, {how}, folded"
    return {
        "chain": "again and again, folded",
        "mixed": "folded",
        "hidden": "out of focus, folded",
        "same": "the same in both, folded",
        "expanded": "number by number, folded",
    }[fold.kind]


def _linked(order: list[Any], fold: Fold) -> bool:
    """Whether some of the things folded are computed from others."""
    unit = {id(order[i]): k for k, places in enumerate(fold.units) for i in places}
    return any(
        unit.get(id(x), k) != k
        for k, places in enumerate(fold.units)
        for i in places
        for x in order[i].inputs
    )


def _ops(nodes: list[Any]) -> list[tuple[str, str]]:
    """Which ops there are, the most frequent first."""
    ops = Counter(node.op.name for node in nodes if node.op is not None)
    listed = [f"{name} ×{n:,}" if n > 1 else name for name, n in ops.most_common(5)]
    if len(ops) > 5:
        listed.append(f"{len(ops) - 5} more")
    pairs = [", ".join(listed[k : k + 2]) for k in range(0, len(listed), 2)]
    return [("ops", ",\n".join(pairs))] if pairs else []


def _parameters(nodes: list[Any]) -> list[tuple[str, str]]:
    """How many numbers the leaves hold, and how large their gradient is altogether."""
    leaves = [node for node in nodes if node.op is None]
    if not leaves:
        return []
    size = sum(int(np.size(node.data)) for node in leaves)
    held = f" ({size:,} numbers)" if size > len(leaves) else ""
    rows = [("leaves", f"{len(leaves):,}{held}")]
    gradients = [node.grad for node in leaves if node.has_grad]
    if gradients:
        all_of_them = np.concatenate([to_numpy(g).ravel().astype(np.float64) for g in gradients])
        what = bad(all_of_them)
        rows.append(("grad", what or f"norm {number(norm(all_of_them), 4)}"))
    return rows


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
