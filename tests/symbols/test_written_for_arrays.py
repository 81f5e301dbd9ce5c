"""What Tensors call for an op is written from its row, and says what the row says."""

import math
import traceback

import numpy as np
import pytest
from strategies import case_id, rows_of_engine

import engine
from engine import Tensor, elementwise, fused, shape_op
from engine.core import registry
from engine.tensors import written
from engine.tensors.written import push_text, record_text

pytestmark = pytest.mark.usefixtures("own_ops")

SPECIAL = np.array([0.0, -0.0, 0.5, -1.0, 3.0, np.inf, -np.inf, np.nan, 1e300, 1e-310, 2.0, -2.0])
SHAPES = [((), ()), ((12,), (12,)), ((2, 12), (12,)), ((12,), (3, 1)), ((1,), (2, 12))]


def backward_of(y, g):
    """What one node adds to its inputs, by the function that is written for its op."""
    found = {}
    y.op.push_arrays(y, g, found)
    return found


def bits(x):
    return x.dtype, x.shape, x.tobytes()


def inputs_of(op, shape, other, dtype):
    for i, rule in enumerate(op.vjps):
        numbers = np.resize(np.roll(SPECIAL, 5 * i), (shape, other, other)[i]).astype(dtype)
        yield numbers > 0 if rule is None else Tensor(numbers, requires_grad=True)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("case", rows_of_engine(), ids=case_id)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_what_is_written_is_what_the_rules_say_bit_for_bit(case, dtype):
    op, given = case
    for shape, other in SHAPES:
        inputs = list(inputs_of(op, shape, other, dtype))
        y = op(*inputs, **given)
        y.backward(np.ones(y.shape))  # now it is written
        g = np.resize(SPECIAL[::-1], y.shape).astype(dtype)
        found = backward_of(y, g)
        for x, part in zip(y.inputs, y.contributions(g), strict=True):
            assert part is None or bits(part) == bits(found[x])


@pytest.mark.parametrize("case", rows_of_engine(), ids=case_id)
def test_constants_are_inputs_that_nothing_flows_to(case):
    op, given = case
    if op.n_inputs != 2:
        return
    x = Tensor([0.5, 0.25], requires_grad=True)
    for y in (op(x, 0.75, **given), op(0.75, x, **given)):
        y.backward(np.ones(2))
        assert set(backward_of(y, np.ones(2))) == {x}


def test_a_rule_of_ops_alone_stands_in_the_text_and_any_other_is_called():
    assert "part = g * (1 - node._held * node._held)\n" in push_text(engine.tanh, {})
    assert "part = rule0(g, node._held, a0)\n" in push_text(engine.relu, {})
    assert "part = rule0(g, None, a0, **node._params)\n" in push_text(engine.elu, {})
    assert "part = rule0(g, None, a0, **node._params)\n" in push_text(registry["sum"], {})


def test_only_what_the_row_leaves_open_is_asked_of_an_input():
    assert "constant" not in record_text(engine.tanh, {})
    assert record_text(engine.add, {}).count("constant(") == 2
    assert record_text(engine.add, {}, "__add__", 0).count("constant(") == 1
    assert record_text(engine.sub, {}, "__rsub__", 1).startswith("def __rsub__(x1, x0):\n")
    assert "x0._requires" not in record_text(engine.where, {})


WRITTEN = [
    name for name, x in vars(Tensor).items() if getattr(x, "__module__", "") == written.__name__
]


@pytest.mark.parametrize("name", WRITTEN)
def test_methods_written_at_once_are_what_the_mixins_say(name):
    mixin = next(m for m in Tensor.__mro__[1:] if name in vars(m))
    others = [] if name.strip("_") in ("neg", "exp", "log", "tanh", "relu", "sigmoid") else [2.0]
    if "matmul" in name:
        others = [np.ones((2, 2))]
    results = []
    for method in (getattr(Tensor, name), vars(mixin)[name]):
        x = Tensor([[0.5, 2.0], [1.0, 0.25]], requires_grad=True)
        y = method(x, *others)
        y.backward(np.ones(y.shape))
        results.append((y.op, bits(y.data), bits(x.grad)))
    assert results[0] == results[1]
    assert getattr(Tensor, name).__doc__ == results[0][0].doc


def test_the_methods_of_most_networks_are_written_at_once():
    assert {"__add__", "__rsub__", "__matmul__", "__neg__", "relu", "tanh"} <= set(WRITTEN)


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("other", [2.0, 3, True, np.float32(2.0), np.array([1.0, 2.0]), [3, 4.0]])
def test_what_is_no_tensor_is_a_constant_of_the_node(other, swapped):
    x = Tensor([1.0, 5.0], requires_grad=True)
    y = other - x if swapped else x - other
    np.testing.assert_array_equal(y.data, other - x.data if swapped else x.data - other)
    kept = y.inputs[0 if swapped else 1]
    assert not isinstance(kept, Tensor)
    if isinstance(other, np.ndarray):
        other[0] = 100.0
    y.backward(np.ones(2))
    np.testing.assert_array_equal(x.grad, [-1.0, -1.0] if swapped else [1.0, 1.0])


def test_a_list_that_holds_tensors_is_stacked_and_tracked():
    x, z = Tensor(2.0, requires_grad=True), Tensor([1.0, 3.0], requires_grad=True)
    for y in (z * [x, 4.0], [x, 4.0] * z, engine.where([x, 0.0], z, [x, 1.0])):
        x.zero_grad()
        y.sum().backward()
        assert x.grad is not None


