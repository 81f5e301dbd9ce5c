"""What a module holds in lists, arrays or as itself, where nothing that walks it finds it."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator
from typing import Any

import numpy as np

from engine import Node, warn_caller

from .parameter import Parameter, is_learned, leaves

CONTAINERS = (list, tuple, dict, set, frozenset, deque)

#: What `may_hold` is to be asked of.
SUSPECTS = (*CONTAINERS, np.ndarray, Node)

#: How many elements of a container are looked at, and how deep: a vocabulary may stand there.
MOST, DEEPEST = 64, 4


def held(x: Any, module: type, depth: int = 0) -> Iterator[Any]:
    """The modules, and what is learned, in x: nested containers, arrays of Values, itself."""
    if isinstance(x, CONTAINERS) and depth < DEEPEST:
        inside = x.values() if isinstance(x, dict) else x
        for item in itertools.islice(inside, MOST):
            yield from held(item, module, depth + 1)
    elif isinstance(x, np.ndarray) and x.dtype == object:
        for item in itertools.islice(x.flat, MOST):
            yield from held(item, module, DEEPEST)
    elif isinstance(x, (module, Parameter)) or is_learned(x):
        yield x


def may_hold(x: Any, module: type) -> bool:
    """Whether such things are, or may come, into this container: a tuple of numbers stays one."""
    if isinstance(x, Node):
        return is_learned(x)
    changes = isinstance(x, list | dict | set | deque)
    return changes or next(held(x, module), None) is not None


def warn_of_unregistered(root: Any, module: type) -> None:
    """Warn of what modules hold in containers, if it has no name in this model either."""
    walked = list(root._walk())
    noted = [(part, name) for _, part in walked for name in part._containers]
    if not noted:
        return
    known = {id(part) for _, part in walked}
    for _, part in walked:
        for name in part._parameters:
            known |= {id(x) for x in (getattr(part, name), *leaves(getattr(part, name)))}
    for part, name in noted:
        attribute = vars(part).get(name)
        lost = [x for x in held(attribute, module) if id(x) not in known]
        if lost:
            what, where = type(lost[0]).__name__, type(attribute).__name__
            is_or_holds = f"is a {what}" if lost[0] is attribute else f"holds a {what} in a {where}"
            warn_caller(
                f"{type(part).__name__}.{name} {is_or_holds}, where parameters(), state_dict() and "
                f"eval() do not find it: {_hint(lost[0], attribute, module)}.  To keep it out of "
                f"the model on purpose, assign with object.__setattr__(self, {name!r}, …)"
            )


def _hint(x: Any, attribute: Any, module: type) -> str:
    if isinstance(x, module):
        return "make that an nn.ModuleList, or register each with add_module(name, module)"
    if isinstance(x, Parameter):
        return "make that an nn.ParameterList, or register each with register_parameter"
    learned = "nn.Parameter" if x is attribute else "nn.ParameterList of nn.Parameters"
    return (
        f"make that an {learned} (model.scalar() makes Values of it), or define parameters() "
        "yourself"
    )
