"""Compiled models with parts of one's own: what such a part reads is read at each call."""

import numpy as np
import pytest

import engine
import nn
from engine import Tensor, Value, ValueArray


class OwnCell(nn.RNNCell):
    """A layer of nn under another name."""


class OwnBias(nn.Module):
    """Two parameters that are added before they meet an argument."""

    def __init__(self):
        self.one, self.two = nn.Parameter([1.0, 2.0]), nn.Parameter([3.0, 4.0])

    def forward(self, x):
        return x * (self.one + self.two)


def losses(f, model, inputs):
    found = []
    for _ in range(3):
        model.zero_grad()
        loss = (f(*inputs) ** 2).sum()
        loss.backward()
        found.append(loss.item())
        nn.SGD(model.parameters(), lr=0.05).step()
    return found


@pytest.mark.parametrize("scalar", [False, True])
@pytest.mark.parametrize("make", [lambda: OwnCell(3, 2, rng=0), OwnBias])
def test_what_is_made_of_parameters_alone_follows_them(make, scalar):
    shapes = [(4, 3), (4, 2)] if make is not OwnBias else [(4, 2)]
    rng = np.random.default_rng(0)
    numbers = [rng.normal(size=shape) for shape in shapes]
    found = []
    for compiled in (False, True):
        model = make().scalar() if scalar else make()
        inputs = [ValueArray.of(x) if scalar else x for x in numbers]
        f = engine.compile(lambda *x, model=model: model(*x)) if compiled else model
        found.append(losses(f, model, inputs))
    assert found[1] == pytest.approx(found[0], rel=1e-12)


def test_a_parameter_of_a_layer_of_one_s_own_may_be_replaced():
    class Own(nn.Linear):
        pass

    model = Own(2, 1, bias=False, rng=0)
    f = engine.compile(lambda x: model(x))
    f(np.ones((1, 2)))
    model.weight = nn.Parameter([[3.0, 4.0]])
    assert f(np.ones((1, 2))).tolist() == [[7.0]]


def test_the_mean_of_values_is_right_where_the_sum_is_too_large():
    f = engine.compile(lambda x: engine.mean(x))
    for numbers in ([1.0, 3.0], [1e308, 1e308], [2.0, 4.0]):
        x, again = ValueArray.of(numbers), ValueArray.of(numbers)
        with np.errstate(over="ignore"):
            y, expected = f(x), engine.mean(again)
            y.backward()
            expected.backward()
        assert (y.data, x.grad.tolist()) == (expected.data, again.grad.tolist())


def test_values_that_become_arrays_in_a_compiled_function_are_refused():
    w, t = Value(2.0), Tensor([1.0, 2.0])
    with pytest.raises(TypeError, match="makes arrays of Values, to which no gradient would come"):
        engine.compile(lambda t: engine.sum(t * w))(t)


def test_statistics_are_those_of_a_tensor_that_is_made_inside():
    norm, constant = nn.BatchNorm1d(1), np.array([[1.0], [3.0]])
    f = engine.compile(lambda x: norm(engine.tensor(constant)).sum() + x)
    for number in (1.0, 2.0):
        assert f(number).item() == pytest.approx(number)
    other = nn.BatchNorm1d(1)
    for _ in range(2):
        other(engine.tensor(constant))
    for x, y in zip(norm.buffers(), other.buffers(), strict=True):
        np.testing.assert_allclose(x, y)


def test_a_layer_that_is_used_twice_moves_its_statistics_twice():
    found = []
    for compiled in (False, True):
        norm = nn.BatchNorm1d(2, momentum=None)
        f = (
            engine.compile(lambda x, n=norm: n(n(x) * 3 + 1))
            if compiled
            else (lambda x, n=norm: n(n(x) * 3 + 1))
        )
        for i in range(3):
            f(np.random.default_rng(i).normal(size=(5, 2)))
        found.append([np.array(x) for x in norm.buffers()])
    for x, y in zip(*found, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-12)
