"""Sequential, ModuleList, Residual, Flatten, MLP: order, names, shapes, what is refused."""

import numpy as np
import pytest

import engine
import nn
from engine import Tensor, to_numpy

X = np.random.default_rng(0).normal(size=(4, 3))


# --- Sequential and ModuleList ---


def test_modules_run_one_after_another():
    first, second = nn.Linear(3, 5, rng=0), nn.Linear(5, 2, rng=1)
    model = nn.Sequential(first, nn.Tanh(), second)
    expected = second(engine.tanh(first(X)))
    np.testing.assert_array_equal(model(X).numpy(), expected.numpy())
    np.testing.assert_allclose(to_numpy(model.scalar()(X)), expected.numpy(), rtol=0, atol=1e-14)


def test_an_empty_sequence_gives_its_input_back():
    assert nn.Sequential()(X) is X


def test_a_list_of_modules_is_a_list():
    layers = nn.ModuleList([nn.Linear(1, 2, rng=0)])
    assert layers.append(nn.Tanh()) is layers
    assert layers.extend([nn.ReLU(), nn.Linear(2, 1, rng=0)]) is layers
    assert [type(m).__name__ for m in layers] == ["Linear", "Tanh", "ReLU", "Linear"]
    assert len(layers) == 4
    assert layers[-1] is layers[3]
    assert [name for name, _ in layers.named_parameters()] == [
        "0.weight", "0.bias", "3.weight", "3.bias"
    ]  # fmt: skip
    tail = layers[2:]
    assert isinstance(tail, nn.ModuleList)
    assert tail[0] is layers[2]
    with pytest.raises(IndexError, match="index 4 is out of range for 4 modules"):
        layers[4]


def test_a_slice_of_a_sequence_is_a_sequence():
    model = nn.Sequential(nn.Linear(3, 5, rng=0), nn.Tanh(), nn.Linear(5, 2, rng=1))
    head = model[:2]
    assert isinstance(head, nn.Sequential)
    np.testing.assert_array_equal(model[2:](head(X)).numpy(), model(X).numpy())


def test_a_slice_of_a_sequence_keeps_its_names_and_grows_without_a_clash():
    model = nn.Sequential(nn.Linear(3, 3, rng=0), nn.Tanh(), nn.Linear(3, 2, rng=1))
    tail = model[1:]
    assert list(tail.state_dict()) == ["2.weight", "2.bias"]
    tail.append(nn.ReLU())
    assert [type(m).__name__ for m in tail] == ["Tanh", "Linear", "ReLU"]
    assert [type(m).__name__ for m in model[1:][:0]] == []


def test_a_sequence_of_named_modules_has_their_names():
    model = nn.Sequential({"first": nn.Linear(3, 2, rng=0), "act": nn.Tanh()})
    assert list(model.state_dict()) == ["first.weight", "first.bias"]
    assert model[1] is model.act
    np.testing.assert_array_equal(model(X).numpy(), engine.tanh(model.first(X)).numpy())


@pytest.mark.parametrize("kind", [nn.ModuleList, lambda modules: nn.Sequential(*modules)])
def test_modules_are_replaced_inserted_and_taken_out(kind):
    first, second = nn.Linear(3, 3, rng=0), nn.Linear(3, 3, rng=1)
    layers = kind([first, nn.Tanh()])
    layers[-1] = second
    assert list(layers) == [first, second]
    assert layers.insert(0, nn.ReLU()) is layers
    assert [name for name, _ in layers.named_parameters()] == [
        "1.weight", "1.bias", "2.weight", "2.bias"
    ]  # fmt: skip
    assert [p.label for p in layers.parameters()] == ["1.weight", "1.bias", "2.weight", "2.bias"]
    del layers[0]
    assert layers.pop() is second
    assert list(layers) == [first]
    assert list(layers.state_dict()) == ["0.weight", "0.bias"]
    for wrong in (lambda: layers.pop(3), lambda: layers.__delitem__(1), lambda: layers[-2]):
        with pytest.raises(IndexError, match="is out of range for 1 modules"):
            wrong()
    with pytest.raises(TypeError, match="element 0 is a float"):
        layers[0] = 2.5
    assert list(layers) == [first]


