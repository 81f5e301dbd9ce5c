"""The cases of layers, activations and losses, and of the functions behind them."""

import json
import math
from pathlib import Path

import layer_cases
import make_torch_losses as torch_losses
import numpy as np
import oracles
import torch_training
from cases import (
    CASES,
    case,
    close,
    function_case,
    function_of,
    layer_case,
    model_of,
    of_parameters,
    wave,
)
from helpers import LEAVES
from torch_training import torch_cases

import engine
import nn
from engine import to_numpy

GOLDEN = Path(__file__).resolve().parents[1] / "golden"

LOSSES = json.loads((GOLDEN / "torch_losses.json").read_text(encoding="utf-8"))

# --- layers, by PyTorch's numbers ---


def golden_layer(golden):
    """A run of a case of make_torch_layers: result and gradients."""

    def run(thing, tier):
        layer = layer_cases.made(golden, thing)
        if tier == "value":
            layer_cases.check_first_pass(golden, layer.scalar(), layer_cases.on_values)
        else:
            layer_cases.check_first_pass(golden, layer)

    def program(thing, tier):
        return of_parameters(model_of(layer_cases.made(golden, thing), tier), golden[4][0])

    run.program = program
    return run


for golden in layer_cases.CASES:
    if golden[1] not in CASES and not golden[1].startswith("Dropout"):  # PyTorch draws others
        case(golden[1])(golden_layer(golden))


def trained(group, name, make, call, *inputs):
    """A run of a case of make_torch_sequences: results, gradients, three steps of training."""

    def run(thing, tier):
        expected = torch_training.TORCH[group][name]
        torch_training.check(make(thing), inputs, call, expected, tier == "value")

    def program(thing, tier):
        model = make(thing)
        shapes = {name: p.shape for name, p in model.state_dict().items()}
        model.load_state_dict(torch_cases.start_weights(shapes))
        return of_parameters(model_of(model, tier), *inputs, call=lambda *x: joined(call(*x)))

    run.program = program
    return run


def joined(results):
    """Several results as one."""
    return engine.concatenate([y.reshape(-1) for y in results])


def flat(results):
    """Results in a row; an LSTM's last states are a pair."""
    return [y for x in results for y in (x if isinstance(x, tuple) else (x,))]


LATER, TALL = torch_cases.CAUSAL, torch_cases.TALL
for kind in ("RNN", "GRU", "LSTM"):
    case(kind)(
        trained(
            "recurrent", f"{kind} plain", lambda thing: thing(3, 2),
            lambda m, x: flat(m(x)),
            torch_cases.X,
        )
    )  # fmt: skip
for kind in ("RNNCell", "GRUCell", "LSTMCell"):
    case(kind)(
        trained(
            "cells", f"{kind} states", lambda thing: thing(3, 2), torch_cases.step_of,
            *torch_cases.cell_inputs(kind, torch_cases.X[0], True),
        )
    )  # fmt: skip
case("MultiHeadAttention")(
    trained(
        "attention", "causal", lambda thing: thing(4, 2, batch_first=True),
        lambda m, x: m(x, x, x, attn_mask=LATER), TALL,
    )
)  # fmt: skip
case("TransformerBlock")(
    trained(
        "block", "pre-norm, causal", lambda thing: thing(4, 2, 6, causal=True),
        lambda m, x: [m(x)], TALL,
    )
)  # fmt: skip

case("TransformerEncoderLayer")(
    trained(
        "block", "post-norm, relu",
        lambda thing: thing(4, 2, 6, dropout=0.0, batch_first=True), lambda m, x: [m(x)], TALL,
    )
)  # fmt: skip
case("TransformerEncoder")(
    trained(
        "encoder", "time first, mask",
        lambda thing: thing(nn.TransformerEncoderLayer(4, 2, 6, dropout=0.0), 2),
        lambda m, x: [m(x, LATER)], TALL.transpose(1, 0, 2),
    )
)  # fmt: skip

# --- activations, each as a Module and as a function ---

