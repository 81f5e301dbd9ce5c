"""Updates as they are typed: `p -= step` and `p[k] = v` change a leaf, or say why not."""

import operator
import sys

import numpy as np
import pytest

import nn
from engine import Tensor, Value, ValueArray, grad, no_grad, updates

X = np.array([[1.0, 2.0], [3.0, -4.0], [0.5, 1.0]])
Y = np.array([[1.0], [0.0], [2.0]])


def small_model(scalar):
    model = nn.Linear(2, 1)
    nn.init.constant_(model.weight, 0.25)
    nn.init.zeros_(model.bias)
    return model.scalar() if scalar else model


def losses(model, update, steps=3):
    """The losses of a training loop whose update the test writes."""
    found = []
    for _ in range(steps):
        loss = ((model(X) - Y) ** 2).sum()
        model.zero_grad()
        loss.backward()
        update(model)
        found.append(loss.item())
    return found


def by_optimizer(model):
    optimizer = nn.SGD(model.parameters(), lr=0.01)
    return losses(model, lambda _: optimizer.step())


# --- the loop everybody knows ---


def best_known_loop(model):
    with no_grad():
        for p in model.parameters():
            p -= 0.01 * p.grad


def through_data(model):
    for p in model.parameters():
        p.data -= 0.01 * p.grad


def through_a_name_of_the_data(model):
    for p in model.parameters():
        numbers = p.data
        numbers -= 0.01 * p.grad


def added_as_a_product(model):
    for p in model.parameters():
        p.data += -0.01 * p.grad


def attribute_by_attribute(model):
    with no_grad():
        model.weight -= 0.01 * model.weight.grad
        model.bias -= 0.01 * model.bias.grad


def element_by_element(model):
    with no_grad():
        for p in model.parameters():
            for index in np.ndindex(p.shape):
                p[index] -= 0.01 * p.grad[index]


def through_each_row(model):
    with no_grad():
        for p in model.parameters():
            for row, g in zip(p, p.grad, strict=True):
                row -= 0.01 * g


def row_by_row(model):
    with no_grad():
        for p in model.parameters():
            for k in range(len(p)):
                p[k] = p[k] - 0.01 * p.grad[k]


@pytest.mark.parametrize("scalar", [False, True], ids=["tensors", "values"])
@pytest.mark.parametrize(
    "update",
    [
        best_known_loop, through_data, through_a_name_of_the_data, added_as_a_product,
        attribute_by_attribute, element_by_element, row_by_row, through_each_row,
    ],
)  # fmt: skip
def test_every_way_to_write_an_update_trains(update, scalar):
    model = small_model(scalar)
    before = dict(model.named_parameters())
    expected = by_optimizer(small_model(scalar))
    np.testing.assert_allclose(losses(model, update), expected, rtol=1e-12)
    assert all(p is before[name] for name, p in model.named_parameters())
    assert all(p.is_leaf and p.requires_grad for v in before.values() for p in nn_leaves(v))


def nn_leaves(parameter):
    return list(parameter.flat) if isinstance(parameter, ValueArray) else [parameter]


def test_a_list_of_single_values_trains():
    w, b = Value(0.5), Value(0.0)
    found = []
    for _ in range(3):
        loss = sum(((w * x + b - y) ** 2 for x, y in [(1.0, 2.0), (2.0, 3.0)]), Value(0.0))
        for p in (w, b):
            p.zero_grad()
        loss.backward()
        with no_grad():
            for p in (w, b):
                p -= 0.1 * p.grad
        found.append(loss.data)
    # by hand: w, b = 0.5, 0 -> 1.6, 0.7 (slopes -11, -7), and so on
    np.testing.assert_allclose(found[:2], [6.25, 0.09 + 0.81], rtol=1e-12)
    assert found[2] < found[1]


@pytest.mark.parametrize(
    ("change", "other", "expected"),
    [
        (operator.iadd, 0.5, 2.5), (operator.isub, 0.5, 1.5), (operator.imul, 0.5, 1.0),
        (operator.itruediv, 0.5, 4.0), (operator.ifloordiv, 0.75, 2.0), (operator.imod, 0.75, 0.5),
        (operator.ipow, 3.0, 8.0),
    ],
)  # fmt: skip
def test_each_augmented_operator_changes_a_leaf_outside_recording(change, other, expected):
    t, v, a = Tensor([2.0], requires_grad=True), Value(2.0), ValueArray.of([2.0])
    element = a[0]
    with no_grad():
        assert change(t, other) is t
        assert change(v, other) is v
        assert change(a, other) is a
    assert t.data.tolist() == [expected]
    assert v.data == expected
    assert a[0] is element
    assert element.data == expected


