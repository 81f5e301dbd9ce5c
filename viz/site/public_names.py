"""The public names: what the doors of the rooms offer, and which of them name the same thing.

A door offers what it defines, what it assigns, and what it imports as itself (`from .x import y as
y`), as type checkers read it.  Of a thing with several names one is its own, and the reference says
of the others what they stand for.
"""

from __future__ import annotations

import ast
import functools
import importlib
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import engine
from engine import Op

#: The doors, package by package; "" is the package's own.  A thing behind several has its own name
#: at the first of them.
DOORS = {
    "engine": ("linalg", "", "autograd", "func"),
    "nn": (
        "", "functional", "init", "utils", "datasets", "data", "callbacks", "optim",
        "optim.lr_scheduler", "scalar",
    ),
    "viz": ("", "plots"),
}  # fmt: skip


@dataclass(frozen=True)
class Name:
    """A public name: `engine.absolute`.

    Attributes:
        door: where it is offered: "engine".
        name: "absolute".
        thing: what it names.
        own: the thing's own name, in full: "engine.abs".
    """

    door: str
    name: str
    thing: Any
    own: str

    @property
    def full(self) -> str:
        """The name with its door."""
        return f"{self.door}.{self.name}"

    @property
    def is_alias(self) -> bool:
        """Whether the thing has another name of its own."""
        return self.own != self.full

    @property
    def package(self) -> str:
        """The package of the thing's own name: "engine"."""
        return self.own.partition(".")[0]

    @property
    def room(self) -> str:
        """The module that it is written in, without its package; "" of what is not ours."""
        if isinstance(self.thing, Op) and self.thing.kind == "elementwise":
            return "ops"  # a row whose forward is NumPy's is written there
        package, _, room = str(getattr(self.thing, "__module__", None)).partition(".")
        return room if package == self.package else ""

    @property
    def is_constant(self) -> bool:
        """Whether it is no function and no class of this project."""
        home = str(getattr(self.thing, "__module__", None)).partition(".")[0]
        return not callable(self.thing) or (home not in DOORS and not isinstance(self.thing, Op))


@functools.cache
def names() -> tuple[Name, ...]:
    """Every public name, door by door; `viz.plots` needs matplotlib.

    >>> [name.own for name in names() if name.full == "engine.absolute"]
    ['engine.abs']
    """
    own: dict[int, str] = {}
    doors = [f"{package}.{room}".rstrip(".") for package in DOORS for room in DOORS[package]]
    found = [(door, name, thing) for door in doors for name, thing in _offered(door)]
    for door, name, thing in found:  # the name that it gives itself, if it has that here
        if name == getattr(thing, "__name__", getattr(thing, "name", None)):
            own.setdefault(id(thing), f"{door}.{name}")
    for door, name, thing in found:
        own.setdefault(id(thing), f"{door}.{name}")
    return tuple(Name(door, name, thing, own[id(thing)]) for door, name, thing in found)


def for_builders() -> frozenset[str]:
    """Names of engine that its door counts among those for who builds on it.

    >>> "Node" in for_builders(), "tanh" in for_builders()
    (True, False)
    """
    doc = inspect.getdoc(engine) or ""
    paragraph = doc.partition("For those who build on it")[2].partition("Everything else")[0]
    return frozenset(re.findall(r"`(\w+)`", paragraph))


def _offered(door: str) -> Iterator[tuple[str, Any]]:
    module = importlib.import_module(door)
    for name in _listed(module):
        thing = getattr(module, name)
        if not name.startswith("_") and not isinstance(thing, ModuleType):
            yield name, thing


def _listed(module: ModuleType) -> list[str]:
    """The names that a module offers, as its source says, in that order."""
    if hasattr(module, "__all__"):
        return list(module.__all__)
    names: list[str] = []
    for statement in ast.parse(inspect.getsource(module)).body:
        match statement:
            case ast.ImportFrom(names=[ast.alias(name="*")], module=str(room)):
                names += _listed(importlib.import_module(f"{module.__name__}.{room}"))
            case ast.ImportFrom():
                names += [alias.name for alias in statement.names if alias.asname == alias.name]
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                names.append(name)
            case ast.Assign():
                targets = [node for target in statement.targets for node in ast.walk(target)]
                names += [node.id for node in targets if isinstance(node, ast.Name)]
    return list(dict.fromkeys(names))
