"""What an argument of the engine is when it is left out: NumPy's defaults, or PyTorch's.

Written out by hand, as their documentation has them.  An op that is exported later fails until
its defaults stand here too.  Those of nn are in tests/nn/test_torch_defaults.py.
"""

import inspect

import numpy as np
import pytest

import engine
from engine import Op, Tensor, Value
from engine.arrays.methods import ArrayMethods

REDUCTIONS = [
    "all", "any", "amax", "amin", "argmax", "argmin", "logsumexp", "max", "mean", "min", "prod",
    "std", "sum", "var",
]  # fmt: skip
ALONG = {
    0: ["chunk", "concat", "concatenate", "stack", "unbind"],
    -1: ["log_softmax", "softmax", "take_along_axis"],
}
OF_ENGINE = {
    **{name: {"keepdims": False} for name in REDUCTIONS},
    **{name: {} for name in ("max", "min", "std", "var")},  # None: the keyword decides
    **{name: {"axis": axis} for axis, names in ALONG.items() for name in names},
    "argsort": {"axis": -1, "descending": False},
    "norm": {"keep": False, "keepdims": False},
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
    "nan_to_num": {"nan": 0.0},
    "digamma": {"n": 0},
    "as_integers": {"dtype": np.int64},
    # checks and derivatives
    "gradcheck": {"order": 2, "rtol": 1e-5, "atol": 1e-6},
    "compare": {"samples": 200, "seed": 0},
    "expand": {"index": (), "limit": 200_000},
    **{
        name: {"argnums": 0, "has_aux": False}
        for name in ("grad", "value_and_grad", "jacobian", "hessian")
    },
    "vjp": {"has_aux": False},
    "grad_of": {"create_graph": False, "only_inputs": True, "allow_unused": False},
    # rows; a fused op and one on whole arrays round more often
    "elementwise": {"ulp": 4, "doc": "", "infix": False, "commutative": False, "replace": False},
    "shape_op": {"ulp": 64, "variadic": False, "infix": False, "replace": False},
    "fused": {"ulp": 64, "wide": False, "replace": False},
}


NO_PADS = ((0, 0), (0, 0))
OF_FUSED = {
    "im2col": {"kernel": (1, 1), "stride": (1, 1), "padding": NO_PADS, "dilation": (1, 1)},
    "col2im": {"shape": (), "stride": (1, 1), "padding": NO_PADS, "dilation": (1, 1)},
    "conv2d": {"stride": (1, 1), "padding": NO_PADS, "dilation": (1, 1), "groups": 1},
    "max_pool2d": {"kernel": (2, 2), "stride": (2, 2), "padding": NO_PADS, "dilation": (1, 1)},
    "standardize": {"axis": (-1,), "eps": 1e-5, "center": True},
    "rnn_scan": {"nonlinearity": "tanh"},
    "bce_with_logits": {"pos_weight": 1.0},
    "hinge": {"margin": 1.0},
    "cross_entropy": {"scale": 1.0, "total": False},
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


def test_defaults_of_fused_ops():
    fused = {name: op for name, op in engine.registry.items() if op.kind == "fused"}
    assert {name: defaults(op) for name, op in fused.items() if defaults(op)} == OF_FUSED


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
            if name == "norm":  # there p stands first, as in PyTorch
                continue
            assert defaults(method) == defaults(getattr(engine, name)), name


def test_backward_keeps_the_gradients_of_all_values_and_of_leaves_among_tensors():
    """micrograd's habit, and PyTorch's."""
    assert defaults(Value.backward) == {"create_graph": False, "retain_grads": True}
    assert defaults(Tensor.backward) == {"create_graph": False, "retain_grads": False}
