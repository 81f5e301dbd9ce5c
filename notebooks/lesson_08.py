"""Notebook 08: descents over contours, and runs that are sick."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import nn
from engine import to_numpy
from viz import History
from viz.plots import dead_units, gradient_flow, loss, update_ratio

# --- descents ---


def descend(
    f: Callable[[Any], Any],
    start: Any,
    optimizer: Callable[[list[Any]], nn.Optimizer],
    steps: int,
) -> np.ndarray:
    """The points an optimizer passes on its way down `f`: (steps + 1, n), the start first.

    >>> descend(lambda w: (w * w).sum(), [4.0, -2.0], lambda w: nn.SGD(w, lr=0.25), 2).tolist()
    [[4.0, -2.0], [2.0, -1.0], [1.0, -0.5]]
    """
    w = nn.Parameter(np.asarray(start, dtype=float))
    one = optimizer([w])
    points = [to_numpy(w)]
    for _ in range(steps):
        one.zero_grad()
        f(w).backward()
        one.step()
        points.append(to_numpy(w))
    return np.array(points)


def draw_path(
    f: Callable[[Any], Any],
    points: np.ndarray,
    ax: Any,
    *,
    title: str = "",
    reach: tuple[float, float] = (5.0, 2.5),
    levels: Any = 10,
) -> Any:
    """A descent over the contours of what it descends.  Returns the axes.

    Args:
        f: takes an array (2, …), two numbers for each place; gives a number for each.
        points: (n, 2), as `descend` gives them.
        ax: axes to draw on.
        title: above the picture.
        reach: how far the picture goes from the origin, along each axis.
        levels: heights to draw a contour at, or how many.
    """
    across, up = (np.linspace(-end, end, 81) for end in reach)
    heights = to_numpy(f(np.stack(np.meshgrid(across, up))))
    ax.contour(across, up, heights, levels=levels, colors="0.75", linewidths=0.8)
    ax.plot(*points.T, ".-", color="#0072b2", linewidth=1, markersize=4)
    ax.plot(*points[0], "o", color="#d55e00")
    ax.plot(0, 0, "k+")
    ax.set(title=title, xlabel="w1", ylabel="w2")
    ax.set(xlim=(-reach[0], reach[0]), ylim=(-reach[1], reach[1]))
    return ax


# --- runs ---


def some_digits(count: int = 1000) -> tuple[np.ndarray, np.ndarray]:
    """The first handwritten digits (count, 64), with mean 0 and deviation 1; and their labels."""
    x, labels = nn.datasets.load_digits()
    x, labels = x[:count], labels[:count]
    return (x - x.mean()) / x.std(), labels


def run(kind: str, seed: int = 0, steps: int = 80) -> History:
    """A short training on digits that is "healthy", or has what `kind` names; see `KINDS`.

    Raises:
        ValueError: there is no such kind.
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}; got {kind!r:.60}")
    tanh = kind in ("rate too high", "vanishing gradient")
    hidden = [32] * (6 if kind == "vanishing gradient" else 2)
    model = nn.MLP([64, *hidden, 10], activation=nn.Tanh if tanh else nn.ReLU, rng=seed)
    if kind == "vanishing gradient":
        for name, p in model.named_parameters():
            if name.endswith("weight"):
                nn.init.normal_(p, std=0.03, rng=seed)
    if kind == "dead units":
        dict(model.named_parameters())["layers.1.bias"].data = np.full(32, -8.0)
    rate = {"rate too low": 3e-4, "rate too high": 2.0}.get(kind, 0.1)
    history = History(every=5)
    nn.fit(
        model, nn.CrossEntropyLoss(), nn.SGD(model.parameters(), lr=rate),
        nn.DataLoader(some_digits(), batch_size=50, shuffle=True, rng=seed),
        epochs=-(-steps // 20), callbacks=[history], progress=False,
    )  # fmt: skip
    return history


KINDS = ("healthy", "rate too low", "rate too high", "dead units", "vanishing gradient")

#: What ails the runs of the exercise, in words of `KINDS`.
PATIENTS = {"A": "dead units", "B": "vanishing gradient", "C": "rate too low"}


def draw_run(history: History, axes: Any, title: str) -> None:
    """Loss, gradient flow, updates and dead units of a run, on four axes side by side."""
    panels: list[Any] = [loss, gradient_flow, update_ratio, dead_units]
    for panel, ax in zip(panels, axes, strict=True):
        panel(history, ax)
        ax.set_ylabel("")
        if ax.get_legend():
            ax.get_legend().remove()
    axes[0].set_title(f"{title}: loss")
