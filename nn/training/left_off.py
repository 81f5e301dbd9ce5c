"""Where a pass was broken off, by Ctrl-C or an error, so that a further `fit` goes on there."""

from __future__ import annotations

from types import TracebackType
from typing import Any
from weakref import WeakKeyDictionary, ref

from ..data import DataLoader
from ..module import Module

#: By loader, the model that was trained, and where the pass stood.
_left: WeakKeyDictionary[DataLoader, tuple[ref[Module], dict[str, Any]]] = WeakKeyDictionary()


class Pass:
    """Block around the steps of a pass: an error leaves the loader before a batch without a step.

    Attributes:
        used: whether the optimizer has made its step with the batch under way.
        already: how many batches of the pass earlier runs have done.
    """

    def __init__(self, model: Module, loader: Any) -> None:
        self.model = model
        self.loader = loader if isinstance(loader, DataLoader) else None
        self.already = 0 if self.loader is None else self.loader.already
        self.used = True

    def __enter__(self) -> Pass:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None or self.loader is None:
            return
        if not self.used:
            self.loader.put_back()
        self.leave()

    def leave(self) -> None:
        """Let a further `fit` of this model begin with the rest of the pass."""
        if self.loader is not None:
            _left[self.loader] = ref(self.model), self.loader.state_dict()


def go_on(model: Module, loader: Any) -> None:
    """Let the loader finish the pass that was broken off, if it was one over this model."""
    if not isinstance(loader, DataLoader) or loader not in _left:
        return
    trained, left = _left.pop(loader)
    if trained() is model:
        loader.go_on(left["order"], left["served"])
