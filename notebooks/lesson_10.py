"""Notebook 10: names counted, models of them trained, and what attention looks at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

import nn
from engine import Tensor, no_grad
from nn.examples.letters import END, LETTERS, codes, contexts
from viz.plots import CYCLE, axes_of, figure_with

VOWELS = "aeiouy"


def place(letter: str) -> int:
    """The number of a letter, or of "." for the end.

    >>> place("."), place("a"), place("z")
    (0, 1, 26)
    """
    return LETTERS.index(letter)


# --- counting, and learning ---


def count_pairs(names: list[str]) -> np.ndarray:
    """How often each letter (column) follows each letter (row), shape (27, 27).

    >>> count_pairs(["ada"])[place("a"), [place("d"), place(".")]]
    array([1., 1.])
    """
    counts = np.zeros((len(LETTERS), len(LETTERS)))
    before, following = contexts(names, 1)
    np.add.at(counts, (before[:, 0], following), 1)
    return counts


def learn(
    model: nn.Module,
    loss: Callable[[Any, Any], Any],
    data: tuple[np.ndarray, np.ndarray],
    held_out: tuple[np.ndarray, np.ndarray],
    *,
    epochs: int,
    batch_size: int,
    lr: float,
    weight_decay: float,
) -> nn.EpochHistory:
    """Train by AdamW, with gradients clipped and a rate that rises at first and then falls.

    Args:
        data, held_out: inputs and targets, to learn from and only to look at.

    Returns:
        The history, with "loss" and "validation_loss"; the model is left in eval mode.
    """
    optimizer = nn.AdamW(model.parameters(), lr=lr, weight_decay=weight_decay)
    loader = nn.DataLoader(data, batch_size, shuffle=True)
    steps = epochs * len(loader)
    rising = max(steps // 20, 1)
    schedules = [
        nn.LinearWarmup(optimizer, rising),
        nn.CosineAnnealingLR(optimizer, max(steps - rising, 1)),
    ]
    schedule = nn.SequentialLR(optimizer, schedules, milestones=[rising])
    history = nn.fit(
        model, loss, optimizer, loader, epochs,
        validation=nn.DataLoader(held_out, len(held_out[0])),
        callbacks=[nn.StepSchedule(schedule, every="batch"), nn.ClipGradNorm(1.0)],
        progress=False,
    )  # fmt: skip
    model.eval()
    return history


# --- where a model of names looks ---


def _begun(name: str) -> np.ndarray:
    """A name as the model reads it: an end before the first letter, shape (1, time)."""
    return np.array([[END, *codes(name)[:-1]]])


def attention_maps(model: Any, name: str) -> np.ndarray:
    """How much each place of a name looks at each, (blocks, heads, places, places).

    Args:
        model: has `blocks`, each with its attention as `self_attn` and a flag `causal`.
        name: the places are "." and then its letters.
    """
    maps, hooks = [], []
    for block in model.blocks:

        def note(layer: Any, inputs: Any, _: Any, causal: bool = block.causal) -> None:
            weights = layer.forward(inputs[0], is_causal=causal, average_attn_weights=False)[1]
            maps.append(np.asarray(weights.data[0], dtype=float))

        hooks.append((block.self_attn, note))
    with nn.Hooked(hooks), no_grad():
        model(_begun(name))
    return np.stack(maps)


def reach(model: Any, name: str) -> np.ndarray:
    """How strongly the guess at each place depends on what stands at each, (places, places).

    Row i is the length of the gradient, of the log-probability of the letter that really follows
    place i, with respect to the embedded letter at each place.
    """
    with no_grad():
        begun = _begun(name)
        start = model.embedding(begun) + model.position(np.arange(begun.shape[1]))
    rows = []
    for i, letter in enumerate(codes(name)):
        h = Tensor(start.data, requires_grad=True)
        logits = model.readout(model.norm(model.blocks(h)))[0, i]
        nn.functional.cross_entropy(logits.reshape((1, -1)), [letter]).backward()
        rows.append(np.sqrt((h.grad[0].astype(float) ** 2).sum(axis=1)))
    model.zero_grad()
    return np.array(rows)


# --- pictures ---


def show_table(
    table: np.ndarray, title: str = "", darkest: float | None = None, ax: Any = None
) -> Any:
    """A table of letters by letters (27, 27), as dark as its numbers are large; the axes.

    Args:
        darkest: the number from which on it is as dark as can be; default the largest.
    """
    if ax is None:
        ((ax,),) = figure_with(1, 1, (7.0, 6.6))[1]
    ax.imshow(table, cmap="Blues", vmin=0.0, vmax=darkest)
    places = range(len(LETTERS))
    ax.set_xticks(places, list(LETTERS))
    ax.set_yticks(places, list(LETTERS))
    ax.set(title=title, xlabel="the next letter", ylabel="after the letter")
    return ax


def show_letters(points: np.ndarray, title: str = "", ax: Any = None) -> Any:
    """The 27 signs at their points (27, 2), vowels in a circle; the axes.

    Each name stands beside its point, on the side where the other points leave most room.
    """
    ax = axes_of(ax, title, "first direction", "second direction")
    for letter, (x, y), (right, up) in zip(LETTERS, points, _sides(points), strict=True):
        vowel = letter in VOWELS
        ax.plot(x, y, "o", color=CYCLE[1] if vowel else CYCLE[0], markersize=3)
        ring = {"boxstyle": "circle,pad=0.15", "facecolor": "none", "edgecolor": CYCLE[1]}
        ax.annotate(
            "“.”" if letter == "." else letter, (x, y), (11 * right, 11 * up),
            textcoords="offset points", ha="center", va="center", fontsize=11,
            color=CYCLE[1] if vowel else "black", bbox=ring if vowel else None,
        )  # fmt: skip
    ax.margins(0.08)
    return ax


def _sides(points: np.ndarray) -> list[tuple[float, float]]:
    """For each point the direction, of eight, in which its name is furthest from all others."""
    scale = np.ptp(points, axis=0)
    spots = points / np.where(scale > 0, scale, 1.0)  # a picture is about this wide
    angles = np.pi / 4 * np.array([2, 0, 4, 6, 1, 3, 5, 7])  # above, right, left, below, corners
    sides, taken = [], [*spots]
    for i, spot in enumerate(spots):
        others = np.delete(np.array(taken), i, axis=0)
        room = [
            np.linalg.norm(spot + 0.035 * np.array([np.cos(a), np.sin(a)]) - others, axis=1).min()
            for a in angles
        ]
        best = angles[int(np.argmax(np.minimum(room, 0.045)))]  # more than this is enough
        taken.append(spot + 0.035 * np.array([np.cos(best), np.sin(best)]))
        sides.append((float(np.cos(best)), float(np.sin(best))))
    return sides


def show_maps(
    maps: Sequence[np.ndarray],
    name: str,
    titles: Sequence[str],
    columns: int = 4,
    size: float = 2.7,
) -> Any:
    """Squares of places by places, a row for who looks, a column for what at; the figure.

    Args:
        maps: each (places, places), drawn from white for 0 to dark for the largest number of all.
        name: the letters at the places, "." included.
    """
    columns = min(columns, len(maps))
    rows = -(-len(maps) // columns)
    figure, axes = figure_with(rows, columns, (size * columns, size * rows + 0.3))
    most = max(one.max() for one in maps)
    for ax, one, title in zip(axes.flat, maps, titles, strict=True):
        ax.imshow(one, cmap="Blues", vmin=0.0, vmax=most)
        ax.set_xticks(range(len(name)), list(name))
        ax.set_yticks(range(len(name)), list(name))
        ax.tick_params(length=0, labelsize="small")
        ax.set_title(title, fontsize="medium")
    return figure


def show_losses(losses: Mapping[str, float], ax: Any = None) -> Any:
    """A bar for each model's loss; the axes."""
    if ax is None:
        ((ax,),) = figure_with(1, 1, (7.0, 0.5 * len(losses) + 0.9))[1]
    bars = ax.barh(list(losses), list(losses.values()), color=CYCLE[0], height=0.6)
    ax.bar_label(bars, fmt="%.3f", padding=4)
    ax.invert_yaxis()
    ax.set(xlabel="loss on held-out names", xlim=(0, 1.15 * max(losses.values())))
    ax.spines[["top", "right"]].set_visible(False)
    return ax
