"""A program of the scalar tier as plain data: what `rolling` reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

ADD = "{0} + {1}"


class Leaf(NamedTuple):
    """An input of the program: a variable, or the element of a list at a place."""

    name: str
    place: int | None = None


class Step(NamedTuple):
    """One assignment: a form, and the values it reads.

    Attributes:
        form: Python text with places for what is read, `{0} * {1}`.
        reads: numbers of values.
        name: what the result would like to be called; "" where nobody said.
        comment: what is printed behind the line.
        of: the value whose backward this step is part of; -1 for the forward half.
        part: the heading it stands under; steps of two parts never share a loop.
    """

    form: str
    reads: tuple[int, ...]
    name: str = ""
    comment: str = ""
    of: int = -1
    part: str = ""


class Result(NamedTuple):
    """What is returned under one name: a value, or a list of values."""

    name: str
    values: int | Sequence[int]


class StraightLine(NamedTuple):
    """A program without loops, each value computed once.

    Values are numbered: first the leaves, then the constants, then one for each step.
    """

    leaves: Sequence[Leaf]
    constants: Sequence[str]
    steps: Sequence[Step]
    results: Sequence[Result]
