"""Workloads of whole networks: the layers and losses of nn, NumPy by hand, the array libraries."""

import numpy as np

import engine
import nn
from bench.arrays import FLOATS, classes_program
from bench.contenders import COMPILED_NN, NN, Program, library, workload
from bench.contest import COMPILED, OURS
from engine import Tensor


def as_it_is(step):
    """A step that is not compiled."""
    return step


def step_of(model, loss, *data, how=as_it_is):
    """Forward and backward of a model of nn or torch; `how` may compile them."""

    def forward_and_backward(*data):
        model.zero_grad()
        total = loss(*data)
        total.backward()
        return total

    run = how(forward_and_backward)

    def step():
        total = run(*data)
        return total.data, [p.grad for p in model.parameters()]

    return step


# --- an MLP by nn ---


def mlp(program, how=as_it_is):
    """A step of `nn.MLP` and `nn.CrossEntropyLoss`, whose weights are (out, in)."""
    x, targets = program.data
    sizes = [len(w) for w in program.leaves[::2]] + [targets.shape[1]]
    model = nn.MLP(sizes).to(x.dtype)
    for p, w in zip(model.parameters(), program.leaves, strict=True):
        p.data = w.T
    classes, loss_of, x = targets.argmax(1), nn.CrossEntropyLoss(), Tensor(x)
    step = step_of(model, lambda x, classes: loss_of(model(x), classes), x, classes, how=how)

    def turned():
        loss, gradients = step()
        return loss, [g.T for g in gradients]

    return turned


# --- a conv net ---


def conv_net(lib, data, leaves):
    """conv 8, relu, pool, conv 16, relu, pool, linear, cross entropy: by plain functions."""
    x, classes, rows = data
    w1, b1, w2, b2, w3, b3 = leaves
    for w, b in ((w1, b1), (w2, b2)):
        x = lib.pool(lib.relu(lib.conv(x, w) + b.reshape(-1, 1, 1)))
    logits = lib.matmul(x.reshape(len(rows), -1), w3.T) + b3
    return (lib.log(lib.exp(logits).sum(1)) - logits[rows, classes]).mean()


def columns_of(x):
    """Every 3×3 window as a column: (N, C·9, H·W)."""
    n, c, h, w = x.shape
    padded = np.zeros((n, c, h + 2, w + 2), x.dtype)
    padded[:, :, 1:-1, 1:-1] = x
    out = np.empty((n, c, 3, 3, h, w), x.dtype)
    for i in range(3):
        for j in range(3):
            out[:, :, i, j] = padded[:, :, i : i + h, j : j + w]
    return out.reshape(n, c * 9, h * w)


def conv(x, w, b):
    """Result and columns."""
    columns = columns_of(x)
    y = w.reshape(len(w), -1) @ columns
    y += b[:, None]
    return y.reshape(len(x), len(w), *x.shape[2:]), columns


def conv_backward(g, columns, w):
    """Gradients of weight and bias."""
    g = g.reshape(*g.shape[:2], -1)
    return (g @ columns.transpose(0, 2, 1)).sum(0).reshape(w.shape), g.sum((0, 2))


def conv_input(g, w):
    """Gradient of what a convolution reads: columns added up where they came from."""
    n, filters, h, width = g.shape
    size = w.shape[1]
    back = (w.reshape(filters, -1).T @ g.reshape(n, filters, -1)).reshape(n, size, 3, 3, h, width)
    out = np.zeros((n, size, h + 2, width + 2), g.dtype)
    for i in range(3):
        for j in range(3):
            out[:, :, i : i + h, j : j + width] += back[:, :, i, j]
    return out[:, :, 1:-1, 1:-1]


def pool(x):
    """Largest of each 2×2 window, and the first place that has it, as masks."""
    rows = np.maximum(x[:, :, ::2], x[:, :, 1::2])
    y = np.maximum(rows[..., ::2], rows[..., 1::2])
    masks, taken = [], np.zeros(y.shape, bool)
    for i in (0, 1):
        for j in (0, 1):
            mask = np.greater(x[:, :, i::2, j::2] == y, taken)
            taken |= mask
            masks.append(mask)
    return y, masks


