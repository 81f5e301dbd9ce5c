"""Attention: PyTorch's numbers on both tiers, masks, dropout, and what is refused."""

import numpy as np
import pytest
from torch_training import TORCH, check, torch_cases

import nn
from engine import Tensor, ValueArray, gradcheck, to_numpy
from nn import functional as F

wave = torch_cases.wave
each_core = pytest.mark.parametrize(
    ("name", "options", "queries", "keys"),
    torch_cases.CORE,
    ids=[case[0] for case in torch_cases.CORE],
)
each_case = pytest.mark.parametrize(
    ("name", "options", "inputs", "keywords"),
    torch_cases.ATTENTION,
    ids=[case[0] for case in torch_cases.ATTENTION],
)
both_tiers = pytest.mark.parametrize("scalar", [False, True], ids=["tensor", "values"])


@each_core
@both_tiers
def test_the_function_is_pytorchs(name, options, queries, keys, scalar):
    expected = TORCH["core"][name]
    arrays = torch_cases.core_inputs(queries, keys)
    leaves = [ValueArray.of(x) if scalar else Tensor(x, requires_grad=True) for x in arrays]
    y = F.scaled_dot_product_attention(*leaves, **options)
    np.testing.assert_allclose(to_numpy(y), expected["y"], rtol=1e-10, atol=1e-11)
    (y * wave(*y.shape, start=3.0)).sum().backward()
    for leaf, g in zip(leaves, expected["grads"], strict=True):
        np.testing.assert_allclose(leaf.grad, g, rtol=1e-10, atol=1e-11)


@each_case
@both_tiers
def test_the_layer_trains_as_pytorchs(name, options, inputs, keywords, scalar):
    module = nn.MultiheadAttention(4, 2, **{"batch_first": True, **options})
    arrays = [torch_cases.ATTENTION_INPUTS[i] for i in inputs]

    def call(module, *x):
        return module(*(x if len(x) == 3 else x * 3), **keywords)

    check(module, arrays, call, TORCH["attention"][name], scalar)


def test_attention_by_hand():
    """A query that matches one key a thousand times better than the other takes its value."""
    y = F.scaled_dot_product_attention([[1000.0]], [[1.0], [-1.0]], [[5.0, 6.0], [7.0, 8.0]])
    np.testing.assert_array_equal(y, [[5.0, 6.0]])


def test_causal_output_does_not_depend_on_what_comes_later():
    layer = nn.MultiHeadAttention(4, 2, batch_first=True, rng=0)
    x = wave(1, 5, 4)
    later = x.copy()
    later[:, 3:] = 100.0
    a, b = (layer(v, is_causal=True)[0].data for v in (x, later))
    np.testing.assert_array_equal(a[:, :3], b[:, :3])
    assert not np.allclose(a[:, 3:], b[:, 3:])


def test_causal_is_the_mask_of_later_keys():
    layer = nn.MultiHeadAttention(4, 2, batch_first=True, rng=0)
    x = torch_cases.TALL
    y, weights = layer(x, is_causal=True)
    z, others = layer(x, attn_mask=torch_cases.CAUSAL)
    np.testing.assert_array_equal(y.data, z.data)
    np.testing.assert_array_equal(weights.data, others.data)
    assert (weights.data[:, torch_cases.CAUSAL] == 0).all()
    np.testing.assert_allclose(weights.data.sum(-1), 1.0)


@pytest.mark.parametrize(("queries", "keys"), [(3, 5), (5, 3)])
def test_a_causal_layer_counts_queries_and_keys_from_the_same_start(queries, keys):
    """Query i sees keys 0 to i, whichever of the two there are more of."""
    layer = nn.MultiHeadAttention(4, 2, batch_first=True, rng=0)
    q, k = wave(2, queries, 4), wave(2, keys, 4, start=1.0)
    later = np.array([[j > i for j in range(keys)] for i in range(queries)])

    y, weights = layer(q, k, k, is_causal=True)

    assert np.array_equal(weights.data == 0, np.broadcast_to(later, weights.shape))
    np.testing.assert_array_equal(y.data, layer(q, k, k, attn_mask=later)[0].data)


