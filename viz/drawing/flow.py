"""Edges as a river: how wide and in what colour to draw what backward carries along one.

The width follows the logarithm of the contribution's size, so that a gradient which vanishes layer
by layer looks like a river drying up; one scale for static pictures and for the stepper's page.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.showing import NEGATIVE, POSITIVE, norm

WIDEST, NARROWEST, ALARM = 8.0, 0.75, 3.0  # points
DECADES = 6  # how many powers of ten lie between the widest edge and the narrowest
CLEAR = 0.5  # a sum says the sign if it is more than this part of the sum of sizes


@dataclass(frozen=True)
class Flow:
    """How an edge looks by what backward carries along it.

    Attributes:
        width: in points.
        sign: "positive", "negative", "mixed" (of both signs), "zero" or "alarm" (nan, inf).
        colour: the sign's, `#rrggbb`; empty for that of other edges.
        style: Graphviz's, which tells the sign without colour.
    """

    width: float
    sign: str
    colour: str = ""
    style: str = "solid"


#: How each sign is drawn: its colour, and the line style that tells the same.
SIGNS = {
    "positive": (POSITIVE, "solid"),
    "negative": (NEGATIVE, "dashed"),
    "mixed": ("", "solid"),
    "zero": ("", "dotted"),
    "alarm": (POSITIVE, "solid"),
}

#: What stands below a picture whose edges are drawn so.
FLOW_KEY = (
    "An edge is as wide as what backward carries along it is large (widest: {largest}; each power "
    "of ten less is a step, six at most).\n"
    "Orange, solid: positive.  Blue, dashed: negative.  Grey: of both signs.  Dotted: zero."
)


def flow_width(size: float, largest: float) -> float:
    """The width in points of an edge that carries `size` where the largest edge carries `largest`.

    `WIDEST` for the largest, `NARROWEST` from a millionth of it down, even steps for the powers
    of ten between.

    >>> [round(flow_width(size, 100.0), 2) for size in (100.0, 10.0, 0.1, 0.0)]
    [8.0, 6.79, 4.38, 0.75]
    """
    if not (0.0 < size <= largest < math.inf):
        return WIDEST if size > largest else NARROWEST
    part = 1.0 + (math.log10(size) - math.log10(largest)) / DECADES
    return NARROWEST + (WIDEST - NARROWEST) * max(part, 0.0)


def flow_of(contribution: Any, largest: float) -> Flow:
    """How an edge looks that carries `contribution`, a number or an array, by its 2-norm.

    >>> flow_of(-3.0, 3.0).sign, flow_of([1.0, -1.0], 3.0).sign, flow_of(0.0, 3.0).style
    ('negative', 'mixed', 'dotted')
    """
    array = np.asarray(contribution, dtype=np.float64)
    size, sign = norm(array), _sign(array)
    width = ALARM if sign == "alarm" else flow_width(size, largest)
    colour, style = SIGNS[sign]
    return Flow(width, sign, colour, style)


def _sign(array: np.ndarray) -> str:
    if not np.isfinite(array).all():
        return "alarm"
    largest = float(np.abs(array).max(initial=0.0))
    if largest == 0.0:
        return "zero"
    scaled = array / largest  # the sum of what is near the largest float would be inf
    total = float(scaled.sum())
    if abs(total) <= CLEAR * float(np.abs(scaled).sum()):
        return "mixed"
    return "positive" if total > 0 else "negative"
