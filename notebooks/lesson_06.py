"""Notebook 06: how far the tiers are apart, and a program with a planted bug."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine import Op, UnaryOp, abs as absolute, registry, sign as sign_of, tanh, where
from engine.checking import ulps
from viz.plots import CYCLE, LEGEND, axes_of

# --- pictures ---


def draw_curves(
    x: Any, curves: Mapping[str, Any], *, log: bool = True, x_name: str = "x", y_name: str = ""
) -> Any:
    """Curves over x, each with its name; on logarithmic axes, numbers that are 0 are left out.

    Returns the axes.
    """
    ax = axes_of(None, x=x_name, y=y_name)
    ax.figure.set_size_inches(7.5, 3.6)
    for (name, y), colour in zip(curves.items(), CYCLE, strict=False):
        numbers_of_y = np.asarray(y, dtype=float)
        shown = np.where(numbers_of_y > 0, numbers_of_y, np.nan) if log else numbers_of_y
        ax.plot(x, shown, color=colour, label=name)
    if log:
        ax.set(xscale="log", yscale="log")
    ax.legend(**LEGEND)
    return ax


@dataclass(frozen=True)
class Agreement:
    """How far a function of one number is apart on the two tiers.

    Attributes:
        name: of the op.
        bound: what its row allows, in ulp; 0 is bit for bit.
        largest: the largest distance found, in ulp.
        share: how many results had different bits at all, from 0 to 1.
    """

    name: str
    bound: float
    largest: float
    share: float


def agreement(points: int = 2000, seed: int = 0) -> list[Agreement]:
    """Every elementwise op of one input, measured at random points, the exact ones first.

    Args:
        points: how many numbers each op is given: between -4 and 4, and in its domain.
        seed: chooses them.

    >>> {row.name: row.largest for row in agreement(100)}["sqrt"]
    0.0
    """
    rng = np.random.default_rng(seed)
    rows = []
    for op in registry.values():
        if op.kind != "elementwise" or op.n_inputs != 1 or op.defaults:
            continue
        (domain,) = op.domain
        x = rng.uniform(max(domain.lo, -4.0), min(domain.hi, 4.0), points)
        x = x[domain.contains(x)]
        one_by_one = [op.on_floats(number) for number in x.tolist()]
        apart = ulps(one_by_one, op.forward(x))
        rows.append(Agreement(op.name, op.ulp, float(apart.max()), float((apart > 0).mean())))
    return sorted(rows, key=lambda row: (row.bound, row.share))


def draw_agreement(rows: list[Agreement]) -> Any:
    """How many results of each op have other bits on the other tier, and by how much.

    Returns the axes.
    """
    ax = axes_of(None, x="results with different bits, in percent")
    ax.figure.set_size_inches(7.5, 0.2 * len(rows) + 0.8)
    for place, row in enumerate(rows):
        exact = row.bound == 0
        colour = CYCLE[2] if exact else CYCLE[0]
        ax.plot([0, 100 * row.share], [place, place], color=colour, linewidth=5)
        said = "same bits" if exact else f"{row.largest:.0f} of {row.bound:g} ulp"
        ax.text(100 * row.share + 1, place, said, va="center", fontsize=8, color=colour)
    ax.set_yticks(range(len(rows)), [row.name for row in rows], fontsize=8)
    ax.set(ylim=(len(rows) - 0.4, -0.6), xlim=(0, 100 * max(row.share for row in rows) + 14))
    return ax


# --- a program with a planted bug ---

# Rows that belong to no registry: they work like any op, and this module leaves no trace.


def bend(x: Any) -> Any:
    return np.where(x > -1, x, 0.5 * (x - 1))[()]


SUSPECTS = {
    op.name: op
    for op in (
        UnaryOp(
            "bump", lambda x: np.exp(-x * x), (lambda g, y, x: g * -2 * x * y,), doc="exp(-x²)"
        ),
        UnaryOp(
            "bend",
            bend,
            (lambda g, y, x: where(x > 0, g, 0.5 * g),),
            kinks=lambda x: np.abs(x + 1),
            doc="x above -1, (x - 1)/2 below",
        ),
        UnaryOp(
            "log_cosh", lambda x: np.log(np.cosh(x)), (lambda g, y, x: g * tanh(x),),
            doc="log(cosh(x))",
        ),
        UnaryOp(
            "soft_sign", lambda x: x / (1 + np.abs(x)),
            (lambda g, y, x: g / (1 + absolute(x)) ** 2,),
            kinks=lambda x: np.abs(x), doc="x / (1 + |x|)",
        ),
        UnaryOp(
            "hat", lambda x: np.maximum(1 - np.abs(x), 0.0),
            (lambda g, y, x: where(absolute(x) < 1, -g * sign_of(x), 0.0),),
            kinks=lambda x: np.minimum(np.abs(x), np.abs(np.abs(x) - 1)), doc="max(1 - |x|, 0)",
        ),
    )
}  # fmt: skip


def suspects() -> dict[str, Op]:
    """The ops that `mystery` is made of, by name; one has a wrong rule."""
    return dict(SUSPECTS)


def mystery(x: Any) -> Any:
    """A program of five ops, one of which has a wrong rule; x is an array, on either tier."""
    op = SUSPECTS
    inner = op["soft_sign"](x) * op["bump"](0.5 * x) + op["bend"](x)
    return (op["log_cosh"](inner) + op["hat"](0.3 * x)).sum()
