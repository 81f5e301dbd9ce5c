"""The limits of arguments of nn: the limit itself is allowed, and what lies beyond is refused."""

import numpy as np
import pytest

import nn
from engine import Tensor
from nn import optim

BELOW_0, BELOW_1, BEYOND_1 = np.nextafter(0.0, -1.0), np.nextafter(1.0, 0.0), np.nextafter(1.0, 2.0)
IMAGES = np.ones((1, 1, 4, 4))


def parameters():
    """One parameter, for an optimizer."""
    return [nn.Parameter([1.0, 2.0])]


def sgd(**settings):
    """An optimizer, for a schedule."""
    return nn.SGD(parameters(), lr=0.1, momentum=0.9, **settings)


def one_cycle(**settings):
    """A schedule of one cycle: ten steps up to 0.1."""
    return optim.OneCycleLR(sgd(), **{"max_lr": 0.1, "total_steps": 10} | settings)


def plateau(**settings):
    return nn.ReduceLROnPlateau(sgd(), **settings)


def refused_by_load(schedule, **changes):
    """Give a schedule its own state, with changes."""
    schedule.load_state_dict(schedule.state_dict() | changes)


# (how to call it, the argument's name, the last that is allowed, the first that is not)
WHOLE = [
    (lambda n: nn.Linear(n, 1), "in_features", 1, 0),
    (lambda n: nn.Linear(1, n), "out_features", 1, 0),
    (lambda n: nn.Conv1d(n, 1, 1), "in_channels", 1, 0),
    (lambda n: nn.Conv2d(1, n, 1), "out_channels", 1, 0),
    (lambda n: nn.Conv2d(1, 1, n), "kernel_size", 1, 0),
    (lambda n: nn.Conv2d(1, 1, 2, stride=n), "stride", 1, 0),
    (lambda n: nn.Conv2d(1, 1, 2, dilation=n), "dilation", 1, 0),
    (lambda n: nn.Conv2d(1, 1, 2, padding=n), "padding", 0, -1),
    (lambda n: nn.Conv2d(1, 1, 2, groups=n), "groups", 1, 0),
    (lambda n: nn.conv2d(IMAGES, np.ones((1, 1, 2, 2)), groups=n), "groups", 1, 0),
    (lambda n: nn.MaxPool2d(n), "kernel_size", 1, 0),
    (lambda n: nn.MaxPool2d(2, stride=n), "stride", 1, 0),
    (lambda n: nn.MaxPool2d(2, padding=n), "padding", 0, -1),
    (lambda n: nn.MaxPool2d(2, dilation=n), "dilation", 1, 0),
    (lambda n: nn.AvgPool2d(n), "kernel_size", 1, 0),
    (lambda n: nn.AdaptiveAvgPool2d(n), "output_size", 1, 0),
    (lambda n: nn.BatchNorm1d(n), "num_features", 1, 0),
    (lambda n: nn.BatchNorm2d(n), "num_features", 1, 0),
    (lambda n: nn.LayerNorm(n), "normalized_shape", 1, 0),
    (lambda n: nn.RMSNorm(n), "normalized_shape", 1, 0),
    (lambda n: nn.GroupNorm(n, 4), "num_groups", 1, 0),
    (lambda n: nn.GroupNorm(1, n), "num_channels", 1, 0),
    (lambda n: nn.group_norm(IMAGES, n), "num_groups", 1, 0),
    (lambda n: nn.RNN(n, 1), "input_size", 1, 0),
    (lambda n: nn.LSTM(1, n), "hidden_size", 1, 0),
    (lambda n: nn.GRU(1, 1, num_layers=n), "num_layers", 1, 0),
    (lambda n: nn.MultiHeadAttention(n, 1), "embed_dim", 1, 0),
    (lambda n: nn.MultiHeadAttention(2, n), "num_heads", 1, 0),
    (lambda n: nn.TransformerBlock(n, 1), "d_model", 1, 0),
    (lambda n: nn.TransformerBlock(2, n), "nhead", 1, 0),
    (lambda n: nn.TransformerBlock(2, 1, dim_feedforward=n), "dim_feedforward", 1, 0),
    (lambda n: nn.Embedding(n, 1), "num_embeddings", 1, 0),
    (lambda n: nn.Embedding(1, n), "embedding_dim", 1, 0),
    (lambda n: nn.Embedding(3, 1, padding_idx=n), "padding_idx", -3, -4),
    (lambda n: nn.Embedding(3, 1, padding_idx=n), "padding_idx", 2, 3),
    (lambda n: nn.MLP([n, 1]), r"sizes\[0\]", 1, 0),
    (lambda n: nn.StepLR(sgd(), n), "step_size", 1, 0),
    (lambda n: nn.MultiStepLR(sgd(), [n]), r"milestones\[0\]", 1, 0),
    (lambda n: nn.CosineAnnealingLR(sgd(), n), "T_max", 1, 0),
    (lambda n: nn.LinearWarmup(sgd(), n), "total_iters", 1, 0),
    (lambda n: one_cycle(total_steps=n), "total_steps", 1, 0),
    (lambda n: one_cycle(total_steps=None, epochs=n, steps_per_epoch=1), "epochs", 1, 0),
    (lambda n: one_cycle(total_steps=None, epochs=1, steps_per_epoch=n), "steps_per_epoch", 1, 0),
    (lambda n: plateau(patience=n), "patience", 0, -1),
    (lambda n: plateau(cooldown=n), "cooldown", 0, -1),
    (lambda n: refused_by_load(plateau(), num_bad_epochs=n), "num_bad_epochs", 0, -1),
    (lambda n: refused_by_load(nn.StepLR(sgd(), 1), last_epoch=n), "last_epoch", 0, -1),
]
REAL = [
    (lambda x: nn.BatchNorm1d(2, eps=x), "eps", 0.0, BELOW_0),
    (lambda x: nn.LayerNorm(2, eps=x), "eps", 0.0, BELOW_0),
    (lambda x: nn.GroupNorm(1, 2, eps=x), "eps", 0.0, BELOW_0),
    (lambda x: nn.RMSNorm(2, eps=x), "eps", 0.0, BELOW_0),
    (lambda x: nn.SGD(parameters(), lr=x), "lr", 0.0, BELOW_0),
    (lambda x: nn.SGD(parameters(), momentum=x), "momentum", 0.0, BELOW_0),
    (lambda x: nn.SGD(parameters(), weight_decay=x), "weight_decay", 0.0, BELOW_0),
    (lambda x: nn.RMSprop(parameters(), alpha=x), "alpha", 0.0, BELOW_0),
    (lambda x: nn.RMSprop(parameters(), alpha=x), "alpha", BELOW_1, 1.0),
    (lambda x: nn.RMSprop(parameters(), eps=x), "eps", 0.0, BELOW_0),
    (lambda x: nn.Adagrad(parameters(), lr_decay=x), "lr_decay", 0.0, BELOW_0),
    (lambda x: nn.Adam(parameters(), betas=(x, 0.9)), r"betas\[0\]", 0.0, BELOW_0),
    (lambda x: nn.Adam(parameters(), betas=(0.9, x)), r"betas\[1\]", BELOW_1, 1.0),
    (lambda x: nn.Lion(parameters(), betas=(0.9, x)), r"betas\[1\]", BELOW_1, 1.0),
    *(
        (lambda x, kind=kind, name=name: kind(parameters(), **{name: x}), name, 0.0, BELOW_0)
        for kind, names in (
            (nn.RMSprop, ["lr", "weight_decay", "momentum"]),
            (nn.Adagrad, ["lr", "weight_decay", "initial_accumulator_value", "eps"]),
            (nn.Adam, ["lr", "eps", "weight_decay"]),
            (nn.AdamW, ["lr", "eps", "weight_decay"]),
            (nn.Lion, ["lr", "weight_decay"]),
        )
        for name in names
    ),
    (lambda x: nn.StepLR(sgd(), 1, gamma=x), "gamma", 0.0, BELOW_0),
    (lambda x: nn.MultiStepLR(sgd(), [1], gamma=x), "gamma", 0.0, BELOW_0),
    (lambda x: nn.ExponentialLR(sgd(), gamma=x), "gamma", 0.0, BELOW_0),
    (lambda x: nn.CosineAnnealingLR(sgd(), 5, eta_min=x), "eta_min", 0.0, BELOW_0),
    (lambda x: nn.LinearWarmup(sgd(), start_factor=x), "start_factor", 5e-324, 0.0),
    (lambda x: nn.LinearWarmup(sgd(), start_factor=x), "start_factor", 1.0, BEYOND_1),
    (lambda x: one_cycle(max_lr=x), "max_lr", 0.0, BELOW_0),
    (lambda x: one_cycle(pct_start=x), "pct_start", 0.0, BELOW_0),
    (lambda x: one_cycle(pct_start=x), "pct_start", 1.0, BEYOND_1),
    (lambda x: one_cycle(base_momentum=x), "base_momentum", 0.0, BELOW_0),
    (lambda x: one_cycle(base_momentum=x), "base_momentum", BELOW_1, 1.0),
    (lambda x: one_cycle(max_momentum=x), "max_momentum", 0.0, BELOW_0),
    (lambda x: one_cycle(max_momentum=x), "max_momentum", BELOW_1, 1.0),
    (lambda x: one_cycle(div_factor=x), "div_factor", 1e-3, 0.0),
    (lambda x: one_cycle(final_div_factor=x), "final_div_factor", 1e-3, 0.0),
    (lambda x: plateau(factor=x), "factor", 0.0, BELOW_0),
    (lambda x: plateau(factor=x), "factor", BELOW_1, 1.0),
    (lambda x: plateau(threshold=x), "threshold", 0.0, BELOW_0),
    (lambda x: plateau(eps=x), "eps", 0.0, BELOW_0),
    (lambda x: plateau(min_lr=x), "min_lr", 0.0, BELOW_0),
    (lambda x: nn.clip_grad_norm_(parameters(), x), "max_norm", 0.0, BELOW_0),
    (lambda x: nn.clip_grad_value_(parameters(), x), "clip_value", 0.0, BELOW_0),
    *(
        (make, name, last, first)
        for last, first in ((0.0, BELOW_0), (1.0, BEYOND_1))
        for make, name in (
            (lambda x: nn.Dropout(x), "p"),
            (lambda x: nn.dropout(IMAGES, x), "p"),
            (lambda x: nn.LSTM(1, 1, num_layers=2, dropout=x), "dropout"),
            (lambda x: nn.MultiHeadAttention(2, 1, dropout=x), "dropout"),
            (lambda x: nn.TransformerBlock(2, 1, dropout=x), "dropout"),
            (lambda x: nn.CrossEntropyLoss(label_smoothing=x), "label_smoothing"),
            (lambda x: nn.cross_entropy([[1.0, 2.0]], [0], label_smoothing=x), "label_smoothing"),
        )
    ),
]
BOUNDS = [*WHOLE, *REAL]
SETTINGS = [
    *(make for make, *_ in REAL),
    lambda x: nn.SGD(parameters(), dampening=x),
    lambda x: nn.BatchNorm1d(2, momentum=x),
]


