"""What `compare` found, and how it reads: a table in a terminal, HTML in a notebook."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..looking import label_of
from .distance import relative, ulps
from .lockstep import FINITE_RTOL, GRADIENT_RTOL, Contradiction, Difference, largest

__all__ = ["Comparison", "Finite", "Row"]

HEAD = ("", "Value", "Tensor", "apart", "finite difference", "apart", "")
SHOWN_EACH = 6  # arrays of up to so many numbers are shown number by number


@dataclass(frozen=True)
class Finite:
    """Finite differences for each element of an input.

    Attributes:
        slope: the estimates; nan where there is none.
        error: about how wrong each may be.
        sampled: where one was asked for.
        kink: where it says nothing, for f has a corner there.
    """

    slope: np.ndarray
    error: np.ndarray
    sampled: np.ndarray
    kink: np.ndarray

    @property
    def checked(self) -> np.ndarray:
        """Where there is something to compare with."""
        return self.sampled & ~self.kink & ~np.isnan(self.slope)


@dataclass(frozen=True)
class Row:
    """One line of a comparison: the value, or the gradient of one input.

    Attributes:
        name: "value", or the input's name.
        shape: the shape of the value or the input.
        scalar: the numbers on the Value tier.
        tensor: the numbers on the Tensor tier.
        finite: finite differences; None for the value.
        size: how large the numbers would be if no terms cancelled: rounding is relative to that.
    """

    name: str
    shape: tuple[int, ...]
    scalar: np.ndarray
    tensor: np.ndarray
    finite: Finite | None
    size: float = 0.0

    @property
    def ulp(self) -> float:
        """Largest distance between the tiers in units in the last place, scaled as `relative`."""
        return float(np.max(self._ulps(), initial=0.0))

    @property
    def relative(self) -> float:
        """Largest difference between the tiers, relative to the largest number, or `size`."""
        return float(np.max(self._between_tiers(), initial=0.0))

    @property
    def finite_relative(self) -> float:
        """Largest difference between the Tensor tier and finite differences, likewise."""
        return float(np.max(self._against_finite(), initial=0.0))

    @property
    def tiers_agree(self) -> bool:
        """Whether the tiers differ by at most 1e-12 of the largest number, or of `size`."""
        return self.relative <= GRADIENT_RTOL

    @property
    def finite_agrees(self) -> bool:
        """Whether finite differences agree wherever they say something."""
        return not self._contradicted().any()

    @property
    def ok(self) -> bool:
        """Whether tiers and finite differences agree."""
        return self.tiers_agree and self.finite_agrees

    def _scale(self) -> float:
        return max(largest(self.tensor), self.size)

    def _ulps(self) -> np.ndarray:
        return np.asarray(ulps(self.scalar, self.tensor, self._scale()))

    def _between_tiers(self) -> np.ndarray:
        return np.asarray(relative(self.scalar, self.tensor, self._scale()))

    def _against_finite(self) -> np.ndarray:
        if self.finite is None:
            return np.zeros(self.shape)
        apart = relative(self.tensor, self.finite.slope, self._scale())
        return np.where(self.finite.checked, apart, 0.0)

    def _contradicted(self) -> np.ndarray:
        """Where the gradient is further off than 1e-5 and the finite difference's own error."""
        if self.finite is None:
            return np.zeros(self.shape, dtype=bool)
        slope, error = self.finite.slope, self.finite.error
        with np.errstate(invalid="ignore"):
            off = np.abs(self.tensor - slope) > FINITE_RTOL * largest(self.tensor) + 10 * error
        return self.finite.checked & (off | ~np.isfinite(self.tensor))

    def worst(self) -> tuple[int, ...]:
        """The element where the tiers (else the finite differences) differ most."""
        if not self.tensor.size:
            return ()
        for apart in (self._between_tiers(), self._contradicted(), self._against_finite()):
            if apart.any():
                break
        else:
            apart = np.abs(self.tensor)
        return tuple(int(i) for i in np.unravel_index(int(np.argmax(apart)), self.shape))


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
        return [cells for row in self.rows for cells in _lines(row)]

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
        return f"Largest difference: {_apart(row.ulp, row.relative)} relative, in {_title_of(row)}."

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


def _title_of(row: Row) -> str:
    return row.name if row.finite is None else f"∂/∂{row.name}"


def _lines(row: Row) -> list[Sequence[str]]:
    """A row as lines of cells: each number, or the one where the difference is largest."""
    if row.tensor.size == 0:
        return [(f"{_title_of(row)}, empty", "", "", "", "", "", "ok")]
    if row.tensor.size <= SHOWN_EACH:
        return [_line(row, i) for i in np.ndindex(row.shape)]
    name, scalar, tensor, _, finite, _, _ = _line(row, row.worst())
    size = "×".join(map(str, row.shape))
    return [
        (
            f"{name} of {size}", scalar, tensor, _apart(row.ulp, row.relative), finite,
            "" if row.finite is None else _small(row.finite_relative),
            "ok" if row.ok else "DIFFERS",
        )
    ]  # fmt: skip


def _line(row: Row, i: tuple[int, ...]) -> Sequence[str]:
    between = float(row._between_tiers()[i])
    good = between <= GRADIENT_RTOL and not row._contradicted()[i]
    checked = row.finite is not None and row.finite.checked[i]
    return (
        label_of(_title_of(row), i),
        _aligned(repr(float(row.scalar[i]))),
        _aligned(repr(float(row.tensor[i]))),
        _apart(float(row._ulps()[i]), between),
        "" if row.finite is None else _aligned(_estimate(row.finite, i)),
        _small(row._against_finite()[i]) if checked else "",
        "ok" if good else "DIFFERS",
    )


def _aligned(number: str) -> str:
    """Room for a minus sign, so that digits stand below digits."""
    return number if number.startswith("-") else f" {number}"


def _estimate(finite: Finite, i: tuple[int, ...]) -> str:
    if finite.kink[i]:
        return "at a kink"
    if not finite.sampled[i]:
        return "not sampled"
    return "undefined" if np.isnan(finite.slope[i]) else f"{finite.slope[i]:.9g}"


def _small(part: float) -> str:
    return f"{part:.0e}" if part else "0"


def _apart(ulp: float, part: float) -> str:
    if ulp == 0:
        return "same bits"
    if ulp > 1e6:  # no matter of rounding
        return f"{part:.1e}"
    return f"{f'{ulp:.0f}' if ulp >= 1 else '<1'} ulp, {part:.0e}"
