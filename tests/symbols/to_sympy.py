"""Rows of the table in SymPy: the forward as its NumPy functions are defined, the rule by name.

A row that chooses (`relu`, `maximum`, `clip`) is a smooth formula on each side of its kinks, so it
is stated region by region.  A `Region` says where the inputs lie, by coordinates: `a = b + p` with
a positive p is where a is larger.  A comparison that a region does not decide splits it in two.
What holds only where two regions meet, at ties and kinks, is a convention and no derivative: it is
left out here, and pinned by number elsewhere in the tests.
"""

import itertools
import math
import operator
from decimal import Decimal
from fractions import Fraction

import numpy as np
import sympy

from engine import Node, input_names, toposort
from engine.symbols import Trace

# --- exact constants ---

#: What rounded constants of rows stand for, as they are or times a short fraction.
CONSTANTS = [
    sympy.Integer(1), sympy.log(2), 1 / sympy.log(2), 1 / sympy.log(10),
    1 / sympy.sqrt(sympy.pi), sympy.sqrt(sympy.pi), sympy.pi, sympy.pi**2, sympy.sqrt(2),
    sympy.sqrt(2 / sympy.pi),
]  # fmt: skip


def exact(x):
    """The number that a float of a row stands for.

    >>> exact(0.25), exact(0.6931471805599453), exact(1e-12)
    (1/4, log(2), 1/1000000000000)
    """
    decimal = Decimal(repr(x))
    if len(decimal.normalize().as_tuple().digits) <= 11:
        return sympy.Rational(*decimal.as_integer_ratio())
    for constant in CONSTANTS:
        ratio = Fraction(x / float(constant)).limit_denominator(10**6)
        meant = sympy.Rational(ratio.numerator, ratio.denominator) * constant
        if abs(float(meant) - x) <= 2 * math.ulp(x):
            return meant
    raise ValueError(f"{x!r} is no constant that is known exactly: add what it is to CONSTANTS")


# --- where the inputs lie ---


class Split(Exception):
    """A comparison is decided neither way here; `regions` are the two parts where it is."""

    def __init__(self, *regions):
        super().__init__(*regions)
        self.regions = regions


class Region:
    """Where the inputs lie: each one's place, by coordinates that are positive, or any number."""

    def __init__(self, place):
        self.place = place

    def __str__(self):
        moved = [f"{x} = {at}" for x, at in self.place.items() if x != at]
        return f"where {', '.join(moved)}" if moved else "everywhere"

    def on(self, expression):
        """An expression of the inputs in coordinates."""
        return sympy.sympify(expression).subs(self.place, simultaneous=True)

    def sign(self, expression):
        """-1, 0 or 1: the sign that an expression has in the whole region.

        Raises:
            Split: it has none.
        """
        sign = 1
        for factor in sympy.Mul.make_args(sympy.factor(self.on(expression))):
            if factor.is_zero:
                return 0
            factor = _without_logarithm(factor)
            if not (factor.is_positive or factor.is_negative):
                raise self._split(factor)
            sign *= 1 if factor.is_positive else -1
        return sign

    def _split(self, expression):
        """The two sides of where an expression is 0, by moving one of its coordinates."""
        p = sympy.Dummy("p", positive=True)
        # those that may be any number first: they can be moved both ways
        for x in sorted(expression.free_symbols, key=lambda x: (bool(x.is_positive), x.name)):
            edges = sympy.solve(expression, x)
            if len(edges) == 1 and not x.is_positive:
                return Split(self._with(x, edges[0] + p), self._with(x, edges[0] - p))
            if len(edges) == 1 and edges[0].is_positive:
                return Split(self._with(x, edges[0] + p), self._with(x, edges[0] / (1 + p)))
        raise ValueError(f"where {expression} is positive cannot be stated, {self}")

    def _with(self, x, to):
        return Region({name: at.subs(x, to) for name, at in self.place.items()})

    def points(self):
        """A few points inside: a number for each input."""
        names = {x for at in self.place.values() for x in at.free_symbols}
        for start in (0.31, 0.53, 0.97):
            numbers = {x: start + 0.1 * i for i, x in enumerate(sorted(names, key=str))}
            yield {x: float(at.subs(numbers)) for x, at in self.place.items()}


