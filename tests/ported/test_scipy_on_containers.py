"""SciPy's optimizers on containers of parameters, through `ravel_tree`: the recipe, tested."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize

import engine
from engine import Tensor, Value, ValueArray, grad, hessian, hvp, ravel_tree, value_and_grad


def rosenbrock(p):
    return (1 - p["x"]) ** 2 + 100 * (p["y"] - p["x"] ** 2) ** 2


def chain(x):
    """Rosenbrock's function of any number of variables."""
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


@pytest.mark.parametrize("method", ["L-BFGS-B", "BFGS", "trust-exact", "Newton-CG", "trust-ncg"])
def test_a_dict_of_two_numbers_reaches_the_minimum_of_rosenbrock(method):
    vector, rebuild = ravel_tree({"x": -1.2, "y": 1.0})

    def of_vector(v):
        return rosenbrock(rebuild(v))

    second = {"hess": hessian(of_vector)} if method in ("trust-exact", "trust-ncg") else {}
    if method == "Newton-CG":
        second = {"hessp": lambda v, along: hvp(of_vector, v, along)}
    found = minimize(value_and_grad(of_vector), vector, jac=True, method=method, **second)
    best = rebuild(found.x)

    assert found.success
    assert list(best) == ["x", "y"]
    assert type(best["x"]) is float
    np.testing.assert_allclose([best["x"], best["y"]], 1.0, atol=1e-4)


def test_a_plain_array_needs_no_recipe():
    found = minimize(
        value_and_grad(chain), np.zeros(6), jac=True, hess=hessian(chain), method="trust-exact"
    )
    np.testing.assert_allclose(found.x, np.ones(6), atol=1e-4)


def test_a_small_net_with_a_dict_of_parameters_learns_xor():
    x = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    target = np.array([0.0, 1.0, 1.0, 0.0])
    rng = np.random.default_rng(3)
    net = {
        "hidden": {"w": rng.normal(size=(2, 4)), "b": np.zeros(4)},
        "out": [rng.normal(size=4), 0.0],
    }

    def loss(p):
        h = np.tanh(x @ p["hidden"]["w"] + p["hidden"]["b"])
        error = h @ p["out"][0] + p["out"][1] - target
        return (error * error).mean()

    vector, rebuild = ravel_tree(net)

    def of_vector(v):
        return loss(rebuild(v))

    first = minimize(value_and_grad(of_vector), vector, jac=True, method="L-BFGS-B")
    second = minimize(
        value_and_grad(of_vector),
        vector,
        jac=True,
        hessp=lambda v, along: hvp(of_vector, v, along),
        method="trust-ncg",
        options={"gtol": 1e-8},
    )

    assert vector.shape == (17,)
    assert first.fun < 1e-6
    assert second.fun < 1e-12
    learned = rebuild(second.x)
    assert learned["hidden"]["w"].shape == (2, 4)
    assert loss(learned) == second.fun
    assert grad(loss)(learned)["hidden"]["w"].shape == (2, 4)


# --- ravel_tree itself ---


@dataclass
class Model:
    w: Any
    scale: float
    note: Any = None


def test_a_vector_and_back():
    given = Model(np.array([[1.0, 2.0], [3.0, 4.0]]), 5, None)

    vector, rebuild = ravel_tree([given, (6.0, 7.0)])
    first, second = rebuild(vector + 1)

    assert vector.tolist() == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    assert first.w.tolist() == [[2.0, 3.0], [4.0, 5.0]]
    assert (type(first), first.scale, type(first.scale)) == (Model, 6.0, float)
    assert first.note is None
    assert second.tolist() == [7.0, 8.0]


def test_what_is_built_shares_no_memory_and_has_its_dtypes():
    vector, rebuild = ravel_tree({"a": np.ones(2, np.float32), "b": np.zeros(1)})
    built = rebuild(vector)
    vector[:] = 9.0

    assert vector.dtype == np.float64
    assert (built["a"].dtype, built["b"].dtype) == (np.float32, np.float64)
    assert (built["a"].tolist(), built["b"].tolist()) == ([1.0, 1.0], [0.0])


def test_both_ways_can_be_differentiated():
    given = {"w": np.array([1.0, 2.0]), "b": 3.0}
    _, rebuild = ravel_tree({"w": np.zeros(2, np.float32), "b": 0.0})

    there = grad(lambda p: (ravel_tree(p)[0] ** 3).sum())(given)
    back = grad(lambda v: (rebuild(v)["w"] ** 2).sum() * rebuild(v)["b"])(np.array([1.0, 2.0, 3.0]))

    assert (there["w"].tolist(), there["b"]) == ([3.0, 12.0], 27.0)
    assert back.tolist() == [6.0, 12.0, 5.0]


def test_nodes_make_a_vector_of_nodes():
    values, rebuild = ravel_tree({"a": Value(2.0), "b": ValueArray.of([[3.0]])})
    (values**2).sum().backward()
    tensors, again = ravel_tree({"a": Tensor(2.0, requires_grad=True), "b": Tensor([[3.0]])})
    built, plain = rebuild(values), rebuild([4.0, 5.0])

    assert isinstance(values, ValueArray)
    assert (type(built["a"]), built["b"].shape) == (Value, (1, 1))
    assert (plain["a"], plain["b"].tolist()) == (4.0, [[5.0]])
    assert isinstance(tensors, Tensor)
    assert (again(tensors)["a"].shape, again(tensors)["b"].shape) == ((), (1, 1))


def test_a_single_array_and_an_empty_dict_are_trees_too():
    vector, rebuild = ravel_tree(np.ones((2, 2)))
    nothing, empty = ravel_tree({})

    assert rebuild(vector).tolist() == [[1.0, 1.0], [1.0, 1.0]]
    assert nothing.shape == (0,)
    assert empty(nothing) == {}


def test_what_makes_no_vector_is_named():
    with pytest.raises(TypeError, match=r"tree\['n'\] must be floating-point, got int64"):
        ravel_tree({"n": np.array([1])})
    with pytest.raises(TypeError, match=r"tree\['name'\] must be a real number, got str"):
        ravel_tree({"name": "tanh"})
    _, rebuild = ravel_tree({"x": 1.0, "y": 2.0})
    with pytest.raises(ValueError, match=r"vector must have shape \(2,\), got \(3,\)"):
        rebuild(np.zeros(3))
    assert engine.ravel_tree is ravel_tree
