"""The adding problem: both kinds of network carry numbers over the length of a sequence."""

import numpy as np
import pytest

from nn.examples import adding


def test_the_problem_is_the_sum_of_two_marked_numbers():
    x, y = adding.problem(100, 7, np.random.default_rng(0))
    assert (x[:, :, 1].sum(axis=1) == 2).all()
    np.testing.assert_allclose((x[:, :, 0] * x[:, :, 1]).sum(axis=1), y[:, 0])
    assert x[:, :, 0].min() >= 0
    assert abs(np.mean((y - 1) ** 2) - adding.ALWAYS_ONE) < 0.05


@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_a_network_learns_to_add(kind):
    found = adding.main(kind, length=16, epochs=25, count=2000, progress=False)
    assert found["new"] < 0.005
    assert found["always_one"] > 0.15


def test_the_same_seed_gives_the_same_numbers():
    first, second = (adding.main("GRU", 6, 2, 200, 4, progress=False) for _ in range(2))
    assert first == second