def _without_logarithm(x):
    """log(a) + c has the sign of a - exp(-c)."""
    logarithms = [part for part in sympy.Add.make_args(x) if part.func is sympy.log]
    if len(logarithms) == 1 and (x - logarithms[0]).is_number:
        a = logarithms[0].args[0] - sympy.exp(logarithms[0] - x)
        return sympy.fraction(sympy.factor(a))[0]
    return x


def place_in(x, interval):
    """An input's place in the interval of its row."""
    p = sympy.Symbol(f"{x.name}_0", positive=True)
    lo, hi = interval.lo, interval.hi
    if math.isinf(lo):
        return x if math.isinf(hi) else exact(hi) - p
    return exact(lo) + (p if math.isinf(hi) else exact(hi - lo) * p / (1 + p))


# --- what NumPy's functions are ---


class Floor(sympy.Function):
    """The largest integer below: between its jumps a constant."""

    @classmethod
    def eval(cls, x):
        return sympy.floor(x) if x.is_number else None

    def fdiff(self, argindex=1):
        return sympy.Integer(0)


def _larger(region, a, b):
    return a if region.sign(a - b) > 0 else b


#: What NumPy's functions of numbers are: the only place where one stands beside the other.
FUNCTIONS = {
    np.add: operator.add, np.subtract: operator.sub, np.multiply: operator.mul,
    np.true_divide: operator.truediv, np.power: operator.pow, np.negative: operator.neg,
    np.positive: operator.pos, np.square: lambda x: x**2, np.reciprocal: lambda x: 1 / x,
    np.sqrt: sympy.sqrt, np.cbrt: sympy.cbrt, np.exp: sympy.exp, np.exp2: lambda x: 2**x,
    np.expm1: lambda x: sympy.exp(x) - 1, np.log: sympy.log,
    np.log2: lambda x: sympy.log(x) / sympy.log(2),
    np.log10: lambda x: sympy.log(x) / sympy.log(10), np.log1p: lambda x: sympy.log(1 + x),
    np.sin: sympy.sin, np.cos: sympy.cos, np.tan: sympy.tan, np.sinh: sympy.sinh,
    np.cosh: sympy.cosh, np.tanh: sympy.tanh, np.arcsin: sympy.asin, np.arccos: sympy.acos,
    np.arctan: sympy.atan, np.arcsinh: sympy.asinh, np.arccosh: sympy.acosh,
    np.arctanh: sympy.atanh, np.arctan2: sympy.atan2,
    np.hypot: lambda a, b: sympy.sqrt(a**2 + b**2),
    np.logaddexp: lambda a, b: sympy.log(sympy.exp(a) + sympy.exp(b)),
    np.floor: Floor, np.ceil: lambda x: -Floor(-x),
    np.rint: lambda x: Floor(x + sympy.Rational(1, 2)),
    np.floor_divide: lambda a, b: Floor(a / b), np.remainder: lambda a, b: a - b * Floor(a / b),
}  # fmt: skip
#: Of numbers whose order or sign decides: a region is asked.
CHOICES = {
    np.maximum: _larger, np.minimum: lambda region, a, b: -_larger(region, -a, -b),
    np.fmax: _larger, np.fmin: lambda region, a, b: -_larger(region, -a, -b),
    np.abs: lambda region, x: x * region.sign(x), np.sign: lambda region, x: region.sign(x),
    np.greater: lambda region, a, b: region.sign(a - b) > 0,
    np.greater_equal: lambda region, a, b: region.sign(a - b) >= 0,
    np.less: lambda region, a, b: region.sign(a - b) < 0,
    np.less_equal: lambda region, a, b: region.sign(a - b) <= 0,
    np.equal: lambda region, a, b: region.sign(a - b) == 0,
    np.not_equal: lambda region, a, b: region.sign(a - b) != 0,
    np.isnan: lambda region, x: False,
}  # fmt: skip
#: Of truth values.
LOGIC = {
    np.logical_and: operator.and_, np.bitwise_and: operator.and_, np.logical_or: operator.or_,
    np.bitwise_or: operator.or_, np.logical_not: operator.not_, np.invert: operator.not_,
    np.where: lambda condition, a, b: a if condition else b,
}  # fmt: skip


