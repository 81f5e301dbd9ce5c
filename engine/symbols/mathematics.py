"""Graphs of Symbols as mathematics: products as fractions, choices as cases, functions by name.

Real numbers are meant, not floats: 1 · g is g, g · 0 is 0, and what is equal is a power.  A
comparison among numbers stands in brackets, [a = 0], which are 1 where it holds and 0 elsewhere.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..choices import clip, gelu, sigmoid, where
from ..core import Op
from ..inverses import erf
from ..ops import exp, floor, log, pow, sin, sqrt
from .notations import Notation
from .symbol import Symbol

#: How tightly a piece holds together; OPEN is a function without brackets, as in sin x.
SUM, PRODUCT, OPEN, POWER, ATOM = range(5)

#: Rows that mathematics has no sign for, by what they are short for.
SHORT_FOR: dict[str, Callable[..., Any]] = {
    "square": lambda x: x * x,
    "reciprocal": lambda x: 1 / x,
    "exp2": lambda x: pow(2, x),
    "expm1": lambda x: exp(x) - 1,
    "log1p": lambda x: log(1 + x),
    "hypot": lambda a, b: sqrt(a * a + b * b),
    "floor_divide": lambda a, b: floor(a / b),
    "remainder": lambda a, b: a - b * floor(a / b),
    "logaddexp": lambda a, b: log(exp(a) + exp(b)),
    "xlogy": lambda a, b: a * log(b),
    "softplus": lambda x, beta: log(1 + exp(beta * x)) / beta,
    "logsigmoid": lambda x: log(sigmoid(x)),
    "silu": lambda x: x * sigmoid(x),
    "gelu": lambda x, approximate: (
        gelu.forward(x, "tanh") if approximate == "tanh" else x * (1 + erf(x / math.sqrt(2))) / 2
    ),
    "sinc": lambda x: where(x == 0, 1, sin(math.pi * x) / (math.pi * x)),
    "clip": clip.forward,
}

#: Signs of comparisons, by their names.
RELATIONS = {
    "greater": ">", "greater_equal": "≥", "less": "<", "less_equal": "≤", "equal": "=",
    "not_equal": "≠",
}  # fmt: skip
JOINED = {"logical_and": "∧", "logical_or": "∨"}
CONDITIONS = {*RELATIONS, *JOINED, "logical_not"}
FENCES = {"abs": "||", "floor": "⌊⌋", "ceil": "⌈⌉"}
#: Functions whose name in mathematics is another, with an index.
NAMES = {
    "log": ("ln",), "log2": ("log", "2"), "log10": ("log", "10"), "maximum": ("max",),
    "minimum": ("min",), "fmax": ("max",), "fmin": ("min",), "sigmoid": ("sigma",),
}  # fmt: skip
#: Of no meaning for real numbers.
SILENT = frozenset(["identity", "cast", "getitem"])


LIMIT = 200  # pieces of a formula


class Piece(NamedTuple):
    """A text, and how tightly it holds together."""

    text: str
    strength: int = ATOM


@dataclass
class Product:
    """A sign, a number, and what stands above and below the line of a fraction."""

    negative: bool = False
    number: float = 1.0
    over: list[Piece] = field(default_factory=list)
    under: list[Piece] = field(default_factory=list)


def _op_name(x: Any) -> str:
    return x.op.name if isinstance(x, Symbol) and x.op is not None else ""


class Writer:
    """Graphs of Symbols in one notation."""

    def __init__(self, notation: Notation) -> None:
        self.notation = notation
        self.room = LIMIT
        self.decided: dict[str, bool] = {}  # conditions that hold, or do not, where we are

    def written(self, x: Any) -> Piece:
        """A node or a number, with its sign."""
        negative, piece = self._signed(x)
        return Piece(self._minus(piece), SUM) if negative else piece

    def _minus(self, piece: Piece) -> str:
        return self.notation.row(self.notation.sign("−"), self._bound(piece, PRODUCT))

    def _bound(self, piece: Piece, least: int) -> str:
        """A piece as it stands beside another: in brackets, if that would tear it apart."""
        return piece.text if piece.strength >= least else self.notation.fenced("(", piece.text, ")")

    # --- products ---

    def _signed(self, x: Any) -> tuple[bool, Piece]:
        """Whether there is a minus before it, and what follows."""
        product = Product()
        self._collect(x, product, True)
        if product.number == 0:
            return False, self._number(0)
        return product.negative, self._product(product)

    def _collect(self, x: Any, product: Product, up: bool) -> None:
        """Multiply a product with x, or divide it by x."""
        name = _op_name(x)
        if not isinstance(x, Symbol) or x.is_constant:
            self._constant(float(x._held if isinstance(x, Symbol) else x), product, up)
        elif name in ("mul", "div"):
            self._collect(x.inputs[0], product, up)
            self._collect(x.inputs[1], product, up == (name == "mul"))
        elif name == "neg" or name in SILENT:
            product.negative ^= name == "neg"
            self._collect(x.inputs[0], product, up)
        elif name in SHORT_FOR:
            self._collect(SHORT_FOR[name](*x.inputs, **x.params), product, up)
        else:
            (product.over if up else product.under).append(self._plain(x))

    def _constant(self, x: float, product: Product, up: bool) -> None:
        """Multiply with a number: one that stands for ln 2, say, as that."""
        product.negative ^= x < 0
        x = math.fabs(x)
        if x != round(x, 6):
            fitting = [
                (abs(times - 1), times, over, under)
                for value, over, under in self._known()
                if (times := round(x / value, 6)) and math.isclose(times * value, x, rel_tol=4e-16)
            ]
            if fitting:
                _, x, over, under = min(fitting, key=lambda fit: fit[0])
                product.over += over if up else under
                product.under += under if up else over
        product.number = product.number * x if up else product.number / x

    def _known(self) -> list[tuple[float, list[Piece], list[Piece]]]:
        """Constants: their value, and what is above and below the line."""
        w = self.notation
        pi = w.name("pi")
        two = w.number("2")
        ln2, ln10 = (Piece(w.applied(w.function("ln"), w.number(n)), OPEN) for n in ("2", "10"))
        return [
            (math.log(2), [ln2], []),
            (1 / math.log(2), [], [ln2]),
            (1 / math.log(10), [], [ln10]),
            (1 / math.sqrt(math.pi), [], [Piece(w.root(pi))]),
            (1 / math.sqrt(2 * math.pi), [], [Piece(w.root(w.row(two, w.space, pi)))]),
            (math.sqrt(2 / math.pi), [Piece(w.root(w.fraction(two, pi)))], []),
            (math.sqrt(2), [Piece(w.root(two))], []),
            (1 / math.sqrt(2), [], [Piece(w.root(two))]),
        ]

    def _product(self, product: Product) -> Piece:
        whole, parts = product.number, 1
        if whole % 1 and 64 * whole % 1 == 0:  # a half, a quarter, …
            whole, parts = whole.as_integer_ratio()
        over, under = self._factors(whole, product.over), self._factors(parts, product.under)
        if under:
            sides = self._side(over).text, self._side(under).text
            return Piece(self.notation.fraction(*sides), PRODUCT)
        return self._side(over)

    def _factors(self, number: float, pieces: list[Piece]) -> list[Piece]:
        """Equal ones as a power, functions without brackets last, and the number before all."""
        factors = [
            piece if times == 1 else self._power(piece, self._number(times))
            for piece, times in Counter(pieces).items()
        ]
        factors.sort(key=lambda piece: piece.strength == OPEN)
        return factors if number == 1 else [self._number(number), *factors]

    def _number(self, number: float) -> Piece:
        if not math.isfinite(number):
            return Piece(self.notation.name("infty" if math.isinf(number) else "nan"))
        short = int(number) if number == int(number) and number < 1e6 else number
        return Piece(self.notation.number(str(short)))

    def _side(self, factors: Sequence[Piece]) -> Piece:
        if len(factors) < 2:
            return factors[0] if factors else self._number(1)
        texts = [self._bound(piece, POWER) for piece in factors[:-1]]
        texts.append(self._bound(factors[-1], OPEN))
        spaced = [part for text in texts for part in (text, self.notation.space)]
        return Piece(self.notation.row(*spaced[:-1]), PRODUCT)

    def _power(self, base: Piece, exponent: Piece) -> Piece:
        return Piece(self.notation.power(self._bound(base, ATOM), exponent.text), POWER)

    # --- everything else ---

    def _plain(self, x: Any) -> Piece:
        """A node that is no product."""
        w = self.notation
        self.room -= 1
        if self.room < 0:
            raise ValueError(f"more than {LIMIT} pieces are no formula")
        if x.op is None:
            return Piece(w.name(x.label))
        name = x.op.name
        if name in ("add", "sub"):
            return self._sum(x)
        if name == "pow":
            base, exponent = map(self.written, x.inputs)
            number = not isinstance(x.inputs[0], Symbol)  # 3 (2^x): 3 2^x would be 32^x
            return self._power(base, exponent)._replace(strength=PRODUCT if number else POWER)
        if name == "exp":
            return self._power(Piece(w.name("e")), self.written(x.inputs[0]))
        if name == "sqrt":
            return Piece(w.root(self.written(x.inputs[0]).text))
        if name in FENCES:
            left, right = tuple(FENCES[name])
            return Piece(w.fenced(left, self.written(x.inputs[0]).text, right))
        if name == "where":
            return self._cases(x)
        if name in CONDITIONS:  # 1 where it holds, 0 elsewhere
            return Piece(w.fenced("[", self._condition(x), "]"))
        return self.call(x.op, x.inputs, x.params)

    def call(self, op: Op, inputs: Sequence[Any], params: Any) -> Piece:
        """A function of its inputs, by name."""
        w = self.notation
        pieces = [
            Piece(w.name(str(x))) if isinstance(x, str | None) else self.written(x)
            for x in (*inputs, *params.values())
        ]
        function = w.function(*NAMES.get(op.name, (op.name,)))
        if len(pieces) == 1 and pieces[0].strength == ATOM and op.name != "sigmoid":
            return Piece(w.applied(function, pieces[0].text), OPEN)
        listed = [part for piece in pieces for part in (piece.text, w.sign(","), w.space)]
        return Piece(w.row(function, w.fenced("(", w.row(*listed[:-2]), ")")))

    def _sum(self, x: Any) -> Piece:
        terms: list[tuple[bool, Piece]] = []
        self._terms(x, False, terms)
        first, *rest = terms
        text = self._minus(first[1]) if first[0] else self._bound(first[1], PRODUCT)
        for negative, piece in rest:
            sign = "−" if negative else "+"
            text = self.notation.between(text, sign, self._bound(piece, PRODUCT))
        return Piece(text, SUM)

    def _terms(self, x: Any, flipped: bool, terms: list[tuple[bool, Piece]]) -> None:
        name = _op_name(x)
        if name in ("add", "sub"):
            self._terms(x.inputs[0], flipped, terms)
            self._terms(x.inputs[1], flipped ^ (name == "sub"), terms)
        else:
            negative, piece = self._signed(x)
            terms.append((negative ^ flipped, piece))

    def _cases(self, x: Any) -> Piece:
        """A choice, and the choices it comes to otherwise; what is decided is not asked again."""
        before, rows = self.decided, []
        while _op_name(x) == "where":
            condition, then, other = x.inputs
            when = self._condition(condition)
            if when in self.decided:
                x = then if self.decided[when] else other
                continue
            outside = self.decided
            self.decided = {**outside, when: True}
            rows.append((self.written(then).text, when))
            self.decided = {**outside, when: False}
            x = other
        last = self.written(x)
        self.decided = before
        return Piece(self.notation.cases([*rows, (last.text, "")]), SUM) if rows else last

    def _condition(self, x: Any) -> str:
        """A comparison, or several, as they are said."""
        w = self.notation
        name = _op_name(x)
        if name in RELATIONS:
            a, b = (self.written(side).text for side in x.inputs)
            return w.between(a, RELATIONS[name], b)
        if name == "logical_not":
            return w.row(w.sign("¬"), w.fenced("(", self._condition(x.inputs[0]), ")"))
        if name in JOINED:
            a, b = (self._joined(side, name) for side in x.inputs)
            return w.between(a, JOINED[name], b)
        return self.written(x).text

    def _joined(self, x: Any, name: str) -> str:
        """A condition inside another: in brackets, if it joins by the other word."""
        text = self._condition(x)
        return self.notation.fenced("(", text, ")") if _op_name(x) in {*JOINED} - {name} else text
