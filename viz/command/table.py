"""The op table as text: what a page of the docs and the cheat sheet show, from the registry.

`python -m viz.command.table` writes it between the markers of both; with names of files, of those.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from engine import Op, functions, registry
from engine.symbols import LaTeX, rule_formulas

from ..site import KINDS, bound_of, call_of, doc_of, domain_of
from ..stepping import rule_source

#: The pages that show the table, from the root of a checkout.
PAGES = ("docs/op_table.md", "notebooks/CHEATSHEET.md")
BEGIN, END = "<!-- op table: begin -->", "<!-- op table: end -->"
LONGEST_FORMULA = 150  # characters
PRIVATE = re.compile(r"\b_\w+\(")  # a function that nobody outside its module knows


def markdown() -> str:
    """Every op and every function composed of ops, as Markdown tables.

    >>> "| `tanh(x)` |" in markdown()
    True
    """
    lines = [
        f"| {KINDS['elementwise']} | what it is | gradients | tested on | tiers agree to |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| `{call_of(op)}` | {_words(op.doc)} | {_safe(gradients_of(op))} | {domain_of(op)} "
        f"| {bound_of(op)} |"
        for op in registry.values()
        if op.kind == "elementwise"
    ]
    for kind in ("shape", "fused"):
        lines += ["", f"| {KINDS[kind]} | what it is |", "|---|---|"]
        ops = [op for op in registry.values() if op.kind == kind]
        if kind == "fused":  # they stand in many files: the order of imports says nothing
            ops.sort(key=lambda op: op.name)
        lines += [f"| `{call_of(op)}` | {_words(op.doc)} |" for op in ops]
    lines += ["", "| composed of the above | what it is |", "|---|---|"]
    lines += [f"| `{name}` | {_words(doc_of(function))} |" for name, function in functions.items()]
    return "\n".join(lines) + "\n"


def _safe(text: str) -> str:
    return text.replace("|", "\\|")


def _words(text: str) -> str:
    """Words, in which a*a + b*b shall not become italic."""
    return _safe(re.sub(r"(?<! )\*|\*(?! )", r"\\*", text))


def gradients_of(op: Op) -> str:
    """The rule for each input, as the row has it; of what is longer, its formula if that fits.

    >>> gradients_of(registry["mul"])
    '`g * b`, `g * a`'
    """
    written = {}
    for i, rule in enumerate(op.vjps):
        source = rule_source(op, i)
        written[i] = "none" if rule is None else f"`{source}`"
        if "\n" in source or PRIVATE.search(source):
            formula = rule_formulas(op, LaTeX())[i]
            if len(formula) <= LONGEST_FORMULA and r"\\" not in formula:
                # Markdown would take a backslash before a comma for its own; GitHub refuses
                # \operatorname
                for used, shown in ((r"\,", r"\thinspace "), (r"\operatorname", r"\mathrm")):
                    formula = formula.replace(used, shown)
                written[i] = f"${formula}$"
            elif "\n" in source:
                written[i] = "a function"
    return ", ".join(written.values())


def replace_between_markers(text: str) -> str:
    """`text` with the table between its markers renewed.

    Raises:
        ValueError: the markers are missing.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the text has no {BEGIN} … {END}")
    return f"{before}{BEGIN}\n{markdown()}{END}{after}"


def main(paths: Sequence[str]) -> None:
    """Renew the table in files, or in those of the project."""
    for path in paths or PAGES:
        file = Path(path)
        file.write_text(replace_between_markers(file.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
