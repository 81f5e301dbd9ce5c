"""compare: every row agrees; what does not is found and named; and it reads well."""

import math
import re
from html.parser import HTMLParser

import fused_cases
import numpy as np
import pytest
import shape_cases
from hypothesis import given, strategies as st
from strategies import case_id, elementwise_ops, float_positions

import engine
import nn  # noqa: F401 - registers the fused ops of layers and losses
from engine import (
    Tensor,
    Value,
    ValueArray,
    WideOp,
    compare,
    elementwise,
    shape_op,
    tanh,
)
from engine.checking.distance import relative, ulps
from engine.checking.finite import slope
from engine.checking.lockstep import contradiction, differences

BIT_FOR_BIT = {"add", "sub", "mul", "div", "sqrt", "neg", "abs"}


def points(interval, count, rng, reach=3.0):
    """Numbers all over an op's domain, clear of its open ends."""
    lo, hi = max(interval.lo, -reach), min(interval.hi, reach + max(interval.lo, 0.0))
    margin = 0.01 if interval.open else 0.0
    lo = lo + margin if lo == interval.lo else lo
    hi = hi - margin if hi == interval.hi else hi
    return rng.uniform(lo, hi, count)


# --- bar 3: the two engines and the calculus, row by row ---


@pytest.mark.parametrize("case", elementwise_ops(), ids=case_id)
def test_compare_agrees_on_every_row(case):
    """+ − × ÷ sqrt neg abs bit for bit, the rest within op.ulp; gradients to 1e-12 relative."""
    op, params = case
    rng = np.random.default_rng(3)
    columns = [points(interval, 200, rng) for interval in op.domain]
    places = float_positions(op)

    def f(*xs):
        given = [column > 0 for column in columns]  # conditions, where no number is wanted
        for i, x in zip(places, xs, strict=True):
            given[i] = x
        return op(*given, **params)

    result = compare(f, *(columns[i] for i in places), samples=20)

    assert result.ok, str(result)
    value, *gradients = result.rows
    assert float(np.max(ulps(value.scalar, value.tensor))) <= op.ulp
    for row in gradients:
        assert float(np.max(relative(row.scalar, row.tensor))) <= 1e-12
        assert row.finite.checked.any()
    if op.name in BIT_FOR_BIT:
        assert op.ulp == 0
        assert result.first_difference is None or result.first_difference.op.name == "sum"


SHAPE = [(name, i) for name, cases in shape_cases.CASES.items() for i in range(len(cases))]
FUSED = [
    (name, i)
    for name, cases in fused_cases.CASES.items()
    for i in range(len(cases))
    if not isinstance(engine.registry[name], WideOp)  # those take Values only
]


@pytest.mark.parametrize(("name", "i"), SHAPE)
def test_compare_agrees_on_every_op_on_arrays(name, i):
    arrays, f, _ = shape_cases.CASES[name][i]

    assert compare(f, *arrays, samples=3).ok


@pytest.mark.parametrize(("name", "i"), FUSED)
def test_compare_agrees_on_every_fused_op(name, i):
    """One node of Tensors against what it is short for, composed of other ops, on Values."""
    inputs, params = fused_cases.CASES[name][i]
    places = [k for k, x in enumerate(inputs) if getattr(x, "dtype", None) == np.float64]

    def f(*nodes):
        filled = list(inputs)
        for k, node in zip(places, nodes, strict=True):
            filled[k] = node
        return engine.registry[name](*filled, **params)

    assert compare(f, *(inputs[k] for k in places), samples=3).ok


def test_compare_agrees_where_rows_have_ties_and_kinks():
    special = np.array([0.0, -0.0, 1.0, -1.0, 0.5, 2.0])
    for op, params in elementwise_ops():
        if op.n_inputs == 2 and op.kinks is not None:
            a, b = np.repeat(special, 6), np.tile(special, 6)
            assert compare(lambda a, b, op=op: op(a, b), a, b).tiers_agree, op
        elif op.n_inputs == 1 and op.kinks is not None:
            assert compare(lambda x, op=op, p=params: op(x, **p), special).tiers_agree, op


# --- what it holds ---


