"""A model as a function of one vector, in notebook 11."""

import numpy as np

import nn
from engine import grad, gradcheck, hvp
from notebooks.lesson_11 import as_function


def small():
    rng = np.random.default_rng(0)
    model = nn.MLP([2, 3, 1], activation=nn.Tanh, rng=0)
    return model, rng.normal(size=(5, 2)), rng.normal(size=(5, 1))


def test_the_function_has_the_models_loss_and_gradient():
    model, x, y = small()
    f, w = as_function(model, nn.MSELoss(), x, y)
    loss = nn.MSELoss()(model(x), y)
    loss.backward()

    assert np.isclose(f(w), loss.item(), rtol=1e-15)
    gradient = np.concatenate([p.grad.ravel() for p in model.parameters()])
    assert np.allclose(grad(f)(w), gradient, rtol=1e-13)


def test_the_function_has_second_derivatives():
    f, w = as_function(*small()[:1], nn.MSELoss(), *small()[1:])
    assert gradcheck(f, w, order=2)
    assert hvp(f, w, np.ones_like(w)).shape == w.shape


def test_the_model_stays_as_it_is():
    model, x, y = small()
    before = model.state_dict()
    f, w = as_function(model, nn.MSELoss(), x, y)
    f(w + 1)
    grad(f)(w + 1)

    assert all(np.array_equal(before[key], now) for key, now in model.state_dict().items())
    assert all(isinstance(p, nn.Parameter) for p in model.parameters())
