"""The MLP on the digits."""

import pytest

from nn.examples import digits_mlp


def test_the_network_reads_digits_it_has_never_seen():
    found = digits_mlp.main(progress=False)
    assert found["validation_accuracy"] >= 0.97
    assert found["accuracy"] >= 0.99


def test_the_same_seed_gives_the_same_numbers():
    first, second, other = (digits_mlp.main(2, 8, seed=s, progress=False) for s in (0, 0, 1))
    assert first == second
    assert first["loss"] != other["loss"]


@pytest.mark.parametrize("seed", [1, 2])
def test_it_is_not_the_seed(seed):
    assert digits_mlp.main(seed=seed, progress=False)["validation_accuracy"] >= 0.97