@pytest.mark.parametrize(("make", "name", "allowed", "refused"), BOUNDS)
def test_a_bound_is_allowed_and_what_lies_beyond_is_refused(make, name, allowed, refused):
    make(allowed)
    with pytest.raises(ValueError, match=rf"\b{name}"):
        make(refused)


@pytest.mark.parametrize(("make", "name", "allowed", "refused"), WHOLE)
def test_sizes_are_whole_numbers(make, name, allowed, refused):
    for other in (float(allowed), True):
        with pytest.raises((TypeError, ValueError)):
            make(other)


@pytest.mark.parametrize("make", SETTINGS)
def test_settings_are_finite_numbers(make):
    for other, error in ((np.nan, ValueError), ("1", TypeError), (True, TypeError)):
        with pytest.raises(error):
            make(other)


@pytest.mark.parametrize(
    ("make", "word", "known"),
    [
        (lambda word: nn.MSELoss(reduction=word), "reduction", ["none", "mean", "sum"]),
        (lambda word: nn.RNN(1, 1, nonlinearity=word), "nonlinearity", ["tanh", "relu"]),
        (lambda word: nn.GELU(approximate=word), "approximate", ["none", "tanh"]),
        (lambda word: plateau(mode=word), "mode", ["min", "max"]),
        (lambda word: plateau(threshold_mode=word), "threshold_mode", ["rel", "abs"]),
        (lambda word: one_cycle(anneal_strategy=word), "anneal_strategy", ["cos", "linear"]),
    ],
)
def test_a_word_is_one_of_those_known(make, word, known):
    for one in known:
        make(one)
    with pytest.raises(ValueError, match=word):
        make("other")