@pytest.mark.parametrize("float_padding", [False, True])
@pytest.mark.parametrize("float_mask", [False, True])
def test_masks_of_bools_and_of_floats_say_the_same_together(float_padding, float_mask):
    """True and -inf are one thing, in either mask."""
    layer = nn.MultiHeadAttention(4, 2, batch_first=True, rng=0)
    x, padding, mask = torch_cases.TALL, torch_cases.PADDING, torch_cases.CAUSAL
    expected, _ = layer(x, key_padding_mask=padding, attn_mask=mask)
    if float_padding:
        padding = np.where(padding, -np.inf, 0.0)
    if float_mask:
        mask = np.where(mask, -np.inf, 0.0)

    y, _ = layer(x, key_padding_mask=padding, attn_mask=mask)

    np.testing.assert_allclose(y.data, expected.data, rtol=1e-12, atol=1e-14)


def test_padding_is_never_looked_at_whatever_it_holds():
    layer = nn.MultiHeadAttention(4, 2, batch_first=True, rng=0)
    x, other = torch_cases.TALL.copy(), torch_cases.TALL.copy()
    other[1, 3:] = 1e6
    a, b = (layer(x, v, v, key_padding_mask=torch_cases.PADDING)[0].data for v in (x, other))
    np.testing.assert_array_equal(a, b)


@both_tiers
def test_a_query_that_may_look_nowhere_gets_zeros_and_no_gradient(scalar):
    """As PyTorch's function does; a softmax over nothing would be nan, and spread."""
    layer = nn.MultiHeadAttention(4, 2, batch_first=True, rng=0)
    layer = layer.scalar() if scalar else layer
    x = ValueArray.of(torch_cases.TALL) if scalar else Tensor(torch_cases.TALL, requires_grad=True)
    y, weights = layer(x, key_padding_mask=[[True] * 5, [False] * 5])
    np.testing.assert_array_equal(to_numpy(y)[0], np.zeros((5, 4)))
    np.testing.assert_array_equal(to_numpy(weights)[0], 0.0)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad[0], 0.0)
    assert np.isfinite(x.grad).all()


def test_scores_of_1000_are_no_trouble():
    q = Tensor(1000.0 * wave(1, 4, 2), requires_grad=True)
    y = F.scaled_dot_product_attention(q, q, q, is_causal=True)
    y.sum().backward()
    assert np.isfinite(y.data).all()
    assert np.isfinite(q.grad).all()


def test_a_float_mask_can_be_learned():
    bias = Tensor(torch_cases.BIAS, requires_grad=True)
    q = wave(1, 5, 3)
    assert gradcheck(lambda b: F.scaled_dot_product_attention(q, q, q, b).sum(), (bias.data,))
    F.scaled_dot_product_attention(q, q, q, bias).sum().backward()
    assert np.abs(bias.grad).max() > 0.01


def test_second_derivatives():
    layer = nn.MultiHeadAttention(2, 2, rng=0)
    assert gradcheck(lambda x: layer(x, is_causal=True)[0].sum(), (wave(3, 2),), order=2)


def test_float32_stays_float32():
    layer = nn.MultiHeadAttention(4, 2, batch_first=True, rng=0).to(np.float32)
    x = Tensor(torch_cases.TALL, dtype=np.float32, requires_grad=True)
    for mask in (torch_cases.CAUSAL, torch_cases.BIAS):
        y, weights = layer(x, attn_mask=mask, key_padding_mask=torch_cases.PADDING)
        assert (y.dtype, weights.dtype) == (np.float32, np.float32)
        layer.zero_grad()
        y.sum().backward()
        assert {p.grad.dtype for p in layer.parameters()} == {np.dtype(np.float32)}


