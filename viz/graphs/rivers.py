"""What backward carries along each edge of a graph: gradient times local derivative."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from engine import Node
from engine.showing import norm, number

from ..drawing import FLOW_KEY, Arrow, flow_of
from .marks import bad

#: By the place of a result in the order, and which of its inputs an edge leads to.
Carried = dict[tuple[int, int], Any]


def carried(order: list[Any]) -> Carried:
    """What one backward pass from the root carries along each edge; no `.grad` is touched.

    Raises:
        ValueError: the root has not one element or depends on no leaf that wants a gradient, or a
            leaf was changed since.

    >>> from engine import Value, toposort
    >>> x = Value(3.0)
    >>> carried(toposort(x * x))
    {(1, 0): 3.0, (1, 1): 3.0}
    """
    root = order[-1]
    if root.size != 1:
        raise ValueError(
            f"flow=True needs a root of one element, got shape {root.shape}: draw its sum"
        )
    if not root.requires_grad:
        raise ValueError("flow=True: no gradient flows below root, no leaf requires one")
    if any(node.stale for node in order):
        raise ValueError("flow=True: a leaf was changed since the graph was made: compute it anew")
    found: Carried = {}
    with np.errstate(all="ignore"):
        for i, (node, g) in enumerate(zip(order, root.gradients(order), strict=True)):
            if node.op is None or g is None:
                continue
            for k, x in enumerate(node.inputs):
                if isinstance(x, Node) and x.requires_grad and node.op.rule(k) is not None:
                    found[i, k] = node.contribution(g, k)
    return found


def as_rivers(arrows: Iterable[Arrow], parts: dict[Arrow, list[Any]]) -> tuple[list[Arrow], str]:
    """The arrows, each as wide as what it carries is large, and the key to that.

    Args:
        parts: what each arrow carries: several contributions, where edges are bundled.
    """
    joined = {
        arrow: np.concatenate([np.ravel(np.asarray(part, dtype=np.float64)) for part in several])
        for arrow, several in parts.items()
    }
    sizes = [norm(x) for x in joined.values()]
    largest = max((size for size in sizes if np.isfinite(size)), default=0.0)
    drawn = []
    for arrow in arrows:
        if arrow in joined:
            x = joined[arrow]
            text = "\n".join(filter(None, (arrow.text, bad(x) and f"! {bad(x)}")))
            arrow = replace(arrow, flow=flow_of(x, largest), text=text)
        drawn.append(arrow)
    return drawn, FLOW_KEY.format(largest=number(largest, 3))
