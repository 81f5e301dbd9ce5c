"""The op table as text: what README and cheat sheet show, generated from the registry.

`python -m viz.command.table` writes it between the markers of both; with names of files, of those.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import nn  # noqa: F401 - its fused ops are rows of the registry too
from engine import REAL, Op, functions, input_names, registry

from ..stepping import rule_source

__all__ = [
    "bound_of",
    "call_of",
    "domain_of",
    "gradients_of",
    "markdown",
    "replace_between_markers",
]

#: The pages that show the table, from the root of a checkout.
PAGES = ("README.md", "notebooks/CHEATSHEET.md")
BEGIN, END = "<!-- op table: begin -->", "<!-- op table: end -->"


def markdown() -> str:
    """Every op and every function spelled with ops, as Markdown tables.

    >>> "| `tanh(x)` |" in markdown()
    True
    """
    rows = [op for op in registry.values() if op.kind == "elementwise"]
    arrays = [op for op in registry.values() if op.kind == "shape"]
    fused = [op for op in registry.values() if op.kind == "fused"]
    lines = ["| number by number | what it is | gradients | tested on | tiers agree to |"]
    lines += ["|---|---|---|---|---|"]
    lines += [
        f"| `{call_of(op)}` | {_safe(op.doc)} | {_safe(gradients_of(op))} | {domain_of(op)} "
        f"| {bound_of(op)} |"
        for op in rows
    ]
    lines += ["", "| on whole arrays | what it is |", "|---|---|"]
    lines += [f"| `{call_of(op)}` | {_safe(op.doc)} |" for op in arrays]
    lines += ["", "| one node for several (fused) | what it is |", "|---|---|"]
    lines += [f"| `{call_of(op)}` | {_safe(op.doc)} |" for op in fused]
    lines += ["", "| spelled with the above | what it is |", "|---|---|"]
    for name, function in functions.items():
        doc = (function.__doc__ or "").partition("\n")[0]
        lines.append(f"| `{name}` | {_safe(doc)} |")
    return "\n".join(lines) + "\n"


def _safe(text: str) -> str:
    return text.replace("|", "\\|")


def call_of(op: Op) -> str:
    """How the op is called: its inputs, then its parameters."""
    inputs = ["*numbers" if op.kind == "fused" else "*arrays"] if op.variadic else input_names(op)
    given = [f"{name}={value!r}" for name, value in op.defaults.items() if _has_default(value)]
    needed = [name for name, value in op.defaults.items() if not _has_default(value)]
    return f"{op.name}({', '.join([*inputs, *needed, *given])})"


def _has_default(value: object) -> bool:
    return not isinstance(value, type)  # inspect.Parameter.empty is a class


def gradients_of(op: Op) -> str:
    """The rule for each input, as the row has it.

    >>> gradients_of(registry["mul"])
    '`g * b`, `g * a`'
    """
    rules = [rule_source(op, i) for i in range(len(op.vjps))]
    return ", ".join(
        "none" if op.vjps[i] is None else "a function" if "\n" in rule else f"`{rule}`"
        for i, rule in enumerate(rules)
    )


def domain_of(op: Op) -> str:
    """Where the op is defined, and tested."""
    places = [
        f"{name} in {interval}"
        for name, interval in zip(input_names(op), op.domain, strict=True)
        if interval != REAL
    ]
    return ", ".join(places) or "all numbers"


def bound_of(op: Op) -> str:
    """How far the tiers may be apart."""
    return "the bit" if op.ulp == 0 else f"{op.ulp:g} ulp"


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


if __name__ == "__main__":  # pragma: no cover - the test calls main
    main(sys.argv[1:])
