"""Lists of inputs, constants and places that loops read, made at the top of a function."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .names import Names
from .repeats import CONSTANTS, LEAVES, Ints
from .straight_line import StraightLine


class Tables:
    """What is read from outside by repetition: as a name, or as a list and where in it.

    Attributes:
        lists: the texts in each list, by its name.
    """

    def __init__(self, program: StraightLine, names: Names) -> None:
        self.program, self.names = program, names
        self.lists: dict[str, list[str]] = {}
        self._known: dict[str, str] = {}  # what is in each list

    def text(self, number: int) -> str:
        """An input or a constant."""
        if number <= CONSTANTS:
            return self.program.constants[CONSTANTS - number]
        leaf = self.program.leaves[LEAVES - number]
        return leaf.name if leaf.place is None else f"{leaf.name}[{leaf.place}]"

    def inputs(self, reads: Ints) -> tuple[str, Ints | None]:
        """A list that holds what is read, and the place of each; without places, one for all."""
        numbers = reads.ravel().tolist()
        if min(numbers) == max(numbers):
            return self.text(numbers[0]), None
        wanted = "data"
        if min(numbers) > CONSTANTS:
            leaves = [self.program.leaves[LEAVES - r] for r in numbers]
            name, place = leaves[0]
            if place is not None and all(leaf.name == name for leaf in leaves):
                return name, np.reshape([leaf.place or 0 for leaf in leaves], reads.shape)
            wanted = "inputs"
        return self.listed([self.text(r) for r in numbers], reads.shape, wanted)

    def places(self, cells: Ints) -> tuple[str, Ints]:
        """A list of places, where these follow no rule."""
        return self.listed([str(cell) for cell in cells.ravel().tolist()], cells.shape, "at")

    def listed(self, texts: Sequence[str], shape: tuple[int, ...], wanted: str) -> tuple[str, Ints]:
        """A list of these texts, and the place of each; loops that change nothing add nothing.

        A list that is there is used again, from its end as well: backward reads what forward read.
        """
        table = np.array(texts, dtype=object).reshape(shape)
        for d in range(table.ndim):
            if (table == table.take([0], axis=d)).all():
                table = table.take([0], axis=d)
        flat = table.ravel().tolist()
        name, places = self._part(flat) or self._new(flat, wanted)
        return name, np.broadcast_to(places.reshape(table.shape), shape)

    def _part(self, texts: list[str]) -> tuple[str, Ints] | None:
        """Where these texts stand side by side in a list that is there."""
        for step in (1, -1):
            part = joined(texts[::step])
            for name, whole in self._known.items():
                at = whole.find(part)
                if at >= 0:
                    return name, whole.count("\n", 0, at) + np.arange(len(texts))[::step]
        return None

    def _new(self, texts: list[str], wanted: str) -> tuple[str, Ints]:
        name = self.names.taken(wanted)
        self._known[name] = joined(texts)
        self.lists[name] = texts
        return name, np.arange(len(texts))


def joined(texts: list[str]) -> str:
    """Texts so that a part of them is found only where it stands."""
    return "\n" + "".join(f"{text}\n" for text in texts)


def index_text(base: int, terms: Sequence[tuple[int, str]]) -> str:
    """base + stride * counter + …, as one writes it.

    >>> index_text(3, [(16, "j"), (1, "i")]), index_text(15, [(-1, "i")]), index_text(0, [])
    ('16 * j + i + 3', '15 - i', '0')
    """
    parts = [*terms, (base, "")] if base or not terms else list(terms)
    text = ""
    for stride, counter in sorted(parts, key=lambda part: part[0] < 0):
        size = "" if abs(stride) == 1 and counter else str(abs(stride))
        one = " * ".join(filter(None, [size, counter]))
        sign = "-" if stride < 0 else "+" if text else ""
        text += f" {sign} {one}" if text else sign + one
    return text
