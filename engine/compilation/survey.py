"""What a function reads from outside: variables, attributes, and the numbers in them.

A compiled program holds for what was there when it was traced.  So all that f can reach by name is
looked up before: global variables and those of enclosing functions, what is in lists, dictionaries
and objects, and the functions that it calls, as far as they are the user's.  Nodes and arrays in
them become inputs of the program; of everything else it is noted where it was found (`Variable`),
to be looked at again at each call.
"""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from ..callers import LIBRARIES
from ..core import Op
from ..lists import LISTS
from ..node import Node
from ..symbols import names_in
from .variables import ABSENT, PLAIN, Contents, Variable, flat, refill, sorted_of

_BUILTIN = frozenset(sys.builtin_module_names) | sys.stdlib_module_names - {"__main__"}
_OUTSIDE = LIBRARIES | _BUILTIN | {"builtins", "scipy", "graphviz", "pytest", "hypothesis"}
#: Who asks for attributes by such a name may read any.
_ANY_NAME = frozenset(["getattr", "vars", "__dict__", "hasattr"])


class Survey:
    """All that f can reach.

    Attributes:
        nodes: Values and Tensors, by id; `names`: where each was found.
        arrays: NumPy's, by id.
        variables: where f may read anything else, or one of these.
    """

    def __init__(self, roots: list[tuple[str, Any]]) -> None:
        self.nodes: dict[int, Node] = {}
        self.arrays: dict[int, np.ndarray] = {}
        self.names: dict[int, str] = {}
        self.variables: list[Variable] = []
        self._seen: dict[int, Any] = {}  # kept, so that no other has its id
        self._objects: list[tuple[str, Any]] = []
        self._read: set[str] = set()  # names in the user's code
        self._codes: set[CodeType] = set()
        found = roots
        while found:
            found = [one for name, x in found for one in self._inside(name, x)]
            if not found:  # attributes, by the names that all functions found so far read
                found = self._attributes()

    def _inside(self, name: str, x: Any) -> Iterator[tuple[str, Any]]:
        """Note what x is, and go on to what it holds."""
        if isinstance(x, (*PLAIN, ModuleType)) or id(x) in self._seen:
            return
        self._seen[id(x)] = x
        self.names.setdefault(id(x), name)
        if isinstance(x, Node):
            self.nodes[id(x)] = x
        elif isinstance(x, np.ndarray):
            if x.dtype.kind == "O":
                yield from ((f"{name}[{i}]", one) for i, one in enumerate(x.ravel().tolist()))
            else:
                self.arrays[id(x)] = x
        elif isinstance(x, LISTS):
            for i, one in enumerate(x):
                yield f"{name}[{i}]", one
            if isinstance(x, list):
                self._keep(
                    name, functools.partial(Contents, x), functools.partial(refill, x), (x, None)
                )
        elif isinstance(x, dict):
            yield from ((f"{name}[{key!r}]", one) for key, one in x.items())
            self._keep(name, functools.partial(flat, x), functools.partial(refill, x), (x, None))
        elif isinstance(x, set):
            self._keep(
                name, functools.partial(sorted_of, x), functools.partial(refill, x), (x, None)
            )
        elif isinstance(x, MethodType):
            yield name, x.__func__
            yield f"{name}.__self__", x.__self__
        elif isinstance(x, functools.partial):
            yield name, x.func
            yield from ((f"argument {i}", one) for i, one in enumerate(x.args))
            yield from x.keywords.items()
        elif isinstance(x, FunctionType):
            if is_users(x.__module__):
                yield from self._of_function(x)
        elif isinstance(x, Op):
            rules = [rule for rule in (x.forward, x.scalar, *x.vjps) if rule is not None]
            yield from ((f"a rule of {x.name}", rule) for rule in rules)
        elif isinstance(x, type):
            if is_users(x.__module__):
                self._objects.append((name, x))
        elif is_users(type(x).__module__) or callable(x):
            self._objects.append((name, x))

    def _keep(
        self,
        name: str,
        read: Callable[[], Any],
        write: Callable[[Any], Any],
        at: tuple[Any, Any] = (None, None),
    ) -> None:
        self.variables.append(Variable(name, read, write, read(), at))

    def _of_function(self, f: FunctionType) -> Iterator[tuple[str, Any]]:
        """What a function of the user's reads: and that goes on with what is found there."""
        self._note_names(f.__code__)
        for name in dict.fromkeys(names_in(f.__code__)):
            if name in f.__globals__:
                value = f.__globals__[name]
                write = functools.partial(f.__globals__.__setitem__, name)
                self._keep(
                    name,
                    functools.partial(f.__globals__.__getitem__, name),
                    write,
                    (f.__globals__, name),
                )
                yield name, value
        for name, cell in zip(f.__code__.co_freevars, f.__closure__ or (), strict=True):
            with contextlib.suppress(ValueError):  # a variable that is not set yet
                value = cell.cell_contents
                write = functools.partial(setattr, cell, "cell_contents")
                self._keep(
                    name, functools.partial(getattr, cell, "cell_contents"), write, (cell, None)
                )
                yield name, value
        for x in (*(f.__defaults__ or ()), *(f.__kwdefaults__ or {}).values()):
            yield f"a default of {f.__name__}", x
        wrapped = getattr(f, "__wrapped__", None)
        if wrapped is not None:
            yield f.__name__, wrapped

    def _note_names(self, code: CodeType) -> None:
        if code in self._codes:
            return
        self._codes.add(code)
        self._read.update(code.co_names)
        for constant in code.co_consts:
            if isinstance(constant, str):  # for getattr
                self._read.add(constant)
            elif isinstance(constant, CodeType):
                self._note_names(constant)

    def _attributes(self) -> list[tuple[str, Any]]:
        """What attributes of the objects found so far hold that were not looked at yet."""
        found: list[tuple[str, Any]] = []
        for where, x in self._objects:
            for name in self._names_read(x):
                key = (id(x), name)
                if key in self._seen_attributes:
                    continue
                self._seen_attributes.add(key)
                value = _attribute(x, name)
                if value is ABSENT:
                    continue
                write = functools.partial(_set_attribute, x, name)
                at = (_home(x, name, value), name)
                self._keep(f"{where}.{name}", functools.partial(_attribute, x, name), write, at)
                found.append((f"{where}.{name}", value))
        return found

    @functools.cached_property
    def _seen_attributes(self) -> set[tuple[int, str]]:
        return set()

    def _names_read(self, x: Any) -> list[str]:
        """The names of x's attributes that may be read: those that stand in the user's code.

        Of an object of these packages (a layer, a loss) all: its code is not looked at.
        """
        own = _own_names(x)
        kind = x if isinstance(x, type) else type(x)
        users = [c for c in kind.__mro__ if is_users(c.__module__)]
        methods = [name for c in users for name, m in vars(c).items() if name not in own]
        library = len(users) < len([c for c in kind.__mro__ if c is not object])
        any_name = not users or bool(_ANY_NAME & self._read)
        read = [
            name
            for name in own
            if any_name or name in self._read or (library and name in _MODULES_OWN)
        ]
        called = [
            name
            for name in methods
            if name in self._read or name.startswith("__") or name == "forward"
        ]
        return [*read, *(name for name in called if name not in _NO_VARIABLES)]


