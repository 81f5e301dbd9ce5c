"""`held_once`: whether an array may be kept without a copy."""

import sys

import numpy as np
import pytest

from engine import Tensor, held_once, references

#: Other Pythons need not count references, and then nothing is known to be held once.
COUNTED = sys.implementation.name == "cpython"


def test_an_array_in_one_dictionary_and_one_variable_is_held_once():
    found = {"w": np.zeros(3)}
    g = found["w"]
    assert held_once(g) == COUNTED


@pytest.mark.parametrize("hold", [lambda g: [g], lambda g: g[:2], lambda g: {"other": g}])
def test_whoever_else_holds_it_is_noticed(hold):
    found = {"w": np.zeros(3)}
    g = found["w"]
    other = hold(g)
    assert not held_once(g)
    del other
    assert held_once(g) == COUNTED


def test_where_references_are_not_counted_nothing_is_held_once(monkeypatch):
    monkeypatch.setattr(references, "HELD_ONCE", None)
    found = {"w": np.zeros(3)}
    g = found["w"]
    assert not held_once(g)


def test_gradients_are_nobody_else_s_where_references_are_not_counted(monkeypatch):
    monkeypatch.setattr(references, "HELD_ONCE", None)
    a, b = (Tensor([1.0, 2.0], requires_grad=True) for _ in range(2))
    seed = np.ones(2)
    (a + b).backward(seed)
    a.grad[0] = 7.0
    assert b.grad.tolist() == [1.0, 1.0]
    assert seed.tolist() == [1.0, 1.0]
