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

from .traced import Path, input_places

BOXES = 24  # how many boxes a folded picture has at most, to be read on a page
REPEATS = 4  # as many modules alike, side by side, or more are drawn as one
ROUNDS = 3
MANY = 8
STEMS = 12  # leaves with more names than this are told apart by kind only


@dataclass(frozen=True)
class Fold:
    """Nodes that stand together in one box.

    Attributes:
        members: places in topological order, ascending.
        kind: "module", "repeated" (several modules alike), "alike" (nodes alike), "hidden" (out
            of focus), "same" (in both of two graphs) or "expanded" (the numbers of an array).
        path: of the module, or of the one around the repeated modules or the nodes alike.
        title: what to call it.
        units: one tuple of places for each of the things alike; edges inside a unit are not
            drawn.
    """

    members: tuple[int, ...]
    kind: str
    path: Path
    title: str
    units: tuple[tuple[int, ...], ...]


# --- by module ---


def module_folds(
    order: list[Any], paths: list[Path], depth: int, shallow: bool = False
) -> list[Fold]:
    """One fold for each module `depth` steps inside the model; modules alike are one.

    The root is never hidden.  A module with a single node is that node.  With `shallow`, modules
    that are not so far inside are folded too, if there is no module inside them.
    """
    outer = {path[:k] for path in paths for k in range(len(path))}
    groups: dict[Path, list[int]] = {}
    for i, path in enumerate(paths):
        innermost = shallow and len(path) > 1 and path not in outer
        if (len(path) > depth or innermost) and i != len(order) - 1:
            groups.setdefault(path[: depth + 1], []).append(i)
    groups = {path: members for path, members in groups.items() if len(members) > 1}
    alike: dict[Hashable, list[Path]] = {}
    for path, members in groups.items():
        alike.setdefault((_template(path), _structure(order, members)), []).append(path)
    folds = []
    for several in alike.values():
        if len(several) >= REPEATS:
            folds.append(_repeated([(path, groups[path]) for path in several]))
        else:
            folds += [_module(path, groups[path]) for path in several]
    return sorted(folds, key=lambda fold: fold.members)


def _module(path: Path, members: list[int]) -> Fold:
    return Fold(tuple(members), "module", path, ".".join(path[1:]) or path[0], (tuple(members),))


def _repeated(modules: list[tuple[Path, list[int]]]) -> Fold:
    members = tuple(sorted(i for _, inside in modules for i in inside))
    (first, _), (last, _) = modules[0], modules[-1]
    around = first[:-1]
    title = f"{'.'.join(first[1:])} … {last[-1]}"
    return Fold(members, "repeated", around, title, tuple(tuple(m) for _, m in modules))


def _template(path: Path) -> Hashable:
    """The path with the numbers of its last step left open."""
    return path[:-1], re.sub(r"\d+", "#", path[-1])


def _structure(order: list[Any], members: list[int]) -> Hashable:
    """What a module is made of: its ops, and the shapes of its leaves."""
    parts = Counter((order[i].op or order[i].shape) for i in members)
    return frozenset(parts.items())


# --- by likeness ---


def alike_folds(order: list[Any], paths: list[Path], taken: list[Fold], boxes: int) -> list[Fold]:
    """Fold the nodes that are in no fold yet with others alike, until at most `boxes` remain.

    Two nodes are alike if the same op made them, from inputs that are alike: how far down that
    is asked is as far as the number of boxes allows (Weisfeiler and Leman's refinement).
    """
    inputs = input_places(order)
    unit = list(range(len(order)))
    for fold in taken:
        for i in fold.members:
            unit[i] = -1 - fold.members[0]  # all members of a fold are one thing
    colours = _first_colours(order, paths, unit, inputs)
    classes = _refined(colours, unit, inputs, boxes)
    groups: dict[int, list[int]] = {}
    for i in range(len(order) - 1):  # the root stays
        if unit[i] >= 0:
            groups.setdefault(classes[i], []).append(i)
    return [_alike(order, paths, m) for m in groups.values() if len(m) > 1]


def _alike(order: list[Any], paths: list[Path], members: list[int]) -> Fold:
    node = order[members[0]]
    title = node.op.name if node.op is not None else _stem(node) or "leaf"
    inside = {paths[i] for i in members}
    path = inside.pop() if len(inside) == 1 else ()
    return Fold(tuple(members), "alike", path, title, tuple((i,) for i in members))


def _stem(node: Any) -> str:
    return str(node.label).partition("[")[0]


