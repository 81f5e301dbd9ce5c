"""Terms as lines of Python: which get a line and a name, and which stand inside another's."""

from __future__ import annotations

import ast
import math
import textwrap
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from .names import Names
from .terms import filled, parsed, reached

WIDTH = 88
_COMMENT = 12  # room left for a comment
_LONG = 40  # what is no longer, of an array, is written where it is used
_SHORT = 12  # what is no longer gets no line, to shorten another

#: Forms in which a number may stand without its point: `2 * x` is `2.0 * x` where x is a float.
_SYMBOLS = ("+", "-", "*", "/", "**", "<", "<=", ">", ">=", "==", "!=")
_INFIX = frozenset(f"{{0}} {symbol} {{1}}" for symbol in _SYMBOLS)
#: What is written again rather than named: it costs nothing.
_FREE = frozenset(("{0}.T", "{0}.mT"))


@dataclass(frozen=True)
class Unit:
    """What an op of the program made: it gets a line, if it is named or used more than once.

    `name` is the wanted one; without it, `stem` is numbered.
    """

    term: Any
    name: str
    stem: str


@dataclass(frozen=True)
class Result:
    """What the function returns; `name`, if any, is that of a gradient, and `by` its last op."""

    term: Any
    name: str = ""
    by: str = ""
    place: float = 0
    input: int = -1  # whose gradient it is, among the inputs


@dataclass(frozen=True)
class Line:
    """`name = text  # by`."""

    place: float
    name: str
    text: str
    by: str = ""


@dataclass(frozen=True)
class Printed:
    """The body of a function: its lines in order, and the names of its results."""

    lines: list[Line]
    results: list[str]


class Printer:
    """Writes the terms that results depend on."""

    def __init__(
        self,
        units: list[Unit],
        results: list[Result],
        names: Names,
        numbers: bool,
        known: dict[int, str],
    ) -> None:
        self.names, self.numbers, self.known = names, numbers, known
        self.live = reached([result.term for result in results])
        self.results = results
        self.variables: dict[int, str] = {}  # by the id of a term
        self.constants: dict[str, Any] = {}  # arrays with a name of their own, by that name
        self.uses: Counter[int] = Counter()
        for term in self.live:
            for i, x in enumerate(term.operands):
                self.uses[id(x)] += term.form.count(f"{{{i}}}")
        self.wanted: dict[int, Unit] = {}
        for unit in units:
            first = self.wanted.setdefault(id(unit.term), unit)
            if unit.name and not first.name and unit.stem == first.stem:  # of one half
                self.wanted[id(unit.term)] = unit
        named = any(unit.name and unit.stem == "v" and unit.term.form for unit in units)
        self.owning = {id(result.term) for result in results if result.term.form}
        self.owning.update(id(term) for term in self.live if self._owns(term, named))
        self._divide()

    def _owns(self, term: Any, named: bool) -> bool:
        """Whether a term gets a line of its own."""
        if not term.form or (term.form in _FREE and term.operands[0].form not in _FREE):
            return False
        unit = self.wanted.get(id(term))
        if self.uses[id(term)] > 1:
            return True
        return unit is not None and (not named or (bool(unit.name) and unit.stem == "v"))

    def _divide(self) -> None:
        """Give lines to parts of what would be too long for one."""
        length: dict[int, int] = {}  # of a term's text, where it stands inside another
        for term in self.live:
            unit = self.wanted.get(id(term))
            name = len(unit.name) if unit and unit.name else 3
            inside = {id(x): length[id(x)] for x in term.operands if id(x) not in self.owning}
            full = len(term.form) + sum(length[id(x)] - 3 for x in term.operands)
            while full > WIDTH - 7 - _COMMENT - name and max(inside.values(), default=0) > _SHORT:
                longest = max(inside, key=lambda i: inside[i])
                self.owning.add(longest)
                full -= inside.pop(longest) - 3
                length[longest] = 3
            if not term.form:  # a name or a number: not to be divided
                length[id(term)] = min(_SHORT, len(_atom(term, self)))
            else:
                length[id(term)] = name if id(term) in self.owning else full

    def printed(self) -> Printed:
        """The lines, and the names of the results."""
        for term in self.live:  # wanted names first, so that no number takes one
            unit = self.wanted.get(id(term))
            if id(term) in self.owning and unit is not None and unit.name:
                self.variables[id(term)] = self.names.taken(unit.name)
        for term in self.live:
            if term.is_constant and len(_atom(term, self)) > _LONG:
                constant = self.names.taken(self.known.get(id(term.example), "data"))
                self.variables[id(term)] = constant
                self.constants[constant] = term.example
        lines = []
        for term in self.live:
            if id(term) in self.owning:
                unit = self.wanted.get(id(term))
                name = self.variables.get(id(term))
                text = self.text(term)
                name = name or self.names.numbered(
                    unit.stem if unit else "d" if term.made_by else "v"
                )
                self.variables[id(term)] = name
                lines.append(Line(term.order, name, text, term.made_by))
        return Printed(lines, [self._result(result, lines) for result in self.results])

    def _result(self, result: Result, lines: list[Line]) -> str:
        """The name of a result; of a gradient that is something else too, on a line of its own."""
        found = self.atom(result.term)
        unit = self.wanted.get(id(result.term))
        own = unit is not None and unit.name == result.name and id(result.term) in self.variables
        if own or not result.name:
            return found
        name = self.names.taken(result.name)
        lines.append(Line(result.place, name, found, result.by))
        return name

    # --- text ---

    def atom(self, term: Any) -> str:
        """The name of a term that has one, or its number."""
        return self.variables.get(id(term)) or _atom(term, self)

    def text(self, term: Any) -> str:
        """The right-hand side of a term's line."""
        return ast.unparse(self._expression(term))

    def _expression(self, term: Any) -> ast.expr:
        operands = []
        for x in term.operands:
            if x.form and id(x) not in self.owning:
                operands.append(self._expression(x))
            else:
                operands.append(parsed(self._operand(x, term)))
        return filled(term.form, operands)

    def _operand(self, x: Any, term: Any) -> str:
        """An operand's name or number, a whole number without a point where that is the same."""
        c = x.example
        if x.is_constant and type(c) is float and c.is_integer() and abs(c) < 1e15:
            others = [y for y in term.operands if y is not x and not y.is_constant]
            if (
                (term.form in _INFIX or term.form.startswith(("np.maximum(", "np.minimum(")))
                and math.copysign(1, c) == (1 if c >= 0 else -1)
                and any(_is_float(y.example) for y in others)
            ):
                return str(int(c))
        return self.atom(x)


