"""Blocks of large arrays, worked through one after the other, or by several threads.

NumPy lets other threads run while it computes.  Each block is computed in the same way whoever does
it, and what is summed is summed in the order of the blocks: any number of threads gives the same
bits.
"""

from __future__ import annotations

import contextvars
import math
import os
import threading
from collections.abc import Callable
from typing import Any

import numpy as np


def thread_count(threads: int | None) -> int:
    """How many threads are wanted: by default as many as there are cores for this process."""
    if threads is None:
        cores = getattr(os, "sched_getaffinity", None)
        return len(cores(0)) if cores else os.cpu_count() or 1
    if type(threads) is not int or threads < 1:
        raise ValueError(f"threads has to be an int from 1 on, or None for all cores: {threads!r}")
    return threads


def aligned(shape: tuple[int, ...], dtype: Any, fill: Any = None) -> Any:
    """An array from a multiple of 64 bytes on, where a sum of two takes three quarters of the time.

    >>> x = aligned((2, 3), np.float32)
    >>> x.shape, x.dtype, x.ctypes.data % 64
    ((2, 3), dtype('float32'), 0)
    """
    size = math.prod(shape) * np.dtype(dtype).itemsize
    memory = np.empty(size + 63, np.uint8)
    start = -memory.ctypes.data % 64
    made = memory[start : start + size].view(dtype).reshape(shape)
    if fill is not None:
        made[...] = fill
    return made


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


def shares(count: int, size: int, spaces: list[Any], threads: int) -> list[list[Any]]:
    """The blocks for each of several threads, with workspaces of its own.

    >>> [[i for i, *_ in share] for share in shares(5, 1, [], 2)]
    [[0, 1], [2, 3, 4]]
    """
    found = []
    for k in range(threads):
        own = blocks(count, size, [aligned(x.shape, x.dtype, x) for x in spaces])
        found.append(own[k * len(own) // threads : (k + 1) * len(own) // threads])
    return found


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


def in_threads(
    part: Callable[..., None], shares: list[Any], arrays: list[Any], others: list[Any]
) -> None:
    """The same on a thread for each share of the blocks; when it returns or raises, all are done.

    >>> sums = [0, 0]
    >>> def part(i, x, sums):
    ...     sums[i] = sum(x)
    >>> in_threads(part, shares(3, 2, [], 2), [[1, 2, 3]], [sums])
    >>> sums
    [3, 3]
    """
    failures = []

    def work(share: list[Any]) -> None:
        try:
            in_blocks(part, share, arrays, others)
        except BaseException as error:
            failures.append(error)

    threads = [
        threading.Thread(target=contextvars.copy_context().run, args=(work, share))
        for share in shares[1:]
    ]  # the context says what NumPy does about errors
    for thread, share in zip(threads, shares[1:], strict=True):
        try:
            thread.start()
        except RuntimeError:  # there can be no more of them
            work(share)
    work(shares[0])
    for thread in threads:
        while thread.is_alive():
            try:
                thread.join()
            except KeyboardInterrupt as error:  # they still write
                failures.append(error)
    if failures:
        raise failures[0]
