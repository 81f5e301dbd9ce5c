"""What is given to a program, and what it reads from outside: taken as f takes it, and named."""

import functools

import numpy as np
import pytest
from printed import run

from engine import Tensor, Value, source


def dot(w, x):
    return sum(a * b for a, b in zip(w, x, strict=True))


W, X = [0.5, -1.5, 2.0], [3.0, 0.25, -1.0]


@pytest.mark.parametrize(
    ("wrt", "gradients"), [(1, [W]), (-1, [W]), ((0, 1), [X, W]), ((1, "w"), [W, X])]
)
def test_each_of_several_lists_is_named_by_its_position(wrt, gradients):
    assert run(source(dot, W, X, wrt=wrt))[1:] == tuple(gradients)


def test_a_node_among_the_arguments_is_one_to_differentiate_by():
    a, b, t = Value(2.0), Value(3.0), Tensor([4.0], requires_grad=True)
    assert run(source(lambda x, y: x * y, a, b, wrt=b)) == (6.0, 2.0)
    assert run(source(lambda w: w[0] * w[1], [a, b], wrt=a)) == (6.0, [3.0])
    assert run(source(lambda x, y: (x * y).sum(), t, 3.0, wrt=t)) == (12.0, [3.0])


def test_a_list_that_is_called_like_the_vectors_of_another_stays_its_own():
    def f(v, v_v):
        return dot(v, v_v) * v[0]

    text = source(f, W, X, order=2)
    vectors = [[1.0] * 3] * 2
    assert list(text.arguments.values()) == [W, X, *vectors]
    assert run(text)[1:3] == ([X[0] * W[0] + dot(W, X), X[1] * W[0], X[2] * W[0]], [0.25, -0.75, 1])


@pytest.mark.parametrize("values", [False, True])
def test_f_does_with_lists_what_lists_do(values):
    def popped(w):
        total = w.pop()
        while w:
            total = total * 2 + w.pop()
        return total

    def appended(w):
        w.append(w[0] * w[1])
        return sum(w)

    def neighbours(w):
        return sum(100 * (b - a * a) ** 2 for a, b in zip(w[1:], w[:-1], strict=True))

    for f in (popped, appended, neighbours):
        given = [Value(a) for a in W]
        text = source(f, given if values else W)
        leaves = [*given]
        y = f(given)
        y.backward()
        assert text.arguments == {"w": W}
        assert run(text) == (y.data, [x.grad for x in leaves])


@pytest.mark.parametrize(
    "f", [lambda w: w[0] * w.size, lambda w: w[..., 0] * w[1], lambda w: w[0] + w[:2].sum()]
)
def test_what_only_arrays_do_is_done_with_arrays(f):
    text = source(f, W)
    assert isinstance(text.arguments["w"], np.ndarray)
    assert run(text)[0] == f(np.array(W))


def test_where_neither_goes_the_error_is_the_one_of_arrays():
    with pytest.raises(TypeError, match="the truth of a Symbol"):
        source(lambda w: w[0] if w[0] > w[1] else w[1], W)


def test_beside_lists_of_values_all_lists_are_lists():
    def joined(w, x, counts):
        return sum(a * n for a, n in zip(w + x, counts + counts, strict=True))

    text = source(joined, [Value(2.0), Value(3.0)], [0.5, 1.5], [4, 5])
    assert text.arguments == {"w": [2.0, 3.0], "x": [0.5, 1.5]}
    assert run(text) == (2 * 4 + 3 * 5 + 0.5 * 4 + 1.5 * 5, [4, 5], [4, 5])


def test_values_in_a_list_beside_an_array_are_named_by_their_places():
    text = source(lambda w, x: (w[0] * x).sum() * w[1], [Value(1.0), Value(2.0)], np.ones(3))
    assert list(text.arguments) == ["x", "w_0", "w_1"]
    value, d_x, *d_w = run(text)
    assert (value, d_x.tolist(), d_w) == (6.0, [2.0, 2.0, 2.0], [6.0, 3.0])


