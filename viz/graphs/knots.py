"""Knots: nodes drawn together must not make a cycle of what has none.

A box or a frame around several nodes of a graph is entered and left by edges.  If a path leaves it
and comes back, the picture has arrows in a circle, which no computation has.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
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
    parts = parts_of(inputs, unit, len(unit))
    assert parts is not None, "no unit has more parts than places"
    return list(zip(unit, parts, strict=True))


def parts_of(inputs: list[list[int]], unit: list[Any], most: int) -> list[int] | None:
    """Of `untangled` the parts alone; None if there are more than `most` in one unit."""
    part = [0] * len(unit)
    tangled = knots(inputs, unit)
    members: dict[Any, list[int]] = {u: [] for knot in tangled for u in knot}
    for i, u in enumerate(unit):
        if u in members:
            members[u].append(i)
    for knot in tangled:
        if not _untie([members[u] for u in knot], inputs, part, most):
            return None
    return part


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


def _untie(groups: list[list[int]], inputs: list[list[int]], part: list[int], most: int) -> bool:
    """Number the parts of the groups of one knot, the largest first; whether `most` sufficed."""
    inside = {i for group in groups for i in group}
    below: dict[Any, set[Any]] = {i: inside.intersection(inputs[i]) for i in sorted(inside)}
    above: dict[Any, set[Any]] = {i: set() for i in below}
    for i, places in below.items():
        for j in places:
            above[j].add(i)
    for group in sorted(groups, key=len, reverse=True):
        if len(group) == 1:
            break
        again = _returns(set(group), above)
        last = max(again[i] for i in group)
        if last >= most:
            return False
        for i in group:
            part[i] = last - again[i]
        name = {i: (group[0], part[i]) for i in group}
        _contract(name, below, above)
        _contract(name, above, below)
    return True


def _returns(group: set[int], above: dict[Any, set[Any]]) -> dict[Any, int]:
    """How often a path from each member at most still leaves the group and comes back."""
    again: dict[Any, int] = {}
    for u in walked(list(above), above, set()):  # what uses a unit is finished before it
        own = u in group
        again[u] = max((again[v] + (v in group and not own) for v in above[u]), default=0)
    return again


def _contract(
    name: Mapping[int, Hashable], edges: dict[Any, set[Any]], back: dict[Any, set[Any]]
) -> None:
    """Put the members of a group together, part by part, in the edges of one direction."""
    for i, part in name.items():
        ends = edges.setdefault(part, set())
        for v in edges.pop(i):
            end = name.get(v, v)
            if end != part:
                ends.add(end)
            if end is v:  # outside of the group
                back[v].discard(i)
                back[v].add(part)