def test_dropout_drops_weights_in_training_only():
    layer = nn.MultiHeadAttention(4, 2, dropout=0.5, batch_first=True, rng=0)
    _, weights = layer(torch_cases.TALL, average_attn_weights=False)
    dropped = (weights.data == 0).mean()
    assert 0.2 < dropped < 0.8
    _, weights = layer.eval()(torch_cases.TALL, average_attn_weights=False)
    assert (weights.data > 0).all()
    ones = np.ones((1, 200, 1))
    y = F.scaled_dot_product_attention(ones, ones, ones, dropout_p=0.5, rng=1)
    assert 0.9 < y.mean() < 1.1
    assert y.std() > 0.01


def test_weights_start_as_pytorchs():
    layer = nn.MultiHeadAttention(64, 4, rng=0)
    bound = np.sqrt(6 / (64 + 3 * 64))
    assert 0.99 * bound < np.abs(layer.in_proj_weight.data).max() <= bound
    assert (layer.in_proj_bias.data == 0).all()
    assert (layer.out_proj.bias.data == 0).all()
    assert nn.MultiheadAttention is nn.MultiHeadAttention


X = torch_cases.TALL
LAYER = nn.MultiHeadAttention(4, 2, batch_first=True, rng=0)
Q = np.zeros((2, 3))


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: nn.MultiHeadAttention(6, 4), ValueError,
         "num_heads must divide embed_dim 6, got 4"),
        (lambda: nn.MultiHeadAttention(0, 1), ValueError, "embed_dim must be at least 1"),
        (lambda: nn.MultiHeadAttention(4, 2, dropout=2.0), ValueError, "dropout"),
        (lambda: LAYER(np.zeros((2, 5, 3))), ValueError, r"\(…, 4\), got \(2, 5, 3\)"),
        (lambda: LAYER(np.zeros(4)), ValueError, r"\(batch, time, 4\)"),
        (lambda: LAYER(np.zeros((2, 0, 4))), ValueError, r"empty input of shape \(2, 0, 4\)"),
        (lambda: LAYER(np.zeros((0, 5, 4))), ValueError, "empty input"),
        (lambda: LAYER(X, X[:, :4], X), ValueError, "do not fit together"),
        (lambda: LAYER(X, X[:1], X[:1]), ValueError, "do not fit together"),
        (lambda: LAYER(X, X[0], X[0]), ValueError, "without the batch axis"),
        (lambda: LAYER(X, attn_mask=np.zeros((4, 5), bool)), ValueError,
         r"attn_mask must have shape \(5, 5\) or \(4, 5, 5\), got \(4, 5\)"),
        (lambda: LAYER(X, attn_mask=np.zeros((5, 5), int)), TypeError, "attn_mask must hold bools"),
        (lambda: LAYER(X, key_padding_mask=np.zeros((5, 2), bool)), ValueError,
         r"key_padding_mask must have shape \(2, 5\)"),
        (lambda: LAYER(X, key_padding_mask=np.zeros((2, 5), int)), TypeError, "key_padding_mask"),
        (lambda: F.scaled_dot_product_attention(Q, Q[:, :2], Q), ValueError, "same width"),
        (lambda: F.scaled_dot_product_attention(Q, Q, Q[:1]), ValueError, "same length"),
        (lambda: F.scaled_dot_product_attention(Q, Q[:0], Q[:0]), ValueError, "a key to look at"),
        (lambda: F.scaled_dot_product_attention(Q[0], Q, Q), ValueError, "length, width"),
        (lambda: F.scaled_dot_product_attention(Q, Q, Q, np.zeros((3, 2))), ValueError,
         "does not broadcast"),
        (lambda: F.scaled_dot_product_attention(Q, Q, Q, np.ones((2, 2)), is_causal=True),
         ValueError, "not both"),
        (lambda: F.scaled_dot_product_attention(Q, Q, Q, dropout_p=-1.0), ValueError, "dropout_p"),
    ],
)  # fmt: skip
def test_bad_arguments_are_named(call, error, said):
    with pytest.raises(error, match=said):
        call()
