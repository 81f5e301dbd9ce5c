"""micrograd's demo on both tiers."""

import numpy as np
import pytest

from nn.examples import moons


def test_both_tiers_go_the_same_way():
    found = moons.main(points=30, hidden=6, steps=12, progress=False)
    assert len(found["array"]["loss"]) == len(found["scalar"]["loss"]) == 12
    assert found["difference"] <= 1e-9
    assert found["array"]["loss"][-1] < 0.5 * found["array"]["loss"][0]
    assert found["array"]["accuracy"] == found["scalar"]["accuracy"]


def test_the_first_loss_is_the_formula():
    model = moons.build(4, seed=2)
    x, labels = np.array([[0.5, -1.0], [0.0, 2.0], [-1.0, 0.3]]), np.array([1.0, -1.0, 1.0])
    w1, b1, w2, b2, w3, b3 = (p.numpy() for p in model.parameters())
    h = np.maximum(x @ w1.T + b1, 0)
    scores = np.maximum(h @ w2.T + b2, 0) @ w3.T + b3
    decay = sum((p.numpy() ** 2).sum() for p in model.parameters())
    expected = np.maximum(1 - labels * scores[:, 0], 0).mean() + 1e-4 * decay
    found = moons.hinge_with_decay(model)(model(x), labels).item()
    assert found == pytest.approx(expected, rel=1e-12)


def test_every_point_ends_on_its_side():
    """On a smaller scale than the example's own, which takes a minute under coverage."""
    found = moons.main(points=30, hidden=8, steps=80, progress=False)
    assert found["array"]["accuracy"] == found["scalar"]["accuracy"] == 1.0
    assert found["difference"] <= 1e-9
