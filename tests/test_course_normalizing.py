"""Batch norm's lines beside those by hand, and digits learned by heart, in notebook 17."""

import numpy as np
import pytest

from notebooks.lesson_08 import some_digits
from notebooks.lesson_17 import (
    Lines,
    agreement,
    few_digits,
    show_curves,
    train_deep,
    train_few,
)


def lines():
    rng = np.random.default_rng(0)
    x, gain, bias, g = rng.normal(size=(4, 3)), rng.normal(size=3), np.zeros(3), np.ones((4, 3))
    found = Lines(x, gain, bias, 1e-5)
    (found.y * g).sum().backward(retain_grads=True)
    return found


def test_the_lines_are_a_batch_norm():
    found = lines()
    assert np.allclose(found.normal.numpy().mean(0), 0)
    assert np.allclose(found.normal.numpy().std(0), 1, atol=1e-3)


def test_a_gradient_that_is_right_agrees_and_another_is_off():
    found = lines()
    table = agreement({"gain": found.gain.grad, "bias": found.bias.grad + 0.5}, found)
    assert [row.error for row in table] == [0, 0.5]
    assert repr(table).split() == ["gain", "(3,)", "agrees", "bias", "(3,)", "off", "by", "0.5"]


def test_a_gradient_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"gradient of gain must have shape \(3,\), got \(1, 3\)"):
        agreement({"gain": np.ones((1, 3))}, lines())


def test_a_part_of_the_digits_has_a_wrong_label():
    x, labels, held_out, theirs = few_digits(150, wrong=0.2)
    _, right, _, _ = few_digits(150, wrong=0.0)
    assert (labels != right).sum() == 30
    assert len(x) == 150
    assert len(held_out) == len(theirs)


def test_a_deep_network_learns_from_small_weights_only_with_batch_norm():
    x, labels = some_digits(200)
    without, with_norm = (
        train_deep(0.05, normalized, x, labels).series("loss")[1] for normalized in (False, True)
    )
    assert without[-1] > 2.2
    assert with_norm[-1] < 1.5


def test_a_kind_of_network_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="kind must be one of plain, weight decay"):
        train_few("magic")


@pytest.mark.parametrize("kind", ["weight decay", "dropout", "batch norm"])
def test_every_kind_of_network_is_trained_and_drawn(kind):
    history = train_few(kind, epochs=1)
    figure = show_curves({kind: history})
    assert len(history["loss"]) == 1
    assert figure.axes[0].get_title().startswith(kind)
    assert [line.get_label() for line in figure.axes[0].lines] == ["in training", "held out"]
