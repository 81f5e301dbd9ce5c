"""Images side by side: samples with what they were taken for; filters, gradients of pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy import ndarray

from engine import to_numpy

from .axes import CYCLE, TWO_SIDED, ListedColormap, Rectangle, drawable, figure_with

GAP = 1  # pixels of room between two images
FRAME: dict[str, Any] = {"fill": False, "edgecolor": "#999999", "linewidth": 0.5, "clip_on": False}


def image_grid(
    images: Any,
    titles: Sequence[Any] | ndarray | None = None,
    ax: Any = None,
    *,
    columns: int = 8,
    most: int = 64,
    shared: bool = True,
) -> Any:
    """Images side by side, each in a frame: white is 0, vermillion above, blue below.

    A pixel that is nan or inf is green.

    Of a layer, its weights show what it looks for, and what it puts out for one input where it
    found that.

    Args:
        images: (n, height, width); (n, channels, height, width), of which each channel becomes an
            image; or square ones flattened, (n, pixels).
        titles: what stands above each; default nothing.
        ax: axes to draw on; default new ones.
        columns: how many stand side by side.
        most: how many are shown.
        shared: one scale for all; else each has its own, up to its largest size.

    Returns:
        The axes.

    Raises:
        ValueError: the shapes do not fit, there are not as many titles as images, or columns or
            most is below 1.

    >>> from viz import plots
    >>> import numpy as np
    >>> ax = plots.image_grid(np.eye(9), columns=3)
    >>> ax.images[0].get_array().shape
    (11, 11)
    >>> plots.pyplot.close()
    """
    if columns < 1 or most < 1:
        raise ValueError(f"columns and most must be at least 1, got {columns} and {most}")
    pixels = _split(images)
    if titles is not None and len(titles) != len(pixels):
        raise ValueError(f"there are {len(pixels)} images but {len(titles)} titles")
    pixels = pixels[:most]
    count, height, width = pixels.shape
    head = 0 if titles is None else max(2, round(0.4 * height))
    columns = min(columns, count)
    rows = -(-count // columns)
    down, across = height + GAP + head, width + GAP
    if ax is None:
        _, axes = figure_with(1, 1, (columns, rows * down / across))
        ax = axes[0, 0]
    wall = np.full((rows * down - GAP, columns * across - GAP), np.nan)
    lost = np.zeros(wall.shape)
    for i, image in enumerate(pixels if shared else _scaled(pixels)):
        top, left = down * (i // columns) + head, across * (i % columns)
        wall[top : top + height, left : left + width] = image
        lost[top : top + height, left : left + width] = np.isnan(image)
        ax.add_patch(Rectangle((left - 0.5, top - 0.5), width, height, **FRAME))
        if titles is not None:
            ax.text(left + width / 2 - 0.5, top - 0.7, titles[i], ha="center", va="bottom",
                    fontsize="small")  # fmt: skip
    largest = float(np.nanmax(np.abs(wall), initial=0.0)) or 1.0
    ax.axis("off")
    ax.imshow(wall, cmap=TWO_SIDED, vmin=-largest, vmax=largest, interpolation="nearest")
    _mark_lost(ax, lost)
    return ax


def sample_grid(
    images: Any,
    labels: Sequence[Any] | ndarray,
    guesses: Sequence[Any] | ndarray | None = None,
    ax: Any = None,
    *,
    columns: int = 8,
    most: int = 32,
) -> Any:
    """Images side by side, each with its label, and what it was taken for where that is wrong.

    A pixel that is nan or inf is green.

    Args:
        images: (n, height, width), or (n, 1, height, width), or square ones flattened (n, pixels).
        labels: (n,).
        guesses: (n,), or None.
        ax: axes to draw on; default new ones.
        columns: how many stand side by side.
        most: how many are shown.

    Returns:
        The axes.

    Raises:
        ValueError: the shapes do not fit, or columns or most is below 1.

    >>> from viz import plots
    >>> import nn
    >>> x, y = nn.datasets.load_digits()[:2]
    >>> ax = plots.sample_grid(x[:4], y[:4], columns=4)
    >>> [text.get_text() for text in ax.texts]
    ['0', '1', '2', '3']
    >>> plots.pyplot.close()
    """
    if columns < 1 or most < 1:
        raise ValueError(f"columns and most must be at least 1, got {columns} and {most}")
    pixels = _split(images)
    if len(pixels) != len(labels):
        raise ValueError(f"images must be as many as labels, got {len(pixels)} and {len(labels)}")
    if guesses is not None and len(guesses) != len(labels):
        raise ValueError(f"there are {len(labels)} labels but {len(guesses)} guesses")
    pixels = pixels[:most]
    height, width = pixels.shape[1:]
    down, across = height + max(3, height // 2), width + max(1, width // 6)  # room for words
    rows, columns = -(-len(pixels) // columns), min(columns, len(pixels))
    wall = np.full((rows * down, columns * across), np.nan)
    lost = np.zeros(wall.shape)
    if ax is None:
        _, axes = figure_with(1, 1, (columns, 1.3 * rows))
        ax = axes[0, 0]
    ax.axis("off")
    for i, image in enumerate(pixels):
        top, left = down * (i // columns) + down - height, across * (i % columns)
        wall[top : top + height, left : left + width] = image
        lost[top : top + height, left : left + width] = np.isnan(image)
        wrong = guesses is not None and guesses[i] != labels[i]
        words = f"{labels[i]}, said {guesses[i]}" if guesses is not None and wrong else labels[i]
        ax.text(left + width / 2, top - 1, words, ha="center", va="bottom", fontsize="small",
                color=CYCLE[1] if wrong else "black",
                weight="bold" if wrong else "normal")  # fmt: skip
    ax.imshow(wall, cmap="gray_r", interpolation="nearest")
    _mark_lost(ax, lost)
    return ax


def _mark_lost(ax: Any, lost: ndarray) -> None:
    """Cover the pixels that cannot be drawn: left out, they would look like white ones."""
    if lost.any():
        green = ListedColormap([CYCLE[2]])
        ax.imshow(np.ma.masked_equal(lost, 0), cmap=green, interpolation="nearest")


def _split(images: Any) -> ndarray:
    """Images as (n, height, width)."""
    pixels = drawable(to_numpy(images))
    if pixels.ndim == 4:
        pixels = pixels.reshape(-1, *pixels.shape[2:])
    elif pixels.ndim == 2:
        side = round(pixels.shape[1] ** 0.5)
        if side * side == pixels.shape[1]:
            pixels = pixels.reshape(-1, side, side)
    if pixels.ndim != 3 or pixels.size == 0:
        raise ValueError(
            "images must be (n, height, width), (n, channels, height, width) or (n, pixels) of "
            f"square ones, got {np.shape(images)}"
        )
    return pixels


def _scaled(pixels: ndarray) -> ndarray:
    """Each image divided by its largest size."""
    largest = np.nanmax(np.abs(pixels), axis=(1, 2), keepdims=True, initial=0.0)
    return pixels / np.where(largest > 0, largest, 1.0)
