"""Notebook 04: rows of the table to read, and tangents drawn by a rule."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine import Op, input_names, registry, unregister
from viz.command import call_of
from viz.plots import CYCLE
from viz.stepping import rule_source


def forget(*names: str) -> None:
    """Take ops of your own out of the table, if they are in it, so that a cell can run again.

    >>> forget("no_such_op")
    """
    for name in names:
        if name in registry:
            unregister(name)


def rules(*names: str) -> str:
    """The rules of some ops, a line for each input, as they stand in the source.

    >>> print(rules("mul", "exp"))
    mul(a, b)    to a    g * b
                 to b    g * a
    exp(x)       to x    g * y
    """
    lines = []
    for op in (registry[name] for name in names):
        for i, x in enumerate(input_names(op)):
            lines.append(f"{call_of(op) if i == 0 else '':12} to {x:4} {rule_source(op, i)}")
    return "\n".join(lines)


def tangents(op: Op, points: list[float], ax: Any, title: str = "") -> None:
    """The curve of an op, and at some points a line with the slope that its rule gives."""
    rule = op.rule(0)
    assert rule is not None
    x = np.linspace(min(points) - 1, max(points) + 1, 200)
    ax.plot(x, op(x), color="0.6", linewidth=4, label=f"y = {op.name}(x)")
    for point in points:
        y = float(op(point))
        m = float(rule(1.0, y, point))
        half = 0.75 / math.hypot(1.0, m)  # so that all lines are of one length
        ends = ([point - half, point + half], [y - half * m, y + half * m])
        name = "slope by its rule" if point == points[0] else None
        ax.plot(*ends, color=CYCLE[1], linewidth=1.8, label=name)
        ax.plot(point, y, "o", color=CYCLE[1], markersize=5)
    ax.set(title=title, xlabel="x")
    ax.legend(frameon=False)