def _is_float(example: Any) -> bool:
    return type(example) is float or getattr(example, "dtype", np.dtype(bool)).kind == "f"


# --- constants ---


def _atom(term: Any, printer: Any) -> str:
    """The name of an input, or the text of a constant."""
    if term.name:
        return str(term.name)
    return constant_text(term.example, printer.numbers)


def constant_text(c: Any, numbers: bool) -> str:
    """A constant as Python text, every digit of it; of `math` in a program of numbers."""
    if isinstance(c, np.ndarray | np.generic):
        return array_text(c)
    if isinstance(c, float) and not math.isfinite(c):
        of = "" if numbers else "np."
        return f"{of}nan" if c != c else f"{of}inf" if c > 0 else f"-{of}inf"
    return repr(c)


def array_text(x: Any) -> str:
    """An array (or a number of NumPy's) as Python text, every digit of it.

    >>> array_text(np.zeros((2, 3))), array_text(np.array([1.5, 2.0]))
    ('np.zeros((2, 3))', 'np.array([1.5, 2.0])')
    """
    x = np.asarray(x)
    dtype = "" if x.dtype in (np.float64, np.int64, bool) else f", dtype=np.{x.dtype.name}"
    if x.ndim == 0:
        return f"np.{x.dtype.name.replace('bool', 'bool_')}({_number(x[()])})"
    shape = x.shape[0] if x.ndim == 1 else x.shape
    flat = x.reshape(-1)
    if not x.size:
        return f"np.zeros({shape}{dtype or f', dtype=np.{x.dtype.name}'})"
    if x.size > 1 and (flat == flat[0]).all() and x.dtype == np.float64:
        if flat[0] in (0, 1) and not np.signbit(flat).any():
            return f"np.{'ones' if flat[0] else 'zeros'}({shape})"
        return f"np.full({shape}, {_number(flat[0])})"
    return f"np.array({_listed(x)}{dtype})"


def _listed(x: Any) -> str:
    if x.ndim == 0:
        return _number(x[()])
    return f"[{', '.join(_listed(part) for part in x)}]"


def _number(x: Any) -> str:
    """A number of NumPy's as text that is read as the same number."""
    if x.dtype.kind == "f" and not np.isfinite(x):
        return "np.nan" if np.isnan(x) else "np.inf" if x > 0 else "-np.inf"
    return str(x) if x.dtype == np.float32 else repr(x.item())


# --- the function around the lines ---


def wrapped(start: str, parts: list[str], end: str) -> list[str]:
    """`start` a, b, c `end` on one line, or on several in brackets."""
    one = start + ", ".join(parts) + end
    if len(one) <= WIDTH:
        return [one]
    inside = textwrap.wrap(", ".join(parts), WIDTH - 8, break_long_words=False)
    bracket = "" if start.endswith("(") else "("
    return [
        start + bracket,
        *(f"        {line}" for line in inside),
        f"    {')' if bracket else ''}{end}",
    ]


def assignments(lines: list[Line], comments: bool) -> list[str]:
    """Lines of the body; comments, the ops, stand in one column where that is not far away."""
    texts = [f"    {line.name} = {line.text}" for line in lines]
    if not comments:
        return texts
    column = max([len(text) for text in texts if len(text) <= 60], default=0)
    return [
        f"{text:<{column}}  # {line.by}" if line.by else text
        for text, line in zip(texts, lines, strict=True)
    ]
