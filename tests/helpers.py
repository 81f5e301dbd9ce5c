"""What many tests share: leaves of either tier, an op on either tier, ops of one's own.

The plain numbers of anything are `engine.to_numpy`.  The files of literal numbers, test_traps_*.py,
use nothing from here, so that a helper gone soft is noticed.
"""

import contextlib

import numpy as np
from strategies import float_positions

import engine
from engine import Tensor, Value, ValueArray


def leaf(data, dtype=None):
    """A Tensor that collects a gradient."""
    return Tensor(data, requires_grad=True, dtype=dtype)


#: How to make an array into a leaf, or an array of leaves, by the name of the tier.
LEAVES = {"tensor": leaf, "value": ValueArray.of}


def op_on_values(op, params, args, g=1.0):
    """An elementwise op on the scalar tier: value, and gradient of each number input."""
    nodes = [Value(x) if i in float_positions(op) else x for i, x in enumerate(args)]
    y = op(*nodes, **params)
    y.backward(g)
    return y.data, [nodes[i].grad for i in float_positions(op)]


def op_on_tensors(op, params, args, g=None, dtype=np.float64):
    """An elementwise op on the tensor tier: value, and gradient of each number input."""
    nodes = [leaf(x, dtype) if i in float_positions(op) else x for i, x in enumerate(args)]
    with np.errstate(all="ignore"):
        y = op(*nodes, **params)
        y.backward(np.ones(y.shape) if g is None else g)
    return y.data, [nodes[i].grad for i in float_positions(op)]


@contextlib.contextmanager
def own_ops():
    """Rows of the table that are added inside are taken out at the end; no other changes."""
    before = dict(engine.registry)
    try:
        yield
    finally:
        for name in set(engine.registry) - set(before):
            engine.unregister(name)
    assert dict(engine.registry) == before
