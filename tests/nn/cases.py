"""The numeric cases of nn: for each thing it exports, what it must compute, by another authority.

A case is a function of the thing under test and of a tier ("tensor" or "values"): it runs the thing
there and compares the numbers with PyTorch's (tests/golden) or with a formula (oracles.py).  It
takes the thing as an argument, so that `test_cases.py` can hand it a broken one, and see it fail.

A layer with a case in tests/golden/make_torch_layers.py, or a loss in make_torch_losses.py, is
found there; for anything else write an oracle, and a case below:

    case("ReLU")(function_of(np.maximum …))
"""

import json
import math
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import layer_cases
import numpy as np
import oracles
import torch_training

import engine
import nn
from engine import Tensor, ValueArray, to_numpy
from nn.callbacks import Run

GOLDEN = Path(__file__).resolve().parents[1] / "golden"
sys.path.insert(0, str(GOLDEN))
import make_torch_losses as torch_losses  # noqa: E402 - it lies beside its numbers

LOSSES = json.loads((GOLDEN / "torch_losses.json").read_text(encoding="utf-8"))

wave = layer_cases.wave
BOTH = ("tensor", "values")
VALUES = ("values",)  # micrograd's models are of Values
NO_TIER = ("",)  # a rate, a gain and a table are plain numbers


class Case(NamedTuple):
    """How to run a thing on a tier and compare its numbers, and on which tiers it runs."""

    run: object
    tiers: tuple


CASES: dict[str, Case] = {}


def case(*names, tiers=BOTH):
    """A decorator: this function is the case of the things of these names."""

    def add(run):
        for name in names:
            assert name not in CASES, f"{name} has two cases"
            CASES[name] = Case(run, tiers)
        return run

    return add


# --- how numbers are compared ---


def leaf(array, tier):
    """A leaf of a tier."""
    return ValueArray.of(array) if tier == "values" else Tensor(array, requires_grad=True)


def model_of(model, tier):
    """The model, or its copy on Values."""
    return model.scalar() if tier == "values" else model


def close(found, expected, rtol=1e-9):
    """The same shape, and the same numbers but for rounding."""
    found = to_numpy(found)
    assert found.shape == np.shape(expected)
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=1e-9)


def differences(function, arrays, which, step=1e-5):
    """The slopes of a function of arrays with respect to one of them, by central differences."""
    slopes = np.zeros(arrays[which].shape)
    for place in np.ndindex(slopes.shape):
        ends = []
        for sign in (1, -1):
            moved = [np.array(a, float) for a in arrays]
            moved[which][place] += sign * step
            ends.append(function(*moved))
        slopes[place] = (ends[0] - ends[1]) / (2 * step)
    return slopes


def agrees(found, oracle, leaves, arrays):
    """A result is the oracle's, and its gradients at the leaves are the oracle's slopes.

    `found` depends on the leaves as the oracle on the arrays; the result is weighted, so that
    each of its numbers counts by itself.
    """
    expected = np.asarray(oracle(*arrays))
    close(found, expected)
    weights = wave(*expected.shape, start=3.0)
    engine.sum(found * weights).backward()
    for i, x in enumerate(leaves):
        slopes = differences(lambda *a: (oracle(*a) * weights).sum(), arrays, i)
        np.testing.assert_allclose(x.grad, slopes, rtol=1e-5, atol=1e-7)


def function_of(oracle, *arrays, call=lambda thing, *leaves: thing(*leaves)):
    """A case: the thing, called with leaves of these arrays, is the oracle of the arrays."""

    def run(thing, tier):
        leaves = [leaf(a, tier) for a in arrays]
        agrees(call(thing, *leaves), oracle, leaves, arrays)

    return run


def layer_of(make, oracle, x):
    """A case: the layer that `make` makes of the class, as an oracle of input and parameters."""

    def run(thing, tier):
        model = make(thing)
        start = {name: wave(*p.shape, start=i) for i, (name, p) in enumerate(parameters(model))}
        model.load_state_dict({**model.state_dict(), **start})
        model = model_of(model, tier)
        leaves = [leaf(x, tier), *model.parameters()]
        agrees(model(leaves[0]), oracle, leaves, [x, *start.values()])

    return run


