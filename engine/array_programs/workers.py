"""Blocks of large arrays, worked through one after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def blocks(count: int, size: int, spaces: list[Any]) -> list[tuple[int, slice, list[Any]]]:
    """A number, a slice and workspaces for each block of `size` of `count` rows.

    >>> blocks(5, 2, [])
    [(0, slice(0, 2, None), []), (1, slice(2, 4, None), []), (2, slice(4, 5, None), [])]
    """
    starts = range(0, count, size)
    rests = [x[: count - starts[-1]] for x in spaces]  # of the last block, which may be smaller
    return [
        (i, slice(at, min(at + size, count)), spaces if at + size <= count else rests)
        for i, at in enumerate(starts)
    ]


def in_blocks(
    part: Callable[..., None], blocks: list[Any], arrays: list[Any], others: list[Any]
) -> None:
    """Call `part` with each block of the arrays; with others, which are not cut, as they are.

    >>> sums = [0, 0]
    >>> def part(i, x, sums):
    ...     sums[i] = sum(x)
    >>> in_blocks(part, blocks(3, 2, []), [[1, 2, 3]], [sums])
    >>> sums
    [3, 3]
    """
    for i, at, space in blocks:
        part(i, *[x[at] for x in arrays], *others, *space)
