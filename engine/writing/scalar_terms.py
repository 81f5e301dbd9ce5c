"""Terms of numbers: an op's scalar form (see `engine.symbols.scalars`), taken apart into steps.

What is computed in any case is a step of its own, so that it is computed once; what stands in one
branch of a choice only stays there, for it may raise where the branch is not taken.
"""

from __future__ import annotations

import ast
import functools
import math
import re
from collections.abc import Sequence
from typing import Any

from ..core import PYTHON_RAISES, Op
from ..symbols import PART, Names as Known, Question, Term as Form, Untraceable, followed
from .terms import Program

PLACE = "place_"  # and a number: the name of what stands in a place
#: What forms may call: functions that Python has anyway, and those of math.
BUILT_IN: dict[str, Any] = {"float": float, "abs": abs}
FUNCTIONS: dict[str, Any] = {
    name: x for name, x in vars(math).items() if callable(x) or name in ("inf", "nan")
} | BUILT_IN


def recipe_of(op: Op, count: int, params: tuple[tuple[str, Any], ...]) -> Recipe | None:
    """The steps of an op's scalar form; None if that cannot be written down."""
    return _recipe_of(op, count, params, repr(params))


@functools.lru_cache(10_000)
def _recipe_of(op: Op, count: int, params: Any, _exactly: str) -> Recipe | None:
    """The same; 0.0 and -0.0, or 1 and 1.0, are not the same parameter by their text."""
    code = _form_of(op, count, params)
    return None if code is None else Recipe([code], count)


def _form_of(op: Op, count: int, params: tuple[tuple[str, Any], ...]) -> ast.expr | None:
    known = Known()
    places = [Form.named(f"{PLACE}{i}", known) for i in range(count)]
    if op.infix and isinstance(op, Question):  # a comparison
        return ast.parse(f"{PLACE}0 {op.symbol} {PLACE}1", mode="eval").body
    try:
        scalar: Any = op.scalar
        found = places[0].of(followed(scalar, *places, **dict(params)))
    except (Untraceable, *PYTHON_RAISES, AttributeError, LookupError):
        return None
    writable = all(FUNCTIONS.get(name) is x for name, x in known.known.items())
    return found.code if writable else None


#: What a step reads: the number of an input or, counted on from there, of a step; or a constant,
#: as its text and itself.
Ref = int | tuple[str, Any]


