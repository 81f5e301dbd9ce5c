"""Second derivatives of losses where input and target are equal, and wherever they are smooth."""

import numpy as np
import pytest

import nn.functional as F
from engine import Value, grad, gradcheck, hessian, to_numpy

LOSSES = {
    "mse": (F.mse_loss, 2.0),
    "huber": (F.huber_loss, 1.0),
    "huber, delta 3": (lambda x, t, **how: F.huber_loss(x, t, delta=3.0, **how), 1.0),
    "smooth l1": (F.smooth_l1_loss, 1.0),
    "smooth l1, beta 0.5": (lambda x, t, **how: F.smooth_l1_loss(x, t, beta=0.5, **how), 2.0),
    "bce with logits": (F.binary_cross_entropy_with_logits, 0.25),
}
loss = pytest.mark.parametrize(("loss", "curvature"), LOSSES.values(), ids=LOSSES.keys())


@loss
@pytest.mark.parametrize("create", [np.array, lambda x: [Value(one) for one in x]])
def test_a_loss_is_curved_where_nothing_is_missed(loss, curvature, create):
    """Huber's was 0 there: Newton's method stood still."""
    found = hessian(lambda x: loss(x, np.zeros(3), reduction="sum"))(create([0.0, 0.0, 0.0]))
    np.testing.assert_allclose(to_numpy(found), np.diag([curvature] * 3), atol=1e-15)


@loss
@pytest.mark.parametrize("x", [[0.0, 0.25, -0.3], [0.0, 0.0, 0.0], [7.0, -5.0, 0.0]])
def test_derivatives_of_a_loss_of_three_orders(loss, curvature, x):
    gradcheck(lambda x: loss(x, np.zeros(3)), np.array(x), order=3)


@pytest.mark.parametrize("d", [-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0, np.inf, -np.inf, 1e300])
def test_huber_and_its_slope_have_the_values_they_had(d):
    size = min(abs(d), 1.0)
    assert F.huber_loss(np.array(d), np.array(0.0)) == size * (abs(d) - 0.5 * size)
    assert grad(lambda x: F.huber_loss(x, 0.0))(d) == np.clip(d, -1, 1)
