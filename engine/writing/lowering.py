"""Ops as terms: a row's own forward, run on terms, says what it computes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..graph import visit
from ..node import Node
from .array_terms import ArrayTerm, as_term, recorded
from .standalone import Helpers
from .terms import LooksAtNumbers, Program
from .walk import RuleOp


class ArrayTier:
    """Writes nodes down as terms of arrays, each once."""

    def __init__(self, helpers: Helpers) -> None:
        self.program = Program(ArrayTerm)
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
            return self.program.constant(x)
        if x not in self.terms:
            order: list[Any] = []
            visit(x, self.seen, order)
            for node in order:
                self.terms[node] = self._of(node)
        return self.terms[x]

    def _of(self, node: Any) -> Any:
        if node.op is None:
            return self.program.constant(node._held)
        operands = [self.term(x) for x in node.inputs]
        if all(x.is_constant for x in operands):
            return self.program.constant(node._held)
        plain = [x.example if x.is_constant else x for x in operands]
        params = dict(node.params)
        if isinstance(node.op, RuleOp):
            found = self._called(node.op.name, node.op.function, plain, params)
            return found if node.op.part is None else found[node.op.part]
        found = read(node.op.forward, plain, params, self.program)
        if found is None:
            found = self._called(node.op.name, node.op.forward, plain, params)
        return as_term(found, self.program)

    def _called(self, name: str, function: Any, plain: Any, params: dict[str, Any]) -> Any:
        """The term of a call of a function whose text is printed above."""
        with np.errstate(all="ignore"):
            return recorded(function, plain, params, self.helpers.name(name, function))


def read(function: Any, operands: list[Any], params: dict[str, Any], program: Any) -> Any:
    """What a function makes of terms, written down; None if it depends on their numbers.

    It may ask whether a number is finite: then what it says of another finite number has to be the
    same term.
    """
    asked: list[float] = []
    answers: list[Any] = []
    for answer in (None, 0.5, -1e30):

        def seen_as(x: Any, answer: Any = answer) -> float:
            asked.append(float(x))
            return float(x) if answer is None or not math.isfinite(x) else answer

        program.seen_as = seen_as
        try:
            with np.errstate(all="ignore"):
                answers.append(function(*operands, **params))
        except LooksAtNumbers:
            return None
        if not asked:
            break
    same = all(one is answers[0] for one in answers) and all(map(math.isfinite, asked))
    return answers[0] if same else None