def parameters(model):
    return list(model.named_parameters())


# --- layers, by PyTorch's numbers ---


def golden_layer(golden):
    """A case of make_torch_layers: result and gradients of a forward and a backward pass."""

    def run(thing, tier):
        layer = layer_cases.made(golden, thing)
        if tier == "values":
            layer_cases.check_first_pass(golden, layer.scalar(), layer_cases.on_values)
        else:
            layer_cases.check_first_pass(golden, layer)

    return run


for golden in layer_cases.CASES:
    if golden[1] not in CASES and golden[1] != "Dropout":  # PyTorch's draws are others
        case(golden[1])(golden_layer(golden))


def sequence_layer(kind, options, x, states):
    """A case of make_torch_sequences: three steps of training."""

    def run(thing, tier):
        shape = torch_training.torch_cases.state_shape(kind, options, x.ndim == 3)
        starts = [wave(*shape, start=1.0 + i) for i in range((1 + (kind == "LSTM")) * states)]
        name = next(c[0] for c in torch_training.torch_cases.RECURRENT if c[1:3] == (kind, options))
        expected = torch_training.TORCH["recurrent"][name]
        module = thing(3, 2, **options)
        torch_training.check(module, [x, *starts], all_results, expected, tier == "values")

    return run


def all_results(module, x, *states):
    """Output and last states of a recurrent layer, as a flat list."""
    if isinstance(module, nn.LSTM):
        y, last = module(x, states or None)
        return [y, *last]
    return list(module(x, *states))


for _, kind, options, x, states in torch_training.torch_cases.RECURRENT:
    if kind not in CASES:
        case(kind)(sequence_layer(kind, options, x, states))


@case("MultiHeadAttention")
def multi_head_attention(thing, tier):
    module = thing(4, 2, batch_first=True)
    torch_training.check(
        module,
        [torch_training.torch_cases.TALL],
        lambda m, x: m(x, x, x, attn_mask=torch_training.torch_cases.CAUSAL),
        torch_training.TORCH["attention"]["causal"],
        tier == "values",
    )


@case("TransformerBlock")
def transformer_block(thing, tier):
    block = thing(4, 2, 6, causal=True)
    x = torch_training.torch_cases.TALL
    expected = torch_training.TORCH["block"]["pre-norm, causal"]
    torch_training.check(block, [x], lambda m, x: [m(x)], expected, tier == "values")


# --- layers and functions, by their formulas ---

X = 2 * wave(3, 4, start=0.3)  # no kink of relu among them
IMAGES = 2 * wave(2, 4, 5, 4)
FUNCTIONS = {
    "ReLU": "relu", "LeakyReLU": "leaky_relu", "ELU": "elu", "SiLU": "silu", "GELU": "gelu",
    "Tanh": "tanh", "Sigmoid": "sigmoid", "Softplus": "softplus", "Softmax": "softmax",
    "LogSoftmax": "log_softmax", "logsigmoid": "logsigmoid",
}  # fmt: skip

for name, oracle in oracles.ACTIVATIONS.items():
    if name in FUNCTIONS:
        case(FUNCTIONS[name])(function_of(oracle, X))
    if name != "logsigmoid":
        case(name)(function_of(oracle, X, call=lambda thing, x: thing()(x)))

case("linear")(function_of(oracles.linear, X, wave(2, 4, start=1.0), wave(2, start=2.0)))
case("Linear")(layer_of(lambda thing: thing(4, 2), oracles.linear, wave(2, 3, 4)))
case("Flatten")(
    function_of(lambda x: x.reshape(2, 6), wave(2, 3, 2), call=lambda thing, x: thing()(x))
)
case("pad")(function_of(lambda x: np.pad(x, ((1, 2), (0, 1))), X,
                        call=lambda thing, x: thing(x, ((1, 2), (0, 1)))))  # fmt: skip


