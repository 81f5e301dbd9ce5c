"""Activations as modules: PyTorch's values and derivatives, on either tier.

The literals are PyTorch 2.13's, at `X`, with upstream gradient 1.
"""

import numpy as np
import pytest

import nn
from engine import Tensor, ValueArray, to_numpy

X = [-1000.0, -3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0, 1000.0]

# fmt: off
TANH = (
    [-1.0, -0.995054753687, -0.761594155956, -0.46211715726, 0.0, 0.46211715726, 0.761594155956,
     0.995054753687, 1.0],
    [0.0, 0.00986603716544, 0.419974341614, 0.786447732966, 1.0, 0.786447732966, 0.419974341614,
     0.00986603716544, 0.0])
SIGMOID = (
    [0.0, 0.0474258731776, 0.26894142137, 0.377540668798, 0.5, 0.622459331202, 0.73105857863,
     0.952574126822, 1.0],
    [0.0, 0.0451766597309, 0.196611933241, 0.235003712202, 0.25, 0.235003712202, 0.196611933241,
     0.0451766597309, 0.0])
CASES = [
    (nn.Identity(), X, [1.0] * 9),
    (nn.ReLU(), [0.0] * 5 + X[5:], [0.0] * 5 + [1.0] * 4),
    (nn.LeakyReLU(), [-10.0, -0.03, -0.01, -0.005, 0.0, *X[5:]], [0.01] * 5 + [1.0] * 4),
    (nn.LeakyReLU(0.2), [-200.0, -0.6, -0.2, -0.1, 0.0, *X[5:]], [0.2] * 5 + [1.0] * 4),
    (nn.ELU(),
     [-1.0, -0.950212931632, -0.632120558829, -0.393469340287, 0.0, *X[5:]],
     [0.0, 0.0497870683679, 0.367879441171, 0.606530659713, *[1.0] * 5]),
    (nn.ELU(0.5),
     [-0.5, -0.475106465816, -0.316060279414, -0.196734670144, 0.0, *X[5:]],
     [0.0, 0.0248935341839, 0.183939720586, 0.303265329856, 0.5, *[1.0] * 4]),
    (nn.SiLU(),
     [0.0, -0.142277619533, -0.26894142137, -0.188770334399, 0.0, 0.311229665601, 0.73105857863,
      2.85772238047, 1000.0],
     [0.0, -0.0881041060152, 0.0723294881285, 0.260038812697, 0.5, 0.739961187303, 0.927670511871,
      1.08810410602, 1.0]),
    (nn.GELU(),
     [0.0, -0.00404969409489, -0.158655253931, -0.154268769363, 0.0, 0.345731230637,
      0.841344746069, 2.99595030591, 1000.0],
     [0.0, -0.0119456472042, -0.0833154705877, 0.132504875344, 0.5, 0.867495124656, 1.08331547059,
      1.0119456472, 1.0]),
    (nn.GELU("tanh"),
     [0.0, -0.00363739208177, -0.158808009392, -0.154285990175, 0.0, 0.345714009825,
      0.841191990608, 2.99636260792, 1000.0],
     [0.0, -0.011584166631, -0.0829640838458, 0.132630096465, 0.5, 0.867369903535, 1.08296408385,
      1.01158416663, 1.0]),
    (nn.Tanh(), *TANH),
    (nn.Sigmoid(), *SIGMOID),
    (nn.Softplus(),
     [0.0, 0.0485873515737, 0.313261687518, 0.47407698418, 0.69314718056, 0.97407698418,
      1.31326168752, 3.04858735157, 1000.0],
     [0.0, 0.0474258731776, 0.26894142137, 0.377540668798, 0.5, 0.622459331202, 0.73105857863,
      0.952574126822, 1.0]),
    (nn.Softplus(2.0),
     [0.0, 0.00123784256887, 0.0634640055215, 0.156630843759, 0.34657359028, 0.656630843759,
      1.06346400552, 3.00123784257, 1000.0],
     [0.0, 0.00247262315663, 0.119202922022, 0.26894142137, 0.5, 0.73105857863, 0.880797077978,
      0.997527376843, 1.0]),
]

# at Z, with upstream gradient W
Z = [[1.0, 2.0, -1.0], [0.0, 1000.0, -1000.0]]
W = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
ROWS = [
    (nn.Softmax(),
     [[0.259496460342, 0.705384512698, 0.0351190269593], [0.0, 1.0, 0.0]],
     [[-0.201271310599, 0.158272366507, 0.0429989440914], [0.0, 0.0, 0.0]]),
    (nn.Softmax(0),
     [[0.73105857863, 0.0, 1.0], [0.26894142137, 1.0, 0.0]],
     [[-0.589835799724, 0.0, 0.0], [0.589835799724, 0.0, 0.0]]),
    (nn.LogSoftmax(),
     [[-1.34901221677, -0.349012216768, -3.34901221677], [-1000.0, 0.0, -2000.0]],
     [[-0.556978762055, -2.23230707619, 2.78928583824], [4.0, -10.0, 6.0]]),
]
# fmt: on


@pytest.mark.parametrize("tier", [Tensor, ValueArray.of])
@pytest.mark.parametrize(("module", "values", "slopes"), CASES, ids=lambda x: repr(x)[:30])
def test_values_and_derivatives_are_pytorchs(module, values, slopes, tier):
    x = tier(X, requires_grad=True)
    y = module(x)
    y.sum().backward()
    numbers = to_numpy(y)
    np.testing.assert_allclose(numbers, values, rtol=2e-10, atol=1e-12)
    np.testing.assert_allclose(x.grad, slopes, rtol=2e-10, atol=1e-12)


@pytest.mark.parametrize("tier", [Tensor, ValueArray.of])
@pytest.mark.parametrize(("module", "values", "slopes"), ROWS, ids=lambda x: repr(x)[:30])
def test_values_and_derivatives_along_an_axis_are_pytorchs(module, values, slopes, tier):
    x = tier(Z, requires_grad=True)
    y = module(x)
    (y * W).sum().backward()
    numbers = to_numpy(y)
    np.testing.assert_allclose(numbers, values, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(x.grad, slopes, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("module", [case[0] for case in CASES + ROWS], ids=repr)
def test_shape_dtype_and_lists(module):
    x = np.random.default_rng(0).normal(size=(2, 3)).astype(np.float32)
    y = module(Tensor(x))
    assert y.shape == (2, 3)
    assert y.dtype == np.float32
    assert np.shape(np.asarray(module([[1.0, -2.0]]))) == (1, 2)


def test_settings_are_in_the_repr_and_bad_ones_are_named():
    assert repr(nn.LeakyReLU(0.2)) == "LeakyReLU(negative_slope=0.2)"
    assert repr(nn.ELU(0.5)) == "ELU(alpha=0.5)"
    assert repr(nn.GELU("tanh")) == "GELU(approximate='tanh')"
    assert repr(nn.Softplus(2)) == "Softplus(beta=2)"
    assert repr(nn.Softmax(0)) == "Softmax(dim=0)"
    with pytest.raises(ValueError, match="approximate must be 'none' or 'tanh', got 'fast'"):
        nn.GELU("fast")
    with pytest.raises(ValueError, match="beta must be positive, got 0"):
        nn.Softplus(0)