def test_numbers_become_values_and_0d_tensors():
    seen = []

    def f(a, b):
        seen.append((type(a), getattr(a, "shape", None)))
        return a * b

    result = compare(f, 2, np.float32(-3.0))

    assert (Tensor, ()) in seen
    assert (Value, ()) in seen
    assert [row.name for row in result.rows] == ["value", "a", "b"]
    assert [row.tensor.item() for row in result.rows] == [-6.0, -3.0, 2.0]
    assert [row.scalar.item() for row in result.rows] == [-6.0, -3.0, 2.0]
    assert result.rows[1].finite.slope == pytest.approx(-3.0, rel=1e-9)


@pytest.mark.parametrize(
    "x",
    [
        [1.0, 2.0],
        (1, 2),
        np.array([1, 2]),
        np.array([1.0, 2.0], dtype=np.float32),
        Tensor([1.0, 2.0]),
        ValueArray.of([1.0, 2.0]),
    ],
    ids=lambda x: type(x).__name__,
)
def test_everything_that_holds_numbers_is_an_array_of_float64(x):
    row = compare(lambda x: (x * x).sum(), x).rows[1]

    assert row.shape == (2,)
    assert row.tensor.tolist() == row.scalar.tolist() == [2.0, 4.0]


def test_nodes_are_taken_for_their_numbers_and_left_alone():
    v, t = Value(3.0), Tensor(2.0, requires_grad=True)

    assert compare(lambda a, b: a * b, v, t).rows[0].tensor == 6.0
    assert not v.has_grad
    assert t.grad is None


def test_several_numbers_are_summed_and_the_table_says_so():
    result = compare(lambda x: x * x, [1.0, 2.0, 3.0])

    assert result.rows[0].tensor.tolist() == [1.0, 4.0, 9.0]
    assert result.rows[1].tensor.tolist() == [2.0, 4.0, 6.0]
    assert "f returns 3 numbers: gradients are those of their sum." in str(result)


def test_a_single_number_in_an_array_needs_no_such_remark():
    assert "their sum" not in str(compare(lambda x: x * x, [2.0]))


def test_ops_on_whole_arrays_take_single_numbers():
    """A 0-d array is one too: softmax of it is 1."""
    for f in (engine.softmax, engine.sum, engine.logsumexp, engine.max, engine.norm):
        assert compare(lambda x, f=f: f(x), 2.0).ok


def test_empty_inputs_agree_and_say_nothing():
    result = compare(lambda x: x * 2, np.zeros((2, 0)))

    assert result.ok
    assert result.rows[1].worst() == ()
    assert "∂/∂x, empty" in str(result)
    assert "finite differences say nothing here" in str(result)


def test_names_follow_the_function_or_the_caller():
    assert [r.name for r in compare(lambda p, q: p * q, 1.0, 2.0).rows[1:]] == ["p", "q"]
    assert [r.name for r in compare(lambda *xs: xs[0] * xs[1], 1.0, 2.0).rows[1:]] == ["x0", "x1"]
    assert [r.name for r in compare(engine.mul, 1.0, 2.0, names=["u", "v"]).rows[1:]] == ["u", "v"]
    assert compare(engine.softmax, [1.0, 2.0]).title == "softmax(x: 2)"
    assert compare(engine.hypot, 3.0, 4.0).title == "hypot(a = 3, b = 4)"

    class Opaque:
        __signature__ = "none"  # inspect.signature refuses it

        def __call__(self, x):
            return x * 2

    assert compare(Opaque(), 1.0).rows[1].name == "x0"
    assert compare(Opaque(), 1.0).title == "Opaque(x0 = 1)"


def test_the_title_holds_the_function_and_its_inputs():
    def loss(w, c):
        return (w * c).sum()

    assert compare(loss, np.ones((3, 4)), 2).title == "loss(w: 3×4, c = 2)"


def test_it_records_where_recording_is_off():
    with engine.no_grad():
        result = compare(lambda x: x * x, 3.0)

    assert result.ok
    assert result.rows[1].tensor == result.rows[1].scalar == 6.0


def test_an_input_that_is_not_used_has_gradient_zero():
    row = compare(lambda a, b: a * 2.0, 1.0, [5.0, 6.0]).rows[2]

    assert row.tensor.tolist() == row.scalar.tolist() == [0.0, 0.0]
    assert row.ok


def test_a_result_no_gradient_flows_from_is_compared_all_the_same():
    result = compare(lambda x: engine.argmax(x), [1.0, 3.0, 2.0])

    assert not result.differentiable
    assert result.rows[0].tensor == result.rows[0].scalar == 1.0
    assert result.rows[1].tensor.tolist() == [0.0, 0.0, 0.0]
    assert "No gradient flows" in str(result)


