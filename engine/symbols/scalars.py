"""The scalar form of an op, as Python text: its row's `scalar` and rules, run on names.

A `Term` is an expression in the place of a float.  What Python does with floats, `a * b`, `-x`,
`math.exp(x)`, it writes down; asked for its truth, both answers are followed, and `a if c else b`
comes out.  An op applied to Terms is its own scalar form.  Nobody keeps templates of text.
"""

from __future__ import annotations

import ast
import math
import threading
from collections.abc import Callable, Iterable
from typing import Any

from ..core import Op
from ..node import Node
from ..restoring import Restoring
from .rebinding import NotPure, rebound


class Untraceable(TypeError):
    """Raised where a function does what cannot be written down by name."""


class _Fork(BaseException):
    """Passes through a function that asked for the truth of a Term nobody answered yet."""

    def __init__(self, condition: Term) -> None:
        self.condition = condition


class _Asked(threading.local):
    """The answers to what the functions being followed ask for, the innermost last."""

    def __init__(self) -> None:
        self.answers: list[list[bool]] = []


_ASKED = _Asked()


class _Answering(Restoring):
    """Gives the answers to what one function asks for, while it is followed."""

    def __init__(self, answers: list[bool]) -> None:
        self.answers = answers

    def saved(self) -> Any:
        return _ASKED.answers

    def change(self) -> None:
        _ASKED.answers = [*_ASKED.answers, [*self.answers]]

    def restore(self, saved: Any) -> None:
        _ASKED.answers = saved


_MOST_QUESTIONS = 8  # on one way through a function
_LONG_PART, _LONGEST = 40, 400  # parts: a loop of `x = x * x` doubles them each time

# What is known of a Term's type.  Sums and products of what may be complex are complex, so there
# it is enough to look at the result; anywhere else it is made sure of at once, by float().
FLOAT, INTEGER, UNKNOWN = "float", "integer", "unknown"


PART = "part_"  # and a number


class Names:
    """The functions and constants that a text needs, by name.

    Args:
        known: names that the text has already, and what they mean there.
        taken: names of its own variables.
        quick: whether whole numbers beside floats are to be floats.
        cuts: whether parts of long expressions are to stand for themselves.

    Attributes:
        parts: what the names `part_0`, `part_1`, … stand for, by its text.
    """

    def __init__(
        self,
        known: dict[str, Any] | None = None,
        taken: Iterable[str] = (),
        quick: bool = False,
        cuts: bool = False,
    ) -> None:
        self.known, self.taken, self.quick = dict(known or {}), set(taken), quick
        self.cuts = cuts
        self.parts: dict[str, tuple[str, ast.expr]] = {}

    def part(self, code: ast.expr) -> ast.Name:
        """A name for a part of a long expression."""
        found = f"{PART}{len(self.parts)}", code
        return ast.Name(self.parts.setdefault(ast.unparse(code), found)[0])

    def of(self, x: Any, name: str) -> str:
        """The name of x: as asked for, or with a number where that is another's."""
        free, count = name, 1
        while free in self.taken or self.known.setdefault(free, x) is not x:
            count += 1
            free = f"{name}_{count}"
        return free

    def variable(self, name: str) -> str:
        """The name of a new variable."""
        name = self.of(object(), name)
        del self.known[name]
        self.taken.add(name)
        return name


