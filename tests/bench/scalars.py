"""Workloads of the scalar tier: plain operators on Values, floats by hand, micrograd."""

import itertools
import random

from bench.contenders import NN, Program, workload
from engine import Value
from nn import scalar
from nn.datasets import make_moons

# --- the expression of micrograd's README ---


def expression(lib, data, leaves):
    """It touches most of micrograd's operators."""
    a, b = leaves
    c = a + b
    d = a * b + b**3
    c += c + 1
    c += 1 + c + (-a)
    d += d * 2 + (b + a).relu()
    d += 3 * d + (b - a).relu()
    e = c - d
    f = e**2
    g = f / 2.0
    g += 10.0 / f
    return g


def expression_by_hand(data, leaves):
    """Its derivative, simplified as one would: c = 4a + 4b + 3 − a, d times 3, then times 4."""
    a, b = leaves
    c1 = a + b
    d1 = a * b + b**3
    c2 = c1 + (c1 + 1)
    c3 = c2 + (1 + c2 + (-a))
    plus = b + a
    d2 = d1 + (d1 * 2 + (plus if plus > 0 else 0.0))
    minus = b - a
    d3 = d2 + (3 * d2 + (minus if minus > 0 else 0.0))
    e = c3 - d3
    f = e**2
    g = f / 2.0 + 10.0 / f
    de = (0.5 - 10.0 / f**2) * 2 * e
    dd = -de * 12
    of_plus = -de * 4 * (plus > 0)
    of_minus = -de * (minus > 0)
    da = 3 * de + dd * b + of_plus - of_minus
    db = 4 * de + dd * (a + 3 * b**2) + of_plus + of_minus
    return g, [da, db]


# --- a student's least-squares loop ---


def least_squares(lib, data, leaves):
    """The sum of squared residuals of a line through 60 points, one at a time."""
    w, b = leaves
    loss = 0.0
    for x, t in data:
        d = (w * x + b) - t
        loss = loss + d**2
    return loss


def least_squares_by_hand(data, leaves):
    """The same in floats."""
    w, b = leaves
    loss = dw = db = 0.0
    for x, t in data:
        d = (w * x + b) - t
        loss += d**2
        g = 2 * d
        dw += g * x
        db += g
    return loss, [dw, db]


def points(count):
    """Of a line, and noise."""
    rng = random.Random(0)
    return [(x, 2 * x - 1 + rng.gauss(0, 0.1)) for x in (i / count for i in range(count))]


# --- a training step on moons, 2-16-16-1, neuron by neuron ---

SIZES = [2, 16, 16, 1]
ALPHA = 1e-4


def layered(flat, sizes):
    """A flat list of weights as layers of neurons: a list of weights, and a bias, each."""
    rest = iter(flat)
    return [
        [([next(rest) for _ in range(nin)], next(rest)) for _ in range(nout)]
        for nin, nout in itertools.pairwise(sizes)
    ]


def moons(lib, data, leaves):
    """micrograd's demo: hinge loss and L2, 100 points."""
    value = lib.Value
    layers = layered(leaves, SIZES)
    losses = []
    for row, target in data:
        x = [value(number) for number in row]
        for i, layer in enumerate(layers):
            acts = [sum((w * v for w, v in zip(ws, x, strict=True)), b) for ws, b in layer]
            x = acts if i == len(layers) - 1 else [act.relu() for act in acts]
        losses.append((1 + -target * x[0]).relu())
    return sum(losses) * (1.0 / len(losses)) + ALPHA * sum(p * p for p in leaves)