def test_what_is_detached_is_a_constant_on_both_tiers():
    result = compare(lambda x: engine.sign(x.detach()), 3.0)

    assert result.ok
    assert not result.differentiable


def test_large_inputs_are_sampled_reproducibly():
    x = np.linspace(0.1, 2, 50)
    first, again, other = (
        compare(lambda x: (x**3).sum(), x, samples=5, seed=seed) for seed in (0, 0, 1)
    )

    assert first.sampled == (5, 50)
    assert "Finite differences were taken at 5 of 50 elements." in str(first)
    np.testing.assert_array_equal(first.rows[1].finite.sampled, again.rows[1].finite.sampled)
    assert (first.rows[1].finite.sampled != other.rows[1].finite.sampled).any()


def test_no_samples_leave_the_tiers():
    result = compare(lambda x: x * x, 3.0, samples=0)

    assert result.ok
    assert "not sampled" in str(result)
    assert result.rows[1].finite_relative == 0.0
    assert "finite differences say nothing here" in str(result)


# --- hard places ---


def test_at_a_kink_finite_differences_are_not_asked():
    result = compare(lambda x: engine.relu(x), [0.0, 1.0, -1.0])

    assert result.ok
    assert result.rows[1].finite.kink.tolist() == [True, False, False]
    assert "at a kink" in str(result)
    assert "At a kink a finite difference says nothing" in str(result)


def test_close_to_a_kink_they_are():
    """Steps shrink until they do not cross it."""
    result = compare(lambda x: engine.relu(x), [1e-4, -1e-6])

    assert result.rows[1].finite.checked.all()
    np.testing.assert_allclose(result.rows[1].finite.slope, [1.0, 0.0], atol=1e-9)


def test_a_tie_of_maximum_and_of_max_is_a_kink():
    assert compare(engine.maximum, 2.0, 2.0).ok
    assert compare(lambda x: x.max(), [1.0, 3.0, 3.0]).ok


@pytest.mark.usefixtures("own_ops")
def test_a_kink_that_no_op_declares_is_a_difference():
    elementwise("corner", lambda x: np.maximum(x, 0.0), lambda g, y, x: g * (x > 0))

    assert not compare(lambda x: engine.corner(x), 0.0).ok
    assert compare(lambda x: engine.corner(x), 1.0).ok


def test_nan_and_inf_agree_where_both_tiers_have_them():
    result = compare(lambda x: engine.log(x), [0.0, 1.0, -1.0])

    assert result.ok
    value, row = result.rows
    assert value.tensor[0] == -math.inf
    assert math.isnan(value.tensor[2])
    assert row.tensor.tolist() == [math.inf, 1.0, -1.0]
    assert row.finite.slope[1] == pytest.approx(1.0)  # the others do not spoil this one
    assert row.finite.checked.tolist() == [False, True, False]
    assert "undefined" in str(result)


def test_a_single_point_where_f_is_finite_has_no_slope():
    """(-2)**y is a number at y = 3 and nan around it."""
    result = compare(lambda x, y: x**y, -2.0, 3.0)

    assert math.isnan(result.rows[2].tensor)
    assert result.ok
    assert result.rows[1].finite.checked
    assert not result.rows[2].finite.checked


def test_an_infinite_result_has_no_finite_difference():
    result = compare(lambda x: engine.exp(x), 1000.0)

    assert result.ok
    assert not result.rows[1].finite.checked.any()


def test_inputs_that_are_not_finite_have_no_finite_difference():
    result = compare(lambda x: engine.arctan(x), [math.inf, math.nan, 1.0])

    assert result.ok
    assert result.rows[1].finite.checked.tolist() == [False, False, True]


def test_a_nan_gradient_of_a_smooth_function_is_shown_as_different():
    """The trap of where: the branch not taken leaks nan through its own rule."""
    result = compare(lambda x: engine.where(x >= 0, x, engine.sqrt(-x)), 1.0)

    assert math.isnan(result.rows[1].tensor)
    assert result.tiers_agree
    assert not result.finite_agrees


def test_cancellation_is_no_difference():
    """1e8 + x - 1e8: finite differences know how wrong they may be."""
    assert compare(lambda x: (x + 1e8) - 1e8, 1.0).ok
    assert compare(lambda x: engine.sin(x * 1e4), 1.0).ok
    assert compare(lambda x: 1 / x, 1e-4).ok
    assert compare(lambda x: engine.sqrt(x), 1e-9).ok