# --- what happens at an edge ------------------------------------------------------------------


def test_binary_cross_entropy_of_a_sure_mistake_is_100():
    """As PyTorch's: logarithms are clamped at -100."""
    losses = nn.binary_cross_entropy([0.0, 1.0, 0.0, 1.0], [1.0, 0.0, 0.0, 1.0], reduction="none")
    np.testing.assert_array_equal(losses, [100.0, 100.0, 0.0, 0.0])


def test_a_rate_falls_on_a_plateau_unless_by_no_more_than_eps():
    for lr, expected in ((3e-8, 3e-9), (1e-8, 1e-8)):  # PyTorch's eps is 1e-8
        optimizer = nn.SGD(parameters(), lr=lr)
        schedule = nn.ReduceLROnPlateau(optimizer, patience=0)
        for _ in range(2):
            schedule.step(1.0)
        assert optimizer.param_groups[0]["lr"] == pytest.approx(expected, rel=1e-12)


def test_an_equal_number_is_no_better_in_either_mode_and_by_either_threshold():
    for mode in ("min", "max"):
        for threshold_mode in ("rel", "abs"):
            schedule = plateau(mode=mode, threshold_mode=threshold_mode, threshold=0.0)
            schedule.step(1.0)
            schedule.step(1.0)
            assert schedule.num_bad_epochs == 1