def _gelu(x, approximate):
    if approximate == "tanh":
        # x / 2 (1 + tanh z), by the definition of tanh
        z = sympy.sqrt(2 / sympy.pi) * (x + exact(0.044715) * x**3)
        return x / (1 + sympy.exp(-2 * z))
    return x / 2 * (1 + sympy.erf(x / sympy.sqrt(2)))


#: Forwards that are not made of NumPy's functions, by hand.
BY_HAND = {
    "erf": sympy.erf, "erfc": lambda x: 1 - sympy.erf(x), "erfinv": sympy.erfinv, "gelu": _gelu,
    "lgamma": sympy.loggamma, "digamma": lambda x, n: sympy.polygamma(n, x),
    "nan_to_num": lambda x, **_named: x,
}  # fmt: skip


class Term(np.lib.mixins.NDArrayOperatorsMixin):
    """A formula, or whether a comparison holds, in the place of an array: NumPy runs on it."""

    dtype = np.dtype(object)

    def __init__(self, held, region):
        self.held, self.region = held, region

    def __array_ufunc__(self, function, method, *inputs, **named):
        held = [x.held if isinstance(x, Term) else x for x in inputs]
        if method != "__call__" or named:
            return NotImplemented
        if function in LOGIC:
            return Term(LOGIC[function](*held), self.region)
        numbers = [x if isinstance(x, sympy.Basic) else exact(float(x)) for x in held]
        if function in CHOICES:
            return Term(CHOICES[function](self.region, *numbers), self.region)
        return Term(FUNCTIONS[function](*numbers), self.region)

    def __array_function__(self, function, types, inputs, named):
        return self.__array_ufunc__(function, "__call__", *inputs, **named)

    def __getitem__(self, place):
        assert place == ()
        return self

    def __bool__(self):
        assert isinstance(self.held, bool), f"whether {self.held} is 0 was asked"
        return self.held


# --- rows ---


def forward_of(op, inputs, params, region):
    """What an op makes of formulas, as a formula."""
    if op.name in BY_HAND:
        return BY_HAND[op.name](*inputs, **params)

    def term(x):
        return Term(x, region) if isinstance(x, sympy.Basic | bool) else x

    y = op.forward(*map(term, inputs), **{name: term(x) for name, x in params.items()})
    return y.held if isinstance(y.held, bool) else sympy.sympify(y.held)


def formula_of(root, known, region):
    """A Symbol's graph as a formula; `known` has that of each leaf that is a name."""
    found = dict(known)

    def of(x):
        return found[x] if isinstance(x, Node) else x if isinstance(x, bool) else exact(float(x))

    for node in toposort(root):
        if node not in found:
            inputs = [of(x) for x in node.inputs]
            found[node] = forward_of(node.op, inputs, node.params, region)
    return found[root]


def rules_of(op, index, inputs, params, y, region):
    """A rule as it writes itself down, as formulas of g and the formulas of its inputs.

    It may do so in several ways: for numbers or to be differentiated again, for arrays or floats.

    Raises:
        TypeError: for one of the first two, in neither of the others.
    """
    for recorded in (False, True):
        refusals = []
        for floats in (False, True):
            try:
                yield rule_of(op, index, inputs, params, y, region, recorded, floats)
            except TypeError as refusal:
                refusals.append(refusal)
        if len(refusals) == 2:
            raise refusals[0]


