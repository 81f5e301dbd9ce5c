"""Lists put together from parts of others, as slices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

#: Slices that a list is put together from at most, one after the other in each of its parts.
MOST = 32


class Cell(NamedTuple):
    """A number: the list where it stands, and its place there; or its text alone."""

    text: str
    place: int = -1

    def __str__(self) -> str:
        return self.text if self.place < 0 else f"{self.text}[{self.place}]"


def slice_of(cells: Sequence[Cell]) -> str:
    """Two or more cells as one slice, or as a number repeated; "" if they are neither.

    >>> slice_of([Cell("w", 1), Cell("w", 3), Cell("w", 5)]), slice_of([Cell("0.0")] * 9)
    ('w[1:6:2]', '[0.0] * 9')
    >>> slice_of([Cell("w", 1), Cell("w", 0)]), slice_of([Cell("w", 1), Cell("x", 2)])
    ('w[1::-1]', '')
    """
    text, place = cells[0]
    if all(cell == cells[0] for cell in cells):
        return f"[{cells[0]}] * {len(cells)}"
    step = cells[1].place - place
    if step < -1 or any(cell != (text, place + i * step) for i, cell in enumerate(cells)):
        return ""
    end = cells[-1].place + (1 if step > 0 else -1)
    return f"{text}[{place}:{end if end >= 0 else ''}{f':{step}' if step != 1 else ''}]"


def list_text(cells: Sequence[Cell]) -> str:
    """The list of these cells.

    >>> list_text([*[Cell("w", i) for i in range(7)], Cell("y"), *[Cell("0.0")] * 9])
    '[*w[0:7], y, *[0.0] * 9]'
    >>> list_text([Cell("w", 3), Cell("w", 4)])
    'w[3:5]'
    """
    whole = slice_of(cells) if len(cells) > 1 and cells[0] != cells[1] else ""
    if whole:
        return whole
    parts = [f"*{slice_of(run)}" if len(run) > 1 else str(run[0]) for run in _runs(cells)]
    return parts[0][1:] if len(parts) == 1 and len(cells) > 1 else f"[{', '.join(parts)}]"


def _runs(cells: Sequence[Cell]) -> Iterator[Sequence[Cell]]:
    """The cells in pieces: side by side in a list, one many times, or single."""
    start = 0
    while start < len(cells):
        end = start + max(_alike(cells, start, ahead) for ahead in (0, 1, -1))
        yield cells[start : end if end - start > 2 else start + 1]
        start = end if end - start > 2 else start + 1


def _alike(cells: Sequence[Cell], start: int, ahead: int) -> int:
    """How many cells from one on are each so much ahead of the one before."""
    text, place = cells[start]
    end = start + 1
    while end < len(cells) and cells[end] == (text, place + (end - start) * ahead):
        end += 1
    return end - start


def interleaved(cells: Sequence[Cell]) -> list[str]:
    """Of every p-th cell, from the first on, the second, …: its slice; [] if there is no such p.

    >>> interleaved([Cell("x", 1), Cell("x", 0), Cell("x", 3), Cell("x", 2)])
    ['x[1:4:2]', 'x[0:3:2]']
    """
    for p in range(2, min(MOST, len(cells) // 2) + 1):
        if len(cells) % p == 0:
            parts = [slice_of(cells[k::p]) for k in range(p)]
            if all(parts):
                return parts
    return []
