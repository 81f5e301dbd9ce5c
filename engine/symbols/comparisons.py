"""Comparisons and other ops without a gradient, recorded on Symbols only.

On numbers they are Python's and NumPy's own, so they are not in the registry.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from ..core import Op


class Question(Op):
    """An op that no row of the table is, and whose answer may be a truth."""


def _comparison(symbol: str, ufunc: Any, scalar: Any) -> Op:
    return Question(
        ufunc.__name__, ufunc, (None, None), symbol=symbol, infix=True, scalar=scalar, ulp=0
    )


def _itself(x: Any) -> Any:
    return x


GREATER = _comparison(">", np.greater, operator.gt)
GREATER_EQUAL = _comparison(">=", np.greater_equal, operator.ge)
LESS = _comparison("<", np.less, operator.lt)
LESS_EQUAL = _comparison("<=", np.less_equal, operator.le)
EQUAL = _comparison("==", np.equal, operator.eq)
NOT_EQUAL = _comparison("!=", np.not_equal, operator.ne)
AND = _comparison("&", np.logical_and, operator.and_)
OR = _comparison("|", np.logical_or, operator.or_)
DETACH = Question("detach", _itself, (None,), scalar=_itself, ulp=0)
NOT = Question("logical_not", np.logical_not, (None,), symbol="not", scalar=operator.not_, ulp=0)

#: By the function of NumPy that does it: `np.greater(x, 0)` records as `x > 0` does.
COMPARISONS = {
    op.forward: op
    for op in (GREATER, GREATER_EQUAL, LESS, LESS_EQUAL, EQUAL, NOT_EQUAL, AND, OR, NOT)
} | {np.bitwise_and: AND, np.bitwise_or: OR, np.invert: NOT}
