"""Runs the cases of tests/golden/make_torch_layers.py here, and compares with PyTorch's numbers."""

import json
from pathlib import Path

import numpy as np
import pytest
from helpers import LEAVES
from make_torch_layers import CASES, wave, weights

import engine
import nn
from engine import Tensor, ValueArray, to_numpy

GOLDEN = Path(__file__).resolve().parents[1] / "golden"

TORCH = json.loads((GOLDEN / "torch_layers.json").read_text(encoding="utf-8"))


def cases(*kinds):
    """A decorator that runs a test with every case of the named layer classes."""
    chosen = [case for case in CASES if case[1] in kinds]
    assert chosen
    return pytest.mark.parametrize("case", chosen, ids=[case[0] for case in chosen])


def made(case, make=None):
    """The layer of a case, with the weights it starts from; `make` stands in for its class."""
    _, kind, args, options, _ = case
    layer = (make or getattr(nn, kind))(*args, **options)
    layer.load_state_dict({**layer.state_dict(), **weights(layer.state_dict())})
    return layer


def backward(y):
    """Backward from the results' sum with the weights that make_torch_layers has."""
    engine.sum(y * wave(*y.shape, start=3.0)).backward()


def input_of(layer, x):
    """An input of a layer's own tier, to be differentiated if it holds floats."""
    if x.dtype.kind != "f":
        return x
    scalar = any(isinstance(p, ValueArray) for p in layer.parameters())
    return LEAVES["value" if scalar else "tensor"](x)


def close(got, expected):
    """PyTorch's numbers, to far better than 1e-6."""
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-9)


def check_first_pass(case, layer, to_leaf=input_of):
    """Result and gradients of the first step, on the tier of the layer."""
    expected = TORCH[case[0]]
    x = to_leaf(layer, case[4][0])
    y = layer(x)
    close(to_numpy(y), expected["output"])
    if expected["input_grad"] is None and not expected["grads"]:
        return
    backward(y)
    if expected["input_grad"] is not None:
        close(x.grad, expected["input_grad"])
    grads = {name: p.grad for name, p in layer.named_parameters()}
    assert list(grads) == list(expected["grads"])
    for name, g in grads.items():
        close(g, expected["grads"][name])


def check_training(case):
    """The state after all steps, the buffers included, and the result in eval mode."""
    expected = TORCH[case[0]]
    layer = made(case)
    for x in case[4]:
        layer.zero_grad()
        y = layer(input_of(layer, x))
        if isinstance(y, Tensor) and y.requires_grad:
            backward(y)
        for p in layer.parameters():
            p.data = p.data - 0.1 * p.grad
    state = layer.state_dict()
    assert list(state) == list(expected["state"])
    for name, array in expected["state"].items():
        assert state[name].shape == np.shape(array), name
        close(state[name], array)
    close(to_numpy(layer.eval()(case[4][0])), expected["eval"])


def check_float32(case):
    """Results, gradients, weights and buffers stay float32, and near the float64 numbers."""
    layer = made(case).to(np.float32)
    x = case[4][0]
    x = Tensor(x, requires_grad=True, dtype=np.float32) if x.dtype.kind == "f" else x
    y = layer(x)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y.data, TORCH[case[0]]["output"], rtol=1e-3, atol=1e-4)
    if y.requires_grad:
        backward(y)
    for p in [*layer.parameters(), *([x] if isinstance(x, Tensor) else [])]:
        assert p.grad is None or p.grad.dtype == np.float32
    assert all(b.dtype == np.float32 for b in layer.buffers() if b.dtype.kind == "f")
    assert layer.eval()(case[4][0].astype(x.dtype)).dtype == np.float32


def on_values(layer, x):
    """An input of the scalar tier, to be differentiated if it holds floats."""
    return ValueArray.of(x) if x.dtype.kind == "f" else x


def check_all(case):
    """Everything above, and the first pass on the scalar tier too."""
    check_first_pass(case, made(case))
    check_first_pass(case, made(case).scalar(), on_values)
    check_training(case)
    check_float32(case)
