"""Writes pickles.json: what was pickled before the packages had rooms, and what it must still do.

It was run once, on the code as tagged `base-before-rooms`:

    git worktree add ../before base-before-rooms
    PYTHONPATH=../before python tests/golden/make_pickles.py

tests/test_pickles.py loads each pickle with the code of today and asks it the same questions.  Not
to be run again on newer code: the names of modules in the pickles are what is under test.
"""

import base64
import json
import math
import pickle
import zlib
from pathlib import Path

import numpy as np

import engine
import nn
import viz
from engine import Tensor, Value, ValueArray
from nn import data, optim, scalar

PATH = Path(__file__).with_name("pickles.json")


def rising(*shape):
    """Numbers without chance: a wave over an array of this shape."""
    return np.sin(np.arange(math.prod(shape)) + 1.0).reshape(shape)


# --- what is pickled ---


def value_graph():
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    y = engine.leaky_relu((a * b).tanh() + b**2 - engine.maximum(a, 1.0), negative_slope=0.1)
    y.backward()
    frozen = Value(4.0, requires_grad=False)
    return [y * frozen, a, b]


def tensor_graph():
    w = Tensor(rising(2, 3), requires_grad=True, label="w")
    x = Tensor(rising(3).astype(np.float32), requires_grad=True)
    y = engine.where(w > 0, w @ x.reshape(3, 1), w).sum(axis=1, keepdims=True)
    y.sum().backward()
    return [y, w, x]


def recorded_gradient():
    x = Tensor([2.0, 3.0], requires_grad=True)
    (x * x * x).sum().backward(create_graph=True)
    return [x.grad, x]


def modules():
    rng = np.random.default_rng(0)
    yield from (
        nn.Linear(3, 2, rng=rng), nn.Conv1d(2, 3, 2, rng=rng), nn.Conv2d(2, 3, 2, rng=rng),
        nn.Embedding(5, 3, padding_idx=1, rng=rng), nn.BatchNorm1d(3), nn.BatchNorm2d(2),
        nn.LayerNorm(3), nn.GroupNorm(1, 2), nn.RMSNorm(3), nn.AvgPool1d(2), nn.AvgPool2d(2),
        nn.AdaptiveAvgPool2d(2), nn.MaxPool1d(2), nn.MaxPool2d(2), nn.RNN(3, 2, rng=rng),
        nn.LSTM(3, 2, rng=rng), nn.GRU(3, 2, rng=rng), nn.MultiHeadAttention(4, 2, rng=rng),
        nn.TransformerBlock(4, 2, rng=rng), nn.ReLU(), nn.Tanh(), nn.Sigmoid(), nn.GELU(),
        nn.ELU(), nn.LeakyReLU(), nn.SiLU(), nn.Softplus(), nn.Softmax(), nn.LogSoftmax(),
        nn.Identity(), nn.Flatten(), nn.Dropout(0.5), nn.MLP([3, 4, 2], rng=rng),
        nn.Sequential(nn.Linear(3, 3, rng=rng), nn.Tanh()), nn.Residual(nn.Linear(3, 3, rng=rng)),
        nn.ModuleList([nn.Linear(3, 3, rng=rng)]),
    )  # fmt: skip


LOSSES = (
    "BCELoss", "BCEWithLogitsLoss", "CrossEntropyLoss", "HingeLoss", "HuberLoss", "KLDivLoss",
    "L1Loss", "MSELoss", "NLLLoss", "SmoothL1Loss",
)  # fmt: skip


def stepped(kind, **settings):
    """An optimizer after a step, so that it has something to remember, and its parameter."""
    w = nn.Parameter(rising(3), label="w")
    optimizer = kind([w], lr=0.1, **settings)
    w.grad = rising(3) + 1
    optimizer.step()
    return [optimizer, w]


