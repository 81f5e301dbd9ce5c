"""With respect to what: the inputs that `wrt` names."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..node import Node


def wanted_inputs(traced: Any, wrt: Any) -> list[Any]:
    """The Symbols that `wrt` names, by position, name or node; None names all with a gradient.

    Raises:
        ValueError: there is no such input, or it is named twice.
        TypeError: it is neither a position, a name nor a node; or no gradient flows to it.
    """
    if wrt is None:
        return [x for x in traced.trace.inputs if x.requires_grad]
    several = wrt if isinstance(wrt, tuple | list) else (wrt,)
    found = [x for one in several for x in _wanted(traced, one)]
    if len(set(found)) < len(found):
        raise ValueError(f"wrt names an input twice: {wrt!r:.60}")
    return found


def _wanted(traced: Any, one: Any) -> list[Any]:
    if isinstance(one, Node):
        found = traced.trace.given.get(one, traced.trace.lifted.get(one))
        if found is None:
            raise ValueError(f"wrt names {one!r:.60}, on which the result does not depend")
    elif isinstance(one, str) and one in traced.lists():
        return traced.lists()[one]
    elif isinstance(one, str):
        found = next((x for x in traced.trace.inputs if x.label == one), None)
        if found is None:
            known = ", ".join(x.label for x in traced.trace.inputs)
            raise ValueError(f"wrt names {one!r}, which is no input; the inputs are: {known}")
    elif isinstance(one, int | np.integer) and not isinstance(one, bool):
        if not -len(traced.given) <= one < len(traced.given):
            raise ValueError(f"wrt names argument {one}, the program has {len(traced.given)}")
        found = traced.given[one]
        if any(found is x for x in traced.lists().values()):
            return list(found)
        if not isinstance(found, Node):
            raise TypeError(
                f"wrt names argument {one}, a {type(found).__name__}: only floating-point numbers "
                "and arrays can be differentiated"
            )
    else:
        raise TypeError(f"wrt takes positions, names and nodes, got {one!r:.60}")
    if not found.requires_grad:
        raise TypeError(f"wrt names {one!r:.60}, which does not require a gradient")
    return [found]
