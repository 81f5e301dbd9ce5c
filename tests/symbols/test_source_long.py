"""Long programs of numbers: loops, lists of alike inputs, and every bit as eager has it."""

import itertools
import random
import re
import struct

import numpy as np
import pytest

import nn
from engine import Value, hvp, maximum, silu, source, tanh
from nn import scalar


def bits(numbers):
    return [struct.pack("<d", x) for x in numbers]


def flat(results):
    return [x for part in results for x in (part if isinstance(part, list) else [part])]


def checked(root, leaves):
    """The text, whose results are those of eager to the last bit."""
    text = source(root)
    names = {}
    exec(str(text), names)
    results = flat(names[text.name](**text.arguments))
    for leaf in leaves:
        leaf.zero_grad()
    root.backward()
    assert bits(results) == bits([root.data, *(leaf.grad for leaf in leaves)]), text
    return text


def named(name, count, seed=0):
    rng = random.Random(seed)
    return [Value(rng.uniform(-1, 1), label=f"{name}[{i}]") for i in range(count)]


def test_a_dot_product_is_a_loop_over_two_lists():
    w, x = named("w", 1000), named("x", 1000, 1)
    text = checked(sum(a * b for a, b in zip(w, x, strict=True)), w + x)
    assert text == (
        "def f_and_gradients(w, x):\n"
        "    # forward\n"
        "    y = 0.0\n"
        "    for i in range(1000):\n"
        "        y = y + w[i] * x[i]\n"
        "    return y, x[0:1000], w[0:1000]\n"
    )


def test_a_dot_product_without_labels_is_as_short():
    pairs = [(Value(0.1 * i), Value(1.0 - i)) for i in range(10_000)]
    text = source(sum(a * b for a, b in pairs))
    assert text == (
        "def f_and_gradients(x):\n"
        "    # forward\n"
        "    y = 0.0\n"
        "    for i in range(10000):\n"
        "        y = y + x[2 * i] * x[2 * i + 1]\n"
        "    d_x = [0.0] * 20000\n"
        "    d_x[0::2] = x[1:20000:2]\n"
        "    d_x[1::2] = x[0:19999:2]\n"
        "    return y, d_x\n"
    )
    names = {}
    exec(str(text), names)
    _, gradient = names[text.name](**text.arguments)
    assert gradient == [x.data for a, b in pairs for x in (b, a)]


XOR = [(0.0, 0.0, -1.0), (0.0, 1.0, 1.0), (1.0, 0.0, 1.0), (1.0, 1.0, -1.0)]
APART = [(0.1, 0.2, -1.0), (0.3, 0.9, 1.0), (1.0, 0.4, 1.0), (0.7, 0.8, -1.0)]


def xor_by_neurons(points):
    model = scalar.MLP(2, [4, 1], rng=random.Random(0))
    neurons = [neuron for layer in model.layers for neuron in layer.neurons]
    loss = sum((model([a, b]) - t) ** 2 for a, b, t in points)
    return loss, [w for neuron in neurons for w in neuron.w] + [neuron.b for neuron in neurons]


def xor_by_operators(points):
    w, b, v = named("w", 8), named("b", 4, 1), named("v", 4, 2)
    loss = 0
    for one, two, t in points:
        hidden = [(w[2 * i] * one + w[2 * i + 1] * two + b[i]).tanh() for i in range(4)]
        loss = loss + (sum(x * h for x, h in zip(v, hidden, strict=True)) - t) ** 2
    return loss, v + w + b


@pytest.mark.parametrize("network", [xor_by_neurons, xor_by_operators])
def test_numbers_that_happen_to_be_equal_keep_no_loop_from_being_one(network):
    text, expected = checked(*network(XOR)), checked(*network(APART))
    assert text.partition("# forward")[2] == expected.partition("# forward")[2]
    assert len(text.splitlines()) < 40


@pytest.mark.parametrize(
    "part",
    [
        lambda a, x: (a - x) ** 2,
        lambda a, x: abs(x - a),
        lambda a, x: tanh(x / a) * a,
        lambda a, x: maximum(a, x) * silu(a + x),
    ],
)
def test_data_with_equal_numbers_are_a_loop_too(part):
    digits = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0, 5.0, 3.0, 5.0, 8.0, 9.0, 7.0, 9.0]
    apart = [0.1 * i * i + 0.3 for i in range(15)]
    bodies = []
    for data in (digits, apart):
        a = Value(0.7, label="a")
        text = checked(sum(part(a, x) for x in data), [a])
        bodies.append(re.sub(r"\d+\.\d+", "…", text.partition("# forward")[2]))
    assert bodies[0] == bodies[1]


def test_a_node_s_own_common_parts_are_computed_once_in_a_loop():
    x = named("x", 50)
    text = checked(sum(silu(one) ** 2 for one in x), x)
    assert text.count("exp(") == 1