X = 2 * wave(3, 4, start=0.3)  # no kink of relu among them

for name, oracle in oracles.ACTIVATIONS.items():
    if hasattr(nn, name):
        function_case(name, oracle, X, call=lambda thing, x: thing()(x))
for function, name in {
    "relu": "ReLU", "leaky_relu": "LeakyReLU", "elu": "ELU", "silu": "SiLU", "gelu": "GELU",
    "tanh": "Tanh", "sigmoid": "Sigmoid", "softplus": "Softplus", "softmax": "Softmax",
    "log_softmax": "LogSoftmax", "logsigmoid": "LogSigmoid",
}.items():  # fmt: skip
    function_case(function, oracles.ACTIVATIONS[name], X)

# --- layers and functions, by their formulas ---

IMAGES, SEQUENCES = 2 * wave(2, 4, 5, 4), 2 * wave(2, 3, 7)
A, B = wave(4, start=1.0), wave(4, start=2.0)
CONV = {"stride": (2, 1), "padding": (1, 2), "dilation": (1, 2), "groups": 2}

layer_case("Linear", oracles.linear, wave(2, 3, 4), lambda thing: thing(4, 2))
layer_case("MLP", oracles.mlp, X, lambda thing: thing([4, 3, 2]))
layer_case(
    "Sequential", oracles.mlp, X,
    lambda thing: thing(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)),
)  # fmt: skip
layer_case(
    "Residual", lambda x, w, b: x + oracles.linear(x, w, b), X, lambda thing: thing(nn.Linear(4, 4))
)
function_case(
    "CosineSimilarity", lambda x, y: oracles.cosine_similarity(x, y), X, wave(3, 4, start=1.0),
    call=lambda thing, x, y: thing()(x, y),
)  # fmt: skip
function_case("Flatten", lambda x: x.reshape(2, 20, 4).reshape(2, 80), IMAGES,
              call=lambda thing, x: thing()(x))  # fmt: skip

function_case("linear", oracles.linear, X, wave(2, 4, start=1.0), wave(2, start=2.0))
function_case(
    "pad", lambda x: np.pad(x, ((1, 2), (0, 1))), X,
    call=lambda thing, x: thing(x, (0, 1, 1, 2)),
)  # fmt: skip
function_case(
    "conv2d", lambda x, w, b: oracles.conv2d(x, w, b, **CONV),
    IMAGES, wave(6, 2, 3, 2, start=1.0), wave(6, start=2.0),
    call=lambda thing, x, w, b: thing(x, w, b, **CONV),
)  # fmt: skip
function_case(
    "conv1d", oracles.conv1d, SEQUENCES, wave(2, 3, 3, start=1.0), wave(2, start=2.0),
    call=lambda thing, x, w, b: thing(x, w, b, stride=2, padding=1, dilation=2),
)  # fmt: skip
function_case(
    "conv_transpose2d", lambda x, w, b: oracles.conv_transpose2d(x, w, b, (2, 1), (1, 0), 2),
    2 * wave(2, 4, 3, 2), wave(4, 2, 3, 2, start=1.0), wave(4, start=2.0),
    call=lambda thing, x, w, b: thing(x, w, b, stride=(2, 1), padding=(1, 0), groups=2),
)  # fmt: skip
function_case(
    "conv_transpose1d",
    lambda x, w, b: oracles.conv_transpose2d(
        x[:, :, None], w[:, :, None], b, (1, 2), (0, 1), 1
    )[:, :, 0],
    2 * wave(2, 3, 4), wave(3, 2, 3, start=1.0), wave(2, start=2.0),
    call=lambda thing, x, w, b: thing(x, w, b, stride=2, padding=1),
)  # fmt: skip
function_case(
    "interpolate", lambda x: x[:, :, [0, 0, 1, 1]][..., [0, 0, 1, 1, 2, 2]], 2 * wave(2, 3, 2, 3),
    call=lambda thing, x: thing(x, scale_factor=2),
)  # fmt: skip
function_case(
    "normalize", lambda x: x / (np.abs(x) ** 3).sum(1, keepdims=True) ** (1 / 3), X,
    call=lambda thing, x: thing(x, p=3.0),
)  # fmt: skip
function_case(
    "cosine_similarity", lambda x, y: oracles.cosine_similarity(x, y), X, wave(3, 4, start=1.0)
)  # fmt: skip
function_case(
    "instance_norm",
    lambda x, w, b: oracles.instance_norm(x) * w[:, None, None] + b[:, None, None], IMAGES, A, B,
    call=lambda thing, x, w, b: thing(x, weight=w, bias=b),
)  # fmt: skip
for name, best in (("max_pool", np.max), ("avg_pool", np.mean)):
    function_case(
        f"{name}2d", lambda x, best=best: oracles.pool2d(x, best, (2, 3), (1, 2), (1, 1)), IMAGES,
        call=lambda thing, x: thing(x, (2, 3), (1, 2), 1),
    )  # fmt: skip
    function_case(
        f"{name}1d", lambda x, best=best: oracles.pool1d(x, best, 3, 2), SEQUENCES,
        call=lambda thing, x: thing(x, 3, 2),
    )  # fmt: skip
