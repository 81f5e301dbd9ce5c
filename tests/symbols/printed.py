"""What tests of `source` share: the text run, and compared with what the engine computes."""

import numpy as np

import engine as E
from engine import Tensor


def run(text, arguments=None):
    """What the function of a text returns, by default for what the text was written for."""
    namespace = {}
    exec(compile(text, "<source>", "exec"), namespace)
    return namespace[text.name](**(arguments or text.arguments))


def contract(y):
    """A single number that depends on every element."""
    weights = np.cos(np.arange(y.size)).astype(y.dtype)
    return (y * weights.reshape(y.shape)).sum()


def expected_of(f, arrays, order=1):
    """Value and gradients of f; with order=2, then the Hessian times ones."""
    nodes = [Tensor(x, requires_grad=True) for x in arrays]
    y = f(*nodes)
    y.backward()
    found = [np.zeros(x.shape, x.dtype) if x.grad is None else x.grad for x in nodes]
    if order == 2:
        ones = tuple(np.ones(x.shape, x.dtype) for x in arrays)
        found += [E.to_numpy(x) for x in E.hvp(f, tuple(arrays), ones)]
    return [y.data, *found]


def agrees(f, arrays, order=1, tolerance=1e-12):
    """The text of f, after what it gives was found to be what the engine computes: there and near.

    Near is where no number that depends on the arrays can pass for one that stays.
    """
    near = [np.asarray(x * x.dtype.type(1.001)) for x in arrays]
    with np.errstate(all="ignore"):
        text = E.source(f, *arrays, order=order)
        for given in (arrays, near):
            again = E.source(f, *given, order=order).arguments  # inputs that are not f's own, too
            arguments = dict(zip(text.arguments, again.values(), strict=True))
            compared(run(text, arguments), expected_of(f, given, order), tolerance)
    return text


def compared(found, expected, tolerance):
    """What a text gives is what the engine computes."""
    for got, wanted in zip(found, expected, strict=True):
        scale = np.abs(wanted[np.isfinite(wanted)]).max(initial=1.0)
        limit = tolerance if wanted.dtype == np.float64 else float(8 * np.finfo(wanted.dtype).eps)
        assert np.shape(got) == wanted.shape
        assert np.asarray(got).dtype == wanted.dtype
        np.testing.assert_allclose(got, wanted, rtol=limit, atol=limit * scale)
