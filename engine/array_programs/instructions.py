"""What a program of arrays consists of: values, and the instructions that make them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

#: What an instruction does, and so what may be done with it.
ELEMENTWISE = "elementwise"  # a ufunc: it may be cut in blocks, and write over what it reads
REDUCTION = "reduction"
PRODUCT = "product"
VIEW = "view"  # no numbers are moved
WRITE = "write"  # elementwise in several steps: not over what it reads
COPY = "copy"  # numbers go to other places, in `out` too
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

    A place may say how the operand is looked at: {0.reshape(6)} or {0.view(np.int64)}.

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


@dataclass
class Steps:
    """The instructions of a program in order, and what it gives; of two halves, those of both.

    Attributes:
        results: what each half gives.
        inputs: what each half is given.
        guards: numbers in each half that have to be finite, or its results mean nothing.
        helpers: the functions that are called.
    """

    halves: list[list[Instruction]]
    results: list[list[Value]]
    inputs: list[list[Value]]
    guards: list[list[Value]]
    helpers: Any


def constant_of(array: Any) -> Value:
    """An array that never changes."""
    return Value(array, constant=array)
