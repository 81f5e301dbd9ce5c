"""How far to go along a direction: a line search for the strong Wolfe conditions.

Nocedal and Wright, Numerical Optimization (2nd edition, 2006), chapter 3: a step length t is good
if the loss has fallen enough and the slope has become flat enough,

    φ(t) ≤ φ(0) + c₁ t φ′(0)    and    |φ′(t)| ≤ c₂ |φ′(0)|,

with φ(t) the loss at x + t d.  `strong_wolfe` is their Algorithm 3.5, which goes further until good
lengths are bracketed, and `_zoom` their Algorithm 3.6, which makes the bracket smaller; both guess
with the cubic of (3.59).  How far a guess may go is as in Schmidt's minFunc.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from numpy import ndarray

SUFFICIENT_DECREASE = 1e-4  # c₁
CURVATURE = 0.9  # c₂


class Point(NamedTuple):
    """A place on the line: its step length, and loss, gradient and slope along d there."""

    t: float
    loss: float
    gradient: ndarray
    slope: float


def strong_wolfe(
    at: Callable[[float], Point], start: Point, t: float, narrowest: float, most: int
) -> tuple[Point, int]:
    """A point that meets the strong Wolfe conditions, and how many were looked at.

    Args:
        at: gives the point of a step length.
        start: the point of t = 0, with a slope below 0.
        t: the first guess.
        narrowest: a bracket that is narrower is not divided.
        most: how many guesses there are after the first; then the lowest point known is taken.
    """
    before, here = start, at(t)
    for guesses in range(most):
        if too_high(here, start) or (guesses > 1 and here.loss >= before.loss):
            return _zoom(at, start, before, here, narrowest, most - guesses, guesses + 1)
        if flat(here, start):
            return here, guesses + 1
        if here.slope >= 0:
            return _zoom(at, start, before, here, narrowest, most - guesses, guesses + 1)
        bounds = here.t + 0.01 * (here.t - before.t), 10 * here.t
        before, here = here, at(_cubic(before, here, *bounds))
    return (here if here.loss < start.loss else start), most + 1


def _zoom(
    at: Callable[[float], Point],
    start: Point,
    a: Point,
    b: Point,
    narrowest: float,
    most: int,
    looked_at: int,
) -> tuple[Point, int]:
    """A good point between a and b, which bracket one."""
    low, high = (b, a) if b.loss < a.loss else (a, b)  # b's may be nan
    near_end = False  # whether the last guess was close to an end of the bracket
    for guesses in range(most):
        left, right = sorted((low.t, high.t))
        if right - left < narrowest:
            return low, looked_at + guesses
        t = _cubic(a, b, left, right)
        margin = 0.1 * (right - left)
        if min(right - t, t - left) >= margin:
            near_end = False
        elif near_end or not left < t < right:  # or it would creep on along that end
            t = right - margin if right - t < t - left else left + margin
            near_end = False
        else:
            near_end = True
        here = at(t)
        if too_high(here, start) or here.loss >= low.loss:
            a, b = low, here
        elif flat(here, start):
            return here, looked_at + guesses + 1
        else:
            a, b = here, low if here.slope * (high.t - low.t) >= 0 else high
        low, high = (b, a) if b.loss < a.loss else (a, b)
    return low, looked_at + most


def too_high(point: Point, start: Point) -> bool:
    """Whether the loss has not fallen enough, or is no number."""
    return not point.loss <= start.loss + SUFFICIENT_DECREASE * point.t * start.slope


def flat(point: Point, start: Point) -> bool:
    """Whether the slope is flat enough."""
    return abs(point.slope) <= -CURVATURE * start.slope


def _cubic(a: Point, b: Point, left: float, right: float) -> float:
    """Where the cubic through two points, with their slopes, is lowest; kept within bounds.

    Their middle if the cubic has no minimum, or something is not finite.
    """
    if a.t > b.t:
        a, b = b, a
    width = b.t - a.t
    d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = d1 * d1 - a.slope * b.slope
    if not 0 <= square < math.inf:
        return (left + right) / 2
    d2 = math.sqrt(square)
    t = b.t - width * (b.slope + d2 - d1) / ((b.slope - a.slope + 2 * d2) or math.nan)
    return min(max(t, left), right) if math.isfinite(t) else (left + right) / 2
