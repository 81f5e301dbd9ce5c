"""What `grad` of a compiled function is given, as numbers; and gradients in the form of that."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..derivatives import on_tensors, positions_of
from ..lists import LISTS
from ..node import Node
from .call_form import Floats, Given


class General(Exception):
    """Raised for arguments that are left to the derivative as engine makes it."""


class Wanted:
    """The arguments of a derivative, prepared.

    Args:
        argnums: as in `grad`.
        rows: whether a list of numbers is taken for numbers of their own, not for an array.

    Attributes:
        given: the arguments as the function itself is traced for; `given.wrt` has the places of
            numbers that a gradient is wanted for.
        answer: from what the program gives, the value and then gradients, to the gradients in
            the form of the arguments.

    Raises:
        General: there are nodes among the arguments, or what else is not plain.
    """

    def __init__(
        self,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        names: list[str],
        argnums: Any,
        rows: bool,
    ) -> None:
        if kwargs:
            raise General
        positions = positions_of(argnums, len(args))
        self._arrays, self._rows = on_tensors(args), rows
        self.has_rows = False
        self.as_given = True  # whether each number is taken as it is, and each list of floats
        taken = [self._taken(x) if i in positions else x for i, x in enumerate(args)]
        self.given = Given(tuple(taken), {}, names)
        if any(isinstance(x, Node) and x.requires_grad for x in self.given.numbers):
            raise General
        places: list[int] = []
        place = itertools.count(1)
        texts = {}
        self.args = args
        for i in sorted(positions):
            first = len(Given(tuple(taken[:i]), {}, names).numbers)
            count = len(Given((taken[i],), {}, names).numbers)
            places += range(first, first + count)
            texts[i] = self._text(args[i], taken[i], place)
        self.given.wrt = places
        one = isinstance(argnums, int)
        self.text = texts[positions[0]] if one else f"({', '.join(texts[i] for i in positions)},)"
        self.answer: Callable[[Any], Any] = eval(
            f"lambda found: {self.text}", {"fromiter": np.fromiter, "float": float}
        )

    def _taken(self, x: Any) -> Any:
        """An argument as the function is given it: `grad` says what that is."""
        kind = type(x)
        if kind is float or kind is int:
            self.as_given &= kind is float and not self._arrays
            return np.asarray(float(x)) if self._arrays else float(x)
        if x is None or (kind is np.ndarray and x.dtype.kind == "f"):
            return x
        if kind in LISTS and x and {float, int}.issuperset(map(type, x)):
            self.as_given &= self._rows and kind is list and set(map(type, x)) == {float}
            self.has_rows |= self._rows
            return Floats(map(float, x)) if self._rows else np.array(x, float)
        if kind in LISTS and any(isinstance(one, np.ndarray | dict) for one in x):
            return kind([self._taken(one) for one in x])
        if kind is dict:
            return {key: self._taken(one) for key, one in x.items()}
        raise General

    def _text(self, x: Any, taken: Any, place: Any) -> str:
        """The gradients of what was given as x, as an expression of `found`."""
        if taken is None:
            return "None"
        if type(taken) is Floats:
            return f"fromiter(found[{next(place)}], float, {len(taken)})"
        if isinstance(taken, list | tuple):
            parts = [self._text(one, t, place) for one, t in zip(x, taken, strict=True)]
            inside = ", ".join(parts)
            return f"[{inside}]" if isinstance(taken, list) else f"({inside},)"
        if isinstance(taken, dict):
            parts = [f"{key!r}: {self._text(x[key], t, place)}" for key, t in taken.items()]
            return f"{{{', '.join(parts)}}}"
        number = type(x) in (float, int)
        return f"float(found[{next(place)}])" if number else f"found[{next(place)}]"