@case("conv2d")
def conv2d(thing, tier):
    settings = {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2), "groups": 2}
    arrays = (wave(2, 4, 5, 4), wave(6, 2, 3, 2, start=1.0), wave(6, start=2.0))
    function_of(
        lambda *a: oracles.conv2d(*a, **settings), *arrays,
        call=lambda thing, *leaves: thing(*leaves, **settings),
    )(thing, tier)  # fmt: skip


@case("conv1d")
def conv1d(thing, tier):
    arrays = (wave(2, 3, 7), wave(2, 3, 3, start=1.0), wave(2, start=2.0))

    def oracle(x, weight, bias):
        return oracles.conv2d(
            x[:, :, None], weight[:, :, None], bias, (1, 2), (0, 1), (1, 2)
        )[:, :, 0]  # fmt: skip

    function_of(
        oracle, *arrays,
        call=lambda thing, *leaves: thing(*leaves, stride=2, padding=1, dilation=2),
    )(thing, tier)  # fmt: skip


for name, best in (("max_pool", np.max), ("avg_pool", np.mean)):
    case(f"{name}2d")(
        function_of(
            lambda x, best=best: oracles.pool2d(x, best, (2, 3), (1, 2), (1, 1)), IMAGES,
            call=lambda thing, x: thing(x, (2, 3), (1, 2), 1),
        )
    )  # fmt: skip
    case(f"{name}1d")(
        function_of(
            lambda x, best=best: oracles.pool2d(x[:, :, None], best, (1, 3), (1, 2))[:, :, 0],
            IMAGES[:, :, :, 0],
            call=lambda thing, x: thing(x, 3, 2),
        )
    )
case("adaptive_avg_pool2d")(
    function_of(lambda x: oracles.adaptive_avg_pool2d(x, (3, 2)), IMAGES,
                call=lambda thing, x: thing(x, (3, 2)))
)  # fmt: skip

case("batch_norm")(
    function_of(
        lambda x, w, b: oracles.standardized(x, (0, 2)) * w[:, None] + b[:, None],
        wave(2, 3, 4), wave(3, start=1.0), wave(3, start=2.0),
        call=lambda thing, x, w, b: thing(x, None, None, w, b, training=True),
    )
)  # fmt: skip
case("layer_norm")(
    function_of(
        lambda x, w, b: oracles.standardized(x, (-1,)) * w + b,
        X, wave(4, start=1.0), wave(4, start=2.0),
        call=lambda thing, x, w, b: thing(x, 4, w, b),
    )
)  # fmt: skip
case("group_norm")(
    function_of(
        lambda x, w, b: oracles.group_norm(x, 2, w, b),
        wave(2, 4, 3), wave(4, start=1.0), wave(4, start=2.0),
        call=lambda thing, x, w, b: thing(x, 2, w, b),
    )
)  # fmt: skip
case("rms_norm")(
    function_of(
        lambda x, w: oracles.rms_norm(x, w, 0.1), X, wave(4, start=1.0),
        call=lambda thing, x, w: thing(x, 4, w, 0.1),
    )
)  # fmt: skip
case("embedding")(
    function_of(
        lambda w: w[[[0, 2], [2, 1]]], wave(3, 2), call=lambda thing, w: thing([[0, 2], [2, 1]], w)
    )
)
case("scaled_dot_product_attention")(
    function_of(
        lambda q, k, v: oracles.attention(q, k, v, np.triu(np.ones((3, 4), bool), 1)),
        wave(2, 3, 2), wave(2, 4, 2, start=1.0), wave(2, 4, 3, start=2.0),
        call=lambda thing, *leaves: thing(*leaves, is_causal=True),
    )
)  # fmt: skip


