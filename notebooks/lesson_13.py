"""Notebook 13: programs that are lists of lines, as text and as functions; what time they take."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from viz.plots import CYCLE

#: A line of a program: what it makes, the op, what that reads.
Line = tuple[str, str, tuple[str, ...]]

FUNCTIONS = {"+": "add", "-": "subtract", "*": "multiply", "tanh": "tanh"}


def given_to(lines: Sequence[Line]) -> list[str]:
    """The names that lines read and do not make, in order.

    >>> given_to([("t1", "*", ("x", "w")), ("t2", "-", ("1", "t1"))])
    ['x', 'w']
    """
    made = {name for name, _, _ in lines}
    read = [x for _, _, operands in lines for x in operands]
    return [x for x in dict.fromkeys(read) if x not in made and not x.isdigit()]


def printed(
    lines: Sequence[Line],
    places: dict[str, str] | None = None,
    size: int = 0,
    arguments: Sequence[str] | None = None,
) -> str:
    """A program as Python text that runs, if NumPy is there.

    Args:
        places: the buffer of each result; without it, each is an array of its own.
        size: how many numbers a buffer has.
        arguments: the function's; those that are read, if they are not named.

    >>> print(printed([("t1", "*", ("x", "w")), ("", "return", ("t1",))]))
    def program(x, w):
        t1 = x * w
        return t1,
    """
    names = given_to(lines) if arguments is None else arguments
    text = [f"def program({', '.join(names)}):", *(f"    {_line(x, places)}" for x in lines)]
    made = [f"{b} = np.empty({size})" for b in sorted({*places.values()})] if places else []
    return "\n".join([*made, "", *text] if made else text)


def _line(line: Line, places: dict[str, str] | None) -> str:
    name, op, operands = line
    words = [places.get(x, x) if places else x for x in operands]
    if op == "return":
        return f"return {', '.join(words)}{',' * (len(words) == 1)}"
    if places:
        out = f"np.{FUNCTIONS[op]}({', '.join(words)}, out={places[name]})"
        return f"{out}  # {name}"
    if op == "tanh":
        return f"{name} = np.tanh({words[0]})"
    return f"{name} = {words[0]} {op} {words[1]}"


def function_of(text: str) -> Callable[..., Any]:
    """The function `program` that a text defines.

    >>> function_of("def program(x): return x + 1,")(2.0)
    (3.0,)
    """
    space: dict[str, Any] = {"np": np}
    exec(text, space)
    return space["program"]


def seconds(function: Callable[[], Any], times: int = 5) -> float:
    """How long a call takes: the shortest of several, which others disturbed least."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        function()
        taken.append(time.perf_counter() - start)
    return min(taken)


def draw_blocks(sizes: Sequence[int], ratios: Sequence[float], pyplot: Any) -> None:
    """Draw the time that blocks of each size take beside that of the whole array at once."""
    _, ax = pyplot.subplots(figsize=(7, 3), layout="constrained")
    ax.axhline(1, color="0.6", linestyle="--")
    ax.text(sizes[-1], 1.02, "the whole array at once", ha="right", va="bottom", color="0.4")
    ax.plot(sizes, ratios, "o-", color=CYCLE[0])
    ax.set_xscale("log", base=2)
    ax.set(
        xlabel="numbers in a block", ylabel="time, relative to that", ylim=(0, max(1.2, *ratios))
    )


def draw_costs(once: float, usual: float, fast: float, pyplot: Any) -> int:
    """Draw what calls cost together, op by op and compiled; from which call on compiling pays."""
    pays = int(once / max(usual - fast, usual / 1000)) + 1
    calls = range(3 * pays + 1)
    _, ax = pyplot.subplots(figsize=(7, 3), layout="constrained")
    ax.plot(calls, [*calls], "--", color=CYCLE[1], label="op by op")
    ax.plot(calls[1:], [(once + n * fast) / usual for n in calls[1:]], color=CYCLE[0],
            label="compiled")  # fmt: skip
    ax.axvline(pays, color="0.6", linewidth=0.8)
    ax.set(xlabel="calls", ylabel="time, in calls op by op", xlim=(0, None), ylim=(0, None))
    ax.legend(frameon=False)
    return pays
