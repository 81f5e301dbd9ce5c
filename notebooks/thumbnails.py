"""The small pictures of the course, one idea each, to be read where they are 180 pixels wide.

    python -m notebooks.thumbnails

draws them all into `.github/course`, twice as large as they are shown.  What a notebook itself
draws is made for the width of a page: shrunk to a thumbnail it is a mush.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import nn
from engine import grad, hessian
from nn.datasets import load_digits, load_names, make_moons
from nn.examples import moons
from viz import plots

from .sketch import BLUE, GREEN, GREY, ORANGE, VERMILION, arrow, bare, box, drawn, empty, lines

FOLDER = Path(__file__).resolve().parent.parent / ".github" / "course"


# --- 00 to 06: gradients ---


def start(ax: Any) -> None:
    """An expression is a graph."""
    empty(ax)
    for x, y, text, colour in (
        (0.6, 5.6, "a", GREEN), (0.6, 3.25, "b", GREEN), (0.6, 0.9, "c", GREEN),
        (2.7, 4.4, "×", ORANGE), (4.4, 2.6, "+", ORANGE), (6.6, 2.6, "tanh", ORANGE),
        (9.1, 2.6, "**2", VERMILION),
    ):  # fmt: skip
        box(ax, x, y, text, colour)
    for left, right in (
        ((0.6, 5.6), (2.7, 4.4)), ((0.6, 3.25), (2.7, 4.4)), ((2.7, 4.4), (4.4, 2.6)),
        ((0.6, 0.9), (4.4, 2.6)), ((4.2, 2.6), (5.9, 2.6)), ((7.1, 2.6), (8.8, 2.6)),
    ):  # fmt: skip
        arrow(ax, left, right)


def nudging(ax: Any) -> None:
    """The error of a finite difference is V-shaped."""
    h = np.logspace(-15, 0, 31)
    forward = (np.exp(1 + h) - np.exp(1)) / h
    central = (np.exp(1 + h) - np.exp(1 - h)) / (2 * h)
    for slope, colour in ((forward, BLUE), (central, VERMILION)):
        ax.loglog(h, np.maximum(abs(slope - np.exp(1)), 1e-11), color=colour)
    bare(ax, "step h", "error of the slope")


def remembering(ax: Any) -> None:
    """A number that knows what it was made of."""
    empty(ax)
    box(ax, 1.2, 5.2, "2", GREEN)
    box(ax, 1.2, 1.3, "−3", GREEN)
    box(ax, 6.8, 3.25, "−6\nmade by ×\nof 2 and −3", ORANGE)
    arrow(ax, (1.2, 5.2), (5.0, 3.7))
    arrow(ax, (1.2, 1.3), (5.0, 2.8))


def backward(ax: Any) -> None:
    """A gradient comes back along two paths, and adds up."""
    empty(ax)
    box(ax, 0.9, 3.25, "a", GREEN)
    box(ax, 9.1, 3.25, "y", VERMILION)
    arrow(ax, (9.1, 3.25), (0.9, 3.25), BLUE, 0.45)
    arrow(ax, (9.1, 3.25), (0.9, 3.25), VERMILION, -0.45)
    ax.text(5, 5.7, "4", ha="center", size=20, color=BLUE)
    ax.text(5, 0.2, "−3 · 1 · 2", ha="center", size=20, color=VERMILION)
    ax.text(5, 3.25, "4 − 6 = −2", ha="center", va="center", size=20)


def table(ax: Any) -> None:
    """One row for each op."""
    rows = [("a · b", "g·b,  g·a"), ("sin x", "g · cos x"), ("exp x", "g · y"),
            ("tanh x", "g · (1 − y²)")]  # fmt: skip
    lines(ax, rows, 4.2)


def tensors(ax: Any) -> None:
    """A row is stretched over a matrix; its gradient is summed back."""
    empty(ax)
    for x, numbers, colour in ((0, ((1, 2, 3), (4, 5, 6)), BLUE), (5.6, ((1, 0, 2),), VERMILION)):
        for i, row in enumerate(numbers * (1 if x == 0 else 2)):
            faint = 0.35 if i >= len(numbers) else 1.0
            for j, number in enumerate(row):
                place = (x + 1.4 * j, 3.3 - 1.5 * i)
                ax.add_patch(plots.Rectangle(place, 1.4, 1.5, fc=f"{colour}25", ec=GREY, lw=2))
                ax.text(place[0] + 0.7, place[1] + 0.75, str(number), ha="center", va="center",
                        size=18, alpha=faint)  # fmt: skip
    ax.text(4.9, 3.3, "×", ha="center", va="center", size=22)
    ax.text(2.1, 0.7, "(2, 3)", ha="center", size=17)
    ax.text(7.7, 0.7, "(3,) → (2, 3)", ha="center", size=17)
    ax.set_xlim(-0.2, 10.1)


def trust(ax: Any) -> None:
    """Across a kink a finite difference is no slope."""
    x = np.linspace(-1, 1, 201)
    ax.plot(x, np.maximum(x, 0), color=BLUE)
    ax.plot([-0.5, 0.5], [0, 0.5], "o-", color=VERMILION, ms=10)
    ax.text(-0.95, 0.62, "slope at 0:\n0, 1 or ½ ?", size=18)
    bare(ax, "x", "relu(x)")


# --- 07 to 12: networks ---


def network(ax: Any) -> None:
    """Two moons, told apart."""
    x, labels = make_moons(100, noise=0.1, seed=1)
    model = moons.build(hidden=16, seed=0)
    moons.train(model, x, 2.0 * labels - 1, 80, progress=False)
    plots.decision_boundary(model, x, labels, ax)
    ax.set(xlabel="", ylabel="", title="")
    ax.axis("off")
    if legend := ax.get_legend():
        legend.remove()


def training(ax: Any) -> None:
    """Learning rates: too small, right, too large."""
    steps = np.arange(25)
    for factor, words, place, colour in (
        (0.97, "too small", (14, 0.85), BLUE), (0.7, "right", (8, 0.15), GREEN),
        (-1.05, "too large", (7.5, 2.35), VERMILION),
    ):  # fmt: skip
        ax.plot(steps, np.abs(factor**steps), color=colour)  # of a parabola, at such a rate
        ax.text(*place, words, color=colour, size=17)
    ax.set_ylim(0, 3.2)
    bare(ax, "step", "loss")


def digits(ax: Any) -> None:
    """A seven, and the edges that a filter finds in it."""
    images, labels = load_digits()
    seven = images[labels == 7][0].reshape(1, 1, 8, 8)
    sobel = np.array([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]]).reshape(1, 1, 3, 3)
    edges = nn.functional.conv2d(seven, sobel, padding=1)
    pair = np.concatenate([seven[0, 0] / seven.max(), np.full((8, 2), np.nan),
                           edges[0, 0] / abs(edges).max()], axis=1)  # fmt: skip
    ax.imshow(pair, cmap="PuOr", vmin=-1, vmax=1)
    ax.annotate("", (9.8, 3.5), (7.2, 3.5), arrowprops={"arrowstyle": "-|>", "lw": 4})
    ax.axis("off")


def names(ax: Any) -> None:
    """How often a letter follows a letter."""
    letters = "aehlnr"
    pairs = [name[i : i + 2] for name in load_names() for i in range(len(name) - 1)]
    counts = np.array([[pairs.count(a + b) for b in letters] for a in letters], float)
    ax.imshow(counts / counts.sum(axis=1, keepdims=True), cmap="Blues")
    ax.set_xticks(range(6), letters)
    ax.set_yticks(range(6), letters)
    ax.set_xlabel("next letter")
    ax.set_ylabel("letter")
    ax.spines[:].set_visible(False)


def valley(x: Any) -> Any:
    """Rosenbrock's function: a curved valley, lowest at (1, 1)."""
    return (1 - x[0]) ** 2 + 10 * (x[1] - x[0] ** 2) ** 2


