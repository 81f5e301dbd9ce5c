"""Where objects keep their attributes: what is there, and how it is put back."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from .variables import ABSENT

_NOTHING: Mapping[str, Any] = MappingProxyType({})


def space_of(x: Any) -> Mapping[str, Any]:
    """What an object, a class or a module has of its own, by name; no property is run."""
    own = getattr(x, "__dict__", _NOTHING)
    return own if isinstance(own, dict | MappingProxyType) else _NOTHING


def slots_of(x: Any) -> list[str]:
    """The names of attributes that an object keeps in slots."""
    found: list[str] = []
    for kind in () if isinstance(x, type) else type(x).__mro__:
        names = vars(kind).get("__slots__", ())
        found += [names] if isinstance(names, str) else names
    return found


def put(x: Any, name: str, value: Any) -> None:
    """Have this attribute again, or none; no property, and no `__setattr__`, is run."""
    if isinstance(x, type):
        type.__delattr__(x, name) if value is ABSENT else type.__setattr__(x, name, value)
    elif name in slots_of(x):
        object.__delattr__(x, name) if value is ABSENT else object.__setattr__(x, name, value)
    else:
        put_item(vars(x), name, value)


def put_item(x: dict[Any, Any], key: Any, value: Any) -> None:
    """Have this under a key again, or nothing."""
    if value is ABSENT:
        x.pop(key, None)
    else:
        x[key] = value


def take_away(x: Any, names: frozenset[str]) -> None:
    """Have none of these attributes; x is a dictionary, or what keeps them."""
    for name in names:
        if isinstance(x, dict):
            x.pop(name, None)
        elif name in space_of(x):
            put(x, name, ABSENT)


def function_of(x: Any) -> Any:
    """The function in what a class has under a name: a property, a class's own method."""
    if isinstance(x, staticmethod | classmethod):
        return x.__func__
    if isinstance(x, functools.cached_property):
        return x.func
    return x.fget if isinstance(x, property) else x
