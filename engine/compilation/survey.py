"""What a function reads from outside: variables, attributes, and the numbers in them.

A compiled program holds for what was there when it was traced.  So all that f can reach by name is
looked up before: global variables and those of enclosing functions, what is in lists, dictionaries
and objects, and the functions that it calls, as far as they are the user's.  Nodes and arrays in
them become inputs of the program; of everything else it is noted where it was found (`Variable`),
to be looked at again at each call.
"""

from __future__ import annotations

import array
import contextlib
import functools
import operator
import random
import sys
import weakref
from collections import UserDict, UserList, deque
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from types import (
    BuiltinFunctionType,
    FunctionType,
    MappingProxyType,
    MethodType,
    ModuleType,
)
from typing import Any

import numpy as np

from ..callers import LIBRARIES
from ..core import Op
from ..node import Node
from ..recording import is_grad_enabled, set_grad_enabled
from .names_read import names_read
from .namespaces import function_of, put, put_item, slots_of, space_of, take_away
from .variables import ABSENT, PLAIN, Contents, Numbers, Variable, flat, present, refill, sorted_of

_BUILTIN = frozenset(sys.builtin_module_names) | sys.stdlib_module_names - {"__main__"}
_OUTSIDE = (
    LIBRARIES | _BUILTIN | {"builtins", "scipy", "graphviz", "pytest", "_pytest", "hypothesis"}
)
_SOURCES = (np.random.Generator, np.random.RandomState, random.Random)
#: What the base of all layers reads of each.
_MODULES_OWN = frozenset(["training", "_parameters", "_buffers", "_modules", "_hooks"])
#: What a class has for Python's own use.
_PYTHONS = frozenset(
    ["__dict__", "__weakref__", "__doc__", "__module__", "__annotations__", "__qualname__",
     "__static_attributes__", "__firstlineno__", "__slots__", "__hash__", "__new__", "__repr__",
     "__str__", "__match_args__", "__dataclass_params__", "__dataclass_fields__", "__replace__"]
)  # fmt: skip


