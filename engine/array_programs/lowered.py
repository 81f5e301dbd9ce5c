"""Graphs of Symbols as instructions: by the terms that `engine.writing` makes of their ops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..symbols import Symbol
from ..writing import ArrayTier, Helpers, Names, reached
from .forms import instruction_of, stand_in
from .instructions import COPY, Steps, Value


class Lowering(ArrayTier):
    """The terms of a program that is to run on other numbers than the examples.

    A function that asks whether a number is finite is written down for one that is; if `careful`,
    it is called.
    """

    def __init__(self, names: Names, careful: bool) -> None:
        super().__init__(Helpers(names))
        self.names = names
        self.program.exact = True
        self.program.guards = None if careful else []
        self.values: dict[int, Value] = {}  # by the order of their terms

    def given(self, symbols: Sequence[Symbol]) -> list[Value]:
        """Let Symbols stand for arguments, by names of their own."""
        for x in symbols:
            self.terms[x] = self.program.input(self.names.taken(x.label), x._held)
            self.seen.add(x)
        return [self._value(self.terms[x]) for x in symbols]

    def _of(self, node: Any) -> Any:
        if node.op is None and not node.is_constant:
            raise ValueError(f"{node!r:.60} is an input of the program that it was not given")
        return super()._of(node)

    def constant(self, x: Any) -> Any:
        """The term of numbers that never change; of a size that number alone."""
        return super().constant(int(x) if isinstance(x, int) and type(x) is not bool else x)

    def result(self, node: Any, operands: list[Any], params: dict[str, Any]) -> Any:
        """The same, without computing again what the node has as its example."""
        self.program.blank = node.op.kind == "elementwise"
        found = super().result(node, operands, params)
        self.program.blank = False
        if found.form and node.shape:
            found.example = node._held
        return found

    def steps(self, inputs: list[list[Value]], results: list[list[Any]]) -> Steps:
        """The instructions that make each half's results; what is made is not made again."""
        halves, made, guards = [], [], []
        for wanted in results:
            terms = [self.term(x) for x in wanted]
            asked = list(dict.fromkeys(self.program.guards or []))
            order = [x for x in reached(terms + asked) if x.form and x.order not in self.values]
            halves.append([self._instruction(x) for x in order])
            made.append([self._value(x) for x in terms])
            guards.append([self._value(x) for x in asked])
            if asked:
                self.program.guards = []
        for node, term in self.terms.items():
            if node.label and term.order in self.values and not self.values[term.order].name:
                self.values[term.order].name = node.label
        quiet = self.program.quiet or any(node._trace.quiet for node in self.terms)
        return Steps(halves, made, inputs, guards, self.helpers, quiet)

    def _value(self, term: Any) -> Value:
        known = self.values.get(term.order)
        if known is None:
            constant = term.example if term.is_constant else None
            layout = stand_in(term.example) if constant is None else constant
            known = Value(layout, term.name, constant, given=bool(term.name))
            self.values[term.order] = known
        return known

    def _instruction(self, term: Any) -> Any:
        made = instruction_of(term.form, [self._value(x) for x in term.operands], term.example)
        if term.form.partition("(")[0] in self.helpers.with_out and made.result.shape:
            made.kind, made.out = COPY, f"{term.form[:-1]}, out={{out}})"
        self.values[term.order] = made.result
        return made
