"""`fit` and what happens around it, on either tier; runs that go on bit for bit."""

import math
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import nn
import viz
from engine import Tensor, ValueArray
from nn.training import interrupts


def squared(y, t):
    """The mean of the squared errors."""
    return ((y - t) ** 2).mean()


def line(seed=0, n=12):
    """Points on y = 2 x₀ − x₁ + 0.5."""
    x = np.random.default_rng(seed).normal(size=(n, 2))
    return x, (x @ [[2.0], [-1.0]]) + 0.5


def setup(lr=0.1, seed=0, **settings):
    """A model, its optimizer, and a loader that shuffles."""
    model = nn.Linear(2, 1, rng=seed)
    loader = nn.DataLoader(line(), batch_size=4, shuffle=True, rng=1)
    return model, nn.SGD(model.parameters(), lr=lr, **settings), loader


class Note(nn.Callback):
    """Writes down every moment."""

    def __init__(self):
        self.seen = []

    def begin(self, run):
        self.seen.append("begin")

    def before_batch(self, run):
        """Batch and loss function are there, and nothing is computed of them yet."""
        assert len(run.batch) == 2
        assert callable(run.loss_of)
        self.seen.append("batch")

    def before_step(self, run):
        assert run.model.training
        assert run.model.weight.grad is not None
        self.weight = run.model.weight.numpy().copy()
        self.seen.append("before")

    def after_step(self, run):
        assert not np.array_equal(run.model.weight.numpy(), self.weight)
        self.seen.append("after")

    def after_epoch(self, run):
        self.seen.append(run.history.rows[-1]["epoch"])

    def end(self, run):
        self.seen.append("end")


class CtrlC(nn.Callback):
    """The signal, in the middle of step number `step` of the whole run."""

    def __init__(self, step, times=1):
        self.left = step
        self.times = times

    def before_step(self, run):
        self.left -= 1
        if not self.left:
            for _ in range(self.times):
                signal.raise_signal(signal.SIGINT)


def fit(model, optimizer, loader, epochs=1, loss=squared, **settings):
    """`nn.fit`, quiet."""
    return nn.fit(model, loss, optimizer, loader, epochs, progress=False, **settings)


# --- the loop ---


def test_a_line_is_found_on_either_tier():
    histories = []
    model = nn.Linear(2, 1, rng=0)
    for one in (model.scalar(), model):
        loader = nn.DataLoader(line(), batch_size=4, shuffle=True, rng=1)
        optimizer = nn.SGD(one.parameters(), lr=0.1, momentum=0.5)
        histories.append(fit(one, optimizer, loader, 15))
    np.testing.assert_allclose(histories[0]["loss"], histories[1]["loss"], rtol=0, atol=1e-9)
    assert histories[1]["loss"][-1] < 1e-3 < histories[1]["loss"][0]
    np.testing.assert_allclose(model.weight.numpy(), [[2, -1]], atol=0.05)


def test_the_loss_of_an_epoch_is_the_mean_over_its_samples():
    x, t = np.array([[0.0], [0.0], [3.0]]), np.array([[1.0], [2.0], [0.0]])
    model = nn.Linear(1, 1, rng=0)
    model.load_state_dict({"weight": [[1.0]], "bias": [0.0]})
    frozen = nn.SGD(model.parameters(), lr=0.0)
    metrics = {"largest": lambda y, t: np.abs(y.numpy() - np.asarray(t)).max()}

    history = fit(model, frozen, nn.DataLoader((x, t), 2), metrics=metrics)

    # batches of two and one: errors 1, 2 and 3, whose means are 2.5 and 9
    assert history["loss"] == [pytest.approx((1 + 4 + 9) / 3)]
    assert history["largest"] == [pytest.approx((2 * 2 + 1 * 3) / 3)]


def test_callbacks_are_called_at_their_moments():
    note = Note()
    fit(*setup(), 2, callbacks=[note])
    steps = ["batch", "before", "after"] * 3
    assert note.seen == ["begin", *steps, 1, *steps, 2, "end"]


def test_a_run_has_the_loss_of_the_batch_and_none_before_the_first():
    model, optimizer, loader = setup()
    losses = []

    class Losses(nn.Callback):
        def begin(self, run):
            losses.append(run.loss)

        def after_step(self, run):
            losses.append(run.loss)

    history = fit(model, optimizer, loader, callbacks=[Losses()])

    assert math.isnan(losses[0])
    assert len(losses) == 4
    assert history["loss"] == [pytest.approx(np.mean(losses[1:]))]  # batches of one size


