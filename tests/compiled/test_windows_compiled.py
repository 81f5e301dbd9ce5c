"""Convolutions, pools and windows in compiled functions: equal to eager, in any call."""

import tracemalloc

import numpy as np
import pytest

import engine as E
from engine import Tensor
from nn import functional as F

RNG = np.random.default_rng(8)


def normal(*shape):
    return RNG.normal(size=shape)


#: Functions of images and weights, with what these are.
PROGRAMS = {
    "conv": (lambda x, w, b: F.conv2d(x, w, b, padding=1), (2, 3, 5, 6), (4, 3, 3, 3), (4,)),
    "conv without a border": (F.conv2d, (2, 3, 5, 6), (4, 3, 3, 2), (4,)),
    "conv with a wide border": (
        lambda x, w, b: F.conv2d(x, w, b, padding=2), (2, 3, 4, 4), (4, 3, 2, 2), (4,)
    ),
    "conv by strides": (
        lambda x, w, b: F.conv2d(x, w, b, stride=2, padding=1), (2, 3, 5, 6), (4, 3, 3, 3), (4,)
    ),
    "conv in groups": (
        lambda x, w, b: F.conv2d(x, w, b, groups=2, dilation=(1, 2)),
        (2, 4, 4, 6), (6, 2, 2, 2), (6,),
    ),
    "conv of single places": (F.conv2d, (2, 3, 4, 4), (5, 3, 1, 1), (5,)),
    "conv1d": (lambda x, w, b: F.conv1d(x, w, b, padding="same"), (2, 3, 7), (2, 3, 4), (2,)),
    "transposed conv": (
        lambda x, w, b: F.conv_transpose2d(x, w, b, stride=2, output_padding=1),
        (2, 3, 3, 2), (3, 2, 3, 3), (2,),
    ),
    "pool": (lambda x: F.max_pool2d(x, 2), (2, 3, 4, 6)),
    "pool that leaves a rest": (lambda x: F.max_pool2d(x, 2), (2, 3, 5, 7)),
    "pool of windows that overlap": (lambda x: F.max_pool2d(x, 3, 1, padding=1), (2, 2, 4, 5)),
    "pool of spread windows": (lambda x: F.max_pool2d(x, 2, 2, dilation=2), (1, 2, 6, 5)),
    "mean of windows": (lambda x: F.avg_pool2d(x, 2, padding=1), (2, 3, 4, 6)),
    "windows": (lambda x: E.sliding_window_view(x, (2, 2), (1, 2)), (2, 4, 5)),
    "border": (lambda x: E.pad(x, ((1, 2), (0, 3)), constant_values=2.5), (3, 4)),
    "border of several numbers": (
        lambda x: E.pad(x, 1, constant_values=((1.0, 2.0), (3.0, 4.0))), (3, 4)
    ),
    "part": (lambda x: x[1:, None, ..., -2], (3, 4, 5)),
    "nothing": (lambda x: x[2:1].sum(0) + x[0], (3, 4)),
    "every other": (lambda x: x[::2, 1], (5, 4)),
    "a mask that stays": (lambda x: x[np.array([True, False, True])], (3, 4)),
}  # fmt: skip


def contracted(y):
    """A single number that depends on every element, not linearly."""
    weights = np.cos(np.arange(y.size)).reshape(y.shape).astype(y.dtype)
    return (y * y * weights).sum() + (y * weights).sum()


def found(f, arrays):
    """Value and gradients."""
    leaves = [Tensor(x, requires_grad=True) for x in arrays]
    y = f(*leaves)
    y.backward()
    return [y.item(), *[x.grad.numpy() for x in leaves]]


@pytest.mark.parametrize(("dtype", "limit"), [(np.float64, 1e-12), (np.float32, 2e-5)])
@pytest.mark.parametrize("name", PROGRAMS)
def test_windows_are_as_eager_has_them(name, dtype, limit):
    f, *shapes = PROGRAMS[name]

    def program(*arrays):
        return contracted(f(*arrays))

    compiled = E.compile(program)
    for _ in range(3):
        arrays = [normal(*shape).astype(dtype) for shape in shapes]
        before = [x.copy() for x in arrays]
        for got, expected in zip(found(compiled, arrays), found(program, arrays), strict=True):
            scale = np.abs(expected).max(initial=1.0)
            np.testing.assert_allclose(got, expected, rtol=limit, atol=limit * scale)
            assert np.asarray(got).dtype == np.asarray(expected).dtype
        assert all(np.array_equal(a, b) for a, b in zip(before, arrays, strict=True))


@pytest.mark.parametrize("name", PROGRAMS)
def test_windows_have_second_derivatives(name):
    f, *shapes = PROGRAMS[name]
    arrays, along = ([normal(*shape) for shape in shapes] for _ in range(2))

    def second(*given):
        return E.hvp(lambda *arrays: contracted(f(*arrays)), given, tuple(along))

    for got, expected in zip(E.compile(second)(*arrays), second(*arrays), strict=True):
        np.testing.assert_allclose(E.to_numpy(got), E.to_numpy(expected), rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("special", [np.nan, np.inf, -np.inf])
def test_the_winner_of_a_window_is_the_same_among_infinities(special):
    def program(x):
        return F.max_pool2d(x, 2, 2, padding=1).reshape(-1)[1:3].sum()

    compiled, x = E.compile(program), np.ones((1, 1, 4, 4))
    found(compiled, [x])
    x[0, 0, 0, 1:3] = special
    for got, expected in zip(found(compiled, [x]), found(program, [x]), strict=True):
        np.testing.assert_array_equal(got, expected)


def test_a_conv_net_makes_no_large_array_after_the_first_call():
    """Beside its results: gradients of weights, and a mask of a window here and there."""
    w, v = normal(8, 3, 3, 3), normal(8, 8, 3, 3)

    def step(x, w, v):
        y = F.max_pool2d(E.relu(F.conv2d(x, w, padding=1)), 2)
        return F.max_pool2d(E.relu(F.conv2d(y, v, padding=1)), 2).sum()

    gradients = E.compile(E.value_and_grad(step, (1, 2)))
    x = normal(16, 3, 32, 32)
    gradients(x, w, v)
    tracemalloc.start()
    gradients(x, w, v)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < x.nbytes  # 384 KiB; an image after the first layer has 1 MiB