def dropped(y, x, p):
    """Each number is 0 or divided by 1 - p, a part p of them is 0, and so are the slopes."""
    y.sum().backward()
    kept = to_numpy(y) != 0
    close(y, kept * to_numpy(x) / (1 - p))
    close(x.grad, kept / (1 - p))
    deviation = math.sqrt(p * (1 - p) * kept.size)
    assert abs((~kept).sum() - p * kept.size) < 4 * deviation


@case("dropout")
def dropout(thing, tier):
    x = leaf(1 + wave(20, 20) ** 2, tier)
    dropped(thing(x, 0.3, rng=0), x, 0.3)


@case("Dropout")
def dropout_layer(thing, tier):
    x = leaf(1 + wave(20, 20) ** 2, tier)
    dropped(thing(0.3, rng=0)(x), x, 0.3)
    layer = thing(0.3).eval()
    function_of(lambda x: x, X, call=lambda _, x: layer(x))(thing, tier)


case("MLP")(layer_of(lambda thing: thing([4, 3, 2]), oracles.mlp, X))
case("Sequential")(
    layer_of(
        lambda thing: thing(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)), oracles.mlp, X
    )
)  # fmt: skip
case("Residual")(
    layer_of(lambda thing: thing(nn.Linear(4, 4)), lambda x, w, b: x + oracles.linear(x, w, b), X)
)


@case("ModuleList")
def module_list(thing, tier):
    """It computes nothing: what counts is which modules it holds, and in which order."""

    class Chain(nn.Module):
        def __init__(self):
            self.layers = thing([nn.Linear(4, 4), nn.Linear(4, 4)])

        def forward(self, x):
            for layer in self.layers:
                x = layer(x)
            return x

    layer_of(lambda _: Chain(), lambda x, *p: oracles.mlp(x, *p, activation=lambda x: x), X)(
        thing, tier
    )  # fmt: skip


# --- losses ---


def golden_loss(golden, call):
    """A case of make_torch_losses: the loss and its slopes, for each reduction."""
    name, _, x, t, options, both = golden

    def run(thing, tier):
        for reduction in torch_losses.REDUCTIONS:
            expected = LOSSES[f"{name}: {reduction}"]
            a, b = leaf(np.asarray(x), tier), leaf(np.asarray(t), tier) if both else t
            y = call(thing, a, b, reduction=reduction, **options)
            close(y, expected["loss"])
            engine.sum(y * wave(*np.shape(y), start=3.0)).backward()
            close(a.grad, expected["input"])
            if both:
                close(b.grad, expected["target"])

    return run


#: The Modules around the functions, named as in PyTorch.
LOSS_MODULES = {
    "mse_loss": "MSELoss",
    "l1_loss": "L1Loss",
    "huber_loss": "HuberLoss",
    "smooth_l1_loss": "SmoothL1Loss",
    "binary_cross_entropy": "BCELoss",
    "binary_cross_entropy_with_logits": "BCEWithLogitsLoss",
    "cross_entropy": "CrossEntropyLoss",
    "nll_loss": "NLLLoss",
    "kl_div": "KLDivLoss",
}
for golden in torch_losses.CASES:
    if golden[1] not in CASES:
        case(golden[1])(golden_loss(golden, lambda thing, *a, **k: thing(*a, **k)))
        case(LOSS_MODULES[golden[1]])(
            golden_loss(golden, lambda thing, x, t, **k: thing(**k)(x, t))
        )

SIDES = np.sign(wave(3, 4, start=1.0))
case("hinge_loss")(
    function_of(lambda x: oracles.hinge(x, SIDES), X, call=lambda thing, x: thing(x, SIDES))
)
case("HingeLoss")(
    function_of(
        lambda x: oracles.hinge(x, SIDES, 0.5), X,
        call=lambda thing, x: thing(margin=0.5)(x, SIDES),
    )
)  # fmt: skip


# --- optimizers ---

START = np.array([0.5, -1.5, 2.0])
SLOPES = 2 * wave(6, 3)


