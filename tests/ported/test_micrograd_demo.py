"""micrograd's demo as it is typed, with the import changed, against PyTorch's numbers on arrays."""

import random

import numpy as np
import pytest
from ported.brought.courses import SIZE_OF_DEMO, moons
from ported.test_programs import STORED

from engine import Value
from nn.scalar import MLP


def test_the_demo_gives_pytorchs_losses_step_by_step():
    draw = np.random.RandomState(42)
    X, y = moons(draw)
    random.seed(1337)
    model = MLP(2, [8, 8, 1])
    for p, start in zip(model.parameters(), draw.uniform(-1, 1, SIZE_OF_DEMO), strict=True):
        p.data = start

    def loss():
        inputs = [list(map(Value, xrow)) for xrow in X]
        scores = list(map(model, inputs))
        losses = [(1 + -yi * scorei).relu() for yi, scorei in zip(y, scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        alpha = 1e-4
        reg_loss = alpha * sum(p * p for p in model.parameters())
        total_loss = data_loss + reg_loss
        accuracy = [(yi > 0) == (scorei.data > 0) for yi, scorei in zip(y, scores, strict=True)]
        return total_loss, sum(accuracy) / len(accuracy)

    losses = []
    for k in range(12):
        total_loss, acc = loss()
        model.zero_grad()
        total_loss.backward()
        learning_rate = (1.0 - 0.9 * k / 100) * 0.1
        for p in model.parameters():
            p.data -= learning_rate * p.grad
        losses.append(total_loss.data)

    stored = STORED["moons_by_arrays"]
    assert losses == pytest.approx(stored["losses"], rel=1e-10)
    assert acc == stored["accuracy"]
    assert [p.data for p in model.parameters()] == pytest.approx(stored["flat"], rel=1e-9)
    scores = [s.data > 0 for s in map(model, [[Value(-1.0), Value(0.0)], [Value(2.0), Value(0.5)]])]
    assert scores == [True, False]