@pytest.mark.filterwarnings("ignore:.*does not depend on argument")
def test_gradients_that_are_alike_are_not_counted_out():
    text = source(lambda *x: sum(a * a for a in x[:60]) + sum(x[100:]), *np.arange(200.0).tolist())
    assert text.endswith("return y, [*d1[0:60], *[0.0] * 40, *[1.0] * 100]\n")


def test_a_chain_is_a_loop_forward_and_one_backward():
    x = Value(0.5, label="x")
    y = x
    for _ in range(500):
        y = (y * 0.5 + x).tanh()
    text = checked(y, [x])
    assert text.count("for i in") == 2
    assert len(text.splitlines()) < 25


def test_a_least_squares_loop_takes_its_data_as_lists():
    rng = random.Random(3)
    points = [(rng.random(), rng.random()) for _ in range(60)]
    w, b = Value(0.5, label="w"), Value(0.25, label="b")
    loss = 0.0
    for x, t in points:
        d = (w * x + b) - t
        loss = loss + d**2
    text = checked(loss, [w, b])
    assert text.arguments == {
        "w": 0.5, "b": 0.25, "data": [x for x, _ in points], "data_2": [t for _, t in points]
    }  # fmt: skip
    assert len(text.splitlines()) == 15
    assert "v1[i] = w * data[i] + b - data_2[i]" in text


def test_few_constants_stand_in_the_text():
    w = Value(0.5, label="w")
    loss = 0.0
    for x in range(20):
        loss = loss + (w * (x + 0.5)).tanh()
    text = checked(loss, [w])
    assert list(text.arguments) == ["w"]
    assert "    data = [0.5, 1.5, " in text


class Neuron:
    """micrograd's, of plain Values."""

    def __init__(self, inputs, is_last, rng, place):
        self.w = [Value(rng.uniform(-1, 1), label=f"w{place}[{i}]") for i in range(inputs)]
        self.b = Value(0.0, label=f"b{place}")
        self.is_last = is_last

    def __call__(self, x):
        act = sum((w * x for w, x in zip(self.w, x, strict=True)), self.b)
        return act if self.is_last else act.relu()


def mlp(sizes, rng):
    layers = [
        [Neuron(n, i == len(sizes) - 2, rng, f"[{i}][{k}]") for k in range(m)]
        for i, (n, m) in enumerate(itertools.pairwise(sizes))
    ]
    parameters = [p for layer in layers for neuron in layer for p in (*neuron.w, neuron.b)]

    def model(x):
        for layer in layers:
            x = [neuron(x) for neuron in layer]
        return x[0]

    return model, parameters


def hinge_loss(samples, sizes):
    """The loss of the moons demo: margins and L2."""
    rng = random.Random(samples)
    model, parameters = mlp(sizes, rng)
    data = [([rng.gauss(0, 1), rng.gauss(0, 1)], rng.choice([-1, 1])) for _ in range(samples)]
    losses = [(1 + -t * model(x)).relu() for x, t in data]
    return sum(losses) * (1.0 / samples) + 1e-4 * sum(p * p for p in parameters), parameters


def gradients(root, text):
    """Those of the text's lists, by label."""
    names = {}
    exec(str(text), names)
    _, *results = names[text.name](**text.arguments)
    return results


def test_an_mlp_of_the_scalar_tier_is_on_a_page():
    loss, parameters = hinge_loss(25, [2, 16, 16, 1])
    text = source(loss)
    assert len(text.splitlines()) < 100
    loss.backward()
    found = sorted(bits(flat(gradients(loss, text))))
    assert found == sorted(bits([p.grad for p in parameters]))


@pytest.mark.parametrize("samples", [5, 40])
def test_the_page_does_not_grow_with_the_samples(samples):
    few, _ = hinge_loss(4, [2, 4, 4, 1])
    more, _ = hinge_loss(samples, [2, 4, 4, 1])
    assert abs(len(source(more).splitlines()) - len(source(few).splitlines())) < 8


def test_an_mlp_of_nn_is_written_with_its_neurons():
    model = scalar.MLP(2, [4, 4, 1])
    loss = sum((model([0.1 * i, 1.0 - 0.2 * i]) - 0.5) ** 2 for i in range(6))
    text = source(loss)
    loss.backward()
    d_w, d_b = gradients(loss, text)
    by_name = {p.label: p.grad for p in model.parameters()}
    assert bits(d_w) == bits([g for name, g in by_name.items() if ".w[" in name])
    assert bits(d_b) == bits([g for name, g in by_name.items() if name.endswith(".b")])


