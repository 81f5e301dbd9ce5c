"""What differs by chance is not blamed on a kink, a rule or a tier; PyTorch's `retain_graph`."""

import numpy as np
import pytest

import engine
import nn
from engine import Tensor, Value
from nn import functional


def noise():
    """A new number at each call: 1, 2, 3, …"""
    count = iter(range(1, 10**6))
    return lambda: float(next(count))


@pytest.mark.parametrize("check", [engine.gradcheck, engine.compare])
def test_dropout_is_called_not_deterministic(check):
    layer = nn.Dropout(0.5, rng=0)
    with pytest.raises(ValueError, match=r"not deterministic.*eval\(\) mode if it has dropout"):
        check(lambda x: layer(x).sum(), np.ones(6))
    with pytest.raises(ValueError, match="not deterministic"):
        check(lambda x: functional.dropout(x, 0.5), np.ones(6))


@pytest.mark.parametrize("check", [engine.gradcheck, engine.compare])
def test_added_noise_is_not_blamed_on_the_tiers_or_on_kinks(check):
    draw = noise()
    with pytest.raises(ValueError, match="not deterministic: the same inputs gave two results"):
        check(lambda x: x * x + draw(), 2.0)


def test_a_slope_that_differs_by_chance_is_not_blamed_on_the_rule():
    """The numbers before and after are the same; where they are not, no rule is at fault."""
    draw = noise()
    with pytest.raises(ValueError, match="not deterministic"):
        engine.gradcheck(lambda x: (x - 2.0) * draw() + x, 2.0 + 2.0**-30)


def test_a_layer_in_eval_mode_can_be_checked():
    layer = nn.Dropout(0.5, rng=0).eval()
    assert engine.gradcheck(lambda x: layer(x) ** 2, np.array([1.0, 2.0]))


def test_a_kink_is_still_called_a_kink():
    with pytest.raises(ValueError, match="stands at a kink"):
        engine.gradcheck(engine.relu, 0.0)


@pytest.mark.parametrize("make", [Value, lambda x: Tensor(x, requires_grad=True)])
@pytest.mark.parametrize("retain_graph", [True, False, None])
def test_backward_takes_retain_graph_and_keeps_the_graph_in_any_case(make, retain_graph):
    x = make(3.0)
    y = x * x * x
    y.backward(retain_graph=retain_graph)
    y.backward(retain_graph=retain_graph)
    assert float(engine.to_numpy(x.grad)) == 54.0
