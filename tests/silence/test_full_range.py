"""Every row over the whole range of each dtype, held to the same row in a longer type.

Whatever fits into the dtype is right, value and slopes, to a few units in the last place: no step
on the way overflows, or vanishes, where the result does not.  float16 and float32 are held to
float64, and that to `np.longdouble`, whose exponent has 15 bits.
"""

import numpy as np
import pytest
from strategies import CONDITIONS, case_id, float_positions, rows_of_engine

import engine as E
from engine import Tensor, Value

F16, F32, F64 = np.float16, np.float32, np.float64
LONGER = {F16: F64, F32: F64, F64: np.longdouble}
DTYPES = pytest.mark.parametrize("dtype", [F16, F32, F64], ids=lambda d: d.__name__)
EVERY = pytest.mark.parametrize("case", rows_of_engine(), ids=case_id)


def test_the_longer_types_are_longer():
    for dtype, longer in LONGER.items():
        assert float(np.log2(np.finfo(longer).max)) > 4 * np.log2(float(np.finfo(dtype).max))
        assert np.finfo(longer).eps < np.finfo(dtype).eps / 1000


def magnitudes(dtype, count):
    """Numbers of every size, from the smallest to the largest, and some on purpose."""
    limits = np.finfo(dtype)
    lowest, highest = (np.log2(np.longdouble(x)) for x in (limits.smallest_subnormal, limits.max))
    spread = np.exp2(np.linspace(lowest, highest, count, dtype=np.longdouble) * (1 - 1e-12))
    special = [0, 1, 2, 0.5, 3, 10, 20, 88, 104, 300, 709, 745, 1 - limits.eps, 1 + limits.eps]
    special += [limits.tiny, limits.max, limits.eps]
    found = np.unique(np.append(spread, np.longdouble(special)))
    return found[found <= limits.max].astype(dtype)


def every_number(dtype):
    """All numbers of float16; of the others, two thousand of every size and either sign."""
    if dtype == F16:
        numbers = np.arange(2**16, dtype=np.uint16).view(F16)
        return numbers[np.isfinite(numbers)]
    sizes = magnitudes(dtype, 1000)
    return np.concatenate([sizes, -sizes])


def inputs_of(op, dtype):
    """Columns of inputs over the domain: for one input all numbers, for more a grid."""
    columns = []
    for i, interval in enumerate(op.domain):
        if (op.name, i) in CONDITIONS:
            columns.append(np.array([True, False]))
            continue
        if op.n_inputs == 1:
            numbers = every_number(dtype)
        else:  # normal numbers: a subnormal result has few digits to go on with
            sizes = magnitudes(dtype, 50)
            limits = np.finfo(dtype)
            sizes = sizes[(sizes >= limits.tiny) & (sizes <= limits.max / 4)]
            numbers = np.concatenate([sizes, -sizes, [dtype(0)]])
        columns.append(numbers[interval.contains(numbers.astype(F64))])
    if op.n_inputs == 1:
        return columns
    return [a.ravel() for a in np.meshgrid(*columns, indexing="ij")]


def value_and_slopes(op, params, arrays, order=1):
    """Of a row on Tensors: value and gradients, or the gradients' gradients, added up."""
    places = float_positions(op)
    leaves = [Tensor(x, requires_grad=True) if i in places else x for i, x in enumerate(arrays)]
    with np.errstate(all="ignore"):
        y = op(*leaves, **params)
        y.backward(np.ones(y.shape), create_graph=order == 2)
        if order == 1:
            return [y.data, *(leaves[i].grad for i in places)]
        slopes = [leaves[i].grad for i in places]
        for i in places:
            leaves[i].zero_grad()
        for weight, slope in zip((1.0, 0.6875), slopes, strict=False):  # no two terms cancel
            if slope.requires_grad:
                slope.backward(np.full(slope.shape, weight))
    zero = np.zeros(y.shape, y.dtype)
    return [zero if leaves[i].grad is None else leaves[i].grad for i in places]


#: How far off a row may be in units of eps, relative to the exact result; default 16.  Where an
#: exponent is rounded, exp of it is off by as many units as it is large.
UNITS = {"pow": 3000, "logaddexp": 3000, "erf": 1600, "erfc": 1600, "gelu": 1600, "exp2": 64}

#: Saturating functions whose slope is computed from their value, 1 - y*y and y*(1 - y), as
#: everywhere: of the slope's largest size no more than rounding is lost, of a tail all.
#: (Not in float16, where the rules have float32's digits.)
FROM_THE_VALUE = {"tanh", "sigmoid"}