def test_the_gradient_of_a_value_beside_arrays_is_one_number():
    w = Value(2.0)
    for f in (lambda x: (w * x).sum(), lambda x: (w * w * x - x / w).sum()):
        y = f(np.arange(3.0))
        y.backward()
        assert run(source(f, np.arange(3.0)))[2] == w.grad
        w.zero_grad()


@pytest.mark.parametrize("x", [3.0, np.array([3.0, 4.0])])
@pytest.mark.parametrize("given", [True, False])
def test_arrays_of_values_go_together_with_numbers_and_arrays(x, given):
    weights = np.array([Value(1.0), Value(-2.0)])

    def f(w, x):
        return (w * x).sum() * w[0]

    text = source(f, weights, x) if given else source(lambda x: f(weights, x), x)
    y = f(weights, x)
    y.backward()
    value, _, *gradients = run(text)
    assert (value, gradients) == (y.data, [w.grad for w in weights])
    nothing = np.array(Value(2.0)), x
    assert run(source(lambda x: np.sum(nothing[0] * x), x))[0] == np.sum(2.0 * x)


def test_lists_of_what_is_no_number_are_handed_on_as_they_are():
    words = source(lambda w, names: w[names.index("b")] * len(names[0]), W, ["a", "b"])
    assert words.arguments == {"w": W}
    assert run(words) == (-1.5, [0, 1, 0])


class Slotted:
    __slots__ = ("empty", "w")

    def __init__(self, w):
        self.w = w

    def __call__(self, x):
        return self.w * x


@pytest.mark.parametrize(
    ("given", "f", "name"),
    [
        (Slotted(Value(2.0)), lambda net, x: net(x), "net_w"),
        ([Slotted(Value(2.0))], lambda nets, x: nets[0](x), "nets_0_w"),
        ({"w": Value(2.0)}, lambda p, x: p["w"] * x, "p_w"),
        ([[Value(2.0)]], lambda rows, x: rows[0, 0] * x, "rows_0_0"),
        (Slotted(Value(2.0)), Slotted.__call__, "self_w"),
        (Slotted(Value(2.0)).__call__, lambda step, x: step(x), "step_w"),
        (functools.partial(dot, [Value(2.0)]), lambda step, x: step([x]), "x_2"),
        (functools.partial(dot, w=[Value(2.0)]), lambda step, x: step(x=[x]), "w_0"),
    ],
)
def test_parameters_in_what_is_given_are_named_by_where_they_are(given, f, name):
    text = source(f, given, 3.0)
    assert text.arguments == {"x": 3.0, name: 2.0}
    assert run(text) == (6.0, 2.0, 3.0)


SLOPE, STEPS = Value(2.0), [Value(1.0)]


def line(x):
    return SLOPE * x + STEPS[0]


def test_what_functions_read_that_f_calls_has_its_name_too():
    assert list(source(lambda x: line(x) ** 2, 3.0).arguments) == ["x", "SLOPE", "STEPS_0"]


def test_a_parameter_in_several_places_has_the_name_of_the_nearest():
    class Part:
        pass

    parts = [Part() for _ in range(30)]
    for part in parts:
        part.others = [*parts]  # 30**4 ways, up to a depth of 8
    parts[7].w = Value(2.0)
    assert list(source(lambda x: parts[7].w * x, 3.0).arguments) == ["x", "parts_7_w"]


def test_a_partial_is_called_after_its_function():
    text = source(functools.partial(dot, [Value(2.0)]), [3.0])
    assert text.name == "dot_and_gradients"
    assert run(text)[0] == 6.0
    assert list(source(functools.partial(lambda w, x: w * x, Value(2.0)), 3.0).arguments) == [
        "x",
        "w",
    ]


def test_further_arguments_have_names_of_their_own():
    text = source(lambda x2, *more: x2[0] * more[0][0], [2.0], [3.0])
    assert text.arguments == {"x2": [2.0], "x3": [3.0]}


def test_a_tensor_in_a_list_makes_an_array_of_it():
    text = source(lambda w: w[0] * w[1], [Tensor(2.0, requires_grad=True), 3.0])
    assert run(text)[0] == 6.0
