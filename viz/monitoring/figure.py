"""A history as one small picture, quick enough to be drawn again while training goes on."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..drawing import OKABE_ITO, points
from ..graphs import image
from .records import Records

WIDE, TALL, GAP = 250, 130, 14  # a panel's curves, and what is between panels, in pixels
LEFT, TOP, LINE, COLUMNS = 58, 24, 15, 3
SHOWN = 6  # curves in a panel
SPIKE = 10.0  # what is so many times as large as is usual would hide the rest
GREY = "#59606a"

#: Curves are told apart by colour and by dashes.
STROKES = [
    (OKABE_ITO[colour], dashes)
    for colour, dashes in (
        ("blue", ""), ("vermillion", "7 3"), ("bluish green", "2 3"), ("reddish purple", "8 3 2 3"),
        ("black", "12 4"), ("sky blue", ""),
    )
]  # fmt: skip


@dataclass(frozen=True)
class Curve:
    """Numbers over steps, and what the key calls them."""

    name: str
    steps: np.ndarray
    numbers: np.ndarray


@dataclass(frozen=True)
class Panel:
    """Curves of one kind; log None: a logarithmic scale where a spike would hide the rest.

    Attributes:
        shown: numbers that the scale shows in any case.
        guide: a number at which there is a dotted line, with its name.
    """

    title: str
    curves: list[Curve]
    log: bool | None = None
    shown: tuple[float, ...] = ()
    guide: tuple[float, str] | None = None


def figure(run: Records) -> str:
    """A history as an image that stands in a page by itself; `alt` says the last numbers.

    >>> run = Records()
    >>> run.records = [{"step": i, "loss": 1 / i} for i in range(1, 9)]
    >>> figure(run)[:46]
    '<img alt="step 8: loss 0.125" style="max-width'
    """
    last = [f"{name} {run.series(name)[1][-1]:.4g}" for name in run.names if name != "seconds"]
    return image(_svg(run), f"step {run.last_step:,}: {', '.join(last)}")


def _svg(run: Records) -> str:
    panels = list(_panels(run))
    end = max(2, run.last_step)
    parts, top = [], LINE + GAP
    for row in range(0, len(panels), COLUMNS):
        beside = panels[row : row + COLUMNS]
        for column, panel in enumerate(beside):
            left = column * (LEFT + WIDE + GAP)
            parts.append(f'<g transform="translate({left} {top})">{_panel(panel, end)}</g>')
        keys = max(len(panel.curves) + (panel.guide is not None) for panel in beside)
        top += TOP + TALL + LINE + keys * LINE + 2 * GAP
    wide = min(len(panels), COLUMNS) * (LEFT + WIDE + GAP) or LEFT + WIDE
    title = f"step {run.last_step:,}" if run.records else "nothing noted yet"
    title = " · ".join([title, *run.went_wrong()])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}pt" height="{top}pt" '
        f'viewBox="0 0 {wide} {top}" font-family="system-ui,sans-serif" font-size="11">'
        f'<rect width="{wide}" height="{top}" fill="#fff"/>'
        f'<text x="8" y="16" font-weight="600" font-size="12">{html.escape(title)}</text>'
        f"{''.join(parts)}</svg>"
    )


def _panels(run: Records) -> Iterator[Panel]:
    """Losses, each metric, gradients, updates and units, as far as there are any."""
    kinds: dict[str, list[str]] = {}
    for name in run.names:
        if name not in ("lr", "norm", "seconds", "epoch"):
            kinds.setdefault(name.removeprefix("validation_"), []).append(name)
    for kind, names in kinds.items():
        yield Panel(kind, [Curve(name, *run.series(name)) for name in names])
    yield from _measured(run, "gradient norms", "parameter", "norm", log=True)
    guide = (1e-3, "about 1/1000 is good")
    yield from _measured(
        run, "update : data", "parameter", "ratio", log=True, shown=guide[:1], guide=guide
    )
    yield from _measured(run, "dead units", "activation", "dead", log=False, shown=(0.0, 1.0))


def _measured(run: Records, title: str, of: str, what: str, **scale: Any) -> Iterator[Panel]:
    names = run.parameters() if of == "parameter" else run.activations()
    read = run.parameter if of == "parameter" else run.activation
    left_out = ""
    if len(names) > SHOWN:
        left_out = f", {SHOWN} of {len(names)}"
        names = [names[round(i * (len(names) - 1) / (SHOWN - 1))] for i in range(SHOWN)]
    if names:
        yield Panel(title + left_out, [Curve(n, *read(n, what)) for n in names], **scale)


# --- one panel ---


class _Scale:
    """From steps and numbers to places in a panel."""

    def __init__(self, panel: Panel, end: int) -> None:
        self.end = end
        numbers = np.concatenate([curve.numbers for curve in panel.curves])
        numbers = numbers[np.isfinite(numbers)]
        self.log = _spiked(panel.curves) if panel.log is None else panel.log
        numbers = np.append(numbers, panel.shown)
        levels = self._level(numbers[numbers > 0] if self.log else numbers)
        self.low = float(levels.min()) if levels.size else 0.0
        self.high = float(levels.max()) if levels.size else 1.0
        if self.high - self.low <= 1e-12 * max(1.0, abs(self.high)):
            margin = 0.1 * abs(self.high) or 1.0
            self.low, self.high = self.low - margin, self.high + margin

    def _level(self, numbers: np.ndarray) -> np.ndarray:
        return np.log10(numbers) if self.log else numbers

    def x(self, steps: np.ndarray) -> np.ndarray:
        return LEFT + (steps - 1) / (self.end - 1) * WIDE

    def y(self, numbers: np.ndarray) -> np.ndarray:
        """Places, nan where there is none."""
        with np.errstate(all="ignore"):
            levels = self._level(np.asarray(numbers, dtype=float))
        levels = np.where(np.isfinite(levels), levels, math.nan)
        return TOP + (1 - (levels - self.low) / (self.high - self.low)) * TALL

    def marks(self) -> list[float]:
        """The numbers at the ends of the scale and in the middle."""
        levels = (self.low, (self.low + self.high) / 2, self.high)
        return [10**level if self.log else level for level in levels]


def _spiked(curves: list[Curve]) -> bool:
    """Whether all is above 0, and something far above what is usual in a run and as it began."""
    usual = most = 0.0
    for curve in curves:
        numbers = curve.numbers[np.isfinite(curve.numbers)]
        if numbers.size and numbers.min() <= 0:
            return False
        if numbers.size:
            begun = numbers[: -(-numbers.size // 10)]
            usual = max(usual, float(np.median(begun)), float(np.median(numbers)))
            most = max(most, float(numbers.max()))
    return most > SPIKE * usual


def _panel(panel: Panel, end: int) -> str:
    scale = _Scale(panel, end)
    right, bottom = LEFT + WIDE, TOP + TALL
    words = ", logarithmic" * scale.log
    # a bold letter is up to an eighth wider
    title = html.escape(_fitted(panel.title, (WIDE + GAP) / 1.125 - points(words, 11)) + words)
    parts = [f'<text x="{LEFT}" y="12" font-weight="600">{title}</text>']
    for mark in scale.marks():
        y = float(scale.y(np.array(mark)))
        parts.append(
            f'<path d="M{LEFT} {y:.1f}H{right}" stroke="#e3e5e8"/>'
            f'<text x="{LEFT - 5}" y="{y + 4:.1f}" text-anchor="end" fill="{GREY}">'
            f"{_short(mark)}</text>"
        )
    if panel.guide is not None:
        number, name = panel.guide
        y, key = float(scale.y(np.array(number))), bottom + (2 + len(panel.curves)) * LINE
        dotted = 'stroke="#000" stroke-dasharray="2 4"'
        parts.append(
            f'<path d="M{LEFT} {y:.1f}H{right}" {dotted}/><path d="M{LEFT} {key - 4}h22" {dotted}/>'
            f'<text x="{LEFT + 28}" y="{key}">{name}</text>'
        )
    parts.append(
        f'<text x="{LEFT}" y="{bottom + LINE}" fill="{GREY}">1</text>'
        f'<text x="{right}" y="{bottom + LINE}" text-anchor="end" fill="{GREY}">{end:,}</text>'
    )
    for i, curve in enumerate(panel.curves[:SHOWN]):
        parts.append(_curve(curve, scale, STROKES[i], bottom + 2 * LINE + i * LINE))
    return "".join(parts)


def _curve(curve: Curve, scale: _Scale, stroke: tuple[str, str], key: float) -> str:
    """A curve, what is nan or infinite as triangles at the top, and its line in the key."""
    colour, dashes = stroke
    look = f'fill="none" stroke="{colour}" stroke-width="1.6" stroke-dasharray="{dashes or "none"}"'
    odd = ~np.isfinite(curve.numbers)
    peaks = np.unique(np.round(scale.x(curve.steps[odd]) / 6) * 6)
    marks = "".join(f'<path fill="{colour}" d="M{x - 4:g} {TOP - 1}h8l-4 -7z"/>' for x in peaks)
    end = f" {curve.numbers[-1]:.4g}"
    if odd.any():
        end += f", {int(odd.sum()):,} not finite"
    if scale.log and (below := int((curve.numbers <= 0).sum())):
        end += f", {below:,} not above 0"
    name = _fitted(curve.name, LEFT + WIDE - 80 - points(end, 11)) + end
    return (
        f'<path d="{_path(scale.x(curve.steps), scale.y(curve.numbers))}" {look}/>{marks}'
        f'<path d="M{LEFT} {key - 4}h22" {look}/>'
        f'<text x="{LEFT + 28}" y="{key}">{html.escape(name)}</text>'
    )


def _short(x: float) -> str:
    """A number beside the scale.

    >>> _short(243210.0), _short(0.00125)
    ('2.43e5', '0.00125')
    """
    return f"{x:.3g}".replace("e+0", "e").replace("e-0", "e-")


def _fitted(name: str, room: float) -> str:
    """A name that takes no more room, without its middle if it has to.

    >>> _fitted("encoder.layers.0.self_attention.weight", 100)
    'encoder….weight'
    """
    half = len(name) // 2
    short = name
    while points(short, 11) > room and half > 1:
        half -= 1
        short = f"{name[:half]}…{name[-half:]}"
    return short


def _path(xs: np.ndarray, ys: np.ndarray) -> str:
    """A line with the least and the largest number of each pixel; gaps where a number is nan.

    A number that stands alone is a stroke as wide as a dot.

    >>> _path(np.arange(3.0), np.array([5.0, np.nan, 7.0]))
    'M0 5.0m-1.5 0h3M2 7.0m-1.5 0h3'
    """
    parts, pen = [], "M"
    columns = np.round(xs)
    ends = np.flatnonzero(np.diff(columns, append=math.inf)) + 1
    start = 0
    for stop in ends.tolist():
        some = ys[start:stop]
        some = some[~np.isnan(some)]
        if some.size == 0:
            pen = "M"
        else:
            x = columns[start]
            for y in dict.fromkeys((some[0], some.min(), some.max(), some[-1])):
                parts.append(f"{pen}{x:g} {y:.1f}")
                pen = "L"
        start = stop
    return re.sub(r"(M[^ML]+)(?=M|$)", r"\1m-1.5 0h3", "".join(parts))
