"""Distributions of several arrays as outlines on the same axes, with a key that is a table."""

from __future__ import annotations

from typing import Any

import numpy as np

from .axes import LARGEST, MOST_NAMED, axes_of, drawable, key, logarithmic, looks, plain

MOST_ROWS = 24  # of a key with numbers

#: The columns of a key: how wide, and how a number is written.
COLUMNS = {"mean": "{:>10.2g}", "std": "{:>9.2g}", "saturated": "{:>11.1%}", "dead": "{:>6.0%}",
           "grad:data": "{:>10.1e}"}  # fmt: skip


def outlines(
    ax: Any,
    arrays: dict[str, np.ndarray],
    title: str,
    bins: int,
    rows: dict[str, dict[str, float]],
    columns: list[str],
) -> Any:
    """Outlines of the distributions of several arrays, in the same bins, on the same axes.

    Heights are on a logarithmic scale: the zeros of a relu would hide all the rest.

    Raises:
        ValueError: bins is below 1.
    """
    if bins < 1:
        raise ValueError(f"bins must be at least 1, got {bins}")
    ax = axes_of(ax, title, y="part of the numbers")
    shown = {name: x[~np.isnan(x)] for name, x in ((n, drawable(a)) for n, a in arrays.items())}
    edges = _edges(np.concatenate(list(shown.values())), bins)
    for (name, array), look in zip(arrays.items(), looks(len(arrays), ordered=True), strict=True):
        counts, _ = np.histogram(shown[name], edges)
        parts = counts / max(array.size, 1)
        label = plain(name + _lost(array))
        if len(arrays) <= MOST_NAMED:
            ax.stairs(parts, edges, label=label, **look)
        else:  # steps down to nothing and up again, of many, would hide everything
            there = counts > 0
            middles = (edges[:-1] + edges[1:])[there] / 2
            ax.plot(middles, parts[there], linewidth=0.8, label=label,
                    drawstyle="steps-mid", **look)  # fmt: skip
    logarithmic(ax)
    ax.locator_params(axis="x", nbins=5)  # small numbers are long
    labels = {name + _lost(array): rows[name] for name, array in arrays.items()}
    _table(ax, labels, columns)
    return ax


def _table(ax: Any, rows: dict[str, dict[str, float]], columns: list[str]) -> None:
    """The key as a table: a row for each curve, with its numbers."""
    wide = max(map(len, rows))
    texts = {
        name: f"{name:<{wide}}" + "".join(_cell(column, row) for column in columns)
        for name, row in rows.items()
    }
    head = " " * wide + "".join(f"{c:>{len(COLUMNS[c].format(0))}}" for c in columns)
    font = {"family": "monospace", "size": "x-small"}
    key(ax, list(rows), texts=texts, most=MOST_ROWS, beside=True, title=head,
        prop=font, title_fontproperties=font, alignment="right")  # fmt: skip


def _cell(column: str, row: dict[str, float]) -> str:
    blank = " " * len(COLUMNS[column].format(0))
    return COLUMNS[column].format(row[column]) if column in row else blank


def _edges(numbers: np.ndarray, bins: int) -> np.ndarray:
    """The ends of bins of equal width, from the lowest number to the highest."""
    low, high = numbers.min(initial=np.inf), numbers.max(initial=-np.inf)
    if not low <= high:  # no number at all
        return np.linspace(0.0, 1.0, bins + 1)
    size = max(abs(low), abs(high)) or 1.0
    if high - low < 1e-12 * size:  # numbers as good as equal, in bins around them
        low, high = low - size / 2, high + size / 2
    return np.linspace(low, high, bins + 1)


def _lost(array: np.ndarray) -> str:
    """What of an array cannot be drawn, in words; "" if all can be."""
    lost = int((~np.isfinite(array)).sum())
    beyond = int(np.isnan(drawable(array)).sum()) - lost
    words = [f"{lost:,} nan or inf"] * (lost > 0)
    words += [f"{beyond:,} beyond {LARGEST:g}"] * (beyond > 0)
    return f" ({', '.join(words)})" if words else ""