def test_a_history_goes_on_from_its_state():
    history, other = nn.EpochHistory(), nn.EpochHistory()
    history.rows.append({"epoch": 1, "loss": 0.5})
    history.stopped = "interrupted"

    other.load_state_dict(history.state_dict())
    history.rows[0]["loss"] = 7.0  # the state is a copy

    assert other.rows == [{"epoch": 1, "loss": 0.5}]
    assert other.stopped == "interrupted"
    assert other.epoch == 2


def test_an_epoch_takes_no_longer_than_the_whole_run():
    began = time.perf_counter()
    history = fit(*setup(), 2)
    elapsed = time.perf_counter() - began
    assert all(seconds > 0 for seconds in history["seconds"])
    assert sum(history["seconds"]) <= elapsed


def test_a_model_left_in_eval_mode_is_trained_in_training_mode():
    model, optimizer, loader = setup()
    fit(model.eval(), optimizer, loader, callbacks=[Note()])  # which looks at the mode
    assert model.training


def test_validation_is_looked_at_and_nothing_else():
    model = nn.Sequential(nn.Linear(2, 4, rng=0), nn.Dropout(0.5, rng=0), nn.Linear(4, 1, rng=1))
    model[1].eval()  # on purpose: each module goes back to the mode it was in
    before = model.state_dict()
    found = nn.evaluate(model, squared, nn.DataLoader(line(), 5), {"size": lambda y, t: len(y)})
    assert found.keys() == {"loss", "size"}
    assert found["size"] == pytest.approx((5 * 5 + 5 * 5 + 2 * 2) / 12)
    assert model.training
    assert not model[1].training
    for key, x in model.state_dict().items():
        np.testing.assert_array_equal(x, before[key])
    assert all(p.grad is None for p in model.parameters())


def test_validation_runs_in_eval_mode_and_records_nothing():
    modes = []

    class Watched(nn.Linear):
        def forward(self, x):
            y = super().forward(x)
            modes.append((self.training, y.requires_grad))
            return y

    model = Watched(2, 1, rng=0)
    loader = nn.DataLoader(line(), 12)
    history = fit(
        model, nn.SGD(model.parameters(), lr=0.1), loader, 2, validation=nn.DataLoader(line(3), 12)
    )
    assert modes == [(True, True), (False, False)] * 2
    assert list(history.rows[0]) == ["epoch", "loss", "validation_loss", "lr", "seconds"]


def test_a_model_may_have_several_inputs():
    class Two(nn.Module):
        def __init__(self):
            self.a, self.b = nn.Linear(1, 1, rng=0), nn.Linear(1, 1, rng=1)

        def forward(self, x, z):
            return self.a(x) + self.b(z)

    x, t = line()
    model = Two()
    loader = nn.DataLoader((x[:, :1], x[:, 1:], t), 4)
    history = fit(model, nn.Adam(model.parameters(), lr=0.1), loader, 60)
    assert history["loss"][-1] < 1e-3


def test_any_iterable_of_batches_will_do():
    x, t = line()
    history = fit(*setup()[:2], [(x, t), (x, t)], 3)
    assert len(history) == 3


def test_a_history_is_continued():
    model, optimizer, loader = setup()
    history = fit(model, optimizer, loader, 2)
    again = fit(model, optimizer, loader, 3, history=history)
    assert again is history
    assert history["epoch"] == [1, 2, 3, 4, 5]
    assert history["loss"] == sorted(history["loss"], reverse=True)
    assert repr(history).startswith("EpochHistory(5 epochs; epoch 5  loss ")
    with pytest.raises(KeyError, match=r"no epoch has 'los'; there are .*'loss'"):
        history["los"]
    assert math.isfinite(sum(history["seconds"]))


def test_accuracy_counts_on_either_tier():
    scores = [[0.1, 0.9, 0.0], [0.8, 0.1, 0.1], [0.3, 0.3, 0.4], [0.0, 0.2, 0.1]]
    labels = np.array([1, 0, 2, 2])
    for y in (np.array(scores), Tensor(scores), ValueArray.of(scores)):
        assert nn.accuracy(y, labels) == 0.75
        assert nn.accuracy(np.reshape(y, (2, 2, 3)), labels.reshape(2, 2)) == 0.75
    with pytest.raises(ValueError, match=r"got \(4, 3\) and \(3,\)"):
        nn.accuracy(np.array(scores), labels[:3])
    with pytest.raises(ValueError, match="not empty"):
        nn.accuracy(np.zeros((0, 3)), labels[:0])