def test_less_than_one_unit_in_the_last_place_is_not_called_none():
    """Distances are in units of the largest number: of a smaller one they are a fraction."""
    rng = np.random.default_rng(0)
    result = compare(lambda x, w: tanh(x @ w).sum(), rng.normal(size=(4, 5)), rng.normal(size=5))

    assert " 0 ulp" not in str(result)


# --- mistakes ---


def test_bad_inputs_are_named():
    with pytest.raises(TypeError, match="input 1 must be a real number or an array of them"):
        compare(lambda a, b: a, 1.0, "2")
    with pytest.raises(TypeError, match="input 0 must be a real number"):
        compare(lambda a: a, 1j)
    with pytest.raises(TypeError, match=r"input 0 .*got \[\[1\], \[2, 3\]\]"):
        compare(lambda a: a, [[1], [2, 3]])
    with pytest.raises(TypeError, match="f must be a function, got int"):
        compare(3, 1.0)
    with pytest.raises(TypeError, match="at least one input"):
        compare(lambda: Value(1.0))
    with pytest.raises(ValueError, match=r"names must have 1 entries, got \['a', 'b'\]"):
        compare(lambda a: a, 1.0, names=["a", "b"])
    with pytest.raises(ValueError, match="samples must be at least 0, got -1"):
        compare(lambda a: a, 1.0, samples=-1)


def test_a_result_outside_the_graph_is_refused_with_what_to_do():
    with pytest.raises(TypeError, match=r"got Array: .* keep out \.data"):
        compare(lambda x: x.data * 2, 1.0)
    with pytest.raises(TypeError, match="got tuple: return one result"):
        compare(lambda x: (x, x), 1.0)


def test_a_result_outside_the_graph_on_the_scalar_tier_only_is_refused():
    with pytest.raises(TypeError, match=r"must return a Value .* got float"):
        compare(lambda x: x * 2 if isinstance(x, Tensor) else 2.0, 1.0)


def test_a_function_that_fails_on_one_tier_says_which():
    def only_tensors(x):
        return x.sum() if isinstance(x, Tensor) else x.missing()

    with pytest.raises(
        RuntimeError, match=r"runs on Tensors but fails on Values .*: AttributeError"
    ):
        compare(only_tensors, 1.0)
    with pytest.raises(AttributeError, match="'Tensor' object has no attribute 'missing'"):
        compare(lambda x: x.missing(), 1.0)


def test_another_shape_on_the_other_tier_is_refused():
    def f(x):
        return x * 1 if isinstance(x, Tensor) else x.sum()

    with pytest.raises(ValueError, match=r"shape \(2,\) on Tensors, but \(\) on Values"):
        compare(f, [1.0, 2.0])


# --- planted faults are found and named ---


@pytest.mark.usefixtures("own_ops")
def test_a_wrong_forward_on_one_tier_is_named():
    elementwise("crooked", np.tanh, lambda g, y, x: g * (1 - y * y), scalar=lambda x: x)
    result = compare(lambda a, b: engine.exp(engine.crooked(a * b) + a), 0.2, 3.0)

    assert not result.ok
    assert not result.tiers_agree
    fault = result.first_fault
    assert (fault.op.name, fault.what, fault.within) == ("crooked", "forward", False)
    assert fault.scalar == 0.2 * 3.0
    assert fault.tensor == np.tanh(0.2 * 3.0)
    assert "THE TIERS DIFFER." in str(result)
    assert "They part at crooked (node 3), forward: Value 0.6000000000000001," in str(result)


@pytest.mark.usefixtures("own_ops")
def test_a_wrong_rule_on_one_tier_is_named():
    elementwise(
        "bent", np.tanh,
        lambda g, y, x: g * (1 - y * y) if type(x) is float else g * (1 + y * y),
    )  # fmt: skip
    result = compare(lambda a, b: engine.bent(a * b) ** 2, 0.2, [3.0, 4.0])

    fault = result.first_fault
    assert (fault.op.name, fault.what, fault.index) == ("bent", "gradient of input 0", (1,))
    assert fault.tensor != fault.scalar
    assert result.rows[0].ok
    assert not result.rows[1].ok
    assert result.contradiction.op.name == "bent"
    assert "Finite differences disagree at bent (node 3), gradient of input 0 at [" in str(result)


