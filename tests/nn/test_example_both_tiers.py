"""Gradients of one model on both tiers."""

import numpy as np
import pytest

import nn
from nn.examples import both_tiers


def test_every_weights_gradient_is_the_same_on_both_tiers():
    found = both_tiers.main(batch=8, hidden=6)
    assert list(found) == [
        "loss", "layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias",
    ]  # fmt: skip
    assert max(found.values()) <= 1e-10


def test_a_wrong_rule_would_be_found():
    class Half(nn.Linear):
        def forward(self, x):
            y = super().forward(x)
            # on arrays only: what a rule that is wrong on one tier looks like
            return y if isinstance(self.weight, nn.Parameter) else y * 1.001

    found = both_tiers.compare(
        Half(3, 2, rng=0), lambda y, t: ((y - t) ** 2).sum(), np.ones((2, 3)), np.zeros((2, 2))
    )
    assert found["weight"] > 1e-4


def test_a_weight_that_nothing_reaches_is_named():
    model = nn.Linear(2, 1, rng=0)
    with pytest.raises(ValueError, match="weight got no gradient"):
        both_tiers.compare(model, lambda y, t: y.sum(), np.zeros((1, 2)), None)