def descent(rule, **settings):
    """A case: six steps with given gradients lead where the rule leads."""

    def run(thing, tier):
        w, expected, memory = leaf(START, tier), START, {}
        optimizer = thing([w], **settings)
        for t, slope in enumerate(SLOPES, start=1):
            optimizer.zero_grad()
            engine.sum(w * slope).backward()
            optimizer.step()
            expected = rule(expected, slope, memory, t, **settings)
            close(w, expected)

    return run


case("SGD")(descent(oracles.sgd, lr=0.1, momentum=0.9, dampening=0.3, weight_decay=0.1))
case("RMSprop")(descent(oracles.rmsprop, lr=0.1, alpha=0.9, eps=1e-3))
case("Adagrad")(descent(oracles.adagrad, lr=0.1, lr_decay=0.1, eps=1e-3))
case("Adam")(descent(oracles.adam, lr=0.1, betas=(0.8, 0.95), eps=1e-3))
case("AdamW")(descent(oracles.adamw, lr=0.1, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.3))
case("Lion")(descent(oracles.lion, lr=0.1, betas=(0.8, 0.95), weight_decay=0.3))


def with_gradients(tier):
    """Two leaves with the gradients (3, -4) and (12,), of norm 13."""
    leaves = [leaf(np.zeros(2), tier), leaf(np.zeros(1), tier)]
    engine.sum(leaves[0] * [3.0, -4.0]).backward()
    engine.sum(leaves[1] * [12.0]).backward()
    return leaves


@case("clip_grad_norm_")
def clip_grad_norm_(thing, tier):
    a, b = with_gradients(tier)
    assert thing([a, b], 6.5) == 13.0
    close(a.grad, np.array([3.0, -4.0]) * 6.5 / (13 + 1e-6))
    close(b.grad, np.array([12.0]) * 6.5 / (13 + 1e-6))


@case("clip_grad_value_")
def clip_grad_value_(thing, tier):
    a, b = with_gradients(tier)
    thing([a, b], 3.5)
    close(a.grad, [3.0, -3.5])
    close(b.grad, [3.5])


# --- schedules ---


def an_optimizer():
    return nn.SGD([Tensor([0.0], requires_grad=True)], lr=0.1, momentum=0.9)


def rates_of(make, formula, steps=20):
    """A case: after t steps the rate is 0.1 times the formula."""

    def run(thing, tier):
        optimizer = an_optimizer()
        schedule = make(thing, optimizer)
        for t in range(steps):
            close(optimizer.param_groups[0]["lr"], 0.1 * formula(t))
            close(np.array(schedule.get_last_lr()), [0.1 * formula(t)])
            schedule.step()

    return run


def schedule(name, make, formula):
    case(name, tiers=NO_TIER)(rates_of(make, formula))


