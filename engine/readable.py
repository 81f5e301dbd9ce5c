"""What is written of a row of the table beside its rules: formulas, and what each tier calls.

Formulas are written by the reader by name, `engine.symbols`, the rest by each tier's writer.  They
stand above the table, and fill in here what is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar
from weakref import WeakSet

from .once import Once
from .reads import numbers_read, numbers_read_by_rule

_READ_BY_WRITERS = frozenset(["forward", "scalar", "vjps"])
_FOUND = ("reads", "reads_by_rule")
_CALLED = ("record", "push", "record_arrays", "push_arrays")

#: What is found or written anew from the rest of the row.
WRITTEN_OF = frozenset([*_FOUND, *_CALLED])


class Readable:
    """Base of `Op`."""

    #: Whether it stands for several ops, which its forward applies: a call of a compiled function.
    opens: ClassVar[bool] = False
    to_latex: ClassVar[Callable[[Any], str]]  # filled in by engine.symbols

    #: What each tier calls for this op; its writer writes them on first use.
    record: Any
    push: Any
    record_arrays: Any
    push_arrays: Any
    writer: Any
    writer_arrays: Any

    def __setattr__(self, name: str, x: Any) -> None:
        if name in _READ_BY_WRITERS and name in vars(self):
            write_anew()
        super().__setattr__(name, x)
        if name in _READ_BY_WRITERS:
            self._forget()

    def _forget(self) -> None:
        for what in _FOUND:
            vars(self).pop(what, None)
        for what in _CALLED:
            super().__setattr__(what, partial(_first, self, what))

    @Once
    def reads(self) -> frozenset[int]:
        """The places of inputs whose numbers the rules read; -1 is that of the result."""
        return numbers_read(self)

    @Once
    def reads_by_rule(self) -> tuple[frozenset[int], ...]:
        """The same of each rule."""
        return numbers_read_by_rule(self)

    @property
    def source(self) -> str:
        """What records this op on Values, and its backward there, as written from the row."""
        return str(self.writer.source(self))

    @property
    def latex(self) -> str:
        r"""The row as formulas in LaTeX: its forward, and what each rule hands an input.

        L is the final result, and g stands for ∂L/∂y; a condition in brackets, [a = 0], is 1 where
        it holds and 0 elsewhere.  "" of an op on whole arrays.

        >>> import engine
        >>> print(engine.exp.latex)
        \begin{aligned} y &= e^{x} \\ \frac{\partial L}{\partial x} &= g\,y \end{aligned}
        """
        return Readable.to_latex(self)

    def _repr_latex_(self) -> str | None:
        """The formulas, for notebooks; None where there are none: then it is its name."""
        return f"$${self.latex}$$" if self.latex else None


#: Ops of which something was written.
_WRITTEN: WeakSet[Readable] = WeakSet()


def _first(op: Readable, name: str, *given: Any) -> Any:
    _WRITTEN.add(op)
    (op.writer_arrays if name.endswith("_arrays") else op.writer).write(op)
    return getattr(op, name)(*given)


def write_anew() -> None:
    """Forget what was written: a changed op stands in the text of those that use it, too."""
    while _WRITTEN:
        _WRITTEN.pop()._forget()
