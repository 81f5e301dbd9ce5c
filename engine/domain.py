"""Where an op is defined: plain data in its row, that tests draw numbers from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Interval:
    """Numbers an argument may take: `lo <= x <= hi`, ends included unless `open`.

    >>> Interval(0.0, 1.0).contains(0.5)
    True
    """

    lo: float = -np.inf
    hi: float = np.inf
    open: bool = False

    def contains(self, x: Any) -> Any:
        """Whether x (number or array) lies inside, element by element."""
        return (self.lo < x) & (x < self.hi) if self.open else (self.lo <= x) & (x <= self.hi)

    def __str__(self) -> str:
        left, right = ("(", ")") if self.open else ("[", "]")
        left = "(" if self.lo == -np.inf else left
        right = ")" if self.hi == np.inf else right
        return f"{left}{self.lo:g}, {self.hi:g}{right}"


REAL = Interval()
