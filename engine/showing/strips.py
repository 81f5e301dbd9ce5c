"""Strips: a small array, or how a large one's numbers are spread, as a few coloured cells."""

from __future__ import annotations

import base64
import struct
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

ROWS, COLUMNS = 8, 16  # arrays up to this size are shown element by element
FEWEST = 5  # of fewer numbers, the numbers themselves say it
BINS = 16
POSITIVE, NEGATIVE = "#d55e00", "#0072b2"  # vermillion and blue of Okabe and Ito
QUIET = "#888888"
CELL = 8  # pixels, with one between two


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


def strip_image(heat: Heat) -> str:
    """The strip as an image that holds itself, for a page of HTML, light or dark."""
    colours = np.array([[_colour(c, heat.spread) for c in row] for row in heat.cells], np.uint8)
    height, width = (n * (CELL + 1) for n in colours.shape[:2])
    pixels = np.zeros((height, width, 4), np.uint8)
    inside = np.ix_(*(np.flatnonzero(np.arange(n) % (CELL + 1) < CELL) for n in (height, width)))
    pixels[inside] = colours.repeat(CELL, axis=0).repeat(CELL, axis=1)
    source = base64.b64encode(_png(pixels)).decode("ascii")
    what = "how the numbers are spread" if heat.spread else "its numbers, blue below 0"
    return (
        f'<img alt="{what}" title="{what}" width="{width}" height="{height}" '
        f'src="data:image/png;base64,{source}">'
    )


def _colour(c: float | None, spread: bool) -> list[int]:
    """Red, green, blue and opacity: what lies behind shines through."""
    if c is None:
        return [*bytes.fromhex(QUIET[1:]), 255]
    if spread:  # the root brings out steps with few numbers in them
        return [*bytes.fromhex(QUIET[1:]), round(255 * (0.1 + 0.9 * c**0.5 if c else 0.08))]
    colour = bytes.fromhex((POSITIVE if c > 0 else NEGATIVE)[1:])
    return [*colour, round(255 * (0.1 + 0.9 * abs(c)))]


def _png(pixels: np.ndarray) -> bytes:
    """An image of 8 bits each of red, green, blue and opacity as a file."""
    height, width, _ = pixels.shape
    lines = b"".join(b"\0" + line.tobytes() for line in pixels)  # no filter
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
