"""`fit` and what happens around it, on either tier."""

import numpy as np

import nn


def squared(y, t):
    """The mean of the squared errors."""
    return ((y - t) ** 2).mean()


def line(seed=0, n=12):
    """Points on y = 2 x₀ − x₁ + 0.5."""
    x = np.random.default_rng(seed).normal(size=(n, 2))
    return x, (x @ [[2.0], [-1.0]]) + 0.5


def test_a_line_is_found_on_either_tier():
    histories = []
    model = nn.Linear(2, 1, rng=0)
    for one in (model.scalar(), model):
        loader = nn.DataLoader(line(), batch_size=4, shuffle=True, rng=1)
        optimizer = nn.SGD(one.parameters(), lr=0.1, momentum=0.5)
        histories.append(nn.fit(one, squared, optimizer, loader, 15, progress=False))
    np.testing.assert_allclose(histories[0]["loss"], histories[1]["loss"], rtol=0, atol=1e-9)
    assert histories[1]["loss"][-1] < 1e-3 < histories[1]["loss"][0]
    np.testing.assert_allclose(model.weight.numpy(), [[2, -1]], atol=0.05)
