"""The way into a program, written for calls of one form: what is asked is asked in one line each.

`Survey`, `Given` and `Trace` say in general what a program depends on; at each call that would take
longer than a small program itself.  So it is written down as Python text too.
"""

from __future__ import annotations

from operator import is_
from types import MappingProxyType
from typing import Any

import numpy as np

from ..lists import LISTS
from ..node import Node
from ..symbols import compiled, indented
from ..tensors import Tensor
from ..values import Value
from .call_form import Given, parts_of
from .rows_of_floats import flattening, rows_of
from .variables import Variable

#: What an entry returns where the call is of another form.
MISSED: Any = object()
_MOST = 2000  # checks: a call with more is looked at in general
_FEW = 8  # elements, which are looked at one by one


class TooMany(Exception):
    """A call has more in it than an entry looks at."""


class Entry:
    """The text of one entry: names of what stands in it, and its conditions."""

    def __init__(self) -> None:
        self.known: dict[str, Any] = {
            "MISSED": MISSED, "float": float, "type": type, "set": set, "map": map, "len": len,
            "list": list, "ndarray": np.ndarray, "Value": Value, "Tensor": Tensor, "is_": is_,
            "all": all,
        }  # fmt: skip
        self._names: dict[int, str] = {}
        self.conditions: list[str] = []
        self.inputs: list[str] = []  # an expression for each number among the arguments
        self.lists: list[tuple[str, int, int]] = []  # lists of floats: where, first, how many

    def name(self, x: Any) -> str:
        """A name for x in the text."""
        name = self._names.setdefault(id(x), f"k{len(self.known)}")
        self.known[name] = x
        return name

    # --- arguments ---

    def argument(self, x: Any, at: str) -> None:
        """The conditions for an argument like x, which is `at`."""
        if len(self.conditions) > _MOST:
            raise TooMany
        kind = type(x)
        if kind is float:
            self.conditions.append(f"type({at}) is float")
            self.inputs.append(at)
        elif kind is np.ndarray and x.dtype.kind in "fiub":
            self.conditions += [f"type({at}) is ndarray", *self._array(x, at)]
            self.inputs.append(at)
        elif isinstance(x, Tensor):
            self.conditions.append(f"type({at}) is {self.name(kind)}")
            self.conditions += [*self._array(x._held, f"{at}._held"),
                                f"{at}._requires is {x._requires}"]  # fmt: skip
            self.inputs.append(at)
        elif kind is list and x and set(map(type, x)) == {float}:
            each = [f"{at}[{i}]" for i in range(len(x))]
            self.conditions += [f"type({at}) is list", f"len({at}) == {len(x)}"]
            if len(x) < _FEW:
                self.conditions += [f"type({one}) is float" for one in each]
            else:
                self.conditions.append(f"[*map(type, {at})].count(float) == {len(x)}")
            self.lists.append((at, len(self.inputs), len(x)))
            self.inputs += each
        elif (rows := rows_of(x))[1]:
            take, flat = self.name(flattening(rows[0])), f"flat{len(self.lists)}"
            self.conditions += [f"type({at}) is {self.name(kind)}", f"len({at}) == {len(x)}",
                                f"({flat} := {take}({at})) is not None"]  # fmt: skip
            self.lists.append((flat, len(self.inputs), len(rows[1])))
            self.inputs += [f"{flat}[{i}]" for i in range(len(rows[1]))]
        elif kind in LISTS:
            self.conditions += [f"type({at}) is {kind.__name__}", f"len({at}) == {len(x)}"]
            self.known[kind.__name__] = kind
            for i, one in enumerate(x):
                self.argument(one, f"{at}[{i}]")
        elif kind is dict and all(type(key) is str for key in x):
            keys = self.name([*x])
            self.conditions += [f"type({at}) is {self.name(dict)}", f"[*{at}] == {keys}"]
            for key, one in x.items():
                self.argument(one, f"{at}[{key!r}]")
        elif kind in (int, bool, str) or x is None:
            self.conditions += [f"type({at}) is {self.name(kind)}", f"{at} == {self.name(x)}"]
        elif isinstance(x, Node | float | np.generic | np.ndarray | dict | tuple | list):
            raise TooMany
        elif (parts := parts_of(x)) is not None:
            self.conditions.append(f"type({at}) is {self.name(kind)}")
            for field, one in parts:
                self.argument(one, at + field)
        else:
            self.conditions.append(f"{at} is {self.name(x)}")

    def _array(self, x: np.ndarray, at: str) -> list[str]:
        shape, dtype = self.name(x.shape), self.name(x.dtype)
        return [f"{at}.shape == {shape}", f"({at}.dtype is {dtype} or {at}.dtype == {dtype})"]

    # --- what is read from outside ---

    def variable(self, v: Variable) -> None:
        """The condition that a variable is the very thing that it was."""
        holder, key = v.at
        if key is None:
            self._contents(v, holder)
        elif isinstance(key, frozenset):
            self.conditions.append(f"{self.name(holder.keys())}.isdisjoint({self.name(key)})")
        elif isinstance(holder, dict | MappingProxyType):
            self.conditions.append(f"{self.name(holder)}[{key!r}] is {self.name(v.value)}")
        else:
            self.conditions.append(f"{self.name(holder)}.{key} is {self.name(v.value)}")

    def _contents(self, v: Variable, holder: Any) -> None:
        """The condition that a container holds what it held."""
        if isinstance(holder, list) and not v.value:
            self.conditions.append(f"not {self.name(holder)}")
        elif isinstance(holder, list):
            h, value = self.name(holder), self.name([*v.value])
            self.conditions += [f"len({h}) == {len(v.value)}", f"all(map(is_, {h}, {value}))"]
        elif isinstance(holder, dict):
            half = len(v.value) // 2
            h = self.name(holder)
            self.conditions.append(f"len({h}) == {half}")
            if half:
                keys, values = self.name([*v.value[:half]]), self.name([*v.value[half:]])
                self.conditions += [f"[*{h}] == {keys}",
                                    f"all(map(is_, {h}.values(), {values}))"]  # fmt: skip
        else:
            self.conditions.append(f"{self.name(v.holds)}()")

    def leaf(self, leaf: Any) -> str:
        """The conditions that a leaf is of the form that it was of; its name."""
        name = self.name(leaf)
        if isinstance(leaf, Tensor):
            self.conditions += [*self._array(leaf._held, f"{name}._held"),
                                f"{name}._requires is {leaf._requires}"]  # fmt: skip
        else:
            self.conditions.append(f"{name}.requires_grad is {leaf.requires_grad}")
        return name

    # --- the function ---

    def function(self, count: int, body: list[str], what: str) -> Any:
        """A function of `count` arguments: `body` where all conditions hold, else `MISSED`."""
        args = ", ".join(f"a{i}" for i in range(count))
        asked = [f"        {c} and" for c in dict.fromkeys(self.conditions)]
        lines = [f"def enter({args}):", "    try:", "        known = (", *indented(asked),
                 "            True", "        )",
                 "    except (KeyError, AttributeError, ValueError):  # a variable is gone",
                 "        known = False", "    if not known:", "        return MISSED",
                 *indented(body)]  # fmt: skip
        return compiled(lines, self.known | {"__name__": __name__}, f"entry of {what}")["enter"]


def entered(given: Given, variables: list[Variable]) -> Entry:
    """An entry for calls like this one.

    Raises:
        TooMany: there is too much to look at.
    """
    entry = Entry()
    for i, x in enumerate(given.args):
        entry.argument(x, f"a{i}")
    for v in variables:
        entry.variable(v)
    return entry
