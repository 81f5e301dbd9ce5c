"""Compiled functions are copied as functions are; arrays that change later change no gradient."""

import copy
import pickle

import numpy as np
import pytest

import engine
import nn
from engine import Tensor

X = np.linspace(0.5, 2.0, 6).reshape(2, 3)


@engine.compile
def doubled(x):
    return x * 2


def test_a_compiled_function_is_copied_and_pickled_by_its_name():
    assert pickle.loads(pickle.dumps(doubled)) is doubled
    assert copy.copy(doubled) is doubled
    assert copy.deepcopy([doubled])[0] is doubled


def test_a_copy_of_a_compiled_model_has_parameters_of_its_own():
    model = nn.Linear(3, 2, rng=0)
    compiled = engine.compile(model, check=True)
    expected = model(X).data.copy()
    assert np.allclose(compiled(X).data, expected)
    for made in (copy.deepcopy(compiled), pickle.loads(pickle.dumps(compiled))):
        assert made.traces == []
        assert made.check
        made.function.weight.data = np.zeros((2, 3))
        assert np.allclose(made(X).data, model.bias.data)
        assert np.allclose(compiled(X).data, expected)


@pytest.mark.parametrize("captured", [True, False])
def test_an_array_that_changes_before_backward_changes_no_gradient(captured):
    k = np.ones(3)
    x = Tensor(X, requires_grad=True)
    f = engine.compile((lambda x: (x * k).sum()) if captured else (lambda x, k: (x * k).sum()))
    given = (x,) if captured else (x, k)
    f(*given)
    y = f(*given)
    k[0] = 5.0
    y.backward()
    assert np.array_equal(x.grad, np.ones((2, 3)))
    (g,) = engine.grad_of(f(*given), x)
    assert np.array_equal(g, np.broadcast_to([5.0, 1.0, 1.0], (2, 3)))
