"""Sequence models on both tiers: every weight's gradient is the same to 1e-10, step after step."""

import numpy as np
import pytest

import nn
from engine import stack
from nn import functional as F
from nn.datasets import load_names

LETTERS = ".abcdefghijklmnopqrstuvwxyz"
NAMES = load_names()[:: len(load_names()) // 3][:3]


def letters(names, length):
    """Names as rows of letter numbers, and the letter that follows each; 0 ends and pads."""
    rows = np.zeros((len(names), length + 1), int)
    for row, name in zip(rows, names, strict=True):
        codes = [LETTERS.index(c) for c in name[:length]]
        row[1 : 1 + len(codes)] = codes
    return rows[:, :-1], rows[:, 1:]


class Recurrent(nn.Module):
    """Embedding, recurrent layers, a linear readout."""

    def __init__(self, kind, rng):
        self.embedding = nn.Embedding(27, 3, rng=rng)
        self.layer = kind(3, 4, num_layers=2, batch_first=True, bidirectional=True, rng=rng)
        self.readout = nn.Linear(8, 27, rng=rng)

    def forward(self, x):
        """(batch, time) to logits (batch, time, 27)."""
        y, _ = self.layer(self.embedding(x))
        return self.readout(y)


class Attending(nn.Module):
    """A small GPT: two blocks, positions learned."""

    def __init__(self, rng):
        self.embedding = nn.Embedding(27, 4, rng=rng)
        self.position = nn.Embedding(6, 4, rng=rng)
        self.blocks = nn.Sequential(
            nn.TransformerBlock(4, 2, causal=True, rng=rng),
            nn.TransformerBlock(4, 1, causal=True, activation="relu", norm_first=False, rng=rng),
        )
        self.norm = nn.LayerNorm(4)
        self.readout = nn.Linear(4, 27, rng=rng)

    def forward(self, x):
        """(batch, time) to logits (batch, time, 27)."""
        h = self.embedding(x) + self.position(np.arange(x.shape[1]))
        return self.readout(self.norm(self.blocks(h)))


class Cross(nn.Module):
    """A second sequence looks at a padded first one."""

    def __init__(self, rng):
        self.embedding = nn.Embedding(27, 4, rng=rng)
        self.attention = nn.MultiHeadAttention(4, 2, batch_first=True, rng=rng)
        self.readout = nn.Linear(4, 27, rng=rng)

    def forward(self, x):
        """(batch, time) to logits (batch, time, 27)."""
        h = self.embedding(x)
        queries = stack([h[:, -1 - i] for i in range(x.shape[1])], 1)
        y, weights = self.attention(queries, h, h, key_padding_mask=x == 1)
        return self.readout(y) * weights.sum(axis=-1).mean()


MODELS = {
    "RNN": lambda: Recurrent(nn.RNN, np.random.default_rng(0)),
    "LSTM": lambda: Recurrent(nn.LSTM, np.random.default_rng(1)),
    "GRU": lambda: Recurrent(nn.GRU, np.random.default_rng(2)),
    "GPT": lambda: Attending(np.random.default_rng(3)),
    "cross attention": lambda: Cross(np.random.default_rng(4)),
}
LOSSES = {
    "cross entropy": lambda y, t: F.cross_entropy(y.transpose((0, 2, 1)), t, ignore_index=26),
    "smoothed": lambda y, t: F.cross_entropy(
        y.reshape((-1, 27)), t.ravel(), label_smoothing=0.1, weight=np.linspace(1, 2, 27)
    ),
    "nll": lambda y, t: F.nll_loss(F.log_softmax(y, -1).transpose((0, 2, 1)), t),
    "bce": lambda y, t: F.binary_cross_entropy_with_logits(y, np.eye(27)[t], pos_weight=2.0),
    "kl": lambda y, t: F.kl_div(F.log_softmax(y, -1), np.eye(27)[t], reduction="batchmean"),
}


def same(model, twin):
    """Every weight's gradient agrees to 1e-10 of its largest number."""
    for (name, p), (other, q) in zip(
        model.named_parameters(), twin.named_parameters(), strict=True
    ):
        assert name == other
        scale = max(1.0, np.abs(p.grad).max())
        assert np.abs(p.grad - q.grad).max() <= 1e-10 * scale, name
        assert np.abs(p.grad).max() > 0, f"{name} has no gradient: nothing was compared"


@pytest.mark.parametrize("name", MODELS)
def test_every_gradient_is_the_same_on_both_tiers_in_training(name):
    model = MODELS[name]()
    twin = model.scalar()
    x, t = letters(NAMES, 5)
    pair = [(m, nn.SGD(m.parameters(), lr=0.5)) for m in (model, twin)]
    for _ in range(2):
        losses = []
        for m, optimizer in pair:
            loss = LOSSES["cross entropy"](m(x), t)
            optimizer.zero_grad()
            loss.backward()
            losses.append(float(loss.data))
        assert losses[0] == pytest.approx(losses[1], abs=1e-10)
        same(model, twin)
        for _, optimizer in pair:
            optimizer.step()
    for (key, a), b in zip(model.state_dict().items(), twin.state_dict().values(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-10, err_msg=key)


@pytest.mark.parametrize("name", LOSSES)
def test_every_loss_is_the_same_on_both_tiers(name):
    model = MODELS["GRU"]()
    twin = model.scalar()
    x, t = letters(NAMES[:2], 4)
    a, b = (LOSSES[name](m(x), t) for m in (model, twin))
    a.backward()
    b.backward()
    assert float(a.data) == pytest.approx(b.data, abs=1e-10)
    same(model, twin)
