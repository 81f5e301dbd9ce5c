"""Every elementwise row of the table, on both tiers, held to three independent oracles.

All tests run over the registry: a new row is tested the moment it exists.
"""

import numpy as np
import pytest
from helpers import op_on_tensors, op_on_values
from hypothesis import assume, given, strategies as st
from strategies import (
    case_id,
    elementwise_ops,
    far_from_kinks,
    float_positions,
    inputs,
)

import engine
from engine import Tensor, Value, grad

EPS = np.finfo(np.float64).eps
each_op = pytest.mark.parametrize("case", elementwise_ops(), ids=case_id)


def check_tiers_agree(op, params, args):
    """Value within the op's ulp bound, gradients to 1e-12 of the larger of it and 1."""
    value, gradients = op_on_values(op, params, args)
    data, on_arrays = op_on_tensors(op, params, args)
    assert abs(value - float(data)) <= op.ulp * np.spacing(abs(float(data)))
    np.testing.assert_allclose(gradients, on_arrays, rtol=1e-12, atol=1e-12)


def check_finite_differences(op, params, args):
    """Each gradient against a central difference of the plain function."""
    _, gradients = op_on_values(op, params, args)
    for i, got in zip(float_positions(op), gradients, strict=True):
        h = 1e-5

        def at(step, i=i):
            moved = [x + step if k == i else x for k, x in enumerate(args)]
            return op(*moved, **params)

        expected = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)
        assert got == pytest.approx(expected, rel=1e-6, abs=1e-6)


def check_second_order(op, params, args):
    """The gradient's gradient, on both tiers, against a central difference of the gradient."""
    for i in float_positions(op):

        def slope(x, i=i):
            moved = [x if k == i else a for k, a in enumerate(args)]

            def curved(t):
                """What multiplies the rule depends on t too: it has to pass on the graph of g."""
                return op(*(t if k == i else a for k, a in enumerate(moved)), **params) * (
                    1 + t / 4
                )

            return grad(curved)(x)

        h = 1e-5
        x = args[i]
        expected = (slope(x + h) - slope(x - h)) / (2 * h)
        assert grad(slope)(x) == pytest.approx(expected, rel=1e-5, abs=1e-5)
        on_array = grad(lambda t, slope=slope: slope(t).sum())(np.array([x]))
        np.testing.assert_allclose(on_array, [grad(slope)(x)], rtol=1e-11, atol=1e-11)


@each_op
@given(data=st.data())
def test_both_tiers_agree(case, data):
    op, params = case
    check_tiers_agree(op, params, data.draw(inputs(op)))


@each_op
@given(data=st.data())
def test_gradients_match_finite_differences(case, data):
    op, params = case
    args = data.draw(inputs(op, kinked=False))
    assume(far_from_kinks(op, args, params))
    check_finite_differences(op, params, args)


@each_op
@given(data=st.data())
def test_second_derivatives_match_finite_differences(case, data):
    op, params = case
    args = data.draw(inputs(op, kinked=False))
    assume(far_from_kinks(op, args, params))
    check_second_order(op, params, args)


@each_op
@given(data=st.data())
def test_rules_are_linear_in_the_upstream_gradient(case, data):
    op, params = case
    args = data.draw(inputs(op))
    g, h = data.draw(st.tuples(*[st.integers(-8, 8).map(float)] * 2))

    _, at_g = op_on_values(op, params, args, g)
    _, at_h = op_on_values(op, params, args, h)
    _, at_both = op_on_values(op, params, args, 2 * g + h)

    expected = [2 * a + b for a, b in zip(at_g, at_h, strict=True)]
    np.testing.assert_allclose(at_both, expected, rtol=1e-12, atol=1e-12)


@each_op
@given(data=st.data())
def test_broadcasting_is_the_op_on_each_element_and_its_gradient_the_sum(case, data):
    op, params = case
    rows = data.draw(st.lists(inputs(op), min_size=3, max_size=3))
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    shaped = [c[:, None] if i % 2 else c for i, c in enumerate(columns)]  # (3,) with (3, 1)

    data_, gradients = op_on_tensors(op, params, shaped)

    grid = np.broadcast_arrays(*shaped)
    expected = [np.zeros(np.shape(shaped[i])) for i in float_positions(op)]
    for place in np.ndindex(grid[0].shape):
        value, parts = op_on_values(op, params, [a[place].item() for a in grid])
        assert abs(value - data_[place]) <= op.ulp * np.spacing(abs(value))
        for total, i, part in zip(expected, float_positions(op), parts, strict=True):
            index = tuple(
                0 if n == 1 else p
                for n, p in zip(shaped[i].shape, place[-shaped[i].ndim :], strict=True)
            )
            total[index] += part
    for got, want in zip(gradients, expected, strict=True):
        assert got.shape == want.shape
        np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-12)


@each_op
@given(data=st.data())
def test_float32_stays_float32_and_is_near_float64(case, data):
    op, params = case
    args = data.draw(inputs(op))

    value, gradients = op_on_tensors(op, params, [[x] for x in args], dtype=np.float32)
    exact, exact_gradients = op_on_tensors(op, params, [np.float32([x]) for x in args])

    assert value.dtype == np.float32
    np.testing.assert_allclose(value, exact, rtol=1e-4, atol=1e-5)
    for g, e in zip(gradients, exact_gradients, strict=True):
        assert g.dtype == np.float32
        if far_from_kinks(op, args, params):
            np.testing.assert_allclose(g, e, rtol=1e-3, atol=1e-4)


