"""Modules used more than once: each call is a place of its own, what they share stands outside.

A frame around all calls of a module would be left by the result of the first and entered again by
the second: arrows would run backwards.
"""

from __future__ import annotations

import re
from typing import Any

from .knots import knots, untangled

#: Where a node was made: the model, then the names of modules, outermost first; () outside.
Path = tuple[str, ...]

AGAIN = re.compile(r", (?:call|part) (\d+)")


def called(path: Path, count: int, word: str = "call") -> Path:
    """The place of a module's call number `count`: the first has the module's name alone.

    >>> called(("Net", "block"), 1), called(("Net", "block"), 2)
    (('Net', 'block'), ('Net', 'block, call 2'))
    """
    return path if count == 1 else (*path[:-1], f"{path[-1]}, {word} {count}")


def module_of(path: Path) -> Path:
    """The module a place is a call of.

    >>> module_of(("Net", "block, call 2", "0"))
    ('Net', 'block', '0')
    """
    return tuple(AGAIN.sub("", step) for step in path)


def title_of(path: Path) -> str:
    """What to call a place inside a model; the model itself by its class.

    >>> title_of(("Net", "block, call 2", "0")), title_of(("Net, call 3",))
    ('block.0, call 2', 'Net, call 3')
    """
    name = ".".join(module_of(path)[1:]) or module_of(path)[0]
    counts = [count for step in path for count in AGAIN.findall(step)]
    return f"{name}, call {'.'.join(counts)}" if counts else name


def common(paths: list[Path]) -> Path:
    """The innermost place that holds all of them."""
    shortest = min(paths, key=len)
    for i, step in enumerate(shortest):
        if any(path[i] != step for path in paths):
            return shortest[:i]
    return shortest


def apart(order: list[Any], inputs: list[list[int]], paths: list[Path], word: str) -> list[Path]:
    """The places, each module split where a path leaves it and comes back; leaves that are shared
    stand in what holds all that uses them.

    Args:
        word: what the parts are called: calls, or parts where the calls are known already.
    """
    places = list(paths)
    for depth in range(1, max(map(len, paths)) + 1):
        units = [
            i if node.op is None or len(path) < depth else path[:depth]
            for i, (node, path) in enumerate(zip(order, places, strict=True))
        ]
        for i, (unit, part) in enumerate(untangled(inputs, units)):
            if part and unit != i:
                places[i] = (*called(places[i][:depth], part + 1, word), *places[i][depth:])
    return _leaves_outside(order, inputs, places)


def _users(order: list[Any], inputs: list[list[int]], places: list[Path]) -> dict[int, set[Path]]:
    """For each leaf the places of what it enters."""
    users: dict[int, set[Path]] = {}
    for path, below in zip(places, inputs, strict=True):
        for i in below:
            if order[i].op is None:
                users.setdefault(i, set()).add(path)
    return users


def _leaves_outside(order: list[Any], inputs: list[list[int]], places: list[Path]) -> list[Path]:
    """Leaves of several calls, and those whose frame is entered again from what they enter."""
    users = _users(order, inputs, places)
    result = list(places)
    for i, above in users.items():
        own = places[i]
        calls = [p for p in above if p[: len(own)] != own and module_of(p)[: len(own)] == own]
        if calls:
            result[i] = common([own, *calls])
    for depth in range(1, max(map(len, result)) + 1):
        units = [path[:depth] if len(path) >= depth else i for i, path in enumerate(result)]
        tangled = {unit for knot in knots(inputs, units) for unit in knot}
        for i, above in users.items():
            if units[i] in tangled and any(path[:depth] != units[i] for path in above):
                result[i] = result[i][: depth - 1]
    return result


def shared_leaves(order: list[Any], inputs: list[list[int]], places: list[Path]) -> dict[int, int]:
    """The leaves that several calls of a module use, and how many calls."""
    users = _users(order, inputs, places)
    return {
        i: len(above)
        for i, above in users.items()
        if len(above) > len({module_of(path) for path in above})
    }
