"""Functions from Python text: what is written of a row runs, and tracebacks show its lines."""

from __future__ import annotations

import linecache
from types import CodeType
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
    exec(code_of(lines, names["__name__"], what), names)
    return names


def code_of(lines: list[str], module: str, what: str) -> CodeType:
    """The same lines as code, to be run as often as there is need; `module` wrote them."""
    text, file = "\n".join([*lines, ""]), f"<{module}: {what}>"
    linecache.cache[file] = len(text), None, text.splitlines(keepends=True), file
    return compile(text, file, "exec")


def indented(lines: list[str]) -> list[str]:
    """The lines, one level further in."""
    return [f"    {line}" for line in lines]


def tuple_of(names: list[str]) -> str:
    """The text of a tuple.

    >>> tuple_of(["a", "b"]), tuple_of(["a"])
    ('(a, b)', '(a,)')
    """
    return f"({', '.join(names)}{',' if len(names) == 1 else ''})"
