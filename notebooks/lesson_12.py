"""Notebook 12: printed programs run, and drawn beside the rows of the table they came of."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import groupby
from typing import Any

from engine import registry
from engine.symbols import LaTeX, formulas
from engine.writing import Source
from viz.plots import CYCLE

LINE = 0.45  # inches


def function_of(program: Source) -> Callable[..., Any]:
    """The function that a printed program defines.

    >>> import engine
    >>> function_of(engine.source(lambda x: x * x, 3.0))(5.0)
    (25.0, 10.0)
    """
    space: dict[str, Any] = {}
    exec(program, space)
    return space[program.name]


def names_in(text: str) -> list[str]:
    """The names that stand in lines of Python, in order; not comments, nor what follows a point.

    >>> names_in("d_w = x.T @ d_h  # matmul")
    ['d_w', 'x', 'd_h']
    """
    return re.findall(r"(?<![\w.])[^\W\d]\w*", re.sub("#.*", "", text))


def backward_lines(program: str) -> list[tuple[str, str]]:
    """The lines of the backward half, each with the op whose rule it is.

    >>> backward_lines("# backward\\n    d_x = 2 * x  # square\\n    return y, d_x\\n")
    [('d_x = 2 * x', 'square')]
    """
    lines = program.partition("# backward\n")[2].splitlines()
    parts = [line.rpartition("  # ") for line in lines]
    return [(code.strip(), op) for code, comment, op in parts if comment]


def beside_rows(program: str, pyplot: Any) -> None:
    """Draw the lines of the backward half, and on the right of each op's the formulas of its row.

    Args:
        program: of ops whose formulas Matplotlib can set: none of them distinguishes cases.
        pyplot: Matplotlib's.
    """
    by_op = [(op, [line for line, _ in some]) for op, some in groupby(backward_lines(program), _op)]
    rows = [(op, lines, _formulas(op)) for op, lines in by_op]
    total = sum(max(len(lines), len(row)) for _, lines, row in rows)
    figure = pyplot.figure(figsize=(7, LINE * (total + 1)))
    ax = figure.add_axes((0, 0, 1, 1), xlim=(0, 1), ylim=(total + 1, 0))
    ax.axis("off")
    ax.text(0.02, 0.5, "the line", va="center", weight="bold")
    ax.text(0.5, 0.5, "the row of its op", va="center", weight="bold")
    top = 1
    for op, lines, row in rows:
        ax.axhline(top, color="0.8", linewidth=0.8)
        ax.text(0.5, top + 0.5, op, va="center", family="monospace", color=CYCLE[1])
        for i, line in enumerate(lines):
            ax.text(0.02, top + 0.5 + i, line, va="center", family="monospace")
        for i, formula in enumerate(row):
            ax.text(0.64, top + 0.5 + i, f"${formula}$", va="center", fontsize=13)
        top += max(len(lines), len(row))


def _op(line: tuple[str, str]) -> str:
    return line[1]


def _formulas(op: str) -> list[str]:
    """A row in LaTeX: the forward, and a formula for each input."""
    return [f"{left} = {right}" for left, right in formulas(registry[op], LaTeX())]
