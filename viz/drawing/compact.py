"""The compact style: a box is one row, as in micrograd's drawings: op, name, data, gradient."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import NamedTuple

from engine.showing import number, shorten

from .boxes import Box, Scene
from .style import Theme
from .text import safe
from .widths import points

SIZE, QUIET = 11, 9  # points: of texts, and of what they are called
PADDING = 3
ROOM = 20  # of an op's symbol, in points
LONGEST, NAME = 20, 60  # characters of a cell, and of a name
DIGITS = 4
NUMBER = re.compile(r"-?\d+(\.\d+)?(e[-+]\d+)?")
ROWS = ("data", "grad")  # what a row shows; the rest of a box is in its tooltip


class Cell(NamedTuple):
    """A piece of a row: its text, what stands before it in quiet letters, whether it is bold."""

    text: str
    name: str = ""
    bold: bool = False

    def width(self) -> int:
        """The room it takes, in points."""
        quiet = points(self.name, QUIET) + PADDING if self.name else 0
        return quiet + points(self.text, SIZE, self.bold) + 2 * PADDING


def compacted(scene: Scene) -> Scene:
    """A picture with a row for each box; what is left out of the rows stays in the tooltips."""
    return replace(scene, boxes=[replace(box, compact=True, heat=()) for box in scene.boxes])


def cells_of(box: Box) -> list[Cell]:
    """What a row says of a box, after its op's symbol.

    >>> box = Box("n2", "result", "n2: result of mul", "*", "c", (("data", "-6"), ("grad", "4")))
    >>> [(cell.name, cell.text) for cell in cells_of(box)]
    [('', 'c'), ('data', '-6'), ('grad', '4')]
    """
    before, found, _ = box.caption.partition(": ")
    name = box.label or (before if found else "")
    cells = [Cell(shorten(" ".join(name.split()), NAME), bold=True)] if name else []
    if box.kind in ("constant", "fold"):  # its number, or how many nodes it hides
        cells += [Cell(_brief(text)) for row, text in box.rows if not row][:1]
    cells += [Cell(_brief(text), row) for row, text in box.rows if row in ROWS]
    return cells + [Cell(mark, bold=True) for mark in box.marks]


def _brief(text: str) -> str:
    """A number as it is; of an array its norm, or as much of its numbers as has room."""
    lines = text.split("\n")
    if len(lines) == 1:
        return number(text, DIGITS) if NUMBER.fullmatch(text) else shorten(text, LONGEST)
    sized = [line for line in lines if line.startswith("norm ")]
    return sized[0] if sized else shorten("; ".join(lines), LONGEST)


def width_of(box: Box) -> int:
    """How wide a row is, in points."""
    return sum(cell.width() + 1 for cell in cells_of(box)) + ROOM * bool(box.symbol)


def row_html(box: Box, theme: Theme) -> str:
    """The row as Graphviz's HTML: the symbol in a circle, lines between the cells."""
    cells = "<VR/>".join(_cell(cell, theme) for cell in cells_of(box))
    return (
        f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="{PADDING}" '
        f'COLOR="{theme.quiet}"><TR>{_circle(box.symbol, theme)}{cells}</TR></TABLE>'
    )


def _circle(symbol: str, theme: Theme) -> str:
    if not symbol:
        return ""
    width = max(ROOM - 4, points(symbol, SIZE, bold=True) + 2 * PADDING)
    return (
        '<TD CELLPADDING="1"><TABLE BORDER="1" STYLE="ROUNDED" CELLBORDER="0" CELLPADDING="0" '
        f'CELLSPACING="0" COLOR="{theme.quiet}"><TR><TD WIDTH="{width}" HEIGHT="{ROOM - 4}">'
        f"<B>{safe(symbol)}</B></TD></TR></TABLE></TD>"
    )


def _cell(cell: Cell, theme: Theme) -> str:
    """Its name and its text, with room for each in any font."""
    text = f"<B>{safe(cell.text)}</B>" if cell.bold else safe(cell.text)
    width = points(cell.text, SIZE, cell.bold) + 2 * PADDING
    shown = f'<TD ALIGN="LEFT" WIDTH="{width}">{text}</TD>'
    if not cell.name:
        return shown
    quiet = f'<FONT POINT-SIZE="{QUIET}" COLOR="{theme.quiet}">{cell.name}</FONT>'
    return f'<TD ALIGN="LEFT" WIDTH="{cell.width() - width}">{quiet}</TD>{shown}'
