"""`a += b` on a node: where it changes a leaf, and where it makes a new node.

Python's numbers are never changed by `+=`, arrays are.  A leaf outside recording is changed, as
PyTorch does it, for that is how parameters are updated:

    with no_grad():
        for p in parameters:
            p -= learning_rate * p.grad

While operations are recorded a graph needs the old numbers, and `loss += term` makes a new node.
"""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any, Self

from . import choices, ops


class Updates:
    """Augmented assignment: `updated` decides; NotImplemented lets Python go on with `a + b`."""

    __slots__ = ()

    op: Any  # None for a leaf

    #: updated(op, other), of each tier: this leaf, changed to `op(this, other)`; NotImplemented for
    #: a new node; or an error.
    updated: Any

    def __iadd__(self, other: Any) -> Self:
        return NotImplemented if self.op is not None else self.updated(ops.add, other)

    def __isub__(self, other: Any) -> Self:
        return NotImplemented if self.op is not None else self.updated(ops.sub, other)

    def __imul__(self, other: Any) -> Self:
        return NotImplemented if self.op is not None else self.updated(ops.mul, other)

    def __itruediv__(self, other: Any) -> Self:
        return NotImplemented if self.op is not None else self.updated(ops.div, other)

    def __ifloordiv__(self, other: Any) -> Self:
        return NotImplemented if self.op is not None else self.updated(choices.floor_divide, other)

    def __imod__(self, other: Any) -> Self:
        return NotImplemented if self.op is not None else self.updated(choices.remainder, other)

    def __ipow__(self, other: Any) -> Self:
        return NotImplemented if self.op is not None else self.updated(ops.pow, other)


class _Counted(Updates):
    """Says how many references there are where `updated` is asked."""

    op = None

    def updated(self, op: Any, other: Any) -> Any:
        return sys.getrefcount(self)


def _references_of_one_name() -> int:
    names: dict[str, Any] = {"x": _Counted()}
    names["x"] += 0.0
    return int(names["x"])


def _references_of_a_variable() -> int:
    x: Any = _Counted()
    x += 0.0
    return int(x)


#: What `sys.getrefcount(self)` is in `updated`, if `x += y` is all that has a name for x.  Pythons
#: that count no references have no answer: there x is never known to have one name only.
ONE_NAME = _references_of_one_name() if sys.implementation.name == "cpython" else 0
#: The same where x is a variable of a function, which from Python 3.14 on is lent, and not counted.
ONE_VARIABLE = _references_of_a_variable() if sys.implementation.name == "cpython" else 0


def has_one_name(x: Any, references: int, frame: FrameType) -> bool:
    """Whether `x += y`, which is run in `frame`, has the only name for x, of so many references."""
    variables: set[str] = set()
    if ONE_VARIABLE < ONE_NAME:  # else frames are left alone: some keep what they were asked for
        variables = {*frame.f_code.co_varnames} - {*frame.f_code.co_cellvars}
    is_lent = any(frame.f_locals.get(name) is x for name in variables)
    return references <= (ONE_VARIABLE if is_lent else ONE_NAME)


def refused(op: Any, why: str) -> RuntimeError:
    """The error where `op=` could be meant as an update, and would be none."""
    sign = op.symbol
    return RuntimeError(
        f"{sign}= on a leaf that requires a gradient {why}. To change the leaf, write "
        f"p.data {sign}= numbers; for a new node, x = x {sign} y"
    )


WHILE_RECORDING = "would change nothing while operations are recorded: update it under no_grad()"
LEAF_ASSIGNED_TO = (
    "x[…] = … on a leaf that requires a gradient, or on an argument of a function that is being "
    "differentiated, while operations are recorded: assign to a copy, x = x.clone() or x.copy(); "
    "or, to change a leaf itself, do it under no_grad()"
)

NAME_ASSIGNED = (
    "a Symbol is not assigned, nor assigned to: put the parts together, by stack or where; or, to "
    "print a program, run it on Tensors and print the graph of its result, source(f(x))"
)
