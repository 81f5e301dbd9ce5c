"""Notebook 05: pictures of broadcasting and of matrix products."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine import sum_to
from viz.drawing import OKABE_ITO, mix
from viz.plots import Rectangle, pyplot

CELL = 0.5  # inches
SIGN = 1.2  # cells of room between two grids
COPY, MARK = mix("#888888", "#ffffff", 0.16), mix(OKABE_ITO["orange"], "#ffffff", 0.45)


@dataclass(frozen=True)
class Grid:
    """An array of one or two axes as a grid of numbers.

    Attributes:
        title: stands above it.
        numbers: the array; one of one axis is a row.
        copies: where a number is not stored but used again, by broadcasting; drawn grey.
        marked: what the picture is about; drawn orange.
    """

    title: str
    numbers: Any
    copies: Any = False
    marked: Any = False


def draw_grids(*rows: Sequence[Grid | str]) -> Any:
    """Rows of grids, with signs (strings) between them; the axes.

    Args:
        rows: each from left to right: grids, and what stands between them ("×", "=", …).
    """
    sizes = [[_size(item) for item in row] for row in rows]
    heights = [max(high for high, _ in row) + 1.1 for row in sizes]  # with the title
    width = max(sum(wide for _, wide in row) for row in sizes)
    _, ax = pyplot.subplots(figsize=(CELL * width, CELL * sum(heights)))
    ax.set(xlim=(-0.1, width + 0.1), ylim=(sum(heights), 0.2), aspect="equal")
    ax.axis("off")
    ax.figure.subplots_adjust(0, 0, 1, 1)
    top = 0.0
    for row, size, height in zip(rows, sizes, heights, strict=True):
        left = 0.0
        for item, (high, wide) in zip(row, size, strict=True):
            middle = top + 1 + (height - 1.1) / 2
            if isinstance(item, str):
                ax.text(left + wide / 2, middle, item, ha="center", va="center", fontsize=13)
            else:
                _draw_grid(ax, item, left, middle - high / 2)
            left += wide
        top += height
    return ax


def _size(item: Grid | str) -> tuple[float, float]:
    """Height and width, in cells."""
    if isinstance(item, str):
        return 1.0, SIGN + 0.32 * max(len(item) - 1, 0)
    high, wide = np.atleast_2d(item.numbers).shape
    return high, max(wide, 0.24 * len(item.title))


def _draw_grid(ax: Any, grid: Grid, left: float, top: float) -> None:
    array = np.atleast_2d(np.asarray(grid.numbers, dtype=float))
    copies, marked = (np.broadcast_to(mask, array.shape) for mask in (grid.copies, grid.marked))
    left += (_size(grid)[1] - array.shape[1]) / 2
    for i, j in np.ndindex(array.shape):
        colour = MARK if marked[i, j] else COPY if copies[i, j] else "white"
        ax.add_patch(
            Rectangle(
                (left + j, top + i), 1, 1, facecolor=colour, edgecolor="#444444",
                linestyle=":" if copies[i, j] else "-", linewidth=0.8,
            )
        )  # fmt: skip
        ink = "#888888" if copies[i, j] else "black"
        ax.text(
            left + j + 0.5, top + i + 0.5, f"{array[i, j]:g}".replace("-", "−"), color=ink,
            ha="center", va="center", fontsize=10,
        )  # fmt: skip
    ax.text(left + array.shape[1] / 2, top - 0.25, grid.title, ha="center", fontsize=10)


def draw_there_and_back(x: Any, w: Any, g: Any) -> Any:
    """x * w with w stretched over x, and the way back for w: what each use gives, summed.

    Args:
        x: an array of two axes.
        w: an array that broadcasts to x's shape.
        g: the upstream gradient of x * w, of its shape.

    Returns:
        The axes.
    """
    x, w, g = (np.asarray(a, dtype=float) for a in (x, w, g))
    stretched = np.broadcast_to(w, x.shape)
    first = np.zeros(x.shape, dtype=bool)  # the numbers that are stored
    first[tuple(slice(None) if n == m else slice(0, 1) for n, m in zip(
        (1,) * (x.ndim - w.ndim) + w.shape, x.shape, strict=True))] = True  # fmt: skip
    once = w if w.ndim == x.ndim else w[None]
    return draw_grids(
        [
            Grid("x", x), "×", Grid("w, stretched", stretched, copies=~first), "=",
            Grid("y", x * stretched),
        ],
        [
            Grid("g", g), "×", Grid("x", x), "=", Grid("from each use", g * x), "sum",
            Grid("gradient of w", sum_to(g * x, once.shape), marked=True),
        ],
    )  # fmt: skip


def draw_one_element(a: Any, b: Any, g: Any, i: int, k: int) -> Any:
    """The products that a[i, k] takes part in, in a @ b, and where its gradient comes from.

    Args:
        a, b: matrices.
        g: the upstream gradient of a @ b, of its shape.
        i, k: which element of a.

    Returns:
        The axes.
    """
    a, b, g = (np.asarray(x, dtype=float) for x in (a, b, g))

    def only(x: Any, *place: Any) -> Any:
        mask = np.zeros(x.shape, dtype=bool)
        mask[place] = True
        return mask

    return draw_grids(
        [
            Grid("a", a, marked=only(a, i, k)), "@", Grid("b", b, marked=only(b, k)), "=",
            Grid("y", a @ b, marked=only(a @ b, i)),
        ],
        [
            Grid("g", g, marked=only(g, i)), "@",
            Grid("b.T", b.T, marked=only(b.T, slice(None), k)), "=",
            Grid("gradient of a", g @ b.T, marked=only(a, i, k)),
        ],
    )  # fmt: skip
