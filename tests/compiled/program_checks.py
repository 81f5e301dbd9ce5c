"""What tests of array programs share: a function as a program and op by op, and comparisons."""

import numpy as np

from engine import Tensor
from engine.symbols import Trace
from engine.writing.walk import gradients


def traced(f, examples):
    """The Symbols that f's arguments are, its result, and the gradients of that."""
    trace = Trace()
    kinds = [np.asarray(x).dtype.kind for x in examples]
    inputs = [
        trace.input(x, f"x{i}", kind == "f")
        for i, (x, kind) in enumerate(zip(examples, kinds, strict=True))
    ]
    y = f(*inputs)
    seed = trace.input(y.full(1.0), "g")
    found = gradients(y, seed, lambda *_: None)
    return inputs, seed, y, [found.get(x, x.full(0.0)) for x in inputs if x.requires_grad]


def eager(f, numbers, g):
    """Result and gradients op by op; zeros where none flows."""
    tensors = [Tensor(x, requires_grad=np.asarray(x).dtype.kind == "f") for x in numbers]
    y = f(*tensors)
    y.backward(g)
    slopes = [(x, x.grad) for x in tensors if x.requires_grad]
    return [y.numpy(), *(np.zeros(x.shape, x.dtype) if g is None else g for x, g in slopes)]


def drawn(shape, seed, dtype=float):
    """Random numbers."""
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def assert_equal(found, expected, tolerance=1e-12):
    """Same shapes, dtypes and numbers, measured against the largest in the array."""
    for one, other in zip(found, expected, strict=True):
        assert type(one) is np.ndarray
        assert (one.shape, one.dtype) == (np.shape(other), other.dtype)
        scale = max(1.0, np.abs(other[np.isfinite(other)]).max(initial=0))
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance * scale)


def assert_no_aliases(arrays, others=()):
    """No array shares memory with another of them, or with one of `others`."""
    for i, one in enumerate(arrays):
        for other in [*arrays[i + 1 :], *others]:
            assert not np.shares_memory(one, other)