class Recipe:
    """Expressions as steps, each a form and what stands in its places; found once for an op.

    >>> import engine
    >>> recipe = recipe_of(engine.silu, 1, ())
    >>> recipe.steps[:2], recipe.results
    ([('-{0}', [0]), ('exp({0})', [1])], [5])
    """

    def __init__(self, codes: list[ast.expr], count: int, parts: Sequence[ast.expr] = ()) -> None:
        self.codes, self.count = codes, count
        self._parts: list[Ref] = []  # what `part_0`, `part_1`, … stand for
        self.steps: list[tuple[str, list[Ref]]] = []
        self._made: dict[str, Ref] = {}  # what is computed in any case, by its text
        for part in parts:
            self._parts.append(self._step(part))
        self.results = [self._step(code) for code in codes]

    def term(self, program: Program, operands: list[Any]) -> Any:
        """The term of the op of these operands; errors are those of `number_term`."""
        found = [*operands]

        def read(ref: Ref) -> Any:
            return found[ref] if isinstance(ref, int) else program.constant(ref[1])

        for form, refs in self.steps:
            found.append(number_term(program, form, [read(ref) for ref in refs]))
        return read(self.results[0])

    def _step(self, code: ast.expr) -> Ref:
        """Where an expression stands that is computed in any case."""
        if isinstance(code, ast.Name) and code.id.startswith(PLACE):
            return int(code.id.removeprefix(PLACE))
        if isinstance(code, ast.Name) and code.id.startswith(PART):
            return self._parts[int(code.id.removeprefix(PART))]
        if isinstance(code, ast.Constant):
            return repr(code.value), code.value
        if isinstance(code, ast.Name):
            return code.id, FUNCTIONS[code.id]
        text = ast.unparse(code)
        if text not in self._made:
            if isinstance(code, ast.IfExp):
                for part in _certain(code):  # of both branches
                    self._step(part)
            refs: list[Ref] = []
            form = ast.unparse(self._shape(code, refs, certain=True))
            self.steps.append((form, refs))
            self._made[text] = self.count + len(self.steps) - 1
        return self._made[text]

    def _shape(self, code: ast.expr, refs: list[Ref], certain: bool) -> ast.expr:
        """An expression with places for what are terms of their own, to which `refs` point."""
        if isinstance(code, ast.IfExp):
            branches = [self._inside(x, refs, False) for x in (code.body, code.orelse)]
            return ast.IfExp(self._inside(code.test, refs, certain), *branches)
        if isinstance(code, ast.BoolOp):
            first, *rest = code.values
            parts = [self._inside(first, refs, certain)]
            return ast.BoolOp(code.op, parts + [self._inside(x, refs, False) for x in rest])
        if isinstance(code, ast.Compare):
            left, right = code.left, code.comparators[0]
            parts = [self._inside(x, refs, certain) for x in (left, right)]
            return ast.Compare(parts[0], code.ops, [parts[1]])
        if isinstance(code, ast.BinOp):
            parts = [self._inside(x, refs, certain) for x in (code.left, code.right)]
            return ast.BinOp(parts[0], code.op, parts[1])
        if isinstance(code, ast.UnaryOp):
            return ast.UnaryOp(code.op, self._inside(code.operand, refs, certain))
        assert isinstance(code, ast.Call)
        return ast.Call(code.func, [self._inside(x, refs, certain) for x in code.args], [])

    def _inside(self, code: ast.expr, refs: list[Ref], certain: bool) -> ast.expr:
        """A part of an expression: the place of a term, or written out."""
        choice = isinstance(code, ast.IfExp | ast.BoolOp | ast.Compare)
        leaf = isinstance(code, ast.Name | ast.Constant)
        if leaf or (certain and not choice) or ast.unparse(code) in self._made:
            ref = self._step(code)
            if ref not in refs:
                refs.append(ref)
            return ast.Set([ast.Constant(refs.index(ref))])
        return self._shape(code, refs, certain)


def _certain(code: ast.expr) -> list[ast.expr]:
    """The parts of an expression that are computed whichever branch is taken."""
    if isinstance(code, ast.IfExp):
        yes, no = ({ast.unparse(x): x for x in _certain(b)} for b in (code.body, code.orelse))
        return _certain(code.test) + [x for text, x in yes.items() if text in no]
    if isinstance(code, ast.BoolOp):
        return _certain(code.values[0])
    if isinstance(code, ast.Compare):
        return [x for part in (code.left, *code.comparators) for x in _certain(part)]
    if isinstance(code, ast.Name | ast.Constant):
        return []
    children = [x for x in ast.iter_child_nodes(code) if isinstance(x, ast.expr)]
    parts = children[1:] if isinstance(code, ast.Call) else children
    return [*(x for part in parts for x in _certain(part)), code]


def number_term(program: Program, form: str, operands: list[Any]) -> Any:
    """The term of a form of numbers; folded where that is the same to the last bit.

    Raises:
        ArithmeticError, ValueError, TypeError: as the form does, on the examples.
    """
    example = function_of(form)(*(x.example for x in operands))
    if all(x.is_constant for x in operands):
        return program.constant(example)
    if form == "{0} & {1}" and any(x.is_constant and x.example is False for x in operands):
        return program.constant(False)
    if type(example) is float and program.folds:
        if form in ("{0} * {1}", "{0} / {1}", "{0} ** {1}") and _one(operands[1], operands[0]):
            return operands[0]
        if form == "{0} * {1}" and _one(operands[0], operands[1]):
            return operands[1]
    return program.term(form, tuple(operands), example)


def _one(x: Any, other: Any) -> bool:
    return bool(x.is_constant and x.example == 1 and type(other.example) is float)


@functools.lru_cache(10_000)
def function_of(form: str) -> Any:
    """The function that a form is."""
    places = sorted(set(re.findall(r"{(\d+)}", form)), key=int)
    text = re.sub(r"{(\d+)}", rf"{PLACE}\1", form)
    return eval(
        f"lambda {', '.join(PLACE + i for i in places)}: {text}", {**FUNCTIONS, "__builtins__": {}}
    )