# --- callbacks ---


def test_gradients_are_clipped_before_the_step():
    norms = []

    class Norm(nn.Callback):
        def before_step(self, run):
            norms.append(math.sqrt(sum(float((p.grad**2).sum()) for p in run.model.parameters())))

    fit(*setup(), 2, callbacks=[Norm(), nn.ClipGradNorm(0.25), Norm()])
    assert any(n > 0.3 for n in norms[::2])
    assert all(n <= 0.25 for n in norms[1::2])
    assert norms[1::2] == [pytest.approx(min(n, 0.25), abs=1e-5) for n in norms[::2]]


def test_gradients_are_cut_to_a_value_before_the_step():
    largest = []

    class Largest(nn.Callback):
        def before_step(self, run):
            largest.append(max(np.abs(p.grad).max() for p in run.model.parameters()))

    fit(*setup(), 1, callbacks=[nn.ClipGradValue(0.125), Largest()])
    assert largest[0] == 0.125


def test_a_schedule_steps_by_epochs_or_by_batches():
    for every, expected in (("epoch", [0.1, 0.05, 0.025]), ("batch", [0.1 / 8, 0.1 / 64])):
        model, optimizer, loader = setup()
        schedule = nn.ExponentialLR(optimizer, 0.5)
        history = fit(
            model, optimizer, loader, len(expected), callbacks=[nn.StepSchedule(schedule, every)]
        )
        assert history["lr"] == pytest.approx(expected)


def test_a_plateau_sees_the_validation_loss():
    model, optimizer, loader = setup(lr=0.0)
    schedule = nn.ReduceLROnPlateau(optimizer, patience=0, mode="max")
    fit(
        model, optimizer, loader, 2, callbacks=[nn.StepSchedule(schedule)],
        validation=nn.DataLoader(line(5), 12),
    )  # fmt: skip
    assert schedule.best == nn.evaluate(model, squared, nn.DataLoader(line(5), 12))["loss"]


class Numbers(nn.Callback):
    """Gives the epochs a number "x" from a list."""

    def __init__(self, numbers):
        self.numbers = list(numbers)

    def after_epoch(self, run):
        run.history.rows[-1]["x"] = self.numbers[run.history.rows[-1]["epoch"] - 1]
        run.model.bias.data = [float(run.history.rows[-1]["epoch"])]  # to know the epoch by


@pytest.mark.parametrize(
    ("mode", "numbers", "last", "best"),
    [
        ("min", [5, 4, 4.5, math.nan, 1], 4, 2),
        ("max", [5, 6, 6, 5, 9], 4, 2),
        ("min", [5, 4, 3, 2, 1], 5, 5),
        ("min", [5, 6, 4, 4.5, 3], 5, 5),  # bad, good, bad: never two in a row
        ("min", [5, 6, 4, 4.5, 7], 5, 3),
        ("max", [1, 0, 2, 1, 1.5], 5, 3),
        ("min", [math.nan, 3, 4, 2, 5], 5, 4),  # nothing to be better than, at first
    ],
)
def test_training_stops_when_it_gets_no_better(mode, numbers, last, best):
    model, optimizer, loader = setup()
    stopping = nn.EarlyStopping(patience=2, monitor="x", mode=mode, restore_best=True)
    history = fit(model, optimizer, loader, 5, callbacks=[Numbers(numbers), stopping])
    assert len(history) == last
    assert stopping.best_epoch == best
    assert model.bias.tolist() == [best]  # the best epoch's weights
    waited = last - best
    assert stopping.waited == waited
    reason = f"no better for 2 epochs than in epoch {best}"
    assert history.stopped == (reason if waited == 2 else None)


def test_epochs_are_waited_for_from_the_last_improvement_on():
    model, optimizer, loader = setup()
    stopping = nn.EarlyStopping(patience=3, monitor="x")
    waited = []

    class Watch(nn.Callback):
        def after_epoch(self, run):
            waited.append(stopping.waited)

    numbers = [5, 6, 4, 4.5, 3, 3, math.nan, 2, 9]
    fit(model, optimizer, loader, 9, callbacks=[Numbers(numbers), stopping, Watch()])

    assert waited == [0, 1, 0, 1, 0, 1, 2, 0, 1]


