"""Where modules were before, so that what was pickled then still loads.

A pickle names the module a class was in when it was written.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from importlib import import_module
from types import ModuleType
from typing import Any


class Moved(ModuleType):
    """Stands under the name of a module that is gone, and finds what was in it."""

    def __init__(self, old: str, homes: tuple[str, ...]) -> None:
        super().__init__(old, f"Moved to {', '.join(homes)}.")
        self._homes = homes

    def __getattr__(self, name: str) -> object:
        if not name.startswith("__"):  # many tools look for such in every module there is
            for module in map(import_module, self._homes):
                if hasattr(module, name):
                    return getattr(module, name)
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")

    def __reduce__(self) -> tuple[Any, ...]:
        """By its name: cloudpickle sends along what a function may mean by `nn.dropout`."""
        return import_module, (self.__name__,)


def moved(old: Iterable[str], *homes: str) -> None:
    """Let what was in each module of `old` be found in `homes`, the first that has the name.

    Nothing is imported before it is asked for.  A module of that name that still is there is asked
    first.

    >>> import sys
    >>> moved(["engine.somewhere"], "engine.values", "engine.tensors")
    >>> from engine.somewhere import Tensor
    >>> del sys.modules["engine.somewhere"]
    """
    for name in old:
        stand_in = Moved(name, homes)
        if name in sys.modules:
            vars(sys.modules[name])["__getattr__"] = stand_in.__getattr__
        else:
            sys.modules[name] = stand_in
