"""What a rule may ask of what it is handed: numbers, nodes, or names, which have an example."""

from __future__ import annotations

from typing import Any

import numpy as np

from .node import Node, to_numpy


def is_recorded(x: Any) -> bool:
    """Whether a rule is handed what will be differentiated again, not numbers or their names."""
    return isinstance(x, Node) and x.recorded


def is_float(x: Any) -> bool:
    """Whether a rule is handed a float, or its name: a rule that is faster there asks this."""
    return type(x) is float or (isinstance(x, Node) and x.is_float)


def has_numbers(x: Any) -> bool:
    """Whether a rule may look at x's numbers; if not, it has to be written for all of them."""
    return not isinstance(x, Node) or x.has_numbers


def example_of(x: Any) -> np.ndarray:
    """x's numbers, or those that a name is an example for.

    By them a rule may decide on a way that is right for all numbers, but keeps those of their size
    within the range of their dtype.
    """
    return to_numpy(x) if has_numbers(x) else np.asarray(x._held)
