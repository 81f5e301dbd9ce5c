"""Another order for a straight line, in which what repeats stands together.

A walk from the result meets a hidden layer while it is busy with the first neuron that reads it,
and only there.  In this order a value that is read more than once is made just before the smallest
expression that holds all its readers; and backward runs through the same order from its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heapify, heappop, heappush

from .straight_line import ADD, Step, StraightLine


def regrouped(program: StraightLine) -> StraightLine:
    """The program in that order; every value is still made before it is read."""
    first = len(program.leaves) + len(program.constants)
    reads = [[r - first for r in step.reads if r >= first] for step in program.steps]
    halves: dict[int, list[int]] = {}  # forward, backward, backward of backward
    half: list[int] = []
    for i, step in enumerate(program.steps):
        of = half[step.of - first] + 1 if step.of >= first else 0
        half.append(max([of, *(half[r] for r in reads[i])]))
        halves.setdefault(half[i], []).append(i)
    order = _by_expressions(halves.get(0, []), reads)
    for depth in range(1, len(halves)):
        place = {i: n for n, i in enumerate(order)}
        keys: dict[int, tuple[int, int]] = {}
        for i in halves[depth]:
            step = program.steps[i]
            keys[i] = (-place[step.of - first] if step.of >= first else 0, i)
            part = step.reads[-1] - first
            if step.form == ADD and part in keys and program.steps[part].of != step.of:
                keys[i] = (keys[part][0], i)  # what an addition hands on is added at once
        order += _earliest(halves[depth], reads, keys)
    return reordered(program, order)


def reordered(program: StraightLine, order: Sequence[int]) -> StraightLine:
    """The program with its steps in another order."""
    first = len(program.leaves) + len(program.constants)
    place = list(range(first)) + [0] * len(order)
    for new, old in enumerate(order):
        place[first + old] = first + new
    steps = [_moved(program.steps[i], place) for i in order]
    results = [
        r._replace(
            values=place[r.values] if isinstance(r.values, int) else [place[v] for v in r.values]
        )
        for r in program.results
    ]
    return program._replace(steps=steps, results=results)


def _moved(step: Step, place: Sequence[int]) -> Step:
    of = place[step.of] if step.of >= 0 else -1
    reads = tuple([place[r] for r in step.reads])
    return Step(step.form, reads, step.name, step.comment, of, step.part)


def _by_expressions(steps: Sequence[int], reads: Sequence[Sequence[int]]) -> list[int]:
    """Operands first, and before them what is read by several parts of this expression."""
    inside = set(steps)
    readers: dict[int, list[int]] = {i: [] for i in steps}
    for i in steps:
        for r in dict.fromkeys(reads[i]):
            readers[r].append(i)
    meets = _meeting_places(steps, readers)
    shared: dict[int, list[int]] = {}
    for i in steps:
        if len(readers[i]) > 1:
            shared.setdefault(meets[i], []).append(i)
    order: list[int] = []
    seen: set[int] = set()
    stack = [~i for i in reversed(steps) if not readers[i]]
    stack += [~i for i in reversed(shared.get(END, []))]
    while stack:
        i = stack.pop()
        if i >= 0:
            order.append(i)
        elif ~i not in seen:
            i = ~i
            seen.add(i)
            stack.append(i)
            stack += [~r for r in reversed(reads[i]) if r in inside]
            stack += [~s for s in reversed(shared.get(i, []))]
    return order


END = -1  # behind all steps


def _meeting_places(steps: Sequence[int], readers: dict[int, list[int]]) -> dict[int, int]:
    """For each step the first one after it that every way to the end goes through.

    They form a tree with the end as its root; each node also knows one further up, so that a way
    up takes few steps however long a chain is.
    """
    up = {END: END}
    depth = {END: 0}
    jump = {END: END}

    def meeting(a: int, b: int) -> int:
        if depth[a] < depth[b]:
            a, b = b, a
        while depth[a] > depth[b]:
            a = jump[a] if depth[jump[a]] >= depth[b] else up[a]
        while a != b:
            a, b = (jump[a], jump[b]) if jump[a] != jump[b] else (up[a], up[b])
        return a

    for i in reversed(steps):
        place = END
        for n, reader in enumerate(readers[i]):
            place = meeting(place, reader) if n else reader
        up[i], depth[i] = place, depth[place] + 1
        further = jump[place]
        even = depth[place] - depth[further] == depth[further] - depth[jump[further]]
        jump[i] = jump[further] if even else place
    return up


def _earliest(
    steps: Sequence[int], reads: Sequence[Sequence[int]], keys: dict[int, tuple[int, int]]
) -> list[int]:
    """The steps by their keys, as far as what they read allows."""
    waits: dict[int, int] = {}
    readers: dict[int, list[int]] = {i: [] for i in steps}
    for i in steps:
        needed = [r for r in dict.fromkeys(reads[i]) if r in readers]
        waits[i] = len(needed)
        for r in needed:
            readers[r].append(i)
    ready = [keys[i] for i in steps if not waits[i]]
    heapify(ready)
    order = []
    while ready:
        _, i = heappop(ready)
        order.append(i)
        for reader in readers[i]:
            waits[reader] -= 1
            if not waits[reader]:
                heappush(ready, keys[reader])
    return order
