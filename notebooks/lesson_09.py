"""Notebook 09: pictures of scores and of convolutions, and a network that reads digits."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np

import nn
from engine import Tensor, to_numpy
from nn import functional as F
from viz.drawing import OKABE_ITO
from viz.plots import image_grid, pyplot

from .lesson_05 import Grid, draw_grids

# --- pictures ---


def draw_bars(panels: Mapping[str, Any], marked: int | None = None) -> Any:
    """Rows of bars side by side, each bar with its number; the axes.

    Args:
        panels: by title, a number for each class.
        marked: the class that is drawn in orange; default none.

    Raises:
        ValueError: the panels hold different numbers of classes.
    """
    arrays = {title: to_numpy(x) for title, x in panels.items()}
    if len({x.shape for x in arrays.values()}) != 1:
        raise ValueError(f"the panels differ in shape: {[x.shape for x in arrays.values()]}")
    size = (min(3.2 * len(arrays), 10.0), 2.5)
    figure, axes = pyplot.subplots(1, len(arrays), figsize=size, squeeze=False)
    figure.set_layout_engine("constrained")
    for ax, (title, x) in zip(axes[0], arrays.items(), strict=True):
        colours = [OKABE_ITO["sky blue"]] * len(x)
        if marked is not None:
            colours[marked] = OKABE_ITO["orange"]
        bars = ax.bar(range(len(x)), x, color=colours)
        words = [f"{number:.3g}".replace("-", "−") for number in x]
        ax.bar_label(bars, words, fontsize=9, padding=2)
        ax.axhline(0, color="black", linewidth=0.8)
        ax.margins(y=0.18)
        ax.set(title=title, xticks=range(len(x)), yticks=[])
        ax.spines[["top", "right", "left"]].set_visible(False)
    return axes[0]


def draw_images(
    panels: Mapping[str, Any], columns: int = 4, *, height: float = 2.7, shared: bool = True
) -> Any:
    """Grids of images with a sign side by side; the axes.

    Args:
        panels: by title, images as `viz.plots.image_grid` takes them.
        columns: how many images stand side by side in a panel.
        height: of the figure, in inches; what it takes in width follows from it.
        shared: whether all images of a panel have one scale.
    """
    counts = [to_numpy(images).size // _pixels(images) for images in panels.values()]
    shapes = [min(n, columns) / -(-n // columns) for n in counts]
    size = (height * sum(shapes), height + 0.3)
    figure, axes = pyplot.subplots(1, len(panels), figsize=size, squeeze=False, width_ratios=shapes)
    figure.set_layout_engine("constrained", w_pad=0.12)
    for ax, (title, images) in zip(axes[0], panels.items(), strict=True):
        image_grid(images, ax=ax, columns=columns, shared=shared).set_title(title)
    return axes[0]


def _pixels(images: Any) -> int:
    """Of each image."""
    shape = np.shape(images)
    return shape[-1] if len(shape) == 2 else shape[-2] * shape[-1]


def _at(shape: tuple[int, ...], row: int, column: int, size: tuple[int, ...] = (1, 1)) -> Any:
    """A mask that is true in a window with this upper left corner."""
    mask = np.zeros(shape, dtype=bool)
    mask[row : row + size[0], column : column + size[1]] = True
    return mask


def draw_window(image: Any, kernel: Any, row: int, column: int) -> Any:
    """One window of an image, the kernel it is multiplied with, and where the sum goes; the axes.

    Args:
        image, kernel: matrices, the kernel no larger than the image.
        row, column: of the window's upper left corner.
    """
    x, w = np.asarray(image, dtype=float), np.asarray(kernel, dtype=float)
    y = F.conv2d(x[None], w[None, None])[0]
    return draw_grids(
        [
            Grid("image", x, marked=_at(x.shape, row, column, w.shape)), "∗",
            Grid("kernel", w), "=", Grid("result", y, marked=_at(y.shape, row, column)),
        ]
    )  # fmt: skip


def draw_window_gradients(image: Any, kernel: Any, upstream: Any, row: int, column: int) -> Any:
    """What an upstream gradient gives the kernel and the image; the axes.

    Args:
        image, kernel: matrices.
        upstream: a gradient of the result's shape.
        row, column: of the place that is marked, in all three.
    """
    g = np.asarray(upstream, dtype=float)
    x, w = (Tensor(np.asarray(a, dtype=float), requires_grad=True) for a in (image, kernel))
    F.conv2d(x[None], w[None, None])[0].backward(g)
    return draw_grids(
        [
            Grid("upstream gradient", g, marked=_at(g.shape, row, column)), "→",
            Grid("of the kernel", w.grad), "and",
            Grid("of the image", x.grad, marked=_at(x.shape, row, column, w.shape)),
        ]
    )  # fmt: skip


# --- a network to play with ---


@functools.cache
def split() -> tuple[Any, ...]:
    return nn.datasets.digits_split(0.2, seed=0)


@functools.cache
def reader() -> nn.MLP:
    """A small network that reads digits, (n, 64) to (n, 10) scores; trained once, in no time.

    >>> x, y = nn.datasets.load_digits()
    >>> nn.accuracy(reader()(x), y) > 0.95
    True
    """
    x, y, _, _ = split()
    model = nn.MLP([64, 32, 10], rng=0)
    loader = nn.DataLoader((x, y), 32, shuffle=True, rng=0)
    optimizer = nn.Adam(model.parameters(), lr=0.005)
    nn.fit(model, nn.CrossEntropyLoss(), optimizer, loader, 8, progress=False)
    return model.eval()
