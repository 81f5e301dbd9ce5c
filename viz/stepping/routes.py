"""What a page shows beside its numbers: how much each edge carries, and the layers."""

from __future__ import annotations

from typing import Any

from engine.showing import norm

from ..drawing import flow_of
from ..graphs import module_paths
from .steps import BackwardStep, Step

#: The sign of what an edge carries, as the page counts them.
SIGNS = ("positive", "negative", "mixed", "zero", "alarm")


def flows(steps: list[Step | None]) -> dict[int, int]:
    """How the edge of each backward step looks once it is passed, by the step's number.

    One integer: a hundred times its sign's place in `SIGNS`, and its width in tenths of a pixel.
    """
    carried = {i: step for i, step in enumerate(steps) if isinstance(step, BackwardStep)}
    sizes = (norm(step.contribution) for step in carried.values())
    largest = max((size for size in sizes if size < float("inf")), default=0.0)
    looks = {i: flow_of(step.contribution, largest) for i, step in carried.items()}
    return {i: 100 * SIGNS.index(look.sign) + round(10 * look.width) for i, look in looks.items()}


def layers(order: list[Any]) -> list[str] | None:
    """For each node the outermost module it belongs to, known from labels; None without any.

    >>> import nn
    >>> from engine import toposort
    >>> sorted(set(layers(toposort(nn.MLP([2, 3, 1], rng=0)([1.0, 2.0])))))
    ['', 'layers.0', 'layers.1']
    """
    found = [path[1] if len(path) > 1 else "" for path in module_paths(order)]
    return found if any(found) else None