function_case(
    "adaptive_avg_pool2d", lambda x: oracles.adaptive_avg_pool2d(x, (3, 2)), IMAGES,
    call=lambda thing, x: thing(x, (3, 2)),
)  # fmt: skip
function_case(
    "batch_norm", lambda x, w, b: oracles.standardized(x, (0, 2, 3)) * w[:, None, None]
    + b[:, None, None], IMAGES, A, B,
    call=lambda thing, x, w, b: thing(x, None, None, w, b, training=True),
)  # fmt: skip
function_case(
    "layer_norm", lambda x, w, b: oracles.standardized(x, (-1,)) * w + b, X, A, B,
    call=lambda thing, x, w, b: thing(x, 4, w, b),
)  # fmt: skip
function_case(
    "group_norm", lambda x, w, b: oracles.group_norm(x, 2, w, b), IMAGES, A, B,
    call=lambda thing, x, w, b: thing(x, 2, w, b),
)  # fmt: skip
function_case(
    "rms_norm", lambda x, w: oracles.rms_norm(x, w, 0.1), X, A,
    call=lambda thing, x, w: thing(x, 4, w, 0.1),
)  # fmt: skip
function_case(
    "embedding", lambda w: w[[[0, 2], [2, 1]]], X,
    call=lambda thing, w: thing([[0, 2], [2, 1]], w),
)  # fmt: skip
function_case(
    "scaled_dot_product_attention",
    lambda q, k, v: oracles.attention(q, k, v, np.triu(np.ones((3, 4), bool), 1)),
    wave(2, 3, 2), wave(2, 4, 2, start=1.0), wave(2, 4, 3, start=2.0),
    call=lambda thing, q, k, v: thing(q, k, v, is_causal=True),
)  # fmt: skip


def chain(thing):
    """A model of a list of modules: it computes nothing, what counts is their order."""

    class Chain(nn.Module):
        def __init__(self):
            self.layers = thing([nn.Linear(4, 4), nn.Linear(4, 4)])

        def forward(self, x):
            for layer in self.layers:
                x = layer(x)
            return x

    return Chain()


def straight(x, *parameters):
    """An MLP whose activation is none."""
    return oracles.mlp(x, *parameters, activation=oracles.ACTIVATIONS["Identity"])


layer_case("ModuleList", straight, X, chain)


def by_name(thing):
    """A model of two modules in a dict, in another order than they were put there: w x + (b x)²."""

    class Affine(nn.Module):
        def __init__(self):
            self.parts = thing({"w": nn.Linear(4, 4, bias=False), "b": nn.Linear(4, 4, bias=False)})

        def forward(self, x):
            parts = {name: self.parts[name] for name in self.parts}
            return parts["w"](x) + parts["b"](x) ** 2

    return Affine()


layer_case(
    "ModuleDict", lambda x, w, b: oracles.linear(x, w) + oracles.linear(x, b) ** 2, X, by_name
)


