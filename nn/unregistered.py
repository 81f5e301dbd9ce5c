"""What a module holds in lists, arrays or as itself: Values are found there, other things missed.

A Value has no class of its own for what is learned, so that in micrograd's way a list of Values, or
of modules made of Values, is part of the model.  Parameters and modules in a list are not, as in
PyTorch: there is `ParameterList` and `ModuleList`, and a warning here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

import numpy as np

from engine import Node, Value, warn_caller

from .parameter import Parameter, is_learned, leaves

CONTAINERS = (list, tuple, dict, set, frozenset, deque)

#: What `may_hold` is to be asked of.
SUSPECTS = (*CONTAINERS, np.ndarray, Node)

#: How many elements of a container are looked at, if those hold nothing, and how deep: a vocabulary
#: may stand there.
MOST, DEEPEST = 64, 4

_PLAIN = frozenset([str, int, float, bool, type(None)])


def held(x: Any, module: type, path: str | None = "", depth: int = 0) -> Iterator[tuple[Any, Any]]:
    """The modules, and what is learned, in x (nested containers, arrays of Values, itself).

    Each with its path, `layers.0.1`; None in a set, which has no order.
    """
    if isinstance(x, CONTAINERS) and depth < DEEPEST:
        pairs = x.items() if isinstance(x, dict) else enumerate(x)
    elif isinstance(x, np.ndarray) and x.dtype == object:
        pairs, depth = enumerate(x.flat), DEEPEST
    else:
        if isinstance(x, (module, Parameter)) or is_learned(x):
            yield path, x
        return
    named = path is not None and not isinstance(x, set | frozenset)
    found = False
    for i, (key, item) in enumerate(pairs):
        if i >= MOST and not found:
            return
        for inside in held(item, module, f"{path}.{key}" if named else None, depth + 1):
            found = True
            yield inside


def parts(owner: Any, module: type) -> Iterator[tuple[str, Any]]:
    """The Values that `owner` holds, and the modules beside or made of them, by their paths."""
    for name in _in_order(owner):
        found = list(held(vars(owner)[name], module, name))
        if _of_values(found, module, set()):
            yield from found


def _in_order(owner: Any) -> list[str]:
    """The attributes to look into, in order of assignment, but lists of plain things."""
    own, noted = vars(owner), owner._containers
    names = noted if len(noted) == 1 else [name for name in own if name in noted]
    return [name for name in names if name in own and not _is_plain(own[name])]


def _is_plain(x: Any) -> bool:
    return type(x) in (list, tuple) and _PLAIN.issuperset(map(type, x[:MOST]))


def _of_values(found: list[tuple[Any, Any]], module: type, seen: set[int]) -> bool:
    """Whether there is a Value in this, or in the modules there, and all have a place."""
    if not found:
        return False
    return all(path is not None for path, _ in found) and any(
        _has_values(x, module, seen) for _, x in found
    )


def _has_values(x: Any, module: type, seen: set[int]) -> bool:
    if not isinstance(x, module) or id(x) in seen:
        return isinstance(x, Value)
    seen.add(id(x))
    owner: Any = x
    names = (*owner._containers, *owner._modules)
    return any(_of_values(list(held(vars(x).get(name), module)), module, seen) for name in names)


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
    for _, parameter in root._named("_parameters", ""):
        known |= {id(x) for x in (parameter, *leaves(parameter))}
    for part, name in noted:
        attribute = vars(part).get(name)
        if _is_plain(attribute):
            continue
        lost = [x for _, x in held(attribute, module) if id(x) not in known]
        if lost:
            what, where = type(lost[0]).__name__, type(attribute).__name__
            is_or_holds = f"is a {what}" if lost[0] is attribute else f"holds a {what} in a {where}"
            warn_caller(
                f"{type(part).__name__}.{name} {is_or_holds}, where parameters(), state_dict() and "
                f"eval() do not find it: {_hint(lost[0], attribute, module)}.  To keep it out of "
                f"the model on purpose, assign with object.__setattr__(self, {name!r}, …)"
            )


def _hint(x: Any, attribute: Any, module: type) -> str:
    kind = "Dict" if isinstance(attribute, dict) else "List"
    if isinstance(x, module):
        return f"make that an nn.Module{kind}, or register each with add_module(name, module)"
    if isinstance(x, Parameter):
        return f"make that an nn.Parameter{kind}, or register each with register_parameter"
    if isinstance(x, Value):
        return "make that a list, in which they have an order, or define parameters() yourself"
    learned = "nn.Parameter" if x is attribute else "nn.ParameterList of nn.Parameters"
    return f"make that an {learned}, or define parameters() yourself"
