"""Notebook 16: sequences that begin with what is asked at the end, and how far a gradient comes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import nn
from engine import no_grad
from viz.plots import CYCLE, LEGEND, axes_of

SYMBOLS = 4  # that may stand first: who guesses is right one time in four
WIDTH = SYMBOLS + 1  # a one-hot of the symbol, and a number that is noise

#: Marks beside the colours, so that curves can be told apart without them.
MARKS = "osD^v"


def remember(count: int, gap: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Sequences (gap + 1, count, 5), a symbol and then noise, and which symbols they were (count,).

    >>> xs, symbols = remember(2, 3, np.random.default_rng(0))
    >>> xs.shape, xs[0, 0].tolist(), int(symbols[0])
    ((4, 2, 5), [0.0, 0.0, 0.0, 1.0, 0.0], 3)
    """
    symbols = rng.integers(0, SYMBOLS, count)
    xs = np.zeros((gap + 1, count, WIDTH), np.float32)
    xs[0, np.arange(count), symbols] = 1
    xs[1:, :, SYMBOLS] = rng.normal(size=(gap, count))
    return xs, symbols


def open_forget_gates(lstm: nn.LSTM, bias: float) -> nn.LSTM:
    """The same LSTM, with `bias` added to what its forget gates start from.

    >>> lstm = open_forget_gates(nn.LSTM(2, 3, rng=0), 4.0)
    >>> bool(lstm.bias_ih_l0.numpy()[3:6].min() > 3)
    True
    """
    parameter = dict(lstm.named_parameters())["bias_ih_l0"]
    biases = parameter.numpy().copy()
    biases[lstm.hidden_size : 2 * lstm.hidden_size] += bias  # the gates' order is i, f, g, o
    parameter.data = biases
    return lstm


def learn(
    model: nn.Module, gap: int, steps: int = 300, seed: int = 0, lr: float = 0.005
) -> tuple[float, list[float]]:
    """Train on sequences of `remember`, new ones at each step; the accuracy, and the losses.

    The optimizer is Adam, gradients longer than 1 are clipped, and the accuracy is that on 500
    sequences it has not seen.
    """
    rng = np.random.default_rng(seed)
    loss_of, optimizer = nn.CrossEntropyLoss(), nn.Adam(model.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        xs, symbols = remember(32, gap, rng)
        optimizer.zero_grad()
        loss = loss_of(model(xs), symbols)
        loss.backward()
        nn.clip_grad_norm_(model.parameters(), max_norm=1.0)
        optimizer.step()
        losses.append(loss.item())
    return accuracy(model, gap), losses


def accuracy(model: nn.Module, gap: int) -> float:
    """How much of 500 sequences a model names the first symbol of."""
    xs, symbols = remember(500, gap, np.random.default_rng(99))
    with no_grad():
        guesses = model(xs).numpy().argmax(axis=1)
    return float((guesses == symbols).mean())


def with_radius(radius: float, size: int, rng: np.random.Generator) -> np.ndarray:
    """A random square matrix whose largest eigenvalue has the absolute value `radius`.

    >>> w = with_radius(0.9, 8, np.random.default_rng(0))
    >>> round(float(np.abs(np.linalg.eigvals(w)).max()), 6)
    0.9
    """
    w = rng.normal(size=(size, size))
    return radius * w / np.abs(np.linalg.eigvals(w)).max()


def steps_apart(result: Any, leaves: Sequence[Any]) -> list[int]:
    """Of each leaf how many arrows the shortest way in the graph has, from it to the result.

    Raises:
        ValueError: no way leads from a leaf to the result.

    >>> from engine import Value
    >>> x = Value(2.0)
    >>> steps_apart((x * 3 + 1) * 2, [x])
    [3]
    """
    distance, front = {id(result): 0}, [result]
    for node in front:  # which grows meanwhile: the nearest come first
        for x in getattr(node, "inputs", ()):  # an array has none
            if id(x) not in distance:
                distance[id(x)] = distance[id(node)] + 1
                front.append(x)
    if any(id(leaf) not in distance for leaf in leaves):
        raise ValueError("no way leads from a leaf to the result")
    return [distance[id(leaf)] for leaf in leaves]


# --- pictures ---


def show_reach(
    curves: Mapping[str, np.ndarray],
    ax: Any = None,
    *,
    title: str = "",
    laws: Mapping[str, float] | None = None,
    lowest: float = 1e-8,
    highest: float = 1e8,
) -> Any:
    """Lengths of gradients, by how many steps before the end, on a logarithmic axis; the axes.

    Args:
        curves: numbers for 0, 1, 2, … steps before; a 0, which has no logarithm, is a cross on
            the lower edge.
        laws: of some curves a factor q, drawn as the dashed line qᵏ in the curve's colour.
        lowest, highest: what is seen of the gradients; what is beyond leaves the picture.
    """
    ax = axes_of(ax, title, "steps before the end", "length of the gradient")
    ax.set_yscale("log")
    zeros = False
    for i, (name, curve) in enumerate(curves.items()):
        colour, steps = CYCLE[i % len(CYCLE)], np.arange(len(curve))
        there = curve > 0
        ax.plot(steps[there], curve[there], color=colour, label=name, marker=MARKS[i % len(MARKS)],
                markersize=4, markevery=8)  # fmt: skip
        if not there.all():
            zeros = True
            edge = np.full((~there).sum(), lowest)
            ax.plot(steps[~there], edge, "x", color=colour, markersize=4, clip_on=False)
        if laws and name in laws:
            ax.plot(laws[name] ** steps.astype(float), "--", color=colour, linewidth=1)
    if zeros:
        ax.plot([], [], "x", color="grey", markersize=4, label="exactly 0")
    ax.set_ylim(lowest, highest)
    ax.legend(fontsize="small", **LEGEND)
    return ax


def show_accuracy(found: Mapping[str, Mapping[int, float]], ax: Any = None) -> Any:
    """Of each model how much it remembers, by the length of what lies between; the axes."""
    ax = axes_of(ax, "", "steps to remember over", "right on new sequences")
    for i, (name, by_gap) in enumerate(found.items()):
        size = max(10 - 2 * i, 4)  # the first ones larger, to be seen behind the others
        ax.plot(list(by_gap), list(by_gap.values()), color=CYCLE[i % len(CYCLE)], label=name,
                marker=MARKS[i % len(MARKS)], markersize=size)  # fmt: skip
    ax.axhline(1 / SYMBOLS, color="grey", linestyle=":", label="guessing")
    ax.set_ylim(0, 1.05)
    ax.set_xticks(sorted({gap for by_gap in found.values() for gap in by_gap}))
    ax.legend(fontsize="small", **LEGEND)
    return ax
