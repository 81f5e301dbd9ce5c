"""How far numbers are apart: in units in the last place, and relative to their size."""

from __future__ import annotations

from typing import Any

import numpy as np


def _pair(a: Any, b: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Both as float64, and where they are the same number (or both nan)."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    return a, b, (a == b) | (np.isnan(a) & np.isnan(b))


def ulps(a: Any, b: Any, scale: float = 0.0) -> Any:
    """How many units in the last place (of the largest of |a|, |b|, scale) apart; 0 if equal.

    nan equals nan; a number and nan (or inf) are inf apart.

    >>> float(ulps(1.0, 1.0 + 2 ** -52))
    1.0
    """
    a, b, same = _pair(a, b)
    with np.errstate(all="ignore"):
        apart = np.abs(a - b) / np.spacing(np.maximum(np.maximum(np.abs(a), np.abs(b)), scale))
    return np.where(same, 0.0, np.where(np.isfinite(apart), apart, np.inf))


def relative(a: Any, b: Any, scale: Any = 0.0) -> Any:
    """|a - b| as a fraction of the largest of |a|, |b| and scale; 0 where equal or both nan.

    A number and nan (or inf) are inf apart.

    >>> float(relative(1.0, 1.5)), float(relative(1.0, 1.5, scale=10.0))
    (0.3333333333333333, 0.05)
    """
    a, b, same = _pair(a, b)
    with np.errstate(all="ignore"):
        apart = np.abs(a - b) / np.maximum(np.maximum(np.abs(a), np.abs(b)), scale)
    return np.where(same, 0.0, np.where(np.isfinite(apart), apart, np.inf))
