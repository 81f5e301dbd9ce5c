"""The table of ops in a notebook: each row with its formula and its gradients as mathematics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..op_table import OpTable
from ..symbols import MathML, formulas
from .markup import escaped, html_card, html_table

KINDS = {
    "elementwise": "number by number",
    "shape": "on whole arrays",
    "fused": "fused: the same as others composed, in one row",
}
LONGEST = 500  # characters of a formula


def op_table_html(table: Mapping[str, Any]) -> str:
    """The ops by kind, in tables that open and close.

    A row says what the op is, its formula, and what each input's gradient is: g is the upstream
    gradient, y the result.
    """
    parts = []
    for kind, title in KINDS.items():
        ops = [op for op in table.values() if op.kind == kind]
        if ops:
            shown = "number" in title
            head = ("op", "what it is", *(("y", "gradients of the inputs") if shown else ()))
            rows = html_table([_row(op, shown) for op in ops], head)
            parts.append(
                f"<details{' open' * shown}><summary>{len(ops)} {title}</summary>{rows}</details>"
            )
    return html_card(f"<b>{len(table)} ops</b>", "".join(parts))


def _row(op: Any, shown: bool) -> list[str]:
    cells = [f"<code>{escaped(op.name)}</code>", escaped(op.doc)]
    if shown:
        result, *gradients = [right for _, right in formulas(op, MathML())]
        cells += [_set(op, [result]), _set(op, gradients)]
    return cells


def _set(op: Any, formulas: list[str]) -> str:
    """Formulas side by side; where to read those that are too long for that."""
    if max(map(len, formulas)) > LONGEST:
        return f"long: <code>twingrad ops {escaped(op.name)}</code>"
    return " , ".join(f'<math displaystyle="true">{one}</math>' for one in formulas)


OpTable.to_html = op_table_html