@pytest.mark.usefixtures("own_ops")
def test_a_wrong_rule_of_the_scalar_tier_alone_is_named_once():
    elementwise(
        "bent", np.tanh,
        lambda g, y, x: g * (1 - y * y) if type(x) is not float else g * (1 + y * y),
    )  # fmt: skip
    result = compare(lambda a: engine.bent(a) ** 2, 0.2)

    assert result.first_fault.op.name == "bent"
    assert result.finite_agrees
    assert result.contradiction is None


@pytest.mark.usefixtures("own_ops")
def test_a_rule_wrong_on_both_tiers_is_named_by_finite_differences():
    elementwise("bent", np.tanh, lambda g, y, x: g * (1 + y * y))
    result = compare(lambda a, b: engine.exp(engine.bent(a * b)) + a, 0.2, [3.0, 4.0])

    assert result.tiers_agree
    assert not result.ok
    found = result.contradiction
    assert (found.op.name, found.what, found.index) == ("bent", "gradient of input 0", (0,))
    assert found.rule > found.finite
    assert "FINITE DIFFERENCES SAY OTHERWISE" in str(result)


@pytest.mark.parametrize("kinks", [None, np.abs], ids=["no kink", "a kink at 0"])
@pytest.mark.parametrize("x", [2.0, 0.0])
@pytest.mark.usefixtures("own_ops")
def test_a_wrong_rule_is_excused_at_a_declared_kink_only(kinks, x):
    elementwise("bent_relu", lambda x: np.maximum(x, 0.0), lambda g, y, x: g * 1.5, kinks=kinks)
    result = compare(engine.bent_relu, x)
    excused = kinks is not None and x == 0.0

    assert result.ok is excused
    assert (result.contradiction is None) is excused
    order = engine.toposort(engine.bent_relu(Tensor(x, requires_grad=True)))
    assert (contradiction(order) is None) is excused


@pytest.mark.usefixtures("own_ops")
def test_a_wrong_rule_of_a_shape_op_is_named():
    @shape_op(lambda g, y, x: g * 2)
    def crooked_flip(x):
        "Reversed."
        return x[::-1]

    result = compare(lambda x: (crooked_flip(x) * [1.0, 2.0, 3.0]).sum(), [1.0, 2.0, 4.0])

    assert result.contradiction.op.name == "crooked_flip"
    assert result.contradiction.index in {(0,), (1,), (2,)}


@pytest.mark.usefixtures("own_ops")
def test_the_first_op_that_differs_is_found_in_a_long_chain():
    elementwise("off", np.sin, lambda g, y, x: g * engine.cos(x), scalar=lambda x: math.sin(x) + 1)

    def f(x):
        for _ in range(10):
            x = x * 1.1
        x = engine.off(x)
        for _ in range(10):
            x = tanh(x)
        return x

    assert compare(f, 0.3).first_fault.op.name == "off"
    assert compare(f, 0.3).first_fault.position == 11


def test_a_function_that_does_something_else_on_each_tier_is_to_blame_itself():
    result = compare(lambda x: x * 2 if isinstance(x, Tensor) else x * 3, 1.0)

    assert not result.tiers_agree
    assert "No op is to blame: f itself does something else on each tier." in str(result)


def test_a_harmless_difference_is_told_from_a_fault():
    x, w = np.arange(12.0).reshape(3, 4) / 10, np.arange(8.0).reshape(4, 2) / 7
    result = compare(lambda x, w: (tanh(x @ w) * 0.1).mean(), x, w)

    assert result.ok
    assert result.first_difference.within
    assert result.first_fault is None
    assert "within the 64 ulp allowed" in str(result)
    assert re.search(r"Largest difference: \d+ ulp, \de-1[567] relative, in ∂/∂[xw]\.", str(result))


def test_gradients_that_cancel_to_rounding_agree():
    """The softmaxes of anything sum to 1: the gradient of that is what rounding leaves of 0."""
    result = compare(engine.softmax, [1.0, 2.0, 3.0])

    assert result.ok
    assert np.abs(result.rows[1].tensor).max() < 1e-15
    assert result.rows[1].size > 0.05
    for f in (lambda x: x - x * 1.0, lambda x: engine.log_softmax(x) + engine.softmax(x) * 3):
        assert compare(f, [0.3, -1.7, 2.9]).ok