def test_labels_follow_within_a_larger_model():
    class Model(nn.Module):
        def __init__(self):
            self.layers = nn.ModuleList([nn.Linear(1, 1, rng=0)])

    model = Model()
    model.layers.insert(0, nn.Tanh())
    assert [p.label for p in model.parameters()] == ["layers.1.weight", "layers.1.bias"]


def test_what_is_no_module_is_refused():
    with pytest.raises(TypeError, match="holds Modules, element 1 is a"):
        nn.Sequential(nn.Tanh(), engine.tanh)
    with pytest.raises(TypeError, match="holds Modules, element 0 is a int"):
        nn.ModuleList([3])
    with pytest.raises(TypeError, match="module must be a Module"):
        nn.Residual(engine.tanh)


def test_a_slice_is_taken_out_of_a_list():
    first, second, third = nn.Tanh(), nn.ReLU(), nn.Tanh()
    layers = nn.ModuleList([first, second, third])
    del layers[::2]
    assert list(layers) == [second]


def test_a_label_of_the_users_own_stays_when_modules_move():
    layers = nn.ModuleList([nn.Linear(1, 1, rng=0)])
    layers[0].weight.label = "slope"
    layers.insert(0, nn.Tanh())
    assert [p.label for p in layers.parameters()] == ["slope", "1.bias"]


# --- Residual and Flatten ---


def test_a_residual_adds_its_input():
    layer = nn.Linear(3, 3, rng=0)
    np.testing.assert_array_equal(nn.Residual(layer)(X).numpy(), X + layer(X).numpy())
    x = Tensor(X, requires_grad=True)
    nn.Residual(nn.ReLU())(x).sum().backward()
    np.testing.assert_array_equal(x.grad, 1.0 + (X > 0))
    with pytest.raises(ValueError, match=r"shapes differ: \(4, 3\) and \(4, 2\)"):
        nn.Residual(nn.Linear(3, 2, rng=0))(X)


@pytest.mark.parametrize(
    ("axes", "shape"),
    [((), (2, 60)), ((0,), (120,)), ((1, 2), (2, 12, 5)), ((-2, -1), (2, 3, 20))],
)
def test_axes_are_joined(axes, shape):
    x = np.arange(120.0).reshape(2, 3, 4, 5)
    y = nn.Flatten(*axes)(Tensor(x))
    np.testing.assert_array_equal(y.numpy(), x.reshape(shape))


# --- MLP ---


def test_an_mlp_is_linear_layers_with_an_activation_between():
    model = nn.MLP([3, 5, 4, 2], rng=0)
    a, b, c = model.layers
    expected = c(engine.relu(b(engine.relu(a(X)))))
    np.testing.assert_array_equal(model(X).numpy(), expected.numpy())
    np.testing.assert_allclose(to_numpy(model.scalar()(X)), expected.numpy(), rtol=0, atol=1e-14)
    assert [p.shape for p in model.parameters()] == [(5, 3), (5,), (4, 5), (4,), (2, 4), (2,)]
    assert list(model.state_dict())[:2] == ["layers.0.weight", "layers.0.bias"]


@pytest.mark.parametrize("activation", [engine.tanh, nn.Tanh(), nn.Tanh])
def test_the_activation_is_a_function_a_module_or_a_class(activation):
    model = nn.MLP([3, 5, 2], activation, rng=0)
    plainly = nn.MLP([3, 5, 2], np.tanh, rng=0)
    with engine.no_grad():
        np.testing.assert_allclose(
            model(X).numpy(),
            plainly.layers[1](np.tanh(plainly.layers[0](X).numpy())).numpy(),
            rtol=0, atol=1e-14,
        )  # fmt: skip


def test_two_sizes_are_a_linear_map():
    model = nn.MLP([3, 2], rng=0)
    np.testing.assert_array_equal(model(X).numpy(), model.layers[0](X).numpy())


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([3],), ValueError, "sizes must name inputs and outputs at least"),
        (([3, 0, 1],), ValueError, r"sizes\[1\] must be at least 1, got 0"),
        (([3, 2.5],), TypeError, r"sizes\[1\] must be an int"),
        (([3, 2], "relu"), TypeError, "activation must be a function or a Module, got 'relu'"),
    ],
)
def test_bad_arguments_are_named(arguments, error, message):
    with pytest.raises(error, match=message):
        nn.MLP(*arguments)