def test_nothing_flows_where_the_only_input_has_no_rule():
    op = elementwise("stopped", np.abs, None)
    y = op(Tensor([1.0], requires_grad=True))
    assert y.op is None
    nothing = shape_op(None, name="nothing_flows")(lambda x: x * 2)
    assert not nothing(Tensor([1.0], requires_grad=True)).requires_grad


def test_a_rule_assigned_anew_is_the_one_that_is_asked():
    op = elementwise("assigned", np.abs, lambda g, y, x: g)
    x = Tensor([1.0], requires_grad=True)
    for slope in (1.0, 5.0):
        x.zero_grad()
        op(x).backward()
        assert x.grad == slope
        op.vjps = (lambda g, y, x: g * 5,)
    op.forward = np.negative
    assert op(x).data == -1.0


def test_what_a_rule_uses_twice_is_computed_once():
    def rule(g, y, x):
        slope = engine_exp(x)
        return g * slope * (slope + 1)

    engine_exp = engine.exp
    op = elementwise("twice", np.exp, rule)
    names = {}
    assert "    t0 = exp(a0)\n    part = g * t0 * (t0 + 1)\n" in push_text(op, names)
    assert names["exp"] is np.exp


class Slope:
    """A rule that is no function."""

    def __call__(self, g, y, x):
        return g * 2


def asks(g, y, x):
    return g * 2 if x.shape == g.shape else g


@pytest.mark.parametrize(
    "rule",
    [
        Slope(),
        lambda g, y, x: g * len(x) / 2,
        lambda g, y, x: g * (2 if x[0] == x[1] else 2.0),
        lambda g, y, x: (lambda: g * 2)(),
        lambda g, y, x: 2.0 + 0 * asks(g, y, x),
        lambda g, y, x: 2.0,
    ],
)
def test_a_rule_that_may_ask_what_it_is_given_is_called(rule):
    op = elementwise("double", lambda x: x * 2, rule)
    assert "rule0(" in push_text(op, {})
    x = Tensor([3.0, 4.0], requires_grad=True)
    op(x).backward(np.ones(2))
    assert x.grad.shape == (2,)


def infinite(g, y, x):
    return g * 1e999


def decides(g, y, x):
    return g * 2 if x > 0 else g


@pytest.mark.parametrize("rule", [infinite, decides])
def test_a_rule_whose_numbers_are_no_text_or_that_decides_by_numbers_is_called(rule):
    op = elementwise("far", lambda x: x * 2, rule)
    assert "rule0(" in push_text(op, {})
    x = Tensor([3.0], requires_grad=True)
    op(x).backward()
    assert x.grad == (math.inf if rule is infinite else 2.0)


def test_rules_that_need_parameters_or_names_of_the_text_are_called():
    sloped = engine.leaky_relu
    op = elementwise("sloped", np.abs, lambda g, y, x: sloped(g, 0.5))
    assert "rule0(" in push_text(op, {})
    fitted = elementwise("fitted", np.abs, lambda g, y, x: g * 3)
    op = elementwise("own_name", np.abs, lambda g, y, x: fitted(g))
    x = Tensor([-1.0], requires_grad=True)
    op(x).backward([-2.0])
    assert x.grad == 2.0


def test_an_op_replaced_takes_its_own_rule():
    x = Tensor([1.0], requires_grad=True)
    for slope in (2.0, 3.0):
        op = elementwise("again", np.abs, lambda g, y, x, slope=slope: g * slope, replace=True)
        x.zero_grad()
        op(x).backward()
        assert x.grad == slope


def test_none_of_a_shape_op_or_of_shared_rules_means_that_nothing_flows():
    @shape_op(lambda g, y, x: None)
    def stopped(x):
        "x, and no gradient."
        return x

    @fused(elements=lambda a, b: a * b, vjp_all=lambda g, y, a, b: (g * b, None))
    def half_stopped(a, b):
        "a b, as if b were a constant."
        return a * b

    a, b = Tensor([2.0], requires_grad=True), Tensor([3.0], requires_grad=True)
    stopped(a).backward()
    assert a.grad is None
    half_stopped(a, b).backward()
    assert (a.grad, b.grad) == (3.0, None)


def test_an_elementwise_rule_that_answers_no_number_is_refused():
    op = elementwise("nothing", np.abs, lambda g, y, x: None)
    with pytest.raises(TypeError, match="vjp 0 of 'nothing' must return numbers, got None"):
        op(Tensor([1.0], requires_grad=True)).backward()


def test_tracebacks_show_the_text():
    def broken(g, y, x):
        raise ArithmeticError("on purpose")

    op = elementwise("broken", np.abs, broken)
    with pytest.raises(ArithmeticError) as caught:
        op(Tensor([1.0], requires_grad=True)).backward()
    shown = "".join(traceback.format_exception(caught.value))
    assert "in push_broken\n    part = rule0(g, None, a0)\n" in shown


def test_a_gradient_of_no_numbers_still_has_its_inputs_shape():
    """Where there are no numbers, as many of them and of axes do not make shapes equal."""
    x = Tensor(np.ones((0, 1)), requires_grad=True)
    (x * np.ones((0, 4))).sum().backward()
    assert x.grad.shape == (0, 1)


def test_a_gradient_has_its_inputs_axes():
    x = Tensor(np.ones((4, 4)), requires_grad=True)
    (x * np.ones((1, 4, 4))).sum().backward()
    assert x.grad.shape == (4, 4)
