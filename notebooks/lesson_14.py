"""Notebook 14: both directions in one picture, costs that are counted, and costs that are measured.

Time and memory are measured as ratios: to another call's, or to the size of one array.
"""

from __future__ import annotations

import ast
import time
import tracemalloc
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from engine import Node, Op, toposort
from engine.showing import number
from viz.drawing import Arrow, Box, Scene, scene_dot
from viz.graphs import Picture
from viz.plots import CYCLE, LEGEND, axes_of, figure_with

#: Where a row is tried: its first input at one of the first two, wherever it is defined.
PLACES = (0.3, 1.3), (0.45,), (0.6,)
SHORTEST = 1_000_000  # nanoseconds that are measured
#: Bytes that C's allocator keeps at hand, once such a piece was freed; before that it asks the
#: system for each array anew, and may take longer for that than the arithmetic does.
LARGEST = 30_000_000
LOWEST = 1e-17  # where an error of exactly 0 is drawn: a logarithm has no place for it


def place_of(op: Op) -> list[float]:
    """Numbers for the inputs of an elementwise op, where it is defined and has no kink.

    >>> import engine
    >>> place_of(engine.mul), place_of(engine.arccosh)
    ([0.3, 0.45], [1.3])
    """
    return [
        next(x for x in candidates if interval.contains(x))
        for candidates, interval in zip(PLACES, op.domain, strict=False)
    ]


# --- counted ---


def operations(text: str) -> int:
    """How many operations and calls of functions stand in some lines of Python.

    >>> operations("    v1 = exp(x)\\n    v2 = v1 * v1 + 1\\n")
    3
    """
    lines = "\n".join(line.strip() for line in text.splitlines())
    counted = ast.BinOp, ast.UnaryOp, ast.Call
    return sum(isinstance(one, counted) for one in ast.walk(ast.parse(lines)))


# --- measured ---