#: Rows that square their input where a larger one changes nothing; exp(-inf) is as good.
WARN_BEYOND = {"erf", "erfc", "arctan", "gelu"}


def assert_right_where_it_fits(got, exact, dtype, units=16.0, absolute=0.0, context=()):
    """Nearly `exact` wherever that rounds to a finite number; 0 only where it vanishes."""
    limits = np.finfo(dtype)
    assert got.dtype == dtype
    longer = exact.dtype.type
    smallest = 32 if dtype == F16 else 1000  # what is rounded on the way may be multiplied by x
    with np.errstate(all="ignore"):
        fits = np.abs(exact) < longer(limits.max) * (1 - units * limits.eps)
        bound = units * limits.eps * np.abs(exact) + absolute
        bound = bound + smallest * longer(limits.smallest_subnormal)
        wrong = fits & ~(np.abs(got.astype(longer) - exact) <= bound)
    at = np.flatnonzero(wrong)[:5]
    shown = [([float(x[i]) for x in context], float(got[i]), float(exact[i])) for i in at]
    assert not len(at), f"{wrong.sum()} of {wrong.size}; (inputs), got, exact: {shown}"


def longer_of(arrays, dtype):
    """The same numbers in the longer type."""
    return [x if x.dtype == bool else x.astype(LONGER[dtype]) for x in arrays]


def without(op, arrays, exact, dtype):
    """Points a rule may be held to: b a**(b - 1) needs a power that fits."""
    if op.name != "pow":
        return arrays, exact
    a = arrays[0].astype(LONGER[dtype])
    usable = np.abs(exact[0]) < np.finfo(dtype).max / 2 * np.where(a == 0, 1, np.abs(a))
    return [x[usable] for x in arrays], [x[usable] for x in exact]


def absolute_of(op, k, arrays, dtype):
    """By how much a row's value (k = 0) or slope may be off, whatever its size."""
    limits = np.finfo(dtype)
    if op.name in FROM_THE_VALUE and k and dtype != F16:
        return 2 * limits.eps
    if op.name == "arctan":  # g / (1 + x*x): a slope below the smallest normal number is 0
        return limits.tiny
    if op.name == "sinc" and k:  # cos(pi x) - y, over x, where both are near 0
        return 4 * limits.eps / np.maximum(np.abs(longer_of(arrays, dtype)[0]), 1)
    if op.name == "logaddexp" and not k:  # near 0 as far off as its terms are rounded
        return 4 * limits.eps * np.maximum(*map(np.abs, longer_of(arrays, dtype)))
    return 0.0


@DTYPES
@EVERY
def test_every_row_is_right_wherever_the_result_fits(case, dtype):
    op, params = case
    arrays = inputs_of(op, dtype)
    exact = value_and_slopes(op, params, longer_of(arrays, dtype))
    arrays, exact = without(op, arrays, exact, dtype)
    got = value_and_slopes(op, params, arrays)
    for k, (x, y) in enumerate(zip(got, exact, strict=True)):
        absolute = absolute_of(op, k, arrays, dtype)
        assert_right_where_it_fits(x, y, dtype, UNITS.get(op.name, 16), absolute, arrays)


@DTYPES
@EVERY
def test_no_second_derivative_is_lost_to_a_step_on_the_way(case, dtype):
    """Where inputs, value and both derivatives have room: from the cube root of the range."""
    op, params = case
    arrays = inputs_of(op, dtype)
    largest = float(np.finfo(dtype).max) ** (1 / 3)
    keep = np.logical_and.reduce(
        [np.ones(x.shape, bool) if x.dtype == bool else (np.abs(x) < largest) for x in arrays]
        + [(np.abs(x) > 1 / largest) | (x == 0) for x in arrays if x.dtype != bool]
    )
    arrays = [x[keep] for x in arrays]
    longer = longer_of(arrays, dtype)
    first = value_and_slopes(op, params, longer)
    exact = value_and_slopes(op, params, longer, order=2)
    room = np.logical_and.reduce([np.abs(x) < largest for x in first])
    got = value_and_slopes(op, params, [x[room] for x in arrays], order=2)
    for x, y in zip(got, exact, strict=True):
        units = 1e5 if op.name == "hypot" else 300  # b*b / y**3 is 1/y - a*a / y**3, which cancel
        absolute = 100 * np.finfo(dtype).eps
        assert_right_where_it_fits(x, y[room], dtype, units, absolute, [x[room] for x in arrays])


