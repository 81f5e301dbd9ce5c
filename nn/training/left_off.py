"""Where a pass was broken off, by Ctrl-C or an error, so that a further `fit` goes on there."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary, ref

from engine import Restoring

from ..data import DataLoader
from ..module import Module

#: By loader, the model that was trained, and where the pass stood.
_left: WeakKeyDictionary[DataLoader, tuple[ref[Module], dict[str, Any]]] = WeakKeyDictionary()


class Pass(Restoring):
    """Block around the steps of a pass: cut short, it leaves the loader before what had no step.

    Attributes:
        used: whether the optimizer has made its step with the batch under way.
        over: whether the pass came to its end.
        already: how many batches of the pass earlier runs have done.
    """

    def __init__(self, model: Module, loader: Any) -> None:
        self.model = model
        self.loader = loader if isinstance(loader, DataLoader) else None
        self.already = 0 if self.loader is None else self.loader.already
        self.used, self.over = True, False

    def restore(self, saved: Any) -> None:
        """Let a further `fit` of this model begin with the rest of the pass."""
        if self.loader is None or self.over:
            return
        if not self.used:
            self.loader.put_back()
        _left[self.loader] = ref(self.model), self.loader.state_dict()


def go_on(model: Module, loader: Any) -> None:
    """Let the loader finish the pass that was broken off, if it was one over this model."""
    if not isinstance(loader, DataLoader) or loader not in _left:
        return
    trained, left = _left.pop(loader)
    if trained() is model:
        loader.go_on(left["order"], left["served"])
