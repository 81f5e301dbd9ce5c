"""The arguments of a call: what in them is a number, and by what one call is told from another."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..lists import LISTS
from ..node import Node, NodeArray
from ..values import ValueArray
from .row import row_of
from .rows_of_floats import rows_of


class Fixed(np.ndarray):
    """An array of integers that is a setting: places in a program of single numbers."""


class Floats(list[float]):
    """A list of floats that stands for an array, as `grad` takes one."""


_FIXED = (int, str, bytes, complex, type(None), np.dtype, type(Ellipsis), slice)


class Given:
    """Arguments taken apart.

    Attributes:
        numbers: what becomes an input of the program, in order: floats, arrays, nodes.
        names: of each, as one would write it.
        objects: what else there is, a model say, with its name.
        key: calls with the same key are of the same form: containers, kinds of numbers, shapes,
            dtypes and everything that is no number are the same.
    """

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any], names: list[str]) -> None:
        """names: of the positional arguments; further ones are called by their place."""
        self.args, self.kwargs = args, kwargs
        self.wrt: list[int] = []  # places of numbers that a gradient is wanted for
        self.lists: list[tuple[int, int]] = []  # of floats: the first of them, and how many
        self._names = names
        self.numbers: list[Any] = []
        self.names: list[str] = []
        self.objects: list[tuple[str, Any]] = []
        keys = [self._note(x, name) for x, name in zip(args, self._positional(), strict=True)]
        named = [(name, self._note(x, name)) for name, x in kwargs.items()]
        self.key = (*keys, *named)

    def _positional(self) -> list[str]:
        """The names of the positional arguments."""
        further = (f"x{i + 1}" for i in range(len(self._names), len(self.args)))
        return [*self._names, *further][: len(self.args)]

    def _note(self, x: Any, name: str) -> Any:
        """Note what is in x; the key of it."""
        kind = type(x)
        if kind is float:
            self._add(x, name)
            return float
        if isinstance(x, Node):
            self._add(x, name)
            return kind, x.shape, _dtype(x), _requires(x)
        if isinstance(x, np.ndarray | np.generic):
            if x.dtype.kind == "O":
                each = tuple([self._note(one, f"{name}[{i}]") for i, one in enumerate(x.flat)])
                return kind, x.shape, each
            if is_number(x):
                self._add(x, name)
                return np.ndarray, x.shape, x.dtype
            return kind, x.dtype, x.shape, x.tobytes()
        if isinstance(x, float):  # a subclass
            self._add(float(x), name)
            return float
        if isinstance(x, _FIXED) or kind is bool:
            return kind, x if kind is not slice else repr(x)
        if kind in (list, Floats) and x and set(map(type, x)) == {float}:
            self.lists.append((len(self.numbers), len(x)))
            self.numbers += x
            self.names += [f"{name}[{i}]" for i in range(len(x))]
            return kind, float, len(x)
        form, flat = rows_of(x)
        if flat:
            self.lists.append((len(self.numbers), len(flat)))
            self.numbers += flat
            self.names += [one for one, _ in numbers_in(x, name)]
            return kind, form, len(x)
        parts = parts_of(x)
        if parts is not None:
            return kind, tuple([(key, self._note(one, name + key)) for key, one in parts])
        self.objects.append((name, x))
        return kind, id(x)

    def in_numbers(self) -> Given:
        """The same with each array as an array of single numbers, for a program on Values."""
        args = tuple([_in_numbers(x) for x in self.args])
        kwargs = {name: _in_numbers(x) for name, x in self.kwargs.items()}
        return Given(args, kwargs, self._names)

    def form(self) -> str:
        """What calls with the same key are given, to be read: `x: (3,) float64, power: 2`."""
        each = [*zip(self._positional(), self.args, strict=True), *self.kwargs.items()]
        return ", ".join(f"{name}: {_shown(x)}" for name, x in each)

    def _add(self, x: Any, name: str) -> None:
        self.numbers.append(x)
        self.names.append(name)

    def with_numbers(self, numbers: Iterator[Any]) -> tuple[list[Any], dict[str, Any]]:
        """The same arguments with other things in the place of their numbers."""
        args = [rebuilt(x, numbers) for x in self.args]
        return args, {name: rebuilt(x, numbers) for name, x in self.kwargs.items()}


def _in_numbers(x: Any) -> Any:
    if isinstance(x, np.ndarray) and x.dtype.kind == "f":
        return x.astype(np.float64).astype(object).view(ValueArray)
    if isinstance(x, np.ndarray) and x.dtype.kind in "iub":
        return x.view(Fixed)
    parts = parts_of(x)
    if parts is None or isinstance(x, Floats):
        return x
    return with_parts(x, [_in_numbers(one) for _, one in parts])


def _shown(x: Any) -> str:
    """A kind, shape and dtype; what is part of the program itself, as it is."""
    if isinstance(x, np.ndarray | np.generic | Node) and x.shape:
        if isinstance(x, Node):
            return f"{x.shape} {_dtype(x)} {type(x).__name__}"
        return f"{x.shape} {x.dtype}"
    return repr(x) if isinstance(x, _FIXED) and len(repr(x)) < 20 else type(x).__name__


def _dtype(x: Any) -> Any:
    return None if type(x._held) is float else x._held.dtype


def _requires(x: Any) -> bool:
    return bool(x.requires_grad)


def is_number(x: Any) -> bool:
    """Whether x is an input of a program, not a setting: see `Given`."""
    if isinstance(x, Node | float):
        return True
    if not isinstance(x, np.ndarray | np.generic) or type(x) is Fixed:
        return False
    return x.dtype.kind in "fiub"


def parts_of(x: Any) -> list[tuple[str, Any]] | None:
    """What a container holds, each with what is written after its name; None for no container."""
    if isinstance(x, dict):
        return [(f"[{key!r}]", one) for key, one in x.items()]
    if isinstance(x, LISTS):
        return [(f"[{i}]", one) for i, one in enumerate(x)]
    if dataclasses.is_dataclass(x) and not isinstance(x, type):
        return [(f".{name}", getattr(x, name)) for name in _attributes(x)]
    return None


def _attributes(x: Any) -> list[str]:
    """The names of a dataclass's fields, and of what else was set, in `__post_init__` say."""
    names = [field.name for field in dataclasses.fields(x)]
    return [*names, *(name for name in getattr(x, "__dict__", ()) if name not in names)]


