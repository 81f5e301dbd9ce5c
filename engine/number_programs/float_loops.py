"""Steps as arrays, and loops among them: with long bodies, for what is in variables is quick."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..writing import ADD, NOTHING, Ints, Items, Loop, Step, lines
from .float_steps import Steps

#: Steps that the body of a loop has at most, if loops inside it are written out.
MOST = 4_000
#: Steps of a loop that is written out: then what it makes is in variables.
SHORT = 600
#: Lines from which on loops are not looked at: writing them takes longer than a line for each step.
FEW, MANY = 10_000, 1_000_000


class Row(NamedTuple):
    """The steps that results depend on, in order.

    Attributes:
        steps: those they are made from.
        old: the number of each step there; -1 for one that only begins a sum.
        kinds: equal for steps of one form in one half.
        reads: what each step reads, a column for each place.
        begun: which steps only begin a sum.
        results: values, as they were given.
    """

    steps: Steps
    old: Ints
    kinds: Ints
    reads: Ints
    begun: NDArray[np.bool_]
    results: list[Ints]

    def __getitem__(self, i: Any) -> Any:
        """One step as plain data."""
        old, steps = int(self.old[i]), self.steps
        if old < 0:
            return Step(ADD, (0, 0), "", "", -1, self._half(i + 1))
        part, comment = self._half(i), steps.ops[old]
        name = steps.names.get(old, "")
        return Step(steps.forms[old], steps.reads[old], name, comment, -1, part)

    def _half(self, i: int) -> str:
        return "forward" if self.old[i] < self.steps.half else "backward"


def row_of(steps: Steps, results: Sequence[int | Sequence[int]]) -> Row:
    """The steps that these results depend on."""
    reads, forms = steps.reads, steps.forms
    live = [False] * len(forms)
    numbered = [np.asarray(values, np.int64) for values in results]
    for values in numbered:
        for v in values[values >= 0].tolist():
            live[v] = True
    for i in range(len(live) - 1, -1, -1):
        if live[i]:
            for v in reads[i]:
                if v >= 0:
                    live[v] = True
    old = np.flatnonzero(live)
    new = np.cumsum(live) - 1
    numbers: dict[Any, int] = {}
    half = steps.half
    kinds = [numbers.setdefault((forms[i], i < half), len(numbers)) for i in old.tolist()]
    table = _table([reads[i] for i in old.tolist()])
    table = _moved(table, new)
    found = [_moved(values, new) for values in numbered]
    begun = np.zeros(len(old), bool)
    return Row(steps, old, np.array(kinds, np.int64), table, begun, found)


def _table(reads: Sequence[Sequence[int]]) -> Ints:
    """What steps read, with a column for each place."""
    lengths = np.fromiter(map(len, reads), np.int64, len(reads))
    table = np.full((len(reads), lengths.max(initial=0)), NOTHING)
    flat = np.fromiter(itertools.chain.from_iterable(reads), np.int64)
    rows = np.repeat(np.arange(len(reads)), lengths)
    table[rows, np.arange(len(flat)) - np.repeat(np.cumsum(lengths) - lengths, lengths)] = flat
    return table


def _moved(values: Ints, places: Ints) -> Ints:
    """Values whose steps are in other places."""
    found = np.array(values)
    of_steps = values >= 0
    found[of_steps] = places[values[of_steps]]
    return found


def _with_sums_begun(row: Row) -> Row:
    """A step for the start of every sum of three or more: so that all its additions are alike.

    It adds to -0.0, which changes no number.
    """
    forms, half = row.steps.forms, row.steps.half
    adds = np.array([forms[i] == ADD for i in row.old.tolist()], bool)
    next_kind = int(row.kinds.max(initial=-1)) + 1
    of_half = [row.kinds[adds & part] for part in (row.old < half, row.old >= half)]
    kind_of_adds = [int(x[0]) if x.size else next_kind + k for k, x in enumerate(of_half)]
    to = row.reads[:, 0] if row.reads.size else row.old
    before = to[adds & (to >= 0)]
    before = before[adds[before] & (to[before] >= 0)]
    firsts = np.unique(before[~adds[to[before]]])
    starts = np.unique(to[firsts])
    if not starts.size:
        return row
    start = np.zeros(len(row.old), bool)
    start[starts] = True
    place = np.arange(len(row.old)) + np.cumsum(start) - start
    count = len(row.old) + len(starts)
    old, kinds = np.full(count, -1), np.zeros(count, np.int64)
    reads = np.full((count, row.reads.shape[1]), NOTHING)
    old[place], kinds[place] = row.old, row.kinds
    reads[place] = _moved(row.reads, place)
    reads[place[firsts], 0] = place[to[firsts]] + 1
    new = place[starts] + 1
    zero = row.steps.constant(-0.0)
    reads[new, 0], reads[new, 1] = zero, place[starts]
    kinds[new] = np.where(row.old[starts] < half, *kind_of_adds)
    begun = np.zeros(count, bool)
    begun[new] = True
    results = [_moved(values, place) for values in row.results]
    return Row(row.steps, old, kinds, reads, begun, results)


# --- loops ---


def with_loops(row: Row) -> tuple[Row, list[int | Loop]] | None:
    """The row with its sums begun, as steps and loops; None if there are no loops worth it."""
    row = _with_sums_begun(row)
    tree: list[int | Loop] = []
    for item in Items(row.kinds, row.reads).roll():
        if isinstance(item, int) or item.size > MOST:
            tree.append(item)
        elif item.size * item.times <= SHORT:
            tree += range(item.first, item.first + item.size * item.times)
        else:
            body = tuple(range(item.first, item.first + item.size))
            tree.append(item._replace(body=body))
    count = sum(map(lines, tree))
    return None if count > 0.9 * len(row.old) or count > FEW < len(row.old) < MANY else (row, tree)