def rule_of(op, index, inputs, params, y, region, recorded, floats):
    """A rule as it writes itself down, in one way."""
    trace = Trace()
    trace.recorded, trace.floats = recorded, floats
    known = {}

    def symbol(formula):
        if isinstance(formula, str | int | float | None) and not isinstance(formula, bool):
            return formula
        x = trace.input(True if isinstance(formula, bool) else 0.5, str(formula))
        known[x] = formula
        return x

    named = {name: symbol(x) for name, x in params.items()}
    part = op.rule(index)(symbol(G), symbol(y), *map(symbol, inputs), **named)
    return formula_of(part, known, region) if isinstance(part, Node) else exact(float(part))


class WrongRow(AssertionError):
    """A rule that is not g times the derivative of its forward, or a forward that is another."""


G = sympy.Symbol("g", real=True)


def prove(op, params, domain=None):
    """Show that each rule of an elementwise op is g times the derivative of its forward.

    Args:
        params: all of them; a SymPy symbol for one that may be any number.
        domain: an interval for each input, in place of the row's.

    Returns:
        how many regions there are.

    Raises:
        WrongRow: it is not so, with both formulas.
        TypeError: the row asks about numbers, so that it cannot be written down.
    """
    inputs = [sympy.Symbol(name, real=True) for name in input_names(op)]
    intervals = domain or op.domain
    place = {x: place_in(x, where) for x, where in zip(inputs, intervals, strict=True)}
    place |= {x: x for x in params.values() if isinstance(x, sympy.Symbol)}
    conditions = [i for i, rule in enumerate(op.vjps) if rule is None]
    count = 0
    for answers in itertools.product([True, False], repeat=len(conditions)):
        for i, answer in zip(conditions, answers, strict=True):
            inputs[i] = answer
        regions = [Region(place)]
        while regions:
            region = regions.pop()
            try:
                _prove_in(region, op, inputs, params)
                count += 1
            except Split as split:
                regions += split.regions
    return count


def _prove_in(region, op, inputs, params):
    y = forward_of(op, inputs, params, region)
    for i, x in enumerate(inputs):
        if op.vjps[i] is None:
            _flows_nothing(region, op, i, inputs, params)
            continue
        for rule in rules_of(op, i, inputs, params, y, region):
            true = G * sympy.diff(y, x)
            if not _is_zero(rule - true, region):
                raise WrongRow(
                    f"{op.name}, input {x}, {region}: the rule says {rule}, "
                    f"but g times the derivative of {y} is {true}"
                )
    _compare_numbers(region, op, inputs, params, y)


def _flows_nothing(region, op, index, inputs, params):
    """Show that an input without a rule decides at most, whatever number it is."""
    inputs, x = [*inputs], sympy.Symbol(input_names(op)[index], real=True)
    inputs[index] = x
    y = forward_of(op, inputs, params, region)
    if sympy.diff(y, x) != 0:
        raise WrongRow(
            f"{op.name}, input {x}, {region}: there is no rule, but the derivative of {y} is "
            f"{sympy.diff(y, x)}"
        )


def _is_zero(difference, region):
    point = {x: sympy.Rational(number) for x, number in next(region.points()).items()}
    at_point = sympy.sympify(difference).subs({G: 1, **point}).evalf(60)
    if at_point.is_number and sympy.Abs(at_point) > 1e-40:
        return False  # much faster than to find that nothing simplifies
    return sympy.simplify(difference) == 0 or sympy.simplify(region.on(difference)) == 0


def _compare_numbers(region, op, inputs, params, y):
    """Whether the formula is the forward at a few points, too: its meaning is our own word."""
    for point in region.points():
        numbers = [x if isinstance(x, bool) else point[x] for x in inputs]
        named = {name: point.get(x, x) for name, x in params.items()}
        computed, meant = op.on_floats(*numbers, **named), float(y.subs(point))
        if not math.isclose(computed, meant, rel_tol=1e-12, abs_tol=1e-12):
            raise WrongRow(f"{op.name}{(*numbers,)} is {computed}, but {y} is {meant}")