def test_a_page_is_enough_for_neurons_that_are_one_node_too():
    model = scalar.MLP(2, [16, 16, 1])
    rng = random.Random(0)
    data = [([rng.gauss(0, 1), rng.gauss(0, 1)], rng.choice([-1, 1])) for _ in range(25)]
    loss = sum((1 + -t * model(x)).relu() for x, t in data) * 0.04
    text = source(loss + 1e-4 * sum(p * p for p in model.parameters()))
    assert len(text.splitlines()) < 80


def test_lists_are_in_the_order_of_their_labels():
    w = named("w", 30)[::-1]
    b = Value(0.5, label="b")
    y = b
    for x in w:
        y = (y * x + b).tanh()
    text = source(y)
    y.backward()
    assert text.arguments == {"b": 0.5, "w": [x.data for x in w[::-1]]}
    assert bits(gradients(y, text)[1]) == bits([x.grad for x in w[::-1]])


def test_inputs_that_loops_read_in_turn_are_one_list():
    leaves = [
        Value(0.1 * k + i, label=f"n[{k}].{name}")
        for k in range(12)
        for i, name in enumerate(["b", *[f"w[{i}]" for i in range(1 + k * k % 5)]])
    ]
    text = checked(sum(x * x for x in leaves), leaves)
    assert list(text.arguments) == ["p"]
    assert "y = y + p[i] * p[i]" in text


@pytest.mark.parametrize("order", [1, 2])
def test_long_programs_have_second_derivatives_and_results_on_the_way(order):
    b, w = Value(0.5, label="b"), named("w", 30)
    y = h = b
    for i, x in enumerate(w):
        y = (y * x + b).tanh()
        h = y if i == 9 else h
    text = source(y, wrt=(b, h, *w) if order == 1 else (b, *w), order=order)
    names = {}
    exec(str(text), names)
    _, d_b, *found = names[text.name](**text.arguments)
    h.zero_grad()
    y.backward()
    assert bits([d_b]) == bits([b.grad])
    if order == 1:
        assert bits(flat(found)) == bits([h.grad, *(x.grad for x in w)])
        return

    def f(b, *w):
        y = b
        for x in w:
            y = (y * x + b).tanh()
        return y

    numbers = tuple(x.data for x in (b, *w))
    d_w, dd_b, dd_w = found
    assert bits(d_w) == bits([x.grad for x in w])
    assert bits([dd_b, *dd_w]) == bits(hvp(f, numbers, (1.0,) * 31))
    assert list(text.arguments) == ["b", "w", "v_b", "v_w"]


def test_special_values_keep_their_bits_in_loops():
    xs = [Value(x, label=f"x[{i}]") for i, x in enumerate([-0.0, 0.0, 1e-320, -1e300] * 6)]
    total = xs[0] * 0.0
    for x in xs:
        total = total + maximum(x * 2.0, -0.0) / 3.0
    checked(total, xs)


def test_arrays_of_constants_are_named_or_taken():
    few, many = np.arange(15.0) + 0.1, np.arange(30.0)
    text = source(lambda x, y: (x * few).sum() + (y * many).sum(), np.ones(15), np.ones(30))
    assert list(text.arguments) == ["x", "y", "data_2"]
    assert "data = np.array([0.1, 1.1," in text
    names = {}
    exec(str(text), names)
    value, d_x, d_y = names[text.name](**text.arguments)
    assert value == pytest.approx(few.sum() + many.sum())
    assert np.array_equal(d_x, few)
    assert np.array_equal(d_y, many)


def test_classes_of_a_loss_are_an_argument():
    model = nn.Linear(4, 3)
    x, t = np.random.default_rng(0).normal(size=(30, 4)), np.arange(30) % 3
    text = source(lambda x, t: nn.cross_entropy(model(x), t), x, t)
    names = {}
    exec(str(text), names)
    value, _, d_weight, d_bias = names[text.name](**text.arguments)
    loss = nn.cross_entropy(model(x), t)
    loss.backward()
    assert value == pytest.approx(loss.item(), rel=1e-12)
    assert np.allclose(d_weight, model.weight.grad, rtol=1e-12, atol=1e-15)
    assert np.allclose(d_bias, model.bias.grad, rtol=1e-12, atol=1e-15)


def test_lists_are_named_by_labels_without_their_numbers():
    w = [Value(0.1 * i, label=f"w{i // 4}_{i % 4}") for i in range(40)]
    assert list(checked(sum(x.tanh() for x in w), w).arguments) == ["w"]


def test_the_second_derivatives_of_a_chain_are_as_short_however_long_it_is():
    def lines(steps):
        x, w = Value(0.5, label="x"), Value(1.1, label="w")
        y = x
        for _ in range(steps):
            y = (y * w).tanh()
        return source(y, order=2).splitlines()

    assert len(lines(300)) == len(lines(30)) < 60
