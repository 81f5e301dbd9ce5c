"""Heat strips: a small array, or how a large one's numbers are spread, as a few coloured cells."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .style import OKABE_ITO, Theme, mix

ROWS, COLUMNS = 8, 16  # arrays up to this size are shown element by element
FEWEST = 5  # of fewer numbers, the numbers themselves say it
BINS = 16
POSITIVE, NEGATIVE = OKABE_ITO["vermillion"], OKABE_ITO["blue"]
CELL = 8  # points


@dataclass(frozen=True)
class Heat:
    """Cells of a strip.

    Attributes:
        cells: row by row, numbers from -1 to 1 (the largest size in the array); None where the
            array has nan or inf.
        spread: whether these are not elements but how many fall into each of the equal steps
            from the smallest to the largest (0 to 1, by the fullest step).
    """

    cells: tuple[tuple[float | None, ...], ...]
    spread: bool = False


#: Strips that stand for all others in a picture's key.
SIGNED = Heat(((-1.0, -0.5, 0.0, 0.5, 1.0),))
SPREAD = Heat(((0.0, 0.1, 0.4, 0.7, 1.0),), spread=True)


def heat_of(x: Any) -> Heat | None:
    """The strip for an array; None for a few numbers, which are written out, or equal ones.

    >>> heat_of(np.array([[1.0, -2.0, 0.0], [np.nan, 0.5, 2.0]])).cells
    ((0.5, -1.0, 0.0), (None, 0.25, 1.0))
    >>> heat_of(np.arange(1000.0)).spread
    True
    """
    array = np.asarray(x)
    if array.size < FEWEST or array.dtype.kind not in "fiub":
        return None
    array = array.astype(np.float64)
    finite = array[np.isfinite(array)]
    if not finite.size or (finite.size == array.size and finite.min() == finite.max()):
        return None
    if array.ndim <= 2 and len(np.atleast_2d(array)) <= ROWS and array.shape[-1] <= COLUMNS:
        largest = float(np.abs(finite).max()) or 1.0
        rows = np.round(np.atleast_2d(array) / largest, 3)
        return Heat(
            tuple(tuple(c if np.isfinite(c) else None for c in row.tolist()) for row in rows)
        )
    return _spread(finite)


def _spread(finite: np.ndarray) -> Heat | None:
    half = finite / 2  # the distance between the largest and the smallest may not be a float
    low, high = float(half.min()), float(half.max())
    if low == high:
        return None
    steps = np.minimum(((half - low) / (high - low) * BINS).astype(int), BINS - 1)
    counts = np.bincount(steps, minlength=BINS)
    return Heat((tuple(np.round(counts / counts.max(), 3).tolist()),), spread=True)


def heat_cells(heat: Heat, theme: Theme) -> str:
    """The strip as a table of coloured cells, in Graphviz's HTML."""
    rows = "".join(
        f"<TR>{''.join(_cell(c, heat.spread, theme) for c in row)}</TR>" for row in heat.cells
    )
    width, height = (1 + (CELL + 1) * n for n in (len(heat.cells[0]), len(heat.cells)))
    return (
        '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="1" CELLPADDING="0" FIXEDSIZE="TRUE" '
        f'ALIGN="LEFT" WIDTH="{width}" HEIGHT="{height}">{rows}</TABLE>'
    )


def heat_key(heats: Iterable[Heat], theme: Theme) -> list[tuple[str, str]]:
    """What the strips of a picture mean: a sample of each kind there is, as cells, and its words.

    >>> from .style import LIGHT
    >>> [words for _, words in heat_key([Heat(((0.5, -1.0),))], LIGHT)]
    ['each number: blue negative, white 0, orange positive, deepest where the largest is']
    """
    heats = list(heats)
    lost = any(c is None for heat in heats for row in heat.cells for c in row)
    samples = [
        (SIGNED, any(not heat.spread for heat in heats),
         f"each number: blue negative, {theme.blank} 0, orange positive, deepest where the largest "
         "is"),
        (Heat(((None,),)), lost, "nan or inf"),
        (SPREAD, any(heat.spread for heat in heats),
         f"{BINS} equal steps from the smallest number to the largest: the {theme.more}, the more "
         "numbers are there"),
    ]  # fmt: skip
    return [(heat_cells(sample, theme), words) for sample, there, words in samples if there]


def _cell(c: float | None, spread: bool, theme: Theme) -> str:
    if c is None:
        colour = theme.foreground
    elif spread:  # the root brings out steps with few numbers in them
        colour = mix(theme.quiet, theme.background, 0.1 + 0.9 * c**0.5 if c else 0.06)
    else:
        colour = mix(POSITIVE if c > 0 else NEGATIVE, theme.background, 0.08 + 0.92 * abs(c))
    return f'<TD BGCOLOR="{colour}" FIXEDSIZE="TRUE" WIDTH="{CELL}" HEIGHT="{CELL}"></TD>'