def rebuilt(x: Any, numbers: Iterator[Any]) -> Any:
    """x with others in the place of its numbers, in the same containers."""
    if is_number(x):
        return next(numbers)
    if isinstance(x, np.ndarray) and x.dtype.kind == "O":
        each = np.empty(x.shape, dtype=object)
        for i, one in enumerate(x.flat):
            each.flat[i] = rebuilt(one, numbers)
        return each.view(type(x)) if isinstance(x, NodeArray) else each
    parts = parts_of(x)
    if parts is None:
        return x
    each_part = [rebuilt(one, numbers) for _, one in parts]
    return row_of(each_part) if isinstance(x, Floats) else with_parts(x, each_part)


def with_parts(x: Any, each_part: list[Any]) -> Any:
    """A container like x that holds these; its class's own `__init__` is not run."""
    if isinstance(x, dict):
        y: Any = type(x)() if type(x) is dict else x.copy()
        y.update(zip(x, each_part, strict=True))
        return y
    if isinstance(x, tuple):
        return x._make(each_part) if hasattr(x, "_make") else type(x)(each_part)
    if isinstance(x, list):
        return type(x)(each_part)
    y = object.__new__(type(x))
    for name, part in zip(_attributes(x), each_part, strict=True):
        object.__setattr__(y, name, part)
    return y


def numbers_in(x: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """The numbers in x that `rebuilt` replaces, in its order, with their names."""
    if is_number(x):
        yield name, x
    elif isinstance(x, np.ndarray) and x.dtype.kind == "O":
        for i, one in enumerate(x.flat):
            yield from numbers_in(one, f"{name}[{i}]")
    else:
        for key, one in parts_of(x) or ():
            yield from numbers_in(one, name + key)


def own(x: Any) -> Any:
    """A constant among the results, as its caller's own."""
    return x.copy() if isinstance(x, np.ndarray) else x
