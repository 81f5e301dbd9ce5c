"""Literal numbers at the places where elementwise gradients go wrong; conventions are PyTorch's.

Every case runs on both tiers (a Value for each number, a 1-element Tensor for each number) and
must give the same numbers on both: no tolerance for inf and nan, and none for zeros.
"""

import math

import numpy as np
import pytest

import engine as E
from engine import Tensor, Value

INF, NAN = math.inf, math.nan
LN2 = 0.6931471805599453


def on_values(f, args):
    """f's number and gradients on the scalar tier."""
    nodes = [Value(x) for x in args]
    y = f(*nodes)
    y.backward()
    return y.data, [n.grad for n in nodes]


def on_tensors(f, args):
    """The same on arrays of one number."""
    nodes = [Tensor([x], requires_grad=True) for x in args]
    with np.errstate(all="ignore"):
        y = f(*nodes)
        y.backward()
    return y.data[0], [0.0 if n.grad is None else n.grad[0] for n in nodes]


def second_on_values(f, x):
    return E.grad(E.grad(f))(x)


def second_on_tensors(f, x):
    with np.errstate(all="ignore"):
        slope = E.grad(lambda t: f(t).sum())
        return E.grad(lambda t: slope(t).sum())(np.array([x]))[0]


# (what holds, function, inputs, value, gradients)
CASES = [
    # powers
    ("x**0 at 0 is 1 with slope 0", lambda x: x**0, (0.0,), 1.0, (0.0,)),
    ("x**0.0 at -2 is 1 with slope 0", lambda x: x**0.0, (-2.0,), 1.0, (-0.0,)),
    ("x**y at (0, 0)", lambda x, y: x**y, (0.0, 0.0), 1.0, (0.0, 0.0)),
    ("x**y at (0, 1)", lambda x, y: x**y, (0.0, 1.0), 0.0, (1.0, 0.0)),
    ("x**y at (0, 2)", lambda x, y: x**y, (0.0, 2.0), 0.0, (0.0, 0.0)),
    ("x**y at (0, 1/2)", lambda x, y: x**y, (0.0, 0.5), 0.0, (INF, 0.0)),
    ("x**y at (0, -1)", lambda x, y: x**y, (0.0, -1.0), INF, (-INF, -INF)),
    ("x**y at (-2, 3)", lambda x, y: x**y, (-2.0, 3.0), -8.0, (12.0, NAN)),
    ("x**3 at -2, a constant exponent", lambda x: x**3, (-2.0,), -8.0, (12.0,)),
    ("x**0.5 at -2 is not a complex number", lambda x: x**0.5, (-2.0,), NAN, (NAN,)),
    ("2**y at 3", lambda y: 2**y, (3.0,), 8.0, (5.545177444479562,)),
    ("0**y at 2", lambda y: 0**y, (2.0,), 0.0, (0.0,)),
    ("0**y at 0", lambda y: 0**y, (0.0,), 1.0, (0.0,)),
    ("0**y at -1", lambda y: 0**y, (-1.0,), INF, (-INF,)),
    ("10**400 overflows", lambda y: 10.0**y, (400.0,), INF, (INF,)),
    ("x**-1 at 0", lambda x: x**-1, (0.0,), INF, (-INF,)),
    ("2**-1 is a half", lambda x: x**-1, (2.0,), 0.5, (-0.25,)),
    ("2**64 does not wrap", lambda x: x**64, (2.0,), 18446744073709551616.0,
     (590295810358705651712.0,)),
    # logarithms and roots
    ("log 0", E.log, (0.0,), -INF, (INF,)),
    ("log -1: the slope is 1/x", E.log, (-1.0,), NAN, (-1.0,)),
    ("log2 0", E.log2, (0.0,), -INF, (INF,)),
    ("log10 0", E.log10, (0.0,), -INF, (INF,)),
    ("log1p -1", E.log1p, (-1.0,), -INF, (INF,)),
    ("log1p -2", E.log1p, (-2.0,), NAN, (-1.0,)),
    ("x log x at 0", lambda x: x * E.log(x), (0.0,), NAN, (NAN,)),
    ("xlogy(0, 0)", E.xlogy, (0.0, 0.0), 0.0, (0.0, 0.0)),
    ("xlogy(0, 2)", E.xlogy, (0.0, 2.0), 0.0, (LN2, 0.0)),
    ("xlogy(2, 0)", E.xlogy, (2.0, 0.0), -INF, (-INF, INF)),
    ("xlogy(0, nan)", E.xlogy, (0.0, NAN), NAN, (NAN, NAN)),
    ("sqrt 0", E.sqrt, (0.0,), 0.0, (INF,)),
    ("sqrt -1", E.sqrt, (-1.0,), NAN, (NAN,)),
    ("sqrt(x)**2 at 0", lambda x: E.sqrt(x) ** 2, (0.0,), 0.0, (NAN,)),
    ("sqrt(x**2) at 0", lambda x: E.sqrt(x**2), (0.0,), 0.0, (NAN,)),
    # steps and kinks
    ("abs at 0", E.abs, (0.0,), 0.0, (0.0,)),
    ("abs at -0", E.abs, (-0.0,), 0.0, (0.0,)),
    ("abs at -3", E.abs, (-3.0,), 3.0, (-1.0,)),
    ("abs of nan", E.abs, (NAN,), NAN, (NAN,)),
    ("sign of -0", E.sign, (-0.0,), 0.0, (0.0,)),
    ("sign of 3", E.sign, (3.0,), 1.0, (0.0,)),
    ("sign of nan", E.sign, (NAN,), NAN, (0.0,)),
    ("floor", E.floor, (-2.5,), -3.0, (0.0,)),
    ("ceil", E.ceil, (-2.5,), -2.0, (0.0,)),
    ("round, halves to even", E.round, (2.5,), 2.0, (0.0,)),
    ("floor of inf", E.floor, (INF,), INF, (0.0,)),
    ("relu at 0", E.relu, (0.0,), 0.0, (0.0,)),
    ("relu at -0", E.relu, (-0.0,), 0.0, (0.0,)),
    ("relu of nan", E.relu, (NAN,), NAN, (1.0,)),
    ("relu of -inf", E.relu, (-INF,), 0.0, (0.0,)),
    ("leaky relu at 0", lambda x: E.leaky_relu(x, 0.1), (0.0,), 0.0, (0.1,)),
    ("leaky relu at -2", lambda x: E.leaky_relu(x, 0.1), (-2.0,), -0.2, (0.1,)),
    ("elu at 0", E.elu, (0.0,), 0.0, (1.0,)),
    ("elu at -1000", E.elu, (-1000.0,), -1.0, (0.0,)),
    ("elu at 1000", E.elu, (1000.0,), 1000.0, (1.0,)),
    ("clip at its lower bound", lambda x: E.clip(x, 0.0, 1.0), (0.0,), 0.0, (1.0,)),
    ("clip at its upper bound", lambda x: E.clip(x, 0.0, 1.0), (1.0,), 1.0, (1.0,)),
    ("clip below", lambda x: E.clip(x, 0.0, 1.0), (-2.0,), 0.0, (0.0,)),
    ("clip of nan", lambda x: E.clip(x, 0.0, 1.0), (NAN,), NAN, (0.0,)),
    ("clip with bounds crossed", lambda x: E.clip(x, 2.0, 1.0), (1.5,), 1.0, (0.0,)),
    ("clip without bounds", E.clip, (3.0,), 3.0, (1.0,)),
    ("clamp with one bound by name", lambda x: E.clamp(x, max=1.0), (3.0,), 1.0, (0.0,)),
    ("maximum at a tie", E.maximum, (2.0, 2.0), 2.0, (0.5, 0.5)),
    ("minimum at a tie", E.minimum, (2.0, 2.0), 2.0, (0.5, 0.5)),
    ("maximum of 0 and -0 is a tie", E.maximum, (0.0, -0.0), 0.0, (0.5, 0.5)),
    ("maximum(x, x)", lambda x: E.maximum(x, x), (2.0,), 2.0, (1.0,)),
    ("maximum with nan on the left", E.maximum, (NAN, 1.0), NAN, (0.0, 0.0)),
    ("maximum with nan on the right", E.maximum, (1.0, NAN), NAN, (0.0, 0.0)),
    ("minimum with nan on the right", E.minimum, (1.0, NAN), NAN, (0.0, 0.0)),
    ("maximum with inf", E.maximum, (INF, 1.0), INF, (1.0, 0.0)),
    ("hinge at its margin: clip passes the gradient", lambda x: E.clip(1 - x, 0.0), (1.0,), 0.0,
     (-1.0,)),
    ("hinge at its margin: relu does not", lambda x: E.relu(1 - x), (1.0,), 0.0, (0.0,)),
    # division
    ("1/0", lambda x: 1 / x, (0.0,), INF, (-INF,)),
    ("1/-0", lambda x: 1 / x, (-0.0,), -INF, (-INF,)),
    ("0/0", lambda a, b: a / b, (0.0, 0.0), NAN, (INF, NAN)),
    ("x/x at 0", lambda x: x / x, (0.0,), NAN, (NAN,)),
    ("x/inf", lambda x: x / INF, (2.0,), 0.0, (0.0,)),
    ("reciprocal of 0", E.reciprocal, (0.0,), INF, (-INF,)),
    ("remainder(-3.5, 2)", E.remainder, (-3.5, 2.0), 0.5, (1.0, 2.0)),
    ("-3.5 % 2", lambda a, b: a % b, (-3.5, 2.0), 0.5, (1.0, 2.0)),
    ("remainder(1, 0)", E.remainder, (1.0, 0.0), NAN, (1.0, -INF)),
    ("1 // 0.1 is 9, as Python's", lambda a, b: a // b, (1.0, 0.1), 9.0, (0.0, 0.0)),
    ("and 1 % 0.1 agrees with it", lambda a, b: a % b, (1.0, 0.1), 0.09999999999999995,
     (1.0, -9.0)),
    ("floor_divide(-7, 2)", E.floor_divide, (-7.0, 2.0), -4.0, (0.0, 0.0)),
    ("7 // x", lambda x: 7 // x, (2.0,), 3.0, (0.0,)),
    ("floor_divide(1, 0)", E.floor_divide, (1.0, 0.0), INF, (0.0, 0.0)),
    # saturation
    ("sigmoid 1000", E.sigmoid, (1000.0,), 1.0, (0.0,)),
    ("sigmoid -1000", E.sigmoid, (-1000.0,), 0.0, (0.0,)),
    ("sigmoid 0", E.sigmoid, (0.0,), 0.5, (0.25,)),
    ("softplus 1000", E.softplus, (1000.0,), 1000.0, (1.0,)),
    ("softplus -1000", E.softplus, (-1000.0,), 0.0, (0.0,)),
    ("softplus 0", E.softplus, (0.0,), LN2, (0.5,)),
    ("logsigmoid -1000", E.logsigmoid, (-1000.0,), -1000.0, (1.0,)),
    ("logsigmoid 1000", E.logsigmoid, (1000.0,), 0.0, (0.0,)),
    ("tanh 1000", E.tanh, (1000.0,), 1.0, (0.0,)),
    ("tanh -1000", E.tanh, (-1000.0,), -1.0, (0.0,)),
    ("silu -1000", E.silu, (-1000.0,), 0.0, (0.0,)),
    ("gelu -1000", E.gelu, (-1000.0,), 0.0, (0.0,)),
    ("gelu 1000", E.gelu, (1000.0,), 1000.0, (1.0,)),
    ("gelu's tanh form at -1000", lambda x: E.gelu(x, "tanh"), (-1000.0,), 0.0, (0.0,)),
    ("gelu's tanh form at 1000", lambda x: E.gelu(x, approximate="tanh"), (1000.0,), 1000.0,
     (1.0,)),
    ("exp 1000", E.exp, (1000.0,), INF, (INF,)),
    ("exp -1000", E.exp, (-1000.0,), 0.0, (0.0,)),
    ("exp2 2000", E.exp2, (2000.0,), INF, (INF,)),
    ("expm1 1000", E.expm1, (1000.0,), INF, (INF,)),
    ("cosh 1000", E.cosh, (1000.0,), INF, (INF,)),
    ("sinh -1000", E.sinh, (-1000.0,), -INF, (INF,)),
    ("logaddexp(1000, 1000)", E.logaddexp, (1000.0, 1000.0), 1000.6931471805599, (0.5, 0.5)),
    ("logaddexp(-inf, 0)", E.logaddexp, (-INF, 0.0), 0.0, (0.0, 1.0)),
    ("logaddexp(-inf, -inf)", E.logaddexp, (-INF, -INF), -INF, (NAN, NAN)),
    ("erf inf", E.erf, (INF,), 1.0, (0.0,)),
    # edges of domains
    ("arcsin 1", E.arcsin, (1.0,), 1.5707963267948966, (INF,)),
    ("arccos 1", E.arccos, (1.0,), 0.0, (-INF,)),
    ("arcsin 2", E.arcsin, (2.0,), NAN, (NAN,)),
    ("arccosh 1", E.arccosh, (1.0,), 0.0, (INF,)),
    ("arctanh 1", E.arctanh, (1.0,), INF, (INF,)),
    ("sin inf", E.sin, (INF,), NAN, (NAN,)),
    ("arctan2(0, 0)", E.arctan2, (0.0, 0.0), 0.0, (0.0, 0.0)),
    ("hypot(0, 0)", E.hypot, (0.0, 0.0), 0.0, (NAN, NAN)),
    ("hypot(3, 4)", E.hypot, (3.0, 4.0), 5.0, (0.6, 0.8)),
    # choices
    ("where(x >= 0, x, sqrt(-x)) at 1 leaks 0 * inf through sqrt, in every engine",
     lambda x: E.where(x.data >= 0, x, E.sqrt(-x)), (1.0,), 1.0, (NAN,)),
    ("where(x > 0, log x, 0) at 0 leaks 0 * inf through log",
     lambda x: E.where(x.data > 0, E.log(x), 0.0), (0.0,), 0.0, (NAN,)),
    ("the double where does not",
     lambda x: E.where(x.data > 0, E.log(E.where(x.data > 0, x, 1.0)), 0.0), (0.0,), 0.0, (0.0,)),
    ("where(c, x, x)", lambda x: E.where(x.data > 5, x, x), (3.0,), 3.0, (1.0,)),
    ("where itself does not leak an infinite g",
     lambda x: E.log(E.where(x.data > 0, 1.0, x)) / 0.0, (2.0,), NAN, (0.0,)),
    # a node used twice
    ("x*x", lambda x: x * x, (3.0,), 9.0, (6.0,)),
    ("x+x", lambda x: x + x, (3.0,), 6.0, (2.0,)),
    ("x-x", lambda x: x - x, (3.0,), 0.0, (0.0,)),
    ("x/x", lambda x: x / x, (3.0,), 1.0, (0.0,)),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_value_and_gradients_at(case):
    _, f, args, value, gradients = case
    for run in (on_values, on_tensors):
        got, slopes = run(f, args)
        np.testing.assert_allclose(got, value, rtol=1e-15, atol=0)
        np.testing.assert_allclose(slopes, gradients, rtol=1e-15, atol=0)


@pytest.mark.parametrize(
    ("f", "x", "expected"),
    [
        (lambda x: x**3, 2.0, 12.0),
        (lambda x: E.relu(x) ** 2, 0.0, 0.0),
        (E.abs, 0.0, 0.0),
        (lambda x: x * x, 3.0, 2.0),
        (lambda x: x**2, 0.0, 2.0),
        (lambda x: x**1, 0.0, 0.0),
        (E.sigmoid, 0.0, 0.0),
        (E.tanh, 0.0, 0.0),
        (E.softplus, 0.0, 0.25),
        (lambda x: E.clip(x, -1.0, 1.0) ** 2, 0.5, 2.0),
        (lambda x: E.maximum(x, 1.0) ** 2, 3.0, 2.0),
        (lambda x: E.where(x.data > 0, x**2, x), 3.0, 2.0),
        (E.sign, 2.0, 0.0),
    ],
)
def test_second_derivatives_at(f, x, expected):
    assert second_on_values(f, x) == expected
    assert second_on_tensors(f, x) == expected


def test_saturated_activations_do_not_warn():
    """Warnings are errors in this suite: forward and backward of huge inputs raise none."""
    for f in (E.sigmoid, E.softplus, E.logsigmoid, E.tanh, E.silu, E.gelu, E.elu, E.relu, E.erf):
        x = Tensor([-1000.0, -40.0, 0.0, 40.0, 1000.0], requires_grad=True)
        f(x).sum().backward()
        assert np.isfinite(x.grad).all()


def test_where_broadcasts_each_branch_and_sums_its_gradient():
    a = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    b = Tensor(5.0, requires_grad=True)
    E.where(np.array([[True], [False]]), a, b).sum().backward()
    np.testing.assert_array_equal(a.grad, [1.0, 1.0, 1.0])
    np.testing.assert_array_equal(b.grad, 3.0)
    assert b.grad.shape == ()


def test_gradients_sum_over_broadcast_axes():
    a = Tensor([[1.0], [2.0]], requires_grad=True)
    b = Tensor([[10.0, 20.0, 30.0]], requires_grad=True)
    (a + b).sum().backward()
    np.testing.assert_array_equal(a.grad, [[3.0], [3.0]])
    np.testing.assert_array_equal(b.grad, [[2.0, 2.0, 2.0]])


def test_a_0d_tensor_times_a_vector_keeps_a_0d_array_gradient():
    s = Tensor(2.0, requires_grad=True)
    (s * np.array([1.0, 2.0, 3.0])).sum().backward()
    assert isinstance(s.grad, np.ndarray)
    assert s.grad.shape == ()
    assert s.grad == 6.0


def test_one_element_against_none():
    x = Tensor([2.0], requires_grad=True)
    (x * np.zeros(0)).sum().backward()
    np.testing.assert_array_equal(x.grad, [0.0])


def test_shapes_of_one_element_are_kept_apart():
    a = Tensor([[[3.0]]], requires_grad=True)
    b = Tensor(2.0, requires_grad=True)
    y = a * b
    assert y.shape == (1, 1, 1)
    y.backward()
    assert a.grad.shape == (1, 1, 1)
    assert b.grad.shape == ()
    assert (a.grad.item(), b.grad.item()) == (2.0, 3.0)


def test_erf_and_gelu_have_these_values():
    x = Tensor([-3.0, -0.5, 0.0, 1.0, 6.0])
    np.testing.assert_allclose(
        E.erf(x).data,
        [-0.9999779095030014, -0.5204998778130465, 0.0, 0.8427007929497149, 1.0], rtol=4e-16,
    )  # fmt: skip
    np.testing.assert_allclose(
        E.erfc(x).data,
        [1.9999779095030014, 1.5204998778130465, 1.0, 0.15729920705028513,
         2.1519736712498913e-17], rtol=4e-15,
    )  # fmt: skip
    np.testing.assert_allclose(
        E.gelu(x).data,
        [-0.00404969409489031, -0.15426876936299344, 0.0, 0.841344746068543, 5.999999994080474],
        rtol=1e-14,
    )  # fmt: skip
    np.testing.assert_allclose(
        E.gelu(x, approximate="tanh").data,
        [-0.0036373920817729943, -0.15428599017485606, 0.0, 0.8411919906082768,
         5.9999999999156035], rtol=1e-13,
    )  # fmt: skip
