"""A step in shards against the step on the whole batch, for losses whose means differ."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest

import engine
import nn


class Keep(nn.Callback):
    """Keeps the gradients of a step, and makes it none."""

    def before_step(self, run):
        self.gradients = [np.array(p.grad) for p in run.model.parameters()]


def gradients(model, loss, batch, parallel):
    """The gradients and the loss of one step of fit."""
    keep = Keep()
    optimizer = nn.SGD(model.parameters(), lr=0.0)
    history = nn.fit(
        model, loss, optimizer, [batch], progress=False, parallel=parallel, callbacks=[keep]
    )
    return keep.gradients, history.rows[-1]["loss"]


def assert_as_plain(model, loss, batch, shards=4, dtype=np.float64, **how):
    expected, whole = gradients(model, loss, batch, None)
    found, total = gradients(model, loss, batch, nn.Parallel(shards=shards, **how))
    tolerance = {np.float64: 1e-14, np.float32: 1e-6}[dtype]
    largest = max(np.abs(g).max() for g in expected)
    assert largest > 0
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=tolerance * largest, strict=True)
    assert total == pytest.approx(whole, rel=20 * tolerance)


def data(rows=11, columns=6, dtype=np.float64, seed=0):
    return np.random.default_rng(seed).normal(size=(rows, columns)).astype(dtype)


def labels(shape=11, classes=3, seed=1):
    return np.random.default_rng(seed).integers(0, classes, shape)


CLASS_WEIGHT = np.array([0.2, 1.0, 3.0])


DTYPES = [np.float64, np.float32]
IGNORING = [
    nn.CrossEntropyLoss(),
    nn.CrossEntropyLoss(weight=CLASS_WEIGHT),
    nn.CrossEntropyLoss(weight=CLASS_WEIGHT, label_smoothing=0.2),
    nn.CrossEntropyLoss(label_smoothing=0.2),
    nn.CrossEntropyLoss(ignore_index=1),
    nn.NLLLoss(),
    nn.NLLLoss(weight=CLASS_WEIGHT, ignore_index=0),
    nn.cross_entropy,
    nn.nll_loss,
    partial(nn.cross_entropy, ignore_index=2, weight=CLASS_WEIGHT),
    partial(nn.nll_loss, ignore_index=2),
]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("loss", IGNORING)
def test_the_mean_over_targets_that_count_is_that_of_the_batch(loss, dtype):
    t = labels()
    if getattr(loss, "ignore_index", -100) == -100 and not isinstance(loss, partial):
        t[:5] = -100
    model = nn.MLP([6, 5, 3], rng=0).to(dtype=dtype)
    assert_as_plain(model, loss, (data(dtype=dtype), t), dtype=dtype)


def test_what_a_loss_divides_by_is_its_weight():
    t = np.array([0, 2, -100, 2, 1])
    for loss in nn.CrossEntropyLoss(weight=CLASS_WEIGHT), nn.NLLLoss(weight=CLASS_WEIGHT):
        x = data(5, 3)
        losses = type(loss)(weight=CLASS_WEIGHT, reduction="sum")(x, t)
        assert float(losses) / loss.weight_of(t) == pytest.approx(float(loss(x, t)), rel=1e-15)


def test_a_class_that_does_not_exist_is_named_though_weights_are_asked_first():
    model = nn.MLP([6, 3], rng=0)
    t = labels()
    t[3] = 7
    with pytest.raises(IndexError, match=r"target\[\d\] is 7, but input has 3 classes"):
        gradients(model, nn.CrossEntropyLoss(CLASS_WEIGHT), (data(), t), nn.Parallel(shards=2))


def test_probabilities_as_targets():
    q = np.random.default_rng(2).dirichlet(np.ones(3), 11)
    for loss in nn.CrossEntropyLoss(), nn.CrossEntropyLoss(CLASS_WEIGHT, label_smoothing=0.1):
        assert_as_plain(nn.MLP([6, 5, 3], rng=0), loss, (data(), q))


def test_probabilities_of_a_single_sample_have_no_rows():
    with pytest.raises(ValueError, match=r"must have a row each, got shape \(3,\)"):
        nn.CrossEntropyLoss().weight_of(np.array([0.2, 0.3, 0.5]))


class Tagger(nn.Module):
    """Words to scores (batch, classes, time), as cross entropy takes them."""

    def __init__(self, layer):
        self.embedding = nn.Embedding(7, 8, rng=0)
        self.layer = layer
        self.head = nn.Linear(8, 3, rng=1)

    def forward(self, words):
        x = self.layer(self.embedding(words))
        x = x[0] if isinstance(x, tuple) else x
        return engine.moveaxis(self.head(x), 1, 2)


LAYERS = [
    nn.LSTM(8, 8, batch_first=True, rng=2),
    nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True, rng=2),
    nn.LayerNorm(8),
]


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
def test_sequences_with_padding(layer):
    words, t = labels((11, 5), 7), labels((11, 5), 3)
    for i, row in enumerate(t):
        row[1 + i % 5 :] = -100
    assert_as_plain(Tagger(layer), nn.CrossEntropyLoss(), (words, t))


def test_group_norm_and_convolutions():
    x = np.random.default_rng(0).normal(size=(11, 2, 4, 4))
    model = nn.Sequential(
        nn.Conv2d(2, 4, 3, rng=0), nn.GroupNorm(2, 4), nn.ReLU(), nn.Flatten(),
        nn.Linear(16, 3, rng=1),
    )  # fmt: skip
    assert_as_plain(model, nn.CrossEntropyLoss(), (x, labels()))


SIDES = np.sign(data(seed=5))
OF_NUMBERS = [
    (nn.MSELoss, data(seed=5)), (nn.L1Loss, data(seed=5)), (nn.HuberLoss, data(seed=5)),
    (nn.SmoothL1Loss, data(seed=5)), (nn.HingeLoss, SIDES), (nn.KLDivLoss, np.abs(SIDES)),
    (nn.BCEWithLogitsLoss, (SIDES + 1) / 2),
    (partial(nn.BCEWithLogitsLoss, weight=np.arange(6.0), pos_weight=np.full(6, 2.0)),
     (SIDES + 1) / 2),
    (partial(nn.CrossEntropyLoss, weight=np.arange(1.0, 7.0)), labels(classes=6)),
]  # fmt: skip


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize(("loss", "target"), OF_NUMBERS)
def test_means_and_sums(loss, target, reduction, dtype):
    model = nn.MLP([6, 5, 6], rng=0).to(dtype=dtype)
    loss = loss(reduction=reduction)
    assert_as_plain(model, loss, (data(dtype=dtype), target), dtype=dtype, reduction=reduction)


def test_batchmean_and_probabilities():
    model = nn.Sequential(nn.MLP([6, 6], rng=0), nn.Sigmoid())
    assert_as_plain(model, nn.BCELoss(), (data(), (SIDES + 1) / 2))
    assert_as_plain(model, nn.KLDivLoss("batchmean"), (data(), np.abs(SIDES)))


@pytest.mark.parametrize("loss", [nn.MSELoss("sum"), partial(nn.mse_loss, reduction="sum")])
def test_a_sum_that_is_taken_for_a_mean_is_refused(loss):
    with pytest.raises(ValueError, match=r"the loss is a sum .* reduction='sum'"):
        gradients(nn.MLP([6, 6], rng=0), loss, (data(), SIDES), nn.Parallel())


def test_a_loss_of_several_numbers_is_refused():
    with pytest.raises(ValueError, match="single number"):
        gradients(nn.MLP([6, 6], rng=0), nn.MSELoss("none"), (data(), SIDES), nn.Parallel())


def test_weights_of_samples_do_not_fit_a_shard():
    loss = nn.BCEWithLogitsLoss(weight=np.arange(11.0).reshape(11, 1))
    with pytest.raises(ValueError, match=r"weight of shape \(11, 1\) does not broadcast"):
        gradients(nn.MLP([6, 6], rng=0), loss, (data(), (SIDES + 1) / 2), nn.Parallel())


def test_targets_of_a_lambda_that_are_ignored_ask_for_a_weight():
    def loss(y, t):
        return nn.cross_entropy(y, t)

    t = labels()
    t[:4] = -100
    batch = data(), t
    with pytest.raises(ValueError, match="the target holds -100"):
        gradients(nn.MLP([6, 3], rng=0), loss, batch, nn.Parallel())
    assert_as_plain(nn.MLP([6, 3], rng=0), loss, batch, weight=lambda t: (t != -100).sum())


def test_a_shard_whose_targets_are_all_ignored_adds_nothing():
    t = labels()
    t[:8] = -100
    assert_as_plain(nn.MLP([6, 3], rng=0), nn.CrossEntropyLoss(), (data(), t))


def test_the_mean_of_nothing_is_nan_and_its_gradient_zero():
    t = np.full(11, -100)
    for parallel in None, nn.Parallel(shards=3):
        model = nn.MLP([6, 3], rng=0)
        found, loss = gradients(model, nn.CrossEntropyLoss(), (data(), t), parallel)
        assert np.isnan(loss)
        assert all((g == 0).all() for g in found)


def test_targets_in_a_dict_count_by_their_rows():
    def loss(y, t):
        return nn.cross_entropy(y[:, :3], t["kind"]) + nn.mse_loss(y[:, 3], t["size"])

    model = nn.MLP([6, 4], rng=0)
    batch = data(), {"kind": labels(), "size": data(11, 1)[:, 0]}
    assert_as_plain(model, loss, batch)


@pytest.mark.parametrize("weight", [-1.0, np.nan, np.inf, [1.0, 2.0]])
def test_a_weight_that_is_none_is_refused(weight):
    with pytest.raises(ValueError, match=r"weight\(target\) must be a number from 0 on"):
        gradients(
            nn.MLP([6, 3], rng=0), nn.CrossEntropyLoss(), (data(), labels()),
            nn.Parallel(weight=lambda t: weight),
        )  # fmt: skip


def test_parts_of_other_lengths_are_refused():
    with pytest.raises(ValueError, match="input 0 has 11, the target has 10"):
        gradients(nn.MLP([6, 3], rng=0), nn.CrossEntropyLoss(), (data(), labels(10)), nn.Parallel())


def test_batch_norm_takes_a_shard_each_and_averages_by_rows():
    x = data()
    model = nn.BatchNorm1d(6)
    gradients(model, nn.MSELoss(), (x, x), nn.Parallel(shards=2))
    halves = np.split(x, [6])
    mean = sum(len(part) / 11 * 0.1 * part.mean(0) for part in halves)
    var = sum(len(part) / 11 * (0.9 + 0.1 * part.var(0, ddof=1)) for part in halves)
    np.testing.assert_allclose(model.running_mean, mean, rtol=0, atol=1e-15)
    np.testing.assert_allclose(model.running_var, var, rtol=0, atol=1e-15)


def test_batch_norm_gives_each_shard_its_own_statistics():
    x = data()
    outputs = []

    def loss(y, t):
        outputs.append(engine.to_numpy(y))
        return nn.mse_loss(y, t)

    gradients(nn.BatchNorm1d(6), loss, (x, x), nn.Parallel(shards=2))
    for y in outputs:
        np.testing.assert_allclose(y.mean(0), 0, atol=1e-14)
    assert [len(y) for y in outputs] == [6, 5]


def test_a_hook_on_a_gradient_is_refused():
    model = nn.MLP([6, 3], rng=0)
    next(iter(model.parameters())).register_hook(lambda g: g)
    for executor in None, ThreadPoolExecutor(1):
        with pytest.raises(ValueError, match="has a hook on its gradient"):
            gradients(
                model, nn.CrossEntropyLoss(), (data(), labels()), nn.Parallel(executor, shards=2)
            )
