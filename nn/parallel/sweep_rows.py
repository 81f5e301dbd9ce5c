"""`Sweep`: what came of a sweep, as rows, and shown as a table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from engine.showing import escaped, html_card, html_table

from ..checks import one_of
from .settings import OWN

SHOWN = 20  # rows of a table
WIDEST = 32  # letters of a cell


class Sweep(list[dict[str, Any]]):
    """What came of a sweep: a row for each setting, in their order; shown as a table.

    A row is a dict: the setting, the results, and "seconds"; or, of one that failed, the setting,
    "error" and "traceback".  `pandas.DataFrame(rows)` takes them as they are.

    Attributes:
        names: of the settings.

    >>> Sweep([{"lr": 0.1, "loss": 1 / 3, "seconds": 1.0}, {"lr": 9, "error": "no"}], ["lr"])
    2 settings of lr, 1 failed
    lr   loss    seconds  error
    0.1  0.3333  1
    9                     no
    """

    def __init__(self, rows: Sequence[dict[str, Any]], names: Sequence[str]) -> None:
        super().__init__(rows)
        self.names = tuple(names)

    @property
    def failed(self) -> list[dict[str, Any]]:
        """The rows with an error."""
        return [row for row in self if "error" in row]

    def best(self, metric: str, mode: str = "min") -> dict[str, Any]:
        """The row with the least (or, for mode "max", largest) metric; the first of several.

        Rows that failed, nan and inf are passed over.

        Raises:
            ValueError: no row has it as a finite number.
        """
        one_of("mode", mode, "min", "max")
        rows = [row for row in self if _is_finite(row.get(metric))]
        if not rows:
            known = sorted({name for row in self for name in row} - {*self.names, *OWN[1:]})
            raise ValueError(f"no setting has a finite number {metric!r}; there are {known}")
        return (min if mode == "min" else max)(rows, key=lambda row: row[metric])

    def _caption(self) -> str:
        failed = f", {len(self.failed):,} failed" if self.failed else ""
        return f"{len(self):,} setting{'s' * (len(self) != 1)} of {', '.join(self.names)}{failed}"

    def _table(self) -> list[list[str]]:
        """The names of the columns, and the cells of the first rows."""
        there = dict.fromkeys(self.names) | dict.fromkeys(name for row in self for name in row)
        columns = [name for name in there if name not in OWN]
        columns += [name for name in ("seconds", "error") if name in there]
        return [columns, *([_cell(row.get(x, "")) for x in columns] for row in self[:SHOWN])]

    def _more(self) -> str:
        return f"… and {len(self) - SHOWN:,} more" if len(self) > SHOWN else ""

    def __repr__(self) -> str:
        table = self._table()
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in table
        ]
        return "\n".join([self._caption(), *lines, self._more()]).rstrip("\n")

    def _repr_html_(self) -> str:
        """The same table for notebooks."""
        head, *rows = [[escaped(cell) for cell in row] for row in self._table()]
        return html_card(escaped(self._caption()), html_table(rows, head) + escaped(self._more()))


def _cell(x: Any) -> str:
    text = f"{x:.4g}" if isinstance(x, float) else " ".join(str(x).split())
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"


def _is_finite(x: Any) -> bool:
    return isinstance(x, int | float) and not isinstance(x, bool) and abs(x) < math.inf
