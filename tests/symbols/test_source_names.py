"""`source`: what is an argument, with respect to what, and under which names."""

import cProfile

import numpy as np
import pytest
from printed import run

import engine as E
import nn
from engine import Tensor
from engine.writing.names import Names

HOSTILE = [
    "a b",
    "lambda",
    "x;y",
    "np",
    "math",
    "w",
    "w",
    "β",
    "x²",
    "",
    "print",
    "1st",
    "v1",
    "d_w",
]


def test_hostile_labels_become_names():
    nodes = [Tensor([1.0, i], requires_grad=True, label=name) for i, name in enumerate(HOSTILE)]
    total = sum((x * x).sum() for x in nodes)
    text = E.source(total)
    assert list(text.arguments) == [
        "a_b", "lambda_", "x_y", "np_", "math_", "w", "w_2", "β", "x2", "x", "print_", "_1st",
        "v1", "d_w",
    ]  # fmt: skip
    value, *gradients = run(text)
    assert value == total.data
    np.testing.assert_array_equal(gradients, [2 * x.data for x in nodes])


def test_labels_of_results_are_names_of_lines():
    x = Tensor([1.0, 2.0], requires_grad=True, label="x")
    h = x.tanh()
    h.label = "for"
    y = (h * h).sum()
    assert "for_ = np.tanh(x)" in E.source(y)
    assert "\n    d_x = " in E.source(y)


def test_without_names_every_op_has_a_line():
    text = E.source(lambda x: (x * x).tanh().sum(), np.ones(3))
    assert text.splitlines()[2:] == [
        "def f_and_gradients(x):",
        "    # forward",
        "    v1 = x * x",
        "    v2 = np.tanh(v1)",
        "    v3 = v2.sum()",
        "    # backward",
        "    d1 = 1 - v2 * v2  # tanh",
        "    d2 = d1 * x       # mul",
        "    d_x = d2 + d2     # mul",
        "    return v3, d_x",
    ]


def loss(w, x, scale):
    return (w * x).sum() * scale


@pytest.mark.parametrize(
    ("wrt", "names"),
    [
        (None, "d_w, d_x, d_scale"),
        (0, "d_w"),
        (-1, "d_scale"),
        ("x", "d_x"),
        (("x", 0), "d_x, d_w"),
        ([1], "d_x"),
    ],
)
def test_wrt_names_inputs_by_position_or_name(wrt, names):
    text = E.source(loss, np.ones(2), np.ones(2), 3.0, wrt=wrt)
    assert text.splitlines()[-1].endswith(f", {names}")
    assert text.startswith("def loss_and_gradients(w, x, scale):\n")


def test_wrt_names_nodes_too():
    w, b = Tensor([1.0], requires_grad=True, label="w"), Tensor([2.0], requires_grad=True)
    h = w * b
    text = E.source((h * h).sum(), wrt=(b, h))
    assert run(text)[1:] == ([4.0], [4.0])
    assert E.source(lambda x: (x * b).sum(), np.ones(1), wrt=b).endswith(", d_b\n")


@pytest.mark.parametrize(
    ("wrt", "error", "match"),
    [
        ("q", ValueError, "wrt names 'q', which is no input; the inputs are: w, x, scale"),
        (3, ValueError, "wrt names argument 3, the program has 3"),
        (True, TypeError, "wrt takes positions, names and nodes, got True"),
        (2.0, TypeError, "wrt takes positions, names and nodes, got 2.0"),
        (Tensor(1.0), ValueError, "on which the result does not depend"),
        (("w", 0), ValueError, "wrt names an input twice"),
    ],
)
def test_a_wrong_wrt_is_named(wrt, error, match):
    with pytest.raises(error, match=match):
        E.source(loss, np.ones(2), np.ones(2), 3.0, wrt=wrt)


def test_integers_and_constants_are_not_differentiated():
    def f(x, rows):
        return x[rows].sum()

    rows = np.array([0, 0, 1])
    text = E.source(f, np.ones(2), rows)
    assert list(text.arguments) == ["x"]
    with pytest.raises(TypeError, match="wrt names argument 1, a ndarray: only floating-point"):
        E.source(f, np.ones(2), rows, wrt=1)
    c = Tensor([1.0], label="c")
    with pytest.raises(TypeError, match="which does not require a gradient"):
        E.source(lambda x: (x * c).sum(), np.ones(1), wrt="c")


def test_parameters_of_a_model_are_arguments():
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    x = np.ones((4, 2))
    text = E.source(lambda x: model(x).sum(), x)
    value, d_x, *_ = run(text)
    nodes = Tensor(x, requires_grad=True)
    y = model(nodes).sum()
    y.backward()
    np.testing.assert_allclose([value, *d_x.ravel()], [y.data, *nodes.grad.ravel()], rtol=1e-12)
    assert len(text.arguments) == 1 + 4


def test_an_argument_on_which_nothing_depends_has_a_gradient_of_zeros():
    text = E.source(lambda x, y: (x * x).sum(), np.ones(2), np.ones((2, 3)))
    np.testing.assert_array_equal(run(text)[2], np.zeros((2, 3)))


def test_order_and_result_are_checked():
    with pytest.raises(ValueError, match="order must be 1 or 2, got 3"):
        E.source(loss, np.ones(2), np.ones(2), 3.0, order=3)
    with pytest.raises(ValueError, match=r"single number as result, got shape \(2,\)"):
        E.source(lambda x: x * 2, np.ones(2))


def test_the_second_derivative_is_the_hessian_times_vectors():
    text = E.source(
        lambda x, y: (x * x * y).sum(), np.array([1.0, 2.0]), np.array([3.0, 4.0]), order=2
    )
    assert list(text.arguments) == ["x", "y", "v_x", "v_y"]
    arguments = dict(text.arguments, v_x=np.array([1.0, 0.0]), v_y=np.array([0.0, 1.0]))
    namespace = {}
    exec(text, namespace)
    *_, dd_x, dd_y = namespace[text.name](**arguments)
    np.testing.assert_array_equal(dd_x, [6.0, 4.0])
    np.testing.assert_array_equal(dd_y, [2.0, 0.0])


def test_the_second_derivative_of_one_number_needs_no_vector():
    text = E.source(lambda x: (x**3).sum(), np.array([2.0]), order=2)
    assert list(text.arguments) == ["x"]
    assert [float(x[0]) for x in run(text)[1:]] == [12.0, 12.0]


def test_what_the_forward_half_computes_is_not_named_as_a_gradient():
    """tanh(a) is a result and the gradient of u: it is computed first as the one."""

    def f(a, b):
        u = a * b
        return u * E.tanh(a)

    text = E.source(f, 0.5, -1.0)
    forward, backward = text.split("# backward")
    assert "v1 = tanh(a)" in forward
    assert "d_b = v1 * a" in backward


def test_a_number_is_given_once_however_many_have_the_label():
    names = Names()
    found = [names.taken(label) for label in ["w", "w_3", "w", "w", "w", "for", "for"]]
    assert found == ["w", "w_3", "w_2", "w_4", "w_5", "for_", "for_2"]


def test_a_profiler_goes_on_after_names_were_looked_at():
    def product(x):
        y = x * x
        return y + 1

    profile = cProfile.Profile()
    with profile:
        text = E.source(product, 2.0)
        after = sum(numbers(3))
    assert after == 3
    assert "y = x * x" in text
    assert any(entry.code == numbers.__code__ for entry in profile.getstats())


def numbers(count):
    return range(count)