@pytest.mark.parametrize("change", [operator.iadd, operator.isub, operator.imul])
def test_while_recording_an_update_of_a_parameter_is_refused(change):
    t = Tensor([2.0], requires_grad=True)
    v, a = Value(2.0), ValueArray.of([2.0])
    for x in (t, v, a.sum()):
        x.backward()
    for leaf in (t, v, a):
        with pytest.raises(RuntimeError, match=r"no_grad\(\).*p\.data"):
            change(leaf, 0.1 * leaf.grad)
    assert (t.item(), v.item(), a.values.tolist()) == (2.0, 2.0, [2.0])


def test_while_recording_sums_that_grow_are_new_nodes():
    x, t = Value(3.0), Tensor([3.0], requires_grad=True)
    total, totals, values = Value(0.0), Tensor([0.0]), ValueArray.of([0.0], requires_grad=False)
    first, firsts = total, totals
    for _ in range(2):
        total += x * x
        totals += t * t
        values += x * x
        total *= 2
    total.backward()
    totals.backward()
    assert (first.item(), firsts.tolist()) == (0.0, [0.0])
    assert t.grad.tolist() == [12.0]
    assert x.grad == 36.0  # ((x² · 2) + x²) · 2 at 3
    values[0].backward()
    assert x.grad == 36.0 + 12.0


def test_a_sum_that_begins_with_a_parameter_leaves_it_alone():
    """As in micrograd's neuron: act = b; act += w * x.  Outside recording it could be an update."""
    w, b = Value(2.0), Value(1.0)

    def neuron():
        act = b
        act += w * 3.0
        return act

    y = neuron()
    y.backward()
    assert (b.data, b.grad, w.grad) == (1.0, 1.0, 3.0)
    for _ in range(2):
        with no_grad(), pytest.raises(RuntimeError, match="sum that begins with"):
            neuron()
        b.zero_grad()
    assert b.data == 1.0


def test_a_running_average_of_values_is_not_rebound_in_silence():
    p, averages = Value(3.0), [Value(1.0)]
    with no_grad():
        for average in averages:
            average *= 0.5
            with pytest.raises(RuntimeError, match=r"p\.data \+= numbers"):
                average += 0.5 * p
            average.data += 0.5 * p.data
    assert averages[0].data == 2.0


def test_a_variable_that_counts_for_less_is_held_to_its_own_count(monkeypatch):
    """From Python 3.14 on: there a second name was not noticed."""
    one = updates.ONE_NAME
    monkeypatch.setattr(updates, "ONE_VARIABLE", one - 1)
    x, held = Value(0.0), {"x": Value(0.0)}
    here, asked = sys._getframe(), updates.has_one_name
    of_a_variable = asked(x, one - 1, here), asked(x, one, here)
    of_a_container = asked(held["x"], one, here), asked(held["x"], one + 1, here)
    assert (of_a_variable, of_a_container) == ((True, False), (True, False))


class Holder:
    pass


def test_a_sum_of_its_own_grows_outside_recording():
    """Nothing else holds it: that it is changed, or a new one, is the same."""
    x, holder, sums = Value(3.0), Holder(), {"b": Value(0.0)}
    holder.total = Value(0.0)
    total = Value(0.0)
    with no_grad():
        for _ in range(2):
            total += x * x
            holder.total += x * x
            sums["b"] += x * x
    assert total.data == holder.total.data == sums["b"].data == 18.0


def test_a_result_grows_by_whatever_can_be_added():
    x = Value(3.0)
    y = z = x * x
    with no_grad():
        y += x
    assert (y.data, y.is_leaf, z.data) == (12.0, True, 9.0)
    z += np.array([1.0, 2.0])
    assert [e.data for e in z] == [10.0, 11.0]
    z.sum().backward()
    assert x.grad == 12.0


def test_an_argument_of_a_derivative_may_be_rebound_by_an_augmented_operator():
    def f(x):
        x *= 2.0
        x += 1.0
        return (x * x).sum()

    given = np.array([1.0, 2.0])
    np.testing.assert_allclose(grad(f)(given), 4 * (2 * given + 1))
    assert given.tolist() == [1.0, 2.0]
    assert grad(lambda x: f(ValueArray.of([0.0], False) + x))(1.0) == 12.0


def test_a_value_that_requires_no_gradient_is_a_number():
    c = kept = Value(1.0, requires_grad=False)
    with no_grad():
        c += 1.0
    assert (c.data, kept.data) == (2.0, 1.0)


