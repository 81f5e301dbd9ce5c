"""Where a classifier of points in the plane decides for which class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine import no_grad, to_numpy

from .axes import MARKERS, axes_of, colours, drawable, key, plain

NUMBERS = "fiub"  # the kinds of dtypes that hold numbers
LONGEST = 5  # times the other side, where both axes have the same unit


def decision_boundary(
    predict: Callable[[np.ndarray], Any],
    x: Any,
    labels: Any,
    ax: Any = None,
    *,
    resolution: int = 120,
    margin: float = 0.3,
    threshold: float | None = None,
) -> Any:
    """Where a classifier of points in the plane decides for which class.

    Points have the colour of the region of their class; where a score is nan there is no region.

    Args:
        predict: a model or function of points (n, 2).  It gives one score for each, which decides
            between two classes; or a score for each class (n, classes); or the class itself (n,):
            integers, words, or floats that are several of the labels and nothing else.
        x: points (n, 2) to draw on top.
        labels: (n,) their classes.  Of k classes these are 0 to k-1 (of two, also -1 and 1); if
            they are others, strings say, all k must occur, and the scores are in sorted order.
        ax: axes to draw on; default new ones.
        resolution: points of the grid along each axis.
        margin: how far the picture goes beyond the points.
        threshold: the single score above which the second class is chosen.  Default: 1/2 if all
            scores lie in [0, 1], as those of a sigmoid do, else 0; the title says which.

    Returns:
        The axes.

    Raises:
        ValueError: x is not (n, 2) with n > 0, or not finite; labels are not (n,), or cannot be
            those of predict; predict returns another shape; resolution is below 2.

    >>> from viz import plots
    >>> ax = plots.decision_boundary(lambda p: p[:, 0] - 0.5, [[0.0, 0.0], [1.0, 0.0]], [0, 1])
    >>> ax.get_title()
    'decision boundary: score > 0'
    >>> plots.pyplot.close()
    """
    points, labels = np.asarray(to_numpy(x), dtype=float), to_numpy(labels)
    if points.ndim != 2 or points.shape[1] != 2 or labels.shape != points.shape[:1]:
        raise ValueError(
            f"x must be points of shape (n, 2) with labels (n,), got {points.shape} and "
            f"{labels.shape}"
        )
    if points.size == 0 or np.isnan(drawable(points)).any():
        raise ValueError(f"x must be points to draw, finite numbers, got {points[:5].tolist()}")
    if labels.dtype.kind == "f" and np.isnan(labels).any():
        raise ValueError("labels must be classes, but some are nan")
    if resolution < 2:
        raise ValueError(f"resolution must be at least 2, got {resolution}")
    across, up, grid = _grid(points, resolution, margin)
    with no_grad():
        scores = to_numpy(predict(grid))
    classes, decided, title = _decisions(scores, len(grid), np.unique(labels), threshold)
    ax = axes_of(ax, title)
    looks = zip(classes, colours(len(classes)), MARKERS * len(classes), strict=False)
    for k, (one, colour, marker) in enumerate(looks):
        here = (decided == k).reshape(resolution, resolution)
        if here.any():  # each by itself: between 0 and 2 there is no strip of 1
            ax.contourf(across, up, here, levels=[0.5, 1.5], colors=[colour], alpha=0.25, zorder=0)
        chosen = points[labels == one]
        if len(chosen):
            ax.scatter(*chosen.T, s=16, color=colour, marker=marker, edgecolors="black",
                       linewidths=0.4, label=plain(str(one)))  # fmt: skip
    if lost := int(np.isnan(decided).sum()):
        ax.plot([], [], "s", color="white", markeredgecolor="black",
                label=f"nan, no decision ({lost / len(decided):.0%})")  # fmt: skip
    wide, high = np.ptp(across), np.ptp(up)
    if max(wide, high) < LONGEST * min(wide, high):  # else one of them would be a line
        ax.set_aspect("equal")
    key(ax)
    return ax


def _grid(
    points: np.ndarray, resolution: int, margin: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where the columns and the rows of a grid around points stand, and its points (n, 2)."""
    low, high = points.min(axis=0) - margin, points.max(axis=0) + margin
    room = 1e-6 * np.abs(points).max()  # beside large numbers a margin of 0.3 may be nothing
    across, up = (
        np.linspace(a, b, resolution)
        if b - a > room
        else np.linspace(a - room, b + room, resolution)
        for a, b in zip(low, high, strict=True)
    )
    return across, up, np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)


def _decisions(
    scores: np.ndarray, count: int, labels: np.ndarray, threshold: float | None
) -> tuple[np.ndarray, np.ndarray, str]:
    """The classes; which of them is chosen at each point, as a number from 0, or nan; a title."""
    if scores.shape not in ((count,), (count, 1)):
        if scores.ndim != 2 or len(scores) != count:
            raise ValueError(
                f"predict must give (n,), (n, 1) or (n, classes) for n = {count} points, "
                f"got {scores.shape}"
            )
        decided = np.where(np.isnan(scores).any(axis=1), np.nan, scores.argmax(axis=1))
        return _classes(labels, scores.shape[1]), decided, "decision boundary"
    scores = scores.reshape(-1)
    if scores.dtype.kind != "f" or (threshold is None and _are_classes(np.unique(scores), labels)):
        if (scores.dtype.kind in NUMBERS) != (labels.dtype.kind in NUMBERS):
            raise ValueError(
                f"labels must be classes that predict gives: it gives {scores[0]!r}, "
                f"labels are {labels.tolist()[:10]}"
            )
        classes = np.union1d(labels, scores)
        return classes, np.searchsorted(classes, scores).astype(float), "decision boundary"
    if threshold is None:
        outside = (scores < 0) | (scores > 1)
        threshold = 0.0 if outside.any() else 0.5
    decided = np.where(np.isnan(scores), np.nan, scores > threshold)
    return _classes(labels, 2), decided, f"decision boundary: score > {threshold:g}"


def _are_classes(found: np.ndarray, labels: np.ndarray) -> bool:
    """Whether floats are no scores but labels, as a classifier's that was given such."""
    return len(found) > 1 and labels.dtype.kind in NUMBERS and bool(np.isin(found, labels).all())


def _classes(labels: np.ndarray, count: int) -> np.ndarray:
    """The classes that `count` scores stand for, in order, of which labels occur."""
    for known in (np.arange(count), np.array([-1, 1])[: 2 * (count == 2)]):
        if labels.dtype.kind in NUMBERS and np.isin(labels, known).all():
            return known
    if len(labels) != count:
        raise ValueError(
            f"labels must be from 0 to {count - 1}, as predict gives scores for {count} classes, "
            f"or all {count} must occur; got {labels.tolist()[:10]}"
        )
    return labels
