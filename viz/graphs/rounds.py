"""Folds that make a knot are split where there is room, else become one: "(mul → sin) × 998"."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from dataclasses import dataclass

import numpy as np

from .calls import common, module_of, title_of
from .fold import Fold, modules_as_folds, nodes_as_fold, visible
from .knots import knots, parts_of, walked
from .traced import Placed

LONGEST = 64  # items of a round
NAMED = 5  # a round of more items is named by its first, its second and its last


def settled(graph: Placed, folds: list[Fold], room: int) -> list[Fold]:
    """The folds, changed so that no path leaves one and comes back.

    Those that do are split if the picture has at most `room` boxes then; else all that reach each
    other are one fold, titled by what comes again and again in it.
    """
    items = _items(graph, folds)
    parts = parts_of(items.inputs, items.unit, room)
    if parts is not None:
        if not any(parts):
            return folds
        split = _split(graph, folds, items, parts)
        if visible(graph.order, split) <= room:
            return split
    return _merged(graph, folds, items)


@dataclass(frozen=True)
class _Items:
    """A graph of the things folded and the nodes that are not.

    Attributes:
        members: of each item, its places.
        inputs: of each item, those it is computed from.
        unit: of each item the fold it is in, numbered from -1 down, or the item itself.
    """

    members: list[tuple[int, ...]]
    inputs: list[list[int]]
    unit: list[int]


def _items(graph: Placed, folds: list[Fold]) -> _Items:
    fold_of = {unit[0]: (k, unit) for k, fold in enumerate(folds) for unit in fold.units}
    inside = {i for fold in folds for i in fold.members}
    members: list[tuple[int, ...]] = []
    unit: list[int] = []
    for i in range(len(graph.order)):
        if i in fold_of:
            k, places = fold_of[i]
            members.append(places)
            unit.append(-1 - k)
        elif i not in inside:
            unit.append(len(members))
            members.append((i,))
    item_of = {i: k for k, places in enumerate(members) for i in places}
    inputs = [
        sorted({item_of[j] for i in places for j in graph.inputs[i]} - {k})
        for k, places in enumerate(members)
    ]
    return _Items(members, inputs, unit)


def _split(graph: Placed, folds: list[Fold], items: _Items, parts: list[int]) -> list[Fold]:
    pieces: dict[tuple[int, int], list[int]] = {}
    for k, (unit, part) in enumerate(zip(items.unit, parts, strict=True)):
        if unit < 0:
            pieces.setdefault((unit, part), []).append(k)
    found = []
    for (unit, _), inside in pieces.items():
        fold = folds[-1 - unit]
        whole = len(inside) == len(fold.units)
        found += [fold] if whole else _again(graph, fold, [items.members[k] for k in inside])
    return found


def _again(graph: Placed, fold: Fold, units: list[tuple[int, ...]]) -> list[Fold]:
    """Some units of a fold, folded as far as they still can be."""
    if fold.places:
        place = dict(zip(fold.units, fold.places, strict=True))
        return modules_as_folds([place[unit] for unit in units], {place[u]: u for u in units})
    members = [i for unit in units for i in unit]
    if len(members) == 1:
        return []
    if fold.kind == "hidden":
        return [Fold(tuple(members), "hidden", (), fold.title, tuple(units))]
    return [nodes_as_fold(graph, members)]


def _merged(graph: Placed, folds: list[Fold], items: _Items) -> list[Fold]:
    """One fold for each knot; what is left over at its ends stands alone."""
    tangled = knots(items.inputs, items.unit)
    gone: set[int] = set()
    found: list[Fold] = []
    rank = {k: r for r, k in enumerate(walked(range(len(items.unit)), items.inputs, set()))}
    names = [_name(graph, folds, items, k) for k in range(len(items.unit))]
    members: dict[int, list[int]] = {}
    for k, unit in enumerate(items.unit):
        members.setdefault(unit, []).append(k)
    for knot in tangled:
        inside = {k for unit in knot for k in members[unit]}
        _extend(inside, items, names)
        gone.update(items.unit[k] for k in inside)
        row = sorted(inside, key=rank.__getitem__)
        first, last, period = repeating([names[k] for k in row])
        for k in (*row[:first], *row[last:]):
            if items.unit[k] < 0:
                found += _again(graph, folds[-1 - items.unit[k]], [items.members[k]])
        found.append(_chain(graph, items, names, row[first:last], period))
    return [fold for k, fold in enumerate(folds) if -1 - k not in gone] + found


def _extend(inside: set[int], items: _Items, names: list[str]) -> None:
    """Add the first links of a chain, which lead nowhere else, to those found to be alike."""
    known = {names[k] for k in inside}
    size = Counter(items.unit)
    outputs: dict[int, list[int]] = {}
    for k, below in enumerate(items.inputs):
        for j in below:
            outputs.setdefault(j, []).append(k)
    waiting = list(inside)
    for k in waiting:  # grows as it goes
        for j in items.inputs[k]:
            single = size[items.unit[j]] == 1 and items.inputs[j] and names[j] in known
            if single and j not in inside and inside.issuperset(outputs[j]):
                inside.add(j)
                waiting.append(j)


def repeating(sequence: list[object]) -> tuple[int, int, int]:
    """Where the rounds of a sequence begin and end, and how long a round is; all of it if none.

    Less than a round may be left over at the ends.

    >>> repeating(list("xabcabcab")), repeating(list("abcd"))
    ((1, 7, 3), (0, 4, 4))
    """
    known: dict[object, int] = {}
    codes = np.array([known.setdefault(x, len(known)) for x in sequence])
    n = len(codes)
    for period in range(1, min(n // 2, LONGEST) + 1):
        differs = np.flatnonzero(codes[period:] != codes[:-period])
        ends = np.concatenate(([-1], differs, [n - period]))
        longest = int(np.argmax(np.diff(ends)))
        first, last = int(ends[longest]) + 1, int(ends[longest + 1]) + period
        last -= (last - first) % period
        if last - first >= 2 * period and first < period + 1 and n - last < period + 1:
            return first, last, period
    return 0, n, n


def _chain(graph: Placed, items: _Items, names: list[str], row: list[int], period: int) -> Fold:
    rounds = [row[k : k + period] for k in range(0, len(row), period)]
    units = tuple(tuple(sorted(i for k in one for i in items.members[k])) for one in rounds)
    members = tuple(sorted(i for unit in units for i in unit))
    path = common([graph.paths[i] for i in members])
    first = [names[k] for k in rounds[0]]
    if len(rounds) == 1:
        return Fold(members, "mixed", path, ", ".join(dict.fromkeys(first)), units)
    if len(first) > NAMED:
        first = [*first[:2], f"… {len(first) - 3} more …", first[-1]]
    joint = " → " if _in_a_row(items, rounds) else ", "
    return Fold(members, "chain", path, f"({joint.join(first)}) × {len(rounds):,}", units)


def _in_a_row(items: _Items, rounds: list[list[int]]) -> bool:
    """Whether each item of the first two rounds is computed from the one before it."""
    row = [k for one in rounds[:2] for k in one]
    return all(a in items.inputs[b] for a, b in itertools.pairwise(row))


def _name(graph: Placed, folds: list[Fold], items: _Items, k: int) -> str:
    """An item by its module, numbers left open, or by its op; of a leaf nothing."""
    unit = items.unit[k]
    if unit < 0 and folds[-1 - unit].places:
        path = module_of(folds[-1 - unit].places[0])
        return graph.kinds.get(path) or re.sub(r"\d+", "N", title_of(path))
    op = graph.order[items.members[k][0]].op
    return str(op.name) if op is not None else ""
