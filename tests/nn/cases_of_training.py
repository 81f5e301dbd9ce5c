"""The cases of optimizers, schedules, initial weights, fit, callbacks, and nn.scalar."""

import math
import tempfile
from pathlib import Path

import numpy as np
import oracles
from cases import NO_TIER, VALUES, case, close, differences, model_of, wave
from helpers import LEAVES

import engine
import nn
from engine import Tensor, to_numpy
from nn.callbacks import Run

# --- optimizers ---

START = np.array([0.5, -1.5, 2.0])
SLOPES = 2 * wave(6, 3)


def descent(rule, **settings):
    """A case: six steps with given gradients lead where the rule leads."""

    def run(thing, tier):
        w, expected, memory = LEAVES[tier](START), START, {}
        optimizer = thing([w], **settings)
        for t, slope in enumerate(SLOPES, start=1):
            optimizer.zero_grad()
            engine.sum(w * slope).backward()
            optimizer.step()
            expected = rule(expected, slope, memory, t, **settings)
            close(w, expected)

    return run


case("SGD")(descent(oracles.sgd, lr=0.1, momentum=0.9, dampening=0.3, weight_decay=0.1))
case("RMSprop")(descent(oracles.rmsprop, lr=0.1, alpha=0.9, eps=1e-3))
case("Adagrad")(descent(oracles.adagrad, lr=0.1, lr_decay=0.1, eps=1e-3))
case("Adam")(descent(oracles.adam, lr=0.1, betas=(0.8, 0.95), eps=1e-3))
case("AdamW")(descent(oracles.adamw, lr=0.1, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.3))
case("Lion")(descent(oracles.lion, lr=0.1, betas=(0.8, 0.95), weight_decay=0.3))
case("NAdam")(descent(oracles.nadam, lr=0.1, betas=(0.8, 0.95), eps=1e-3, momentum_decay=0.1))
case("RAdam")(descent(oracles.radam, lr=0.1, betas=(0.8, 0.7), eps=1e-3))


@case("LBFGS")
def lbfgs(thing, tier):
    """Steps on a quadratic, in two calls, are those of BFGS with matrices."""
    bowl = np.array([[2.0, 0.3, 0.1], [0.3, 1.0, -0.2], [0.1, -0.2, 3.0]])
    w = LEAVES[tier](START)
    optimizer = thing([w], lr=0.5, max_iter=3, max_eval=9)

    def closure():
        optimizer.zero_grad()
        loss = engine.sum(w * (bowl @ w)) / 2
        loss.backward()
        return loss

    losses = [optimizer.step(closure) for _ in range(2)]
    close(w, oracles.bfgs(START, lambda p: bowl @ p, 0.5, 6))
    between = oracles.bfgs(START, lambda p: bowl @ p, 0.5, 3)
    close(np.array([float(x.data) for x in losses]), [p @ bowl @ p / 2 for p in (START, between)])


def with_gradients(tier):
    """Two leaves with the gradients (3, -4) and (12,), of norm 13."""
    leaves = [LEAVES[tier](np.zeros(2)), LEAVES[tier](np.zeros(1))]
    engine.sum(leaves[0] * [3.0, -4.0]).backward()
    engine.sum(leaves[1] * [12.0]).backward()
    return leaves


@case("clip_grad_norm_")
def clip_grad_norm_(thing, tier):
    a, b = with_gradients(tier)
    assert thing([a, b], 6.5) == 13.0
    close(a.grad, np.array([3.0, -4.0]) * 6.5 / (13 + 1e-6))
    close(b.grad, np.array([12.0]) * 6.5 / (13 + 1e-6))


@case("clip_grad_value_")
def clip_grad_value_(thing, tier):
    a, b = with_gradients(tier)
    thing([a, b], 3.5)
    close(a.grad, [3.0, -3.5])
    close(b.grad, [3.5])


# --- schedules ---


def an_optimizer():
    return nn.SGD([Tensor([0.0], requires_grad=True)], lr=0.1, momentum=0.9)


def rates_of(make, formula, steps=20):
    """A case: after t steps the rate is 0.1 times the formula."""

    def run(thing, tier):
        optimizer = an_optimizer()
        schedule = make(thing, optimizer)
        for t in range(steps):
            close(optimizer.param_groups[0]["lr"], 0.1 * formula(t))
            close(np.array(schedule.get_last_lr()), [0.1 * formula(t)])
            schedule.step()

    return run