# --- dropout: what is drawn nobody knows beforehand, but how many, and what becomes of the rest ---


def dropped(call, tier):
    """Each number is 0 or divided by 1 - p, 3 in 10 of them are 0; and so are the slopes."""
    numbers = 1 + wave(20, 20) ** 2
    x = LEAVES[tier](numbers)
    y = call(x)
    engine.sum(y).backward()
    kept = to_numpy(y) != 0
    close(y, kept * numbers / 0.7)
    close(x.grad, kept / 0.7)
    deviation = math.sqrt(0.3 * 0.7 * kept.size)
    assert abs((~kept).sum() - 0.3 * kept.size) < 4 * deviation


def dropped_channels(call, tier):
    """Each channel is zeros or divided by 1 - p, 3 in 10 of them are zeros; and so the slopes."""
    numbers = 1 + wave(20, 20, 1, 2) ** 2
    x = LEAVES[tier](numbers)
    y = call(x)
    engine.sum(y).backward()
    kept = (to_numpy(y) != 0).all(axis=(2, 3), keepdims=True)
    close(y, kept * numbers / 0.7)
    close(x.grad, (kept / 0.7) * np.ones_like(numbers))
    deviation = math.sqrt(0.3 * 0.7 * kept.size)
    assert abs((~kept).sum() - 0.3 * kept.size) < 4 * deviation


def drawn(check, make, unchanged=None):
    """A run of a check of what `make` makes of the thing; in eval mode a layer changes nothing."""

    def run(thing, tier):
        check(make(thing), tier)
        if unchanged is not None:
            function_of(lambda x: x, unchanged, call=lambda thing, x: make(thing).eval()(x))(
                thing, tier
            )

    run.program = lambda thing, _tier: (lambda x: make(thing)(x), [IMAGES])
    return run


for name, check, unchanged in (("ropout", dropped, X), ("ropout2d", dropped_channels, IMAGES)):
    case(f"d{name}")(drawn(check, lambda thing: lambda x: thing(x, 0.3, rng=0)))
    case(f"D{name}")(drawn(check, lambda thing: thing(0.3, rng=0), unchanged))


# --- losses ---


def golden_loss(golden, call):
    """A run of a case of make_torch_losses: the loss and its slopes, for each reduction."""
    name, _, x, t, options, both = golden

    def run(thing, tier):
        for reduction in torch_losses.REDUCTIONS:
            expected = LOSSES[f"{name}: {reduction}"]
            a, b = LEAVES[tier](np.asarray(x)), LEAVES[tier](np.asarray(t)) if both else t
            y = call(thing, a, b, reduction=reduction, **options)
            close(y, expected["loss"])
            engine.sum(y * wave(*np.shape(y), start=3.0)).backward()
            close(a.grad, expected["input"])
            if both:
                close(b.grad, expected["target"])

    run.program = lambda thing, _tier: (
        lambda a, b=t: call(thing, a, b, **options), [np.asarray(z) for z in (x, t)[: 1 + both]]
    )  # fmt: skip
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
function_case(
    "hinge_loss", lambda x: oracles.hinge(x, SIDES), X, call=lambda thing, x: thing(x, SIDES)
)
function_case(
    "HingeLoss", lambda x: oracles.hinge(x, SIDES, 0.5), X,
    call=lambda thing, x: thing(margin=0.5)(x, SIDES),
)  # fmt: skip


@case("functional_call")
def functional_call(thing, tier):
    """A line with another slope and offset, and the gradients of these."""
    model = model_of(nn.Linear(2, 1), tier)
    points, heights = wave(4, 2), wave(4, 1, start=1.0)
    weight, bias = LEAVES[tier]([[2.0, -1.0]]), LEAVES[tier]([0.5])
    y = thing(model, {"weight": weight, "bias": bias}, points)
    close(y, points @ [[2.0], [-1.0]] + 0.5)
    engine.sum(y * heights).backward()
    close(weight.grad, heights.T @ points)
    close(bias.grad, [heights.sum()])
