"""Gradients that `backward` did not keep stand in the picture all the same, and they are right."""

import numpy as np
import pytest

import engine
import nn
from engine import Tensor
from viz import draw, to_dot
from viz.drawing.boxes import Reader
from viz.drawing.unkept import CHANGED, ONE_PASS, UNSEEDED, unkept


def expression(dtype=np.float64):
    x = Tensor([1.0, -2.0], requires_grad=True, label="x", dtype=dtype)
    h = engine.tanh(x * 3.0)
    return (h * h).sum(), h, x


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_they_are_what_retain_grads_would_have_kept(dtype):
    y, h, x = expression(dtype)
    y.backward()
    found = unkept(engine.toposort(y))
    before = x.grad.copy()
    again, kept, _ = expression(dtype)
    again.backward(retain_grads=True)
    assert found.note == ""
    np.testing.assert_array_equal(found.gradients[id(h)], kept.grad)
    assert not h.has_grad
    np.testing.assert_array_equal(x.grad, before)


def test_no_result_of_a_layer_says_that_it_was_not_kept():
    y = nn.MSELoss()(nn.MLP([3, 4, 1], rng=0)(np.ones((2, 3))), np.zeros((2, 1)))
    y.backward()
    assert "not kept" not in to_dot(y)
    assert "not computed" not in to_dot(y)


def test_after_two_passes_they_say_that_they_are_of_one():
    y, h, _ = expression()
    y.backward()
    y.backward()
    found = unkept(engine.toposort(y))
    assert found.note == ONE_PASS
    assert ONE_PASS in Reader(engine.toposort(y)).grad(h)


def test_what_another_result_gave_its_leaves_is_not_taken_for_a_pass_of_this():
    y, h, x = expression()
    (y * 5.0).backward()
    assert unkept(engine.toposort(h.sum())).note == ONE_PASS
    assert unkept(engine.toposort(y)).note == ONE_PASS
    other = Tensor([1.0], requires_grad=True)
    assert unkept(engine.toposort((x.detach() * other).sum())).note == ""


def test_a_leaf_that_has_another_gradient_than_none_is_told():
    y, _, x = expression()
    z = y + (Tensor([1.0, 1.0], requires_grad=True, label="w") * x.detach()).sum()
    z.inputs[1].inputs[0].inputs[0].grad = np.array([9.0, 9.0])
    assert unkept(engine.toposort(z)).note == ONE_PASS


def test_a_leaf_changed_since_is_told_and_nothing_is_computed():
    y, _, x = expression()
    y.backward()
    x.data = [5.0, 5.0]
    assert unkept(engine.toposort(y)).note == CHANGED
    assert CHANGED in draw(y).dot


def test_of_several_numbers_only_backward_knows_the_weights():
    _, h, _ = expression()
    h.backward(np.array([1.0, 2.0]))
    found = unkept(engine.toposort(h))
    assert (found.gradients, found.note) == ({}, UNSEEDED)


def test_a_leaf_that_this_result_does_not_reach_with_a_gradient_is_told():
    """x holds a gradient of another result, and none flows to it from this one."""
    x = Tensor([1.0, 2.0], requires_grad=True)
    (x * 2.0).sum().backward()
    w = Tensor([1.0, 1.0], requires_grad=True)
    y = engine.where(x, w, w * 2.0).sum()
    assert unkept(engine.toposort(y)).note == ONE_PASS


def test_kept_gradients_are_left_alone():
    y, _, _ = expression()
    y.backward(retain_grads=True)
    assert unkept(engine.toposort(y)).gradients == {}
