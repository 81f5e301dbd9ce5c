"""Programs whose parameters are in objects, lists and dictionaries of one's own."""

import random
from itertools import pairwise

import pytest
from printed import run

from engine import Tensor, Value, source


class Neuron:
    """As in micrograd's lecture."""

    def __init__(self, count, rng):
        self.w = [Value(rng.uniform(-1, 1)) for _ in range(count)]
        self.b = Value(rng.uniform(-1, 1))

    def __call__(self, x):
        act = sum((wi * xi for wi, xi in zip(self.w, x, strict=True)), self.b)
        return act.tanh()


class Layer:
    def __init__(self, before, after, rng):
        self.neurons = [Neuron(before, rng) for _ in range(after)]

    def __call__(self, x):
        out = [neuron(x) for neuron in self.neurons]
        return out[0] if len(out) == 1 else out


class MLP:
    def __init__(self, *sizes):
        rng = random.Random(1337)
        self.layers = [Layer(a, b, rng) for a, b in pairwise(sizes)]
        self.above = {"net": self}  # as objects are that know each other

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def loss(self):
        return sum((self(x) - y) ** 2 for x, y in zip(XS, YS, strict=True))


XS = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.5], [1.0, 1.0, -1.0]]
YS = [1.0, -1.0, -1.0, 1.0]


def as_eager(text, loss, leaves):
    """A text gives the loss and the leaves' gradients, by lists, to the last bit."""
    value = loss()
    value.backward()
    assert run(text) == (value.data, *([x.grad for x in part] for part in leaves))
    return str(text)


def test_an_mlp_of_ones_own_classes_is_on_a_page_with_its_weights_names():
    net = MLP(3, 4, 4, 1)

    def loss():
        predictions = [net(x) for x in XS]
        return sum((p - y) ** 2 for p, y in zip(predictions, YS, strict=True))

    neurons = [neuron for layer in net.layers for neuron in layer.neurons]
    weights = [[n.b for n in neurons], [w for n in neurons for w in n.w]]
    text = as_eager(source(loss), loss, weights)
    assert "def loss_and_gradients(b, w):" in text
    assert "v1 = v1 + w[3 * j + k] * data[3 * i + k]" in text
    assert len(text.splitlines()) < 55


def test_a_method_and_an_object_that_is_called_name_their_own_parameters():
    net = MLP(3, 4, 1)
    assert "(b, w)" in source(net.loss)
    assert source(net, [1.0, 2.0, 3.0]).splitlines()[0] == "from math import tanh"
    assert "(x, w, b)" in source(net, [1.0, 2.0, 3.0])
    assert "x, layers_0_neurons_0_w_0, layers_0_neurons_0_b" in source(MLP(1, 1), [1.0])


def test_dictionaries_and_lists_name_what_they_hold():
    weights = {"slope": Value(2.0), "steps": [Value(1.0), Value(3.0), Value(5.0)]}

    def f(x):
        return weights["slope"] * x + sum(weights["steps"])

    text = source(f, 4.0)
    steps = {f"weights_steps_{i}": 1.0 + 2 * i for i in range(3)}
    assert text.arguments == {"x": 4.0, "weights_slope": 2.0, **steps}
    assert run(text) == (17.0, 2.0, 4.0, 1.0, 1.0, 1.0)


def test_tensors_in_objects_have_names_too():
    class Model:
        def __init__(self):
            self.weight = Tensor([1.0, 2.0], requires_grad=True)

    model = Model()
    assert "(x, model_weight)" in source(lambda x: (model.weight * x).sum(), [3.0, 4.0])


def test_what_is_deep_inside_is_a_parameter_without_a_name():
    deep = Value(2.0)
    nested = deep
    for _ in range(12):
        nested = [nested]

    def f(x):
        inner = nested
        while isinstance(inner, list):
            inner = inner[0]
        return inner * x

    assert run(source(f, 3.0)) == (6.0, 2.0, 3.0)


def test_lines_stand_in_the_order_of_the_program():
    a, b = Value(2.0, label="a"), Value(3.0, label="b")

    def f():
        first = a * b
        second = a + b
        return second.tanh() * first

    lines = source(f).splitlines()
    at = [next(i for i, line in enumerate(lines) if text in line) for text in ("a * b", "a + b")]
    assert at == sorted(at)
    assert "first = a * b" in lines[at[0]]
    assert "second = a + b" in lines[at[1]]


def test_what_was_there_before_comes_first():
    a = Value(2.0, label="a")
    before = a * a

    def f():
        inside = a.tanh()
        return inside * before.exp()

    text = source(f)
    assert text.index("before = a * a") < text.index("inside = tanh(a)")
    assert run(text)[0] == f().data


def test_a_backward_inside_a_function_changes_nothing():
    a = Value(2.0, label="a")

    def f():
        y = a * a
        y.backward()
        return y * a.grad

    assert run(source(f)) == (16.0, 16.0)


@pytest.mark.parametrize("unset", [True])
def test_a_variable_that_is_not_set_yet_is_no_obstacle(unset):
    def f(x):
        return x * 2 if unset else later * x

    assert run(source(f, 3.0)) == (6.0, 2.0)
    later = None
