"""A whole training step, compiled: gradients, clipping, optimizer and schedule, as without."""

import numpy as np
import pytest

import engine
import nn
from engine import to_numpy

RNG = np.random.default_rng(0)
#: Batches of 16 and a smaller one, several times.
BATCHES = [(RNG.normal(size=(n, 4)), RNG.integers(0, 3, n)) for _ in range(3) for n in (16, 16, 3)]

OPTIMIZERS = {
    name: thing
    for name, thing in vars(nn.optim).items()
    if isinstance(thing, type) and issubclass(thing, nn.Optimizer) and thing is not nn.Optimizer
}
SCHEDULES = {
    "StepLR": lambda o: nn.StepLR(o, 4, 0.5),
    "MultiStepLR": lambda o: nn.optim.MultiStepLR(o, [3, 7], 0.5),
    "ExponentialLR": lambda o: nn.ExponentialLR(o, 0.9),
    "LambdaLR": lambda o: nn.optim.LambdaLR(o, lambda t: 1 / (1 + t)),
    "CosineAnnealingLR": lambda o: nn.optim.CosineAnnealingLR(o, 8, 0.01),
    "MultiplicativeLR": lambda o: nn.optim.MultiplicativeLR(o, lambda t: t / (t + 1)),
    "ConstantLR": lambda o: nn.optim.ConstantLR(o, 0.3, 6),
    "LinearLR": lambda o: nn.optim.LinearLR(o, 0.2, 0.6, 4),
    "PolynomialLR": lambda o: nn.optim.PolynomialLR(o, 10, 2.0),
    "CosineAnnealingWarmRestarts": lambda o: nn.optim.CosineAnnealingWarmRestarts(o, 4, 2, 0.01),
    "CyclicLR": lambda o: nn.optim.CyclicLR(o, 0.1, 0.5, 3, 5, "triangular2"),
    "ChainedScheduler": lambda o: nn.optim.ChainedScheduler([nn.optim.ConstantLR(o, 0.3, 6)]),
    "LinearWarmup": lambda o: nn.optim.LinearWarmup(o, 4, 0.2),
    "SequentialLR": lambda o: nn.optim.SequentialLR(
        o, [nn.optim.LinearWarmup(o, 4, 0.2), nn.ExponentialLR(o, 0.9)], [6]
    ),
    "OneCycleLR": lambda o: nn.optim.OneCycleLR(o, 1.0, total_steps=25),
}


def test_every_schedule_is_tried_or_refused():
    there = {
        name
        for name, thing in vars(nn.optim).items()
        if hasattr(thing, "get_last_lr") and thing is not nn.optim.Schedule
    }
    assert there == {*SCHEDULES, "ReduceLROnPlateau"}


def run(compiled, kind=nn.Adam, schedule=SCHEDULES["StepLR"], zero=None):
    """Losses, rates, gradients and state of a model that takes a step for each batch."""
    nn.manual_seed(0)
    model = nn.Sequential(
        nn.Linear(4, 8, rng=0), nn.Dropout(0.2), nn.BatchNorm1d(8), nn.ReLU(),
        nn.Linear(8, 3, rng=1),
    )  # fmt: skip
    loss_fn = nn.CrossEntropyLoss()
    optimizer = kind(model.parameters(), lr=0.05)
    scheduler = schedule(optimizer)

    def train_step(x, y):
        (optimizer if zero is None else model).zero_grad(set_to_none=zero is None)
        loss = loss_fn(model(x), y)
        loss.backward()
        nn.utils.clip_grad_value_(model.parameters(), 0.3)
        nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        optimizer.step()
        scheduler.step()
        return loss

    step = engine.compile(train_step) if compiled else train_step
    found = []
    for x, y in BATCHES:
        found.append(float(step(x, y).item()))
        found += [group["lr"] for group in optimizer.param_groups]
        found += [p.grad.copy() for p in model.parameters()]
        found += [np.array(to_numpy(x)) for x in model.state_dict().values()]
    if compiled:
        assert len(step.traces) == 2
    return found


