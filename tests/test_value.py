"""`Value` among numbers: construction, operators, comparisons, gradients, misuse."""

import copy
import math
import pickle
from fractions import Fraction

import numpy as np
import pytest

import engine as E
from engine import Tensor, Value, ValueArray

INF, NAN = math.inf, math.nan


# --- making one ---


@pytest.mark.parametrize(
    "number",
    [3, 3.0, True, np.float64(3), np.float32(3), np.int64(3), np.bool_(True), np.array(3.0),
     np.array(3), Fraction(7, 2)],
)  # fmt: skip
def test_data_is_a_python_float_whatever_number_came(number):
    x = Value(number)
    assert type(x.data) is float
    assert x.data == float(number)


@pytest.mark.parametrize(
    "thing", ["3", None, 1j, np.complex128(1), [1.0], np.array([1.0]), Value(1.0), object()]
)
def test_data_that_is_no_real_number_is_refused(thing):
    with pytest.raises(TypeError, match="data must be a real number"):
        Value(thing)


def test_a_tensor_as_data_is_refused_with_what_to_do():
    with pytest.raises(
        TypeError, match=r"data is a Tensor: the two tiers .* make the number a Tensor"
    ):
        Value(Tensor(1.0))


def test_data_can_be_changed_and_is_checked():
    x = Value(1.0)
    x.data = np.float32(0.5)
    assert type(x.data) is float
    with pytest.raises(TypeError, match="data must be a real number, got str"):
        x.data = "2"
    assert x.data == 0.5


def test_labels():
    assert Value(1.0).label == ""
    assert Value(1.0, label="w").label == "w"


# --- a number among numbers ---


def test_conversions():
    x = Value(2.75, requires_grad=False)
    assert float(x) == 2.75
    assert int(x) == 2
    assert x.item() == 2.75
    assert bool(x)
    assert not Value(0.0)
    assert bool(Value(NAN))
    assert f"{x:.1f}" == "2.8"
    assert f"{x}" == "Value(data=2.75, grad=0.0)"
    assert x.shape == ()
    assert x.ndim == 0


def test_comparisons_look_at_the_number():
    a, b = Value(1.0), Value(2.0)
    assert a < b
    assert a <= b
    assert b > a
    assert b >= 2
    assert a < 1.5
    assert a > 0.5
    assert a == 1
    assert a == Value(1.0)
    assert a != b
    assert a == np.float64(1.0)
    assert np.float64(1.0) == a
    assert a == np.array(1.0)
    assert type(a < b) is bool
    assert Value(NAN) != Value(NAN)


def test_comparison_with_an_array_is_by_element():
    np.testing.assert_array_equal(Value(1.0) < np.array([0.0, 2.0]), [False, True])
    np.testing.assert_array_equal(np.array([0.0, 2.0]) > Value(1.0), [False, True])


def test_comparison_with_what_is_no_number():
    a = Value(1.0)
    assert a != "1"
    assert a != None  # noqa: E711 - this very comparison is under test
    assert (a == [1.0]) is False
    with pytest.raises(TypeError, match="'<' not supported"):
        a < "1"  # noqa: B015 - the comparison raises


def test_equal_values_are_different_nodes():
    a, b = Value(1.0), Value(1.0)
    assert hash(a) != hash(b)
    assert len({a, b}) == 2
    assert (a + b)._prev == {a, b}
    y = E.maximum(a, b)  # equal constants must not be merged
    y.backward()
    assert (a.grad, b.grad) == (0.5, 0.5)


def test_sorting_and_extremes_by_python():
    values = [Value(x) for x in (3.0, 1.0, 2.0)]
    assert [x.data for x in sorted(values)] == [1.0, 2.0, 3.0]
    assert max(values).data == 3.0
    assert values[1] in values


