"""What programs of others stumbled on: transpose, copy, and changes of a part in place."""

import numpy as np
import pytest

import engine
import nn
import viz
from nn import functional as F, optim

X = np.arange(24.0).reshape(2, 3, 4)


def test_the_function_takes_a_tuple_as_in_numpy_or_two_axes_as_in_pytorch():
    x = engine.Tensor(X, requires_grad=True)

    for found in (engine.transpose(x, (1, 0, 2)), np.transpose(x, axes=(1, 0, 2)),
                  engine.transpose(x, 0, 1), engine.transpose(x, -2, -3)):  # fmt: skip
        assert found.tolist() == X.swapaxes(0, 1).tolist()
    assert engine.transpose(x).shape == np.transpose(x).shape == (4, 3, 2)
    matrix = engine.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert engine.transpose(matrix, 0, 1).tolist() == [[1.0, 3.0], [2.0, 4.0]]


def test_axes_are_named_once():
    for call in (
        lambda: engine.transpose(X, (0, 1, 2), axes=(0, 1, 2)),
        lambda: engine.transpose(X, 0, 1, axes=(0, 1, 2)),
        lambda: engine.transpose(X, 0, 1, 2),
    ):
        with pytest.raises(TypeError, match=r"transpose\(\) got axes twice"):
            call()


def test_a_copy_is_part_of_the_graph_and_may_be_filled():
    def f(x):
        y = x.copy()
        y[0] = 2.0 * x[1]
        return y.sum()

    assert engine.grad(f)(np.array([1.0, 5.0])).tolist() == [0.0, 3.0]


def test_what_changes_a_part_in_place_begins_with_the_numbers_that_are_there_now():
    """It began with those that the part was taken with, and put them back over later ones."""
    y = engine.zeros(4)
    part = y[:2]
    y[1] = 3.0
    part.add_(1.0)
    assert y.tolist() == [1.0, 4.0, 0.0, 0.0]
    y[0] = 9.0
    part.mul_(2.0)
    assert y.tolist() == [18.0, 8.0, 0.0, 0.0]
    part.sub_(1.0).div_(1.0).clamp_(max=10.0)
    assert y.tolist() == [*part.tolist(), 0.0, 0.0] == [10.0, 7.0, 0.0, 0.0]


def test_a_constant_changes_with_a_part_that_is_added_to():
    """`row += 1` made a new Tensor, and the constant stayed what it was, in silence."""
    t = engine.zeros(2, 3)
    for row in t:
        row += 1.0
    first = t[0]
    t[0, 0] = 5.0
    first *= 2.0
    assert t.tolist() == [[10.0, 2.0, 2.0], [1.0, 1.0, 1.0]]
    w = engine.ones(3, requires_grad=True)
    t[0] += w
    t.sum().backward()
    assert w.grad.tolist() == [1.0, 1.0, 1.0]
    with engine.no_grad():
        part = w[1:]
    with pytest.raises(RuntimeError, match="numbers are another Tensor's"):
        part += 1.0


def test_one_number_of_a_leaf_is_changed_in_place():
    w = engine.ones(2, requires_grad=True)
    with engine.no_grad():
        first = w[0]
        w[0] = 5.0
        first.add_(1.0)
        w[1].fill_(7.0)
        w[1][...] = 8.0
    assert w.tolist() == [6.0, 8.0]


def test_a_wrong_first_argument_is_told_what_is_meant():
    with pytest.raises(TypeError, match=r"got a Linear: write model\.parameters\(\)$"):
        optim.SGD(nn.Linear(2, 1), lr=0.1)
    with pytest.raises(TypeError, match=r"got a int$"):
        optim.Adam(3)
    with pytest.raises(TypeError, match=r"sizes must be a list, \[2, …\]; .*nn\.scalar\.MLP"):
        nn.MLP(2, [16, 1])
    with pytest.raises(IndexError, match=r"size\(3\) of shape \(2, 3, 4\): there is no such axis"):
        engine.tensor(X).size(3)


def test_running_statistics_follow_a_batch_in_the_arrays_that_were_given():
    x = engine.arange(12.0).view(4, 3)
    running = engine.zeros(3), engine.ones(3)
    F.batch_norm(x, *running, training=True)
    layer = nn.BatchNorm1d(3)
    layer(x)
    for mean, var in (running, (layer.running_mean, layer.running_var)):
        np.testing.assert_allclose(mean.tolist(), [0.45, 0.55, 0.65], rtol=1e-15)
        np.testing.assert_allclose(var.tolist(), [2.4, 2.4, 2.4], rtol=1e-15)
    layer.running_mean.zero_()
    assert layer.running_mean.abs().sum().item() == 0.0


def test_a_call_of_a_function_class_is_named_in_pictures():
    class Scaled(engine.autograd.Function):
        @staticmethod
        def forward(ctx, x, by):
            return x * by

    y = Scaled.apply(engine.ones(2, requires_grad=True), 3.0)
    assert "call = Scaled(…, 3.0)" in str(viz.draw(y))


def test_the_functions_of_linalg_are_named_on_its_page():
    public = engine.elsewhere.public(engine.linalg)
    named = engine.linalg.__doc__.split()
    assert sorted(set(public) - set(named)) == ["LinAlgError", "MEANINGS"]


def test_a_number_shown_at_several_places_is_not_assigned_to():
    constant = engine.ones(2, 1).expand(2, 3)
    result = (engine.ones(2, 1, requires_grad=True) * 2.0).expand(2, 3)
    for y in (constant, result):
        before = y.tolist()
        with pytest.raises(RuntimeError, match=r"at several places .* take \.clone\(\) first"):
            y[0, 1] = 5.0
        assert y.tolist() == before
    row = constant[0]
    with pytest.raises(RuntimeError, match="at several places"):
        row += 1.0
    assert row.tolist() == constant[0].tolist() == [1.0, 1.0, 1.0]


def test_a_size_is_a_tuple():
    assert engine.zeros(3, 4).shape == engine.Size([3, 4])