def agree(**settings):
    for x, y in zip(run(True, **settings), run(False, **settings), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("name", [name for name in OPTIMIZERS if name != "LBFGS"])
def test_a_compiled_step_is_the_optimizer_s(name):
    agree(kind=OPTIMIZERS[name])


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_compiled_step_is_the_schedule_s(name):
    agree(kind=nn.SGD, schedule=SCHEDULES[name])


def test_zero_grad_of_the_model_leaves_zeros_where_it_is_asked_to():
    agree(zero=False)


def test_gradients_add_up_where_nobody_forgets_them():
    model = nn.Linear(2, 1, rng=0)

    @engine.compile
    def accumulate(x):
        (model(x) ** 2).sum().backward()

    x = np.ones((3, 2))
    accumulate(x)
    first = model.weight.grad.copy()
    accumulate(x)
    np.testing.assert_allclose(model.weight.grad, 2 * first)


@pytest.mark.parametrize("compiled", [True, False])
def test_a_graph_made_before_a_step_keeps_its_numbers_and_says_so(compiled):
    model = nn.Linear(100, 50, rng=0)  # large enough for an optimizer's spare array
    optimizer = nn.Adam(model.parameters(), lr=0.1)
    x = RNG.normal(size=(8, 100))
    f = (
        engine.compile(lambda x: (model(x) ** 2).mean())
        if compiled
        else lambda x: (model(x) ** 2).mean()
    )
    kept = f(x)
    before, weight = kept.item(), kept.gradients([model.weight])[0].copy()
    held = [model.weight.data, model.weight.data.copy()]
    for _ in range(3):
        optimizer.zero_grad()
        f(x).backward()
        optimizer.step()
    assert kept.item() == before
    assert np.array_equal(*held)
    with pytest.raises(RuntimeError, match=r"'weight'.*was changed after the graph was made"):
        kept.backward()
    model.weight.data, model.bias.data = held[0], nn.Linear(100, 50, rng=0).bias.data
    assert f(x).item() == pytest.approx(before, rel=1e-12)
    np.testing.assert_allclose(f(x).gradients([model.weight])[0], weight, rtol=1e-12)


def test_a_step_may_not_be_followed_by_what_it_changes():
    model = nn.Linear(2, 1, rng=0)
    optimizer = nn.SGD(model.parameters(), lr=0.1)

    @engine.compile
    def step(x):
        (model(x) ** 2).sum().backward()
        optimizer.step()
        return model(x)

    before = model.weight.data.copy()
    with pytest.raises(TypeError, match=r"after SGD.step\(\) in a compiled function.*, where"):
        step(np.ones((1, 2)))
    assert np.array_equal(model.weight.data, before)
    assert model.weight.grad is None


def test_the_norm_that_clipping_finds_cannot_be_returned_or_used():
    w = engine.Tensor([3.0], requires_grad=True)

    @engine.compile
    def step(x, use):
        (w * x).sum().backward()
        return use(nn.clip_grad_norm_([w], 1.0))

    for use in (float, lambda norm: norm > 1, lambda norm: norm * 2):
        with pytest.raises(TypeError, match=r"clip_grad_norm_\(\) is done after each call"):
            step(np.ones(1), use)
    assert w.grad is None


def test_lbfgs_takes_a_compiled_loss_in_its_closure():
    def trained(compiled):
        model = nn.Linear(4, 1, rng=0)
        optimizer = nn.LBFGS(model.parameters(), max_iter=4)
        x, y = BATCHES[0][0], BATCHES[0][0][:, :1] ** 2
        loss_of = lambda x, y: nn.functional.mse_loss(model(x), y)  # noqa: E731
        loss_of = engine.compile(loss_of) if compiled else loss_of

        def closure():
            optimizer.zero_grad()
            loss = loss_of(x, y)
            loss.backward()
            return loss

        return [optimizer.step(closure).item() for _ in range(3)]

    assert trained(True) == pytest.approx(trained(False), rel=1e-9)


# --- never stale ---


def test_buffers_that_are_loaded_or_replaced_are_read_anew():
    model = nn.BatchNorm1d(2).eval()
    f = engine.compile(lambda x: model(x))
    x = np.array([[1.0, 2.0], [3.0, 5.0]])
    f(x)
    state = model.state_dict()
    model.load_state_dict({**state, "running_mean": np.array([1.0, 2.0])})
    np.testing.assert_allclose(f(x).numpy(), model(x).numpy())
    model.running_var = np.array([4.0, 9.0])
    np.testing.assert_allclose(f(x).numpy(), model(x).numpy())
    model.running_var[0] = 25.0
    np.testing.assert_allclose(f(x).numpy(), model(x).numpy())


@pytest.mark.parametrize(
    ("loss", "target"),
    [
        (nn.CrossEntropyLoss(weight=np.ones(3)), np.array([0, 2])),
        (nn.BCEWithLogitsLoss(pos_weight=np.ones(3)), np.array([[0.0, 1, 1], [1, 0, 0]])),
    ],
)
def test_weights_of_a_loss_that_change_are_followed(loss, target):
    f = engine.compile(lambda x, t: loss(x, t))
    x = engine.Tensor([[1.0, 2.0, 3.0], [0.5, 0.0, -1.0]], requires_grad=True)
    for number in (1.0, 2.0, 0.5):
        for buffer in loss.buffers():
            buffer[0] = number
        assert f(x, target).item() == pytest.approx(loss(x, target).item(), rel=1e-12)


def test_targets_are_checked_and_ignored_at_each_call():
    f = engine.compile(lambda x, t: nn.functional.cross_entropy(x, t))
    x = engine.Tensor(RNG.normal(size=(4, 3)), requires_grad=True)
    for target in ([0, 1, 2, 0], [0, -100, 2, -100], [-100, -100, -100, 1]):
        x.zero_grad()
        f(x, np.array(target)).backward()
        found = x.grad
        x.zero_grad()
        expected = nn.functional.cross_entropy(x, np.array(target))
        expected.backward()
        np.testing.assert_allclose(found, x.grad, rtol=1e-12, atol=1e-15)
    none = np.full(4, -100)
    assert np.isnan(f(x, none).item())
    assert np.isnan(nn.functional.cross_entropy(x, none).item())
    with pytest.raises(IndexError, match=r"target\[2\] is 3, but input has 3 classes"):
        f(x, np.array([0, 1, 3, 0]))
    assert len(f.traces) == 1


def test_numbers_that_a_loss_refuses_are_refused_at_each_call():
    f = engine.compile(lambda p, t: nn.functional.binary_cross_entropy(p, t))
    g = engine.compile(lambda x, t: nn.functional.hinge_loss(x, t))
    h = engine.compile(lambda t: nn.functional.one_hot(t, 3))
    p = np.array([0.5, 0.25])
    for t in (np.array([0.0, 1.0]), np.array([1.0, 1.0])):
        assert f(p, t) == pytest.approx(nn.functional.binary_cross_entropy(p, t))
        assert g(p, 2 * t - 1) == pytest.approx(nn.functional.hinge_loss(p, 2 * t - 1))
    with pytest.raises(ValueError, match=r"input must lie in \[0, 1\], but input\[1\] is 2.0"):
        f(np.array([0.5, 2.0]), p)
    with pytest.raises(ValueError, match=r"target must hold -1 and 1 only, got 0\.5"):
        g(p, np.array([1.0, 0.5]))
    assert h(np.array([2, 0])).tolist() == [[0, 0, 1], [1, 0, 0]]
    with pytest.raises(ValueError, match="labels of one_hot"):
        h(np.array([3, 0]))
    with pytest.raises(TypeError, match=r"one_hot\(\) in a compiled function needs num_classes"):
        engine.compile(lambda t: nn.functional.one_hot(t))(np.array([2, 0]))
