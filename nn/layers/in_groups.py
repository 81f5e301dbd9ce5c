"""Modules one after another: each in its turn, or in groups that are checkpointed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import engine

from ..checks import at_least

Modules = Sequence[Callable[[Any], Any]]


def chained(modules: Modules, x: Any) -> Any:
    """The last module's result, each given that of the one before."""
    for module in modules:
        x = module(x)
    return x


def in_groups(modules: Modules, size: int, x: Any, name: str) -> Any:
    """`chained`, so many at a time by `engine.checkpoint`; each group is called name[0:6]."""
    at_least(1, checkpoint=size)  # an attribute may have been set
    for first in range(0, len(modules), size):
        group = modules[first : first + size]
        x = engine.checkpoint(_Group(group, f"{name}[{first}:{first + len(group)}]"), x)
    return x


class _Group:
    """Some modules as one function with a name."""

    def __init__(self, modules: Modules, name: str) -> None:
        self._modules, self.__name__ = modules, name

    def __call__(self, x: Any) -> Any:
        return chained(self._modules, x)
