"""What a program of arrays consists of: values, and the instructions that make them."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np

#: A place in a form: of an operand, or of `out`; and how that is looked at.
PLACE = re.compile(r"\{(\d+|out)([.[][^{}]*)?\}")

#: What an instruction does, and so what may be done with it.
ELEMENTWISE = "elementwise"  # a ufunc: it may be cut in blocks, and write over what it reads
REDUCTION = "reduction"
PRODUCT = "product"
VIEW = "view"  # no numbers are moved
WRITE = "write"  # elementwise in several steps: not over what it reads
COPY = "copy"  # numbers go to other places, in `out` too
CHAIN = "chain"  # a `Chain`
CALL = "call"  # anything else: the result may be part of what it reads


@dataclass(eq=False)
class Value:
    """A number or an array of the program.

    Attributes:
        layout: a stand-in with its shape, dtype and strides, to ask NumPy what is a view; nothing
            is ever written into it.
        name: what the program calls it, if anything.
        constant: the number or array, of one that never changes.
        given: whether it is an argument.
    """

    layout: Any
    name: str = ""
    constant: Any = None
    given: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape; () of a number."""
        return np.shape(self.layout)

    @property
    def dtype(self) -> Any:
        """The dtype; float64 of a Python number."""
        return np.asarray(self.layout).dtype


@dataclass(eq=False)
class Instruction:
    """One step: `result = form`, with operands in the places {0}, {1}, … of the form.

    A place may say how the operand is looked at: {0.reshape(6)}, {0.view(np.int64)}, {0[1:5]}.

    Attributes:
        out: the same writing into {out}, for a step that can; else "".  Several lines are several
            steps, of which the first writes.
        sums: of a sum, the axes that it is over.
    """

    kind: str
    form: str
    operands: list[Value]
    result: Value
    out: str = ""
    sums: tuple[int, ...] = ()

    @property
    def results(self) -> list[Value]:
        """The values that others may read."""
        return [self.result]


@dataclass(eq=False)
class Chain(Instruction):
    """Elementwise steps over arrays of one shape, and sums of all their numbers: block by block.

    Attributes:
        body: the steps.
        exported: which of their values others read.
        axes: start and end of the axes that can be taken for one.
        shape: of the arrays with these as one; they are cut along the first.
        threads: how many share the blocks.
    """

    body: list[Instruction] = field(default_factory=list)
    exported: list[Value] = field(default_factory=list)
    axes: list[tuple[int, int]] = field(default_factory=list)
    shape: tuple[int, ...] = ()
    threads: int = 1

    @property
    def results(self) -> list[Value]:
        """The values that others may read."""
        return self.exported

    def shape_of(self, x: Value) -> tuple[int, ...]:
        """The shape of a value with these axes, without those in front that are 1."""
        padded = (1,) * (self.axes[-1][1] - len(x.shape)) + x.shape
        shape = [math.prod(padded[start:end]) for start, end in self.axes]
        return tuple(itertools.dropwhile(lambda size: size == 1, shape))

    def cuts(self, x: Value) -> bool:
        """Whether a block has a part of x only."""
        shape = self.shape_of(x)
        return len(shape) == len(self.shape) and shape[0] == self.shape[0]


@dataclass
class Steps:
    """The instructions of a program in order, and what it gives; of two halves, those of both.

    Attributes:
        results: what each half gives.
        inputs: what each half is given.
        guards: numbers in each half that have to be finite, or its results mean nothing.
        helpers: the functions that are called.
        quiet: whether rows compute some of it without NumPy's warnings: so does the program.
    """

    halves: list[list[Instruction]]
    results: list[list[Value]]
    inputs: list[list[Value]]
    guards: list[list[Value]]
    helpers: Any
    quiet: bool


def constant_of(array: Any) -> Value:
    """An array that never changes."""
    return Value(array, constant=array)