@each_op
@given(data=st.data())
def test_plain_numbers_and_arrays_just_compute(case, data):
    op, params = case
    args = data.draw(inputs(op))
    number = op(*args, **params)
    with np.errstate(all="ignore"):
        array = op(*(np.array([x]) for x in args), **params)
        single = op(*(np.array([x])[0] for x in args), **params)

    assert type(number) is float
    assert type(array) is np.ndarray
    assert abs(number - array[0]) <= op.ulp * np.spacing(abs(array[0]))
    assert abs(single - array[0]) <= op.ulp * np.spacing(abs(array[0]))


@each_op
def test_nan_in_gives_nan_or_a_number_but_never_an_exception(case):
    op, params = case
    for special in (np.nan, np.inf, -np.inf):
        args = [special if i in float_positions(op) else True for i in range(op.n_inputs)]
        value, gradients = op_on_values(op, params, args)
        data, on_arrays = op_on_tensors(op, params, args)
        np.testing.assert_array_equal(value, data)
        np.testing.assert_array_equal(gradients, on_arrays)  # 0.0 equals -0.0


def test_exact_rows_are_exact():
    """The arithmetic that IEEE 754 fixes agrees bit for bit between the tiers."""
    for name in ("add", "sub", "mul", "div", "sqrt", "neg", "abs"):
        assert engine.registry[name].ulp == 0


def test_every_row_says_what_it_is():
    for op in engine.registry.values():
        assert op.doc, op.name
        assert op.symbol, op.name
        assert len(op.doc) <= 100, op.name


def test_every_elementwise_row_is_a_function_of_engine():
    for name, op in engine.registry.items():
        if op.kind == "elementwise":
            assert getattr(engine, name) is op


WRONG = {
    "value": engine.elementwise(
        "wrong_value", np.tanh, lambda g, y, x: g * (1 - y * y), scalar=lambda x: x
    ),
    "rule": engine.elementwise("wrong_rule", np.sin, lambda g, y, x: g * engine.sin(x)),
    "second": engine.elementwise(  # right at first order; the second loses the chain through x
        "wrong_second", np.square, lambda g, y, x: g * 2 * engine.sqrt(x * x).data
        if isinstance(x, (Value, Tensor)) else g * 2 * x,
    ),
}  # fmt: skip
for _op in WRONG.values():
    engine.unregister(_op.name)


def test_a_planted_wrong_value_is_caught():
    with pytest.raises(AssertionError):
        check_tiers_agree(WRONG["value"], {}, (0.5,))


def test_a_planted_wrong_rule_is_caught():
    check_tiers_agree(WRONG["rule"], {}, (0.5,))
    with pytest.raises(AssertionError):
        check_finite_differences(WRONG["rule"], {}, (0.5,))


def test_a_planted_wrong_second_derivative_is_caught():
    check_finite_differences(WRONG["second"], {}, (0.5,))
    with pytest.raises(AssertionError):
        check_second_order(WRONG["second"], {}, (0.5,))


A, B = np.array([[7.0, 5.0], [3.0, 8.5]]), np.array([[2.0, 3.0], [4.0, 1.5]])


@pytest.mark.parametrize("sign", ["+", "-", "*", "/", "//", "%", "**", "@"])
def test_an_infix_symbol_is_the_operator_python_has_for_it(sign):
    (op,) = [op for op in engine.registry.values() if op.infix and op.symbol == sign]
    expected = eval(f"A {sign} B", {"A": A, "B": B})
    np.testing.assert_array_equal(op(A, B), expected)


def test_what_python_has_no_operator_for_is_not_infix():
    infix = {op.name for op in engine.registry.values() if op.infix}
    assert infix == {"add", "sub", "mul", "div", "floor_divide", "remainder", "pow", "matmul"}


def test_a_row_is_commutative_exactly_where_exchanging_its_inputs_changes_nothing():
    rows = [case for case in elementwise_ops() if case[0].n_inputs == 2]
    for op, params in rows:
        with np.errstate(all="ignore"):  # nn's losses have domains of their own
            one, other = op(A, B, **params), op(B, A, **params)
        assert op.commutative == np.array_equal(one, other), op.name


def test_only_ops_of_two_numbers_are_commutative():
    assert all(
        op.kind == "elementwise" and op.n_inputs == 2
        for op in engine.registry.values()
        if op.commutative
    )


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (2, np.array(2)),
        ([1.0, 2.0], np.array([1.0, 2.0])),
        (np.array([True]), np.array([True])),
        (Value(3.0), np.array(3.0)),
        ([Value(1.0), 2.0], np.array([1.0, 2.0])),
        (engine.ValueArray.of([1.0, 2.0]), np.array([1.0, 2.0])),
        (Tensor([1, 2]), np.array([1, 2])),
        (Tensor([1.0, 2.0], dtype=np.float32), np.array([1.0, 2.0], dtype=np.float32)),
        ([Tensor([1.0, 2.0]), Tensor([3.0, 4.0])], np.array([[1.0, 2.0], [3.0, 4.0]])),
    ],
    ids=str,
)
def test_to_numpy_gives_the_numbers_of_whatever_holds_them(x, expected):
    got = engine.to_numpy(x)
    assert type(got) is np.ndarray
    assert got.dtype == expected.dtype
    np.testing.assert_array_equal(got, expected)


def test_to_numpy_does_not_copy_what_a_tensor_holds():
    x = Tensor([1.0, 2.0])
    assert np.shares_memory(engine.to_numpy(x), x.data)