def schedules():
    settings = {
        "CosineAnnealingLR": [5], "ExponentialLR": [0.5], "LambdaLR": [math.sqrt],
        "LinearWarmup": [4], "MultiStepLR": [[1, 3]], "OneCycleLR": [0.2, 8], "StepLR": [2],
    }  # fmt: skip
    for name, given in settings.items():
        optimizer, _ = stepped(optim.SGD, momentum=0.9)
        yield getattr(nn, name)(optimizer, *given)
    optimizer, _ = stepped(optim.SGD)
    parts = [nn.LinearWarmup(optimizer, 2), nn.StepLR(optimizer, 1)]
    yield nn.SequentialLR(optimizer, parts, [2])
    optimizer, _ = stepped(optim.SGD)
    yield nn.ReduceLROnPlateau(optimizer, patience=0)


def history():
    table = nn.EpochHistory()
    table.rows.append({"epoch": 1, "loss": 2.5})
    return table


def compared():
    """A comparison, with its rows and the first op whose results differ in the last place."""
    return engine.compare(lambda a, b: (engine.gelu(a) * b).sum(), np.linspace(0.1, 3.0, 6), 2.0)


# --- what is asked of it ---


def numbers_of_nodes(nodes):
    grads = [node.grad for node in nodes]
    plain = [getattr(x, "data", x) for x in (*nodes, *grads) if x is not None]
    return [np.asarray(x, dtype=np.float64).tolist() for x in plain]


def gradients_again(nodes):
    """The numbers, and what a further backward pass makes of the gradients."""
    before = numbers_of_nodes(nodes)
    engine.sum(nodes[0]).backward()
    return [before, numbers_of_nodes(nodes)]


def values_again(array):
    (array * array).sum().backward()
    return [array.values.tolist(), array.grad.tolist()]


def output(model):
    """What a module makes of an input that suits it, not training."""
    kind = type(model).__name__
    if kind == "ModuleList":
        model = model[0]
    shape = {
        "Conv1d": (1, 2, 3), "Conv2d": (1, 2, 3, 3), "BatchNorm1d": (2, 3),
        "BatchNorm2d": (2, 2, 2, 2), "GroupNorm": (2, 2), "AvgPool1d": (1, 1, 4),
        "AvgPool2d": (1, 1, 4, 4), "AdaptiveAvgPool2d": (1, 1, 4, 4), "MaxPool1d": (1, 1, 4),
        "MaxPool2d": (1, 1, 4, 4), "RNN": (2, 1, 3), "LSTM": (2, 1, 3), "GRU": (2, 1, 3),
        "MultiHeadAttention": (2, 1, 4), "TransformerBlock": (1, 2, 4),
    }.get(kind, (2, 3))  # fmt: skip
    x = np.array([[0, 1, 4]]) if kind == "Embedding" else Tensor(rising(*shape))
    model.eval()
    y = model(x, x, x) if kind == "MultiHeadAttention" else model(x)
    y = y[0] if isinstance(y, tuple) else y
    return [y.data.tolist(), *(p.data.tolist() for p in model.parameters())]


def loss(criterion):
    kind = type(criterion).__name__
    scores, target = rising(2, 3), np.abs(rising(2, 3))
    if kind in ("CrossEntropyLoss", "NLLLoss"):
        target = np.array([2, 0])
    if kind in ("BCELoss", "KLDivLoss"):
        scores = np.abs(scores)
    if kind == "HingeLoss":
        target = np.sign(rising(2, 3))
    return float(criterion(Tensor(scores), target))


def two_steps(optimizer_and_weight):
    optimizer, w = optimizer_and_weight
    for _ in range(2):
        w.grad = rising(3) + 1
        optimizer.step()
    return w.data.tolist()


def rates(schedule):
    found = []
    for _ in range(4):
        metric = [1.0] if type(schedule).__name__ == "ReduceLROnPlateau" else []
        schedule.optimizer.step()
        schedule.step(*metric)
        found.append(schedule.optimizer.param_groups[0]["lr"])
    return found


