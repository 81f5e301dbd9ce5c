"""Who called: a warning or an error names the user's line, not one of these packages."""

from __future__ import annotations

import sys
import warnings
from types import FrameType, FunctionType
from typing import Any

import numpy as np

#: What is not the user's code: these packages, and NumPy, whose functions call nodes from Python.
LIBRARIES = frozenset({"engine", "nn", "viz", "notebooks", "numpy"})


def module_of(frame: FrameType) -> str:
    """The module whose code runs: "__main__" in a script or a notebook; "" where it has no name."""
    return str(frame.f_globals.get("__name__", ""))


def is_ours(function: Any) -> bool:
    """Whether a function is one of these packages' or a ufunc, not the user's."""
    if isinstance(function, FunctionType):
        return (function.__module__ or "").partition(".")[0] in LIBRARIES
    return isinstance(function, np.ufunc)


def caller() -> tuple[FrameType | None, int]:
    """The nearest calling frame outside these packages, if any, and how many calls up it is."""
    frame: FrameType | None = sys._getframe()
    level = 0
    while frame is not None and module_of(frame).partition(".")[0] in LIBRARIES:
        level, frame = level + 1, frame.f_back
    return frame, level


def line_of_caller() -> str:
    """The caller's line, to stand in a message; "" where only these packages are running."""
    frame, _ = caller()
    return "" if frame is None else f" ({frame.f_code.co_filename}, line {frame.f_lineno})"


def warn_caller(message: str) -> None:
    """A UserWarning that names the caller's line.

    >>> import warnings
    >>> with warnings.catch_warnings(record=True, action="always") as caught:
    ...     warn_caller("all rows are equal")
    >>> caught[0].category.__name__, str(caught[0].message)
    ('UserWarning', 'all rows are equal')
    """
    warnings.warn(message, stacklevel=caller()[1])
