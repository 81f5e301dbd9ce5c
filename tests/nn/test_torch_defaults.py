"""Defaults are PyTorch's; where nn has an argument of its own, its default is written down here.

A default is part of what a function does: changed unnoticed, it changes every program.
"""

import inspect
import json
from pathlib import Path

import pytest
from cases import exported

import nn

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "torch_defaults.json"
TORCH = json.loads(GOLDEN.read_text(encoding="utf-8"))

#: Where to look: some of PyTorch's functions are built in, and show no defaults.
OTHER_NAMES = {
    "LinearWarmup": "LinearLR",
    "MultiHeadAttention": "MultiheadAttention",
    "conv1d": "Conv1d", "max_pool1d": "MaxPool1d", "avg_pool1d": "AvgPool1d",
    "conv2d": "Conv2d", "max_pool2d": "MaxPool2d", "avg_pool2d": "AvgPool2d",
}  # fmt: skip

RECURRENT = {
    "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0.0, "bidirectional": False
}  # fmt: skip
#: What PyTorch has not, has under no name (*args), or has otherwise.
OWN = {
    "Softmax": {"dim": -1},  # PyTorch's None guesses, and warns
    "LogSoftmax": {"dim": -1},
    "ModuleList": {"modules": ()},
    "RNN": {**RECURRENT, "nonlinearity": "tanh"},
    "LSTM": RECURRENT,
    "GRU": RECURRENT,
    "TransformerBlock": {
        "dropout": 0.0, "activation": "gelu", "norm_first": True, "causal": False, "bias": True,
        "layer_norm_eps": 1e-5,
    },
    "TransformerEncoderLayer": {"activation": "relu"},  # a function in PyTorch
    "HingeLoss": {"margin": 1.0, "reduction": "mean"},
    "Lion": {"lr": 1e-4, "betas": (0.9, 0.99), "weight_decay": 0.0, "maximize": False},
    "EarlyStopping": {"patience": 5, "mode": "min", "min_delta": 0.0, "restore_best": False},
    "SaveBest": {"mode": "min", "min_delta": 0.0},
    "ClipGradNorm": {"norm_type": 2.0},
    "StepSchedule": {"every": "epoch"},
    "fit": {"epochs": 1, "callbacks": (), "progress": True, "compile": False},
    "load": {"strict": True},
    "Parameter": {"label": ""},
    "DataLoader": {
        "batch_size": 1, "shuffle": False, "drop_last": False, "num_workers": 0,
        "pin_memory": False, "persistent_workers": False,
    },
    "scalar.Neuron": {"nonlin": True},
    "hinge_loss": {"margin": 1.0, "reduction": "mean"},
    "scaled_dot_product_attention": {"dropout_p": 0.0, "is_causal": False},
}  # fmt: skip


def defaults(thing):
    """The defaults of a function's or class's arguments; what is None has none."""
    return {
        name: parameter.default
        for name, parameter in inspect.signature(thing).parameters.items()
        if isinstance(parameter.default, bool | int | float | str | tuple)
    }


def theirs(name):
    """PyTorch's defaults of the thing of this name, a function's before an initializer's."""
    name = OTHER_NAMES.get(name, name)
    return next((TORCH[k] for k in (f"functional.{name}", f"init.{name}", name) if k in TORCH), {})


def plain(x):
    """As JSON has it: a tuple is a list."""
    return list(x) if isinstance(x, tuple) else x


@pytest.mark.parametrize("name", [name for name in exported() if theirs(name) or name in OWN])
def test_a_default_is_pytorchs_or_stated(name):
    known = {**theirs(name), **OWN.get(name, {})}
    for argument, default in defaults(exported()[name]).items():
        assert argument in known, (
            f"{argument} of {name} is {default!r}: PyTorch has no such default"
        )
        assert plain(default) == plain(known[argument]), argument


def test_a_function_of_pytorchs_functional_is_in_ours_too():
    theirs = {name.removeprefix("functional.") for name in TORCH if name.startswith("functional.")}
    assert sorted(theirs & set(exported()) - set(vars(nn.functional))) == []


def test_what_is_stated_differs_from_pytorch_and_is_there():
    for name, stated in OWN.items():
        found = defaults(exported()[name])
        for argument, default in stated.items():
            assert argument in found, f"{name} has no default {argument}"
            assert plain(default) != theirs(name).get(argument, "none"), (name, argument)


def test_the_defaults_of_early_stopping_are_five_epochs_and_any_gain():
    stopping = nn.EarlyStopping()
    run = nn.callbacks.Run(nn.Module(), None, nn.EpochHistory())
    for epoch, loss in enumerate([1.0, 1.0 - 1e-9, *[1.0] * 9], start=1):
        run.history.rows.append({"epoch": epoch, "loss": loss})
        stopping.after_epoch(run)
        if run.stopped:
            break
    assert (epoch, stopping.best_epoch) == (7, 2)
