"""What `compare` found, and how it reads: a table in a terminal, HTML in a notebook."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .lockstep import Contradiction, Difference
from .rows import SHOWN_EACH, Finite, Row

HEAD = ("", "Value", "Tensor", "apart", "finite difference", "apart", "")


@dataclass(frozen=True)
class Comparison:
    """What `compare` found; prints as a table, in a notebook as HTML.

    Attributes:
        title: the function and its inputs.
        rows: the value, then one for each input.
        first_difference: the first op whose result differs between the tiers, or None.
        first_fault: the first that differs by more than its stated bound, or None.
        contradiction: the op whose rule finite differences contradict, or None.
        differentiable: whether a gradient flows from f's result to any input.

    >>> from engine import compare
    >>> found = compare(lambda x: x * x, 3.0)
    >>> found.ok, [row.title for row in found.rows]
    (True, ['value', '∂/∂x'])
    """

    title: str
    rows: tuple[Row, ...]
    first_difference: Difference | None
    first_fault: Difference | None
    contradiction: Contradiction | None
    differentiable: bool

    @property
    def tiers_agree(self) -> bool:
        """Whether both tiers agree: f's gradients, and each op within its bound."""
        return self.first_fault is None and all(row.tiers_agree for row in self.rows[1:])

    @property
    def finite_agrees(self) -> bool:
        """Whether finite differences agree wherever they say something."""
        return all(row.finite_agrees for row in self.rows)

    @property
    def ok(self) -> bool:
        """Whether both tiers and finite differences agree."""
        return self.tiers_agree and self.finite_agrees

    @property
    def sampled(self) -> tuple[int, int]:
        """How many elements finite differences were asked about, of how many."""
        finite = list(self._finite())
        return sum(int(x.sampled.sum()) for x in finite), sum(x.sampled.size for x in finite)

    def raise_if_different(self) -> Comparison:
        """Raise an AssertionError with the table where something differs; else return this."""
        if not self.ok:
            raise AssertionError(f"\n{self}")
        return self

    def _finite(self) -> Iterator[Finite]:
        return (row.finite for row in self.rows if row.finite is not None)

    # --- text ---

    def __str__(self) -> str:
        lines = [HEAD, *self._cells()]
        widths = [max(len(cells[i]) for cells in lines) for i in range(len(HEAD))]
        table = [
            "  ".join(c.ljust(w) for c, w in zip(cells, widths, strict=True)).rstrip()
            for cells in lines
        ]
        table.insert(1, "─" * (sum(widths) + 2 * (len(HEAD) - 1)))
        return "\n".join([self.title, "", *table, "", *self._notes()])

    __repr__ = __str__

    def _cells(self) -> list[Sequence[str]]:
        return [cells for row in self.rows for cells in row.lines()]

    def _notes(self) -> list[str]:
        notes = [self._verdict()]
        if self.first_fault is not None:
            notes.append(f"They part at {self.first_fault}.")
        elif self.first_difference is not None:
            notes.append(self._largest())
            notes.append(f"The first op that differs is {self.first_difference}.")
        else:
            notes.append("Every op gave the same bits on both tiers.")
        if self.first_fault is None and not self.tiers_agree:
            notes.append("No op is to blame: f itself does something else on each tier.")
        if self.contradiction is not None:
            notes.append(f"Finite differences disagree at {self.contradiction}.")
        return [*notes, *self._remarks()]

    def _verdict(self) -> str:
        if not self.tiers_agree:
            return "THE TIERS DIFFER."
        if not self.finite_agrees:
            return "The tiers agree, but FINITE DIFFERENCES SAY OTHERWISE."
        if any(finite.checked.any() for finite in self._finite()):
            return "The tiers and the finite differences agree."
        return "The tiers agree; finite differences say nothing here."

    def _largest(self) -> str:
        row = max(self.rows, key=lambda row: row.relative)
        if row.relative == 0:
            return "Value and gradients have the same bits."
        return f"Largest difference: {row.apart()} relative, in {row.title}."

    def _remarks(self) -> Iterator[str]:
        """What has to be known to read the table, where it applies."""
        value = self.rows[0]
        if not self.differentiable:
            yield "No gradient flows to the inputs: no rule leads from the result to them."
        elif value.tensor.size > 1:
            yield f"f returns {value.tensor.size} numbers: gradients are those of their sum."
        if any(row.tensor.size > SHOWN_EACH for row in self.rows):
            yield "Of a large array you see the element that differs most."
        checked, total = self.sampled
        if checked < total:
            yield f"Finite differences were taken at {checked} of {total} elements."
        if any(finite.kink.any() for finite in self._finite()):
            yield "At a kink a finite difference says nothing; the tiers are compared all the same."

    # --- HTML ---

    def _repr_html_(self) -> str:
        # Okabe-Ito.  On white and on black they do for a mark, not for words.
        good, bad = "#009e73", "#d55e00"
        table = "border-collapse:collapse;font-size:inherit;font-variant-numeric:tabular-nums"
        cell = "padding:.15em .35em;text-align:left"
        line = "border-bottom:1px solid rgba(128,128,128,.4)"

        def row(cells: Sequence[str], tag: str, style: str) -> str:
            whole = f"{cell};white-space:nowrap" if tag == "td" else f"{cell};vertical-align:bottom"
            inside = "".join(
                f'<{tag} style="{whole};{_style(c, good, bad)}">{html.escape(c.strip())}</{tag}>'
                for c in cells
            )
            return f'<tr style="background:none;{style}">{inside}</tr>'

        body = "".join(row(cells, "td", "") for cells in self._cells())
        verdict, *notes = map(html.escape, self._notes())
        colour, sign = (good, "✓") if self.ok else (bad, "✗")
        mark = f'<b style="color:{colour}">{sign}</b>'
        return (
            f'<div style="overflow-x:auto"><p><code>{html.escape(self.title)}</code></p>'
            f'<table style="{table}">'
            f"<thead>{row(HEAD, 'th', line)}</thead><tbody>{body}</tbody></table>"
            f"<p>{mark} <b>{verdict}</b><br>{'<br>'.join(notes)}</p></div>"
        )


def _style(cell: str, good: str, bad: str) -> str:
    colour = {"ok": good, "DIFFERS": bad}.get(cell)
    bold = ";font-weight:bold" if cell == "DIFFERS" else ""
    return f"border-left:4px solid {colour}{bold}" if colour else ""