def curvature(ax: Any) -> None:
    """Newton's method takes curvature into account; gradient descent creeps."""
    a, b = np.meshgrid(np.linspace(-1.7, 1.7, 90), np.linspace(-1.6, 2.4, 90))
    ax.contour(a, b, np.log(valley((a, b)) + 0.1), 8, colors="#b0b0b0", linewidths=1.2)
    creeping, leaping = [np.array([-1.2, 1.0])], [np.array([-1.2, 1.0])]
    for _ in range(60):
        creeping.append(creeping[-1] - 0.01 * grad(valley)(creeping[-1]))
    for _ in range(6):
        leap = np.linalg.solve(hessian(valley)(leaping[-1]), grad(valley)(leaping[-1]))
        leaping.append(leaping[-1] - leap)
    ax.plot(*np.array(leaping).T, "o-", color=VERMILION, ms=7)
    ax.plot(*np.array(creeping).T, "o-", color=BLUE, ms=4)
    ax.plot(1, 1, "*", color="black", ms=20, zorder=4)
    ax.set(xlim=(-1.7, 1.7), ylim=(-3.4, 2.4))
    ax.axis("off")


def program(ax: Any) -> None:
    """Backward, printed."""
    lines(ax, [("d_v =", "2 * v"), ("d_u =", "d_v * (1-v*v)"), ("d_a =", "d_u * b"),
               ("d_b =", "d_u * a")], 3.3, family="monospace")  # fmt: skip


