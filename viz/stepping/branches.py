"""Of a function's source, what ran in one call: the branch that an `if` took, not the others."""

from __future__ import annotations

import ast
import functools
import inspect
import sys
import textwrap
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any

LEFT_OUT = "# … not run here"


def source_run(function: Any, call: Callable[[], Any]) -> str:
    """The source of a function without its docstring, and without what `call` does not run of it.

    What is left out is said where it stood.  Of a call that raises, the whole source.

    >>> def sign(x):
    ...     if x < 0:
    ...         return -1
    ...     return 1

    `source_run(sign, lambda: sign(2))` is then

        def sign(x):
            # … not run here
            return 1
    """
    lines, first, tree = _read(function)
    body, start = tree.body, tree.body[0].lineno - 1
    head = lines[:start]
    if ast.get_docstring(tree) is not None and len(body) > 1:
        start, body = body[0].end_lineno or start, body[1:]
    ran = {number - first + 1 for number in _lines_run(function.__code__, call)}
    shown = _Kept(lines, ran).block(body, start) if ran else lines[start:]
    return "\n".join([*head, *shown])


@functools.cache
def _read(function: Any) -> tuple[list[str], int, ast.FunctionDef]:
    """The lines of a function, the number of the first in its file, and what they say."""
    lines, first = inspect.getsourcelines(function)
    text = textwrap.dedent("".join(lines))
    tree = ast.parse(text).body[0]
    assert isinstance(tree, ast.FunctionDef)
    return text.splitlines(), first, tree


def _lines_run(code: CodeType, call: Callable[[], Any]) -> set[int]:
    """The numbers of the lines of some code that a call runs; none, if it raises."""
    found: set[int] = set()

    def at_line(frame: FrameType, event: str, _given: Any) -> Any:  # pragma: no cover - a tracer
        found.add(frame.f_lineno)
        return at_line

    def at_call(frame: FrameType, event: str, _given: Any) -> Any:  # pragma: no cover - a tracer
        return at_line if frame.f_code is code else None

    before = sys.gettrace()
    sys.settrace(at_call)
    try:
        call()
    except Exception:  # a rule may fail in any way; then nothing is said of what ran
        found.clear()
    finally:
        sys.settrace(before)
    return found


class _Kept:
    """What is kept of a function's lines."""

    def __init__(self, lines: list[str], ran: set[int]) -> None:
        self.lines = lines
        self.ran = ran

    def block(self, statements: list[ast.stmt], start: int) -> list[str]:
        """What ran of statements, the first of which stands after line `start`, in one block."""
        kept: list[str] = []
        for one in statements:
            kept += self.statement(one, start)
            start = one.end_lineno or start
        return [
            line for line, before in zip(kept, ["", *kept], strict=False)
            if line.strip() != LEFT_OUT or before.strip() != LEFT_OUT
        ]  # fmt: skip

    def statement(self, one: ast.stmt, start: int) -> list[str]:
        """What ran of one statement, with the comments above it."""
        left_out = [" " * one.col_offset + LEFT_OUT]
        if not isinstance(one, ast.If) or one.body[0].lineno == one.lineno:
            return self.lines[start : one.end_lineno] if self.has_run(one) else left_out
        if any(map(self.has_run, one.body)):
            head = self.lines[start : one.body[0].lineno - 1]
            rest = left_out if one.orelse else []
            return [*head, *self.block(one.body, one.body[0].lineno - 1), *rest]
        if any(map(self.has_run, one.orelse)):
            return [*left_out, *self.otherwise(one)]
        return left_out

    def otherwise(self, one: ast.If) -> list[str]:
        """What ran of the `else` of an `if`: as deep as the `if`, for that alone was there."""
        inside = self.block(one.orelse, one.orelse[0].lineno - 1)
        deeper = one.orelse[0].col_offset - one.col_offset
        if not deeper:  # an elif
            return [inside[0].replace("elif", "if", 1), *inside[1:]]
        return [line[deeper:] for line in inside]

    def has_run(self, one: ast.stmt) -> bool:
        """Whether a line of a statement ran."""
        return any(number in self.ran for number in range(one.lineno, (one.end_lineno or 0) + 1))