#: What the base of all layers reads of each.
_MODULES_OWN = frozenset(["training", "_parameters", "_buffers", "_modules", "_hooks"])
_NO_VARIABLES = frozenset(
    ["__dict__", "__weakref__", "__doc__", "__module__", "__annotations__", "__qualname__",
     "__static_attributes__", "__firstlineno__", "__slots__", "__hash__", "__new__", "__init__",
     "__repr__", "__str__", "__match_args__", "__dataclass_params__", "__dataclass_fields__",
     "__post_init__", "__replace__"]
)  # fmt: skip


def is_users(module: str | None) -> bool:
    """Whether a module is the user's own, not one of these packages, NumPy's or Python's."""
    return (module or "").partition(".")[0] not in _OUTSIDE


def _set_attribute(x: Any, name: str, value: Any) -> None:
    """Put an attribute back as it was kept: no property, and no `__setattr__`, is run."""
    own = getattr(x, "__dict__", {})
    if isinstance(own, dict) and (name in own or not hasattr(type(x), name)):
        own[name] = value
    else:
        type.__setattr__(x, name, value) if isinstance(x, type) else object.__setattr__(
            x, name, value
        )


def _home(x: Any, name: str, value: Any) -> Any:
    """The dictionary, an object's own or a class's, that has a value as it is; None if none has."""
    kinds = x.__mro__ if isinstance(x, type) else type(x).__mro__
    for home in (getattr(x, "__dict__", {}), *map(vars, kinds)):
        if name in home:
            return home if home[name] is value else None
    return None


def _own_names(x: Any) -> list[str]:
    slots = [
        name
        for kind in type(x).__mro__
        for name in vars(kind).get("__slots__", ())
        if isinstance(x, kind)
    ]
    return [*(getattr(x, "__dict__", ()) if not isinstance(x, type) else ()), *slots]


def _attribute(x: Any, name: str) -> Any:
    """An attribute as it is kept: of a class, or of an object's own, no property is run."""
    own = getattr(x, "__dict__", {})
    if name in own:
        return own[name]
    for kind in x.__mro__ if isinstance(x, type) else type(x).__mro__:
        if name in vars(kind):
            kept = vars(kind)[name]
            if isinstance(kept, property):
                return kept.fget
            if isinstance(kept, staticmethod | classmethod):
                return kept.__func__
            if hasattr(kept, "__get__") and not callable(kept):  # a slot
                return getattr(x, name, ABSENT)
            return kept
    return ABSENT
