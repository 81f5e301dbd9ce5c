"""TransformerBlock: PyTorch's TransformerEncoderLayer on both tiers, and what it refuses."""

import numpy as np
import pytest
from torch_training import TORCH, check, torch_cases

import nn
from engine import Tensor, gradcheck

X = torch_cases.TALL


@pytest.mark.parametrize(
    ("name", "options", "keywords"),
    torch_cases.BLOCKS,
    ids=[case[0] for case in torch_cases.BLOCKS],
)
@pytest.mark.parametrize("scalar", [False, True], ids=["tensor", "values"])
def test_a_block_trains_as_pytorchs(name, options, keywords, scalar):
    block = nn.TransformerBlock(4, 2, 6, causal=keywords.get("causal", False), **options)
    padding = torch_cases.PADDING if keywords.get("padding") else None
    check(
        block, [X], lambda m, x: [m(x, key_padding_mask=padding)], TORCH["block"][name], scalar
    )  # fmt: skip


def test_causal_is_a_mask_of_later_positions():
    block = nn.TransformerBlock(4, 2, rng=0)
    y = block(X, attn_mask=torch_cases.CAUSAL)
    block.causal = True
    np.testing.assert_array_equal(block(X).data, y.data)
    np.testing.assert_allclose(block(X[0]).data, y.data[0], rtol=1e-12)


def test_sizes_and_defaults():
    block = nn.TransformerBlock(8, 2)
    assert block.linear1.weight.shape == (32, 8)
    assert sum(p.size for p in block.parameters()) == 8 * 8 * 4 + 8 * 4 + 2 * 8 * 32 + 40 + 32
    assert repr(nn.TransformerBlock(8, 2, causal=True)).startswith(
        "TransformerBlock(\n  causal=True"
    )


def test_second_derivatives():
    block = nn.TransformerBlock(2, 1, 3, causal=True, rng=0)
    assert gradcheck(lambda x: block(x).sum(), (torch_cases.wave(3, 2),), order=2)


def test_float32_stays_float32():
    block = nn.TransformerBlock(4, 2, causal=True, dropout=0.1, rng=0).to(np.float32)
    y = block(Tensor(X, dtype=np.float32))
    assert y.dtype == np.float32
    y.sum().backward()
    assert {p.grad.dtype for p in block.parameters()} == {np.dtype(np.float32)}


def test_dropout_follows_the_mode_and_the_seed():
    a, b = (nn.TransformerBlock(4, 2, dropout=0.5, rng=0) for _ in range(2))
    plain = nn.TransformerBlock(4, 2, rng=0)
    np.testing.assert_array_equal(a(X).data, b(X).data)
    assert not np.allclose(a(X).data, plain(X).data)
    np.testing.assert_array_equal(a.eval()(X).data, plain(X).data)


def test_activations():
    relu, module, made = (
        nn.TransformerBlock(4, 2, activation=activation, rng=0)
        for activation in ("relu", nn.ReLU, nn.ReLU())
    )
    np.testing.assert_array_equal(relu(X).data, module(X).data)
    np.testing.assert_array_equal(relu(X).data, made(X).data)


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: nn.TransformerBlock(6, 4), ValueError, "must divide"),
        (lambda: nn.TransformerBlock(4, 2, 0), ValueError, "dim_feedforward must be at least 1"),
        (lambda: nn.TransformerBlock("4", 2), TypeError, "d_model must be an int"),
        (lambda: nn.TransformerBlock(4, 2, dropout=-0.1), ValueError, "dropout"),
        (lambda: nn.TransformerBlock(4, 2, activation="sine"), ValueError, "activation.*'sine'"),
        (lambda: nn.TransformerBlock(4, 2)(np.zeros(4)), ValueError, r"\(batch, time, 4\)"),
        (lambda: nn.TransformerBlock(4, 2)(np.zeros((2, 5, 3))), ValueError, r"\(2, 5, 3\)"),
        (lambda: nn.TransformerBlock(4, 2)(X, np.zeros((3, 3), bool)), ValueError, "attn_mask"),
    ],
)
def test_bad_arguments_are_named(call, error, said):
    with pytest.raises(error, match=said):
        call()
