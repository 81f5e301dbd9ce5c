"""Long programs of the scalar tier written as loops.

`repeats` finds what repeats, `sites` says what each line makes and reads, `storing` and `declaring`
where values are kept, `loops` writes it down.  The arithmetic is the same to the last bit: steps
stay in an order in which everything is made before it is read, and no sum is taken in another
order.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .carried import Carried
from .loops import LoopWriter, list_lines
from .names import Names
from .ordering import regrouped
from .repeats import CONSTANTS, LEAVES, NOTHING, Ints, Items, Loop, lines
from .sites import Sites
from .storing import Stores
from .straight_line import ADD, Step, StraightLine


class Rolled(NamedTuple):
    """A function's body: its lines, and the lists of constants and places that they read."""

    lists: dict[str, list[str]]
    lines: list[str]

    def text(self) -> list[str]:
        """All lines: lists first."""
        lists = [line for name, texts in self.lists.items() for line in list_lines(name, texts)]
        return lists + self.lines


def rolled(program: StraightLine, names: Names | None = None, loops: bool = True) -> Rolled:
    """The body of a function that returns the program's results: loops where steps repeat.

    It needs the program's inputs, and what its forms and constants name.  Variables are called what
    their steps wish for, else v1, d1, …

    Args:
        names: where the names of variables come from; the program's own are reserved there.
        loops: False for a line for each step.
    """
    if loops:
        orders = [_repeats(program), _repeats(regrouped(program))]
        program, started, reads, tree = min(orders, key=lambda found: sum(map(lines, found[3])))
    else:
        count = len(program.steps)
        started, reads, tree = np.zeros(count, bool), _numbered(program), [*range(count)]
    results = [(r.name, _encoded(np.asarray(r.values), program)) for r in program.results]
    sites = Sites(tree, reads, program.steps, results, started)
    writer = LoopWriter(program, Stores(Carried(sites)), names or Names(_words(program)))
    return Rolled(writer.tables.lists, writer.lines())


def _repeats(
    program: StraightLine,
) -> tuple[StraightLine, NDArray[np.bool_], Ints, list[int | Loop]]:
    """The program with its sums begun, and what repeats in it."""
    program, started = with_sums_begun(program)
    reads = _numbered(program)
    forms: dict[tuple[str, str], int] = {}
    shapes = [forms.setdefault((step.form, step.part), len(forms)) for step in program.steps]
    return program, started, reads, Items(np.array(shapes, dtype=np.int64), reads).roll()


def _words(program: StraightLine) -> set[str]:
    """All names that are in the program."""
    texts = {step.form for step in program.steps} | set(program.constants)
    words = {word for text in texts for word in re.findall(r"[^\W\d]\w*", text)}
    return words | {leaf.name for leaf in program.leaves}


def _encoded(values: Ints, program: StraightLine) -> Ints:
    """Numbers of values as `repeats` reads them: steps from 0 on, inputs and constants below."""
    leaves = len(program.leaves)
    inputs = leaves + len(program.constants)
    return np.where(
        values >= inputs,
        values - inputs,
        np.where(values >= leaves, CONSTANTS - (values - leaves), LEAVES - values),
    )


def _numbered(program: StraightLine) -> Ints:
    """What each step reads, as a table with a column for each place."""
    places = max((len(step.reads) for step in program.steps), default=0)
    table = np.full((len(program.steps), places), -1)
    for place in range(places):
        rows = [i for i, step in enumerate(program.steps) if len(step.reads) > place]
        table[rows, place] = [program.steps[i].reads[place] for i in rows]
    return np.where(table < 0, NOTHING, _encoded(table, program))


def with_sums_begun(program: StraightLine) -> tuple[StraightLine, NDArray[np.bool_]]:
    """The program with a start for every sum: -0.0 + p is p to the last bit, and all terms alike.

    Also which steps those are; a line of nothing else is left out again.
    """
    first = len(program.leaves) + len(program.constants)
    steps = program.steps
    adds = [step.form == ADD for step in steps]
    begun: set[int] = set()
    for i, step in enumerate(steps):
        if adds[i]:
            before = step.reads[0] - first
            if before >= 0 and adds[before] and steps[before].reads[0] >= first:
                start = steps[before].reads[0] - first
                if not adds[start]:
                    begun.add(before)
    starts = {steps[i].reads[0] - first for i in begun}
    if not starts:
        return program, np.zeros(len(steps), bool)
    zero = first
    new: list[Step] = []
    place: list[int] = []  # of old steps among the new
    begin: dict[int, int] = {}
    copies: list[bool] = []
    shift = first + 1

    def number(v: int) -> int:
        return v if v < first else shift + place[v - first]

    for i, step in enumerate(steps):
        reads = tuple(map(number, step.reads))
        if i in begun:
            reads = (shift + begin[step.reads[0] - first], reads[1])
        place.append(len(new))
        new.append(Step(step.form, reads, step.name, step.comment, number(step.of), step.part))
        copies.append(False)
        if i in starts:
            begin[i] = len(new)
            new.append(Step(ADD, (zero, shift + place[i]), "", step.comment, -1, step.part))
            copies.append(True)
    results = [
        r._replace(
            values=number(r.values) if isinstance(r.values, int) else [*map(number, r.values)]
        )
        for r in program.results
    ]
    constants = [*program.constants, "-0.0"]
    return StraightLine(program.leaves, constants, new, results), np.array(copies)