def test_stopping_early_goes_on_from_its_state():
    before = nn.EarlyStopping(patience=2, monitor="x", restore_best=True)
    fit(*setup(), 3, callbacks=[Numbers([3, 1, 2]), before])
    after = nn.EarlyStopping(patience=2, monitor="x", restore_best=True)

    after.load_state_dict(before.state_dict())
    model, optimizer, loader = setup()
    history = fit(model, optimizer, loader, 3, callbacks=[Numbers([3, 0, 0]), after])

    assert len(history) == 1
    assert history.stopped == "no better for 2 epochs than in epoch 2"
    assert model.bias.tolist() == [2]  # of the best epoch, in the run before


def test_a_gain_below_min_delta_is_none():
    stopping = nn.EarlyStopping(patience=1, monitor="x", min_delta=0.5)
    history = fit(*setup(), 5, callbacks=[Numbers([5, 4, 3.7, 1, 0]), stopping])
    assert len(history) == 3


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_the_best_model_is_saved(tmp_path, suffix):
    model, optimizer, loader = setup()
    path = tmp_path / f"best{suffix}"
    fit(model, optimizer, loader, 4, callbacks=[Numbers([3, 1, 2, 4]), nn.SaveBest(path, "x")])
    best = nn.Linear(2, 1)
    nn.load(best, path)
    assert best.bias.tolist() == [2.0]


def test_a_step_by_step_history_is_a_callback():
    model, optimizer, loader = setup()
    recorder = viz.History(model, every=2, optimizer=optimizer)
    fit(
        model, optimizer, loader, 2, callbacks=[recorder],
        validation=nn.DataLoader(line(2), 12),
    )  # fmt: skip
    assert recorder.series("loss")[0].tolist() == [1, 2, 3, 4, 5, 6]
    assert recorder.series("validation_loss")[0].tolist() == [3, 6]
    assert len(recorder.parameter("weight", "ratio")[0]) == 4


# --- Ctrl-C ---


@pytest.fixture
def interruptible():
    """Python's own handler, also where it was started with Ctrl-C ignored, as by `nohup … &`."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_waits_for_the_step_under_way():
    model, optimizer, loader = setup(momentum=0.9)
    twin, twins, same_loader = setup(momentum=0.9)
    note = Note()

    history = fit(model, optimizer, loader, 3, callbacks=[CtrlC(5), note])

    assert history.stopped == "interrupted"
    assert note.seen.count("after") == 5
    assert note.seen[-1] == "end"
    assert [x for x in note.seen if isinstance(x, int)] == [1]  # the second epoch is not whole
    assert loader.state_dict()["served"] == 2
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    # as five steps of a run that nobody interrupted
    fit(twin, twins, same_loader, 1)
    fit(twin, twins, [b for _, b in zip(range(2), same_loader, strict=False)], 1)
    np.testing.assert_array_equal(model.weight.numpy(), twin.weight.numpy())


@pytest.mark.usefixtures("interruptible")
def test_an_interrupted_epoch_is_not_validated():
    """Who presses Ctrl-C does not wait for the validation set too."""
    validation = nn.DataLoader(line(2), 4)
    history = fit(*setup(), 3, callbacks=[CtrlC(5)], validation=validation)
    assert ["validation_loss" in row for row in history.rows] == [True, False]


def test_a_run_that_ends_by_itself_says_no_more_why_the_one_before_was_stopped():
    model, optimizer, loader = setup()
    history = nn.EpochHistory()
    history.stopped = "interrupted"
    fit(model, optimizer, loader, 1, history=history)
    assert history.stopped is None


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_in_the_last_batch_leaves_a_whole_epoch():
    note = Note()
    history = fit(*setup(), 3, callbacks=[CtrlC(3), note], validation=nn.DataLoader(line(2), 4))
    assert note.seen[-2:] == [1, "end"]
    assert "validation_loss" in history.rows[-1]
    assert len(history) == 1


@pytest.mark.usefixtures("interruptible")
def test_a_second_interrupt_is_not_held_back():
    with pytest.raises(KeyboardInterrupt):
        fit(*setup(), 3, callbacks=[CtrlC(2, times=2)])
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_handler_of_someone_else_stays_in_charge():
    came = []
    before = signal.signal(signal.SIGINT, lambda *_: came.append(1))
    try:
        assert len(fit(*setup(), 2, callbacks=[CtrlC(2)])) == 2
    finally:
        signal.signal(signal.SIGINT, before)
    assert came == [1]


def test_outside_the_main_thread_signals_are_left_alone():
    found = []
    thread = threading.Thread(target=lambda: found.append(fit(*setup(), 2)))
    thread.start()
    thread.join()
    assert len(found[0]) == 2
    with interrupts.Interrupts() as here:
        assert not here.came


# --- a run that goes on ---

RUN = """
import sys
import numpy as np
import nn

