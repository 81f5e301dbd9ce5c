"""What Symbols are made of, in the order in which it was made."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from ..graph import visit
from .symbol import Symbol


def order_of(roots: Iterable[Any]) -> list[Any]:
    """All that Symbols depend on and they themselves, inputs before results, as it was made.

    What is no Symbol among the roots is passed over.  The list is kept, and not to be changed.

    >>> from engine.symbols import Trace
    >>> a = Trace().input(2.0, "a")
    >>> [x.label or x.op.name for x in order_of([a * a + 1, 3.0])]
    ['a', 'mul', 'add']
    """
    found = tuple(dict.fromkeys([x for x in roots if isinstance(x, Symbol)]))
    if not found:
        return []
    trace = found[0]._trace
    order: list[Any] | None = trace.orders.get(found)
    if order is None:  # nodes that were there before have one place
        order = _walked(found) if trace.lifts else _gathered(found)
        order.sort(key=_first_leaves if trace.lifts else attrgetter("place"))
        trace.orders[found] = order
    return order


def _gathered(found: tuple[Any, ...]) -> list[Any]:
    order, seen = [*found], set(found)
    for x in order:  # grows
        for z in x.inputs:
            if (type(z) is Symbol or isinstance(z, Symbol)) and z not in seen:
                seen.add(z)
                order.append(z)
    return order


def _walked(found: tuple[Any, ...]) -> list[Any]:
    order: list[Any] = []
    seen: set[Any] = set()
    for x in found:
        if x not in seen:
            visit(x, seen, order)
    return order


def _first_leaves(x: Any) -> int:
    """The place of a result; leaves come first, for what was there before may read them."""
    return 0 if x.op is None else int(x.place)
