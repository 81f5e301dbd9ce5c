"""float16 is float16 whichever object says so: an unpickled array's dtype is one of its own."""

import pickle

import numpy as np
import pytest

import engine as E
import nn
from engine import Tensor

F16 = np.float16


def unpickled(x):
    return pickle.loads(pickle.dumps(x))


def big_endian(x):
    return x.astype(">f2")


FORMS = pytest.mark.parametrize("form", [unpickled, big_endian])
MANY = np.ones(70_000, F16)


def test_an_unpickled_dtype_is_equal_and_not_the_same():
    assert unpickled(MANY).dtype == np.dtype(F16)
    assert unpickled(MANY).dtype is not np.dtype(F16)


@FORMS
def test_reductions_of_float16_are_computed_in_float32(form):
    many, large = form(MANY), form(MANY * F16(300))
    assert float(E.mean(many)) == 1
    assert float(E.mean(large)) == 300
    assert float(E.sum(form(np.full((70_000, 2), 1e-4, F16)), axis=0)[0]) == pytest.approx(7, 2e-3)
    assert float(E.softmax(many, axis=0).astype(float).sum()) == pytest.approx(1, 2e-3)
    assert float(E.log_softmax(many, axis=0)[0]) == pytest.approx(-11.156, 1e-3)
    assert float(E.logsumexp(many)) == pytest.approx(12.156, 1e-3)
    assert float(E.norm(form(np.full(4, 300, F16)))) == 600
    assert float(E.std(form(np.array([300, -300], F16)))) == 300
    assert float(E.var(form(np.array([200, -200], F16)))) == 40_000
    assert float(E.cumsum(form(np.full(70_000, 1e-4, F16)))[-1]) == pytest.approx(7, 2e-3)
    assert float(E.prod(form(np.array([300, 300, 1e-3], F16)))) == pytest.approx(90, 1e-2)


@FORMS
@pytest.mark.parametrize("create_graph", [False, True])
def test_rules_are_computed_in_float32(form, create_graph):
    x = Tensor(form(np.array([1000.0], F16)), requires_grad=True)
    E.arctan(x).sum().backward(create_graph=create_graph)
    np.testing.assert_allclose(E.to_numpy(x.grad).astype(float), [1e-6], rtol=0.05)


@FORMS
def test_what_a_layer_adds_up_does_not_leave_the_range_on_the_way(form):
    x, weight = form(np.full((1, 2), 300, F16)), form(np.array([[300, -300]], F16))
    assert nn.functional.linear(x, Tensor(weight)).item() == 0
    biased = nn.functional.linear(
        x, Tensor(form(np.full((1, 2), 150, F16))), form(-MANY[:1] * 60000)
    )
    assert biased.item() == 30_000


def test_a_float16_model_that_was_pickled_trains_as_it_did():
    model = nn.Sequential(nn.Linear(4, 8, rng=0), nn.Tanh(), nn.Linear(8, 1, rng=1)).to(F16)
    x = np.random.default_rng(0).standard_normal((3000, 4)).astype(F16)
    gradients = []
    for one, data in ((model, x), (unpickled(model), unpickled(x))):
        one(data).mean().backward()
        gradients.append([p.grad for p in one.parameters()])
    for a, b in zip(*gradients, strict=True):
        np.testing.assert_array_equal(a, b)