# --- 13 to 18: what it costs, and on ---


def compiled(ax: Any) -> None:
    """Which buffer is in use when."""
    spans = [(0, 9), (1, 4), (2, 3), (3, 5), (6, 3), (7, 3)]
    colours = [BLUE, BLUE, BLUE, ORANGE, ORANGE, ORANGE]
    for i, ((begin, length), colour) in enumerate(zip(spans, colours, strict=True)):
        ax.barh(-i, length, left=begin, height=0.72, color=colour)
    bare(ax, "line of the program", "buffers")


def costs(ax: Any) -> None:
    """Forward costs grow with the inputs; reverse costs do not."""
    inputs = np.linspace(1, 20, 20)
    ax.plot(inputs, inputs, color=BLUE)
    ax.plot(inputs, np.full(20, 4.0), color=VERMILION)
    ax.text(9.5, 15.5, "forward", color=BLUE, size=18, ha="right")
    ax.text(20, 5.4, "reverse", color=VERMILION, size=18, ha="right")
    bare(ax, "inputs", "cost of all slopes")


def keeping(ax: Any) -> None:
    """Checkpoints: groups of layers, neither too small nor too large."""
    n, k = 36, np.arange(1.0, 37)
    ax.plot(k, n / k + k + 3, color=BLUE)
    ax.plot(6, 15, "o", color=VERMILION, ms=14)
    ax.text(8.5, 8.5, "√n layers", color=VERMILION, size=18)
    ax.set_ylim(0, 42)
    bare(ax, "layers in a group", "memory")


def sequences(ax: Any) -> None:
    """A gradient fades on its way back, at each step by the same factor."""
    steps = np.arange(40)
    for factor, words, height, colour in (
        (0.98, "LSTM", 0.02, GREEN), (0.75, "RNN", 1e-5, VERMILION),
    ):  # fmt: skip
        ax.semilogy(steps, factor**steps, color=colour)
        ax.text(16, height, words, color=colour, size=18)
    ax.set_ylim(1e-6, 8)
    bare(ax, "steps back", "gradient")


def normalizing(ax: Any) -> None:
    """What a layer gets, before and after: mean 0, deviation 1."""
    x = np.linspace(-4, 9, 300)
    for mean, deviation, words, place, colour in (
        (5.0, 1.7, "before", (5.0, 0.27), GREY), (0.0, 1.0, "after", (-3.9, 0.3), BLUE),
    ):  # fmt: skip
        bell = np.exp(-(((x - mean) / deviation) ** 2) / 2) / deviation / np.sqrt(2 * np.pi)
        ax.plot(x, bell, color=colour)
        ax.fill_between(x, bell, color=colour, alpha=0.2)
        ax.text(*place, words, color=colour, size=18)
    ax.set(yticks=[], xticks=[0], ylim=(0, 0.45))
    ax.spines["left"].set_visible(False)


def onwards(ax: Any) -> None:
    """The same weights, here and in PyTorch."""
    empty(ax)
    box(ax, 5, 5.2, "twingrad", BLUE, 22)
    box(ax, 5, 1.2, "PyTorch", VERMILION, 22)
    arrow(ax, (4.4, 5.2), (4.4, 1.2))
    arrow(ax, (5.6, 1.2), (5.6, 5.2))
    ax.text(6.6, 3.2, "weights", va="center", size=18)


#: A drawing for each notebook, in order.
DRAWINGS: tuple[Callable[[Any], None], ...] = (
    start, nudging, remembering, backward, table, tensors, trust, network, training, digits,
    names, curvature, program, compiled, costs, keeping, sequences, normalizing, onwards,
)  # fmt: skip


def main() -> None:
    """Store them all."""
    for number, draw in enumerate(DRAWINGS):
        (FOLDER / f"{number:02}.png").write_bytes(drawn(draw))


if __name__ == "__main__":
    main()
