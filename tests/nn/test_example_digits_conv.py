"""The conv net on the digits: what it reaches, from its seed, and that the seed is all it takes."""

import pytest

from nn.examples import digits_conv


@pytest.mark.slow
def test_it_reads_98_5_percent_of_the_digits_it_never_saw():
    found = digits_conv.main(progress=False)
    assert found["validation_accuracy"] >= 0.985
    assert found["accuracy"] >= 0.985


def test_a_fraction_of_the_work_reads_most_of_them():
    found = digits_conv.main(epochs=4, examples=480, progress=False)
    assert found["validation_accuracy"] >= 0.9


def test_one_seed_gives_one_result():
    one, other = (digits_conv.main(epochs=1, examples=64, progress=False) for _ in range(2))
    assert one == other
