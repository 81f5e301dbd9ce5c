"""What a row of the table has to show beside its rules: formulas.

They are written by the reader by name, `engine.symbols`, which stands above the table; it fills in
here what is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar


class Readable:
    """Base of `Op`."""

    to_latex: ClassVar[Callable[[Any], str]]  # filled in by engine.symbols

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
