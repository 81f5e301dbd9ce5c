"""`plan_dot`: the memory of a compiled program as a picture, a row for each piece of it.

To the right run the lines of the program.  A bar says from which to which a result is there; in it
stands the line that writes it, so that one sees how often a piece is used again.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import NamedTuple

from engine.array_programs import Plan, PlannedBuffer, in_bytes
from engine.showing import shorten

from ..drawing import DARK, LIGHT, OKABE_ITO, Theme, mix, points, safe

CHART = 440  # points from the first line to the last
ROWS = 40  # the most pieces of memory with a row of their own
NAMES = 24  # the most letters of the names in a row
TICKS = 12  # the most numbers of lines above them
LEAST, MARGIN, GAP = 3, 2, 6  # points: of a bar, around its number, between columns
SIZE, SMALL = 10, 8  # of text, and of the numbers in bars
KEPT, FRESH = OKABE_ITO["sky blue"], OKABE_ITO["orange"]
TINTS = (0.6, 0.35)  # in turn, so that bars that touch can be told apart


def plan_dot(plan: Plan, *, dark: bool = False) -> str:
    """A plan of `engine.compile`'s as DOT text.

    A buffer is a piece of memory, or shares one with others.  Below stand all bytes, beside the
    most that are alive at a time op by op.  Of more than 40 pieces the largest have rows.

    Args:
        dark: light text on a dark ground.
    """
    theme = DARK if dark else LIGHT
    rows = "\n  ".join(_Chart(plan, theme).rows())
    return f"""digraph {{
  graph [bgcolor="{theme.background}" margin="0.1"]
  node [shape=plain fontname="Helvetica" fontsize={SIZE} fontcolor="{theme.foreground}"]
  plan [label=<
  <TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2">
  {rows}
  </TABLE>>]
  tooltip="{safe(f"memory plan of {plan.name}: {about(plan)}")}"
}}
"""


def about(plan: Plan) -> str:
    """How large a plan is."""
    return f"{len(plan.lines)} lines, {len(plan.buffers)} buffers"


class _Piece(NamedTuple):
    """A piece of memory: the buffers in it, its bytes, and lives of all of them."""

    names: str
    about: str
    size: int
    fresh: bool
    lives: list[tuple[int, int]]


def _pieces(plan: Plan) -> list[_Piece]:
    """The memory of a plan, as it is first written."""
    by_number: dict[int, list[PlannedBuffer]] = {}
    for buffer in plan.buffers:
        by_number.setdefault(buffer.memory, []).append(buffer)
    return [
        _Piece(
            shorten(", ".join(one.name for one in some), NAMES),
            f"{some[0].shape} {some[0].dtype}" if len(some) == 1 else f"{len(some)} buffers",
            max(one.size for one in some),
            some[0].fresh,
            sorted(life for one in some for life in one.lives),
        )
        for some in by_number.values()
    ]


class _Chart:
    def __init__(self, plan: Plan, theme: Theme) -> None:
        self.plan, self.theme = plan, theme
        self.count = len(plan.lines)

    def rows(self) -> Iterator[str]:
        """The rows of the table, in Graphviz's HTML."""
        plan = self.plan
        pieces = _pieces(plan)
        order = sorted(range(len(pieces)), key=lambda i: -pieces[i].size)
        shown = [pieces[i] for i in sorted(order[:ROWS])]
        rest = [pieces[i].size for i in order[ROWS:]]
        yield f"<TR>{self._text(f'{plan.name}: {about(plan)}', span=5)}</TR>"
        if shown:
            yield self._row("", "", "line", self._axis())
        for piece in shown:
            kind = "for the caller" if piece.fresh else ""
            bars = self._lives(piece)
            yield self._row(piece.names, piece.about, in_bytes(piece.size), bars, kind)
        if rest:
            yield self._row("", f"{len(rest)} smaller ones", in_bytes(sum(rest)), "")
        yield self._row("", "", "", "")
        yield from self._totals()

    def _row(self, name: str, about: str, size: str, chart: str, after: str = "") -> str:
        """A row: text, text, text, a strip, text."""
        text = self._text(name), self._text(about, quiet=True), self._text(size, "RIGHT")
        return f"<TR>{''.join(text)}<TD>{chart}</TD>{self._text(after, quiet=True)}</TR>"

    def _text(self, text: str, align: str = "LEFT", span: int = 1, quiet: bool = False) -> str:
        """A cell with room for its text in any font."""
        shown = safe(text) + "&#160;" * (align == "RIGHT")  # away from the bars
        if quiet and text:
            shown = f'<FONT COLOR="{self.theme.quiet}">{shown}</FONT>'
        width = points(text, SIZE) + GAP * bool(text)
        return f'<TD ALIGN="{align}" COLSPAN="{span}" WIDTH="{width}">{shown}</TD>'

    # --- bars ---

    def _at(self, line: int) -> int:
        """Where a line ends, in points; lines count from 1."""
        return round(CHART * line / self.count)

    def _axis(self) -> str:
        """The numbers of some lines."""
        steps = (n * 10**k for k in itertools.count() for n in (1, 2, 5))
        step = next(n for n in steps if self.count <= TICKS * n)
        starts = [*dict.fromkeys([1, *range(step, self.count + 1, step)]), self.count + 1]
        return self._strip(
            [
                (self._at(end - 1) - self._at(i - 1), "", str(i))
                for i, end in itertools.pairwise(starts)
            ]
        )

    def _lives(self, piece: _Piece) -> str:
        """A bar for each result, from where it is written."""
        parts = []
        right = 0  # of what is drawn
        starts = [min(self._at(first - 1), CHART - LEAST) for first, _ in piece.lives]
        for i, (first, last) in enumerate(piece.lives):
            left = max(starts[i], right)
            end = min([self._at(last), *starts[i + 1 : i + 2]])
            end = max(end, starts[i] + LEAST)
            if end - left >= LEAST:  # else there is no room for it
                colour = self._tint(FRESH if piece.fresh else KEPT, i % 2)
                parts += [(left - right, "", ""), (end - left, colour, str(first))]
                right = end
        return self._strip([*parts, (CHART - right, "", "")])

    def _tint(self, colour: str, which: int) -> str:
        return mix(colour, self.theme.background, TINTS[which])

    def _strip(self, parts: list[tuple[int, str, str]]) -> str:
        """Cells in a row: width, colour or none, text where there is room for it."""
        cells = "".join(self._cell(*part) for part in parts if part[0] > 0)
        return (
            '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0" FIXEDSIZE="TRUE" '
            f'WIDTH="{CHART}" HEIGHT="12"><TR>{cells}</TR></TABLE>'
        )

    def _cell(self, width: int, colour: str, text: str) -> str:
        fill = f' BGCOLOR="{colour}"' if colour else ""
        fits = text and points(text, SMALL) + MARGIN < width
        shown = f'<FONT POINT-SIZE="{SMALL}">&#160;{safe(text)}</FONT>' if fits else ""
        size = f'FIXEDSIZE="TRUE" WIDTH="{width}" HEIGHT="12" ALIGN="LEFT"'
        return f"<TD {size}{fill}>{shown}</TD>"

    # --- totals ---

    def _totals(self) -> Iterator[str]:
        """All bytes of the buffers, and those of the same program op by op."""
        plan = self.plan
        grey = mix("#888888", self.theme.background, TINTS[0])
        whole = max(plan.kept + plan.fresh, plan.eager, 1)
        for name, size, colour in (
            ("kept between calls", plan.kept, self._tint(KEPT, 0)),
            ("for the caller, in each call", plan.fresh, self._tint(FRESH, 0)),
            ("op by op, the most at a time", plan.eager, grey),
        ):
            width = max(round(CHART * size / whole), LEAST * bool(size))
            strip = self._strip([(width, colour, ""), (CHART - width, "", "")])
            cells = self._text(name, span=2), self._text(in_bytes(size), "RIGHT")
            yield f"<TR>{''.join(cells)}<TD>{strip}</TD></TR>"
