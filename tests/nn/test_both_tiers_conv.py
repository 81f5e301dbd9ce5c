"""Whole nets with convolutions, pooling and norms on real digits: both tiers, weight by weight.

A layer before a norm that takes the mean away has no bias: its gradient would be zero.
"""

import numpy as np
import pytest

import nn
from engine import Tensor, ValueArray
from nn.datasets import load_digits

IMAGES, LABELS = (part[:3] for part in load_digits(image=True))


def batch_norm_net():
    """Convolution, batch norm, max pooling."""
    return nn.Sequential(
        nn.Conv2d(1, 3, 3, padding=1, bias=False, rng=0),
        nn.BatchNorm2d(3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(3, 4, 3, bias=False, rng=1),
        nn.BatchNorm2d(4),
        nn.LeakyReLU(),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(4, 10, bias=False, rng=2),
        nn.BatchNorm1d(10),
    )


def layer_norm_net():
    """Strides, groups, dilation, layer norm, group norm, dropout."""
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, stride=2, padding=1, rng=3),
        nn.GroupNorm(2, 4),
        nn.GELU(),
        nn.Conv2d(4, 4, 2, groups=2, dilation=2, bias=False, rng=4),
        nn.LayerNorm((2, 2)),
        nn.Dropout(0.25, rng=5),
        nn.AdaptiveAvgPool2d((2, 1)),
        nn.Flatten(),
        nn.RMSNorm(8),
        nn.Linear(8, 10, rng=6),
    )


def sequence_net():
    """Rows of pixels as a sequence."""
    return nn.Sequential(
        nn.Flatten(1, 2),
        nn.Conv1d(8, 4, 3, padding="same", bias=False, rng=7),
        nn.LayerNorm(8),
        nn.MaxPool1d(2),
        nn.Conv1d(4, 3, 2, stride=2, rng=8),
        nn.AvgPool1d(2),
        nn.Flatten(),
        nn.Linear(3, 10, rng=9),
    )


NETS = [batch_norm_net, layer_norm_net, sequence_net]


def trained(model, steps):
    """Loss and gradients of each step, which SGD then takes."""
    optimizer = nn.SGD(model.parameters(), lr=0.1, momentum=0.9)
    seen = []
    for _ in range(steps):
        loss = nn.functional.cross_entropy(model(IMAGES), LABELS)
        optimizer.zero_grad()
        loss.backward()
        seen.append((loss.item(), {n: np.array(p.grad) for n, p in model.named_parameters()}))
        optimizer.step()
    return seen


@pytest.mark.parametrize("net", NETS)
def test_every_weight_s_gradient_is_the_same_on_both_tiers(net):
    model = net()
    scalar = model.scalar()
    assert all(isinstance(p, ValueArray) for p in scalar.parameters())
    (loss, grads), (scalar_loss, scalar_grads) = trained(model, 1)[0], trained(scalar, 1)[0]
    assert scalar_loss == pytest.approx(loss, abs=1e-12)
    assert list(grads) == list(scalar_grads)
    for name, g in grads.items():
        assert np.abs(g).max() > 1e-6, name  # nothing agrees by being zero
        np.testing.assert_allclose(scalar_grads[name], g, rtol=0, atol=1e-10, err_msg=name)


@pytest.mark.parametrize("net", NETS)
def test_trained_side_by_side_the_tiers_end_with_the_same_state(net):
    model = net()
    scalar = model.scalar()
    assert [loss for loss, _ in trained(model, 3)] == pytest.approx(
        [loss for loss, _ in trained(scalar, 3)], abs=1e-9
    )
    state, scalar_state = model.state_dict(), scalar.state_dict()
    assert list(state) == list(scalar_state)
    for name, array in state.items():
        np.testing.assert_allclose(scalar_state[name], array, atol=1e-9, err_msg=name)
    model.eval(), scalar.eval()
    np.testing.assert_allclose(scalar(IMAGES[:1]).values, model(IMAGES[:1]).data, atol=1e-9)


@pytest.mark.parametrize("net", NETS)
def test_a_float32_net_stays_float32(net):
    model = net().to(np.float32)
    x = Tensor(IMAGES, requires_grad=True, dtype=np.float32)
    loss = nn.functional.cross_entropy(model(x), LABELS)
    loss.backward()
    assert loss.dtype == x.grad.dtype == np.float32
    assert all(p.grad.dtype == np.float32 for p in model.parameters())
    exact = trained(net(), 1)[0]
    assert loss.item() == pytest.approx(exact[0], rel=1e-4)
    for name, p in model.named_parameters():
        np.testing.assert_allclose(p.grad, exact[1][name], atol=1e-4, err_msg=name)
