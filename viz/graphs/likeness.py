"""Nodes that are alike, found in a graph without modules, or in what is between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from typing import Any

from .fold import Fold, nodes_as_fold
from .traced import Placed

ROUNDS = 3
MANY = 8
STEMS = 12  # leaves with more names than this are told apart by kind only


def alike_folds(graph: Placed, taken: list[Fold], boxes: int) -> list[Fold]:
    """Fold the nodes that are in no fold yet with others alike, until at most `boxes` remain.

    Two nodes are alike if the same op made them, from inputs that are alike: how far down that
    is asked is as far as the number of boxes allows (Weisfeiler and Leman's refinement).
    """
    unit = list(range(len(graph.order)))
    for fold in taken:
        for i in fold.members:
            unit[i] = -1 - fold.members[0]  # all members of a fold are one thing
    classes = _refined(_first_colours(graph, unit), unit, graph.inputs, boxes)
    groups: dict[int, list[int]] = {}
    for i in range(len(graph.order) - 1):  # the root stays
        if unit[i] >= 0:
            groups.setdefault(classes[i], []).append(i)
    return [nodes_as_fold(graph, m) for m in groups.values() if len(m) > 1]


def _stem(node: Any) -> str:
    """A leaf's name without its numbers: `w` of w12 and of w[1,2]."""
    return str(node.label).partition("[")[0].rstrip("0123456789")


def _first_colours(graph: Placed, unit: list[int]) -> list[Hashable]:
    """What is asked of a node itself: its op; of a leaf also which ops it enters."""
    order = graph.order
    enters: dict[int, set[str]] = {i: set() for i, node in enumerate(order) if node.op is None}
    for node, below in zip(order, graph.inputs, strict=True):
        for i in below:
            if i in enters:
                enters[i].add(node.op.name)
    names = {i: _stem(order[i]) for i in enters if unit[i] >= 0}
    named = len(set(names.values())) <= STEMS
    colours: list[Hashable] = []
    for i, node in enumerate(order):
        if unit[i] < 0:
            colours.append(unit[i])
        elif node.op is not None:
            colours.append(node.op.name)
        else:
            name = names[i] if named else ""
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
