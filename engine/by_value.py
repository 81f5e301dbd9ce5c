"""Rows of the table for another process, which may not have them: by place, or with their code.

A pickle has a row by its name, which another process knows only if the same module was imported
there.  A row of a notebook is in no module: it is sent as what it consists of.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Collection
from typing import Any

from .core import Op
from .readable import WRITTEN_OF


def row_by_value(op: Op, sent_along: Collection[str] = ()) -> tuple[Any, ...]:
    """What the `reducer_override` of a pickler returns for an op, to be made again anywhere.

    An op that a module has under a name is that module's.  Any other one arrives as an op of its
    own, which stands in no registry: so each model keeps the rules it came with, whatever a cell
    that was run again has defined under the same name.  Its functions are sent as the pickler
    does; those of a notebook need cloudpickle's.

    Args:
        op: any op.
        sent_along: modules that the other process cannot import, whose code is sent.

    >>> import engine
    >>> row_by_value(engine.exp)[1]
    ('engine', 'exp')
    """
    functions = (op.forward, *op.vjps, op.vjp_all, op.jvp, op.scalar, op.elements)
    homes = dict.fromkeys(getattr(function, "__module__", None) for function in functions)
    for home in (__package__, *homes):
        if home is None or home == "__main__" or _is_within(home, sent_along):
            continue
        for name, x in list(getattr(sys.modules.get(home), "__dict__", {}).items()):
            if x is op:
                return _of_module, (home, name)
    state = {name: x for name, x in vars(op).items() if name not in WRITTEN_OF}
    # made first and filled in afterwards, since its rules may name the op itself
    return _empty, (type(op),), state, None, None, _fill


def _is_within(module: str, packages: Collection[str]) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in packages)


def _of_module(home: str, name: str) -> Any:
    return getattr(importlib.import_module(home), name)


def _empty(kind: type[Op]) -> Op:
    return kind.__new__(kind)


def _fill(op: Op, state: dict[str, Any]) -> None:
    vars(op).update(state)
    op._forget()
