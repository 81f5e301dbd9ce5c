"""How what a pass has found becomes gradients: one thread at a time, and all of it or nothing."""

from __future__ import annotations

from typing import Any

from .restoring import insist


def set_gradients(nodes: list[Any], found: dict[Any, Any]) -> None:
    """Set the `.grad` of nodes to what was found: of all of them, whatever interrupts."""
    try:
        for node in nodes:
            node._grad = found[node]
    except BaseException:  # Ctrl-C: what is begun is ended
        insist(set_gradients, nodes, found)
        raise


class Frozen:
    """Stands in a leaf's gradient slot where the leaf does not require a gradient."""

    __slots__ = ()

    def __deepcopy__(self, memo: Any) -> Frozen:
        return self

    def __reduce__(self) -> str:
        return "FROZEN"


FROZEN = Frozen()
