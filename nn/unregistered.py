"""What a module holds in lists, tuples and dicts, where nothing that walks the model finds it."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from typing import Any

from engine import Node, ValueArray

from .parameter import Parameter, leaves

CONTAINERS = (list, tuple, dict, set, frozenset)

#: How many elements of a container are looked at, and how deep: a vocabulary may stand there.
MOST, DEEPEST = 64, 4


def held(x: Any, module: type, depth: int = 0) -> Iterator[Any]:
    """The modules, and what is learned, in nested containers."""
    if isinstance(x, CONTAINERS) and depth < DEEPEST:
        inside = x.values() if isinstance(x, dict) else x
        for item in itertools.islice(inside, MOST):
            yield from held(item, module, depth + 1)
    elif isinstance(x, (module, Parameter, ValueArray)) or (isinstance(x, Node) and _learned(x)):
        yield x


def may_hold(x: Any, module: type) -> bool:
    """Whether such things are, or may come, into this container: a tuple of numbers stays one."""
    changes = isinstance(x, list | dict | set)
    return changes or next(held(x, module), None) is not None


def _learned(x: Any) -> bool:
    return bool(x.is_leaf and x.requires_grad)


def warn_of_unregistered(root: Any, module: type, stacklevel: int) -> None:
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
        lost = [x for x in held(vars(part).get(name), module) if id(x) not in known]
        if lost:
            text = _hint(lost[0], isinstance(lost[0], module))
            warnings.warn(
                f"{type(part).__name__}.{name} holds a {type(lost[0]).__name__} in a "
                f"{type(vars(part)[name]).__name__}, where parameters(), state_dict() and eval() "
                f"do not find it: {text}.  To keep it out of the model on purpose, assign with "
                f"object.__setattr__(self, {name!r}, …)",
                stacklevel=stacklevel,
            )


def _hint(x: Any, is_module: bool) -> str:
    if is_module:
        return "make that an nn.ModuleList, or register each with add_module(name, module)"
    if isinstance(x, Parameter):
        return "make that an nn.ParameterList, or register each with register_parameter"
    return (
        "make that an nn.ParameterList of nn.Parameters (model.scalar() makes Values of them), or "
        "define parameters() yourself"
    )
