"""Loops found in a straight line: repeated runs of steps, the innermost first.

A run repeats if its forms do, and if what every step reads moves by the same stride from each
repetition to the next.  What has been found is one item, so that runs of runs are found the same
way: weights, neurons, samples.  Everything is kept in flat arrays of all steps, and a loop is only
a note about a stretch of them: where it starts, how long one repetition is, how many there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

#: What a step reads: the step that makes it, or one of these; a number is theirs.
NOTHING = -1
LEAVES = -2  # leaf k is LEAVES - k
CONSTANTS = -(1 << 40)  # constant k is CONSTANTS - k
#: Periods are tried as long as period × items is not more.
MOST = 50_000_000


class Loop(NamedTuple):
    """`times` repetitions of `size` steps each, from step `first` on; `body`: the first of them."""

    first: int
    size: int
    times: int
    body: tuple[int | Loop, ...]


def kind(reads: Ints) -> Ints:
    """0 for values of steps, 1 for leaves, 2 for constants, 3 for nothing."""
    return np.where(reads >= 0, 0, np.where(reads == NOTHING, 3, np.where(reads > CONSTANTS, 1, 2)))


class Items:
    """The steps as a row of items: single steps and the loops found so far."""

    def __init__(self, forms: Ints, reads: Ints) -> None:
        n = len(forms)
        self.reads, self.kinds = reads, kind(reads)
        self.start = np.arange(n)
        self.size = np.ones(n, np.int64)
        self.shape = forms.astype(np.int64)
        self.tree: list[int | Loop] = list(range(n))
        #: The place in an earlier repetition whose stride each read has to share.
        self.like = np.repeat(np.arange(n)[:, None], reads.shape[1], 1)
        self.shapes: dict[tuple[int, ...], int] = {}
        self.next_shape = int(forms.max(initial=-1)) + 1

    loose = False  # whether inputs may be read in any order, from a list made for that

    def roll(self) -> list[int | Loop]:
        """Fold runs into loops until none is left."""
        for self.loose in (False, True):
            period = 1
            while 3 * period <= len(self.tree) and period * len(self.tree) <= MOST:
                runs = list(self.runs(period))
                if runs:
                    self.fold(runs, period)
                period = 1 if runs else period + 1
        return self.tree

    def runs(self, period: int) -> Iterator[tuple[int, int]]:
        """(first item, repetitions) of what repeats at least three times with this period."""
        same = self.shape[period:] == self.shape[:-period]
        maybe = same[:-period] & same[period:]
        stretches = [(a, b) for a, b in stretches_of(maybe) if b - a >= period]
        if not stretches:
            return
        items = np.concatenate([np.arange(a, b) for a, b in stretches])
        holds = np.zeros(len(maybe), bool)
        holds[items] = self.regular(items, period)
        done = 0
        for a, b in stretches_of(holds):
            a = max(a, done)
            if b - a < period:
                continue
            total = b - a + 2 * period
            a += self.phase(a, period, total % period)
            done = a + total // period * period
            yield a, total // period

    def rows(self, items: Ints) -> tuple[Ints, Ints]:
        """The steps of the items, and for each the place of its item in `items`."""
        sizes = self.size[items]
        owner = np.repeat(np.arange(len(items)), sizes)
        offset = np.arange(len(owner)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return self.start[items][owner] + offset, owner

    def regular(self, items: Ints, period: int) -> NDArray[np.bool_]:
        """Whether all that an item reads moves on evenly over two periods.

        A value carried from one repetition to the next may be anything in the first.
        """
        r0, owner = self.rows(items)
        r1 = r0 + (self.start[items + period] - self.start[items])[owner]
        r2 = r1 + (self.start[items + 2 * period] - self.start[items + period])[owner]
        v0, v1, v2 = self.reads[r0], self.reads[r1], self.reads[r2]
        k0, k1, k2 = self.kinds[r0], self.kinds[r1], self.kinds[r2]
        stride = v2 - v1
        where = np.zeros(len(self.reads), np.int64)
        where[r0] = np.arange(len(r0))
        slots = np.arange(self.reads.shape[1])
        alike = stride == stride[where[self.like[r0]], slots]
        even = (v1 - v0 == stride) & alike
        ahead = (r1 - r0)[:, None]
        carried = (k1 == 0) & (k2 == 0) & (stride == (r2 - r1)[:, None])
        carried &= (v1 > r1[:, None] - 2 * ahead) & (v1 < r1[:, None])
        fine = carried | ((k0 == k1) & (k1 == k2) & ((k0 > 1) | even | (self.loose & (k0 == 1))))
        return np.logical_and.reduceat(fine.all(axis=1), np.flatnonzero(np.diff(owner, prepend=-1)))

    def phase(self, a: int, period: int, spare: int) -> int:
        """Where to cut: the first of the places where fewest values cross into the next part."""
        if not spare:
            return 0
        low, high = self.start[a + period], self.start[a + 2 * period]
        size = high - low
        rows = np.arange(low, high + (self.start[a + spare] - self.start[a]))
        rows = rows[rows < len(self.reads)]
        reads = self.reads[rows]
        near = (reads >= 0) & (rows[:, None] - reads < size)
        crossing = np.zeros(len(rows) + int(size) + 1, np.int64)
        np.add.at(crossing, np.maximum(reads[near] + 1 - low, 0), 1)
        np.add.at(crossing, np.repeat(rows, near.sum(axis=1)) + 1 - low, -1)
        cuts = self.start[a + period : a + period + spare + 1] - low
        return int(np.argmin(np.cumsum(crossing)[cuts]))

    def fold(self, runs: list[tuple[int, int]], period: int) -> None:
        """Put a loop in the place of each run."""
        keep = np.ones(len(self.tree), bool)
        for a, count in runs:
            first, size = int(self.start[a]), int(self.start[a + period] - self.start[a])
            key = (count, *map(int, self.shape[a : a + period]))
            if key not in self.shapes:
                self.shapes[key] = self.next_shape
                self.next_shape += 1
            self.tree[a] = Loop(first, size, count, tuple(self.tree[a : a + period]))
            self.shape[a] = self.shapes[key]
            self.size[a] = size * count
            keep[a + 1 : a + period * count] = False
            self.liken(first, size, count)
        self.tree = [x for x, stays in zip(self.tree, keep, strict=True) if stays]
        self.start, self.size, self.shape = self.start[keep], self.size[keep], self.shape[keep]

    def liken(self, first: int, size: int, count: int) -> None:
        """Reads of later repetitions share the stride of the first, or the second if carried."""
        block = [slice(first + t * size, first + (t + 1) * size) for t in range(3)]
        even = self.reads[block[1]] - self.reads[block[0]] == (
            self.reads[block[2]] - self.reads[block[1]] if count > 2 else 0
        )
        odd = (self.kinds[block[1]] == 0) & ~even
        rest = self.like[first + size : first + size * count].reshape(count - 1, size, -1)
        second = rest[0].copy()
        rest[:] = np.where(odd, second, self.like[block[0]])


def stretches_of(holds: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """(start, end) of the stretches where it holds."""
    edges = np.flatnonzero(np.diff(holds, prepend=False, append=False))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def lines(item: int | Loop) -> int:
    """How many lines an item takes."""
    return 1 if isinstance(item, int) else 1 + sum(lines(x) for x in item.body)
