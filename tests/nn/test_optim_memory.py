"""Optimizers write over a parameter's last numbers, but only where nobody holds them any more."""

import numpy as np
import pytest

import nn
from engine import Tensor


def steps(optimizer, w, count):
    """The addresses of w's numbers after each of some steps."""
    places = []
    for _ in range(count):
        loss = (w * w).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        places.append(w.numpy().ctypes.data)
    return places


KINDS = [nn.SGD, nn.RMSprop, nn.Adagrad, nn.Adam, nn.AdamW, nn.Lion, nn.NAdam, nn.RAdam]


@pytest.mark.parametrize("kind", KINDS)
def test_large_parameters_take_turns_in_two_arrays(kind):
    w = Tensor(np.ones((100, 100)), requires_grad=True)
    places = steps(kind([w], lr=0.01), w, 8)
    assert len(set(places[2:])) == 2


def test_numbers_that_somebody_holds_are_never_written_over():
    w = Tensor(np.ones((100, 100)), requires_grad=True)
    optimizer = nn.SGD([w], lr=0.25)
    window, plain, part = w.data, w.numpy(), w.data[3:4]
    y = w * 1.0  # a graph that holds them
    seen = []
    for k in range(6):
        steps(optimizer, w, 1)
        seen.append(w.numpy())  # a view each
        for old, array in enumerate(seen):
            assert (array == 0.5 ** (old + 1)).all(), (k, old)
    for array in (window, plain, part, y.data):
        assert (array == 1.0).all()
    with pytest.raises(RuntimeError, match="changed after the graph was made"):
        y.sum().backward()


def test_small_and_single_parameters_still_train():
    w = Tensor(1.0, requires_grad=True)
    steps(nn.SGD([w], lr=0.25), w, 2)
    assert w.item() == 0.25
