"""Layers in compiled functions whose steps are shared, looked up, or seen in another shape."""

import numpy as np
import pytest

import engine as E
import nn
from engine import Tensor

RNG = np.random.default_rng(5)


def gradients(f, leaves, given):
    """Value, and the gradients of leaves."""
    for p in leaves:
        p.grad = None
    y = f(*given)
    y.backward()
    return [y.item(), *[p.grad.numpy().copy() for p in leaves]]


def agrees(f, leaves, calls):
    """A function compiled is the function, in each call; the compiled one is returned."""
    compiled = E.compile(f)
    for given in calls:
        with np.errstate(all="ignore"):
            expected, got = (gradients(one, leaves, given) for one in (f, compiled))
        for a, b in zip(got, expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)
    assert len(compiled.traces) == 1
    return compiled


def test_an_encoder_layer_by_time():
    """Its result is a transposed one, and sums over that are no products of a view made once."""
    model = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, rng=0)
    calls = [(RNG.normal(size=(2, 5, 8)),) for _ in range(3)]
    agrees(lambda x: (model(x) ** 2).sum(), list(model.parameters()), calls)


@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize("eps", [0.0, 1e-5])
@pytest.mark.parametrize("scale", [1.0, 1e-170, 1e170])
def test_norms_of_very_large_and_very_small_numbers(scale, eps, center):
    layer = nn.LayerNorm(4, eps=eps) if center else nn.RMSNorm(4, eps=eps)
    calls = [(RNG.normal(size=(3, 4)) * k,) for k in (1.0, scale, 1.0)]
    agrees(lambda x: (layer(x) ** 3).sum(), list(layer.parameters()), calls)


@pytest.mark.parametrize("scale", [1.0, 1e-170, 1e170, 0.0])
@pytest.mark.parametrize(
    "f", [E.var, E.std, E.norm, E.logsumexp], ids=["var", "std", "norm", "logsumexp"]
)
def test_reductions_of_very_large_and_very_small_numbers(f, scale):
    leaf = Tensor(np.ones(4), requires_grad=True)
    calls = [(RNG.normal(size=(3, 4)) * k,) for k in (1.0, scale, 1.0)]
    agrees(lambda x: f(x * leaf, axis=1).sum(), [leaf], calls)


def test_forward_and_backward_of_a_norm_share_their_steps():
    layer = nn.LayerNorm(4)
    text = E.source(lambda x: (layer(x) ** 2).sum(), RNG.normal(size=(3, 4)))
    assert text.count("inverse_root(") == 2  # its definition, and one call


@pytest.mark.parametrize("padding", [None, 2])
def test_places_in_a_table_are_new_in_each_call(padding):
    table = nn.Embedding(7, 3, padding_idx=padding, rng=0)
    calls = [(RNG.integers(0, 7, (4, 2)),) for _ in range(3)]
    compiled = agrees(lambda i: (table(i) ** 2).sum(), [table.weight], calls)
    for wrong in (-1, 9):
        with pytest.raises(IndexError, match=rf"index {wrong} is out of range for an embedding"):
            compiled(np.full((4, 2), wrong))
    with pytest.raises(TypeError, match="an embedding is indexed by integers, got dtype float64"):
        compiled(np.ones((4, 2)))


def test_labels_as_rows_of_0_and_1():
    leaf = Tensor(RNG.normal(size=7), requires_grad=True)
    calls = [(RNG.integers(0, 7, (4, 2)),) for _ in range(3)]
    compiled = agrees(lambda i: (nn.functional.one_hot(i, 7) * leaf).sum(), [leaf], calls)
    with pytest.raises(ValueError, match=r"labels of one_hot\(\) must be at least 0 and below"):
        compiled(np.full((4, 2), 7))
    with pytest.raises(TypeError, match="in a compiled function needs num_classes"):
        E.compile(lambda i: (nn.functional.one_hot(i) * leaf[:1]).sum())(calls[0][0])


@pytest.mark.parametrize("mask", [None, np.array([[True, True], [False, True]])])
def test_where_no_score_is_allowed_the_weights_are_0(mask):
    weights = E.registry["attention_weights"]
    leaf = Tensor(np.ones(2), requires_grad=True)
    calls = [(np.array([[1.0, 2.0], [a, b]]),) for a, b in [(0.5, 0.0), (-np.inf, 3.0)]]
    calls.append((np.full((2, 2), -np.inf),))
    agrees(lambda x: (weights(x + leaf, mask=mask) * [[1.0, 3.0]]).sum(), [leaf], calls)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("weight", [None, np.array([1.0, 2.0, 0.5])])
def test_classes_are_new_in_each_call(reduction, weight):
    leaf = Tensor(RNG.normal(size=(4, 3)), requires_grad=True)

    def f(t):
        losses = nn.functional.cross_entropy(2 * leaf, t, weight, reduction=reduction)
        return losses if losses.shape == () else (losses * losses).sum()

    calls = [(np.array(t),) for t in ([0, 2, 1, 1], [-100, 0, 0, 2], [-100] * 3 + [1])]
    compiled = agrees(f, [leaf], calls)
    with pytest.raises(IndexError, match=r"target\[1\] is 3, but input has 3 classes"):
        compiled(np.array([0, 3, 0, 0]))


def test_classes_for_numbers_that_no_gradient_flows_to():
    def f(t):
        logits = np.array([[1.0, 2.0, 3.0], [1000.0, 0.0, -1000.0]])
        return nn.functional.cross_entropy(logits, t, reduction="sum")

    compiled = E.compile(f)
    for t in (np.array([2, 0]), np.array([0, 2])):
        np.testing.assert_allclose(np.asarray(compiled(t)), f(t), rtol=1e-14)


@pytest.mark.parametrize("center", [True, False])
def test_second_derivatives_of_norms(center):
    layer = nn.LayerNorm(4) if center else nn.RMSNorm(4)

    def second(x, v):
        return E.hvp(lambda x: (layer(x) ** 3).sum(), x, v)

    compiled = E.compile(second)
    for _ in range(2):
        x, v = RNG.normal(size=(2, 3, 4))
        np.testing.assert_allclose(
            E.to_numpy(compiled(x, v)), E.to_numpy(second(x, v)), rtol=1e-10, atol=1e-10
        )
