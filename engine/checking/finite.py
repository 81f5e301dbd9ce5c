"""Finite differences: what `compare` and `gradcheck` hold the rules to."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..node import Node, to_numpy

EPS = float(np.finfo(np.float64).eps)
FIRST_STEP = 2.0**-11  # for numbers about 1: where five points are most accurate
SHRINK = 16.0
TRIES = 8
SURE = 1e-6  # relative error at which a smaller step is not worth its time
TRUSTED = 1e-3  # relative error beyond which an estimate is none
JUMP = 1e-5  # of the steepest of the slopes around: more is a corner
REPEATS = 10  # runs to find out whether a function that fails draws random numbers
NEAR_KINK = 1e-2  # how far a corner may be from the place where an op says it has one


@dataclass(frozen=True)
class Slope:
    """A derivative by finite differences.

    Attributes:
        value: the estimate; nan where there is none that can be trusted: the function is not
            finite around the point, or jumps.
        error: about how wrong it may be, by truncation and by rounding.
        corner: whether the slopes on the two sides differ.
        whole: whether the function was finite in all its elements.  One that stays inf or nan
            counts as constant, and may hide a derivative.
    """

    value: float
    error: float
    corner: bool
    whole: bool

    def contradicts(self, derivative: float, rtol: float, atol: float) -> bool:
        """Whether a derivative is further off than its tolerances and this estimate's error."""
        if math.isnan(self.value):
            return False
        if not math.isfinite(derivative):
            return True
        return abs(derivative - self.value) > atol + rtol * abs(self.value) + 10 * self.error


NOTHING = Slope(math.nan, math.inf, False, False)


def slope(at: Callable[[float], Any], x: float) -> Slope:
    """The derivative at x of the sum of `at(x)`, a number or an array, by central differences.

    Five points, in steps that begin at about 5e-4 and shrink until the five-point and the
    three-point formula agree, so that steep places and kinks nearby do no harm.  Differences are
    taken element by element: one that stays inf or nan does not spoil the others.

    >>> estimate = slope(math.sin, 0.0)
    >>> abs(estimate.value - 1) < 1e-12, estimate.corner
    (True, False)
    >>> slope(abs, 0.0).corner
    True
    """
    best = NOTHING
    if not math.isfinite(x):
        return best
    here = at(x)
    step = math.ldexp(FIRST_STEP, math.ceil(math.log2(max(abs(x), 1.0))))  # x + step is exact
    for _ in range(TRIES):
        found, rounding = _five_points(at, x, here, step)
        if found.error < best.error:
            best = found
        if best.error <= max(2 * rounding, SURE * abs(best.value)):
            break
        step /= SHRINK
    if best.error > TRUSTED * max(abs(best.value), 1.0):
        return replace(best, value=math.nan, error=math.inf)
    return best


def _five_points(
    at: Callable[[float], Any], x: float, here: Any, step: float
) -> tuple[Slope, float]:
    """The slope by one step size; and the part of its error that smaller steps make worse."""
    minus2, minus1, plus1, plus2 = (at(x + k * step) for k in (-2, -1, 1, 2))
    sides = [_difference(y, here) for y in (minus2, minus1, plus1, plus2)]
    if any(map(math.isnan, sides)):
        return NOTHING, 0.0
    near, far = _difference(plus1, minus1), _difference(plus2, minus2)
    value = (8 * near - far) / (12 * step)
    rounding = EPS * _size(plus2, minus2) / step
    error = abs(value - near / (2 * step)) + rounding
    left, right = (sides[0] - 4 * sides[1]) / (2 * step), (4 * sides[2] - sides[3]) / (2 * step)
    steepest = max(map(abs, sides)) / step
    corner = abs(right - left) > JUMP * steepest + 20 * rounding
    return Slope(value, error, corner, bool(np.isfinite(here).all())), rounding


def _difference(a: Any, b: Any) -> float:
    """The sum of a - b; 0 for elements that are the same, be it inf or nan."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    with np.errstate(all="ignore"):
        apart = np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, a - b)
    return math.fsum(apart.ravel()) if np.isfinite(apart).all() else math.nan


def _size(a: Any, b: Any) -> float:
    """How large the numbers are that changed: rounding is relative to those."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    changed = (a != b) & np.isfinite(a) & np.isfinite(b)
    return float(np.sum(np.abs(a) + np.abs(b), where=changed))


def check_deterministic(run: Callable[[], Any]) -> None:
    """Refuse a function that gives other numbers for the same inputs: it has no finite differences.

    Args:
        run: calls it, always with the same inputs; gives a number or an array.

    Raises:
        ValueError: it does.
    """
    first = np.asarray(run())
    for _ in range(REPEATS):
        again = np.asarray(run())
        if first.shape != again.shape or not np.array_equal(first, again, equal_nan=True):
            raise ValueError(
                "f is not deterministic: the same inputs gave two results. Put the model in "
                "eval() mode if it has dropout, or draw the random numbers once, outside f"
            )


def distance_to_kink(order: list[Any]) -> float:
    """How near the nearest op of a graph is to a point where its derivative jumps.

    Args:
        order: `toposort` of the result.
    """
    nearest = math.inf
    for node in order:
        if node.op is not None and node.op.kinks is not None:
            given = [to_numpy(x) if isinstance(x, Node) else x for x in node.inputs]
            with np.errstate(all="ignore"):
                distance = np.asarray(node.op.kinks(*given, **node.params), dtype=np.float64)
            nearest = min(nearest, float(np.fmin.reduce(distance, None, initial=math.inf)))
    return nearest
