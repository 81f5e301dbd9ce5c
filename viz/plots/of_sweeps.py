"""What a sweep found: a curve of one setting, a heat map of two, parallel axes of more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any

import numpy as np

from .axes import CYCLE, MOST_TICKS, Rectangle, axes_of, figure_with, key, plain, some_names
from .curves import scale_for, set_scale
from .outcomes import NO_NUMBER, Outcomes, Setting, apart, outcomes_of, scale_of
from .parallel_axes import parallel_axes

MOST_WRITTEN = (16, 12)  # rows and columns of a heat map with a number in each cell
WIDEST_TITLE = 64
FAILED: dict[str, Any] = {"facecolor": "#eeeeee", "edgecolor": "#767676", "hatch": "///"}
NOT_FINITE: dict[str, Any] = {"facecolor": "white", "edgecolor": CYCLE[1], "hatch": ".."}
LEAST = 0.07  # between two names under a curve, in widths of it


def sweep(
    rows: Sequence[Mapping[str, Any]],
    metric: str | None = None,
    ax: Any = None,
    *,
    mode: str = "min",
) -> Any:
    """What a sweep found, by the settings that differ; the best is marked.  Returns the axes.

    One setting is a curve, two that form a grid are a heat map, and more are parallel axes: a
    line for each row, which on an axis with few values passes through a band around its value.
    Dark is good.  Rows that failed, and results that are nan, inf or missing, are marked as such.

    Args:
        rows: what `nn.sweep` returns.
        metric: the result that is drawn, or "seconds"; default the only one that is a number.
        ax: axes to draw on; default new ones.
        mode: "min" if the smallest is the best, or "max", for numbers such as an accuracy.

    Raises:
        KeyError: no row has that result.
        TypeError, ValueError: rows are something else or none, there are several results to choose
            from, what was chosen is not a number, or mode is another.

    >>> from viz import plots
    >>> import nn
    >>> rates = {"lr": [0.01, 0.1, 1.0]}
    >>> rows = nn.sweep(lambda lr: {"loss": (lr - 0.1) ** 2}, rates, progress=False)
    >>> ax = plots.sweep(rows, "loss")
    >>> ax.get_xlabel(), ax.get_xscale()
    ('lr', 'log')
    >>> plots.pyplot.close()
    """
    found = outcomes_of(rows, metric, mode)
    settings = found.settings
    if len(settings) == 1:
        ax = _curve(found, settings[0], ax)
    elif len(settings) == 2 and _is_grid(*settings):
        down, across = settings
        ax = _heat_map(found, down, across, ax)
    else:
        if ax is None:
            ax = figure_with(1, 1, (max(6.4, 1.6 * len(settings) + 1.6), 4.8))[1][0, 0]
        parallel_axes(found, ax)
    ax.set_title(fill(plain(_title(found)), WIDEST_TITLE))
    key(ax)
    return ax


def _is_grid(down: Setting, across: Setting) -> bool:
    """Whether each row has a cell of its own, and not more than half of the cells are empty."""
    count = len(down.places)
    alone = len({*zip(down.places, across.places, strict=True)}) == count
    return alone and 2 * count >= len(down.labels) * len(across.labels)


def _title(found: Outcomes) -> str:
    title = found.metric + " by " + ", ".join(setting.name for setting in found.settings)
    if found.failed.all():
        title = f"all {len(found.failed)} failed"
    same = ", ".join(f"{name} {label}" for name, label in found.same.items())
    return f"{title} ({same})" if same else title


def _name_across(ax: Any, labels: list[str]) -> None:
    """Name the values of a setting below the axes, aslant where they would touch."""
    ax.set_xticks(*some_names(labels))
    room = 12 * ax.get_window_extent().width / ax.figure.dpi  # letters
    if (max(map(len, labels)) + 2) * min(len(labels), MOST_TICKS) > room:
        ax.set_xticks(*some_names(labels), rotation=30, ha="right", rotation_mode="anchor")


# --- one setting ---


def _curve(found: Outcomes, setting: Setting, ax: Any) -> Any:
    ax = axes_of(ax, "", setting.name, found.metric)
    if setting.numbers is None:
        x = np.array(setting.places, dtype=float)
        _name_across(ax, setting.labels)
        ax.set_xlim(-0.5, len(setting.labels) - 0.5)
    else:
        x = setting.numbers
    order = np.argsort(x, kind="stable")
    joined = setting.numbers is not None and len(setting.labels) == len(x)
    ax.plot(x[order], found.numbers[order], "o-" if joined else "o", color=CYCLE[0])
    if found.best:
        ax.plot(x[found.best], found.numbers[found.best], "*", color=CYCLE[1], markersize=14,
                label=found.where_best)  # fmt: skip
    _lines(ax, x[found.failed], color="#767676", linestyle="--", label=found.what_failed)
    _lines(ax, x[found.lost], color=CYCLE[1], linestyle=":", label=NO_NUMBER)
    set_scale(ax, scale_for(found.numbers, None), found.numbers)
    if not found.best:
        ax.set_yticks([])
    if setting.numbers is not None:
        _scale_x(ax, x, setting.labels)
    return ax


def _lines(ax: Any, places: np.ndarray, *, label: str, **look: Any) -> None:
    """What has no height: a line from top to bottom."""
    for i, place in enumerate(places):
        ax.axvline(place, label=label if i == 0 else None, **look)


def _scale_x(ax: Any, numbers: np.ndarray, labels: list[str]) -> None:
    """An axis on which the values stand evenly, with the values themselves as ticks if few."""
    values = np.unique(numbers)
    scale = scale_of(values)
    linear = {"linthresh": values[values > 0].min()} if scale == "symlog" else {}
    ax.set_xscale(scale, **linear)
    if len(values) > MOST_WRITTEN[1]:
        return
    ax.get_xlim()  # settles where the values stand
    points = ax.get_xaxis_transform().transform([(value, 0.0) for value in values])
    named = apart(ax.transAxes.inverted().transform(points)[:, 0].tolist(), LEAST)
    ax.set_xticks(values[named], [labels[i] for i in named])
    ax.minorticks_off()


# --- two settings ---


def _heat_map(found: Outcomes, down: Setting, across: Setting, ax: Any) -> Any:
    rows, columns = len(down.labels), len(across.labels)
    if ax is None:
        size = (min(12.0, max(6.4, 0.75 * columns + 2)), min(12.0, max(3.6, 0.45 * rows + 1.8)))
        ax = figure_with(1, 1, size)[1][0, 0]
    axes_of(ax, "", across.name, down.name)
    table = np.full((rows, columns), np.nan)
    table[down.places, across.places] = found.numbers
    image = ax.imshow(table, cmap=found.colours, norm=found.norm, aspect="auto")
    _name_across(ax, across.labels)
    ax.set_yticks(*some_names(down.labels))
    written = rows <= MOST_WRITTEN[0] and columns <= MOST_WRITTEN[1]
    if not written and np.isfinite(table).any():
        ax.figure.colorbar(image, ax=ax, label=plain(found.metric))
    for i, cell in enumerate(zip(down.places, across.places, strict=True)):
        _draw_cell(found, i, cell, ax, written)
    empty = rows * columns - len(down.places)
    if empty:
        ax.add_patch(_cell(None, facecolor="white", edgecolor="#767676",
                           label=f"empty: {empty} not in the sweep"))  # fmt: skip
    return ax


def _draw_cell(found: Outcomes, i: int, cell: tuple[int, int], ax: Any, written: bool) -> None:
    """What stands in a cell beside its colour: a number, a hatch, a frame around the best."""
    first = {"failed": np.argmax(found.failed), "lost": np.argmax(found.lost)}
    text, colour, weight = f"{found.numbers[i]:.4g}", "black", "normal"
    if found.failed[i]:
        label = found.what_failed if i == first["failed"] else None
        ax.add_patch(_cell(cell, **FAILED, linewidth=0, label=label))
        text = "failed"
    elif found.lost[i]:
        label = NO_NUMBER if i == first["lost"] else None
        ax.add_patch(_cell(cell, **NOT_FINITE, linewidth=0, label=label))
        text = "no number"
    else:
        shade = np.array(found.colours(found.norm(found.numbers[i])))[:3]
        colour = "white" if shade @ [0.299, 0.587, 0.114] < 0.5 else "black"
    if i in found.best:
        label = found.where_best if i == found.best[0] else None
        ax.add_patch(_cell(cell, fill=False, edgecolor=CYCLE[1], linewidth=3, zorder=3,
                           label=label, clip_on=False))  # fmt: skip
        text, weight = f"★ {text}" if written else "★", "bold"
    if written or i in found.best:
        back = {"facecolor": "white", "edgecolor": "none", "pad": 1} if text[0] in "fn" else None
        ax.text(cell[1], cell[0], text, ha="center", va="center", color=colour, weight=weight,
                fontsize="small", bbox=back)  # fmt: skip


def _cell(cell: tuple[int, int] | None, **look: Any) -> Any:
    """A cell of a heat map; None is one that only the key shows."""
    if cell is None:
        return Rectangle((-0.5, -0.5), 0, 0, **look)
    return Rectangle((cell[1] - 0.5, cell[0] - 0.5), 1, 1, **look)
