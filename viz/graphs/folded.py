"""The box of a fold: what it hides, how many and of what kind, with which gradients."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from engine import Tensor, to_numpy
from engine.showing import norm, number, shorten

from ..drawing import Arrow, Box
from .calls import Path, module_of
from .fold import Fold
from .marks import Marks, bad


def bundle(tail: str, head: str, times: int) -> Arrow:
    """One arrow for all edges between the same two boxes."""
    return Arrow(tail, head, 0, f"×{times:,}" if times > 1 else "", note=f"{times:,} of the edges")


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
