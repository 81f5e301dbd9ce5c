"""Inside a derivative a copy of what is differentiated is part of its graph, or refused."""

import copy
import pickle

import numpy as np
import pytest

import engine
import nn
from engine import Tensor, Value, ValueArray, grad, no_grad

X = np.array([1.0, 2.0])
LOST = "would lose its gradient"

#: Copies that are no part of the graph.
CUTS = {
    "deepcopy": copy.deepcopy,
    "pickle": lambda x: pickle.loads(pickle.dumps(x)),
    "leaf": lambda x: x.leaf(),
    "frozen leaf": lambda x: x.leaf(requires_grad=False),
    "a list, deep": lambda x: copy.deepcopy([x])[0],
}
OF_ARRAYS = {
    "Tensor": Tensor,
    "Tensor of float32": lambda x: Tensor(x, dtype=np.float32),
    "Parameter": nn.Parameter,
    "data of another": lambda x: setattr(Tensor(X), "data", x),
}
#: Copies that are.
KEEPS = {
    "copy.copy": copy.copy,
    "a list": lambda x: copy.copy([x])[0],
    "clone": lambda x: x.clone() if hasattr(x, "clone") else x,
    "identity": engine.identity,
}


def squared(take):
    """The square of the second number of x, once through `take`."""
    return lambda x: (take(x * 1.0) * x)[1]


@pytest.mark.parametrize("at", [X, ValueArray.of(X)], ids=["tensors", "values"])
@pytest.mark.parametrize("take", KEEPS.values(), ids=KEEPS)
def test_a_copy_that_is_part_of_the_graph_has_the_whole_gradient(at, take):
    assert engine.to_numpy(grad(squared(take))(at)).tolist() == [0.0, 4.0]


@pytest.mark.parametrize("take", KEEPS.values(), ids=KEEPS)
def test_a_copy_of_a_number_has_the_whole_gradient(take):
    assert grad(lambda x: take(x) * x)(3.0) == 6.0
    assert grad(grad(lambda x: take(x * x) * x))(3.0) == 18.0


@pytest.mark.parametrize("at", [X, ValueArray.of(X)], ids=["tensors", "values"])
@pytest.mark.parametrize("take", CUTS.values(), ids=CUTS)
def test_a_copy_outside_of_the_graph_is_refused(at, take):
    with pytest.raises(RuntimeError, match=LOST):
        grad(squared(take))(at)


@pytest.mark.parametrize("take", CUTS.values(), ids=CUTS)
def test_a_copy_of_a_number_outside_of_the_graph_is_refused(take):
    for f in (lambda x: take(x) * x, lambda x: take(x * x) + x):
        with pytest.raises(RuntimeError, match=LOST):
            grad(f)(3.0)


@pytest.mark.parametrize("take", OF_ARRAYS.values(), ids=OF_ARRAYS)
def test_a_new_tensor_of_one_that_is_differentiated_is_refused(take):
    with pytest.raises(RuntimeError, match=LOST):
        grad(lambda x: (take(x) * x).sum())(X)


def test_an_array_of_values_made_anew_is_refused():
    with pytest.raises(RuntimeError, match=LOST):
        grad(lambda x: (ValueArray.of(x) * x).sum())(ValueArray.of(X))


@pytest.mark.parametrize(
    "take", [*CUTS.values(), copy.copy, lambda x: Tensor(x.data)], ids=[*CUTS, "copy", "Tensor"]
)
def test_without_recording_copies_are_what_they_are_elsewhere(take):
    def f(x):
        with no_grad():
            constant = take(x)
        return (constant.detach() * x).sum()

    assert grad(f)(X).tolist() == [1.0, 2.0]


@pytest.mark.parametrize("take", [*CUTS.values(), copy.copy], ids=[*CUTS, "copy"])
@pytest.mark.parametrize("x", [Value(2.0), Tensor(X, requires_grad=True), ValueArray.of(X)])
def test_outside_derivatives_copies_are_what_they_were(x, take):
    y = take(x)
    assert engine.to_numpy(y).tolist() == engine.to_numpy(x).tolist()
    assert y is not x


def test_a_model_is_copied_inside_a_derivative_of_something_else():
    model = nn.Linear(2, 1, rng=0)

    def f(x):
        return (copy.deepcopy(model)(x) + pickle.loads(pickle.dumps(model))(x)).sum()

    with no_grad():
        slope = grad(f)(X)
    np.testing.assert_allclose(slope, 2 * model.weight.numpy()[0])


def test_an_array_with_plain_numbers_among_values_is_copied():
    x = np.array([Value(2.0), 3.0], dtype=object).view(ValueArray)
    assert x.leaf().values.tolist() == [2.0, 3.0]