def times_as_long(this: Callable[[], Any], that: Callable[[], Any], rounds: int = 30) -> float:
    """How many times as long one call takes as another: what each takes at its best.

    Both are run in turns, and the processor's time is taken, so that other programs matter little.
    A round calls each as often as fills a millisecond, so that the clock's own time does not count.
    """
    np.empty(LARGEST, np.uint8)  # is freed at once; what follows gets memory from what is at hand
    calls = [(call, 1 + SHORTEST // (1 + _taken(call, 1))) for call in (this, that)]
    taken = [[_taken(call, times) / times for call, times in calls] for _ in range(rounds)]
    best = np.min(taken, axis=0)
    return float(best[0] / best[1])


def _taken(call: Callable[[], Any], times: int) -> int:
    """Nanoseconds of the processor's time for so many calls."""
    start = time.process_time_ns()
    for _ in range(times):
        call()
    return time.process_time_ns() - start


def peak_in_arrays(call: Callable[[], Any], array: np.ndarray) -> int:
    """How many arrays of this size there are at once, at most, that the call has made.

    >>> x = np.ones(100_000)
    >>> peak_in_arrays(lambda: (x + 1, x + 2), x)
    2
    """
    tracemalloc.start()
    try:
        call()
        return round(tracemalloc.get_traced_memory()[1] / array.nbytes)
    finally:
        tracemalloc.stop()


# --- pictures ---


def draw_both(root: Node, tangents: Mapping[Any, float], start: str, end: str) -> Picture:
    """A graph of Values after backward, with what each direction has found at every node.

    Args:
        root: the result; `backward` has been called.
        tangents: of each node, how it changes with the input called `start`.
        start, end: what that input and the result are called.
    """
    order = toposort(root)
    place = {node: f"n{i}" for i, node in enumerate(order)}
    boxes, arrows = [], []
    for node in order:
        kind = "leaf" if node.op is None else "output" if node is root else "result"
        rows = (
            ("data", number(node.item(), 4)),
            (f"forward: ∂/∂{start}", number(tangents[node], 4)),
            (f"reverse: ∂{end}/∂", number(node.grad, 4)),
        )
        symbol = "" if node.op is None else node.op.symbol
        boxes.append(Box(place[node], kind, kind, symbol, node.label or "", rows))
        for i, x in enumerate(node.inputs):
            arrows.append(Arrow(place[x], place[node], i, ""))
    return Picture(scene_dot(Scene(boxes, arrows)))


def show_errors(
    steps: np.ndarray, errors: Mapping[str, np.ndarray], without_step: Mapping[str, float]
) -> Any:
    """Errors of derivatives against the step, both logarithmic; those that have no step as lines.

    An error of 0 is drawn on the lowest line.
    """
    ax = figure_with(1, 1, (6.8, 4.2))[1][0, 0]
    for (name, each), colour, mark in zip(errors.items(), CYCLE, "os^", strict=False):
        ax.loglog(steps, np.maximum(each, LOWEST), mark, ls="-", ms=4, lw=1, color=colour,
                  label=name)  # fmt: skip
    for (name, error), colour in zip(without_step.items(), CYCLE[len(errors) :], strict=False):
        ax.axhline(max(error, LOWEST), color=colour, lw=2.5, ls="--", label=name)
    ax.set(xlabel="step h", ylabel="error of the derivative", ylim=(LOWEST / 2, 2.0))
    ax.legend(loc="lower right", bbox_to_anchor=(1.0, 0.08), fontsize="small", **LEGEND)
    return ax


def show_crossing(
    inputs: Sequence[int],
    forward: Sequence[int],
    reverse: Sequence[int],
    outputs: int,
    named: Mapping[str, tuple[int, int]],
) -> Any:
    """What a Jacobian costs in both modes: by the number of inputs, and on the map of both numbers.

    Args:
        inputs, forward, reverse: numbers of inputs, and the multiplications for each.
        outputs: how many results those functions have.
        named: functions to mark on the map, with their numbers of inputs and of results.

    Returns:
        The figure.
    """
    figure, ((left, right),) = figure_with(1, 2, (10.5, 4.2))
    left.loglog(inputs, forward, "o-", color=CYCLE[0], label="forward: a column at a time")
    left.loglog(inputs, reverse, "s-", color=CYCLE[1], label="reverse: a row at a time")
    left.axvline(outputs, color="grey", ls=":", lw=1.5)
    title = f"{outputs} results: as many as inputs at the dotted line"
    left.set(xlabel="inputs n", ylabel="multiplications", title=title)
    left.legend(loc="upper left", fontsize="small", **LEGEND)

    most = 1e6
    line = np.array([0.5, most])
    right.fill_between(line, line, most, color=CYCLE[0], alpha=0.15, lw=0)
    right.fill_between(line, 0.5, line, color=CYCLE[1], alpha=0.15, lw=0)
    right.plot(line, line, ":", color="grey", lw=1.5)
    right.text(3, 2e5, "forward is cheaper", color="black", weight="bold")
    right.text(4e5, 40, "reverse is cheaper", color="black", weight="bold", ha="right")
    for name, (n, m) in named.items():
        right.plot(n, m, "o", color="black", ms=6)
        where = {"ha": "right" if n > 1e4 else "left", "xytext": (-8, 6) if n > 1e4 else (8, -3)}
        if m > 100:  # above its dot, not across the line
            where = {"ha": "center" if n > 1 else "left", "xytext": (0, 8)}
        right.annotate(name, (n, m), textcoords="offset points", fontsize="small", **where)
    right.set(xscale="log", yscale="log", xlim=(0.5, most), ylim=(0.5, most),
              xlabel="inputs n", ylabel="results m", title="Which mode for a Jacobian")  # fmt: skip
    return figure


def show_peaks(depths: Sequence[int], peaks: Mapping[str, Sequence[int]]) -> Any:
    """How many arrays are there at once, against the number of ops; the axes."""
    ax = axes_of(figure_with(1, 1, (6.8, 3.6))[1][0, 0], "", "ops, one after the other",
                 "arrays at once, at most")  # fmt: skip
    for (name, each), colour, mark in zip(peaks.items(), CYCLE, "os^v", strict=False):
        ax.plot(depths, each, mark, ls="-", color=colour, label=name)
    ax.set_ylim(bottom=0)
    ax.legend(**LEGEND)
    return ax


def show_ratios(ratios: Mapping[str, Sequence[float]], groups: Sequence[str]) -> Any:
    """Groups of bars of ratios, each with its number, and a dashed line at 1; the axes.

    Args:
        ratios: for each kind of bar, its ratio in each group.
    """
    ax = figure_with(1, 1, (8.2, 0.8 * len(groups) + 1.2))[1][0, 0]
    height = 0.8 / len(ratios)
    for k, (kind, found) in enumerate(ratios.items()):
        rows = np.arange(len(groups)) + (k - (len(ratios) - 1) / 2) * height
        ax.barh(rows, found, 0.9 * height, color=CYCLE[k], label=kind)
        for row, ratio in zip(rows, found, strict=True):
            ax.annotate(f"{ratio:.1f}", (ratio, row), (5, 0), textcoords="offset points",
                        va="center")  # fmt: skip
    ax.axvline(1.0, color="black", ls="--", lw=1)
    ax.set_yticks(range(len(groups)), groups)
    ax.invert_yaxis()
    ax.margins(x=0.1)
    ax.set_xlabel("times as long as the function alone")
    ax.legend(**LEGEND)
    return ax
