"""Notebook 10: names counted, models of them trained, and what attention looks at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

import nn
from engine import Tensor, no_grad
from nn.examples.letters import END, LETTERS, codes, contexts
from viz.plots import CYCLE, axes_of, figure_with

from .checking import exercise, expect, near, numbers

__all__ = [
    "attention_maps",
    "check_attention",
    "check_probabilities",
    "check_temperature",
    "count_pairs",
    "learn",
    "place",
    "reach",
    "show_letters",
    "show_losses",
    "show_maps",
    "show_table",
]

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

        hooks.append(block.self_attn.register_forward_hook(note))
    try:
        with no_grad():
            model(_begun(name))
    finally:
        for hook in hooks:
            hook.remove()
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


# --- exercises ---


@exercise
def check_probabilities(probabilities: Any) -> str:
    """From counts (rows × columns) to rows of probabilities, one added to each count."""
    counts = np.array([[0.0, 2.0, 6.0], [1.0, 1.0, 2.0], [0.0, 0.0, 0.0]])
    given = counts.copy()
    found = numbers(probabilities(given))
    one = counts + 1
    right = one / one.sum(axis=1, keepdims=True)
    expect(
        np.array_equal(given, counts),
        "Your function changed the counts it was given. Write counts + 1, which is a new array; "
        "counts += 1 writes into the caller's.",
    )
    expect(found.shape == (3, 3), f"3 × 3 counts should give 3 × 3 numbers, not {found.shape}")
    expect(
        not np.isinf(found).any(),
        "There is an inf in your table. The last letter was never seen, so the sum of its row is "
        "0: add one to each count before you take the sum, too",
    )
    expect(
        np.isfinite(found).all(),
        "There is a nan in your table. The last letter was never seen, so its row is 0/0: add one "
        "to each count first",
    )
    for wrong, hint in [
        (
            one / (counts.sum(axis=1, keepdims=True) + 27),
            "A table need not have 27 columns; this one has 3. Divide each row by its own sum, "
            "taken after one is added",
        ),
        (one / one.sum(), "All numbers together sum to 1. Each row has to: divide by its own sum"),
        (
            one / one.sum(axis=0, keepdims=True),
            "Your columns sum to 1, not your rows. What follows a letter stands in its row: sum "
            "along axis=1",
        ),
        (
            one / one.sum(axis=1),
            "You divided column j by the sum of row j. The sums have shape (3,), which NumPy lays "
            "along the columns: keepdims=True keeps them a column, (3, 1)",
        ),
        (
            one / counts.sum(axis=1, keepdims=True).clip(1),
            "The sum of a row has to be taken after one is added to each count",
        ),
    ]:
        expect(not np.allclose(found, wrong), hint)
    near(found, right, "Counts 0, 2, 6 become 1, 3, 7, which is 1/11, 3/11, 7/11 (and so on)")
    bare = count_pairs(["ada", "eve"])
    near(
        probabilities(bare.copy()),
        (bare + 1) / (bare + 1).sum(axis=1, keepdims=True),
        "It works for 3 × 3 counts, not for the 27 × 27 of the letters",
    )
    return "No pair is impossible now, so no name has an infinite loss."


@exercise
def check_temperature(with_temperature: Any) -> str:
    """softmax(logits / temperature) along the last axis, of any size of logits."""
    logits = np.log([1.0, 2.0, 4.0])
    plain = np.array([1.0, 2.0, 4.0]) / 7
    given = logits.copy()
    first = numbers(with_temperature(given, 1.0))
    near(first, plain, "At temperature 1 it is the softmax itself")
    found = numbers(with_temperature(given, 0.5))
    expect(
        np.array_equal(given, logits),
        "Your function changed the logits it was given. logits / temperature is a new array; "
        "logits /= temperature writes into the caller's.",
    )
    cold = np.array([1.0, 4.0, 16.0]) / 21
    hot = np.sqrt([1.0, 2.0, 4.0]) / np.sqrt([1.0, 2.0, 4.0]).sum()
    expect(
        not np.allclose(found, hot),
        "At temperature 0.5 your probabilities are more even than the softmax, and they should be "
        "less: divide the logits by the temperature, do not multiply",
    )
    expect(not np.allclose(found, plain), "The temperature changes nothing in your result")
    expect(
        np.isclose(found.sum(), 1.0),
        f"At temperature 0.5 your probabilities sum to {found.sum():.3g}. The temperature belongs "
        "to the logits, inside the softmax",
    )
    near(found, cold, "At temperature 0.5 the odds 1 : 2 : 4 become their squares, 1 : 4 : 16")
    _large_logits(with_temperature)
    rows = np.array([[0.0, 1.0, 2.0], [3.0, 0.0, 0.0]])
    e = np.exp(rows / 2)
    several = numbers(with_temperature(rows.copy(), 2.0))
    expect(
        several.shape != rows.shape or np.allclose(several.sum(axis=-1), 1.0),
        "For two rows of logits each row should sum to 1: max and sum along axis=-1, with "
        "keepdims=True",
    )
    near(several, e / e.sum(axis=-1, keepdims=True), "Two rows of logits give two rows")
    apart = np.array([[0.0, 0.0], [1000.0, 1000.0]])
    with np.errstate(all="ignore"):
        halves = numbers(with_temperature(apart.copy(), 1.0))
    expect(
        np.isfinite(halves).all(),
        "There is a nan where one row of logits is 0, 0 and the next 1000, 1000: subtract from "
        "each row its own largest logit, max along axis=-1",
    )
    near(halves, np.full((2, 2), 0.5), "Rows of equal logits, 0, 0 and 1000, 1000, are all 1/2")
    return "Towards 0 it always takes the likeliest letter, towards infinity any."


def _large_logits(with_temperature: Any) -> None:
    """Raise a hint if logits of 1000 are too much."""
    with np.errstate(all="ignore"):
        large = numbers(with_temperature(np.array([0.0, 1000.0]), 1.0))
        larger = numbers(with_temperature(np.array([0.0, 1000.0]), 0.5))
        close = numbers(with_temperature(np.log([1.0, 3.0]) + 1000.0, 1.0))
    expect(
        np.isfinite(large).all(),
        "exp(1000) is inf, and inf/inf is nan. The softmax stays the same when the largest logit "
        "is subtracted from all of them: do so before exp",
    )
    expect(
        np.isfinite(larger).all(),
        "Logits of 1000 at temperature 0.5 are 2000 in the softmax, and there you have a nan. "
        "Subtract the largest after the division, or divide what is left after it",
    )
    near(large, [0.0, 1.0], "Logits 0 and 1000 leave nothing for the first")
    near(larger, [0.0, 1.0], "Logits 0 and 1000 leave nothing for the first, at 0.5 neither")
    near(close, [0.25, 0.75], "Logits 1000 and 1000 + log 3 are odds of 1 : 3, as 0 and log 3 are")


@exercise
def check_attention(attention: Any) -> str:
    """Causal attention of one head: queries and keys (time, width), values (time, any)."""
    rng = np.random.default_rng(0)
    q, k, v = rng.normal(size=(4, 3)), 2 * rng.normal(size=(4, 3)), rng.normal(size=(4, 2))
    given = q.copy(), k.copy(), v.copy()
    found = numbers(attention(*given))
    expect(
        all(np.array_equal(a, b) for a, b in zip(given, (q, k, v), strict=True)),
        "Your function changed an array it was given. Write q / 2, which is a new array; q /= 2 "
        "writes into the caller's.",
    )
    expect(
        found.shape == (4, 2),
        f"Four places with values of two numbers should give shape (4, 2), and yours is "
        f"{found.shape}: the weights are (time, time), the result is weights @ v",
    )
    expect(
        np.isfinite(found).all(),
        "There is a nan or inf in your result. Leave the diagonal open: a place may look at "
        "itself, so no row is empty",
    )
    for wrong, hint in _attentions_gone_wrong(q, k, v):
        expect(not np.allclose(found, wrong), hint)
    near(found, _attention(q, k, v), "The result at place i is the weighted mean of v[0] to v[i]")
    q, k, v = rng.normal(size=(2, 16)), rng.normal(size=(2, 16)), np.eye(2)
    near(
        attention(q, k, v),
        _attention(q, k, v),
        "It works for width 3, not for 16: the scale is one over the root of the width",
    )
    return "That is one head. The layer adds the matrices that make q, k and v."


def _softmax(scores: np.ndarray, axis: int = -1) -> np.ndarray:
    e = np.exp(scores - scores.max(axis=axis, keepdims=True))
    return np.asarray(e / e.sum(axis=axis, keepdims=True))


def _attention(q: np.ndarray, k: np.ndarray, v: np.ndarray) -> np.ndarray:
    open_to = np.tri(len(q), dtype=bool)
    return np.asarray(_softmax(np.where(open_to, q @ k.T / np.sqrt(q.shape[1]), -np.inf)) @ v)


def _attentions_gone_wrong(
    q: np.ndarray, k: np.ndarray, v: np.ndarray
) -> list[tuple[np.ndarray, str]]:
    """What the usual mistakes give, and what to say about each."""
    open_to, unscaled = np.tri(len(q), dtype=bool), q @ k.T
    scores = unscaled / np.sqrt(q.shape[1])
    scaled_wrongly = [
        (
            _softmax(np.where(open_to, unscaled * scale, -np.inf)) @ v,
            f"{what} Divide the scores by the root of the width of q and k, √3 here",
        )
        for scale, what in (
            (1 / 3, "You divided by the width, and not by its root."),
            (1 / 2, "You divided by √4 = 2, the root of the number of places."),
            (1 / np.sqrt(2), "You divided by √2, the root of the width of v."),
            (np.sqrt(3), "You multiplied by the root."),
        )
    ]
    return [
        *scaled_wrongly,
        (
            _softmax(unscaled) @ v,
            "Two things are missing: the scores are not divided by the root of the width, √3 "
            "here, and nothing is masked",
        ),
        (
            _softmax(np.where(np.tri(len(q), k=1, dtype=bool), scores, -np.inf)) @ v,
            "Your mask is one place too late: place i looks at i + 1, which it has to guess",
        ),
        (
            (np.exp(scores) * open_to) @ v,
            "Your weights of a row do not sum to 1: divide them by the sum of their row",
        ),
        (
            (scores * open_to) @ v,
            "Your weights are the scores themselves, and the softmax is missing",
        ),
        (
            _softmax(scores) @ v,
            "Your first place knows of the last: nothing is masked. Scores of later places have "
            "to be -inf before the softmax",
        ),
        (
            _softmax(np.where(open_to.T, scores, -np.inf)) @ v,
            "Your places look at what comes after them. Row i may look at columns 0 to i: that is "
            "the lower triangle, np.tri",
        ),
        (
            _softmax(np.where(open_to, unscaled, -np.inf)) @ v,
            "The scores are not scaled: divide them by the root of the width, √3 here",
        ),
        (
            (_softmax(scores) * open_to) @ v,
            "Your weights of a row do not sum to 1: what the mask takes away has to go before the "
            "softmax (as -inf), not after it",
        ),
        (
            _softmax(np.where(open_to, scores, 0.0)) @ v,
            "A score of 0 does not keep anyone from looking: exp(0) is 1. A masked score is -inf",
        ),
        (
            _softmax(np.where(open_to, scores, -np.inf), axis=0) @ v,
            "Your softmax runs down the columns. Each row is one place that looks: axis=-1",
        ),
        (
            _softmax(np.where(open_to, scores.T, -np.inf)) @ v,
            "Queries and keys have changed places: the one who looks is the row, q @ k.T",
        ),
    ]