class Term(Node):
    """An expression in the place of a float, or of a truth.

    >>> from engine import sigmoid
    >>> str(sigmoid(Term.named("x", Names())))
    '1 / (1 + exp(-x))'
    """

    __slots__ = ("code", "kind", "names")

    recorded = False  # what a rule makes of it is a number
    is_float = True

    def __init__(self, code: ast.expr, kind: str, names: Names) -> None:
        size = 1 + sum(getattr(part, "size", 1) for part in ast.iter_child_nodes(code))
        if size > _LONG_PART and names.cuts:
            code, size = names.part(code), 1
        if size > _LONGEST:
            raise Untraceable("an expression that is too long to be one")
        code.size = size  # type: ignore[attr-defined]  # how many parts it is written with
        self.code, self.kind, self.names = code, kind, names

    @classmethod
    def named(cls, name: str, names: Names, kind: str = FLOAT) -> Term:
        """The Term that is a name."""
        return cls(ast.Name(name), kind, names)

    def __str__(self) -> str:
        return ast.unparse(self.code)

    def of(self, x: Any) -> Term:
        """x as a Term: a constant is written down if its text is the same number, else named."""
        if isinstance(x, Term):
            return x
        if x is None or type(x) is str:
            return Term(ast.Constant(x), UNKNOWN, self.names)
        if type(x) in (float, int, bool) and math.isfinite(x):
            size: ast.expr = ast.Constant(abs(x))
            negative = math.copysign(1.0, x) < 0
            code = ast.UnaryOp(ast.USub(), size) if negative else ast.Constant(x)
            return Term(code, FLOAT if type(x) is float else INTEGER, self.names)
        if type(x) is float:
            kind, name = FLOAT, "nan" if x != x else "inf"
            positive = Term(ast.Name(self.names.of(_ONLY[name], name)), kind, self.names)
            return -positive if x < 0 else positive
        return Term(ast.Name(self.names.of(x, "constant")), UNKNOWN, self.names)

    @property
    def is_one(self) -> bool:
        """Whether this is the number 1: what is multiplied or divided by it stays as it is."""
        return isinstance(self.code, ast.Constant) and self.code.value == 1.0

    def beside(self, other: Term) -> Term:
        """This; but a whole number beside a float as a float, for Python is quicker with two."""
        number = getattr(self.code, "value", None)  # of a constant
        if self.names.quick and other.kind == FLOAT and type(number) is int:
            return self.of(float(number))
        return self

    def sure(self) -> Term:
        """This as a float for certain: an integer is made one, and a complex number refused."""
        return self if self.kind == FLOAT else self.call(float, "float", self)

    def decided(self) -> Term:
        """This where an operator other than + - * / takes it."""
        return self.sure() if self.kind == UNKNOWN else self

    def call(self, function: Any, name: str, *args: Any) -> Term:
        """`name(*args)`, a float."""
        called = ast.Name(self.names.of(function, name))
        arguments = [self.of(x) for x in args]
        if function is not float:
            arguments = [x.decided() for x in arguments]
        code = ast.Call(called, [x.code for x in arguments], [])
        return Term(code, FLOAT, self.names)

    def _binary(self, operator: ast.operator, a: Any, b: Any) -> Term:
        a, b = self.of(a), self.of(b)
        if isinstance(operator, ast.Add | ast.Sub | ast.Mult | ast.Div):
            a, b = a.beside(b), b.beside(a)
        kinds = {a.kind, b.kind}
        if kinds == {FLOAT} and isinstance(operator, ast.Mult) and a.is_one:
            return b
        if kinds == {FLOAT} and isinstance(operator, ast.Mult | ast.Div) and b.is_one:
            return a
        if isinstance(operator, ast.Pow):
            exponent = b.code.operand if isinstance(b.code, ast.UnaryOp) else b.code
            whole = isinstance(exponent, ast.Constant) and exponent.value % 1 == 0  # type: ignore[operator]
            kind = FLOAT if a.kind == FLOAT and whole else UNKNOWN
        elif not isinstance(operator, ast.Add | ast.Sub | ast.Mult | ast.Div):
            a, b = a.decided(), b.decided()
            kind = INTEGER if kinds == {INTEGER} else FLOAT
        elif isinstance(operator, ast.Div) and UNKNOWN not in kinds:
            kind = FLOAT
        else:
            kind = next(k for k in (UNKNOWN, FLOAT, INTEGER) if k in kinds)
        return Term(ast.BinOp(a.code, operator, b.code), kind, self.names)

    def _compared(self, operator: ast.cmpop, other: Any) -> Term:
        a, b = self.decided(), self.of(other).decided()
        a, b = a.beside(b), b.beside(a)
        return Term(ast.Compare(a.code, [operator], [b.code]), INTEGER, self.names)

    def __add__(self, other: Any) -> Any:
        return self._binary(ast.Add(), self, other)

    def __radd__(self, other: Any) -> Any:
        return self._binary(ast.Add(), other, self)

    def __sub__(self, other: Any) -> Any:
        return self._binary(ast.Sub(), self, other)

    def __rsub__(self, other: Any) -> Any:
        return self._binary(ast.Sub(), other, self)

    def __mul__(self, other: Any) -> Any:
        return self._binary(ast.Mult(), self, other)

    def __rmul__(self, other: Any) -> Any:
        return self._binary(ast.Mult(), other, self)

    def __truediv__(self, other: Any) -> Any:
        return self._binary(ast.Div(), self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self._binary(ast.Div(), other, self)

    def __floordiv__(self, other: Any) -> Any:
        return self._binary(ast.FloorDiv(), self, other)

    def __rfloordiv__(self, other: Any) -> Any:
        return self._binary(ast.FloorDiv(), other, self)

    def __mod__(self, other: Any) -> Any:
        return self._binary(ast.Mod(), self, other)

    def __rmod__(self, other: Any) -> Any:
        return self._binary(ast.Mod(), other, self)

    def __pow__(self, other: Any) -> Any:
        return self._binary(ast.Pow(), self, other)

    def __rpow__(self, other: Any) -> Any:
        return self._binary(ast.Pow(), other, self)

    def __and__(self, other: Any) -> Any:
        return self._binary(ast.BitAnd(), self, other)

    def __or__(self, other: Any) -> Any:
        return self._binary(ast.BitOr(), self, other)

    def __neg__(self) -> Any:
        if isinstance(self.code, ast.UnaryOp) and self.kind == FLOAT:
            return Term(self.code.operand, FLOAT, self.names)
        return Term(ast.UnaryOp(ast.USub(), self.code), self.kind, self.names)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return self.call(abs, "abs", self.sure())

    def __hash__(self) -> int:
        raise Untraceable("a Term in a set or a dictionary, which compares numbers")

    def __eq__(self, other: object) -> Any:
        return self._compared(ast.Eq(), other)

    def __ne__(self, other: object) -> Any:
        return self._compared(ast.NotEq(), other)

    def __lt__(self, other: Any) -> Any:
        return self._compared(ast.Lt(), other)

    def __le__(self, other: Any) -> Any:
        return self._compared(ast.LtE(), other)

    def __gt__(self, other: Any) -> Any:
        return self._compared(ast.Gt(), other)

    def __ge__(self, other: Any) -> Any:
        return self._compared(ast.GtE(), other)

    def __bool__(self) -> bool:
        if not _ASKED.answers:
            raise Untraceable("the truth of a Term outside a function that is followed")
        given = _ASKED.answers[-1]
        if not given:
            raise _Fork(self.decided())
        return given.pop(0)

    def __float__(self) -> float:
        raise Untraceable("float() of a Term")

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise Untraceable("an array of a Term")

    __array_ufunc__ = None  # NumPy's numbers leave their operators to this

    # --- ops applied to Terms: their own scalar form ---

    @classmethod
    def record(cls, op: Op, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """The op's scalar form of these inputs."""
        one = next(x for x in inputs if isinstance(x, Term))
        return scalar_form(op, one.names, inputs, params)

    def record_unary(self, op: Op) -> Any:
        """The op's scalar form of this."""
        return scalar_form(op, self.names, (self,), {})

    def record_binary(self, op: Op, a: Any, b: Any) -> Any:
        """The op's scalar form of these inputs."""
        return scalar_form(op, self.names, (a, b), {})


def numeric_kind(x: Any) -> str:
    """The kind of a Python number; "" of anything else."""
    return {float: FLOAT, int: INTEGER}.get(type(x), "")


_ONLY = {"inf": math.inf, "nan": math.nan}  # one object of each, so that it gets one name


def scalar_form(op: Op, names: Names, inputs: tuple[Any, ...], params: dict[str, Any]) -> Term:
    """What `op.on_floats(*inputs, **params)` is where Python raises nothing, as a Term.

    What cannot be written down is a call of that function.

    >>> import engine
    >>> names = Names()
    >>> a, b = Term.named("a", names), Term.named("b", names)
    >>> str(scalar_form(engine.maximum, names, (a, b), {}))
    'a if a > b or a != a else b'
    """
    if op.kind != "elementwise":
        raise Untraceable(f"{op.name} of a Term")
    maker = Term.named("", names)
    if op.scalar is not None:
        try:
            found = maker.of(followed(op.scalar, *inputs, **params))
            # may be complex: seen in the result, as is what + - * / make of it
            return found if found.kind == UNKNOWN else found.sure()
        except (NotPure, *_RAISED):
            pass  # a call of it
    called = maker.call(op.on_floats, op.name, *inputs)
    for name, x in params.items():
        called.code.keywords.append(ast.keyword(name, maker.of(x).code))  # type: ignore[attr-defined]
    return called


_RAISED = (ArithmeticError, ValueError, TypeError, AttributeError, LookupError)


def followed(function: Callable[..., Any], *args: Any, **params: Any) -> Any:
    """What a function of floats gives for Terms; where it asks for a truth, both ways."""
    return _follow(rebound(function, on_terms), args, params, [])


def _follow(function: Any, args: Any, params: Any, answers: list[bool]) -> Any:
    if len(answers) > _MOST_QUESTIONS:
        raise Untraceable("too many questions")
    try:
        with _Answering(answers):
            return function(*args, **params)
    except _Fork as fork:
        condition = fork.condition
    yes = _follow(function, args, params, [*answers, True])
    no = _follow(function, args, params, [*answers, False])
    return chosen(condition, yes, no)


def chosen(condition: Term, yes: Any, no: Any) -> Term:
    """`yes if condition else no`; conditions with one result are joined by `or` and `and`."""
    yes, no = condition.of(yes), condition.of(no)
    kind = yes.kind if yes.kind == no.kind else UNKNOWN
    test, one, other = condition.code, yes.code, no.code
    if _same(one, other):
        return yes
    if isinstance(other, ast.IfExp) and _same(one, other.body):
        test, other = _joined(ast.Or(), test, other.test), other.orelse
    elif isinstance(one, ast.IfExp) and _same(other, one.orelse):
        test, one = _joined(ast.And(), test, one.test), one.body
    return Term(ast.IfExp(test, one, other), kind, condition.names)


def _same(a: ast.expr, b: ast.expr) -> bool:
    return ast.unparse(a) == ast.unparse(b)


def _joined(how: ast.boolop, *tests: ast.expr) -> ast.expr:
    parts: list[ast.expr] = []
    for test in tests:
        same = isinstance(test, ast.BoolOp) and type(test.op) is type(how)
        parts += test.values if same else [test]  # type: ignore[attr-defined]
    return ast.BoolOp(how, parts)


def on_terms(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of the standard library that is written down where it is given Terms."""

    def call(*args: Any) -> Any:
        for x in args:
            if isinstance(x, Term):
                found = x.call(function, function.__name__, *args)
                found.kind = FLOAT if function not in _NOT_FLOATS else UNKNOWN
                return found if found.kind == FLOAT else found.sure()
        return function(*args)

    return call


#: Functions of `math` whose answer is not a float.
_NOT_FLOATS = {
    math.ceil, math.comb, math.factorial, math.floor, math.frexp, math.gcd, math.isclose,
    math.isfinite, math.isinf, math.isnan, math.isqrt, math.lcm, math.modf, math.perm, math.trunc,
}  # fmt: skip