schedule("StepLR", lambda thing, o: thing(o, 4, 0.5), lambda t: 0.5 ** (t // 4))
schedule(
    "MultiStepLR", lambda thing, o: thing(o, [3, 7], 0.5), lambda t: 0.5 ** ((t > 2) + (t > 6))
)
schedule("ExponentialLR", lambda thing, o: thing(o, 0.9), lambda t: 0.9**t)
schedule("LambdaLR", lambda thing, o: thing(o, lambda t: 1 / (1 + t)), lambda t: 1 / (1 + t))
schedule(
    "CosineAnnealingLR",
    lambda thing, o: thing(o, 8, 0.01),
    lambda t: 0.1 + 0.9 * oracles.cosine(t, 8),
)
schedule("LinearWarmup", lambda thing, o: thing(o, 4, 0.2), lambda t: min(0.2 + 0.2 * t, 1.0))
schedule(
    "SequentialLR",
    lambda thing, o: thing(o, [nn.LinearWarmup(o, 4, 0.2), nn.ExponentialLR(o, 0.9)], [6]),
    lambda t: min(0.2 + 0.2 * t, 1.0) if t < 6 else 0.9 ** (t - 6),
)
schedule(
    "OneCycleLR",
    lambda thing, o: thing(o, 1.0, total_steps=25),
    lambda t: oracles.one_cycle(t, 25, 10.0, 0.4, 0.4e-4),
)


@case("ReduceLROnPlateau", tiers=NO_TIER)
def reduce_on_plateau(thing, tier):
    """Cut in half at the second number in a row that is no better."""
    optimizer = an_optimizer()
    schedule = thing(optimizer, factor=0.5, patience=1)
    rates = []
    for metric in (3.0, 2.0, 2.0, 2.0, 1.0, 1.5, 1.2, 1.1, 1.1):
        schedule.step(metric)
        rates.append(optimizer.param_groups[0]["lr"])
    close(np.array(rates), [0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025, 0.025, 0.0125])


# --- initial weights ---

SHAPE = (4, 3, 2)  # (out, in, a kernel of 2): fans of 6 in and 8 out


def filled(call, expected):
    """A case: the parameter is filled with the numbers expected, and given back."""

    def run(thing, tier):
        w = leaf(np.full(SHAPE, np.nan), tier)
        assert call(thing, w) is w
        close(w, expected(np.random.default_rng(7)))

    return run


def uniform(bound):
    return lambda rng: rng.uniform(-bound, bound, SHAPE)


def normal(std):
    return lambda rng: rng.normal(0.0, std, SHAPE)


case("zeros_")(filled(lambda f, w: f(w), lambda rng: np.zeros(SHAPE)))
case("ones_")(filled(lambda f, w: f(w), lambda rng: np.ones(SHAPE)))
case("constant_")(filled(lambda f, w: f(w, 2.5), lambda rng: np.full(SHAPE, 2.5)))
case("uniform_")(filled(lambda f, w: f(w, -1.0, 3.0, rng=7), lambda rng: rng.uniform(-1, 3, SHAPE)))
case("normal_")(filled(lambda f, w: f(w, 1.0, 2.0, rng=7), lambda rng: rng.normal(1, 2, SHAPE)))
case("xavier_uniform_")(filled(lambda f, w: f(w, 2.0, rng=7), uniform(2 * math.sqrt(6 / 14))))
case("xavier_normal_")(filled(lambda f, w: f(w, 2.0, rng=7), normal(2 * math.sqrt(2 / 14))))
case("kaiming_uniform_")(
    filled(lambda f, w: f(w, 0.5, "fan_out", rng=7), uniform(math.sqrt(6 / 1.25 / 8)))
)
case("kaiming_normal_")(
    filled(lambda f, w: f(w, nonlinearity="relu", rng=7), normal(math.sqrt(2 / 6)))
)


@case("trunc_normal_")
def trunc_normal_(thing, tier):
    """The chance of a smaller number is uniform between the chances of the two ends."""
    w = leaf(np.full(SHAPE, np.nan), tier)
    assert thing(w, 0.5, 2.0, -1.0, 3.0, rng=7) is w

    def chance(x):
        return (1 + np.vectorize(math.erf)((x - 0.5) / 2 / math.sqrt(2))) / 2

    ends = chance(np.array([-1.0, 3.0]))
    close(chance(to_numpy(w)), np.random.default_rng(7).uniform(*ends, SHAPE))


@case("orthogonal_")
def orthogonal_(thing, tier):
    """Rows at right angles, or columns if they are fewer."""
    for shape in ((3, 2, 2), (5, 1, 3)):
        w = leaf(np.full(shape, np.nan), tier)
        assert thing(w, 2.0, rng=7) is w
        matrix = to_numpy(w).reshape(len(w), -1)
        rows = matrix if len(matrix) < matrix.shape[1] else matrix.T
        close(rows @ rows.T, 4 * np.eye(len(rows)))


@case("calculate_gain", tiers=NO_TIER)
def calculate_gain(thing, tier):
    """√(1 / E[f(x)²]) for relu and leaky_relu; the rest is custom."""
    close(thing("relu") ** -2, 0.5)
    close(thing("leaky_relu", 0.5) ** -2, (1 + 0.25) / 2)
    close(thing("leaky_relu") ** -2, (1 + 1e-4) / 2)
    for name, gain in (("linear", 1), ("conv2d", 1), ("sigmoid", 1), ("tanh", 5 / 3)):
        close(thing(name), gain)


# --- training ---

POINTS = wave(4, 2)
HEIGHTS = POINTS @ [[2.0], [-1.0]] + 0.5


def squared(y, t):
    return ((y - t) * (y - t)).mean()


def a_line(tier):
    """A linear model with weights (0.1, -0.2) and bias 0.3, and its optimizer."""
    model = nn.Linear(2, 1)
    model.load_state_dict({"weight": [[0.1, -0.2]], "bias": [0.3]})
    model = model_of(model, tier)
    return model, nn.SGD(model.parameters(), lr=0.1)


def batches():
    return nn.DataLoader((POINTS, HEIGHTS), batch_size=2)


@case("fit")
def fit(thing, tier):
    """Gradient descent by hand, over two epochs of two batches."""
    model, optimizer = a_line(tier)
    history = thing(model, squared, optimizer, batches(), 2, progress=False)

    weight, bias = np.array([[0.1, -0.2]]), np.array([0.3])
    losses = []
    for _ in range(2):
        for rows in (slice(0, 2), slice(2, 4)):
            error = POINTS[rows] @ weight.T + bias - HEIGHTS[rows]
            losses.append((error**2).mean())
            weight = weight - 0.1 * (2 * error * POINTS[rows]).mean(0)
            bias = bias - 0.1 * (2 * error).mean(0)
    close(model.weight, weight)
    close(model.bias, bias)
    close(np.array(history["loss"]), np.reshape(losses, (2, 2)).mean(1))


@case("evaluate")
def evaluate(thing, tier):
    model, _ = a_line(tier)
    error = POINTS @ [[0.1], [-0.2]] + 0.3 - HEIGHTS
    found = thing(model, squared, batches(), {"first": lambda y, t: to_numpy(y)[0, 0] * len(y)})
    close(found["loss"], (error**2).mean())
    outputs = (error + HEIGHTS)[:, 0]
    close(found["first"], (outputs[0] + outputs[2]))


@case("accuracy")
def accuracy(thing, tier):
    scores = leaf([[1.0, 2.0, 0.0], [3.0, 1.0, 2.0], [0.0, 1.0, 2.0]], tier)
    close(thing(scores, np.array([1, 2, 2])), 2 / 3)


@case("summary")
def summary(thing, tier):
    model = model_of(nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2, bias=False)), tier)
    found = thing(model, np.zeros((5, 4)))
    assert found.parameters == found.trainable == 4 * 3 + 3 + 3 * 2
    assert [row.parameters for row in found.rows][1:] == [15, 0, 6]
    assert [row.shapes for row in found.rows][1:] == [((5, 3),), ((5, 3),), ((5, 2),)]