def pool_backward(g, masks):
    """g where the masks say."""
    n, c, h, w = g.shape
    out = np.empty((n, c, 2 * h, 2 * w), g.dtype)
    for k, mask in enumerate(masks):
        np.multiply(g, mask, out=out[:, :, k // 2 :: 2, k % 2 :: 2])
    return out


def conv_net_by_hand(data, leaves):
    """im2col, matrix products, masks; what backward needs is kept."""
    x, classes, rows = data
    w1, b1, w2, b2, w3, b3 = leaves
    a1, columns1 = conv(x, w1, b1)
    p1, masks1 = pool(np.maximum(a1, 0))
    a2, columns2 = conv(p1, w2, b2)
    p2, masks2 = pool(np.maximum(a2, 0))
    flat = p2.reshape(len(x), -1)
    logits = flat @ w3.T + b3
    logits -= logits.max(1, keepdims=True)
    p = np.exp(logits)
    p /= p.sum(1, keepdims=True)
    loss = -np.log(p[rows, classes]).mean()
    p[rows, classes] -= 1
    p /= len(x)
    g = pool_backward((p @ w3).reshape(p2.shape), masks2)
    g *= a2 > 0
    second = conv_backward(g, columns2, w2)
    g = pool_backward(conv_input(g, w2), masks1)
    g *= a1 > 0
    return loss, [*conv_backward(g, columns1, w1), *second, p.T @ flat, p.sum(0)]


def conv_layers(lib, size=7):
    """The net of nn's layers, or torch's."""
    return lib.Sequential(
        lib.Conv2d(1, 8, 3, padding=1), lib.ReLU(), lib.MaxPool2d(2),
        lib.Conv2d(8, 16, 3, padding=1), lib.ReLU(), lib.MaxPool2d(2),
        lib.Flatten(), lib.Linear(16 * size * size, 10),
    )  # fmt: skip


def conv_nets(dtype, batch=32):
    """The program, and how nn and torch do it with layers."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(batch, 1, 28, 28)).astype(dtype)
    classes = rng.integers(10, size=batch)
    leaves = [np.array(p.numpy(), dtype) for p in conv_layers(nn).parameters()]

    def ours(how=as_it_is):
        model, loss = loaded(conv_layers(nn), leaves), nn.functional.cross_entropy
        of_batch = lambda x, classes: loss(model(x), classes)  # noqa: E731
        return step_of(model, of_batch, Tensor(x), classes, how=how)

    def theirs():
        torch = library("torch")
        model = loaded_torch(conv_layers(torch.nn), leaves)
        inputs, targets, loss = torch.tensor(x), torch.tensor(classes), torch.nn.CrossEntropyLoss()
        return step_of(model, lambda: loss(model(inputs), targets))

    program = Program(conv_net, conv_net_by_hand, leaves, [x, classes, np.arange(batch)])
    return program, {OURS: ours, COMPILED: lambda: ours(engine.compile), "torch": theirs}


def loaded(model, leaves):
    """A model of nn with these arrays for its parameters."""
    model.to(leaves[0].dtype)
    for p, x in zip(model.parameters(), leaves, strict=True):
        p.data = x
    return model


def loaded_torch(model, leaves):
    """A model of torch with these arrays for its parameters."""
    torch = library("torch")
    torch.set_num_threads(1)
    for p, x in zip(model.parameters(), leaves, strict=True):
        p.data = torch.tensor(x)
    return model


# --- a transformer block ---

WIDTH, HEADS, TIME, BATCH = 64, 4, 64, 8


def norm(lib, v, w, b):
    """Layer norm."""
    centered = v - lib.mean(v, axis=-1, keepdims=True)
    variance = lib.mean(centered * centered, axis=-1, keepdims=True)
    return centered / lib.sqrt(variance + 1e-5) * w + b


def block(lib, data, leaves):
    """Causal attention and a relu MLP, norms first; the mean of the result's squares."""
    x, blocked = data
    w_in, b_in, w_out, b_out, w1, b1, w2, b2, n1, c1, n2, c2 = leaves
    v = lib.matmul(norm(lib, x, n1, c1), w_in.T) + b_in
    q, k, v = lib.transpose(v.reshape(BATCH, TIME, 3, HEADS, -1), (2, 0, 3, 1, 4))
    e = lib.exp(lib.matmul(q * (WIDTH // HEADS) ** -0.5, lib.transpose(k, (0, 1, 3, 2))) + blocked)
    heads = lib.matmul(e / lib.sum(e, axis=-1, keepdims=True), v)
    joined = lib.transpose(heads, (0, 2, 1, 3)).reshape(BATCH, TIME, WIDTH)
    y = x + lib.matmul(joined, w_out.T) + b_out
    hidden = lib.relu(lib.matmul(norm(lib, y, n2, c2), w1.T) + b1)
    y = y + lib.matmul(hidden, w2.T) + b2
    return lib.mean(y * y)


def norm_by_hand(v, w, b):
    """Layer norm, with what its gradient needs."""
    v = v - v.mean(-1, keepdims=True)
    scale = 1 / np.sqrt((v * v).mean(-1, keepdims=True) + v.dtype.type(1e-5))
    v *= scale
    return v * w + b, (v, scale)


def norm_backward(g, kept, w):
    """Gradients of its input, weight and bias."""
    v, scale = kept
    of_w, of_b = (g * v).sum((0, 1)), g.sum((0, 1))
    g = g * w
    g -= g.mean(-1, keepdims=True) + v * (g * v).mean(-1, keepdims=True)
    return g * scale, of_w, of_b


def flat(x):
    """Rows of the last axis."""
    return x.reshape(-1, x.shape[-1])


def block_by_hand(data, leaves):
    """The same in NumPy, forward and back."""
    x, blocked = data
    w_in, b_in, w_out, b_out, w1, b1, w2, b2, n1, c1, n2, c2 = leaves
    scale = x.dtype.type((WIDTH // HEADS) ** -0.5)
    a, kept1 = norm_by_hand(x, n1, c1)
    split = (flat(a) @ w_in.T + b_in).reshape(BATCH, TIME, 3, HEADS, -1).transpose(2, 0, 3, 1, 4)
    q, k, v = np.ascontiguousarray(split)
    q *= scale
    e = q @ k.swapaxes(2, 3)
    e += blocked
    e -= e.max(-1, keepdims=True)
    np.exp(e, out=e)
    e /= e.sum(-1, keepdims=True)
    joined = flat((e @ v).transpose(0, 2, 1, 3).reshape(x.shape))
    y = x + (joined @ w_out.T + b_out).reshape(x.shape)
    m, kept2 = norm_by_hand(y, n2, c2)
    hidden = flat(m) @ w1.T
    hidden += b1
    np.maximum(hidden, 0, out=hidden)
    out = y + (hidden @ w2.T + b2).reshape(x.shape)

    g = out * x.dtype.type(2 / x.size)
    rows = flat(g)
    of_mlp = [rows.T @ hidden, rows.sum(0)]
    back = rows @ w2
    back *= hidden > 0
    of_mlp = [back.T @ flat(m), back.sum(0), *of_mlp]
    g2, *of_norm2 = norm_backward((back @ w1).reshape(x.shape), kept2, n2)
    rows = flat(g + g2)
    of_out = [rows.T @ joined, rows.sum(0)]
    g = (rows @ w_out).reshape(BATCH, TIME, HEADS, -1).transpose(0, 2, 1, 3)
    of_e = g @ v.swapaxes(2, 3)
    of_e -= (of_e * e).sum(-1, keepdims=True)
    of_e *= e
    parts = np.empty((BATCH, TIME, 3, HEADS, WIDTH // HEADS), x.dtype)
    for i, part in enumerate((of_e @ k * scale, of_e.swapaxes(2, 3) @ q, e.swapaxes(2, 3) @ g)):
        parts[:, :, i] = part.transpose(0, 2, 1, 3)
    rows = parts.reshape(-1, 3 * WIDTH)
    of_in = [rows.T @ flat(a), rows.sum(0)]
    _, *of_norm1 = norm_backward((rows @ w_in).reshape(x.shape), kept1, n1)
    return (out * out).mean(), [*of_in, *of_out, *of_mlp, *of_norm1, *of_norm2]


def blocks(dtype):
    """The program, and how nn and torch do it with their blocks."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(BATCH, TIME, WIDTH)).astype(dtype)
    made = nn.TransformerBlock(WIDTH, HEADS, causal=True, activation="relu", rng=1)
    leaves = [np.array(p.numpy(), dtype) for p in made.parameters()]
    blocked = np.where(np.tri(TIME, dtype=bool), 0, -1e30).astype(dtype)

    def ours(how=as_it_is):
        model = loaded(nn.TransformerBlock(WIDTH, HEADS, causal=True, activation="relu"), leaves)
        return step_of(model, lambda x: (model(x) ** 2).mean(), Tensor(x), how=how)

    def theirs():
        torch = library("torch")
        layer = torch.nn.TransformerEncoderLayer(
            WIDTH, HEADS, 4 * WIDTH, dropout=0.0, batch_first=True, norm_first=True
        )
        model = loaded_torch(layer, leaves)
        mask = torch.triu(torch.ones(TIME, TIME, dtype=torch.bool), 1)
        inputs = torch.tensor(x)

        def loss():
            return (model(inputs, src_mask=mask, is_causal=True) ** 2).mean()

        return step_of(model, loss)

    own = {OURS: ours, COMPILED: lambda: ours(engine.compile), "torch": theirs}
    return Program(block, block_by_hand, leaves, [x, blocked]), own


def workloads():
    """Those of this module."""
    for dtype, tolerance in FLOATS:
        program = classes_program([784, 256, 128, 10], dtype)
        name = f"MLP 784-256-128-10, {np.dtype(dtype).name}"
        own = {NN: lambda p=program: mlp(p), COMPILED_NN: lambda p=program: mlp(p, engine.compile)}
        yield workload(name, program, own=own, tolerance=tolerance)
    for title, make, peers in (
        ("conv net", conv_nets, ("mygrad", "jax")),
        ("transformer block", blocks, ("autograd", "mygrad", "jax")),
    ):
        for dtype, tolerance in FLOATS:
            program, own = make(dtype)
            name = f"{title}, {np.dtype(dtype).name}"
            yield workload(name, program, peers, own=own, tolerance=tolerance)
