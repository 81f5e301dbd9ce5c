"""A graph of numbers as steps in a row: forward, then backward in the order of Values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..core import PYTHON_RAISES
from ..graph import visit
from ..symbols import FLOAT, Symbol
from ..writing import ADD, Helpers, RuleOp, constant_text, function_of
from .recipes import FLOATS, INTEGER, FlatRecipe, answers, decides, form_of, is_float, rules_of

#: Values are numbered: steps from 0 on, inputs and constants below (as `writing.repeats` has them).
LEAF = -2
CONSTANT = -(1 << 40)
#: Ops from which on a program is written with loops.
LONG = 40


class Steps:
    """Steps under construction.

    There may be a million of them: what is done for each is written to be quick.

    Args:
        inputs: of the program.
        helpers: where the text of what is called goes.
        long: whether steps are to be alike where ops are, so that loops are found.

    Attributes:
        forms, reads: of each step its text with places, and the values in these.
        ops: in the backward half, whose rule each is part of.
        names: what steps would like to be called.
        constants: numbers that are the same in each call.
        half: how many steps the forward half has.
    """

    def __init__(self, inputs: Sequence[Symbol], helpers: Helpers, long: bool) -> None:
        self.helpers, self.long = helpers, long
        self.forms: list[str] = []
        self.reads: list[tuple[int, ...]] = []
        self.ops: list[str] = []
        self.names: dict[int, str] = {}
        self.constants: list[Any] = []
        self.half = 0
        self.at: dict[Symbol, int] = {x: LEAF - k for k, x in enumerate(inputs)}
        self._constant_at: dict[Any, int] = {}
        self._known: dict[Any, int] = {}
        self._truths: set[int] = set()  # values that are no floats
        self._usual: dict[Any, FlatRecipe | None] = {}  # without parameters, of floats
        self._short: dict[Any, Any] = {}
        self._numbers: dict[FlatRecipe, list[int]] = {}  # of a recipe's constants
        self._op, self._folds = "", not long

    # --- values ---

    def constant(self, x: Any) -> int:
        """The number of a constant."""
        # as keys, 0.0 is -0.0 and 1 is 1.0 and True
        key = x if type(x) is float and x else constant_text(x, numbers=True)
        found = self._constant_at.get(key)
        if found is None:
            found = self._constant_at[key] = CONSTANT - len(self.constants)
            self.constants.append(x)
            if type(x) is bool:
                self._truths.add(found)
        return found

    def value(self, x: Any) -> int:
        """The number of what a node is, or of a constant as a float."""
        return self.at[x] if isinstance(x, Symbol) else self.constant(float(x))

    # --- forward ---

    def forward(self, order: Sequence[Any]) -> None:
        """The steps of nodes, in an order in which all that is read is made before."""
        at = self.at
        for node in order:
            if node not in at:
                edges = None if self._truths or node.op is None else self._edges(form_of, node)
                if edges is None:
                    made = self._result(node)
                else:
                    reads, (edge,) = self._floats(node), edges
                    if max(reads) <= CONSTANT:
                        made = self.constant(node._held)
                    elif edge is None:
                        (made,) = reads
                    else:
                        made = self.step(edge[0], tuple([reads[i] for i in edge[1]]))
                at[node] = made
                if node.label and made >= 0:
                    self.names.setdefault(made, node.label)
        self.half = len(self.forms)

    def _result(self, node: Any) -> int:
        if node.op is None:
            return self.constant(_plain(node._held))
        reads = self._inputs(node)
        if max(reads) <= CONSTANT:
            return self.constant(_plain(node._held))
        recipe = self._recipe(form_of, node, reads)
        if recipe is None:
            return self._call(node.op, node.params, reads)
        (result,) = recipe.results
        return self._follow(recipe, [*reads, *self._constants(recipe)], result)

    def _edges(self, of: Any, node: Any) -> Any:
        """`FlatRecipe.edges` of a node's op if they are the same for all its nodes."""
        op = node.op
        key = of, op
        if key in self._short:
            return self._short[key]
        usual = not node._params and not op.variadic and not answers(op)
        if not usual or decides(op, op.n_inputs, {}):
            found = None
        else:
            recipe = of(op, (FLOAT,) * op.n_inputs, {})
            found = None if recipe is None else recipe.edges
        self._short[key] = found
        return found

    def _inputs(self, node: Any) -> list[int]:
        """What a node is made of."""
        at = self.at
        return [at[x] if type(x) is Symbol else self._plain(node.op, x) for x in node.inputs]

    def _floats(self, node: Any) -> list[int]:
        """The same, where all of it is floats."""
        at = self.at
        return [at[x] if type(x) is Symbol else self.constant(float(x)) for x in node.inputs]

    def _plain(self, op: Any, x: Any) -> int:
        return self.constant(_plain(x) if answers(op) else float(x))

    def _recipe(self, of: Any, node: Any, reads: Sequence[int]) -> FlatRecipe | None:
        """The form or the rules of a node's op, decided by constants if it is by numbers."""
        op, params, truths = node.op, node._params, self._truths
        usual = not params and (not truths or truths.isdisjoint(reads))
        key = of, op, len(reads)
        if usual and key in self._usual:
            return self._usual[key]
        found: FlatRecipe | None
        if decides(op, len(reads), params):
            usual = False
            found = of(op, tuple([self._example(v, FLOAT) for v in reads]), params)
            if found is not None:
                return found
        found = of(op, tuple([INTEGER if v in truths else FLOAT for v in reads]), params)
        if usual:
            self._usual[key] = found
        return found

    def _example(self, value: int, otherwise: Any = None) -> Any:
        """The number that a constant is."""
        return self.constants[CONSTANT - value] if value <= CONSTANT else otherwise

    def _constants(self, recipe: FlatRecipe) -> list[int]:
        found = self._numbers.get(recipe)
        if found is None:
            found = self._numbers[recipe] = [self.constant(x) for x in recipe.constants]
        return found

    def _call(self, op: Any, params: Mapping[str, Any], reads: Sequence[int]) -> int:
        """A step that calls an op, whose text is printed above."""
        name = self.helpers.number(op, dict(params), None)
        places = ", ".join(f"{{{i}}}" for i in range(len(reads)))
        return self._new(f"{name}({places})", tuple(reads))

    # --- backward ---

    def backward(self, root: Symbol, seed: int, order: Sequence[Any]) -> dict[Symbol, int]:
        """The steps of the gradients of root, and of each node the number of its gradient.

        What no gradient flows to is not walked through, as it is no Value.

        Args:
            root: what gradients are of.
            seed: the number of its own.
            order: all nodes.
        """
        found = {root: seed}
        way: list[Any] = []
        visit(root, {x for x in order if not x.requires_grad}, way)
        for node in reversed(way):
            g = found.get(node)
            if g is None or node.op is None:
                continue
            self._op, self._folds = node.op.name, not self.long or g <= CONSTANT
            edges = None if self._truths else self._edges(rules_of, node)
            if edges is not None:
                self._push(node, g, edges, found)
                continue
            inputs = self._inputs(node)
            recipe = self._recipe(rules_of, node, inputs)
            values = [g, self.at[node], *inputs]
            if recipe is not None:
                values += self._constants(recipe)
            for i, x in enumerate(node.inputs):
                if type(x) is Symbol and x.requires_grad:
                    if recipe is None:
                        part = self._call(RuleOp(node.op, i, len(values)), node.params, values)
                    else:
                        part = self._follow(recipe, values, recipe.results[i])
                    before = found.get(x)
                    found[x] = part if before is None else self.step(ADD, (before, part))
        return found

    def _push(self, node: Any, g: int, edges: Sequence[Any], found: dict[Symbol, int]) -> None:
        """Add what the edges of a node carry, each of which is one step at most."""
        values: list[int] = []
        for x, edge in zip(node.inputs, edges, strict=True):
            if type(x) is Symbol and x.requires_grad:
                part = g
                if edge is not None:
                    form, places = edge
                    values = values or [g, self.at[node], *self._floats(node)]
                    part = self.step(form, tuple([values[i] for i in places]))
                before = found.get(x)
                found[x] = part if before is None else self.step(ADD, (before, part))

    # --- steps ---

    def _follow(self, recipe: FlatRecipe, values: list[int], result: int) -> int:
        """One of a recipe's results: the steps up to it, added to the `values` that are there."""
        for form, places in recipe.steps[len(values) - recipe.count : result + 1 - recipe.count]:
            values.append(self.step(form, tuple([values[i] for i in places])))
        return values[result]

    def step(self, form: str, reads: tuple[int, ...]) -> int:
        """The value of a form of values; folded where that is the same to the last bit."""
        if min(reads) <= CONSTANT:
            return self._beside_constants(form, reads)
        if self.long and form in _CHEAP:
            return self._new(form, reads)
        return self._once((form, reads), form, reads)

    def _beside_constants(self, form: str, reads: tuple[int, ...]) -> int:
        """`step` where one of the values is a constant."""
        if max(reads) <= CONSTANT:
            try:
                found = function_of(form)(*[self.constants[CONSTANT - v] for v in reads])
            except PYTHON_RAISES:
                pass  # it will raise in each call, and the caller knows what to do
            else:
                if type(found) is not complex:
                    return self.constant(found)
        if self._folds and form in _NEUTRAL:
            a, b = reads
            if self._example(b) == 1 and a not in self._truths:
                return a
            if form == "{0} * {1}" and self._example(a) == 1 and b not in self._truths:
                return b
        if self.long:  # that two nodes read the same number is chance
            return self._new(form, reads)
        return self._once((form, reads), form, reads)

    def _once(self, key: Any, form: str, reads: tuple[int, ...]) -> int:
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._new(form, reads)
        return known

    def _new(self, form: str, reads: tuple[int, ...]) -> int:
        made = len(self.forms)
        self.forms.append(form)
        self.reads.append(reads)
        self.ops.append(self._op)
        usual = form in FLOATS and not self._truths
        if not usual and not is_float(form, tuple([v not in self._truths for v in reads])):
            self._truths.add(made)
        return made


_NEUTRAL = {"{0} * {1}", "{0} / {1}", "{0} ** {1}"}
_CHEAP = {"{0} + {1}", "{0} - {1}", "{0} * {1}", "-{0}"}


def _plain(x: Any) -> Any:
    """A constant as Python's number: a truth, or a float."""
    return bool(x) if isinstance(x, bool | np.bool_) else float(x)
