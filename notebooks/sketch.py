"""What the small pictures of the course are drawn with: frames, arrows, axes without numbers."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from viz import plots

SIZE, DPI = (4.0, 2.6), 100  # inches, and pixels of each
BLUE, VERMILION, GREEN, ORANGE = plots.CYCLE[:4]
GREY = "#606060"
STYLE = {
    "font.size": 15, "lines.linewidth": 3.5, "axes.linewidth": 1.5,
    "axes.spines.top": False, "axes.spines.right": False,
}  # fmt: skip


def empty(ax: Any, width: float = 10, height: float = 6.5) -> None:
    """A sheet without axes, measured in units of its own."""
    ax.set(xlim=(0, width), ylim=(0, height))
    ax.axis("off")


def bare(ax: Any, x: str, y: str) -> None:
    """Axes with names and no numbers."""
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    ax.set(xticks=[], yticks=[])
    ax.minorticks_off()


def box(ax: Any, x: float, y: float, text: str, colour: str, size: float = 18) -> None:
    """A word or a number in a frame."""
    frame = {"boxstyle": "round,pad=0.35", "fc": f"{colour}30", "ec": colour, "lw": 2.5}
    ax.text(x, y, text, ha="center", va="center", size=size, bbox=frame, zorder=3)


def arrow(ax: Any, start: Any, end: Any, colour: str = GREY, bend: float = 0.0) -> None:
    """An arrow between two places, bent where there are two of them."""
    how = {"arrowstyle": "-|>,head_width=0.45,head_length=0.7", "color": colour, "lw": 3}
    how |= {"connectionstyle": f"arc3,rad={bend}", "shrinkA": 18, "shrinkB": 18}
    ax.annotate("", end, start, arrowprops=how)


def lines(ax: Any, rows: list[tuple[str, str]], middle: float, family: str | None = None) -> None:
    """Rows of two columns, the second one coloured."""
    empty(ax)
    for i, (left, right) in enumerate(rows):
        height = 6.5 * (1 - (i + 0.5) / len(rows))
        ax.text(0.2, height, left, size=19, va="center", family=family)
        ax.text(middle, height, right, size=19, va="center", family=family, color=BLUE)


def drawn(draw: Callable[[Any], None]) -> bytes:
    """A drawing as a PNG of 400 × 260 pixels, on white."""
    with plots.pyplot.style.context(["default", STYLE]):
        figure, ax = plots.pyplot.subplots(figsize=SIZE, layout="constrained")
        draw(ax)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
        plots.pyplot.close(figure)
    return buffer.getvalue()