def schedule(name, make, formula):
    case(name, tiers=NO_TIER)(rates_of(make, formula))


schedule("StepLR", lambda thing, o: thing(o, 4, 0.5), lambda t: 0.5 ** (t // 4))
schedule(
    "MultiStepLR", lambda thing, o: thing(o, [3, 7], 0.5), lambda t: 0.5 ** ((t > 2) + (t > 6))
)
schedule("ExponentialLR", lambda thing, o: thing(o, 0.9), lambda t: 0.9**t)
schedule("LambdaLR", lambda thing, o: thing(o, lambda t: 1 / (1 + t)), lambda t: 1 / (1 + t))
schedule(
    "CosineAnnealingLR",
    lambda thing, o: thing(o, 8, 0.01),
    lambda t: 0.1 + 0.9 * oracles.cosine(t, 8),
)
schedule(
    "MultiplicativeLR",
    lambda thing, o: thing(o, lambda t: t / (t + 1)),
    lambda t: 1 / (1 + t),
)
schedule("ConstantLR", lambda thing, o: thing(o, 0.3, 6), lambda t: 0.3 if t < 6 else 1.0)
schedule("LinearLR", lambda thing, o: thing(o, 0.2, 0.6, 4), lambda t: min(0.2 + 0.1 * t, 0.6))
schedule("PolynomialLR", lambda thing, o: thing(o, 10, 2.0), lambda t: max(1 - t / 10, 0.0) ** 2)
schedule(
    "CosineAnnealingWarmRestarts",
    lambda thing, o: thing(o, 4, 2, 0.01),
    lambda t: (
        0.1 + 0.9 * oracles.cosine(*(t, 4) if t < 4 else (t - 4, 8) if t < 12 else (t - 12, 16))
    ),
)
schedule(
    "CyclicLR",
    lambda thing, o: thing(o, 0.1, 0.5, 3, 5, "triangular2"),
    lambda t: 1 + 4 * min(t % 8 / 3, (8 - t % 8) / 5) / 2 ** (t // 8),
)
schedule(
    "ChainedScheduler",
    lambda thing, o: thing([nn.ConstantLR(o, 0.3, 6), nn.ExponentialLR(o, 0.9)]),
    lambda t: 0.9**t * (0.3 if t < 6 else 1.0),
)
schedule("LinearWarmup", lambda thing, o: thing(o, 4, 0.2), lambda t: min(0.2 + 0.2 * t, 1.0))
schedule(
    "SequentialLR",
    lambda thing, o: thing(o, [nn.LinearWarmup(o, 4, 0.2), nn.ExponentialLR(o, 0.9)], [6]),
    lambda t: min(0.2 + 0.2 * t, 1.0) if t < 6 else 0.9 ** (t - 6),
)
schedule(
    "OneCycleLR",
    lambda thing, o: thing(o, 1.0, total_steps=25),
    lambda t: oracles.one_cycle(t, 25, 10.0, 0.4, 0.4e-4),
)


@case("ReduceLROnPlateau", tiers=NO_TIER)
def reduce_on_plateau(thing, tier):
    """Cut in half at the second number in a row that is no better."""
    optimizer = an_optimizer()
    schedule = thing(optimizer, factor=0.5, patience=1)
    rates = []
    for metric in (3.0, 2.0, 2.0, 2.0, 1.0, 1.5, 1.2, 1.1, 1.1):
        schedule.step(metric)
        rates.append(optimizer.param_groups[0]["lr"])
    close(np.array(rates), [0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025, 0.025, 0.0125])


# --- initial weights ---

SHAPE = (4, 3, 2)  # (out, in, a kernel of 2): fans of 6 in and 8 out


def filled(call, expected):
    """A case: the parameter is filled with the numbers expected, and given back."""

    def run(thing, tier):
        w = LEAVES[tier](np.full(SHAPE, np.nan))
        assert call(thing, w) is w
        close(w, expected(np.random.default_rng(7)))

    return run


def uniform(bound):
    return lambda rng: rng.uniform(-bound, bound, SHAPE)


def normal(std):
    return lambda rng: rng.normal(0.0, std, SHAPE)


case("zeros_")(filled(lambda f, w: f(w), lambda rng: np.zeros(SHAPE)))
case("ones_")(filled(lambda f, w: f(w), lambda rng: np.ones(SHAPE)))
case("constant_")(filled(lambda f, w: f(w, 2.5), lambda rng: np.full(SHAPE, 2.5)))
case("uniform_")(filled(lambda f, w: f(w, -1.0, 3.0, rng=7), lambda rng: rng.uniform(-1, 3, SHAPE)))
case("normal_")(filled(lambda f, w: f(w, 1.0, 2.0, rng=7), lambda rng: rng.normal(1, 2, SHAPE)))
case("xavier_uniform_")(filled(lambda f, w: f(w, 2.0, rng=7), uniform(2 * math.sqrt(6 / 14))))
case("xavier_normal_")(filled(lambda f, w: f(w, 2.0, rng=7), normal(2 * math.sqrt(2 / 14))))
case("kaiming_uniform_")(
    filled(lambda f, w: f(w, 0.5, "fan_out", rng=7), uniform(math.sqrt(6 / 1.25 / 8)))
)
case("kaiming_normal_")(
    filled(lambda f, w: f(w, nonlinearity="relu", rng=7), normal(math.sqrt(2 / 6)))
)


@case("trunc_normal_")
def trunc_normal_(thing, tier):
    """The chance of a smaller number is uniform between the chances of the two ends."""
    w = LEAVES[tier](np.full(SHAPE, np.nan))
    assert thing(w, 0.5, 2.0, -1.0, 3.0, rng=7) is w

    def chance(x):
        return (1 + np.vectorize(math.erf)((x - 0.5) / 2 / math.sqrt(2))) / 2

    ends = chance(np.array([-1.0, 3.0]))
    close(chance(to_numpy(w)), np.random.default_rng(7).uniform(*ends, SHAPE))


@case("orthogonal_")
def orthogonal_(thing, tier):
    """Rows at right angles, or columns if they are fewer."""
    for shape in ((3, 2, 2), (5, 1, 3)):
        w = LEAVES[tier](np.full(shape, np.nan))
        assert thing(w, 2.0, rng=7) is w
        matrix = to_numpy(w).reshape(len(w), -1)
        rows = matrix if len(matrix) < matrix.shape[1] else matrix.T
        close(rows @ rows.T, 4 * np.eye(len(rows)))


@case("calculate_gain", tiers=NO_TIER)
def calculate_gain(thing, tier):
    """√(1 / E[f(x)²]) for relu and leaky_relu; the rest is custom."""
    close(thing("relu") ** -2, 0.5)
    close(thing("leaky_relu", 0.5) ** -2, (1 + 0.25) / 2)
    close(thing("leaky_relu") ** -2, (1 + 1e-4) / 2)
    for name, gain in (("linear", 1), ("conv2d", 1), ("sigmoid", 1), ("tanh", 5 / 3)):
        close(thing(name), gain)


# --- training ---

POINTS = wave(4, 2)
HEIGHTS = POINTS @ [[2.0], [-1.0]] + 0.5


def squared(y, t):
    return ((y - t) * (y - t)).mean()


def a_line(tier):
    """A linear model with weights (0.1, -0.2) and bias 0.3, and its optimizer."""
    model = nn.Linear(2, 1)
    model.load_state_dict({"weight": [[0.1, -0.2]], "bias": [0.3]})
    model = model_of(model, tier)
    return model, nn.SGD(model.parameters(), lr=0.1)


def batches():
    return nn.DataLoader((POINTS, HEIGHTS), batch_size=2)


@case("fit")
def fit(thing, tier):
    """Gradient descent by hand, over two epochs of two batches."""
    model, optimizer = a_line(tier)
    history = thing(model, squared, optimizer, batches(), 2, progress=False)

    weight, bias = np.array([[0.1, -0.2]]), np.array([0.3])
    losses = []
    for _ in range(2):
        for rows in (slice(0, 2), slice(2, 4)):
            error = POINTS[rows] @ weight.T + bias - HEIGHTS[rows]
            losses.append((error**2).mean())
            weight = weight - 0.1 * (2 * error * POINTS[rows]).mean(0)
            bias = bias - 0.1 * (2 * error).mean(0)
    close(model.weight, weight)
    close(model.bias, bias)
    close(np.array(history["loss"]), np.reshape(losses, (2, 2)).mean(1))


@case("evaluate")
def evaluate(thing, tier):
    model, _ = a_line(tier)
    error = POINTS @ [[0.1], [-0.2]] + 0.3 - HEIGHTS
    found = thing(model, squared, batches(), {"first": lambda y, t: to_numpy(y)[0, 0] * len(y)})
    close(found["loss"], (error**2).mean())
    outputs = (error + HEIGHTS)[:, 0]
    close(found["first"], (outputs[0] + outputs[2]))


@case("accuracy")
def accuracy(thing, tier):
    scores = LEAVES[tier]([[1.0, 2.0, 0.0], [3.0, 1.0, 2.0], [0.0, 1.0, 2.0]])
    close(thing(scores, np.array([1, 2, 2])), 2 / 3)


@case("summary")
def summary(thing, tier):
    model = model_of(nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2, bias=False)), tier)
    found = thing(model, np.zeros((5, 4)))
    assert found.parameters == found.trainable == 4 * 3 + 3 + 3 * 2
    assert [row.parameters for row in found.rows][1:] == [15, 0, 6]
    assert [row.shapes for row in found.rows][1:] == [((5, 3),), ((5, 3),), ((5, 2),)]


# --- callbacks ---


def clipped(make, expected):
    """A case: what becomes of the gradients 3 and -4, and 12, before a step."""

    def run(thing, tier):
        model, optimizer = a_line(tier)
        engine.sum(model.weight * [[3.0, -4.0]]).backward()
        engine.sum(model.bias * [12.0]).backward()
        make(thing).before_step(Run(model, optimizer, nn.EpochHistory()))
        close(np.append(model.weight.grad, model.bias.grad), expected)

    return run


case("ClipGradNorm")(
    clipped(lambda thing: thing(6.5), np.array([3.0, -4.0, 12.0]) * 6.5 / (13 + 1e-6))
)
case("ClipGradValue")(clipped(lambda thing: thing(3.5), [3.0, -3.5, 3.5]))


def epochs(callback, numbers, tier):
    """A run whose model has the number of the epoch as its bias, as far as the callback lets it."""
    model, optimizer = a_line(tier)
    run = Run(model, optimizer, nn.EpochHistory())
    callback.begin(run)
    for epoch, number in enumerate(numbers, start=1):
        nn.init.constant_(model.bias, epoch)
        run.history.rows.append({"epoch": epoch, "loss": number})
        callback.after_epoch(run)
        if run.stopped:
            break
    callback.end(run)
    return run


@case("EarlyStopping")
def early_stopping(thing, tier):
    """Bad, good, bad, bad: the best is the third, and the fifth is the last; a second time too."""
    callback = thing(patience=2, restore_best=True)
    for worse in (0.0, 10.0):
        numbers = worse + np.array([2.0, 3.0, 1.0, 1.5, 1.2, 0.5])
        run = epochs(callback, numbers, tier)
        assert len(run.history) == 5
        close(run.model.bias, [3.0])


@case("SaveBest")
def save_best(thing, tier):
    """Of four epochs the third is the best: its weights are in the file; of another model too."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "best.npz"
        callback = thing(path)
        for numbers, best in (([2.0, 3.0, 1.0, 1.5], 3.0), ([9.0, 8.0], 2.0)):
            run = epochs(callback, numbers, tier)
            nn.init.constant_(run.model.bias, 7.0)
            assert path.exists()
            nn.load(run.model, path)
            close(run.model.bias, [best])


@case("SaveTraining")
def save_training(thing, tier):
    """Each moment writes a file, which has the weights of then; what lacks a part is refused."""
    with tempfile.TemporaryDirectory() as folder:
        model, optimizer = a_line(tier)
        loader = nn.DataLoader((np.zeros((4, 1)), np.zeros((4, 1))), 2)
        parts = {"model": model, "optimizer": optimizer, "history": nn.EpochHistory()}
        run = Run(*parts.values())
        for number, moment in enumerate(("after_step", "after_epoch", "end"), start=1):
            callback = thing(Path(folder) / f"{moment}.npz", 1, **parts)
            run.parts = (loader, callback)
            refused = False
            try:
                callback.begin(run)
            except ValueError:
                refused = True
            assert refused, "the loader is not among the parts"
            callback = thing(callback.path, 1, loader=loader, **parts)
            run.parts = (loader, callback)
            callback.begin(run)
            next(iter(loader))
            nn.init.constant_(model.bias, number)
            if moment == "after_epoch":
                callback.steps = 1
            getattr(callback, moment)(run)
            nn.init.constant_(model.bias, 7.0)
            assert callback.path.exists()
            nn.load_training(callback.path, loader=loader, **parts)
            close(model.bias, [float(number)])


@case("StepSchedule", tiers=NO_TIER)
def step_schedule(thing, tier):
    for every, moment in (("epoch", "after_epoch"), ("batch", "after_step")):
        model, optimizer = a_line(tier)
        run = Run(model, optimizer, nn.EpochHistory())
        callback = thing(nn.ExponentialLR(optimizer, 0.5), every)
        callback.begin(run)
        for _ in range(3):
            getattr(callback, moment)(run)
        close(optimizer.param_groups[0]["lr"], 0.1 / 8)
        refused = False
        try:
            callback.begin(Run(*a_line(tier), nn.EpochHistory()))
        except ValueError:
            refused = True
        assert refused, "the schedule of another optimizer"


# --- micrograd's models ---


def set_weights(model):
    """Fixed numbers for the parameters; gives them back."""
    numbers = wave(len(model.parameters()), start=1.0)
    for p, number in zip(model.parameters(), numbers, strict=True):
        p.data = float(number)
    return numbers


def of_values(make, oracle):
    """A case: a model of Values is the oracle of its input and its parameters, in a row."""

    def run(thing, tier):
        model = make(thing)
        numbers = set_weights(model)
        x = LEAVES[tier](wave(3))
        y = model(list(x))
        y = engine.stack([y] if isinstance(y, engine.Value) else y)
        close(y, oracle(wave(3), numbers))
        weights = wave(len(y), start=3.0)
        engine.sum(y * weights).backward()
        arrays = [wave(3), numbers]
        found = [x.grad, np.array([p.grad for p in model.parameters()])]
        for i in range(2):
            slopes = differences(lambda *a: (oracle(*a) * weights).sum(), arrays, i)
            np.testing.assert_allclose(found[i], slopes, rtol=1e-5, atol=1e-7)

    def program(thing, _tier):
        model = make(thing)
        set_weights(model)
        return lambda x: engine.stack(np.ravel(model(list(x)))), [wave(3)]

    run.program = program
    return run


def layers(x, numbers, *sizes):
    """Linear maps in a row of numbers: for each neuron its weights, then its bias."""
    for n in sizes:
        rows = numbers[: n * (len(x) + 1)].reshape(n, -1)
        numbers = numbers[rows.size :]
        yield oracles.linear(x, rows[:, :-1], rows[:, -1])
        x = np.maximum(oracles.linear(x, rows[:, :-1], rows[:, -1]), 0.0)


case("scalar.Neuron", tiers=VALUES)(
    of_values(lambda thing: thing(3, nonlin=False), lambda x, p: next(layers(x, p, 1)))
)
case("scalar.Layer", tiers=VALUES)(
    of_values(lambda thing: thing(3, 2, nonlin=False), lambda x, p: next(layers(x, p, 2)))
)
case("scalar.MLP", tiers=VALUES)(
    of_values(lambda thing: thing(3, [4, 2]), lambda x, p: list(layers(x, p, 4, 2))[-1])
)


def expanded(thing):
    """The neuron w·x + b in sums and products: the same numbers, and no neuron."""
    neuron = nn.scalar.Neuron(3, nonlin=False)

    def model(x):
        y = thing(neuron(x))
        assert "neuron" not in {node.op.name for node in engine.toposort(y) if node.op}
        return y

    model.parameters = neuron.parameters
    return model


case("scalar.expand", tiers=VALUES)(of_values(expanded, lambda x, p: next(layers(x, p, 1))))
