"""What `gradcheck` checked: true, and a table of it."""

from __future__ import annotations

from dataclasses import dataclass

from ..showing import escaped, html_card, html_table, minus

GOOD = "#009e73"  # Okabe and Ito's green


@dataclass(frozen=True)
class Checked:
    """What was checked of one input at one order.

    Attributes:
        order: 1 for the gradient, 2 for its gradient, …
        input: which input, by name.
        count: how many of its elements were checked.
        left_out: how many were not: at a kink, or where f is not finite.
        difference: the largest |got - expected| of those checked.
    """

    order: int
    input: str
    count: int
    left_out: int
    difference: float

    def cells(self) -> tuple[str, str, str, str]:
        """What a table says of it."""
        elements = f"{self.count} of {self.count + self.left_out}"
        worst = minus(f"{self.difference:.1e}") if self.count else "–"
        return str(self.order), self.input, elements, worst


HEAD = ("order", "input", "elements checked", "largest difference")


@dataclass(frozen=True, eq=False)
class GradCheck:
    """The answer of `gradcheck` where every derivative is right: it is true, and equal to True.

    Attributes:
        rows: what was checked, order by order, input by input.

    >>> from engine import gradcheck
    >>> found = gradcheck(lambda x: x**3, 2.0)
    >>> bool(found), [row.order for row in found.rows]
    (True, [1, 2])
    """

    rows: tuple[Checked, ...]

    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        return self is other or other is True

    def __hash__(self) -> int:
        return hash(True)

    def __repr__(self) -> str:
        lines = [HEAD, *(row.cells() for row in self.rows)]
        widths = [max(len(cells[i]) for cells in lines) for i in range(len(HEAD))]
        table = (
            "  ".join(c.ljust(w) for c, w in zip(cells, widths, strict=True)).rstrip()
            for cells in lines
        )
        return "\n".join([TITLE, *(f"  {line}" for line in table)])

    def _repr_html_(self) -> str:
        """What a notebook shows: the same as a table."""
        rows = [tuple(map(escaped, row.cells())) for row in self.rows]
        return html_card(f"<b>✓</b> {TITLE}", html_table(rows, HEAD), GOOD)


TITLE = "the derivatives are right, as finite differences tell"