@pytest.mark.usefixtures("own_ops")
def test_what_cancels_does_not_hide_a_fault():
    elementwise(
        "bent", np.exp, lambda g, y, x: g * y * (1 if type(x) is float else 1.0001)
    )  # fmt: skip

    assert not compare(lambda x: engine.bent(x) / engine.exp(x).sum(), [0.3, -1.7, 2.9]).ok


def test_a_difference_of_gradients_within_rounding_reads_as_such():
    result = compare(engine.softmax, [1.0, 2.0, 3.0])

    said = re.search(r"softmax \(node 1\), gradient of input 0 at \[\d\]: (.*)", str(result))[1]
    assert re.fullmatch(r"\de-1[67] apart, no more than rounding\.", said)


def test_a_harmless_difference_that_leaves_no_trace_in_the_result():
    """Ops differ in the last place, but what is returned does not depend on it."""
    result = compare(lambda x: tanh(x) * 0.0, np.linspace(-2, 2, 400), samples=1)

    assert result.first_difference.op.name == "tanh"
    assert "Value and gradients have the same bits." in str(result)


@pytest.mark.usefixtures("own_ops")
def test_a_tiny_wrong_gradient_is_found():
    """Tolerances are relative to the gradient, not to 1."""
    elementwise("bent", np.tanh, lambda g, y, x: g * (1 + y * y))

    assert not compare(lambda x: engine.bent(x) * 1e-9, 0.5).ok


@pytest.mark.usefixtures("own_ops")
def test_raise_if_different_raises_the_table_or_returns_the_result():
    elementwise("bent", np.tanh, lambda g, y, x: g * (1 + y * y))
    good = compare(tanh, 0.5)

    assert good.raise_if_different() is good
    with pytest.raises(AssertionError, match="FINITE DIFFERENCES SAY OTHERWISE"):
        compare(engine.bent, 0.5).raise_if_different()


def test_lockstep_looks_at_ops_one_by_one():
    x = Tensor([0.5, 1.0], requires_grad=True)
    order = engine.toposort((x * x).sum())

    assert differences(order) == []
    assert contradiction(order) is None
    assert differences(engine.toposort(Tensor(1.0))) == []


# --- how it reads ---


def test_the_table_reads_like_this():
    result = compare(lambda a, b: a * b - 3 * a, 2.0, -1.5)

    assert str(result) == (
        "f(a = 2, b = -1.5)\n"
        "\n"
        "       Value  Tensor  apart      finite difference  apart\n"
        "─────────────────────────────────────────────────────────────\n"
        "value  -9.0   -9.0    same bits                            ok\n"
        "∂/∂a   -4.5   -4.5    same bits  -4.5               0      ok\n"
        "∂/∂b    2.0    2.0    same bits   2                 0      ok\n"
        "\n"
        "The tiers and the finite differences agree.\n"
        "Every op gave the same bits on both tiers."
    )
    assert repr(result) == str(result)


@pytest.mark.usefixtures("own_ops")
def test_of_a_large_array_the_element_that_differs_most_is_shown():
    elementwise(
        "dented", np.sin, lambda g, y, x: g * engine.cos(x),
        scalar=lambda x: math.sin(x) + (x == 5.0),
    )  # fmt: skip
    result = compare(lambda x: engine.dented(x), np.arange(12.0).reshape(3, 4))

    assert "value[1,1] of 3×4" in str(result)
    assert "Of a large array you see the element that differs most." in str(result)


