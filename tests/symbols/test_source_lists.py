"""Lists of numbers among the arguments: taken, read and answered as lists."""

import numpy as np
import pytest
from printed import run

from engine import Value, exp, source


def dot(w, x):
    s = 0.0
    for a, b in zip(w, x, strict=True):
        s = s + a * b
    return s


def neuron(w, x, b):
    act = b
    for wi, xi in zip(w, x, strict=True):
        act = act + wi * xi
    return act.tanh()


def log_softmax(z):
    m = [exp(a) for a in z]
    return (m[0] / sum(m)).log()


def horner(c, x):
    y = 0.0
    for k in reversed(c):
        y = y * x + k
    return y


def numbers(count, start=0.3):
    return [start + 0.1 * i * (-1) ** i for i in range(count)]


def values_of(x):
    return [values_of(one) for one in x] if isinstance(x, list) else Value(x)


def grads_of(x):
    return [grads_of(one) for one in x] if isinstance(x, list) else x.grad


def by_lists(f, *args):
    """The text, which gives what Values give, to the last bit."""
    text = source(f, *args)
    given = [values_of(x) for x in args]
    y = f(*given)
    y.backward()
    assert run(text) == (y.data, *map(grads_of, given))
    assert dict(zip(f.__code__.co_varnames, args, strict=False)) == text.arguments
    return str(text)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 50])
def test_a_function_of_lists_takes_lists_and_answers_with_lists(count):
    by_lists(dot, numbers(count), numbers(count, -0.2))
    by_lists(neuron, numbers(count), numbers(count, -0.2), 0.5)
    by_lists(log_softmax, numbers(count))
    by_lists(horner, numbers(count), 0.7)


def test_a_dot_product_of_lists_is_a_loop():
    assert by_lists(dot, numbers(50), numbers(50, 0.2)).splitlines() == [
        "def dot_and_gradients(w, x):",
        "    # forward",
        "    y = 0.0",
        "    for i in range(50):",
        "        y = y + w[i] * x[i]",
        "    return y, x[0:50], w[0:50]",
    ]


def test_a_neuron_of_lists_is_two_loops():
    text = by_lists(neuron, numbers(30), numbers(30, 0.2), 0.5)
    assert text.count("for i in") == 2
    assert "act = act + w[i] * x[i]" in text
    assert "d_w[i] = d_b * x[i]  # mul" in text


def test_a_short_program_reads_its_inputs_where_they_are():
    text = by_lists(neuron, numbers(2), numbers(2, 0.2), 0.5)
    assert "act = b + w[0] * x[0]" in text
    assert "inputs" not in text


def test_lists_of_values_are_lists_by_the_functions_names():
    w, x = values_of(numbers(50)), values_of(numbers(50, 0.2))
    assert source(dot, w, x) == source(dot, numbers(50), numbers(50, 0.2))
    mixed = [*w[:3], 0.1, 2]
    assert "def dot_and_gradients(w, x):" in source(dot, mixed, numbers(5))


def test_lists_that_a_function_reads_from_outside_have_its_names():
    weights, data = values_of(numbers(20)), numbers(20, 0.2)
    text = source(lambda b: dot(weights, data) * b, 2.0)
    assert "(b, weights)" in text
    assert "weights[i] * data" in text


def test_what_is_wanted_of_a_list_is_the_whole_list():
    w, x = numbers(3), numbers(3, 0.2)
    assert run(source(dot, w, x, wrt=0)) == run(source(dot, w, x, wrt="w"))
    assert run(source(dot, w, x, wrt="x"))[1:] == (w,)


def test_vectors_of_second_order_are_lists_too():
    text = source(lambda w: w[0] * w[0] * w[1], [2.0, 3.0], order=2)
    assert "(w, v_w)" in text
    assert text.arguments == {"w": [2.0, 3.0], "v_w": [1.0, 1.0]}
    assert run(text) == (12.0, [12.0, 4.0], [2 * 3.0 + 2 * 2.0, 2 * 2.0])


def test_a_list_that_is_read_as_a_whole_is_an_array():
    for f in (
        lambda w: (w * w).sum(),
        lambda w: w[0] * w.sum(),
        lambda w: w[1:].sum() * w[0],
        lambda w: w[[0, 1]].sum(),
    ):
        assert isinstance(source(f, [1.0, 2.0]).arguments["w"], np.ndarray)


def test_lists_among_arrays_and_lists_of_places_are_arrays():
    text = source(lambda w, x: (w[0] * x).sum(), [1.0, 2.0], np.ones(3))
    assert isinstance(text.arguments["w"], np.ndarray)
    text = source(lambda w, places: w[places[0]] * 2, [1.0, 2.0], [1, 0])
    assert isinstance(text.arguments["w"], np.ndarray)
    assert run(text)[0] == 4.0
    assert source(lambda w, none: w * 2, 2.0, []).arguments["w"].shape == ()


def test_two_lists_of_a_long_program_stay_two():
    def crossed(w, x):
        return sum((a * b).tanh() for a in w for b in x)

    text = by_lists(crossed, numbers(7), numbers(9, 0.2))
    assert "(w, x)" in text


def test_a_square_in_a_loop_is_one_product_backward_too():
    def squared(x):
        for _ in range(60):
            x = x * x * 0.999
        return x

    text = by_lists(squared, 0.99)
    assert "(d2 + d2) * 0.999" in text
    assert " at = " not in text


def test_a_function_of_lists_may_train_within_itself():
    def trained(xs, ys):
        w = 0.0
        for x, y in zip(xs, ys, strict=True):
            w = w + 0.1 * (y - w * x) * x
        return (w - 1) ** 2

    text = by_lists(trained, numbers(40), numbers(40, 0.2))
    assert len(text.splitlines()) < 30
