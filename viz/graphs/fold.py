"""Folding: which nodes of a large graph stand together in one box.

Everything here speaks of nodes by their place in topological order.  A `Fold` says which places
it holds; places in no fold are drawn one by one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from .calls import Path, common, module_of, title_of
from .traced import Placed

REPEATS = 4  # as many modules alike, side by side, or more are drawn as one


@dataclass(frozen=True)
class Fold:
    """Nodes that stand together in one box.

    Attributes:
        members: places in topological order, ascending.
        kind: "module", "repeated" (several modules alike), "alike" (nodes alike), "chain" (what
            comes again and again, one after another), "mixed", "hidden" (out of focus), "same"
            (in both of two graphs) or "expanded" (the numbers of an array).
        path: of the module, or of the one around what is folded.
        title: what to call it.
        units: one tuple of places for each of the things folded: modules, nodes, rounds of a chain.
        places: where the units are, if they are modules.
    """

    members: tuple[int, ...]
    kind: str
    path: Path
    title: str
    units: tuple[tuple[int, ...], ...]
    places: tuple[Path, ...] = ()


def visible(order: list[Any], folds: list[Fold]) -> int:
    """How many boxes there are, constants not counted."""
    return len(order) - sum(len(fold.members) - 1 for fold in folds)


# --- by module ---


def module_folds(graph: Placed, depth: int, shallow: bool = False) -> list[Fold]:
    """One fold for each module `depth` steps inside the model; modules alike are one.

    The root is never hidden.  A module with a single node is that node.  With `shallow`, modules
    that are not so far inside are folded too, if there is no module inside them.
    """
    outer = {path[:k] for path in set(graph.paths) for k in range(len(path))}
    groups: dict[Path, list[int]] = {}
    for i, path in enumerate(graph.paths):
        innermost = shallow and len(path) > 1 and path not in outer
        if (len(path) > depth or innermost) and i != len(graph.order) - 1:
            groups.setdefault(path[: depth + 1], []).append(i)
    modules = {path: tuple(members) for path, members in groups.items() if len(members) > 1}
    alike: dict[Hashable, list[Path]] = {}
    for path, members in modules.items():
        alike.setdefault((_template(path), _structure(graph.order, members)), []).append(path)
    folds = [fold for paths in alike.values() for fold in modules_as_folds(paths, modules)]
    return sorted(folds, key=lambda fold: fold.members)


def modules_as_folds(paths: list[Path], modules: dict[Path, tuple[int, ...]]) -> list[Fold]:
    """Modules alike in one fold if they are many, else in one each."""
    if len(paths) < REPEATS:
        return [
            Fold(modules[path], "module", path, title_of(path), (modules[path],), (path,))
            for path in paths
        ]
    paths = sorted(paths, key=lambda path: _natural(title_of(path)))
    units = tuple(modules[path] for path in paths)
    members = tuple(sorted(i for unit in units for i in unit))
    what = "modules" if len({module_of(path) for path in paths}) == len(paths) else "calls"
    title = f"{title_of(paths[0])} … {paths[-1][-1]} ({len(paths):,} {what})"
    return [Fold(members, "repeated", paths[0][:-1], title, units, tuple(paths))]


def _template(path: Path) -> Hashable:
    """The path with the numbers of its last step left open."""
    return path[:-1], re.sub(r"\d+", "#", module_of(path)[-1])


def _structure(order: list[Any], members: tuple[int, ...]) -> Hashable:
    """What a module is made of: its ops, and the shapes of its leaves."""
    parts = Counter((order[i].op or order[i].shape) for i in members)
    return frozenset(parts.items())


# --- nodes alike ---


def nodes_as_fold(graph: Placed, members: list[int]) -> Fold:
    """Nodes alike as one fold, titled by their op or, of leaves, by the first and last name."""
    node, count = graph.order[members[0]], len(members)
    if node.op is not None:
        title = f"{node.op.name} × {count:,}"
    else:
        title = _names([str(graph.order[i].label) for i in members])
    path = common([graph.paths[i] for i in members])
    return Fold(tuple(members), "alike", path, title, tuple((i,) for i in members))


def _names(labels: list[str]) -> str:
    """What to call leaves.

    >>> _names(["w10", "w9", "w1"]), _names(["x", "x"]), _names(["", ""])
    ('w1 … w10 (3 leaves)', 'x (2 leaves)', '2 leaves')
    """
    first, last = (choose(labels, key=_natural) for choose in (min, max))
    names = first if first == last else f"{first} … {last}".strip()
    return f"{names} ({len(labels):,} leaves)" if names else f"{len(labels):,} leaves"


def _natural(label: str) -> list[tuple[int, str]]:
    """Names in the order of their numbers: w2 before w10."""
    words = re.split(r"(\d+)", label)
    return [(int(word) if word.isdecimal() else 0, word) for word in words]


# --- focus ---


def around_node(graph: Placed, centre: int, radius: int) -> list[Fold]:
    """What is further from a node than `radius` edges, whichever way the edges point, folded.

    What the part in focus depends on, what depends on it, what does both, and the rest.
    """
    inputs = graph.inputs
    outputs: list[list[int]] = [[] for _ in inputs]
    for i, below in enumerate(inputs):
        for j in below:
            outputs[j].append(i)
    near = _near(inputs, outputs, centre, radius)
    earlier, later = set(near), set(near)
    for i in reversed(range(len(inputs))):
        if i in earlier:
            earlier.update(inputs[i])
    for i in range(len(inputs)):
        if i in later:
            later.update(outputs[i])
    groups: dict[str, list[int]] = {}
    for i in range(len(inputs)):
        if i not in near:
            side = ("elsewhere", "further back", "further on", "in between")
            groups.setdefault(side[(i in earlier) + 2 * (i in later)], []).append(i)
    return [
        Fold(tuple(members), "hidden", (), side, tuple((i,) for i in members))
        for side, members in groups.items()
    ]


def _near(inputs: list[list[int]], outputs: list[list[int]], centre: int, radius: int) -> set[int]:
    found = edge = {centre}
    for _ in range(radius):
        edge = {j for i in edge for j in (*inputs[i], *outputs[i])} - found
        found = found | edge
    return found
