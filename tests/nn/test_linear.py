"""Linear: PyTorch's values and gradients, shapes, starting weights, what is refused."""

import numpy as np
import pytest

import nn
from engine import Tensor, ValueArray, compare, gradcheck, to_numpy
from nn import linear

X = [[1.0, 2.0, 3.0], [-1.0, 0.5, 2.0]]
WEIGHT, BIAS = [[1.0, -2.0, 0.5], [0.25, 3.0, -1.0]], [0.5, -1.0]


@pytest.mark.parametrize("tier", [lambda m: m, lambda m: m.scalar()])
def test_values_and_gradients_are_pytorchs(tier):
    model = nn.Linear(3, 2)
    model.load_state_dict({"weight": WEIGHT, "bias": BIAS})
    model = tier(model)
    scalar = isinstance(model.weight, ValueArray)
    x = ValueArray.of(X) if scalar else Tensor(X, requires_grad=True)

    y = model(x)
    (y * np.array([[1.0, 2.0], [3.0, 4.0]])).sum().backward()

    assert to_numpy(y).tolist() == [[-1.0, 2.25], [-0.5, -1.75]]
    assert x.grad.tolist() == [[1.5, 4.0, -1.5], [4.0, 6.0, -2.5]]
    assert model.weight.grad.tolist() == [[-2.0, 3.5, 9.0], [-2.0, 6.0, 14.0]]
    assert model.bias.grad.tolist() == [4.0, 6.0]


@pytest.mark.parametrize(
    "shape", [(3,), (1, 3), (4, 3), (2, 4, 3), (2, 1, 4, 3), (0, 3), (2, 0, 3)]
)
@pytest.mark.parametrize("bias", [True, False])
def test_every_axis_but_the_last_is_a_batch(shape, bias):
    model = nn.Linear(3, 2, bias=bias, rng=0)
    x = np.random.default_rng(1).normal(size=shape)
    y = model(Tensor(x, requires_grad=True))
    expected = x @ model.weight.numpy().T + (model.bias.numpy() if bias else 0.0)
    assert y.shape == (*shape[:-1], 2)
    np.testing.assert_allclose(y.numpy(), expected, rtol=0, atol=1e-14)
    y.sum().backward()
    assert model.weight.grad.shape == (2, 3)


@pytest.mark.parametrize("shape", [(3,), (4, 3), (2, 2, 3)])
def test_the_derivatives_are_right_to_the_second_order_and_on_both_tiers(shape):
    rng = np.random.default_rng(2)
    arrays = tuple(rng.normal(size=s) for s in (shape, (2, 3), (2,)))
    for n in (2, 3):  # without and with a bias
        assert gradcheck(linear, arrays[:n], order=2, names=["x", "weight", "bias"][:n])
        assert compare(linear, *arrays[:n], names=["x", "weight", "bias"][:n]).ok


@pytest.mark.parametrize("shape", [(3,), (4, 3), (2, 4, 3), (2, 3, 4, 3), (2, 1, 3, 2, 3)])
def test_the_gradients_are_sums_over_every_axis_but_the_last(shape):
    """With another upstream gradient at each place: a sum over too few axes, or crossed, shows."""
    rng = np.random.default_rng(3)
    model = nn.Linear(3, 2, rng=0)
    x = Tensor(rng.normal(size=shape), requires_grad=True)
    g = rng.normal(size=(*shape[:-1], 2))

    model(x).backward(g)

    of_weight, of_bias = np.zeros((2, 3)), np.zeros(2)
    for place in np.ndindex(shape[:-1]):
        of_weight += np.outer(g[place], x.numpy()[place])
        of_bias += g[place]
        np.testing.assert_allclose(x.grad[place], g[place] @ model.weight.numpy(), rtol=1e-12)
    np.testing.assert_allclose(model.weight.grad, of_weight, rtol=1e-12)
    np.testing.assert_allclose(model.bias.grad, of_bias, rtol=1e-12)


