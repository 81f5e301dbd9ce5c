"""Plots of what a model says: confusion, tier against tier."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import to_numpy

from ..monitoring import gradient_of, named_parameters
from .axes import CYCLE, LARGEST, axes_of, drawable, key

MOST_CLASSES = 1000


def gradient_scatter(scalar: Any, tensor: Any, ax: Any = None) -> Any:
    """Every gradient of the scalar tier against its twin of the tensor tier.

    The pair that is furthest apart is marked.

    Args:
        scalar: a model on the scalar tier after backward (`model.scalar()`), or an array.
        tensor: the same on the tensor tier.
        ax: axes to draw on; default new ones.

    Returns:
        The axes.

    Raises:
        ValueError: the two hold different numbers of gradients, or none.

    >>> from viz import plots
    >>> ax = plots.gradient_scatter([1.0, 2.0], [1.0, 2.0])
    >>> ax.get_title()
    'gradients, tier against tier'
    >>> plots.pyplot.close()
    """
    one, two = _all_gradients(scalar), _all_gradients(tensor)
    if one.size != two.size or one.size == 0:
        raise ValueError(f"there are {one.size} gradients on Values and {two.size} on Tensors")
    ax = axes_of(ax, "gradients, tier against tier", "on Tensors", "on Values")
    lost = np.isnan(drawable(one)) | np.isnan(drawable(two))
    if lost.any():
        same = (one == two) | (np.isnan(one) & np.isnan(two))
        differ = int((lost & ~same).sum())
        words = f"{lost.sum():,} not drawn: nan, inf or beyond {LARGEST:g}"
        words += f"; {differ:,} of them differ" if differ else "; on both tiers the same"
        ax.plot([], [], "x", color=CYCLE[1], label=words)
    one, two = one[~lost], two[~lost]
    ends = [float(two.min(initial=0.0)), float(two.max(initial=0.0))]
    ax.plot(ends, ends, color="black", linewidth=0.8, label="equal")
    ax.scatter(two, one, s=8, color=CYCLE[0], alpha=0.5)
    if one.size:
        apart = np.abs(one - two)
        worst = int(apart.argmax())
        ax.scatter(two[worst], one[worst], s=70, facecolors="none", edgecolors=CYCLE[1],
                   label=f"furthest apart: {apart[worst]:.1e}")  # fmt: skip
    key(ax)
    return ax


def _all_gradients(source: Any) -> np.ndarray:
    if isinstance(source, np.ndarray | list):
        return np.asarray(source, dtype=float).reshape(-1)
    found = [gradient_of(p) for p in named_parameters(source).values()]
    return np.concatenate([[], *(g.reshape(-1) for g in found if g is not None)])


def confusion_matrix(labels: Any, guesses: Any, ax: Any = None, *, classes: int = 0) -> Any:
    """How often each class was taken for which; the right ones stand on the diagonal.

    Args:
        labels: (n,) what is right, integers from 0.
        guesses: (n,) what was said.
        ax: axes to draw on; default new ones.
        classes: how many there are; default as many as occur.

    Returns:
        The axes.

    Raises:
        ValueError: the two differ in shape, are empty, or hold something below 0 or not integer;
            there are more than 1,000 classes.

    >>> from viz import plots
    >>> ax = plots.confusion_matrix([0, 1, 1], [0, 1, 0])
    >>> [text.get_text() for text in ax.texts]
    ['1', '1', '1']
    >>> plots.pyplot.close()
    """
    labels, guesses = to_numpy(labels), to_numpy(guesses)
    if labels.ndim != 1 or labels.shape != guesses.shape or labels.size == 0:
        raise ValueError(
            f"labels and guesses must be (n,) with n > 0, got {labels.shape} and {guesses.shape}"
        )
    for name, numbers in (("labels", labels), ("guesses", guesses)):
        if numbers.dtype.kind not in "iu" or numbers.min() < 0:
            raise ValueError(f"{name} must be integers from 0, got {numbers[:5]}")
    count = max(classes, int(labels.max()) + 1, int(guesses.max()) + 1)
    if count > MOST_CLASSES:
        raise ValueError(f"{count:,} classes are more than a picture can show ({MOST_CLASSES:,})")
    table = np.zeros((count, count), dtype=int)
    np.add.at(table, (labels, guesses), 1)
    right = float(np.trace(table)) / labels.size
    ax = axes_of(ax, f"{right:.1%} right", "said", "is")
    # The diagonal would outshine the mistakes: shades follow the square root.
    ax.imshow(np.sqrt(table), cmap="Blues")
    for (i, j), number in np.ndenumerate(table):
        if number:
            white = np.sqrt(number) > np.sqrt(table.max()) / 2
            colour = "white" if white else "black" if i == j else CYCLE[1]
            weight = "normal" if i == j else "bold"
            ax.text(j, i, number, ha="center", va="center", color=colour, weight=weight,
                    fontsize="small")  # fmt: skip
    ax.set_xticks(range(count))
    ax.set_yticks(range(count))
    return ax