class Cells(HTMLParser):
    """The text of every table cell, and every tag."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.cells, self._open = [], [], False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        if tag in ("td", "th"):
            self.cells.append("")
            self._open = True

    def handle_endtag(self, tag):
        self._open = self._open and tag not in ("td", "th")

    def handle_data(self, data):
        if self._open:
            self.cells[-1] += data


def test_the_html_holds_the_same_cells():
    result = compare(lambda a, b: a * b, 2.0, -1.5)
    page = Cells(result._repr_html_())

    assert page.cells[7:14] == ["value", "-3.0", "-3.0", "same bits", "", "", "ok"]
    assert page.cells[14:21] == ["∂/∂a", "-1.5", "-1.5", "same bits", "-1.5", "0", "ok"]
    assert "✓" in result._repr_html_()


@pytest.mark.usefixtures("own_ops")
def test_the_html_keeps_numbers_on_one_line_and_marks_differences_in_bold():
    elementwise("bent", np.tanh, lambda g, y, x: g * (1 + y * y))
    text = compare(engine.bent, 0.5)._repr_html_()
    styles = re.findall(r'style="([^"]*)">(DIFFERS|ok|Tensor)<', text)
    style_of = {cell: style for style, cell in styles}

    assert "white-space:nowrap" in style_of["DIFFERS"]
    assert "white-space:nowrap" not in style_of["Tensor"]
    assert "font-weight:bold" in style_of["DIFFERS"]
    assert "font-weight:bold" not in style_of["ok"]


def test_the_html_is_escaped_and_holds_no_script_and_no_background():
    result = compare(lambda x: x * x, 2.0, names=["<script>alert(1)</script>"])
    text = result._repr_html_()

    assert set(Cells(text).tags) <= {
        "div", "p", "code", "table", "thead", "tbody", "tr", "th", "td", "b", "br",
    }  # fmt: skip
    assert "∂/∂&lt;script&gt;" in text
    assert not re.search(r"background:(?!none)", text)
    assert not re.search(r"color:(?:#000|#fff|black|white)", text)


@pytest.mark.usefixtures("own_ops")
def test_the_html_marks_what_differs_by_words_too():
    elementwise("bent", np.tanh, lambda g, y, x: g * (1 + y * y))
    text = compare(engine.bent, 0.5)._repr_html_()

    assert "✗" in text
    assert "DIFFERS" in text


# --- distances and finite differences ---


def test_f_is_given_what_asks_for_a_gradient_on_both_tiers():
    asks = {}

    def f(x):
        asks.setdefault(type(x), x.requires_grad)
        return x * x

    assert compare(f, 2.0).ok
    assert asks == {Tensor: True, Value: True}


def test_ulps_count_the_numbers_between():
    assert ulps(1.0, np.nextafter(1.0, 2.0)) == 1.0
    assert ulps(1.0, 1.0 - 2**-52) == 1.0
    assert ulps(0.0, -0.0) == 0.0
    assert ulps(math.nan, math.nan) == ulps(math.inf, math.inf) == 0.0
    assert ulps(1.0, math.nan) == ulps(math.inf, -math.inf) == math.inf
    assert ulps(1e-20, 2e-20, scale=1.0) < 1e-3


def test_relative_is_a_fraction_of_the_larger():
    assert relative(1.0, 2.0) == 0.5
    assert relative(0.0, 0.0) == relative(math.nan, math.nan) == 0.0
    assert relative(0.0, 1e-300) == 1.0
    assert relative(1.0, math.nan) == relative(1.0, math.inf) == math.inf
    assert relative(1.0, 2.0, scale=100.0) == 0.01


@given(st.floats(-50, 50), st.floats(0.1, 5))
def test_slopes_are_within_ten_times_the_error_they_claim(x, w):
    estimate = slope(lambda t: math.sin(w * t), x)

    assert abs(estimate.value - w * math.cos(w * x)) <= 10 * estimate.error + 1e-15
    assert estimate.error <= 1e-5
    assert not estimate.corner


@pytest.mark.parametrize(
    ("f", "x", "corner"),
    [
        (abs, 0.0, True),
        (lambda x: 1000 * x + max(x, 0.0), 0.0, True),
        (math.cos, 0.0, False),
        (math.floor, 1.0, True),
        (math.floor, 1.5, False),
        (lambda x: max(x, 0.0), 1e-5, False),
    ],
)
def test_a_corner_is_told_from_a_curve(f, x, corner):
    assert slope(f, x).corner is corner


def test_no_slope_where_there_is_none():
    assert math.isnan(slope(math.floor, 1.0).value)
    assert math.isnan(slope(lambda x: 1 / x if x else math.inf, 0.0).value)
    assert math.isnan(slope(lambda x: math.sqrt(x) if x >= 0 else math.nan, 0.0).value)
    assert math.isnan(slope(math.atan, math.inf).value)


def test_a_slope_contradicts_what_is_too_far_off():
    sure, unsure = slope(math.sin, 0.0), slope(math.floor, 1.0)

    assert not sure.contradicts(1.0 + 1e-9, 1e-5, 0.0)
    assert sure.contradicts(1.1, 1e-5, 0.0)
    assert sure.contradicts(math.nan, 1e-5, 0.0)
    assert not unsure.contradicts(0.0, 0.0, 0.0)
