"""Knots: nodes drawn together must not make a cycle of what has none.

A box or a frame around several nodes of a graph is entered and left by edges.  If a path leaves it
and comes back, the picture has arrows in a circle, which no computation has.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any


def untangled(inputs: list[list[int]], unit: list[Any]) -> list[tuple[Any, int]]:
    """For each place its unit and which part of that, so that no path leaves a part and comes back.

    The parts of a unit are numbered from 0 in the order of computation, and a place is in the last
    part it can be in: what is computed once for each time around stands where it is used.

    Args:
        inputs: for each place the places of its inputs, which come before it.
        unit: for each place what it is drawn in.

    A chain of four nodes, drawn as "a b b a": from a over b back to a.

    >>> untangled([[], [0], [1], [2]], ["a", "b", "b", "a"])
    [('a', 0), ('b', 0), ('b', 0), ('a', 1)]
    """
    members: dict[Any, list[int]] = {}
    for i, u in enumerate(unit):
        members.setdefault(u, []).append(i)
    part = [0] * len(unit)
    for knot in knots(inputs, unit):
        _untie([members[u] for u in knot], inputs, part)
    return list(zip(unit, part, strict=True))


def knots(inputs: list[list[int]], unit: list[Any]) -> list[list[Any]]:
    """The groups of units that can reach each other, each of two units or more.

    >>> knots([[], [0], [1], [2]], ["a", "b", "b", "a"])
    [['a', 'b']]
    """
    below = quotient(inputs, unit)
    above: dict[Any, list[Any]] = {u: [] for u in below}
    for u, inside in below.items():
        for v in inside:
            above[v].append(u)
    tangled = set(_peeled(_peeled(below, below, above), above, below))
    if not tangled:
        return []
    # Kosaraju: those that reach a unit, of those not yet taken, the last to be finished first
    finished = walked([u for u in below if u in tangled], above, set(below) - tangled)
    taken: set[Any] = set(below) - tangled
    found = [walked([u], below, taken) for u in reversed(finished)]
    place = {u: i for i, u in enumerate(below)}
    return [sorted(knot, key=place.__getitem__) for knot in found if len(knot) > 1]


def quotient(inputs: list[list[int]], unit: list[Any]) -> dict[Any, set[Any]]:
    """For each unit those that it is computed from, itself left out."""
    below: dict[Any, set[Any]] = {u: set() for u in unit}
    for u, places in zip(unit, inputs, strict=True):
        inside = below[u]
        for i in places:
            if unit[i] != u:
                inside.add(unit[i])
    return below


def _peeled(units: Iterable[Any], below: dict[Any, Any], above: dict[Any, Any]) -> list[Any]:
    """The units that are left when those with nothing below are taken away, again and again."""
    left = dict.fromkeys(units)
    waits = {u: sum(v in left for v in below[u]) for u in left}
    free = [u for u, count in waits.items() if not count]
    while free:
        u = free.pop()
        del left[u]
        for v in above[u]:
            if v in left:
                waits[v] -= 1
                if not waits[v]:
                    free.append(v)
    return list(left)


def walked(starts: Iterable[Any], edges: Any, taken: set[Any]) -> list[Any]:
    """All that is reached along `edges`, in the order in which it is finished; then taken."""
    finished = []
    for start in starts:
        if start in taken:
            continue
        taken.add(start)
        stack = [(start, iter(edges[start]))]
        while stack:
            u, rest = stack[-1]
            for v in rest:
                if v not in taken:
                    taken.add(v)
                    stack.append((v, iter(edges[v])))
                    break
            else:
                finished.append(u)
                stack.pop()
    return finished


def _untie(groups: list[list[int]], inputs: list[list[int]], part: list[int]) -> None:
    """Number the parts of the groups of one knot, the largest first; what is done is contracted."""
    places = sorted(i for group in groups for i in group)
    inside = set(places)
    within = [[j for j in inputs[i] if j in inside] for i in places]
    now: dict[int, Hashable] = {i: i for i in places}
    for group in sorted(groups, key=len, reverse=True):
        if len(group) == 1:
            break
        again = _returns(set(group), places, within, now)
        last = max(again[i] for i in group)
        for i in group:
            part[i] = last - again[i]
            now[i] = (group[0], part[i])


def _returns(
    group: set[int], places: list[int], within: list[list[int]], now: dict[int, Hashable]
) -> dict[Any, int]:
    """How often a path from each member at most still leaves the group and comes back."""
    place = {i: k for k, i in enumerate(places)}
    unit = [now[i] for i in places]
    below = quotient([[place[j] for j in inside] for inside in within], unit)
    above: dict[Hashable, list[Hashable]] = {u: [] for u in below}
    for u, inside in below.items():
        for v in inside:
            above[v].append(u)
    again: dict[Any, int] = {}
    for u in walked(list(below), above, set()):  # what uses a unit is finished before it
        own = u in group
        again[u] = max((again[v] + (v in group and not own) for v in above[u]), default=0)
    return again
