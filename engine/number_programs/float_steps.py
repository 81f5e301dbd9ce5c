"""A graph of numbers as steps in a row: forward, then backward in the order of Values."""

from __future__ import annotations

import ast
import functools
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..core import PYTHON_RAISES
from ..graph import toposort, visit
from ..symbols import FLOAT, Symbol
from ..writing import (
    ADD,
    FUNCTIONS,
    Helpers,
    Recipe,
    RuleOp,
    constant_text,
    function_of,
)
from .recipes import INTEGER, answers, decides, form_of, rules_of

#: Values are numbered: steps from 0 on, inputs and constants below (as `writing.repeats` has them).
LEAF = -2
CONSTANT = -(1 << 40)
#: Ops from which on a program is written with loops.
LONG = 40


class Steps:
    """Steps under construction.

    Attributes:
        forms, reads: of each step its text with places, and the values in these.
        names, ops, of: what it would like to be called, the op it is part of, and in the backward
            half the value whose rule it is part of.
        constants: numbers that are the same in each call.
        half: how many steps the forward half has.
    """

    def __init__(self, inputs: Sequence[Symbol], helpers: Helpers, long: bool) -> None:
        self.helpers, self.long = helpers, long
        self.forms: list[str] = []
        self.reads: list[tuple[int, ...]] = []
        self.names: list[str] = []
        self.ops: list[str] = []
        self.of: list[int] = []
        self.constants: list[Any] = []
        self.half = 0
        self.at: dict[Symbol, int] = {x: LEAF - k for k, x in enumerate(inputs)}
        self._constant_at: dict[str, int] = {}
        self._known: dict[Any, int] = {}
        self._truths: set[int] = set()  # values that are no floats
        self._usual: dict[Any, Recipe | None] = {}  # without parameters, of floats
        self._node: Any = None  # whose steps these are
        self._op, self._of, self._folds = "", -1, not long

    # --- values ---

    def constant(self, x: Any) -> int:
        """The number of a constant."""
        text = constant_text(x, numbers=True)
        if text not in self._constant_at:
            self._constant_at[text] = CONSTANT - len(self.constants)
            self.constants.append(x)
            if type(x) is not float:
                self._truths.add(self._constant_at[text])
        return self._constant_at[text]

    def value(self, x: Any) -> int:
        """The number of what a node is, or of a constant as a float."""
        if isinstance(x, Symbol):
            return self.at[x]
        return self.constant(float(x))

    def example(self, value: int) -> Any:
        """The number that a constant is."""
        return self.constants[CONSTANT - value]

    # --- forward ---

    def forward(self, order: Sequence[Symbol]) -> None:
        """The steps of nodes, in an order in which all that is read is made before."""
        for node in order:
            if node not in self.at:
                self._node = node
                self.at[node] = made = self._result(node)
                if node.label and made >= 0 and not self.names[made]:
                    self.names[made] = node.label

    def _result(self, node: Any) -> int:
        if node.op is None:
            return self.constant(_plain(node._held))
        reads = self._inputs(node)
        if max(reads) <= CONSTANT:
            return self.constant(_plain(node._held))
        recipe = self._recipe(form_of, node, reads)
        if recipe is None:
            return self._call(node.op, node.params, reads)
        return next(self._results(recipe, reads, recipe.results))

    def _inputs(self, node: Any) -> list[int]:
        """What a node is made of."""
        op, at = node.op, self.at
        return [
            at[x] if type(x) is Symbol
            else self.constant(_plain(x) if answers(op) else float(x))
            for x in node.inputs
        ]  # fmt: skip

    def _recipe(self, of: Any, node: Any, reads: Sequence[int]) -> Recipe | None:
        """The form or the rules of a node's op, decided by constants if it is by numbers."""
        op, params, truths = node.op, node._params, self._truths
        key = of, op, len(reads)
        usual = not params and (not truths or truths.isdisjoint(reads))
        if usual and key in self._usual:
            return self._usual[key]
        found: Recipe | None
        if decides(op, len(reads), params):
            usual = False
            numbers = [self.example(v) if v <= CONSTANT else FLOAT for v in reads]
            found = of(op, tuple(numbers), params)
            if found is not None:
                return found
        found = of(op, tuple([INTEGER if v in truths else FLOAT for v in reads]), params)
        if usual:
            self._usual[key] = found
        return found

    def _call(self, op: Any, params: Any, reads: Sequence[int]) -> int:
        """A step that calls an op, whose text is printed above."""
        name = self.helpers.number(op, dict(params), None)
        places = ", ".join(f"{{{i}}}" for i in range(len(reads)))
        return self._new((), f"{name}({places})", tuple(reads))

    # --- backward ---

    def backward(self, root: Symbol) -> dict[Symbol, int]:
        """The steps of the gradients of root, and of each node the number of its gradient.

        What no gradient flows to is not walked through, as it is no Value.
        """
        self.half = len(self.forms)
        found = {root: self.constant(1.0)}
        order: list[Any] = []
        visit(root, {x for x in toposort(root) if not x.requires_grad}, order)
        for node in reversed(order):
            g = found.get(node)
            if g is None or node.op is None:
                continue
            self._node, self._op, self._of = node, node.op.name, self.at[node]
            self._folds = not self.long or g <= CONSTANT
            inputs = node.inputs
            flows = [type(x) is Symbol and x.requires_grad for x in inputs]
            parts = self._pulled(node, g, flows)
            flown = [x for x, flow in zip(inputs, flows, strict=True) if flow]
            for x, part in zip(flown, parts, strict=True):
                found[x] = self.step(ADD, (found[x], part)) if x in found else part
        return found

    def _pulled(self, node: Any, g: int, flows: Sequence[bool]) -> Iterator[int]:
        """What those edges of a node carry to which a gradient flows, one after the other."""
        op = node.op
        reads = self._inputs(node)
        recipe = self._recipe(rules_of, node, reads)
        reads = [g, self.at[node], *reads]
        if recipe is not None:
            wanted = recipe.results
            if not all(flows):
                wanted = [r for r, flow in zip(wanted, flows, strict=True) if flow]
            return self._results(recipe, reads, wanted)
        edges = [i for i, flow in enumerate(flows) if flow]
        return (self._call(RuleOp(op, i, len(reads)), node.params, reads) for i in edges)

    # --- steps ---

    def _results(
        self, recipe: Recipe, given: Sequence[int], results: Sequence[Any]
    ) -> Iterator[int]:
        """Results of a recipe, one after the other: no steps are made before they are needed."""
        found = [*given]
        for result in results:
            if not isinstance(result, int):
                yield self.constant(result[1])
                continue
            while len(found) <= result:
                form, refs = recipe.steps[len(found) - recipe.count]
                reads = [found[r] if isinstance(r, int) else self.constant(r[1]) for r in refs]
                found.append(self.step(form, tuple(reads)))
            yield found[result]

    def step(self, form: str, reads: tuple[int, ...]) -> int:
        """The value of a form of values; folded where that is the same to the last bit.

        Where steps are to be alike, what two nodes do with one number is not one step: that their
        numbers are equal is chance.  Nor are products within a neuron, a node of many inputs.
        """
        constant = [v <= CONSTANT for v in reads]
        if all(constant):
            try:
                found = function_of(form)(*map(self.example, reads))
            except PYTHON_RAISES:
                pass  # it will raise in each call, and the caller knows what to do
            else:
                if type(found) is not complex:
                    return self.constant(found)
        if self._folds and form in _NEUTRAL:
            if self._is_one(reads[1]) and reads[0] not in self._truths:
                return reads[0]
            if form == "{0} * {1}" and self._is_one(reads[0]) and reads[1] not in self._truths:
                return reads[1]
        key: Any = (form, reads)
        if self.long and any(constant):
            neuron = form == "{0} * {1}" and len(self._node.inputs) > 2
            key = object() if neuron else (self._node, key)
        return self._new(key, form, reads)

    def _is_one(self, value: int) -> bool:
        return value <= CONSTANT and bool(self.example(value) == 1)

    def _new(self, key: Any, form: str, reads: tuple[int, ...]) -> int:
        known = self._known.get(key or (form, reads))
        if known is None:
            known = self._known[key or (form, reads)] = len(self.forms)
            self.forms.append(form)
            self.reads.append(reads)
            self.names.append("")
            self.ops.append(self._op)
            self.of.append(self._of)
            if not _is_float(form, tuple([v not in self._truths for v in reads])):
                self._truths.add(known)
        return known