def moons_by_hand(data, leaves):
    """The same in floats: the layers' loops, and the loops back."""
    layers = layered(leaves, SIZES)
    slopes = [[[0.0] * len(ws) for ws, _ in layer] for layer in layers]
    of_biases = [[0.0] * len(layer) for layer in layers]
    loss = 0.0
    for row, target in data:
        x, inputs = row, []
        for i, layer in enumerate(layers):
            inputs.append(x)
            x = [sum((w * v for w, v in zip(ws, x, strict=True)), b) for ws, b in layer]
            if i < len(layers) - 1:
                x = [v if v > 0 else 0.0 for v in x]
        margin = 1 + -target * x[0]
        if margin <= 0:
            continue
        loss += margin
        g = [-target / len(data)]
        for i in range(len(layers) - 1, -1, -1):
            x, below = inputs[i], [0.0] * len(inputs[i])
            for j, (ws, _) in enumerate(layers[i]):
                gj = g[j]
                if gj == 0.0:
                    continue
                of_biases[i][j] += gj
                row_of = slopes[i][j]
                for k, w in enumerate(ws):
                    row_of[k] += gj * x[k]
                    below[k] += gj * w
            g = [gk if v > 0 else 0.0 for gk, v in zip(below, x, strict=True)]
    flat = [
        s
        for layer, biases in zip(slopes, of_biases, strict=True)
        for neuron, bias in zip(layer, biases, strict=True)
        for s in (*neuron, bias)
    ]
    total = loss / len(data) + ALPHA * sum(p * p for p in leaves)
    return total, [s + 2 * ALPHA * p for s, p in zip(flat, leaves, strict=True)]


def moons_program():
    """100 points and weights drawn as micrograd draws them."""
    x, labels = make_moons(100, noise=0.1, seed=0)
    rng = random.Random(1337)
    leaves = [
        rng.uniform(-1, 1) if k < nin else 0.0
        for nin, nout in itertools.pairwise(SIZES)
        for _ in range(nout)
        for k in range(nin + 1)
    ]
    data = list(zip(x.tolist(), (2.0 * labels - 1).tolist(), strict=True))
    return Program(moons, moons_by_hand, leaves, data)


def by_nn(program):
    """A step by `nn.scalar.MLP`, whose neurons are a node each."""
    model = scalar.MLP(SIZES[0], SIZES[1:])
    for p, x in zip(model.parameters(), program.leaves, strict=True):
        p.data = x

    def step():
        losses = [(1 + -t * model(list(map(Value, row)))).relu() for row, t in program.data]
        reg = sum(p * p for p in model.parameters())
        loss = sum(losses) * (1.0 / len(losses)) + ALPHA * reg
        model.zero_grad()
        loss.backward()
        return loss.data, [p.grad for p in model.parameters()]

    return step


# --- chains and dot products ---


def chain(lib, data, leaves):
    """Each node is made of the one before: a product and a sum in turn."""
    (x,) = leaves
    y = x
    for _ in range(data[0] // 2):
        y = y * 0.5 + x
    return y


def chain_by_hand(data, leaves):
    """Forward, then the slopes of the same steps back."""
    (x,) = leaves
    y = x
    for _ in range(data[0] // 2):
        y = y * 0.5 + x
    g, dx = 1.0, 0.0
    for _ in range(data[0] // 2):
        dx += g
        g *= 0.5
    return y, [dx + g]


def dot(lib, data, leaves):
    """A sum of products, half of the leaves times the other half."""
    half = len(leaves) // 2
    return sum(x * y for x, y in zip(leaves[:half], leaves[half:], strict=True))


def dot_by_hand(data, leaves):
    """The slopes are the other half."""
    half = len(leaves) // 2
    xs, ys = leaves[:half], leaves[half:]
    total = 0.0
    for x, y in zip(xs, ys, strict=True):
        total += x * y
    return total, [*ys, *xs]


def workloads():
    """Those of this module."""
    rng = random.Random(0)
    factors = [rng.uniform(-1, 1) for _ in range(20_000)]
    yield workload(
        "README expression",
        Program(expression, expression_by_hand, [-4.0, 2.0]),
        ("micrograd", "torch"),
    )
    yield workload(
        "least-squares loop",
        Program(least_squares, least_squares_by_hand, [0.5, 0.25], points(60)),
        ("micrograd", "autograd", "torch", "jax"),
    )
    program = moons_program()
    yield workload("moons MLP step, plain operators", program, own={NN: lambda: by_nn(program)})
    for length in (1_000, 10_000, 100_000, 1_000_000):
        yield workload(
            f"chain of {length:,}",
            Program(chain, chain_by_hand, [1.5], [length]),
            ("micrograd",) if length <= 100_000 else (),
            units=length,
        )
    yield workload("dot of 10,000", Program(dot, dot_by_hand, factors), units=20_000)
