"""Random graphs of both tiers, for tests that hold for any graph."""

import numpy as np
from hypothesis import strategies as st

import engine
from engine import Tensor, Value
from nn.scalar.neuron import linear_neuron, relu_neuron

#: Ops of one and of two inputs that can be applied to anything and keep numbers tame.
UNARY = ["tanh", "sin", "sigmoid", "relu", "square", "neg", "abs", "softplus", "sign"]
BINARY = ["add", "sub", "mul", "maximum", "minimum", "logaddexp"]
SHAPES = [(), (3,), (2, 3), (2, 1), (1,)]

FLOATS = st.floats(-3, 3, allow_subnormal=False).map(lambda x: round(x, 3)) | st.sampled_from(
    [0.0, -0.0, 1.0]
)
PICKS = st.tuples(st.sampled_from(UNARY + BINARY), st.integers(0, 99), st.integers(0, 99))


def grown(leaves, picks, extra):
    """Nodes made of `leaves` by a list of (op, input, input); constants and special ops too."""
    nodes = list(leaves)
    for name, i, j in picks:
        a, b = nodes[i % len(nodes)], nodes[j % len(nodes)]
        op = engine.registry[name]
        if j % 7 == 6:
            b = 0.5
        made = op(a) if name in UNARY else op(a, b)
        nodes.append(extra(made, a, b, i))
    return nodes


def _value_extra(made, a, b, i):
    if i % 11 == 3:
        return relu_neuron(made, a, b, made, 0.25)
    if i % 11 == 5:
        return linear_neuron(a, made, made)
    if i % 11 == 7:
        return engine.where(a, made, b)
    return made**3 if i % 11 == 9 else made


@st.composite
def value_graphs(draw, max_ops=8):
    """The root of a random graph of Values, some leaves without a gradient."""
    numbers = draw(st.lists(FLOATS, min_size=1, max_size=4))
    frozen = draw(st.integers(0, 3))
    leaves = [
        Value(x, label=f"x{i}", requires_grad=i == 0 or i != frozen) for i, x in enumerate(numbers)
    ]
    nodes = grown(leaves, draw(st.lists(PICKS, min_size=1, max_size=max_ops)), _value_extra)
    return nodes[-1] + nodes[0] * nodes[len(nodes) // 2]


def _tensor_extra(made, a, b, i):
    if i % 11 == 3:
        return engine.sum(made, axis=-1, keepdims=True) if made.ndim else made
    if i % 11 == 5 and made.ndim:
        return engine.softmax(made, axis=-1)
    if i % 11 == 7:
        return engine.where(a, made, b)
    if i % 11 == 9 and made.ndim == 2:
        return made @ engine.transpose(made)
    return made


@st.composite
def tensor_graphs(draw, max_ops=7):
    """The root, one number, of a random graph of Tensors of shapes that broadcast."""
    shapes = draw(st.lists(st.sampled_from(SHAPES), min_size=1, max_size=4))
    frozen = draw(st.integers(0, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    leaves = [
        Tensor(
            np.round(rng.normal(size=shape), 2),
            requires_grad=i == 0 or i != frozen,
            dtype=np.float32 if draw(st.booleans()) else np.float64,
            label=f"x{i}",
        )
        for i, shape in enumerate(shapes)
    ]
    picks = draw(st.lists(PICKS, min_size=1, max_size=max_ops))
    nodes = leaves
    for pick in picks:  # a shape that does not broadcast with another is left out
        try:
            nodes = grown(nodes, [pick], _tensor_extra)
        except ValueError:
            continue
    return engine.sum(nodes[-1]) + engine.sum(nodes[0] * nodes[0])
