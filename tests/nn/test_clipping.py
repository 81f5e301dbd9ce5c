"""Gradient clipping: PyTorch's numbers, on either tier, and the edges of it."""

import math

import numpy as np
import pytest

import nn
from engine import Tensor, Value, ValueArray

A, B = np.array([3.0, -4.0, 1.0]), np.array([[0.5, -2.0], [6.0, 0.0]])


def parameters(tier):
    """Two parameters with gradients A and B, on a tier."""
    made = []
    for g in (A, B):
        if tier is Tensor:
            p = Tensor(np.zeros(g.shape), requires_grad=True)
            p.grad = g
        else:
            p = ValueArray.of(np.zeros(g.shape))
            for x, number in zip(p.flat, g.flat, strict=True):
                x.grad = number
        made.append(p)
    return [x for p in made for x in p.flat] if tier is Value else made


def gradients(made):
    """All of them in a row."""
    return np.concatenate([np.ravel(p.grad) for p in made])


# by PyTorch 2.13: (max_norm, norm_type, norm, factor)
CASES = [
    (2.0, 2.0, 8.139410298049853, 0.24571801654490497),
    (2.0, 1.0, 16.5, 0.12121211386593249),
    (2.0, math.inf, 6.0, 0.33333327777778704),
    (2.0, 3.0, 6.812182601714999, 0.2935916171573078),
    (100.0, 2.0, 8.139410298049853, 1.0),
    (0.0, 2.0, 8.139410298049853, 0.0),
]


@pytest.mark.parametrize("tier", [Tensor, ValueArray, Value])
@pytest.mark.parametrize(("max_norm", "norm_type", "norm", "factor"), CASES)
def test_all_gradients_are_scaled_by_one_factor(tier, max_norm, norm_type, norm, factor):
    made = parameters(tier)
    found = nn.clip_grad_norm_(made, max_norm, norm_type)
    assert found == pytest.approx(norm, rel=1e-12)
    expected = factor * np.concatenate([A.ravel(), B.ravel()])
    np.testing.assert_allclose(gradients(made), expected, rtol=1e-9)


@pytest.mark.parametrize("tier", [Tensor, ValueArray, Value])
def test_values_are_cut(tier):
    made = parameters(tier)
    nn.clip_grad_value_(made, 2.5)
    assert gradients(made).tolist() == [2.5, -2.5, 1.0, 0.5, -2.0, 2.5, 0.0]


@pytest.mark.parametrize("max_norm", [0.0, 1.0])
@pytest.mark.parametrize("norm_type", [1, 2, math.inf])
def test_a_norm_of_zero_leaves_zeros(max_norm, norm_type):
    w = Tensor([1.0, 2.0], requires_grad=True)
    w.grad = [0.0, 0.0]
    assert nn.clip_grad_norm_([w], max_norm, norm_type) == 0.0
    assert w.grad.tolist() == [0.0, 0.0]


def test_without_gradients_the_norm_is_zero():
    w = Tensor([1.0], requires_grad=True)
    assert nn.clip_grad_norm_([w, Value(2.0)], 1.0) == 0.0
    assert nn.clip_grad_norm_([], 1.0) == 0.0
    assert w.grad is None


def test_a_parameter_given_twice_counts_once():
    w = Tensor([0.0, 0.0], requires_grad=True)
    w.grad = [3.0, 4.0]
    assert nn.clip_grad_norm_([w, w], 100.0) == 5.0
    nn.clip_grad_norm_(w, 1.0)  # one alone will do
    np.testing.assert_allclose(w.grad, [0.6, 0.8], atol=1e-6)


def test_float32_gradients_stay_float32():
    w = Tensor([0.0, 0.0], requires_grad=True, dtype=np.float32)
    w.grad = [3.0, 4.0]
    nn.clip_grad_norm_([w], np.float64(1.0))
    assert w.grad.dtype == np.float32
    nn.clip_grad_value_([w], 0.5)
    assert w.grad.dtype == np.float32


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_norm_that_is_no_number_shows_in_the_gradients_or_is_refused(bad):
    w = Tensor([0.0, 0.0], requires_grad=True)
    w.grad = [bad, 1.0]
    with pytest.raises(RuntimeError, match=f"norm of the gradients is {bad}"):
        nn.clip_grad_norm_([w], 1.0, error_if_nonfinite=True)
    assert w.grad[1] == 1.0
    nn.clip_grad_norm_([w], 1.0)  # as in PyTorch
    assert math.isnan(w.grad[0])


def test_a_gradient_that_is_a_node_will_do():
    w = Tensor([3.0, 4.0], requires_grad=True)
    (w * w * 0.5).sum().backward(create_graph=True)
    assert nn.clip_grad_norm_([w], 1.0) == 5.0
    np.testing.assert_allclose(w.grad, [0.6, 0.8], atol=1e-6)


def test_what_is_wrong_is_named():
    w = Tensor([1.0], requires_grad=True)
    for call, message in [
        (lambda: nn.clip_grad_norm_([w], -1.0), "max_norm must be a finite number, at least 0"),
        (lambda: nn.clip_grad_norm_([w], 1.0, 0), "norm_type must be above 0"),
        (lambda: nn.clip_grad_value_([w], math.nan), "clip_value"),
        (lambda: nn.clip_grad_norm_([np.ones(3)], 1.0), "params must be Tensors"),
        (lambda: nn.clip_grad_norm_(3, 1.0), "params must be parameters, got int"),
    ]:
        with pytest.raises((ValueError, TypeError), match=message):
            call()


def test_a_norm_of_nan_makes_all_gradients_nan():
    w, v = (Tensor([0.0, 0.0], requires_grad=True) for _ in range(2))
    w.grad, v.grad = np.array([np.nan, 1.0]), np.array([1.0, 2.0])
    assert np.isnan(nn.clip_grad_norm_([w, v], 1.0))
    assert np.isnan([*w.grad, *v.grad]).all()