@pytest.mark.parametrize("threshold_mode", ["rel", "abs"])
@pytest.mark.parametrize(("mode", "sign"), [("min", -1), ("max", 1)])
def test_better_by_exactly_the_threshold_is_not_better(mode, sign, threshold_mode):
    """Of 2, by a part of it or by a number; powers of two, so that nothing is rounded."""
    schedule = plateau(mode=mode, threshold_mode=threshold_mode, threshold=0.25)
    schedule.step(2.0)
    enough = {"rel": 0.5, "abs": 0.25}[threshold_mode]
    assert not schedule.better(2.0 + sign * enough)
    assert schedule.better(2.0 + sign * (enough + 1e-7))


def test_the_smallest_batch_of_a_norm_is_two_numbers():
    """One number less its mean is 0, whatever it is."""
    nn.BatchNorm1d(2)(np.ones((2, 2)))
    with pytest.raises(ValueError, match="more than one"):
        nn.BatchNorm1d(2)(np.ones((1, 2)))


def test_a_block_shows_only_what_is_not_usual():
    assert nn.TransformerBlock(2, 1).extra_repr() == ""
    block = nn.TransformerBlock(2, 1, dropout=0.001, causal=True, norm_first=False)
    assert block.extra_repr() == "norm_first=False, causal=True, dropout=0.001"


def test_clipping_to_a_norm_that_is_reached_changes_nothing_to_speak_of():
    p = Tensor([3.0, 4.0], requires_grad=True)
    p.grad = np.array([3.0, 4.0])
    assert float(nn.clip_grad_norm_([p], 5.0)) == 5.0
    np.testing.assert_allclose(p.grad, np.array([3.0, 4.0]) * (5 / (5 + 1e-6)), rtol=1e-12)


def test_no_window_is_begun_for_lack_of_room():
    """ceil_mode adds the rest of a window, by less than one stride: PyTorch's rule."""
    with pytest.raises(ValueError, match="max_pool2d"):
        nn.max_pool2d(np.ones((1, 1, 2, 2)), 3, stride=1, ceil_mode=True)
    assert nn.max_pool2d(np.ones((1, 1, 2, 2)), 3, ceil_mode=True).shape == (1, 1, 1, 1)
    assert nn.max_pool2d(np.ones((1, 1, 3, 3)), 3, ceil_mode=True).shape == (1, 1, 1, 1)
