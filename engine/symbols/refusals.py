"""What a Symbol refuses: whatever asks for numbers, which a name does not have."""

from __future__ import annotations

import sys
from typing import Any, NoReturn, Self

import numpy as np

from ..arrays import stack
from ..callers import line_of_caller
from ..core import Op
from ..lists import READING, TensorInside
from ..updates import NAME_ASSIGNED

#: NumPy's functions that ask for a shape and a dtype alone.
_LIKE = (np.zeros_like, np.ones_like, np.full_like, np.empty_like)
#: The ways out: what to write instead.
WITHOUT_NUMBERS = (
    "a program that is written down must not depend on numbers; choose with where(condition, a, "
    "b), maximum or clip, compute with engine's functions, or have the number from outside of the "
    "function, as a constant"
)
PRINTED_OUTSIDE = (
    "its number is not known while the function is traced; return it, and print it outside"
)
CHANGED_AFTERWARDS = (
    "gradients and parameters change after each call of a compiled function; leave that to an "
    "optimizer's step(), or do it outside"
)


class Refusals:
    """Errors that name the user's line."""

    __slots__ = ()
    _trace: Any
    _held: Any
    shape: Any
    leaf: Any

    def refuse(self, asked: str, compiled: str = "") -> NoReturn:
        """The error for what was asked, with the caller's line and what to write instead.

        Args:
            compiled: what to write instead in a compiled function, if that is something else.
        """
        way = (compiled if self._trace.lasting else "") or self._trace.way_out
        message = f"{asked} of {self._trace.called}{line_of_caller()}: {way}"
        self._trace.refused.append(message)
        raise TypeError(message)

    def __bool__(self) -> bool:
        self.refuse("the truth")

    def __float__(self) -> float:
        self.refuse("float()")

    def __int__(self) -> int:
        self.refuse("int()")

    def __index__(self) -> int:
        self.refuse("an index")

    def __complex__(self) -> complex:
        self.refuse("complex()")

    def __round__(self, digits: int | None = None) -> Any:
        self.refuse("round()")

    def __format__(self, spec: str) -> str:
        return self.refuse(f"the format {spec!r}", PRINTED_OUTSIDE) if spec else str(self)

    def __str__(self) -> str:
        return self.refuse("the text", PRINTED_OUTSIDE) if self._trace.lasting else repr(self)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if sys._getframe(1).f_code is READING:  # a list with Symbols in it is stacked
            raise TensorInside(stack)
        self.refuse("np.asarray()")

    def __contains__(self, x: Any) -> bool:
        self.refuse("`in`")

    def __setitem__(self, index: Any, value: Any) -> None:
        """Refused: names are written down as they are made, and do not change."""
        way = f"; {CHANGED_AFTERWARDS}" if self._trace.lasting else ""
        raise TypeError(f"{NAME_ASSIGNED}{way}{line_of_caller()}")

    @property
    def data(self) -> Any:
        """Refused: a Symbol has no numbers."""
        self.refuse(".data", f"take x itself, or x.detach(); {CHANGED_AFTERWARDS}")

    @property
    def grad(self) -> Any:
        """Refused: a Symbol has no numbers."""
        self.refuse(".grad", CHANGED_AFTERWARDS)

    def register_hook(self, hook: Any) -> Any:
        """Refused: a written program calls no hooks."""
        self.refuse("a hook")

    def item(self) -> Any:
        """Refused: a Symbol has no numbers."""
        self.refuse(".item()")

    def numpy(self) -> Any:
        """Refused: a Symbol has no numbers."""
        self.refuse(".numpy()")

    def tolist(self) -> Any:
        """Refused: a Symbol has no numbers."""
        self.refuse(".tolist()")

    def by_numpy(self, call: Any, args: Any, kwargs: Any, refusal: str) -> Any:
        """Refused: what has no row cannot be written down; an array of a shape is a constant."""
        if call in _LIKE and args[0] is self and self.shape:
            return self.leaf(call(self._held, *args[1:], **kwargs), requires_grad=False)
        raise TypeError(f"in a program that is written down{line_of_caller()}: {refusal}")

    def updated(self, op: Op, other: Any) -> Self:
        """`x += …` of an input is a new Symbol: the program does not change its arguments.

        Raises:
            TypeError: it is an array of the caller's, which the function itself would change.
        """
        if self._trace.lasting and self in self._trace.callers:
            sign = op.symbol
            message = (
                f"{sign}= of an array among the arguments{line_of_caller()}: it would change, and "
                f"a compiled function changes no arguments; for a new array, write x = x {sign} y"
            )
            self._trace.refused.append(message)
            raise TypeError(message)
        return NotImplemented
