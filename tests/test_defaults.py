"""What an argument is when it is left out: PyTorch's defaults, and NumPy's for ops on arrays.

Written out by hand, as their documentation has them.  A name that is exported later fails until
its defaults stand here too.
"""

import inspect

import numpy as np
import pytest

import engine
import nn
from engine import Op, Tensor, Value
from engine.arrays.methods import ArrayMethods

CONV = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}
AVERAGE = {"padding": 0, "ceil_mode": False, "count_include_pad": True}
LARGEST = {"padding": 0, "dilation": 1, "ceil_mode": False}
RECURRENT = {
    "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0.0, "bidirectional": False
}  # fmt: skip
BATCH_NORM = {"eps": 1e-5, "momentum": 0.1, "affine": True, "track_running_stats": True}
ATTENTION = {"dropout": 0.0, "bias": True, "batch_first": False}
MEAN = {"reduction": "mean"}
LABELS = {"ignore_index": -100, "reduction": "mean"}
ADAM = {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0}

OF_NN = {
    # layers
    "Linear": {"bias": True},
    "Conv1d": {**CONV, "bias": True, "padding_mode": "zeros"},
    "Conv2d": {**CONV, "bias": True, "padding_mode": "zeros"},
    "AvgPool1d": AVERAGE,
    "AvgPool2d": AVERAGE,
    "MaxPool1d": LARGEST,
    "MaxPool2d": LARGEST,
    "BatchNorm1d": BATCH_NORM,
    "BatchNorm2d": BATCH_NORM,
    "LayerNorm": {"eps": 1e-5, "elementwise_affine": True, "bias": True},
    "GroupNorm": {"eps": 1e-5, "affine": True},
    "RMSNorm": {"elementwise_affine": True},
    "Dropout": {"p": 0.5},
    "Flatten": {"start_dim": 1, "end_dim": -1},
    "RNN": {**RECURRENT, "nonlinearity": "tanh"},
    "LSTM": RECURRENT,
    "GRU": RECURRENT,
    "MultiHeadAttention": ATTENTION,
    "MultiheadAttention": ATTENTION,
    "TransformerBlock": {
        "dropout": 0.0, "activation": "gelu", "norm_first": True, "causal": False, "bias": True,
        "layer_norm_eps": 1e-5,
    },
    "ELU": {"alpha": 1.0},
    "GELU": {"approximate": "none"},
    "LeakyReLU": {"negative_slope": 0.01},
    "LogSoftmax": {"dim": -1},
    "Softmax": {"dim": -1},
    "Softplus": {"beta": 1.0},
    # losses
    "L1Loss": MEAN,
    "MSELoss": MEAN,
    "BCELoss": MEAN,
    "BCEWithLogitsLoss": MEAN,
    "HuberLoss": {**MEAN, "delta": 1.0},
    "SmoothL1Loss": {**MEAN, "beta": 1.0},
    "HingeLoss": {**MEAN, "margin": 1.0},
    "KLDivLoss": {**MEAN, "log_target": False},
    "NLLLoss": LABELS,
    "CrossEntropyLoss": {**LABELS, "label_smoothing": 0.0},
    # functions
    "conv1d": CONV,
    "conv2d": CONV,
    "avg_pool1d": AVERAGE,
    "avg_pool2d": {**AVERAGE},
    "max_pool1d": LARGEST,
    "max_pool2d": LARGEST,
    "batch_norm": {"training": False, "momentum": 0.1, "eps": 1e-5},
    "layer_norm": {"eps": 1e-5},
    "group_norm": {"eps": 1e-5},
    "dropout": {"p": 0.5, "training": True},
    "scaled_dot_product_attention": {"dropout_p": 0.0, "is_causal": False},
    "l1_loss": MEAN,
    "mse_loss": MEAN,
    "binary_cross_entropy": MEAN,
    "binary_cross_entropy_with_logits": MEAN,
    "huber_loss": {**MEAN, "delta": 1.0},
    "smooth_l1_loss": {**MEAN, "beta": 1.0},
    "hinge_loss": {**MEAN, "margin": 1.0},
    "kl_div": {**MEAN, "log_target": False},
    "nll_loss": LABELS,
    "cross_entropy": {**LABELS, "label_smoothing": 0.0},
    # optimizers
    "SGD": {
        "lr": 1e-3, "momentum": 0.0, "dampening": 0.0, "weight_decay": 0.0, "nesterov": False
    },
    "RMSprop": {
        "lr": 1e-2, "alpha": 0.99, "eps": 1e-8, "weight_decay": 0.0, "momentum": 0.0,
        "centered": False,
    },
    "Adagrad": {
        "lr": 1e-2, "lr_decay": 0.0, "weight_decay": 0.0, "initial_accumulator_value": 0.0,
        "eps": 1e-10,
    },
    "Adam": ADAM,
    "AdamW": {**ADAM, "weight_decay": 1e-2},
    "Lion": {"lr": 1e-4, "betas": (0.9, 0.99), "weight_decay": 0.0},
    "clip_grad_norm_": {"norm_type": 2.0, "error_if_nonfinite": False},
    # schedules
    "StepLR": {"gamma": 0.1},
    "MultiStepLR": {"gamma": 0.1},
    "CosineAnnealingLR": {"eta_min": 0.0},
    "LinearWarmup": {"start_factor": 1 / 3, "total_iters": 5},  # PyTorch's LinearLR
    "OneCycleLR": {
        "pct_start": 0.3, "anneal_strategy": "cos", "cycle_momentum": True, "base_momentum": 0.85,
        "max_momentum": 0.95, "div_factor": 25.0, "final_div_factor": 1e4, "three_phase": False,
    },
    "ReduceLROnPlateau": {
        "mode": "min", "factor": 0.1, "patience": 10, "threshold": 1e-4, "threshold_mode": "rel",
        "cooldown": 0, "min_lr": 0.0, "eps": 1e-8,
    },
    # training
    "EarlyStopping": {"patience": 5, "mode": "min", "min_delta": 0.0, "restore_best": False},
    "SaveBest": {"mode": "min", "min_delta": 0.0},
    "ClipGradNorm": {"norm_type": 2.0},
    "StepSchedule": {"every": "epoch"},
    "DataLoader": {"batch_size": 1, "shuffle": False, "drop_last": False},
    "fit": {"epochs": 1, "callbacks": (), "progress": True},
    "load": {"strict": True},
    # model
    "Parameter": {"requires_grad": True, "label": ""},
    "ModuleList": {"modules": ()},
    "MLP": {"activation": engine.relu},
}  # fmt: skip