def test_weights_start_uniform_within_one_over_the_root_of_the_inputs():
    model = nn.Linear(400, 50, rng=0)
    for p in model.parameters():
        assert np.abs(p.numpy()).max() <= 1 / 20
        assert np.abs(p.numpy()).max() > 0.045
        assert abs(p.numpy().mean()) < 0.01
    again = nn.Linear(400, 50, rng=0)
    np.testing.assert_array_equal(again.weight.numpy(), model.weight.numpy())
    assert not np.array_equal(nn.Linear(400, 50, rng=1).weight.numpy(), model.weight.numpy())


def test_float32_stays_float32():
    model = nn.Linear(3, 2, rng=0).to(np.float32)
    y = model(np.ones((4, 3), np.float32))
    y.sum().backward()
    assert y.dtype == model.weight.grad.dtype == model.bias.grad.dtype == np.float32


@pytest.mark.parametrize("rows", [7, 8, 64, 65])
def test_few_rows_of_float32_and_a_large_weight_give_the_same(rows):
    """Between 8 and 64 rows the product is taken the other way round, where that is faster."""
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(rows, 600)), rng.normal(size=(300, 600))
    b = rng.normal(size=300)
    leaves = [Tensor(a, requires_grad=True, dtype=np.float32) for a in (x, w, b)]
    y = linear(*leaves)
    assert y.dtype == np.float32
    assert y.numpy().flags.c_contiguous
    np.testing.assert_allclose(y.data, x @ w.T + b, rtol=1e-4, atol=1e-3)
    y.sum().backward()
    np.testing.assert_allclose(leaves[1].grad[0], x.sum(axis=0), rtol=1e-4, atol=1e-4)


def test_inputs_may_be_lists_and_arrays():
    model = nn.Linear(3, 2, rng=0)
    assert model(X).shape == model(np.array(X)).shape == (2, 2)


def test_what_does_not_fit_is_named():
    for sizes, message in [
        ((0, 2), "in_features must be at least 1, got 0"),
        ((3, -1), "out_features must be at least 1, got -1"),
    ]:
        with pytest.raises(ValueError, match=message):
            nn.Linear(*sizes)
    with pytest.raises(TypeError, match="in_features must be an int, got float"):
        nn.Linear(2.5, 2)
    model = nn.Linear(3, 2)
    for one in (model, model.scalar()):
        with pytest.raises(
            ValueError, match=r"Linear takes inputs of shape \(…, 3\), got \(2, 4\)"
        ):
            one(np.ones((2, 4)))
        with pytest.raises(ValueError, match=r"got \(\)"):
            one(1.0)


def test_the_repr_has_the_sizes():
    assert repr(nn.Linear(3, 2, bias=False)) == (
        "Linear(3, 2, bias=False)  # weight 2×3: 6 parameters"
    )
    assert nn.Linear(3, 2, bias=False).bias is None


@pytest.mark.parametrize("rows", [0, 1, 4096, 5000])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_bias_gradient_is_the_sum_over_all_rows(rows, dtype):
    """It is computed as a product with ones."""
    layer = nn.Linear(1, 2).to(dtype)
    g = (np.arange(2 * rows).reshape(rows, 2) % 5 - 1).astype(dtype)
    layer(np.zeros((rows, 1), dtype)).backward(g)
    assert layer.bias.grad.dtype == dtype
    np.testing.assert_allclose(layer.bias.grad, g.sum(0, dtype=float), rtol=1e-3)


def test_a_gradient_that_is_broadcast_or_turned_gives_the_same():
    layer = nn.Linear(3, 2, rng=0)
    x = np.arange(12.0).reshape(4, 3)
    grads = []
    for g in (np.ones((4, 2)), np.broadcast_to(1.0, (4, 2)), np.ones((2, 4)).T):
        layer.zero_grad()
        layer(x).backward(g)
        grads.append((layer.weight.grad.tolist(), layer.bias.grad.tolist()))
    assert grads[0] == grads[1] == grads[2] == ([[18.0, 22.0, 26.0]] * 2, [4.0, 4.0])
