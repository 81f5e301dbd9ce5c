"""Workloads of the tensor tier: plain operators on Tensors, NumPy by hand, the array libraries."""

import itertools

import numpy as np

from bench.contenders import Program, library, why_not, workload
from bench.contest import HAND, OURS, Workload
from engine import Tensor
from nn.datasets import make_moons

# --- one op on 4x4: what a Tensor adds to bare NumPy ---

#: Of workloads on both, and how far results may be apart.
FLOATS = ((np.float32, 1e-3), (np.float64, 1e-9))

DEPTH = 20
rng = np.random.default_rng(0)
A, B, G = (rng.uniform(0.1, 0.3, (4, 4)) for _ in range(3))

#: op: on tensors of any library; in NumPy; its gradients by hand, from g, result and input.
SMALL_OPS = {
    "x + w": (lambda x, w: x + w, lambda x: x + B, lambda g, y, x: (g, g)),
    "x * w": (lambda x, w: x * w, lambda x: x * B, lambda g, y, x: (g * B, g * x)),
    "x.tanh()": (lambda x, w: x.tanh(), np.tanh, lambda g, y, x: (g * (1.0 - y * y), None)),
    "x.relu()": (
        lambda x, w: x.relu(), lambda x: np.maximum(x, 0.0), lambda g, y, x: (g * (y > 0), None)
    ),
    "x @ w": (lambda x, w: x @ w, lambda x: x @ B, lambda g, y, x: (g @ B.T, x.T @ g)),
}  # fmt: skip


def chain_of_tensors(op, tensor, seed):
    """Forward and backward of an op applied many times in a row, by twingrad or torch."""
    x, w = tensor(A, requires_grad=True), tensor(B, requires_grad=True)

    def step():
        x.grad = w.grad = None
        y = x
        for _ in range(DEPTH):
            y = op(y, w)
        y.backward(seed)
        return 0.0, [y.data, x.grad] + [g for g in [w.grad] if g is not None]

    return step


def chain_by_hand(forward, gradients):
    """The same in bare NumPy: forward, then backward with the gradient of w summed up."""

    def step():
        results = [A]
        for _ in range(DEPTH):
            results.append(forward(results[-1]))
        g, of_w = G, None
        for i in range(DEPTH, 0, -1):
            g, part = gradients(g, results[i], results[i - 1])
            of_w = part if of_w is None or part is None else of_w + part
        return 0.0, [results[-1], g] + [x for x in [of_w] if x is not None]

    return step


def small_ops():
    """A workload for each op of `SMALL_OPS`."""
    for name, (op, forward, gradients) in SMALL_OPS.items():
        makers = {
            HAND: lambda f=forward, g=gradients: chain_by_hand(f, g),
            OURS: lambda op=op: chain_of_tensors(op, Tensor, G),
        }
        if not why_not("torch"):
            tensor = library("torch").tensor
            makers["torch"] = lambda op=op, tensor=tensor: chain_of_tensors(op, tensor, tensor(G))
        yield Workload(f"4×4 {name}, {DEPTH} times", makers, units=DEPTH)


# --- MLPs ---


def hidden(lib, x, leaves):
    """The scores of an MLP with relu between its layers; leaves are w, b, w, b, …"""
    for w, b in zip(leaves[:-2:2], leaves[1:-2:2], strict=True):
        x = lib.relu(x @ w + b)
    return x @ leaves[-2] + leaves[-1]


def margin_loss(lib, data, leaves):
    """Hinge loss and L2, as in micrograd's demo."""
    x, y = data
    score = hidden(lib, x, leaves)
    margin = lib.relu(1 - y * score)
    reg = sum((w**2).sum() for w in leaves[::2])
    return margin.sum() / len(x) + 1e-4 * reg


def cross_entropy(lib, data, leaves):
    """Of scores, by one-hot targets."""
    x, targets = data
    score = hidden(lib, x, leaves)
    total = lib.exp(score).sum(1)
    return (lib.log(total) - (score * targets).sum(1)).sum() / len(x)


def mlp_by_hand(ending):
    """An MLP's step in NumPy; `ending(data, score)` gives the loss and the slope of the scores."""

    def step(data, leaves):
        pairs = list(zip(leaves[::2], leaves[1::2], strict=True))
        inputs = [data[0]]
        for w, b in pairs[:-1]:
            h = inputs[-1] @ w
            h += b
            inputs.append(np.maximum(h, 0, out=h))
        w, b = pairs[-1]
        loss, g = ending(data, inputs[-1] @ w + b)
        gradients = []
        for (w, _), h in zip(pairs[::-1], inputs[::-1], strict=True):
            gradients += [g.sum(0), h.T @ g]
            if h is not data[0]:
                g = (g @ w.T) * (h > 0)
        return loss, gradients[::-1]

    return step


def margin_by_hand(data, score):
    """Hinge loss, and its slope."""
    x, y = data
    margin = np.maximum(1 - y * score, 0)
    return margin.sum() / len(x), (margin > 0) * (-1 / len(x)) * y


def margin_loss_by_hand(data, leaves):
    """`margin_loss` and its gradients."""
    loss, gradients = mlp_by_hand(margin_by_hand)(data, leaves)
    for i in range(0, len(leaves), 2):
        w = leaves[i]
        loss += 1e-4 * (w * w).sum()
        gradients[i] += 2e-4 * w
    return loss, gradients


