"""`p.data -= step`, `p.grad *= 0.5`: windows on what a leaf holds, which change it as a whole."""

import copy

import numpy as np
import pytest

import engine
from engine import Tensor, ValueArray

# --- p.data ---


def test_a_window_on_old_numbers_is_refused():
    p, a = Tensor([1.0, 2.0], requires_grad=True), ValueArray.of([1.0, 2.0])
    for x in (p, a):
        numbers = x.data
        x.data -= 0.5
        with pytest.raises(RuntimeError, match=r"take \.data anew"):
            numbers -= 1.0
        assert x.data.tolist() == [0.5, 1.5]


def test_every_operator_through_data_changes_the_leaf():
    p, a = Tensor([2.0], requires_grad=True), ValueArray.of([2.0])
    for x in (p, a):
        x.data += 1.0
        x.data -= 0.5
        x.data *= 4.0
        x.data /= 2.0
        x.data **= 2.0
        x.data %= 9.0
        x.data //= 2.0
        assert x.data.tolist() == [3.0]
        x.data = [3.0]
        assert x.data.tolist() == [3.0]
        assert repr(x.data) == "array([3.])"


def test_a_part_of_the_data_is_refused():
    p = Tensor([1.0, 2.0], requires_grad=True)
    part = p.data[:1]
    with pytest.raises(ValueError, match="cannot be changed in place"):
        part -= 1.0
    with pytest.raises(ValueError, match="cannot be changed in place"):
        p.data[0] = 1.0
    with pytest.raises(ValueError, match=r"read-only|cannot be changed"):
        np.add(p.data, 1.0, out=p.data)
    assert p.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    "copied",
    [
        lambda x: x.copy(), lambda x: x.astype(float), lambda x: x.flatten(), copy.copy,
        lambda x: x[[0, 1]], lambda x: np.array(x, subok=True), lambda x: np.array(x),
    ],
)  # fmt: skip
def test_a_copy_of_the_data_is_an_array_like_others(copied):
    """`best = p.data.copy()` and then `best -= …` was refused, as if it were a part."""
    p, a = Tensor([1.0, 2.0], requires_grad=True), ValueArray.of([1.0, 2.0])
    (a * a).sum().backward()
    for numbers in (p.data, a.data, a.grad):
        before = numbers.tolist()
        own = kept = copied(numbers)
        own[0] = 3.5
        own *= 2.0
        assert kept.tolist() == own.tolist() == [7.0, 2.0 * before[1]]
        assert numbers.tolist() == before
    counts = p.data.astype(int)
    with pytest.raises(TypeError, match="same_kind"):
        counts /= 2
    with pytest.raises(TypeError, match="requires a gradient"):
        own += p


def test_data_takes_tensors_and_values():
    p, step = Tensor([1.0, 2.0], requires_grad=True), Tensor([0.5, 0.5], requires_grad=True)
    p.data += -2.0 * step
    assert p.tolist() == [0.0, 1.0]
    p.data -= ValueArray.of([1.0, 1.0])
    assert p.tolist() == [-1.0, 0.0]
    assert p.is_leaf


def test_the_data_of_a_result_cannot_be_changed():
    t, a = Tensor([1.0], requires_grad=True) * 2, ValueArray.of([1.0]) * 2
    for y in (t, a):
        with pytest.raises(RuntimeError, match="result"):
            y.data -= 1.0
    with pytest.raises(ValueError, match=r"shape \(1,\), cannot become \(2,\)"):
        ValueArray.of([1.0]).data = [1.0, 2.0]


# --- p.grad ---


@pytest.mark.parametrize("make", [lambda: Tensor([1.0, 2.0], requires_grad=True),
                                  lambda: ValueArray.of([1.0, 2.0])])  # fmt: skip
def test_gradients_can_be_scaled_replaced_and_cleared(make):
    p = make()
    (p * p).sum().backward()
    p.grad *= 0.5
    assert p.grad.tolist() == [1.0, 2.0]
    g = p.grad
    g *= 2.0
    assert p.grad.tolist() == [2.0, 4.0]
    p.grad = np.array([5.0, 6.0])
    assert p.grad.tolist() == [5.0, 6.0]
    p.grad = None
    assert p.grad is None or p.grad.tolist() == [0.0, 0.0]


def test_gradients_of_values_are_not_lost_in_a_copy():
    a = ValueArray.of([1.0, 2.0])
    a.sum().backward()
    with pytest.raises(ValueError, match=r"x\[k\]\.grad = …"):
        a.grad[0] = 0.0
    a[0].grad = 7.0
    assert a.grad.tolist() == [7.0, 1.0]
    old = a.grad
    a.zero_grad()
    with pytest.raises(RuntimeError, match="before their owner was changed"):
        old *= 2.0
    a.grad = 1.0
    assert a.grad.tolist() == [1.0, 1.0]
    b = ValueArray.of([1.0, 2.0])
    b.grad = a.grad
    assert b.grad.tolist() == [1.0, 1.0]
    a.zero_grad()
    assert not a.grad.any()
    a.grad = b.grad
    assert a.grad.tolist() == [1.0, 1.0]
    among = engine.concatenate([a, np.array([3.0])])
    among.sum().backward()
    among.grad *= 0.5  # a plain number has none
    assert among.grad.tolist() == [1.0, 1.0, 0.0]


def test_numbers_that_were_kept_can_be_put_back():
    p, a = Tensor([1.0, 2.0], requires_grad=True), ValueArray.of([1.0, 2.0])
    for x in (p, a):
        (x * x).sum().backward()
        numbers, gradients = x.data, x.grad
        x.data -= 1.0
        x.zero_grad()
        x.data, x.grad = numbers, gradients
        assert x.data.tolist() == [1.0, 2.0]
        assert x.grad.tolist() == [2.0, 4.0]