# --- callbacks ---


def clipped(make, expected):
    """A case: what becomes of the gradients 3 and -4, and 12, before a step."""

    def run(thing, tier):
        model, optimizer = a_line(tier)
        engine.sum(model.weight * [[3.0, -4.0]]).backward()
        engine.sum(model.bias * [12.0]).backward()
        make(thing).before_step(Run(model, optimizer, nn.EpochHistory()))
        close(np.append(model.weight.grad, model.bias.grad), expected)

    return run


case("ClipGradNorm")(
    clipped(lambda thing: thing(6.5), np.array([3.0, -4.0, 12.0]) * 6.5 / (13 + 1e-6))
)
case("ClipGradValue")(clipped(lambda thing: thing(3.5), [3.0, -3.5, 3.5]))


def epochs(callback, numbers, tier):
    """A run whose model has the number of the epoch as its bias, as far as the callback lets it."""
    model, optimizer = a_line(tier)
    run = Run(model, optimizer, nn.EpochHistory())
    callback.begin(run)
    for epoch, number in enumerate(numbers, start=1):
        nn.init.constant_(model.bias, epoch)
        run.history.rows.append({"epoch": epoch, "loss": number})
        callback.after_epoch(run)
        if run.stopped:
            break
    callback.end(run)
    return run