REDUCTIONS = [
    "all", "any", "amax", "amin", "argmax", "argmin", "logsumexp", "max", "mean", "min", "norm",
    "prod", "sum",
]  # fmt: skip
ALONG = {
    0: ["chunk", "concat", "concatenate", "split", "stack", "unbind"],
    -1: ["argsort", "log_softmax", "softmax", "sort", "take_along_axis"],
}
OF_ENGINE = {
    **{name: {"keepdims": False} for name in REDUCTIONS},
    **{name: {"axis": axis} for axis, names in ALONG.items() for name in names},
    "std": {"ddof": 0, "keepdims": False},
    "var": {"ddof": 0, "keepdims": False},
    "cat": {"dim": 0},
    "diagonal": {"offset": 0, "axis1": 0, "axis2": 1},
    "trace": {"offset": 0, "axis1": 0, "axis2": 1},
    "flatten": {"start_dim": 0, "end_dim": -1},
    "pad": {"mode": "constant", "constant_values": 0.0},
    "tensordot": {"axes": 2},
    "elu": {"alpha": 1.0},
    "gelu": {"approximate": "none"},
    "leaky_relu": {"negative_slope": 0.01},
    "softplus": {"beta": 1.0},
    "as_integers": {"dtype": np.int64},
    # checks and derivatives
    "gradcheck": {"order": 2, "rtol": 1e-5, "atol": 1e-6},
    "compare": {"samples": 200, "seed": 0},
    "expand": {"index": (), "limit": 200_000},
    **{name: {"argnums": 0} for name in ("grad", "value_and_grad", "jacobian", "hessian")},
    # rows; a fused op and one on whole arrays round more often
    "elementwise": {"ulp": 4, "doc": "", "infix": False, "commutative": False, "replace": False},
    "shape_op": {"ulp": 64, "variadic": False, "infix": False, "replace": False},
    "fused": {"ulp": 64, "wide": False, "replace": False},
}


def defaults(function):
    """The arguments of a function or class that may be left out, but for those that are None."""
    signature = inspect.signature(function.forward if isinstance(function, Op) else function)
    return {
        name: parameter.default
        for name, parameter in signature.parameters.items()
        if parameter.default is not parameter.empty and parameter.default is not None
    }


def exported(package):
    """The public functions and classes of a package; exceptions have no arguments of ours."""
    return {
        name: thing
        for name, thing in vars(package).items()
        if not name.startswith("_")
        and callable(thing)
        and not (isinstance(thing, type) and issubclass(thing, Exception))
    }


def test_every_default_of_nn_stands_here():
    found = {name: defaults(thing) for name, thing in exported(nn).items()}
    assert {name for name, has in found.items() if has} == OF_NN.keys()


@pytest.mark.parametrize("name", OF_NN)
def test_defaults_of_nn(name):
    assert defaults(getattr(nn, name)) == OF_NN[name]


@pytest.mark.parametrize("name", OF_ENGINE)
def test_defaults_of_engine(name):
    assert defaults(getattr(engine, name)) == OF_ENGINE[name]


def test_every_default_of_an_op_stands_here():
    ops = {name: op for name, op in exported(engine).items() if isinstance(op, Op)}
    ops = {name: op for name, op in ops.items() if not isinstance(op.forward, np.ufunc)}
    assert {name for name, op in ops.items() if defaults(op)} <= OF_ENGINE.keys()


def test_a_method_has_the_defaults_of_its_function():
    for name, method in vars(ArrayMethods).items():
        if callable(method) and not name.startswith("_") and hasattr(engine, name):
            assert defaults(method) == defaults(getattr(engine, name)), name


def test_backward_keeps_the_gradients_of_all_values_and_of_leaves_among_tensors():
    """micrograd's habit, and PyTorch's."""
    assert defaults(Value.backward) == {"create_graph": False, "retain_grads": True}
    assert defaults(Tensor.backward) == {"create_graph": False, "retain_grads": False}