def _first_colours(
    order: list[Any], paths: list[Path], unit: list[int], inputs: list[list[int]]
) -> list[Hashable]:
    """What is asked of a node itself: its op; of a leaf also which ops it enters."""
    enters: list[set[str]] = [set() for _ in order]
    for node, below in zip(order, inputs, strict=True):
        for i in below:
            if node.op is not None and order[i].op is None:
                enters[i].add(node.op.name)
    leaves = [i for i, node in enumerate(order) if node.op is None and unit[i] >= 0]
    named = len({_stem(order[i]) for i in leaves}) <= STEMS
    colours: list[Hashable] = []
    for i, node in enumerate(order):
        if unit[i] < 0:
            colours.append(unit[i])
        elif node.op is not None:
            colours.append(node.op.name)
        else:
            name = _stem(node) if named else ""
            colours.append((name, node.requires_grad, node.shape, frozenset(enters[i])))
    return colours


def _refined(
    colours: list[Hashable], unit: list[int], inputs: list[list[int]], boxes: int
) -> list[int]:
    """The finest partition, of those found by asking further and further down, that fits."""
    numbers = _numbered(colours)
    below: dict[int, set[int]] = {}
    for i, u in enumerate(unit):
        below.setdefault(u, set()).update(j for j in inputs[i] if unit[j] != u)
    single = {i: below[u] for i, u in enumerate(unit) if u >= 0}
    for _ in range(ROUNDS):
        seen = {u: frozenset({numbers[j] for j in inside}) for u, inside in below.items()}
        finer = _numbered([(numbers[i], seen[u]) for i, u in enumerate(unit)])
        finer = _without_strays(numbers, finer, single)
        if max(finer) == max(numbers) or max(finer) >= boxes:  # no finer, or too fine
            break
        numbers = finer
    return numbers


def _without_strays(coarse: list[int], fine: list[int], below: dict[int, set[int]]) -> list[int]:
    """`fine`, but the first links of a chain, split off one by one, stay with the chain.

    That is: single nodes of a coarse class of many, next to one of what most of it became.
    """
    before, sizes = Counter(coarse), Counter(fine)
    most: dict[int, int] = {}
    for c, f in zip(coarse, fine, strict=True):
        if c not in most or sizes[f] > sizes[most[c]]:
            most[c] = f
    stays = list(fine)
    for i, inputs in below.items():
        for j in inputs:
            for one, other in ((i, j), (j, i)):
                main = most[coarse[one]]
                if sizes[fine[one]] == 1 and before[coarse[one]] >= MANY and fine[other] == main:
                    stays[one] = main
    return _numbered(stays)


def _numbered(colours: list[Any]) -> list[int]:
    known: dict[Any, int] = {}
    return [known.setdefault(colour, len(known)) for colour in colours]


# --- what to fold when nobody says ---


def auto_folds(order: list[Any], paths: list[Path]) -> list[Fold]:
    """Folds that make a picture of a page: by the innermost modules that do, else by likeness."""
    deepest = max(map(len, paths)) - 1
    for depth in range(deepest, -1, -1):
        folds = module_folds(order, paths, depth, shallow=True)
        if visible(order, folds) <= BOXES:
            return folds
    for depth in (2, 1, 0):
        folds = module_folds(order, paths, depth)
        if 0 < len(folds) <= BOXES // 2:
            break
    return folds + alike_folds(order, paths, folds, BOXES - len(folds))


def visible(order: list[Any], folds: list[Fold]) -> int:
    """How many boxes there are, constants not counted."""
    return len(order) - sum(len(fold.members) - 1 for fold in folds)


# --- focus ---


def around_node(order: list[Any], centre: int, radius: int) -> list[Fold]:
    """What is further from a node than `radius` edges, whichever way the edges point, folded.

    Up to three folds: what the part in focus depends on, what depends on it, and the rest.
    """
    inputs = input_places(order)
    outputs: list[list[int]] = [[] for _ in order]
    for i, below in enumerate(inputs):
        for j in below:
            outputs[j].append(i)
    near = _near(inputs, outputs, centre, radius)
    earlier, later = set(near), set(near)
    for i in reversed(range(len(order))):
        if i in earlier:
            earlier.update(inputs[i])
    for i in range(len(order)):
        if i in later:
            later.update(outputs[i])
    groups: dict[str, list[int]] = {}
    for i in range(len(order)):
        if i not in near:
            side = "further on" if i in later else "further back" if i in earlier else "elsewhere"
            groups.setdefault(side, []).append(i)
    return [
        Fold(tuple(members), "hidden", (), side, (tuple(members),))
        for side, members in groups.items()
    ]


def _near(inputs: list[list[int]], outputs: list[list[int]], centre: int, radius: int) -> set[int]:
    found = edge = {centre}
    for _ in range(radius):
        edge = {j for i in edge for j in (*inputs[i], *outputs[i])} - found
        found = found | edge
    return found
