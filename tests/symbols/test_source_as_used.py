"""`source` of what people write: NumPy's constants, losses, training layers, lists backwards."""

import struct

import numpy as np
import pytest
from printed import compared, expected_of, run

import engine as E
import nn
from engine import Value
from engine.writing.slices import Cell, interleaved, list_text
from nn import functional as F

RNG = np.random.default_rng(0)
X, W, Y = RNG.normal(size=(4, 3)), RNG.normal(size=3), RNG.random(4)


def bits(numbers):
    return [struct.pack("d", x) for x in numbers]


def same_bits(f, *numbers):
    """The text of f, after it gave every bit of what Values give."""
    nodes = [Value(x) for x in numbers]
    y = f(*nodes)
    y.backward()
    text = E.source(f, *numbers)
    found = run(text)
    assert [type(x) for x in found] == [float] * len(found)
    assert bits(found) == bits([y.data, *(x.grad for x in nodes)])
    return text


CONSTANTS = [
    np.float32(0.1),
    np.float64(0.3),
    np.float16(0.3),
    np.int64(3),
    np.array(0.3),
    2**60 + 1,
]


@pytest.mark.parametrize("c", CONSTANTS, ids=lambda c: f"{type(c).__name__}_{c}")
def test_constants_beside_numbers_are_floats_not_numpys(c):
    """`x + np.float32(0.1)` was printed so, and is a float32 for a float x."""
    for f in (
        lambda x: x * c + x,
        lambda x: c / x - c,
        lambda x: E.maximum(x, c) * E.where(x > c, x, c),
    ):
        assert "np" not in same_bits(f, 0.7)


@pytest.mark.parametrize("c", CONSTANTS[:5], ids=lambda c: type(c).__name__)
def test_parameters_beside_numbers_are_not_numpys(c):
    """One that the text has to name was an error of the engine's own."""
    assert "0.1" in same_bits(lambda x: E.elu(x, alpha=CONSTANTS[0]) * E.clip(x, -1, c), -0.5)
    same_bits(lambda x: E.elu(x, alpha=c), -0.5)


def test_a_comparison_does_not_change_the_order_of_sums():
    def f(x, y):
        v = E.exp(x)
        s = E.where(v > 0, x * y, y)
        return s + v * x

    for x, y in RNG.uniform(-3, 3, (50, 2)):
        same_bits(f, float(x), float(y))


def test_a_comparison_does_not_change_the_order_of_second_derivatives():
    def f(x, y):
        v = x * x
        return E.where(v > 0, v, x) + v * y

    def slope(x, y):  # along (1, 1), to be differentiated in reverse as the text is
        by_x, by_y = E.grad(f, (0, 1))(x, y)
        return 0.0 + by_x * 1.0 + by_y * 1.0

    for x, y in RNG.uniform(-3, 3, (50, 2)):
        at = (float(x), float(y))
        second = run(E.source(f, *at, order=2))[3:]
        assert bits(second) == bits(E.grad(slope, (0, 1))(*at))


def test_the_derivative_of_a_power_of_two_has_a_number_for_its_logarithm():
    text = same_bits(lambda x: 2**x, 1.5)
    assert "d_x = v1 * 0.6931471805599453  # pow" in text


def test_numbers_made_an_array_of_have_a_shape():
    """`x * 2` was a float, which has no `reshape`."""
    value, gradient = run(E.source(lambda x: E.stack([x, x * 2]).sum(), 3.0))
    assert (value, gradient) == (9.0, 3.0)


def test_an_op_may_have_the_name_of_the_function_that_is_printed():
    op = E.elementwise("f_and_gradients", lambda x: np.cbrt(x) ** 3, lambda g, y, x: g, doc="")
    try:
        text = same_bits(lambda x: op(x) * x, 8.0)
    finally:
        E.unregister("f_and_gradients")
    assert '"""f_and_gradients, by IEEE 754."""' in text


def test_a_part_without_lines_has_no_title():
    assert E.source(Value(2.0, label="a")) == (
        "def f_and_gradients(a):\n    # backward\n    d_a = 1.0\n    return a, d_a\n"
    )
    assert "#" not in E.source(lambda a: a, 2.0, wrt=())


def test_lists_backwards_are_slices():
    a = [Value(0.1 * i, label=f"a{i}") for i in range(60)]
    b = [Value(0.2 * i, label=f"b{i}") for i in range(60)]
    text = E.source(sum(a[i] * b[59 - i] for i in range(60)))
    assert text.endswith("    return y, b[59::-1], a[59::-1]\n")
    _, d_a, d_b = run(text)
    assert d_a == [x.data for x in reversed(b)]
    assert d_b == [x.data for x in reversed(a)]


def test_parts_of_lists_backwards_are_slices():
    cells = [Cell("y"), *(Cell("d", i) for i in (4, 3, 2, 1, 0)), Cell("y")]
    assert list_text(cells) == "[y, *d[4::-1], y]"
    mixed = [Cell("d", i) for i in (9, 1, 4, 2)]
    assert list_text(mixed) == "[d[9], d[1], d[4], d[2]]"
    assert interleaved(mixed) == interleaved(cells) == []


LOSSES = [
    F.mse_loss, F.l1_loss, F.huber_loss, F.smooth_l1_loss, F.binary_cross_entropy_with_logits,
    F.kl_div, lambda x, y: F.binary_cross_entropy(E.sigmoid(x), y),
    lambda x, y: F.cross_entropy(E.outer(x, np.arange(3.0)), E.softmax(E.outer(y, y[:3]), axis=1)),
    lambda x, y: F.mse_loss(x, y > 0.5),
]  # fmt: skip


@pytest.mark.parametrize("loss", LOSSES)
def test_targets_of_a_loss_may_be_arguments(loss):
    def f(w, x, y):
        return loss(x @ w, y)

    text = E.source(f, W, X, Y)
    compared(run(text), expected_of(f, (W, X, Y)), 1e-12)


def test_probabilities_out_of_range_are_an_error_when_written_down_too():
    with pytest.raises(ValueError, match=r"target must lie in \[0, 1\], but target\[0\] is 2.0"):
        E.source(F.binary_cross_entropy, Y, np.full(4, 2.0))


def test_batch_norm_in_training_is_written_down_and_not_trained():
    layer = nn.BatchNorm1d(3)
    before = {name: np.array(x) for name, x in layer.state_dict().items()}

    def f(x):
        return (layer(x) ** 3).sum()

    text = E.source(f, X)
    for name, x in layer.state_dict().items():
        np.testing.assert_array_equal(x, before[name])
    value, d_x, *_ = run(text)
    compared([value, d_x], expected_of(f, (X,)), 1e-12)


def test_the_transpose_of_a_constant_is_not_another_constant():
    def f(w):
        return ((X @ w - Y) ** 2).sum()

    text = E.source(f, W)
    assert "d_w = data.T @ d1" in text
    assert text.count("np.array(") == 2
    compared(run(text), expected_of(f, (W,)), 1e-12)


def test_constants_of_one_number_stay_numbers_beside_their_transpose():
    ones = np.ones((4, 3))
    text = E.source(lambda w: ((w * ones).T * ones.T).sum(), X)
    assert "array" not in text
