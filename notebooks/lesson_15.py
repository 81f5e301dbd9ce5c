"""Notebook 15: the bytes that a function takes, pictures of them, and one step of three engines."""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any, NamedTuple

import numpy as np

import nn
from nn.examples.moons import hinge_with_decay
from nn.scalar import MLP
from viz.plots import CYCLE, LEGEND, axes_of, figure_with


class Used(NamedTuple):
    """Bytes that a function took: those that are still there after it, and the most at a time."""

    kept: int
    peak: int


def used(function: Callable[[], Any]) -> tuple[Any, Used]:
    """What a function returns, and the memory it asked for: its arrays, and Python's objects.

    What was there before is not counted.

    >>> numbers, took = used(lambda: np.sqrt(np.ones(100_000) + 1.0))
    >>> round(took.kept / 1e6, 1), round(took.peak / 1e6, 1)
    (0.8, 1.6)
    """
    gc.collect()
    tracemalloc.start()
    try:
        result = function()
        return result, Used(*tracemalloc.get_traced_memory())
    finally:
        tracemalloc.stop()


def mb(size: float) -> str:
    """A number of bytes in megabytes.

    >>> mb(2_560_000)
    '2.56 MB'
    """
    return f"{size / 1e6:.2f} MB"


# --- pictures ---


READ: dict[str, Any] = {"color": CYCLE[0], "edgecolor": "black", "linewidth": 0.6}
UNREAD: dict[str, Any] = READ | {"color": "#e0e0e0", "hatch": "//"}


def _axes(height: float) -> Any:
    return figure_with(1, 1, (7.5, height))[1][0, 0]


def show_kept(kept: Mapping[str, int], read: Mapping[str, int], ax: Any = None) -> Any:
    """Bars of the bytes by op, hatched where no rule reads them; the axes."""
    ax = axes_of(ax or _axes(2.6), "", "MB")
    for row, (op, size) in enumerate(kept.items()):
        ax.barh(row, size / 1e6, **UNREAD)
        ax.barh(row, read.get(op, 0) / 1e6, **READ)
    ax.set_yticks(range(len(kept)), list(kept))
    ax.invert_yaxis()
    ax.barh(0, 0, label="read by a rule", **READ)
    ax.barh(0, 0, label="read by none", **UNREAD)
    ax.legend(**LEGEND)
    return ax


def show_lines(lines: Mapping[str, Sequence[float]], xlabel: str, ax: Any = None) -> Any:
    """Bytes step by step, a line for each way; the axes."""
    ax = axes_of(ax or _axes(3.2), "", xlabel, "MB")
    for (name, sizes), colour, mark in zip(lines.items(), CYCLE, "os^v", strict=False):
        steps = range(1, len(sizes) + 1)
        ax.plot(steps, np.array(sizes) / 1e6, f"{mark}-", color=colour, label=name)
    ax.set_ylim(-0.04 * ax.get_ylim()[1], None)
    ax.legend(**LEGEND)
    return ax


def show_groups(
    n: int, measured: Mapping[int, float], plain: float, more: float, ax: Any = None
) -> Any:
    """Peaks in arrays against the size of a group of n layers: counted, and measured; the axes.

    Args:
        measured: the peak for each size of a group.
        plain: the peak of the plain graph.
        more: arrays at the peak besides those that are counted.
    """
    ax = axes_of(ax or _axes(3.8), "", "k, the layers in a group", "arrays at the peak")
    k = np.linspace(1, n, 300)
    ax.axhline(plain, color=CYCLE[1], linestyle="--", label="one graph of all layers")
    ax.plot(k, n / k + k + more, color=CYCLE[0], label=f"{n}/k + k + {more:.0f}")
    ax.plot(list(measured), list(measured.values()), "o", color="black", label="measured")
    best = np.sqrt(n)
    ax.axvline(best, color="grey", linewidth=0.8)
    ax.text(best + 0.5, 1.5, f"√{n} = {best:.0f}", color="0.3", fontsize="small")
    ax.set_ylim(0, None)
    ax.legend(loc="lower right", **LEGEND)
    return ax


def show_ratios(rows: Mapping[str, tuple[float, float, float]]) -> Any:
    """Bars of nodes, bytes and time, each as multiples of the first row's; the figure."""
    figure, (panels,) = figure_with(1, 3, (10.0, 2.4))
    first, *_ = rows.values()
    for i, (ax, what) in enumerate(zip(panels, ("nodes", "bytes", "time"), strict=True)):
        digits = 1 if what == "time" else 2
        ratios = [_rounded(row[i] / first[i], digits) for row in rows.values()]
        ax.barh(list(rows), ratios, color=list(CYCLE[: len(rows)]))
        for place, ratio in enumerate(ratios):
            ax.text(ratio * 1.2, place, f"{ratio:,.0f}", va="center")
        ax.set(title=what, xscale="log", xlim=(0.8, 30 * max(ratios)))
        ax.invert_yaxis()
        ax.label_outer()
    figure.supxlabel("multiples of the first", fontsize="medium")
    return figure


def _rounded(ratio: float, digits: int) -> float:
    """A ratio to few digits: of a time more than one would differ from run to run.

    >>> _rounded(1.04, 1), _rounded(324.0, 1), _rounded(1924.0, 2)
    (1.0, 300.0, 1900.0)
    """
    return float(f"{ratio:.{digits - 1}e}")


# --- one step, three times ---


def moons_losses() -> dict[str, Callable[[], Any]]:
    """The loss of the moons on three engines: what each function gives is the root of its graph.

    The first two have the same weights; that of whole neurons has weights of its own.

    >>> [round(loss().item(), 4) for loss in moons_losses().values()]
    [1.0107, 1.0107, 0.9474]
    """
    x, label = nn.datasets.make_moons(100, noise=0.1, seed=0)
    y = 2.0 * label - 1
    model = nn.MLP([2, 16, 16, 1], nn.ReLU, rng=0)
    scalar, neurons = model.scalar(), MLP(2, [16, 16, 1], rng=Random(0))
    points, signs = x.tolist(), y.tolist()

    def of_neurons() -> Any:
        hinges = [(1 - s * neurons(p)).relu() for p, s in zip(points, signs, strict=True)]
        decay: Any = sum(p * p for p in neurons.parameters())
        total: Any = sum(hinges)
        return total / len(hinges) + 1e-4 * decay

    return {
        "a Tensor for each result": lambda: hinge_with_decay(model)(model(x), y),
        "a Value for each number": lambda: hinge_with_decay(scalar)(scalar(x), y),
        "a Value for each neuron": of_neurons,
    }


def seconds(function: Callable[[], Any], times: int) -> float:
    """The time of a processor that a call takes: the shortest of several."""
    taken = []
    for _ in range(times):
        start = time.process_time()
        function()
        taken.append(time.process_time() - start)
    return max(min(taken), 1e-9)
