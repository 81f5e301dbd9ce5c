"""Elementwise steps over large arrays, put together so that they can be done block by block.

A step over 1e6 numbers reads and writes memory far from the processor. Twenty of them in a row on
a few thousand numbers at a time stay in its cache, and what only they read needs no large array.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from .instructions import CHAIN, ELEMENTWISE, REDUCTION, WRITE, Chain, Instruction, Steps, Value

#: From how many numbers on an array is worth cutting.
LARGE = 1 << 17
#: How long a row may be that a block consists of.
LONG = 1 << 14
#: How often the arrays that a chain shares with others have to be read or written in it: those are
#: far away, and in one piece a step is not slower where the next one finds its result near.
WORTHWHILE = 4
#: From how many operations on a thread is worth starting: about a millisecond's.
WORTH_A_THREAD = 1 << 22


@dataclass(eq=False)
class _Group:
    """Steps that come one after the other, and the groups that have to come before.

    Attributes:
        shape: of the arrays; () of a single step that none may join.
        last: the line of its last step.
    """

    shape: tuple[int, ...]
    last: int = 0
    lines: list[Instruction] = field(default_factory=list)
    needs: set[_Group] = field(default_factory=set)

    def comes_after(self, other: _Group) -> bool:
        """Whether `other` has to come first, if only because of others between."""
        seen, left = {self}, [self]
        while left:
            group = left.pop()
            if group is other:
                return True
            left += group.needs - seen
            seen |= group.needs
        return False


def in_chains(steps: Steps, threads: int = 1) -> Steps:
    """The program with chains in place of steps over large arrays, for so many threads at most."""
    for i, half in enumerate(steps.halves):
        if any(_shape(line) for line in half):
            read = {x for others in (steps.results, steps.guards) for xs in others for x in xs}
            later = (line for other in steps.halves[i + 1 :] for line in other)
            read.update(x for line in later for x in line.operands)
            groups = _grouped(half, _factors_of_rows(steps))
            steps.halves[i] = list(_ordered(groups, read, threads))
    return steps


def _shape(line: Instruction) -> tuple[int, ...]:
    """The shape of the arrays that a step may be cut with; () if it cannot, or is too small."""
    total = line.kind == REDUCTION and len(line.sums) == len(line.operands[0].shape)
    total = total and not line.result.shape
    if line.kind not in (ELEMENTWISE, WRITE) and not total:
        return ()
    x = line.operands[0] if total else line.result
    return x.shape if math.prod(x.shape) >= LARGE else ()


def _factors_of_rows(steps: Steps) -> set[Value]:
    """Products whose sums over the last axis are all that is read: `shortcuts` makes them one."""
    lines = [line for half in steps.halves for line in half]
    uses = Counter(x for line in lines for x in line.operands)
    uses.update(x for xs in (*steps.results, *steps.guards) for x in xs)
    sums = (line for line in lines if line.sums == (len(line.operands[0].shape) - 1,))
    summed = {line.operands[0] for line in sums if len(line.operands[0].shape) > 1}
    products = {line.result for line in lines if line.form in ("{0} * {1}", "np.square({0})")}
    return {x for x in summed & products if uses[x] == 1}


def _grouped(half: list[Instruction], apart: set[Value]) -> list[_Group]:
    """Each step in the last group of its shape that it can join, or in one of its own."""
    makers: dict[Value, _Group] = {}
    groups: list[_Group] = []
    newest: dict[tuple[int, ...], _Group] = {}
    totals: set[Value] = set()  # there only when all blocks are done
    for i, line in enumerate(half):
        shape = () if line.result in apart else _shape(line)
        needs = {makers[x] for x in line.operands if x in makers}
        group = newest.get(shape)
        behind = any(makers[x] is group for x in line.operands if x in totals)
        if group is None or behind or any(x.comes_after(group) for x in needs - {group}):
            group = _Group(shape)
            groups.append(group)
            if shape:
                newest[shape] = group
        group.last = i
        group.lines.append(line)
        group.needs |= needs - {group}
        makers[line.result] = group
        if line.kind == REDUCTION:
            totals.add(line.result)
    return groups


def _ordered(groups: list[_Group], read: set[Value], threads: int) -> Iterator[Instruction]:
    """The steps, each after what it needs and else in the order that they had."""
    waiting = {group: len(group.needs) for group in groups}
    followers: dict[_Group, list[_Group]] = {group: [] for group in groups}
    readers: dict[Value, set[_Group | None]] = {x: {None} for x in read}
    for group in groups:
        for other in group.needs:
            followers[other].append(group)
        for x in (x for line in group.lines for x in line.operands):
            readers.setdefault(x, set()).add(group)
    ready = [(group.last, group) for group in groups if not waiting[group]]
    heapq.heapify(ready)
    while ready:
        _, group = heapq.heappop(ready)
        yield from _chain(group, readers, threads)
        for other in followers[group]:
            waiting[other] -= 1
            if not waiting[other]:
                heapq.heappush(ready, (other.last, other))


def _chain(
    group: _Group, readers: dict[Value, set[_Group | None]], threads: int
) -> list[Instruction]:
    """A group as one instruction, where there is something to be kept in the cache."""
    if sum(line.kind != REDUCTION for line in group.lines) < 2:
        return group.lines
    made = {line.result for line in group.lines}
    operands = [x for line in group.lines for x in line.operands if x not in made]
    exported = [line.result for line in group.lines if readers[line.result] - {group}]
    axes = _axes(group.shape, {x.shape for x in operands})
    shape = tuple(math.prod(group.shape[start:end]) for start, end in axes)
    outside = [x for x in {*operands, *exported} if x.shape == group.shape]
    if math.prod(shape[1:]) > LONG or WORTHWHILE * len(outside) > _traffic(group):
        return group.lines  # where a row is more than a block, or most is for others
    threads = max(1, min(threads, math.prod(shape) * len(group.lines) // WORTH_A_THREAD))
    return [
        Chain(
            CHAIN, "", list(dict.fromkeys(operands)), exported[0],
            body=group.lines, exported=exported, axes=axes, shape=shape, threads=threads,
        )
    ]  # fmt: skip


def _traffic(group: _Group) -> int:
    """How many large arrays the steps of a group read and write."""
    touched = [x for line in group.lines for x in {*line.operands, line.result}]
    return sum(x.shape == group.shape for x in touched)


def _axes(shape: tuple[int, ...], others: set[tuple[int, ...]]) -> list[tuple[int, int]]:
    """Start and end of the axes that are one, to all that is broadcast to a shape."""
    stretched = [
        [
            size != of_all
            for size, of_all in zip((1,) * (len(shape) - len(one)) + one, shape, strict=True)
        ]
        for one in others
        if one
    ]
    axes = [i for i, size in enumerate(shape) if size != 1]
    starts = [j for i, j in itertools.pairwise(axes) if any(x[i] != x[j] for x in stretched)]
    return list(itertools.pairwise([0, *starts, len(shape)]))
