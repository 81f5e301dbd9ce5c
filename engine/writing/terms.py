"""What a program consists of, before it is text: terms, each made only once.

A term is a form, a piece of Python with places for its operands, as `{0} * {1}`; and an example of
its result, for the numbers that the program is written for.  (In the form, `{0}` is also the set
of 0 for Python's parser; that is how `filled` finds the places.)
"""

from __future__ import annotations

import ast
import copy
import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..symbols import is_quiet


class LooksAtNumbers(Exception):
    """A function asks a term for its numbers, or writes into it: it can be called, not read."""


class Term:
    """A step of a program: its form and operands; or an input or a constant, without a form.

    >>> program = Program()
    >>> x = program.input("x", 3.0)
    >>> y = program.term("{0} * {1}", (x, program.constant(2.0)), 6.0)
    >>> y.form, y.example, y is program.term("{0} * {1}", (x, program.constant(2.0)), 6.0)
    ('{0} * {1}', 6.0, True)
    """

    __slots__ = ("example", "form", "made_at", "made_by", "name", "operands", "order", "program")

    form: str
    operands: tuple[Any, ...]
    example: Any
    name: str  # of an input
    order: int  # when it was made: after its operands
    made_by: str  # the op that it is part of
    made_at: Any  # in the backward half, the term whose rule it is part of
    program: Any
    has_numbers = False

    def detach(self) -> Term:
        """What stands for the numbers of this: itself, for a forward is not differentiated."""
        return self

    @property
    def is_constant(self) -> bool:
        """Whether this is the same whatever the inputs are."""
        return not self.form and not self.name


class Program:
    """Terms under construction; the same form of the same operands is the same term."""

    def __init__(self, kind: type[Term] = Term) -> None:
        self.kind = kind
        self.known: dict[Any, Term] = {}
        #: What a term is taken for that is asked for its number.
        self.seen_as: Callable[[Any], float] = lambda x: float(x.example)
        #: The op that is being written down, and whether in the backward half.
        self.op = ""
        self.at: Any = None  # whose rules
        self.backward = False
        #: Whether this is a long program, whose steps are to be alike; whether `1.0 * x` is x.
        self.alike, self.folds = False, True
        #: Whether this runs on other numbers than the examples: nothing is decided by these, but
        #: for `guards`, terms that it is right for as long as they are finite; None allows none.
        self.exact = False
        self.guards: list[Any] | None = []
        #: Whether examples of elementwise results are shape and dtype alone.
        self.blank = False
        #: Whether a function computes some of it without warnings: see `is_quiet`.
        self.quiet = False
        self.node: Any = None  # that is being written down, or whose rules are
        #: call(name, function, operands, params): the term of a call that is not looked into.
        self.call: Any = None

    def term(self, form: str, operands: tuple[Any, ...], example: Any) -> Any:
        """The term of this form and these operands.

        Where steps are to be alike, what two nodes do with one number is not the same term: that
        their numbers are equal is chance, of the data.  Nor are products within a neuron, a node of
        many inputs.
        """
        self.quiet = self.quiet or is_quiet()
        key: tuple[Any, ...] = (form, *map(id, operands))
        if self.alike and any(x.is_constant for x in operands):
            neuron = form == "{0} * {1}" and len(self.node.inputs) > 2
            key = (object(),) if neuron else (self.node, *key)
        return self._made(key, form, operands, example)

    def input(self, name: str, example: Any) -> Any:
        """A term for what is given to the program."""
        made = self._made((object(),), "", (), example)
        made.name = name
        return made

    def constant(self, number: Any) -> Any:
        """A term for a number, or for an array that does not depend on the inputs."""
        return self._made(key_of(number), "", (), number)

    def _made(self, key: Any, form: str, operands: tuple[Any, ...], example: Any) -> Any:
        known = self.known.get(key)
        if known is None:
            known = self.known[key] = self.kind()
            known.form, known.operands, known.example = form, operands, example
            known.name, known.order, known.program = "", len(self.known), self
            known.made_by, known.made_at = self.op, self.at
        return known


def key_of(number: Any) -> Any:
    """What two constants have in common that are the same, to the last bit."""
    if isinstance(number, np.ndarray | np.generic):
        array = np.asarray(number)
        return type(number), array.dtype.str, array.shape, array.tobytes()
    return type(number), repr(number)


def reached(results: list[Any]) -> list[Any]:
    """The terms that results depend on, in the order they were made; no others are needed."""
    seen: dict[int, Any] = {}
    stack = list(results)
    while stack:
        one = stack.pop()
        if id(one) not in seen:
            seen[id(one)] = one
            stack.extend(one.operands)
    return sorted(seen.values(), key=lambda one: one.order)


# --- forms as expressions of Python ---


@functools.lru_cache(10_000)
def parsed(text: str) -> ast.expr:
    """The expression that a text is; not to be changed, for it is kept."""
    return ast.parse(text, mode="eval").body


def filled(form: str, operands: list[ast.expr]) -> ast.expr:
    """A form with expressions in the places of its operands.

    >>> ast.unparse(filled("{0} * {1}", [parsed("a + b"), parsed("c")]))
    '(a + b) * c'
    """
    expression: ast.expr = _Filled(operands).visit(copy.deepcopy(parsed(form)))
    return expression


class _Filled(ast.NodeTransformer):
    """Puts an operand in the place of each set of one number."""

    def __init__(self, operands: list[ast.expr]) -> None:
        self.operands = operands

    def visit_Set(self, node: ast.Set) -> ast.expr:
        place: Any = node.elts[0]
        return self.operands[place.value]