class Survey:
    """All that f can reach.

    Attributes:
        nodes: Values and Tensors, by id; `names`: where each was found.
        arrays: NumPy's, by id.
        variables: where f may read anything else, or one of these.
        held: what is in the arrays.
        sources: of random numbers, with their names.
        asks_types: whether it asks what something is: a Symbol is no array, and no float;
            `asks_recording`: whether gradients are recorded.
    """

    def __init__(self, roots: list[tuple[str, Any]]) -> None:
        self.nodes: dict[int, Node] = {}
        self.arrays: dict[int, np.ndarray] = {}
        self.names: dict[int, str] = {}
        self.variables: list[Variable] = []
        self.sources: list[tuple[str, Any]] = []
        self.asks_types = self.asks_recording = False
        self._seen: dict[int, Any] = {}  # kept, so that no other has its id
        self._objects: list[tuple[str, Any]] = []
        self._noted: set[tuple[int, str]] = set()  # attributes of these
        self._read: set[str] = set()  # names of attributes in the user's code
        self._any = False  # whether it reads any attribute
        self._spaces: dict[int, tuple[dict[str, Any], set[str]]] = {}  # globals, names in them
        found = roots
        while found:
            found = [one for name, x in found for one in self._inside(name, x)]
            if not found:  # attributes, by the names that all functions found so far read
                found = self._attributes()
        self._note_absent()
        if self.asks_recording:
            self._keep("is_grad_enabled()", is_grad_enabled, set_grad_enabled)
        self.held = [Numbers(x, self.names[i]) for i, x in self.arrays.items()]

    def changed(self) -> list[Variable | Numbers]:
        """What is not as it was."""
        places: list[Variable | Numbers] = [*self.variables, *self.held]
        return [one for one in places if not one.holds()]

    def _inside(self, name: str, x: Any) -> Iterator[tuple[str, Any]]:
        """Note what x is, and go on to what it holds."""
        if isinstance(x, PLAIN) or id(x) in self._seen:
            return
        self._seen[id(x)] = x
        self.names.setdefault(id(x), name)
        if isinstance(x, Node):
            self.nodes[id(x)] = x
        elif isinstance(x, np.ndarray) and x.dtype.kind != "O":
            self.arrays[id(x)] = x
        elif isinstance(x, FunctionType):
            yield from self._of_function(name, x)
        elif isinstance(x, _SOURCES):
            self.sources.append((name, x))
        elif isinstance(x, Op):
            rules = [x.forward, x.scalar, x.vjp_all, *x.vjps]
            yield from ((f"a rule of {x.name}", rule) for rule in rules)
        elif isinstance(x, ModuleType | type):
            if is_users(x.__module__ if isinstance(x, type) else x.__name__):
                self._objects.append((name, x))
                yield from ((one.__name__, one) for one in getattr(x, "__mro__", ()))
                yield name, type(x)
        else:
            yield from self._held(name, x)
            self._objects.append((name, x))
            if is_users(type(x).__module__):
                yield type(x).__name__, type(x)
                self._keep_attribute(name, x, "__class__")
                if isinstance(getattr(x, "__dict__", None), dict):
                    self._keep_attribute(name, x, "__dict__")

    def _held(self, name: str, x: Any) -> Iterator[tuple[str, Any]]:
        """What a container holds, or what refers to something else."""
        if isinstance(x, list | tuple | deque):
            yield from ((f"{name}[{i}]", one) for i, one in enumerate(x))
            if not isinstance(x, tuple):
                self._keep_contents(name, x, Contents)
        elif isinstance(x, dict | MappingProxyType):
            yield from ((f"{name}[{key!r}]", one) for key, one in x.items())
            self._keep_contents(name, x, flat)
        elif isinstance(x, set | frozenset):
            yield from ((f"{name}[…]", one) for one in x)
            if isinstance(x, set):
                self._keep_contents(name, x, sorted_of)
        elif isinstance(x, np.ndarray):
            yield f"{name}", x.ravel().tolist()
            self._keep_contents(name, x, _objects_of)
        elif isinstance(x, bytearray | memoryview | array.array):
            self._keep_contents(name, x, bytes)
        elif isinstance(x, MethodType | BuiltinFunctionType):
            yield name, getattr(x, "__func__", None)
            yield name, x.__self__
        elif isinstance(x, functools.partial):
            yield from ((name, one) for one in (x.func, *x.args, x.keywords))
        elif isinstance(x, UserDict | UserList):
            yield name, x.data
        elif isinstance(x, weakref.ref):
            yield name, x()
        elif isinstance(x, ContextVar):
            self._keep(name, functools.partial(x.get, ABSENT), x.set)
            yield name, x.get(None)
        elif isinstance(x, operator.attrgetter | operator.methodcaller):
            self._read.update(str(x.__reduce__()[1]).replace("'", ".").split("."))

    def _keep(
        self,
        name: str,
        read: Callable[[], Any],
        write: Callable[[Any], Any],
        at: tuple[Any, Any] = (None, None),
    ) -> None:
        self.variables.append(Variable(name, read, write, read(), at))

    def _keep_contents(self, name: str, x: Any, contents: Callable[[Any], Any]) -> None:
        self._keep(name, functools.partial(contents, x), functools.partial(refill, x), (x, None))

    def _keep_item(self, name: str, x: dict[str, Any], key: str) -> None:
        write = functools.partial(put_item, x, key)
        self._keep(name, functools.partial(operator.getitem, x, key), write, (x, key))

    def _keep_attribute(self, where: str, x: Any, name: str) -> None:
        read, write = functools.partial(getattr, x, name), functools.partial(setattr, x, name)
        self._keep(f"{where}.{name}", read, write, (x, name))

    # --- functions ---

    def _of_function(self, where: str, f: FunctionType) -> Iterator[tuple[str, Any]]:
        """What a function reads: and that goes on with what is found there."""
        for name, cell in zip(f.__code__.co_freevars, f.__closure__ or (), strict=True):
            with contextlib.suppress(ValueError):  # a variable that is not set yet
                yield name, cell.cell_contents
            if is_users(f.__module__):
                self._keep_cell(name, cell)
        if not is_users(f.__module__):
            return
        names = names_read(f.__code__)
        self._read |= names.attributes
        self._any |= names.any_attribute
        self.asks_types |= not names.variables.isdisjoint(["isinstance", "type"])
        self.asks_recording |= "is_grad_enabled" in names.variables | names.attributes
        space, read = f.__globals__, names.variables
        if names.any_variable:
            read |= {name for name in space if not name.startswith("__")}
        _, known = self._spaces.setdefault(id(space), (space, set()))
        for name in sorted(read - known):
            known.add(name)
            if name in space:
                self._keep_item(name, space, name)
                yield name, space[name]
        yield from ((name, sys.modules.get(name)) for name in names.modules)
        self._keep_attribute(where, f, "__code__")
        for name in ("__defaults__", "__kwdefaults__"):
            if getattr(f, name) is not None:
                self._keep_attribute(where, f, name)
                yield f"a default of {f.__name__}", getattr(f, name)
        self._objects.append((where, f))

    def _keep_cell(self, name: str, cell: Any) -> None:
        def write(value: Any) -> None:
            if value is ABSENT:
                del cell.cell_contents
            else:
                cell.cell_contents = value

        at: tuple[Any, Any]
        try:
            value, at = cell.cell_contents, (cell, "cell_contents")
        except ValueError:
            value, at = ABSENT, (cell, None)
        read = functools.partial(getattr, cell, "cell_contents")
        self.variables.append(Variable(name, read, write, value, at))

    # --- attributes ---

    def _attributes(self) -> list[tuple[str, Any]]:
        """What attributes of the objects found so far hold that were not looked at yet."""
        found: list[tuple[str, Any]] = []
        for where, x in self._objects:
            space = space_of(x)
            for name in self._names_of(x, space):
                if (id(x), name) in self._noted:
                    continue
                self._noted.add((id(x), name))
                value = space[name] if name in space else getattr(x, name, ABSENT)
                read: Any = functools.partial(operator.getitem, space, name)
                at: tuple[Any, Any] = (space, name)
                if name not in space:
                    read, at = functools.partial(getattr, x, name), (None, None)
                if value is ABSENT:
                    at = (None, None)
                write = functools.partial(put, x, name)
                self.variables.append(Variable(f"{where}.{name}", read, write, value, at))
                found.append((f"{where}.{name}", function_of(value)))
        return found

    def _names_of(self, x: Any, space: Any) -> list[str]:
        """The names of x's attributes that may be read: those that stand in the user's code.

        Of what is called and is of these packages (a layer, a loss) all: its code is not looked at.
        """
        own = [*space, *slots_of(x)]
        if isinstance(x, type):
            return [
                name
                for name in own
                if (self._any or name in self._read or name == "forward" or name.startswith("__"))
                and name not in _PYTHONS
            ]
        ours = type(x).__module__.partition(".")[0] in LIBRARIES
        if "__wrapped__" in space and not is_users(type(x).__module__):
            return ["__wrapped__"]
        if callable(x) if ours else self._any and not isinstance(x, ModuleType):
            return own
        library = [c for c in type(x).__mro__ if c.__module__.partition(".")[0] in LIBRARIES]
        if sum("forward" in vars(c) for c in library) > 1:  # of a layer, beside the base of all
            return own
        base = any(one in space for one in _MODULES_OWN)
        return [name for name in own if name in self._read or (base and name in _MODULES_OWN)]

    def _note_absent(self) -> None:
        """Note what f's code has names for and is not there: for it may come to be."""
        for known, names in self._spaces.values():
            self._keep_absent("a global variable", known, known, frozenset(names))
        for where, x in self._objects:
            kind, space = x if isinstance(x, type) else type(x), space_of(x)
            plain = isinstance(x, FunctionType) or not hasattr(x, "__dict__")
            if not plain and (isinstance(x, ModuleType) or is_users(kind.__module__)):
                self._keep_absent(f"an attribute of {where}", x, space, frozenset(self._read))

    def _keep_absent(self, name: str, x: Any, space: Any, names: frozenset[str]) -> None:
        names = frozenset(names.difference(space))
        if not names:
            return
        read, write = functools.partial(present, space, names), lambda _: take_away(x, names)
        self._keep(name, read, write, (space, names))


def is_users(module: str | None) -> bool:
    """Whether a module is the user's own, not one of these packages, NumPy's or Python's."""
    return (module or "").partition(".")[0] not in _OUTSIDE


def _objects_of(x: np.ndarray) -> Contents:
    return Contents(x.ravel().tolist())
