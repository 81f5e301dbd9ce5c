"""The text of a program of floats without loops: a variable for each step that is read twice."""

from __future__ import annotations

import functools
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from ..writing import (
    Cell,
    Leaf,
    Names,
    Phrase,
    StraightLine,
    broken,
    list_text,
    number_phrase,
    phrase_of,
)
from .float_loops import Row
from .float_steps import CONSTANT, LEAF

#: Steps that one line has at most.
MOST = 6
WIDTH = 84  # inside a function


class Elements:
    """The elements of lists that are given, in variables: all that are read more than once.

    Attributes:
        variables: their names, by the numbers of the inputs that they are.
    """

    def __init__(self, leaves: Sequence[Leaf], names: Names, often: Sequence[int]) -> None:
        self.leaves, self.names = leaves, names
        self.often = frozenset(often)
        self.variables: dict[int, str] = {}

    def text(self, leaf: int) -> str:
        """An input as it is read."""
        name, place = self.leaves[LEAF - leaf]
        if place is None:
            return name
        if leaf not in self.often:
            return f"{name}[{place}]"
        if leaf not in self.variables:
            self.variables[leaf] = self.names.taken(f"{name}{place}")
        return self.variables[leaf]

    def lines(self) -> list[str]:
        """The lines that set the variables."""
        lists: dict[str, dict[int, str]] = {}
        for leaf, variable in self.variables.items():
            name, place = self.leaves[LEAF - leaf]
            lists.setdefault(name, {})[place or 0] = variable
        lengths = Counter(name for name, place in self.leaves if place is not None)
        lines: list[str] = []
        for name, places in lists.items():
            if 2 * len(places) > lengths[name]:
                targets = ", ".join(places.get(i, "_") for i in range(lengths[name]))
                lines += wrapped_in_brackets(f"[{targets}]\0=\0{name}", 0)
            else:
                lines += [f"{variable} = {name}[{place}]" for place, variable in places.items()]
        return lines


def wrapped_in_brackets(line: str, depth: int) -> list[str]:
    """A line broken at spaces, all of which stand in brackets; one that does not is a `\\0`."""
    lines = textwrap.wrap(
        line,
        WIDTH,
        initial_indent="    " * depth,
        subsequent_indent="    " * (depth + 2),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [one.replace("\0", " ") for one in lines]


class LineWriter:
    """Writes the body of a function, one line after the other."""

    def __init__(
        self, row: Row, outside: StraightLine, results: Sequence[str], names: Names
    ) -> None:
        self.row, self.outside, self.results, self.names = row, outside, results, names
        steps, old = row.steps, row.old.tolist()
        self.forms = [steps.forms[i] for i in old]
        self.ops = [steps.ops[i] for i in old]
        self.half = int(np.searchsorted(row.old, steps.half))
        read = np.concatenate([row.reads.ravel(), *map(np.ravel, row.results)])
        self.uses = np.bincount(read[read >= 0], minlength=len(old)).tolist()
        inputs, counts = np.unique(read[(read < 0) & (read > CONSTANT)], return_counts=True)
        self.elements = Elements(outside.leaves, names, inputs[counts > 1].tolist())
        self.variables = self._wanted(old)
        self.waiting: dict[int, tuple[Phrase, int]] = {}  # for the one line that reads them
        self.lines: list[str] = []

    def _wanted(self, old: Sequence[int]) -> dict[int, str]:
        """The names of results, and of what has a label."""
        wanted: dict[int, str] = {}
        for name, values in zip(self.results, self.row.results, strict=True):
            if values.ndim == 0 and values >= 0:
                wanted.setdefault(int(values), name)
        for i, number in enumerate(old):
            if number in self.row.steps.names:
                wanted.setdefault(i, self.row.steps.names[number])
        return {i: self.names.taken(name) for i, name in wanted.items()}

    def text(self) -> tuple[list[str], list[str]]:
        """The lines above the function, of which there are none; and those of its body."""
        reads = self.row.reads.tolist()
        results = {v for values in self.row.results for v in values.ravel().tolist()}
        for i, form in enumerate(self.forms):
            if i in (0, self.half):
                self.lines.append("# backward" if i else "# forward" if self.half else "# backward")
            phrase, size = self._made(i, form, reads[i])
            if self.uses[i] == 1 and i not in self.variables and i not in results:
                self.waiting[i] = phrase, size
            else:
                self._assign(i, phrase)
        returned = ", ".join(self._result(values) for values in self.row.results)
        end = broken(f"return {returned}", 0)
        return [], [*self.elements.lines(), *self.lines, *end]

    def _made(self, i: int, form: str, reads: Sequence[int]) -> tuple[Phrase, int]:
        """What a step computes, with what it alone reads; and in how many steps."""
        operands, size = [], 1
        for v, times in zip(reads, _times(form), strict=False):
            if v not in self.waiting:
                operands.append(self._operand(v))
                continue
            phrase, more = self.waiting.pop(v)
            if times == 1 and size + more <= MOST and (v < self.half) == (i < self.half):
                operands.append(phrase)
                size += more
            else:
                self._assign(v, phrase)
                operands.append(Phrase(self.variables[v]))
        return phrase_of(form, operands), size

    def _operand(self, v: int) -> Phrase:
        if v >= 0:
            return Phrase(self.variables[v])
        if v <= CONSTANT:
            return number_phrase(self.outside.constants[CONSTANT - v])
        return Phrase(self.elements.text(v))

    def _assign(self, i: int, phrase: Phrase) -> None:
        name = self.variables.get(i)
        if name is None:
            name = self.variables[i] = self.names.numbered("v" if i < self.half else "d")
        self.lines += broken(f"{name} = {phrase.text}", 0, self.ops[i])

    def _result(self, values: np.ndarray) -> str:
        if values.ndim == 0:
            return self._operand(int(values)).text
        return list_text([*map(self._cell, values.tolist())]) if values.size else "[]"

    def _cell(self, v: int) -> Cell:
        if v >= 0 or v <= CONSTANT:
            return Cell(self._operand(v).text)
        name, place = self.outside.leaves[LEAF - v]
        return Cell(name, -1 if place is None else place)


@functools.lru_cache(10_000)
def _times(form: str) -> list[int]:
    """How often each place stands in a form."""
    return [*_counts(form)]


def _counts(form: str) -> Iterator[int]:
    place = 0
    while count := form.count(f"{{{place}}}"):
        yield count
        place += 1
