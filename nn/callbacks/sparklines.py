"""A table of series for notebooks: of each a small curve, its first, lowest, highest and last."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import groupby

from engine.showing import escaped, html_card, html_table

WIDTH, HEIGHT, ROOM = 120, 26, 3  # pixels; room at the edges for the dot at the end
SPIKE = 10  # times what nine of ten numbers are below: beside it they would be a flat line
HEAD = ("series", "curve", "first", "lowest", "highest", "last")


def series_table(caption: str, series: Mapping[str, Sequence[float]]) -> str:
    """Series by name as a table of HTML, in the colours of the page it stands in.

    Args:
        caption: what they are of.
        series: by name, numbers in order; nan and inf are gaps in the curve, and counted.

    >>> table = series_table("a run", {"loss": [3.0, 1.0, 0.5]})
    >>> table.count("<svg"), "0.5" in table
    (1, True)
    """
    rows = [_row(name, numbers) for name, numbers in series.items()]
    return html_card(escaped(caption), html_table(rows, HEAD) if rows else "")


def _row(name: str, numbers: Sequence[float]) -> list[str]:
    finite = [x for x in numbers if math.isfinite(x)]
    lost = len(numbers) - len(finite)
    notes = ["log scale"] * _is_log(finite) + [f"{lost:,} nan or inf"] * (lost > 0)
    curve = sparkline(name, numbers) + (f"<div>{', '.join(notes)}</div>" if notes else "")
    lowest, highest = min(finite, default=math.nan), max(finite, default=math.nan)
    ends = (numbers[0], lowest, highest, numbers[-1])
    return [escaped(name), curve, *(f"{x:.4g}" for x in ends)]


def sparkline(name: str, numbers: Sequence[float]) -> str:
    """A small curve as SVG: a gap where a number is nan or inf, a dot at the last that is not.

    Logarithmic where a few numbers are far above the rest, as its label says; "" if none is finite.

    >>> sparkline("loss", [2.0, 1.0, float("nan"), 1.0]).count("M")  # strokes
    2
    """
    finite = [x for x in numbers if math.isfinite(x)]
    if not finite:
        return ""
    log = _is_log(finite)
    heights = [math.log(x) if log and math.isfinite(x) else x for x in numbers]
    strokes, (x, y) = _strokes(heights)
    words = escaped(f"{name}: from {numbers[0]:.4g} to {numbers[-1]:.4g}{', log scale' * log}")
    return (
        f'<svg width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{words}">'
        f"<title>{words}</title>"
        f'<path d="{strokes}" fill="none" stroke="currentColor" stroke-linecap="round"/>'
        f'<circle cx="{x:g}" cy="{y:g}" r="2" fill="currentColor"/></svg>'
    )


def _is_log(finite: Sequence[float]) -> bool:
    """Whether a curve of these numbers is logarithmic, so that a few of them do not flatten it."""
    if not finite or min(finite) <= 0:
        return False
    return max(finite) > SPIKE * sorted(finite)[int(0.9 * (len(finite) - 1))]


def _strokes(heights: list[float]) -> tuple[str, tuple[float, float]]:
    """The path of a curve through heights, and the place of the last that is finite."""
    finite = [h for h in heights if math.isfinite(h)]
    low, high = min(finite), max(finite)
    span = high / 2 - low / 2 or 1.0  # half of it, as all of it may be too large for a float
    last = max(len(heights) - 1, 1)

    def place(i: int) -> tuple[float, float]:
        part = (heights[i] / 2 - low / 2) / span if high > low else 0.5
        return (
            round(ROOM + (WIDTH - 2 * ROOM) * i / last, 1),
            round(HEIGHT - ROOM - (HEIGHT - 2 * ROOM) * part, 1),
        )

    strokes = []
    for there, run in groupby(range(len(heights)), lambda i: math.isfinite(heights[i])):
        if there:
            places = list(map(place, _thinned(list(run), heights)))
            ends = places * 2 if len(places) == 1 else places  # one alone is a dot
            strokes.append("M" + "L".join(f"{x:g} {y:g}" for x, y in ends))
            end = places[-1]
    return "".join(strokes), end


def _thinned(run: list[int], heights: list[float]) -> list[int]:
    """Of many places the lowest and the highest for each pixel, which look the same."""
    every = -(-len(heights) // WIDTH)
    if every < 4:
        return run
    kept = {run[0], run[-1]}
    for start in range(0, len(run), every):
        some = run[start : start + every]
        kept |= {min(some, key=heights.__getitem__), max(some, key=heights.__getitem__)}
    return sorted(kept)