@DTYPES
@EVERY
def test_nothing_warns_where_every_result_fits(case, dtype):
    """An overflow on the way to a result that fits would: in forward, or in a rule."""
    op, params = case
    arrays = inputs_of(op, dtype)
    # where one of these squares is too large no result is wrong, but NumPy warns
    limit = np.sqrt(np.finfo(dtype).max) / 2 if op.name in WARN_BEYOND and dtype != F16 else np.inf
    exact = value_and_slopes(op, params, longer_of(arrays, dtype))
    arrays, exact = without(op, arrays, exact, dtype)
    keep = np.logical_and.reduce(
        [np.abs(x) < np.finfo(dtype).max / 4 for x in exact]
        + [np.abs(x) < limit for x in arrays if x.dtype != bool]
    )
    arrays = [x[keep] for x in arrays]
    places = float_positions(op)
    leaves = [Tensor(x, requires_grad=True) if i in places else x for i, x in enumerate(arrays)]
    y = op(*leaves, **params)  # a warning is an error in this suite
    y.backward(np.ones(y.shape))
    assert np.isfinite(y.data).all()


@EVERY
def test_values_are_right_wherever_the_result_fits(case):
    """The scalar tier, on numbers of every size: held to Tensors in the longer type."""
    op, params = case
    rng = np.random.default_rng(0)
    arrays = inputs_of(op, F64)
    some = rng.choice(len(arrays[0]), min(200, len(arrays[0])), replace=False)
    arrays = [x[some] for x in arrays]
    exact = value_and_slopes(op, params, longer_of(arrays, F64))
    arrays, exact = without(op, arrays, exact, F64)
    rows = []
    for numbers in zip(*(x.tolist() for x in arrays), strict=True):
        nodes = [Value(x) if i in float_positions(op) else x for i, x in enumerate(numbers)]
        y = op(*nodes, **params)
        y.backward()
        rows.append([y.data, *(nodes[i].grad for i in float_positions(op))])
    for k, (x, y) in enumerate(zip(np.array(rows).T, exact, strict=True)):
        absolute = absolute_of(op, k, arrays, F64)
        assert_right_where_it_fits(x, y, F64, UNITS.get(op.name, 64), absolute, arrays)


# --- reductions ---

PATTERN = np.array([[1.0, -2.0, 3.0, 0.75], [-0.5, 4.0, -1.0, 2.0], [2.0, 2.0, -3.0, 1.0]])
REDUCTIONS = {
    "sum": E.sum,
    "mean": E.mean,
    "std": E.std,
    "std along an axis": lambda x: E.std(x, axis=0, ddof=1),
    "var": E.var,
    "norm": E.norm,
    "norm along an axis": lambda x: E.norm(x, axis=1),
    "norm, p 1": lambda x: E.norm(x, p=1),
    "norm, p 3": lambda x: E.norm(x, p=3),
    "norm, p 0.5": lambda x: E.norm(x, p=0.5),
    "norm, p -1": lambda x: E.norm(x, p=-1),
    "norm, p -2.5": lambda x: E.norm(x, p=-2.5),
    "norm, p inf": lambda x: E.norm(x, p=np.inf),
    "max": E.max,
    "min": lambda x: E.min(x, axis=1),
    "logsumexp": E.logsumexp,
    "softmax": E.softmax,
    "log_softmax": E.log_softmax,
    "cumsum": lambda x: E.cumsum(x, axis=1),
    "prod": lambda x: E.prod(x, axis=1),
    "matmul": lambda x: x @ np.eye(4, dtype=x.dtype),
    "einsum": lambda x: E.einsum("ij->j", x),
}


@DTYPES
@pytest.mark.parametrize("name", REDUCTIONS)
def test_every_reduction_is_right_wherever_the_result_fits(name, dtype):
    f = REDUCTIONS[name]

    def run(x):
        leaf = Tensor(x, requires_grad=True)
        y = f(leaf)
        y.backward(np.resize([1.0, 2.0, -1.5], y.shape))
        return [y.data, leaf.grad]

    limits = np.finfo(dtype)
    for size in magnitudes(dtype, 200):
        if not 16 * limits.tiny <= size <= limits.max / 1024:
            continue
        x = (PATTERN * size).astype(dtype)
        with np.errstate(all="ignore"):
            got, exact = run(x), run(x.astype(LONGER[dtype]))
        for a, b in zip(got, exact, strict=True):
            # where numbers cancel, rounding is of the largest; exp of a rounded one, of its size
            absolute = 16 * limits.eps * np.max(np.abs(b), initial=0)
            units = 16 + (8 * size if "log" in name or "soft" in name else 0)
            assert_right_where_it_fits(a.ravel(), b.ravel(), dtype, units, absolute)
