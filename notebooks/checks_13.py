"""Checks of notebook 13: what may be folded, buffers in place, and a compile of one's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .exercise import Hint, NotWritten, exercise, expect, near
from .lesson_13 import Line

INF, ZERO = float("inf"), -0.0

#: What a rewriting does where it is wrong: one that changes no bit has nothing to show.
SHOWS = {
    "x * 1 → x": "",
    "x + 0 → x": f"at x = -0.0 the sum is {ZERO + 0.0}",
    "x - 0 → x": "",
    "x * 0 → 0": f"at x = inf the product is {INF * 0.0}, and at x = -1 it is {-1 * 0.0}",
    "x - x → 0": f"at x = inf the difference is {INF - INF}",
    "x / x → 1": "at x = 0 the quotient is nan",
    "(x + y) + z → x + (y + z)": f"(0.1 + 0.2) + 0.3 is {(0.1 + 0.2) + 0.3}, and 0.1 + (0.2 + 0.3)"
    f" is {0.1 + (0.2 + 0.3)}",
    "x + y → y + x": "",
}


@exercise
def check_safe(safe: Any) -> str:
    """Which rewritings change no bit."""
    expect(isinstance(safe, dict), f"safe should be a dict, and not {safe!r:.60}")
    for rewriting, shown in SHOWS.items():
        expect(rewriting in safe, f"{rewriting}: this key is missing")
        if safe[rewriting] is ...:
            raise NotWritten
        said = safe[rewriting]
        expect(isinstance(said, bool), f"{rewriting}: True or False, and not {said!r:.60}")
        expect(not (said and shown), f"{rewriting}: not for every float: {shown}")
        expect(
            said or shown,
            f"{rewriting}: try 0.0, -0.0, inf, -inf and nan; it holds for all of them",
        )
    return "Three of eight: why compilers have a switch for “fast mathematics”, which is off."


# --- in place ---


def _programs() -> list[list[Line]]:
    squares: list[Line] = [
        ("t1", "*", ("x", "x")),
        ("t2", "*", ("t1", "t1")),
        ("t3", "+", ("t2", "x")),
        ("t4", "tanh", ("t3",)),
        ("t5", "-", ("t4", "t2")),
        ("t6", "*", ("t5", "t5")),
        ("t7", "+", ("t6", "t4")),
        ("", "return", ("t7",)),
    ]
    notebook: list[Line] = [
        ("t1", "*", ("x", "w")),
        ("t2", "tanh", ("t1",)),
        ("t3", "*", ("t2", "t2")),
        ("t6", "+", ("t2", "t2")),
        ("t8", "-", ("1", "t3")),
        ("t9", "*", ("t6", "t8")),
        ("t11", "*", ("t9", "x")),
        ("", "return", ("t3", "t11")),
    ]
    kept: list[Line] = [
        ("t1", "+", ("x", "y")),
        ("t2", "*", ("x", "y")),
        ("t3", "-", ("t1", "t2")),
        ("", "return", ("t1", "t2", "t3")),
    ]
    return [notebook, squares, kept]


def fewest(lines: list[Line]) -> int:
    """How many buffers a program needs: as many as there are results alive at a time."""
    last = {x: i for i, (_, _, operands) in enumerate(lines) for x in operands}
    made = {name: i for i, (name, _, _) in enumerate(lines[:-1])}
    return max(sum(made[x] <= i < last[x] for x in made) for i in range(len(lines) - 1))


def overwritten(lines: list[Line], places: dict[str, str]) -> str:
    """Which result is read when its buffer holds another one; nothing, if none is."""
    holds: dict[str, str] = {}
    for name, op, operands in lines:
        for x in operands:
            if x in places and holds[places[x]] != x:
                where = "the return" if op == "return" else f"the line of {name}"
                return f"{where} reads {x}, but {places[x]} holds {holds[places[x]]} by then"
        if name:
            holds[places[name]] = name
    return ""


@exercise
def check_in_place(in_place: Any) -> str:
    """Buffers for results, operands' among them."""
    for lines in _programs():
        found = in_place(list(lines))
        shown = "\n".join(f"{name or 'return'}: {op} {operands}" for name, op, operands in lines)
        expect(isinstance(found, dict), f"it should return a dict, and not {found!r:.60}")
        missing = [name for name, _, _ in lines[:-1] if name not in found]
        expect(not missing, f"{', '.join(missing)}: without a buffer, in\n{shown}")
        wrong = overwritten(lines, found)
        expect(not wrong, f"With {found}, {wrong}. The program:\n{shown}")
        needed, used = fewest(lines), len({found[name] for name, _, _ in lines[:-1]})
        expect(
            used <= needed,
            f"{used} buffers, where {needed} are enough: is what dies at a line free when its "
            f"result gets a place? The program:\n{shown}",
        )
    return "As many buffers as there are results alive at a time: fewer cannot be."


# --- compile ---


class Counted:
    """A function, and how often it was called."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function, self.calls = function, 0

    def __call__(self, *args: Any) -> Any:
        self.calls += 1
        return self.function(*args)


def _functions() -> list[tuple[Counted, int]]:
    """Functions of arrays, and how many each takes."""
    return [
        (Counted(lambda a, b: (a * b + a) * (a * b - b)), 2),
        (Counted(lambda a: a * a - a), 1),
        (Counted(lambda a, b, c: c - b * (c + a)), 3),
    ]


@exercise
def check_compiled(compiled: Any) -> str:
    """A compile of arrays, with a trace for each form of call."""
    random = np.random.default_rng(0)
    for number, (f, count) in enumerate(_functions(), 1):
        mine = compiled(f)
        expect(callable(mine), f"compiled should return a function, and not {mine!r:.60}")
        for shape, traces in [((3,), 1), ((3,), 1), ((4,), 2), ((2, 2), 3), ((3,), 3)]:
            arrays = list(random.normal(size=(count, *shape)))
            before = [x.copy() for x in arrays]
            found = mine(*arrays)
            if isinstance(found, tuple | list):
                raise Hint("It should return one array: the function of a program gives a tuple")
            near(found, f.function(*before), f"function {number} of the check, shape {shape}")
            expect(
                f.calls <= traces,
                f"calls of f: {f.calls}, shapes of arrays: {traces}: run what you have, "
                "where the shapes are known",
            )
            expect(
                f.calls >= traces,
                f"calls of f: {f.calls}, shapes of arrays: {traces}: another shape is "
                "another program",
            )
    return "A tracer, three passes and a guard: what is left are more ops, and more guards."