def build():
    nn.manual_seed(5)
    model = nn.Sequential(
        nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.3, rng=7), nn.Dropout(0.2), nn.Linear(8, 3)
    )
    optimizer = nn.{make}(model.parameters(), lr=0.05)
    rng = np.random.default_rng(3)
    data = rng.normal(size=(30, 4)), rng.integers(3, size=30)
    parts = dict(
        model=model,
        optimizer=optimizer,
        schedule=nn.OneCycleLR(optimizer, 0.1, total_steps=25),
        loader=nn.DataLoader(data, batch_size=7, shuffle=True, rng=2),
        history=nn.EpochHistory(),
        stopping=nn.EarlyStopping(patience=9),
    )
    return parts

def fit(parts, epochs):
    nn.fit(
        parts["model"], nn.CrossEntropyLoss(), parts["optimizer"], parts["loader"], epochs,
        callbacks=[nn.StepSchedule(parts["schedule"], "batch"), parts["stopping"]],
        history=parts["history"], progress=False,
    )

def finish(parts, path):
    rows = [{{k: x for k, x in row.items() if k != "seconds"}} for row in parts["history"].rows]
    np.savez(path, **parts["model"].state_dict(), losses=[row["loss"] for row in rows],
             lr=[row["lr"] for row in rows], epochs=[row["epoch"] for row in rows])

parts = build()
step, folder = sys.argv[1:]
if step == "straight":
    fit(parts, 5)
    finish(parts, folder + "/straight.npz")
elif step == "first":
    fit(parts, 2)
    nn.save_training(folder + "/run{suffix}", **parts)
else:
    nn.manual_seed(99)  # another state of everything random
    nn.load_training(folder + "/run{suffix}", **parts)
    fit(parts, 3)
    finish(parts, folder + "/resumed.npz")
