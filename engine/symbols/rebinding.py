"""Functions of floats made to run on names: `math` in them writes down what it is asked.

A function is run as it stands, with other globals: in the place of `math` one that takes names too.
"""

from __future__ import annotations

import builtins
import contextlib
import dis
import functools
import math
from collections.abc import Callable, Iterator
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from ..core import Op

#: Packages whose functions are pure, and whose constants stay what they are.
_OURS = frozenset({"engine", "nn"})
_MODULES = frozenset({"engine", "nn", "operator"})
#: Of NumPy, what always answers the same: constants and ufuncs, but no `np.random`.
_NUMPY = SimpleNamespace(
    **{name: x for name, x in vars(np).items() if isinstance(x, float | np.ufunc)}
)
_PURE = frozenset(
    getattr(builtins, name)
    for name in (
        "abs", "bool", "float", "int", "len", "max", "min", "pow", "range", "reversed", "sum",
        "tuple", "zip",
    )
)  # fmt: skip  # not `type`: what asks for types takes another way than with floats
_MATH = frozenset(f for f in vars(math).values() if isinstance(f, BuiltinFunctionType))

#: What may go another way with names than with numbers, or than the time before.
_OTHER_WAYS = {
    "PUSH_EXC_INFO": "catches errors, of which names raise others than numbers",
    "IMPORT_NAME": "imports what may be another at the next call",
    "MATCH_CLASS": "asks for types",
}
#: What looks up numbers by their hash, which a name has too.
_LOOKUPS = {"BUILD_SET", "SET_UPDATE", "BUILD_MAP", "BUILD_CONST_KEY_MAP"}


class NotPure(TypeError):
    """Raised for a function that may answer otherwise at the next call, with the same numbers."""


def rebound(function: Callable[..., Any], stand_in: Callable[..., Any]) -> Callable[..., Any]:
    """The function, with `stand_in(f)` for each function f of `math` that it uses.

    Raises:
        NotPure: a user's function that depends on more than its arguments, ops and `math`: on a
            number or a function that may be assigned anew, or on what it prints and counts; or
            that might take names for something else than numbers.
    """
    return _rebound(function, stand_in, {})


def _rebound(function: Any, stand_in: Any, done: dict[Any, Any]) -> Any:
    if not isinstance(function, FunctionType):
        if isinstance(function, BuiltinFunctionType):
            return stand_in(function) if function in _MATH else function
        if isinstance(function, Op):
            return function
        raise NotPure(f"{function!r:.60} is not a plain function")
    if function in done:
        return done[function]
    ours = _root(function.__module__) in _OURS
    cells = tuple(CellType() for _ in function.__closure__ or ())
    names: dict[str, Any] = {}
    made = FunctionType(
        function.__code__, names, function.__name__, function.__defaults__, cells or None
    )
    made.__kwdefaults__ = function.__kwdefaults__
    done[function] = made
    names["__builtins__"] = vars(builtins)
    if not ours and (detour := _detour(function.__code__)):
        raise NotPure(detour)
    for name in names_in(function.__code__):
        if name in function.__globals__:
            names[name] = _stand(function.__globals__[name], ours, stand_in, done)
        elif not ours and getattr(builtins, name, None) not in (*_PURE, None):
            raise NotPure(f"{function.__name__} calls {name}()")
    for cell, free in zip(cells, function.__closure__ or (), strict=True):
        cell.cell_contents = _stand(free.cell_contents, ours, stand_in, done)
    return made


@functools.cache
def _detour(code: CodeType, lookups: bool = False) -> str:
    """What a user's code does that is one of `_OTHER_WAYS` (and of `_LOOKUPS`); "" if nothing."""
    for step in dis.get_instructions(code):
        if step.opname in _OTHER_WAYS:
            return f"{code.co_name} {_OTHER_WAYS[step.opname]}"
        if lookups and (step.opname in _LOOKUPS or isinstance(step.argval, frozenset)):
            return f"{code.co_name} looks numbers up"
        if isinstance(step.argval, CodeType) and (found := _detour(step.argval, lookups)):
            return found
    return ""


def _stand(x: Any, ours: bool, stand_in: Any, done: dict[Any, Any]) -> Any:
    """What stands for x, which a function refers to by name."""
    if x is math:
        return SimpleNamespace(
            **{name: stand_in(f) if callable(f) else f for name, f in vars(math).items()}
        )
    if x is np and not ours:
        return _NUMPY
    if isinstance(x, FunctionType) and (ours or _root(x.__module__) in _OURS):
        return _rebound(x, stand_in, done)
    if isinstance(x, BuiltinFunctionType) and x in _MATH:
        return stand_in(x)
    if ours or isinstance(x, Op) or (isinstance(x, ModuleType) and _root(x.__name__) in _MODULES):
        return x
    raise NotPure(f"{x!r:.60} may be another at the next call")


def _root(module: str | None) -> str:
    return (module or "").partition(".")[0]


def variables_of(function: FunctionType) -> dict[str, Any]:
    """The variables outside that a function reads, by name; those of functions inside it too."""
    names = dict.fromkeys(names_in(function.__code__))
    found = {name: function.__globals__[name] for name in names if name in function.__globals__}
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    for name, cell in cells:
        with contextlib.suppress(ValueError):  # of a variable that is not set yet
            found[name] = cell.cell_contents
    return found


def names_in(code: CodeType) -> Iterator[str]:
    """The names of variables outside and of attributes that a code reads; inner functions' too."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from names_in(constant)


# --- rules on Symbols ---


def runs_on_names(function: Any) -> bool:
    """Whether a rule does with names what it does with numbers; False of a user's that may not.

    Ours do.  A user's that catches errors, looks numbers up in a set, or draws them, is to be
    called with numbers.  (What it reads from outside is a constant of the program, as elsewhere.)
    """
    return _runs_on_names(getattr(function, "func", function), set())


def _runs_on_names(function: Any, seen: set[Any]) -> bool:
    if not isinstance(function, FunctionType) or _root(function.__module__) in _OURS:
        return True
    if function in seen:
        return True
    seen.add(function)
    if "random" in names_in(function.__code__) or _detour(function.__code__, lookups=True):
        return False
    read = variables_of(function).values()
    return all(_stays(x) and _runs_on_names(x, seen) for x in read)


def _stays(x: Any) -> bool:
    """Whether what a rule reads is none that looks up numbers, or another each time."""
    if isinstance(x, ModuleType):
        return x is math or x is np or _root(x.__name__) in _MODULES
    return not isinstance(x, dict | set | frozenset)
