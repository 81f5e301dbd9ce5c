"""What lasts for a block: a model in eval mode, hooks on its modules."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine import Restoring

from .hooks import Hook, RemovableHandle
from .module import Module


class EvalMode(Restoring):
    """Block in which a model is in eval mode; each module is left in the mode it was in.

    >>> from nn import Dropout, Sequential
    >>> model = Sequential(Dropout())
    >>> with EvalMode(model):
    ...     print(model[0].training)
    False
    >>> model[0].training
    True
    """

    def __init__(self, model: Module) -> None:
        self._model = model

    def saved(self) -> Any:
        return [(module, module.training) for module in self._model.modules()]

    def change(self) -> None:
        self._model.eval()

    def restore(self, saved: Any) -> None:
        for module, mode in saved:
            module.training = mode


class Hooked(Restoring):
    """Block in which each of some modules has one more forward hook.

    >>> from nn import ReLU
    >>> layer = ReLU()
    >>> with Hooked([(layer, lambda module, args, output: output + 1.0)]):
    ...     print(layer([2.0]).tolist())
    [3.0]
    >>> layer([2.0]).tolist()
    [2.0]
    """

    def __init__(self, hooks: Iterable[tuple[Module, Hook]]) -> None:
        self._hooks = [(module, hook, RemovableHandle(module._hooks)) for module, hook in hooks]

    def change(self) -> None:
        for module, hook, handle in self._hooks:
            module._hooks[handle._key] = hook

    def restore(self, saved: Any) -> None:
        for _, _, handle in self._hooks:
            handle.remove()