_NEUTRAL = {"{0} * {1}", "{0} / {1}", "{0} ** {1}"}


def _plain(x: Any) -> Any:
    """A constant as Python's number: a truth, or a float."""
    return bool(x) if isinstance(x, bool | np.bool_) else float(x)


@functools.lru_cache(10_000)
def _is_float(form: str, floats: tuple[bool, ...]) -> bool:
    """Whether a form is a float for certain, where these of its places are floats."""

    def is_float(code: ast.expr) -> bool:
        if isinstance(code, ast.Set):
            place: Any = code.elts[0]
            return floats[place.value]
        if isinstance(code, ast.BinOp):
            return is_float(code.left) or is_float(code.right)
        if isinstance(code, ast.IfExp):
            return is_float(code.body) and is_float(code.orelse)
        if isinstance(code, ast.UnaryOp) and isinstance(code.op, ast.USub):
            return is_float(code.operand)
        if isinstance(code, ast.Call):
            function = FUNCTIONS.get(ast.unparse(code.func), float)
            return function in _ALWAYS_FLOATS or all(map(is_float, code.args))
        return isinstance(code, ast.Constant) and type(code.value) is float

    return is_float(ast.parse(form, mode="eval").body)


_ALWAYS_FLOATS = {float, math.exp, math.log, math.tanh, math.sqrt}