@case("EarlyStopping")
def early_stopping(thing, tier):
    """Bad, good, bad, bad: the best is the third, and the fifth is the last."""
    run = epochs(thing(patience=2, restore_best=True), [2.0, 3.0, 1.0, 1.5, 1.2, 0.5], tier)
    assert len(run.history) == 5
    close(run.model.bias, [3.0])


@case("SaveBest")
def save_best(thing, tier):
    """Of four epochs the third is the best: its weights are in the file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "best.npz"
        run = epochs(thing(path), [2.0, 3.0, 1.0, 1.5], tier)
        close(run.model.bias, [4.0])
        assert path.exists()
        nn.load(run.model, path)
    close(run.model.bias, [3.0])


@case("StepSchedule", tiers=NO_TIER)
def step_schedule(thing, tier):
    for every, moment in (("epoch", "after_epoch"), ("batch", "after_step")):
        model, optimizer = a_line(tier)
        run = Run(model, optimizer, nn.EpochHistory())
        callback = thing(nn.ExponentialLR(optimizer, 0.5), every)
        for _ in range(3):
            getattr(callback, moment)(run)
        close(optimizer.param_groups[0]["lr"], 0.1 / 8)


# --- micrograd's models ---


def set_weights(model):
    """Fixed numbers for the parameters; gives them back."""
    numbers = wave(len(model.parameters()), start=1.0)
    for p, number in zip(model.parameters(), numbers, strict=True):
        p.data = float(number)
    return numbers


def of_values(make, oracle):
    """A case: a model of Values is the oracle of its input and its parameters, in a row."""

    def run(thing, tier):
        model = make(thing)
        numbers = set_weights(model)
        x = leaf(wave(3), tier)
        y = model(list(x))
        y = engine.stack([y] if isinstance(y, engine.Value) else y)
        close(y, oracle(wave(3), numbers))
        weights = wave(len(y), start=3.0)
        engine.sum(y * weights).backward()
        arrays = [wave(3), numbers]
        found = [x.grad, np.array([p.grad for p in model.parameters()])]
        for i in range(2):
            slopes = differences(lambda *a: (oracle(*a) * weights).sum(), arrays, i)
            np.testing.assert_allclose(found[i], slopes, rtol=1e-5, atol=1e-7)

    return run


def layers(x, numbers, *sizes):
    """Linear maps in a row of numbers: for each neuron its weights, then its bias."""
    for n in sizes:
        rows = numbers[: n * (len(x) + 1)].reshape(n, -1)
        numbers = numbers[rows.size :]
        yield oracles.linear(x, rows[:, :-1], rows[:, -1])
        x = np.maximum(oracles.linear(x, rows[:, :-1], rows[:, -1]), 0.0)


case("scalar.Neuron", tiers=VALUES)(
    of_values(lambda thing: thing(3, nonlin=False), lambda x, p: next(layers(x, p, 1)))
)
case("scalar.Layer", tiers=VALUES)(
    of_values(lambda thing: thing(3, 2, nonlin=False), lambda x, p: next(layers(x, p, 2)))
)
case("scalar.MLP", tiers=VALUES)(
    of_values(lambda thing: thing(3, [4, 2]), lambda x, p: list(layers(x, p, 4, 2))[-1])
)


@case("scalar.expand", tiers=VALUES)
def expand(thing, tier):
    """The neuron w·x + b in sums and products: the same numbers, and no neuron."""

    def make(_):
        neuron = nn.scalar.Neuron(3, nonlin=False)

        def model(x):
            y = thing(neuron(x))
            assert "neuron" not in {node.op.name for node in engine.toposort(y) if node.op}
            return y

        model.parameters = neuron.parameters
        return model

    of_values(make, lambda x, p: next(layers(x, p, 1)))(thing, tier)
