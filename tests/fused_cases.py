"""Inputs for every fused op of the registry: add one entry here with a new op.

`tests/test_fused.py` runs each case on both tiers against the composed form the op is short for,
and against finite differences at first and second order, and fails while an op has no case.
"""

import numpy as np

import engine as E
import nn  # noqa: F401 - registers the fused ops of layers and losses
from engine import WideOp

RNG = np.random.default_rng(20)


def normal(*shape):
    """Fixed normal numbers; of no axes, one Python float."""
    return RNG.normal(size=shape) if shape else float(RNG.normal())


def numbers(count):
    """As many single Python floats: what a wide op takes."""
    return tuple(float(x) for x in RNG.normal(size=count))


def case(*inputs, **params):
    """One call of an op.

    Float arrays and Python floats among the inputs are differentiated; anything else (index
    arrays, masks, None) is passed on as it is.  Stay clear of kinks: finite differences are
    taken here.
    """
    return inputs, params


CASES = {
    "attention_weights": [
        case(normal(2, 2, 3)),
        case(normal(2, 3, 3), mask=np.triu(np.ones((3, 3), bool), 1)),
        case(normal(2, 3), mask=np.array([[True, True, True], [False, True, False]])),
    ],
    "bce_with_logits": [
        case(normal(2, 3), normal(2, 3)),
        case(normal(3), normal(3), pos_weight=np.array([0.5, 1.0, 2.0])),
    ],
    "cross_entropy": [
        case(normal(3, 4), target=np.array([0, 3, 1])),
        case(normal(3, 4), target=np.array([0, 3, 1]), scale=0.5, total=True),
        case(normal(2, 4), target=np.array([2, 2]), scale=np.array([0.5, 2.0]), total=True),
        case(normal(2, 4), target=np.array([2, 0]), scale=np.array([0.5, 2.0])),
        case(normal(0, 4), target=np.zeros(0, int), total=True),
        case(normal(2, 65), target=np.array([2, 64]), total=True),  # too wide to transpose
    ],
    "gru_scan": [case(normal(3, 2, 6), normal(6, 2), normal(6), normal(2, 2))],
    "lstm_scan": [case(normal(3, 2, 8), normal(8, 2), normal(2, 2), normal(2, 2))],
    "hinge": [
        case(np.array([0.5, 2.0, -0.3]), np.array([1.0, 1.0, -1.0])),
        case(normal(2), np.array([1.0, -1.0]), margin=9.0),
    ],
    "linear": [
        case(normal(3, 4), normal(2, 4), normal(2)),
        case(normal(4), normal(2, 4), normal(2)),
        case(normal(2, 3, 4), normal(5, 4), normal(5)),
        case(normal(0, 4), normal(2, 4), normal(2)),
    ],
    "im2col": [
        case(normal(2, 3, 4, 5), kernel=(2, 3)),
        case(normal(1, 2, 5, 4), kernel=(2, 2), stride=(2, 1), padding=((1, 0), (0, 2))),
        case(normal(2, 1, 5, 6), kernel=(2, 3), stride=(1, 2), dilation=(3, 2)),
        case(normal(2, 3, 2, 2)),  # windows of one number: nothing is copied
    ],
    "col2im": [
        case(normal(2, 3, 2, 3, 3, 3), shape=(2, 3, 4, 5)),
        case(normal(1, 2, 2, 2, 3, 5), shape=(1, 2, 5, 4), stride=(2, 1), padding=((1, 0), (0, 2))),
        case(normal(2, 1, 2, 3, 2, 1), shape=(2, 1, 5, 6), stride=(1, 2), dilation=(3, 2)),
        case(normal(2, 3, 1, 1, 2, 2), shape=(2, 3, 2, 2)),
    ],
    "conv2d": [
        case(normal(2, 3, 4, 4), normal(2, 3, 3, 2), normal(2)),
        case(normal(2, 2, 4, 3), normal(3, 2, 2, 2), None, padding=((1, 1), (0, 1)), stride=(2, 1)),
        case(normal(1, 4, 4, 3), normal(6, 2, 2, 1), normal(6), groups=2, dilation=(2, 1)),
        case(normal(2, 3, 2, 2), normal(8, 3, 1, 1), normal(8)),  # more filters than windows
        case(normal(0, 2, 3, 3), normal(2, 2, 2, 2), normal(2)),
    ],
    "max_pool2d": [
        case(normal(2, 3, 4, 5)),
        case(normal(1, 2, 5, 4), kernel=(3, 2), stride=(1, 1)),  # windows overlap
        case(normal(1, 2, 5, 4), kernel=(2, 3), stride=(2, 2), padding=((1, 1), (1, 0))),
        case(normal(1, 1, 6, 7), kernel=(2, 2), stride=(2, 1), dilation=(2, 3)),
        case(normal(0, 2, 4, 4)),
    ],
    "standardize": [
        case(normal(3, 4), normal(4), normal(4)),  # layer norm
        case(normal(2, 3, 2, 2), normal(3, 1, 1), normal(3, 1, 1), axis=(0, 2, 3)),  # batch norm
        case(normal(2, 2, 2, 3), normal(2, 2, 1), None, axis=(2, 3), eps=0.1),  # group norm
        case(normal(2, 3), None, None),
        case(normal(2, 3), normal(3), None, center=False),  # RMS norm
        case(normal(2, 3), None, None, eps=0.0),
        case(1e20 * normal(2, 3), normal(3), normal(3)),  # squares overflow in float32
        case(1e20 * normal(2, 3), None, None, center=False),
    ],
    "linear_neuron": [case(*numbers(5)), case(*numbers(3)), case(*numbers(9))],
    "rnn_scan": [
        case(normal(3, 2, 2), normal(2, 2), normal(2, 2)),
        case(normal(3, 2, 2), normal(2, 2), normal(2, 2), nonlinearity="relu"),
    ],
    "relu_neuron": [
        case(1.0, 2.0, 0.5, 0.75, -0.25),  # open
        case(1.0, 2.0, -0.5, -0.75, -0.25),  # shut
    ],
}


def is_float(x):
    """Whether an input of a case is to be differentiated."""
    return type(x) is float or (isinstance(x, np.ndarray) and x.dtype.kind == "f")


def of_floats(name, i):
    """The inputs of a case to differentiate; the op and its composed form as functions of them."""
    inputs, params = CASES[name][i]
    op = E.registry[name]
    places = [k for k, x in enumerate(inputs) if is_float(x)]

    def filled(nodes):
        full = list(inputs)
        for k, node in zip(places, nodes, strict=True):
            full[k] = node
        return full

    def fused(*nodes):
        return op(*filled(nodes), **params)

    def composed(*nodes):
        return op.elements(*filled(nodes), **{**op.defaults, **params})

    return [inputs[k] for k in places], fused, composed


def tiers(name):
    """The tiers an op runs on, by name: single numbers have no Tensors."""
    return ("value",) if isinstance(E.registry[name], WideOp) else ("tensor", "value")
