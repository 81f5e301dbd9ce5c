"""Rows of floats, such as points or examples: many numbers of one form, looked at all at once.

`[(0.1, 1.0), (0.2, -1.0)]` is given to a program of numbers as one list of floats.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import count
from operator import itemgetter
from typing import Any

from ..lists import LISTS
from ..symbols import compiled, indented


def rows_of(x: Any) -> tuple[Any, list[float]]:
    """The form that all elements of a list or tuple have, and their floats; None and [] else.

    A form is `float`, or a kind of list with the forms of what is in it.

    >>> rows_of([(0.5, 2.0), (0.0, 1.0)])
    ((<class 'tuple'>, (<class 'float'>, <class 'float'>)), [0.5, 2.0, 0.0, 1.0])
    >>> rows_of([0.5, 1.0]), rows_of([(0.5,), (0.5, 1.0)])
    ((None, []), (None, []))
    """
    form = _form(x[0]) if type(x) in LISTS and x else None
    flat = None if form in (None, float) else flattening(form)(x)
    return (None, []) if flat is None else (form, flat)


def _form(x: Any) -> Any:
    if type(x) is float:
        return float
    if type(x) not in LISTS or not x:
        return None
    parts = tuple(map(_form, x))
    return None if None in parts else (type(x), parts)


@cache
def flattening(form: Any) -> Callable[[Any], list[float] | None]:
    """The function that gives all floats of rows of a form in one list, None for other rows.

    >>> flattening((tuple, (float, float)))([(0.1, 1.0), (0.2, -1.0)])
    [0.1, 1.0, 0.2, -1.0]
    """
    names = (f"v{i}" for i in count())
    row = _pattern(form, names)
    every = ", ".join(f"v{i}" for i in range(int(next(names)[1:])))
    lines = [f"if {' and '.join(_conditions(form, 'x'))}:",
             f"    found = [v for {row} in x for v in ({every},)]",
             "    if set(map(type, found)) == {float}:",
             "        return found",
             "return None"]  # fmt: skip
    known = {"__name__": __name__, "get": itemgetter}
    return compiled(["def flat(x):", *indented(lines)], known, f"rows of {row}")["flat"]


def _pattern(form: Any, names: Iterator[str]) -> str:
    """A row as a target of variables."""
    return next(names) if form is float else f"[{', '.join(_pattern(f, names) for f in form[1])}]"


def _conditions(form: Any, rows: str) -> Iterator[str]:
    """That all rows are of a form, but for their numbers."""
    kind, parts = form
    yield f"set(map(type, {rows})) == {{{kind.__name__}}}"
    yield f"set(map(len, {rows})) == {{{len(parts)}}}"
    for i, part in enumerate(parts):
        if part is not float:
            yield from _conditions(part, f"map(get({i}), {rows})")