"""


@pytest.mark.parametrize(
    ("make", "suffix"), [("Adam", ".npz"), ("SGD", ".safetensors"), ("RMSprop", ".npz")]
)
def test_two_epochs_and_three_in_a_fresh_process_are_five(tmp_path, make, suffix):
    program = RUN.format(make=make, suffix=suffix)
    for step in ("straight", "first", "resumed"):
        subprocess.run([sys.executable, "-c", program, step, str(tmp_path)], check=True)
    straight, resumed = (np.load(tmp_path / f"{name}.npz") for name in ("straight", "resumed"))
    assert straight["epochs"].tolist() == [1, 2, 3, 4, 5]
    assert len(set(straight["losses"])) == 5
    for name in straight.files:
        assert straight[name].tobytes() == resumed[name].tobytes(), name


@pytest.mark.usefixtures("interruptible")
def test_an_interrupted_run_goes_on_with_the_batch_after(tmp_path):
    def build():
        model, optimizer, loader = setup(momentum=0.9)
        return {"model": model, "optimizer": optimizer, "loader": loader}

    straight, first, second = build(), build(), build()
    fit(*straight.values(), 3)
    fit(*first.values(), 3, callbacks=[CtrlC(4)])
    nn.save_training(tmp_path / "run.npz", **first)
    nn.load_training(tmp_path / "run.npz", **second)
    fit(*second.values(), 2)  # the rest of the second epoch, and the third
    np.testing.assert_array_equal(
        second["model"].weight.numpy(), straight["model"].weight.numpy(), strict=True
    )


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_states_of_every_kind_go_through_a_file(tmp_path, suffix):
    def build():
        nn.manual_seed(0)
        model = nn.scalar.MLP(2, [3, 1])  # an optimizer over single Values
        optimizer = nn.Adam(model.parameters(), lr=0.1)
        sequence = nn.SequentialLR(
            optimizer, [nn.LinearWarmup(optimizer, 2), nn.StepLR(optimizer, 2)], [2]
        )
        plateau = nn.ReduceLROnPlateau(optimizer)  # its best is still inf
        parts = {
            "optimizer": optimizer, "sequence": sequence, "plateau": plateau,
            "best": nn.SaveBest("x.npz"), "history": nn.EpochHistory(),
        }  # fmt: skip
        return model, parts

    model, parts = build()
    for _ in range(3):
        parts["optimizer"].zero_grad()
        model([1.0, 2.0]).backward()
        parts["optimizer"].step()
        parts["sequence"].step()
    nn.save_training(tmp_path / f"run{suffix}", **parts)
    _, fresh = build()
    nn.load_training(tmp_path / f"run{suffix}", **fresh)
    for name, part in parts.items():
        assert fresh[name].state_dict() == part.state_dict(), name


# --- bad input ---


def test_what_is_wrong_is_named():
    model, optimizer, loader = setup()
    with pytest.raises(ValueError, match="epochs must be at least 1, got 0"):
        fit(model, optimizer, loader, 0)
    with pytest.raises(TypeError, match="model must be a Module"):
        fit(nn.scalar.MLP(2, [1]), optimizer, loader)
    with pytest.raises(TypeError, match="optimizer must be an Optimizer, got Linear"):
        fit(model, model, loader)
    with pytest.raises(TypeError, match="loss must be a function"):
        fit(model, optimizer, loader, loss="mse")
    with pytest.raises(TypeError, match="callbacks must be Callbacks, got function"):
        fit(model, optimizer, loader, callbacks=[squared])
    with pytest.raises(ValueError, match="gave no samples"):
        fit(model, optimizer, [])
    with pytest.raises(TypeError, match="a batch must be a tuple"):
        fit(model, optimizer, [np.zeros((2, 2))])
    before = model.state_dict()
    with pytest.raises(ValueError, match=r"loss must give a single number, got shape \(4, 1\)"):
        fit(model, optimizer, loader, loss=lambda y, t: y - t)
    with pytest.raises(TypeError, match="loss must give a Tensor or a Value, got float"):
        fit(model, optimizer, loader, loss=lambda y, t: 0.5)
    with pytest.raises(ValueError, match="optimizer holds no parameter of this model"):
        fit(model.scalar(), optimizer, loader)
    assert all(np.array_equal(before[k], x) for k, x in model.state_dict().items())
    with pytest.raises(KeyError, match="no 'accuracy' to monitor"):
        fit(model, optimizer, loader, callbacks=[nn.EarlyStopping(monitor="accuracy")])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.EarlyStopping(patience=0), "patience must be at least 1"),
        (lambda: nn.EarlyStopping(mode="best"), "mode must be 'min' or 'max'"),
        (lambda: nn.SaveBest("a.npz", min_delta=-1), "min_delta"),
        (lambda: nn.ClipGradNorm(-1.0), "max_norm"),
        (lambda: nn.ClipGradValue(-1.0), "clip_value"),
        (lambda: nn.StepSchedule(nn.StepLR, "day"), "'epoch' or 'batch'"),
        (lambda: nn.StepSchedule(3), "must have a step"),
    ],
)
def test_bad_settings_of_callbacks_are_named(make, message):
    with pytest.raises((ValueError, TypeError), match=message):
        make()


def test_wrong_states_are_refused():
    with pytest.raises(ValueError, match="'rows' and 'stopped'"):
        nn.EpochHistory().load_state_dict({"rows": []})
    with pytest.raises(ValueError, match="state of a SaveBest"):
        nn.SaveBest("a.npz").load_state_dict({"best": 1.0})


def test_the_state_of_a_history_is_a_copy():
    history = nn.EpochHistory()
    history.rows.append({"epoch": 1, "loss": 0.5})
    state = history.state_dict()
    state["rows"][0]["loss"] = 0.0
    state["rows"].append({"epoch": 2})
    assert history.rows == [{"epoch": 1, "loss": 0.5}]


def test_means_over_an_epoch_weight_batches_by_rows_where_a_target_has_parts():
    """A dict of two targets has a length of two, whatever its rows."""

    class Both(nn.Dataset):
        def __len__(self):
            return 3

        def __getitem__(self, i):
            return np.array([float(i)]), {"double": np.array([2.0 * i]), "one": np.array([1.0])}

    def loss(y, target):
        return ((y - target["double"]) ** 2).mean()

    model = nn.Linear(1, 1, rng=0)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    found = nn.evaluate(model, loss, nn.DataLoader(Both(), batch_size=2))
    assert found["loss"] == pytest.approx((0 + 4 + 16) / 3)
