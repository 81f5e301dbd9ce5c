"""Functions from Python text: what is written of a row runs, and tracebacks show its lines."""

from __future__ import annotations

import linecache
from typing import Any


def compiled(lines: list[str], names: dict[str, Any], what: str) -> dict[str, Any]:
    """What the lines define, among the names they refer to.

    Args:
        lines: of one module.
        names: what stands in the text, by name; `__name__`, the module that wrote it, tells that
            nobody should take its lines for the user's.
        what: the text's own name, to be found by; no path, where tools would look for a file.

    >>> lines = ["def double(x):", *indented(["return 2 * x"])]
    >>> compiled(lines, {"__name__": "engine"}, "double")["double"](3)
    6
    """
    text, file = "\n".join([*lines, ""]), f"<{names['__name__']}: {what}>"
    linecache.cache[file] = len(text), None, text.splitlines(keepends=True), file
    exec(compile(text, file, "exec"), names)
    return names


def indented(lines: list[str]) -> list[str]:
    """The lines, one level further in."""
    return [f"    {line}" for line in lines]


def tuple_of(names: list[str]) -> str:
    """The text of a tuple.

    >>> tuple_of(["a", "b"]), tuple_of(["a"])
    ('(a, b)', '(a,)')
    """
    return f"({', '.join(names)}{',' if len(names) == 1 else ''})"