@pytest.mark.parametrize(
    "other", [3, 3.0, np.float64(3), np.float32(3), np.int32(3), np.array(3.0)]
)
def test_numbers_of_every_kind_on_either_side(other):
    for compute, value, slope in [
        (lambda x: x + other, 5.0, 1.0),
        (lambda x: other + x, 5.0, 1.0),
        (lambda x: x - other, -1.0, 1.0),
        (lambda x: other - x, 1.0, -1.0),
        (lambda x: x * other, 6.0, 3.0),
        (lambda x: other * x, 6.0, 3.0),
        (lambda x: other / x, 1.5, -0.75),
        (lambda x: x**other, 8.0, 12.0),
        (lambda x: other**x, 9.0, 9 * math.log(3)),
        (lambda x: x % other, 2.0, 1.0),
        (lambda x: other % x, 1.0, -1.0),
        (lambda x: x // other, 0.0, 0.0),
        (lambda x: other // x, 1.0, 0.0),
    ]:
        x = Value(2.0)
        y = compute(x)
        assert isinstance(y, Value)
        assert type(y.data) is float
        y.backward()
        assert y.data == value
        assert x.grad == slope
        assert type(x.grad) is float
        assert x.grad is not other


def test_a_constant_is_no_node():
    y = Value(2.0) * 3
    assert y.inputs[1] == 3.0
    assert type(y.inputs[1]) is float
    assert len(E.toposort(y)) == 2


def test_unary_operators_and_abs():
    x = Value(-2.0)
    assert +x is x
    assert (-x).data == 2.0
    y = abs(x)
    y.backward()
    assert (y.data, x.grad) == (2.0, -1.0)


def test_a_value_as_exponent_is_differentiated():
    a, b = Value(2.0), Value(3.0)
    y = a**b
    y.backward()
    assert y.data == 8.0
    assert a.grad == 12.0
    assert b.grad == pytest.approx(8 * math.log(2), rel=1e-15)


def test_arithmetic_is_ieee_and_never_raises():
    zero, big = Value(0.0), Value(1000.0)
    assert (1 / zero).data == INF
    assert math.isnan((zero / zero).data)
    assert big.exp().data == INF
    assert zero.log().data == -INF
    assert math.isnan(Value(-1.0).sqrt().data)
    assert math.isnan((Value(-2.0) ** 0.5).data)
    assert (zero**-1).data == INF
    assert math.isnan((Value(1.0) % 0).data)
    y = zero.log()
    y.backward()
    assert zero.grad == INF
    zero.zero_grad()
    (zero / zero).backward()
    assert math.isnan(zero.grad)


def test_overflow_of_an_int_is_a_clear_error():
    with pytest.raises((OverflowError, TypeError), match=r"int|float"):
        Value(1.0) + 10**400


# --- mixing with arrays ---


def test_an_array_on_either_side_makes_an_array_of_values():
    x = Value(2.0)
    for y in (x * np.array([1.0, 3.0]), np.array([1.0, 3.0]) * x):
        assert isinstance(y, ValueArray)
        np.testing.assert_array_equal(y.values, [2.0, 6.0])
    x.zero_grad()
    y.sum().backward()
    assert x.grad == 4.0


def test_an_op_on_arrays_takes_a_single_value():
    x = Value(2.0)
    y = E.sum(x)
    y.backward()
    assert (y.data, x.grad) == (2.0, 1.0)


def test_a_tensor_and_a_value_do_not_mix():
    for compute in (
        lambda v, t: v + t,
        lambda v, t: t + v,
        lambda v, t: v * t,
        lambda v, t: E.where(True, v, t),
        lambda v, t: E.maximum(t, v),
    ):
        with pytest.raises(TypeError, match="two tiers do not mix"):
            compute(Value(1.0), Tensor([1.0]))
    with pytest.raises(TypeError, match="a Tensor and a Value do not mix"):
        Tensor([1.0]) == Value(1.0)  # noqa: B015 - the comparison raises


@pytest.mark.parametrize("other", ["1", None, 1j, object()])
def test_operands_that_are_no_numbers_are_refused(other):
    x = Value(1.0)
    for compute in (lambda: x + other, lambda: other * x, lambda: E.pow(x, other)):
        with pytest.raises(TypeError, match=r"input \d of \w+\(\) must be a real number"):
            compute()
    assert x.grad == 0.0


def test_a_parameter_is_plain():
    with pytest.raises(TypeError, match=r"negative_slope of leaky_relu\(\) is a plain number"):
        E.leaky_relu(Value(1.0), Value(0.1))
    with pytest.raises(TypeError, match=r"input 2 of where\(\) must be a real number"):
        E.where(True, Value(1.0), "2")


# --- backward ---


def test_a_leaf_is_its_own_gradient():
    x = Value(3.0)
    x.backward()
    assert x.grad == 1.0
    x.backward(2.0)
    assert x.grad == 3.0


def test_backward_twice_adds_and_is_right():
    x = Value(3.0)
    y = x * x * x
    y.backward()
    assert x.grad == 27.0
    y.backward()
    assert x.grad == 54.0


def test_a_leaf_used_again_after_backward_adds_up():
    x = Value(3.0)
    (x * x).backward()
    (x * 5).backward()
    assert x.grad == 11.0
    x.zero_grad()
    assert x.grad == 0.0
    assert not x.has_grad


def test_results_keep_their_gradient_unless_told_otherwise():
    x = Value(3.0)
    h = x * 2
    y = h * h
    y.backward()
    assert (y.grad, h.grad, x.grad) == (1.0, 12.0, 24.0)
    for node in (x, h, y):
        node.zero_grad()
    y.backward(retain_grads=False)
    assert (y.has_grad, h.has_grad) == (False, False)
    assert x.grad == 24.0


def test_the_upstream_gradient_scales_everything():
    x = Value(3.0)
    (x * x).backward(10)
    assert x.grad == 60.0


@pytest.mark.parametrize("gradient", ["1", [1.0], Value(1.0)])
def test_a_gradient_that_is_no_number_is_refused(gradient):
    x = Value(3.0)
    y = x * x
    with pytest.raises(TypeError, match="gradient must be a real number"):
        y.backward(gradient)
    assert not x.has_grad


def test_grad_can_be_set_and_is_checked():
    x = Value(1.0)
    x.grad = np.float32(2)
    assert type(x.grad) is float
    x.grad = None
    assert not x.has_grad
    with pytest.raises(TypeError, match="grad must be a real number"):
        x.grad = "1"


def test_constants_collect_nothing():
    x, c = Value(3.0), Value(2.0, requires_grad=False)
    (x * c).backward()
    assert x.grad == 2.0
    assert c.grad == 0.0
    assert not c.has_grad
    c.zero_grad()
    assert not c.requires_grad


def test_backward_of_constants_alone_is_an_error():
    c = Value(2.0, requires_grad=False)
    y = c * c
    for create_graph in (False, True):
        with pytest.raises(RuntimeError, match="depends on nothing with requires_grad"):
            y.backward(create_graph=create_graph)
    x = Value(1.0)  # the failed pass left nothing behind
    (x * y).backward()
    assert x.grad == 4.0


def test_requires_grad_of_leaves_and_results():
    x, c = Value(1.0), Value(1.0, requires_grad=False)
    assert x.requires_grad
    assert (x * c).requires_grad
    assert not (c * c).requires_grad
    assert x.is_leaf
    assert not (x * c).is_leaf
    c.requires_grad = True
    (c * c).backward()
    assert c.grad == 2.0
    c.requires_grad = True  # no change: the gradient stays
    assert c.grad == 2.0
    c.requires_grad = False
    assert c.grad == 0.0
    with pytest.raises(RuntimeError, match=r"leaf only; this is a result of mul\(\): use detach"):
        (x * c).requires_grad = False


def test_detach_cuts_the_graph():
    x = Value(3.0, label="x")
    y = x.detach() * x
    y.backward()
    assert x.grad == 3.0
    assert x.detach().label == "x"


def test_create_graph_gives_gradients_that_can_be_differentiated():
    x = Value(2.0)
    y = x**3
    y.backward(create_graph=True)
    first = x.grad
    assert isinstance(first, Value)
    assert first.data == 12.0
    x.zero_grad()
    first.backward()
    assert x.grad == 12.0


def test_create_graph_takes_a_value_as_gradient_and_adds_up():
    x, g = Value(2.0), Value(3.0)
    y = x * x
    y.backward(g, create_graph=True)
    y.backward(g, create_graph=True)
    assert x.grad.data == 24.0
    x_grad = x.grad
    g.zero_grad()
    x_grad.backward(retain_grads=False)
    assert g.grad == 8.0


def test_create_graph_with_retain_grads_false_keeps_leaves_only():
    x, c = Value(2.0), Value(5.0, requires_grad=False)
    h = x * c
    y = h * h + E.sign(x) + E.where(x, 1.0, c)
    y.backward(create_graph=True, retain_grads=False)
    assert x.grad.data == 100.0
    assert not h.has_grad
    assert not c.has_grad


def test_a_node_that_the_result_ignores_gets_a_gradient_of_zero():
    x, c = Value(2.0), Value(3.0)
    y = E.where(c, x, 1.0)
    y.backward(create_graph=True)
    assert (x.grad.data, c.grad.data) == (1.0, 0.0)
    x.zero_grad()
    c.zero_grad()
    y.backward()
    assert (x.grad, c.grad) == (1.0, 0.0)


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize(
    "differentiate",
    [
        lambda y, x: y.backward(),
        lambda y, x: E.grad(lambda x: E.broken(x * x))(x.data),
        lambda y, x: E.explain(x, y),
    ],
    ids=["backward", "grad", "explain"],
)
@pytest.mark.usefixtures("own_ops")
def test_a_rule_that_raises_leaves_everything_as_it_was(error, differentiate):
    """Ctrl-C inside a rule too: adjoints left in the nodes would be taken for visited marks."""

    def broken(g, y, x):
        raise error("no slope today")

    op = E.elementwise("broken", np.sin, broken)
    x = Value(1.0)
    square = x * x
    y = op(square)
    with pytest.raises(error, match="no slope today"):
        differentiate(y, x)
    assert not any(node.has_grad for node in (x, square, y))
    assert [node._adjoint for node in (x, square, y)] == [None, None, None]
    square.backward()  # and the next pass is not disturbed
    assert x.grad == 2.0


@pytest.mark.usefixtures("own_ops")
def test_a_rule_may_answer_in_any_kind_of_number():
    ints = E.elementwise("ints", lambda x: x * 2, lambda g, y, x: 2)
    pairs = E.elementwise(
        "pairs", lambda a, b: a * b, lambda g, y, a, b: np.float32(3), lambda g, y, a, b: 1
    )
    x = Value(1.0)
    ints(x).backward()
    assert x.grad == 2.0
    assert type(x.grad) is float
    x.zero_grad()
    pairs(x, x).backward()
    assert x.grad == 4.0
    assert type(x.grad) is float
    x.zero_grad()
    ints(x).backward(create_graph=True)
    assert x.grad.data == 2.0


@pytest.mark.usefixtures("own_ops")
def test_a_rule_at_a_pole_of_an_op_with_parameters_or_many_inputs_gives_inf():
    @E.fused(
        elements=lambda *x: sum(x),
        vjp_all=lambda g, y, *x: tuple(g / (v - v) for v in x),
        wide=True,
    )
    def poles(*x):
        """A sum with a wrong, infinite slope."""
        return sum(x)

    scaled = E.elementwise("scaled", lambda x, k=0.0: x, lambda g, y, x, k: g / k)
    halves = E.elementwise("halves", lambda x: x, lambda g, y, x: g / (x - x))
    x, z = Value(1.0), Value(2.0)
    poles(x, z, 5.0).backward()
    assert (x.grad, z.grad) == (INF, INF)
    for op in (scaled, halves):
        x.zero_grad()
        op(x).backward()
        assert x.grad == INF


@pytest.mark.usefixtures("own_ops")
def test_a_result_at_a_pole_of_an_op_of_many_inputs_is_inf():
    @E.fused(
        elements=lambda *x: sum(1 / v for v in x),
        vjp_all=lambda g, y, *x: [-g / (v * v) for v in x],
        wide=True,
    )
    def inverses(*x):
        """The sum of the inverses."""
        return sum(1 / v for v in x)

    x, z = Value(0.0), Value(2.0)
    y = inverses(x, z)
    y.backward()
    assert (y.data, type(y.data)) == (INF, float)
    assert (x.grad, z.grad) == (-INF, -0.25)


# --- copies ---


def test_copy_is_a_leaf_and_deepcopy_the_whole_graph():
    x = Value(3.0, label="x")
    y = x * x
    y.backward()
    with pytest.warns(UserWarning, match="not part of the graph"):
        leaf = copy.copy(y)
    assert leaf.is_leaf
    assert leaf.data == 9.0
    assert leaf.grad == 0.0
    assert not copy.copy(Value(1.0, requires_grad=False)).requires_grad

    twin = copy.deepcopy(y)
    (a, b) = twin.inputs
    assert a is b
    assert a is not x
    assert (a.data, a.grad, a.label) == (3.0, 6.0, "x")
    twin.backward()
    assert (a.grad, x.grad) == (12.0, 6.0)


def test_a_list_of_nodes_of_one_graph_keeps_its_sharing():
    x = Value(3.0)
    y = x * 2
    a, b = copy.deepcopy([x, y])
    assert b.inputs[0] is a
    a, b = pickle.loads(pickle.dumps([x, y]))
    assert b.data == 6.0


def test_pickling_keeps_the_graph_its_parameters_and_gradients():
    x, c = Value(-3.0, label="x"), Value(2.0, requires_grad=False)
    y = E.leaky_relu(x, 0.1) * c + E.where(True, x.exp(), 1.0)
    y.backward()
    twin = pickle.loads(pickle.dumps(y))
    assert twin.data == y.data
    leaf = next(n for n in E.toposort(twin) if n.label == "x")
    assert leaf.grad == x.grad
    leaf.zero_grad()
    twin.backward()
    assert leaf.grad == x.grad
    frozen = [n for n in E.toposort(twin) if n.is_leaf and not n.requires_grad]
    assert [n.data for n in frozen] == [2.0]


def test_a_gradient_that_is_a_graph_is_copied_with_it():
    x = Value(2.0)
    y = x**3
    y.backward(create_graph=True)
    twin = copy.deepcopy(y)
    leaf = E.toposort(twin)[0]
    assert leaf.grad.data == 12.0
    assert leaf.grad is not x.grad


# --- fused nodes ---


def test_a_wide_op_takes_numbers_of_any_kind_and_values():
    from nn.scalar.neuron import linear_neuron

    w = Value(2.0)
    y = linear_neuron(np.float32(3), w, 1)
    assert y.data == 7.0
    assert all(isinstance(x, (Value, float)) for x in y.inputs)
    y.backward()
    assert w.grad == 3.0
    assert linear_neuron(3.0, 2.0, 1.0) == 7.0
    with pytest.raises(TypeError, match=r"an input of linear_neuron\(\) must be a real number"):
        linear_neuron(w, "2", 1.0)
    with pytest.raises(TypeError, match=r"linear_neuron\(\) takes single numbers"):
        linear_neuron(Tensor([1.0]), 2.0, 1.0)


def test_a_subclass_takes_part_in_graphs():
    class Weight(Value):
        """A Value by another name."""

    w, x = Weight(2.0), Value(3.0)
    y = w * x + w * w + E.tanh(w) * 0 + (w - 1) + E.where(True, w, x)
    y.backward()
    assert w.grad == 9.0
    assert copy.deepcopy(w).__class__ is Weight


def test_an_op_applied_without_sorting_arguments_is_the_op():
    x = Value(0.5)
    assert E.tanh.apply((x,), {}).op is E.tanh
    assert E.add.apply((x, 2.0), {}).inputs == (x, 2.0)
    assert (x * x).flows_to(x)  # to every input that is a node


def test_a_frozen_leaf_stays_frozen_in_copies():
    x, c = Value(2.0), Value(3.0, requires_grad=False)
    for twin in (copy.deepcopy(x * c), pickle.loads(pickle.dumps(x * c))):
        assert [n.requires_grad for n in E.toposort(twin)] == [True, False, True]


def test_a_pass_that_rests_between_nodes_is_backward():
    from engine.looking import BackwardPass

    x, y = Value(2.0), Value(3.0)
    for root in (x * y + x.tanh() * 3.0 + E.leaky_relu(y, 0.5), x * x * x):
        x.zero_grad()
        y.zero_grad()
        root.backward()
        expected = x.grad, y.grad
        x.zero_grad()
        y.zero_grad()
        one = BackwardPass(root)
        for node in reversed(one.order):
            one.advance(node)
            (x * y).backward(retain_grads=False)  # another pass meanwhile
        assert x.grad != expected[0]
        x.zero_grad()
        y.zero_grad()
        one.commit()
        assert (x.grad, y.grad) == expected


def test_rounding_to_digits_gives_a_plain_number_as_int_does():
    assert (round(Value(2.71828), 2), round(Value(2.5))) == (2.72, 2)
    assert type(round(Value(2.71828), 2)) is float