def cross_entropy_by_hand(data, score):
    """Cross entropy, and its slope."""
    x, targets = data
    p = np.exp(score)
    total = p.sum(1)
    loss = (np.log(total) - (score * targets).sum(1)).sum() / len(x)
    p /= total[:, None]
    p -= targets
    p /= len(x)
    return loss, p


def weights(sizes, dtype=float):
    """Of an MLP, a matrix and a bias a layer."""
    rng = np.random.default_rng(0)
    for m, n in itertools.pairwise(sizes):
        yield (rng.normal(size=(m, n)) * (2 / m) ** 0.5).astype(dtype)
        yield np.zeros(n, dtype)


def moons_program(sizes=(2, 16, 16, 1)):
    """The two moons, 100 points."""
    x, labels = make_moons(100, noise=0.1, seed=0)
    data = [x, 2.0 * labels[:, None] - 1]
    return Program(margin_loss, margin_loss_by_hand, list(weights(sizes)), data)


def classes_program(sizes, dtype, batch=64):
    """Random images and classes."""
    rng = np.random.default_rng(0)
    x = rng.uniform(size=(batch, sizes[0])).astype(dtype)
    targets = np.eye(sizes[-1], dtype=dtype)[rng.integers(0, sizes[-1], batch)]
    step = mlp_by_hand(cross_entropy_by_hand)
    return Program(cross_entropy, step, list(weights(sizes, dtype)), [x, targets])


# --- 20 elementwise ops ---


def elementwise(lib, data, leaves):
    """Twenty ops over arrays of one shape, then their sum."""
    x, w = leaves
    a = lib.tanh(x * w + 0.5)
    b = lib.exp(a * -0.5) * x
    c = lib.relu(b - w) + a * a
    d = lib.sqrt(c * c + 1.0)
    e = lib.log(d + 1.5) * w - a
    return ((e / d) * lib.tanh(e) + c).sum()


def elementwise_by_hand(data, leaves):
    """The same, and its derivative op by op."""
    x, w = leaves
    a = np.tanh(x * w + 0.5)
    grown = np.exp(a * -0.5)
    b = grown * x
    gap = b - w
    c = np.maximum(gap, 0) + a * a
    d = np.sqrt(c * c + 1.0)
    logged = np.log(d + 1.5)
    e = logged * w - a
    ratio, bent = e / d, np.tanh(e)
    loss = (ratio * bent + c).sum()
    de = bent / d + ratio * (1 - bent * bent)
    dd = -bent * ratio / d + de * w / (d + 1.5)
    dc = 1 + dd * c / d
    db = dc * (gap > 0)
    dw = de * logged - db
    da = 2 * a * dc - de - 0.5 * grown * x * db
    inner = da * (1 - a * a)
    return loss, [db * grown + inner * w, dw + inner * x]


def elementwise_program(size, dtype=float):
    """On `size` numbers."""
    rng = np.random.default_rng(0)
    leaves = [rng.normal(size=size).astype(dtype) for _ in "xw"]
    return Program(elementwise, elementwise_by_hand, leaves)


# --- gather and scatter-add ---


def gather(lib, data, leaves):
    """Rows of a table, each times what comes from above."""
    (table,) = leaves
    index, above = data
    return (table[index] * above).sum()


def gather_by_hand(data, leaves):
    """The gradient of a small table: a product with a one-hot matrix, the fastest in NumPy."""
    (table,) = leaves
    index, above = data
    loss = (table[index] * above).sum()
    one_hot = np.zeros((len(table), index.size))
    one_hot[index.ravel(), np.arange(index.size)] = 1.0
    return loss, [one_hot @ above.reshape(index.size, -1)]


def messages_by_hand(data, leaves):
    """`messages` and its gradient; rows are added up by bincount, far faster than np.add.at."""
    (x,) = leaves
    source, target = data
    total = rows_added(x[source], target, x.shape)
    return (total * total).sum(), [rows_added((2 * total)[target], source, x.shape)]


def rows_added(rows, index, shape):
    """Zeros of a shape with rows added at an index."""
    width = shape[1]
    places = index[:, None] * width + np.arange(width)
    return np.bincount(places.ravel(), rows.ravel(), shape[0] * width).reshape(shape)


def messages(lib, data, leaves):
    """Along the edges of a graph: rows gathered at their sources, added up at their targets."""
    (x,) = leaves
    source, target = data
    total = lib.scatter_add(x[source], x.shape, target)
    return (total * total).sum()


def gather_program(rows, width, shape):
    """Random rows of a table."""
    rng = np.random.default_rng(0)
    data = [rng.integers(0, rows, shape), rng.normal(size=(*shape, width))]
    return Program(gather, gather_by_hand, [rng.normal(size=(rows, width))], data)


def messages_program(nodes, width, edges):
    """A random graph."""
    rng = np.random.default_rng(0)
    data = [rng.integers(0, nodes, edges) for _ in "st"]
    return Program(messages, messages_by_hand, [rng.normal(size=(nodes, width))], data)


def workloads():
    """Those of this module."""
    yield from small_ops()
    yield workload("tensor MLP 2-16-16-1, plain operators", moons_program())
    for dtype, tolerance in FLOATS:
        name = f"20 elementwise ops on 1e6, {np.dtype(dtype).name}"
        program = elementwise_program(1_000_000, dtype)
        yield workload(name, program, tolerance=tolerance, units=20_000_000)
    yield workload("gather 4096×8 of 27 rows of 32", gather_program(27, 32, (4096, 8)))
    yield workload("gather and scatter-add", messages_program(1000, 32, 4096), ("torch", "jax"))