def verdict(found):
    numbers = [[row.name, row.scalar.tolist(), row.tensor.tolist()] for row in found.rows]
    slopes = [row.finite.slope.tolist() for row in found.rows[1:]]
    return [found.ok, found.title, str(found.first_difference), numbers, slopes]


def first(dataset):
    return [np.asarray(x).tolist() for x in dataset[0]]


def batches(loader):
    return [[np.asarray(x).tolist() for x in batch] for batch in loader]


def scalar_output(model):
    y = model([1.0, -2.0])
    y.backward()
    return [y.item(), *(p.grad for p in model.parameters())]


def state(table):
    return table.state_dict()


def attributes(thing):
    return {k: v for k, v in sorted(vars(thing).items()) if isinstance(v, int | float | str)}


def drawn():
    x = Value(3.0, label="x")
    return viz.draw(x * x)


def stepped_root():
    x = Tensor(rising(2, 2), requires_grad=True, label="x")
    return (x * 2.0).sum()


def watched():
    found = viz.History()
    for k in range(3):
        found.step(1.0 / (k + 1), accuracy=0.5 * k)
    return found


def traced():
    model = nn.MLP([2, 3, 1], rng=0)
    with viz.trace(model) as seen:
        model([[1.0, 2.0]])
    return seen


def series(found):
    found.step(0.25)
    return [x.tolist() for name in found.names for x in found.series(name)]


def places(seen):
    return [[*path, kind] for path, kind in seen.kinds.items()]


def cases():
    """Name, thing, and the question to ask: a function above."""
    yield "Value", value_graph(), gradients_again
    yield "Tensor", tensor_graph(), gradients_again
    yield "gradient", recorded_gradient(), numbers_of_nodes
    yield "ValueArray", ValueArray.of([1.0, 2.0]), values_again
    yield "TensorData", Tensor([1.0, 2.0]).data, np.ndarray.tolist
    yield "op", engine.softplus, repr
    yield "Comparison", compared(), verdict
    for model in modules():
        yield type(model).__name__, model, output
    for name in LOSSES:
        yield name, getattr(nn, name)(), loss
    for kind, settings in (
        (optim.SGD, {"momentum": 0.9}), (optim.RMSprop, {"momentum": 0.9}), (optim.Adagrad, {}),
        (optim.Adam, {}), (optim.AdamW, {}), (optim.Lion, {}),
    ):  # fmt: skip
        yield kind.__name__, stepped(kind, **settings), two_steps
    for schedule in schedules():
        yield type(schedule).__name__, schedule, rates
    pairs = data.TensorDataset(rising(4, 2), np.arange(4))
    yield "TensorDataset", pairs, first
    yield "Subset", data.Subset(pairs, [2, 3]), first
    yield "DataLoader", data.DataLoader(pairs, batch_size=3), batches
    yield "EpochHistory", history(), state
    yield "EarlyStopping", nn.EarlyStopping(patience=3), attributes
    yield "ClipGradNorm", nn.ClipGradNorm(1.0), attributes
    yield "ClipGradValue", nn.ClipGradValue(1.0), attributes
    yield "SaveBest", nn.SaveBest("best.npz"), attributes
    yield "Picture", drawn(), str
    yield "Stepper", viz.step_through(stepped_root()), str
    yield "History", watched(), series
    yield "trace", traced(), places
    yield "scalar.MLP", scalar.MLP(2, [3, 1], rng=np.random.default_rng(0)), scalar_output


if __name__ == "__main__":
    found = {}
    for name, thing, ask in cases():
        stored = pickle.dumps(thing, protocol=4)
        packed = base64.b85encode(zlib.compress(stored, 9)).decode()
        found[name] = [packed, ask.__name__, json.loads(json.dumps(ask(pickle.loads(stored))))]
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(row)}" for name, row in found.items())
    PATH.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")