def test_a_constant_is_changed_in_place_outside_recording():
    """A running average of weights, or a momentum, as arrays of NumPy and PyTorch are updated."""
    t = Tensor([1.0, 2.0])
    averages, a = [t], ValueArray.of([1.0, 2.0], requires_grad=False)
    with no_grad():
        for average in averages:
            average *= 0.5
            average += 0.5 * Tensor([3.0, 3.0])
        kept = a
        a += 1.0
    assert t.tolist() == [2.0, 2.5]
    assert kept is a
    assert kept.values.tolist() == [2.0, 3.0]


def test_a_change_in_place_keeps_shape_and_dtype():
    t = Tensor(np.ones(2, np.float32), requires_grad=True)
    whole = Tensor([1, 2])
    with no_grad():
        t -= np.array([0.25, 0.5])
        whole += 1
        with pytest.raises(ValueError, match=r"shape \(2,\), cannot become \(3, 2\)"):
            t -= np.zeros((3, 2))
        with pytest.raises(TypeError, match="int64, cannot hold results of float64"):
            whole += 0.5
    assert t.dtype == np.float32
    assert t.tolist() == [0.75, 0.5]
    assert whole.tolist() == [2, 3]


def test_backward_through_a_leaf_that_was_changed_is_refused():
    w = Tensor([2.0], requires_grad=True)
    y = w * w
    with no_grad():
        w -= 1.0
    with pytest.raises(RuntimeError, match="was changed after the graph was made"):
        y.backward()


# --- p[k] = v ---


def test_assignment_to_an_element_changes_a_leaf_outside_recording():
    p, a = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True), ValueArray.of([[1.0, 2.0]])
    first = a[0, 0]
    with no_grad():
        p[0, 1] = 7.0
        p[1] -= 1.0
        p[p > 6] = 6.0
        a[0, 0] = 5.0
        a[:, 1] *= 2.0
        a[0, 1] = Value(9.0)
    assert p.tolist() == [[1.0, 6.0], [2.0, 3.0]]
    assert p.is_leaf
    assert p.requires_grad
    assert a[0, 0] is first
    assert a.values.tolist() == [[5.0, 9.0]]
    assert all(x.requires_grad for x in a.flat)


def test_assignment_to_an_element_while_recording_names_the_way_out():
    p, a = Tensor([1.0, 2.0], requires_grad=True), ValueArray.of([1.0, 2.0])
    for x in (p, a):
        with pytest.raises(RuntimeError, match=r"x = x\.clone\(\).*no_grad\(\)"):
            x[0] = 5.0
    result = p * 2.0
    with no_grad(), pytest.raises(RuntimeError, match="takes part in a graph"):
        result[0] = 5.0
    assert p.tolist() == [1.0, 2.0]
    assert a.values.tolist() == [1.0, 2.0]


def test_an_array_of_constants_takes_results():
    """As a program fills an array it made: the graph goes on through it."""
    x = Value(3.0)
    out = ValueArray.of([0.0, 0.0], requires_grad=False)
    out[0] = x * x
    out[1] = 1.0
    out.sum().backward()
    assert x.grad == 6.0


def test_a_graph_keeps_the_numbers_it_was_made_with():
    """An assignment in place writes over an array only if nobody else holds it."""
    p = Tensor([1.0, 2.0], requires_grad=True)
    held, shown, same = p * 3.0, p.data, p.detach()
    with no_grad():
        p[0] = 5.0
        assert p.tolist() == [5.0, 2.0]
        array = p.numpy()
        p[1] = 6.0
    assert held.inputs[0] is p
    assert shown.tolist() == same.tolist() == [1.0, 2.0]
    assert array.tolist() == [5.0, 2.0]
    with pytest.raises(RuntimeError, match="was changed after the graph was made"):
        held.sum().backward()


def test_an_assignment_does_not_copy_what_nobody_else_holds():
    p = Tensor(np.zeros(10), requires_grad=True)
    with no_grad():
        p[0] = 1.0
        place = p.numpy().ctypes.data
        p[1] = 2.0
    assert p.numpy().ctypes.data == place


def test_a_parameter_of_a_scalar_model_cannot_become_a_result():
    model = small_model(scalar=True)
    loss = (model(X) ** 2).sum()
    loss.backward()
    with pytest.raises(TypeError, match=r"with no_grad\(\): m\.weight -="):
        model.weight = model.weight - 0.1 * model.weight.grad
    with no_grad(), pytest.raises(TypeError, match="cannot become a result"):
        model.weight = model.weight - 0.1 * model.weight.grad
    model.weight = ValueArray.of(np.zeros((1, 2)))
    assert len(list(model.parameters())) == 2
    model.requires_grad_(False)
    model.weight = ValueArray.of(np.ones((1, 2)), requires_grad=False)
