"""Ops as terms, of arrays or of numbers: what a row computes, its own functions say."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..core import PYTHON_RAISES
from ..graph import visit
from ..node import Node
from ..symbols import LiftedOp, Question, unheard
from .array_terms import ArrayTerm, as_term, made, recorded
from .folding import uniform
from .scalar_terms import FUNCTIONS, number_term, recipe_of
from .standalone import Helpers
from .terms import LooksAtNumbers, Program, Term, key_of
from .walk import RuleOp


class Tier:
    """Writes nodes down as terms, each once."""

    #: Names that the text may need for something else than variables.
    reserved: frozenset[str] = frozenset()

    def __init__(self, helpers: Helpers, kind: type[Term]) -> None:
        self.program = Program(kind)
        self.helpers = helpers
        self.terms: dict[Any, Any] = {}
        self.seen: set[Any] = set()

    def input(self, x: Any) -> None:
        """Let the node x stand for what the text's function is given by the name of x's label."""
        self.terms[x] = self.program.input(x.label, x._held)
        self.seen.add(x)

    def term(self, x: Any) -> Any:
        """The term of a node, and of what it depends on; a constant for what is none."""
        if not isinstance(x, Node):
            return self.constant(x)
        if x not in self.terms:
            order: list[Any] = []
            visit(x, self.seen, order)
            for node in order:
                self.terms[node] = self._of(node)
        return self.terms[x]

    def _of(self, node: Any) -> Any:
        if node.op is None:
            return self.constant(node._held)
        operands = [self.term(x) for x in node.inputs]
        if all(x.is_constant for x in operands):
            return self.constant(node._held)
        return self.result(node, operands, dict(node.params))

    def constant(self, x: Any) -> Any:
        """The term of numbers that are the same whatever the inputs are."""
        return self.program.constant(x)

    #: result(node, operands, params), of each tier: the term of an op's result.
    result: Any


class ArrayTier(Tier):
    """Arrays: an op is what its forward asks NumPy for."""

    def __init__(self, helpers: Helpers) -> None:
        super().__init__(helpers, ArrayTerm)
        self.program.call = self._called

    def constant(self, x: Any) -> Any:
        """The same; a matrix whose transpose is in the text already is the transpose of that."""
        if isinstance(x, np.ndarray) and x.ndim == 2 and x.dtype.kind == "f":
            turned: Any = self.program.known.get(key_of(x.T))
            if turned is not None and key_of(x) not in self.program.known and uniform(x) is None:
                return turned.T
        return super().constant(x)

    def result(self, node: Any, operands: list[Any], params: dict[str, Any]) -> Any:
        """What forward makes of terms; a call of it, if it looks at numbers."""
        numbers = [type(x.example) in (float, int) for x in operands]
        if node.op.kind != "elementwise" or all(numbers):  # what forward does needs an array
            operands = [
                _of_numpy(x) if number else x for x, number in zip(operands, numbers, strict=True)
            ]
        lifted = isinstance(node.op, LiftedOp)  # NumPy takes no term for an index, terms do
        plain = [x.example if x.is_constant and not lifted else x for x in operands]
        if isinstance(node.op, RuleOp):
            found = self._called(node.op.name, node.op.function, plain, params)
            return found if node.op.part is None else found[node.op.part]
        found = read(node.op.forward, plain, params, self.program)
        if found is None and lifted:
            raise TypeError(
                f"{node.op.name}() looks at the numbers of a parameter that depends on arguments, "
                "so it cannot be written down: give that parameter as a plain value"
            )
        if found is None:
            found = self._called(node.op.name, node.op.forward, plain, params)
        return as_term(found, self.program)

    def _called(self, name: str, function: Any, plain: Any, params: dict[str, Any]) -> Any:
        """The term of a call of a function whose text is printed above."""
        self.program.quiet = True  # around it the row computes what does not overflow there
        with unheard():
            return recorded(function, plain, params, self.helpers.name(name, function))


def _of_numpy(x: Any) -> Any:
    """A number as one of NumPy's, which has a shape and a dtype."""
    return x if x.is_constant else made("np.float64({0})", [x], np.float64)


class ScalarTier(Tier):
    """Numbers: an op is its scalar form, by Python's arithmetic and `math`."""

    reserved = frozenset(FUNCTIONS)

    def __init__(self, helpers: Helpers) -> None:
        super().__init__(helpers, Term)

    def term(self, x: Any) -> Any:
        """The term of a node; of a number of NumPy's that of Python's, which a Value holds too."""
        return super().term(x.item() if isinstance(x, np.generic) else x)

    def result(self, node: Any, operands: list[Any], params: dict[str, Any]) -> Any:
        """The form's terms; where Python raises or gives no float, a call of a function."""
        op = node.op
        recipe = recipe_of(op, len(operands), tuple(params.items()))
        if recipe is not None:
            try:
                found = recipe.term(self.program, operands)
                asks = type(found.example) is bool and isinstance(op, Question)
                if asks or type(found.example) is float:
                    return found
                return number_term(self.program, "float({0})", [found])
            except PYTHON_RAISES:
                pass  # the function says what IEEE 754 does
        code = None if recipe is None else recipe.codes[0]
        name = self.helpers.number(op, params, code)
        places = ", ".join(f"{{{i}}}" for i in range(len(operands)))
        return self.program.term(f"{name}({places})", tuple(operands), node._held)


def read(function: Any, operands: list[Any], params: dict[str, Any], program: Any) -> Any:
    """What a function makes of terms, written down; None if it depends on their numbers.

    It may ask whether a number is finite: then what it says of another finite number has to be the
    same term, and the number is one of the program's `guards`.
    """
    asked: list[Any] = []
    answers: list[Any] = []
    for answer in (None, 0.5, -1e30):

        def seen_as(x: Any, answer: Any = answer) -> float:
            asked.append(x)
            number = float(x.example)
            return number if answer is None or not math.isfinite(number) else answer

        program.seen_as = seen_as
        try:
            with unheard():
                answers.append(function(*operands, **params))
        except LooksAtNumbers:
            return None
        if not asked:
            break
        if program.guards is None:
            return None
    same = all(one is answers[0] for one in answers)
    if not same or not all(math.isfinite(x.example) for x in asked):
        return None
    if program.guards is not None:
        program.guards += asked
    return answers[0]
