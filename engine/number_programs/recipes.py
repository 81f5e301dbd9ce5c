"""What an op and its rules are in Python's arithmetic: steps, found once for an op."""

from __future__ import annotations

import ast
import functools
from collections.abc import Mapping
from typing import Any

from ..core import Op
from ..symbols import FLOAT, Names, Question, Term, followed
from ..writing import FUNCTIONS, PLACE, Recipe

INTEGER = "integer"  # of Terms: whole numbers, and truths
#: Forms that are floats where what they read is.
FLOATS = {"{0} + {1}", "{0} - {1}", "{0} * {1}", "{0} / {1}", "-{0}"}


class FlatRecipe:
    """A `Recipe` whose steps read places only: of inputs, then constants, then steps.

    Attributes:
        constants: what stands behind the inputs.
        count: how many places come before those of steps.
        steps: each a form, and the places of what it reads.
        results: places.
        edges: of each result the step to it, None if that is the first input itself; None in all
            if it takes more than one step to one of them, or none.
    """

    def __init__(self, recipe: Recipe) -> None:
        refs = [ref for _, refs in recipe.steps for ref in refs] + recipe.results
        names = list(dict.fromkeys(ref[0] for ref in refs if isinstance(ref, tuple)))
        known = dict(ref for ref in refs if isinstance(ref, tuple))
        self.constants = [known[name] for name in names]
        self.count = recipe.count + len(names)

        def place(ref: Any) -> int:
            if isinstance(ref, tuple):
                return recipe.count + names.index(ref[0])
            return ref if ref < recipe.count else ref + len(names)

        self.steps = [(form, [*map(place, refs)]) for form, refs in recipe.steps]
        self.results = [*map(place, recipe.results)]
        self.edges = None if self.constants else self._edges()

    def _edges(self) -> list[Any] | None:
        edges: list[Any] = []
        for result in self.results:
            step = self.steps[result - self.count] if result >= self.count else None
            if result > 0 and (step is None or max(step[1]) >= self.count):
                return None
            edges.append(step)
        return edges


_known: dict[Any, Any] = {}


def form_of(op: Op, given: tuple[Any, ...], params: Mapping[str, Any]) -> FlatRecipe | None:
    """The steps of an op, of which one gives its result; None if it can only be called.

    Args:
        op: what is applied.
        given: for each input its kind, as `FLOAT`; or its number, if that is to be decided by.
        params: the op's parameters.

    >>> import engine
    >>> form_of(engine.reciprocal, (FLOAT,), {}).steps
    [('{0} / {1}', [1, 0])]
    """
    key = (op, "form", repr(given), repr(params) if params else "")
    if key not in _known:

        def write(maker: Term, places: list[Any]) -> list[Term]:
            found = maker.of(_form(op, places, params))
            return [found if answers(op) else found.sure()]

        _known[key] = _recipe(write, given)
    return _known[key]


def rules_of(op: Op, given: tuple[Any, ...], params: Mapping[str, Any]) -> FlatRecipe | None:
    """The steps of an op's rules, whose results are what the edges to its inputs carry.

    Their inputs are the upstream gradient, the op's result, and the inputs of the op.

    >>> import engine
    >>> recipe = rules_of(engine.mul, (FLOAT, FLOAT), {})
    >>> recipe.steps, recipe.results
    ([('{0} * {1}', [0, 3]), ('{0} * {1}', [0, 2])], [4, 5])
    """
    key = (op, "rules", repr(given), repr(params) if params else "")
    if key not in _known:

        def write(maker: Term, places: list[Any]) -> list[Term]:
            return [maker.of(x).sure() for x in _rules(op, places, params)]

        _known[key] = _recipe(write, (FLOAT, FLOAT, *given))
    return _known[key]


def decides(op: Op, count: int, params: Mapping[str, Any]) -> bool:
    """Whether a number among an op's inputs says what it is: `x ** 0.5` may be complex.

    >>> import engine
    >>> decides(engine.pow, 2, {}), decides(engine.mul, 2, {})
    (True, False)
    """
    key = (op, "decides", count)
    if key not in _known:
        names = Names()
        try:
            found = _form(op, [Term.named(f"{PLACE}{i}", names) for i in range(count)], params)
        except Exception:  # as below
            _known[key] = False
        else:
            _known[key] = found.kind not in (FLOAT, INTEGER)
    return bool(_known[key])


def _recipe(write: Any, given: tuple[Any, ...]) -> FlatRecipe | None:
    names = Names(cuts=True)
    places = [
        Term.named(f"{PLACE}{i}", names, x) if isinstance(x, str) else x
        for i, x in enumerate(given)
    ]
    try:
        codes = [x.code for x in write(Term.named("", names), places)]
    except Exception:  # whatever a function does not do with a name: it is called
        return None
    if any(FUNCTIONS.get(name) is not x for name, x in names.known.items()):
        return None
    parts = [code for _, code in names.parts.values()]
    return FlatRecipe(Recipe(codes, len(given), parts))


def _form(op: Op, places: list[Any], params: Mapping[str, Any]) -> Any:
    """What an op is, of names."""
    scalar: Any = op.scalar or op.forward
    return followed(scalar, *places, **params)


def answers(op: Op) -> bool:
    """Whether an op answers with a truth, not with a float, as comparisons do."""
    return isinstance(op, Question)


def _rules(op: Op, places: list[Any], params: Mapping[str, Any]) -> list[Any]:
    """What the edges to the inputs of an op carry, of names."""
    if op.vjp_all is not None:
        return list(followed(op.vjp_all, *places, **params))
    rules = [op.rule(i) for i in range(len(places) - 2)]
    return [0.0 if rule is None else followed(rule, *places, **params) for rule in rules]


@functools.lru_cache(10_000)
def is_float(form: str, floats: tuple[bool, ...]) -> bool:
    """Whether a form is a float for certain, where these of its places are floats."""

    def known(code: ast.expr) -> bool:
        if isinstance(code, ast.Set):
            place: Any = code.elts[0]
            return floats[place.value]
        if isinstance(code, ast.BinOp):
            return known(code.left) or known(code.right)
        if isinstance(code, ast.IfExp):
            return known(code.body) and known(code.orelse)
        if isinstance(code, ast.UnaryOp) and isinstance(code.op, ast.USub):
            return known(code.operand)
        if isinstance(code, ast.Call):
            return True  # what is no float is made one, by `float`
        return isinstance(code, ast.Constant) and type(code.value) is float

    return known(ast.parse(form, mode="eval").body)
