"""Callbacks, hooks and passes that are used again: nothing of the first use is left."""

import copy
import pickle
import signal

import numpy as np
import pytest

import nn
import viz
from engine import Tensor


def mse(y, t):
    return ((y - t) ** 2).mean()


def points(n=12):
    x = np.random.default_rng(0).normal(size=(n, 2))
    return x, x @ [[2.0], [-1.0]] + 0.5


def model_of(weight=0.0):
    model = nn.Linear(2, 1, rng=0)
    model.load_state_dict({"weight": [[weight, weight]], "bias": [0.0]})
    return model


def fit(model, epochs=3, lr=0.1, loader=None, **settings):
    """`nn.fit`, quiet, with an SGD of its own."""
    optimizer = settings.pop("optimizer", None) or nn.SGD(model.parameters(), lr=lr)
    loader = loader or nn.DataLoader(points(), batch_size=4)
    return nn.fit(model, mse, optimizer, loader, epochs, progress=False, **settings)


class Stop(nn.Callback):
    """Raises in the middle of step number `step`."""

    def __init__(self, step, error):
        self.left = step
        self.error = error

    def before_step(self, run):
        self.left -= 1
        if not self.left:
            if self.error is None:
                signal.raise_signal(signal.SIGINT)
            else:
                raise self.error


@pytest.fixture
def interruptible():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


# --- a second model ---


def test_early_stopping_of_a_second_model_gives_back_its_own_weights():
    """It loaded the first model's: a loss of 2,500 where 0.68 was reached."""
    stopping = nn.EarlyStopping(patience=2, restore_best=True)
    fit(model_of(), 5, callbacks=[stopping])
    second = model_of(weight=50.0)  # never as good as the first

    history = fit(second, 3, lr=1e-3, callbacks=[stopping])

    assert stopping.best == min(history["loss"])
    assert stopping.best_epoch == 3
    found = nn.evaluate(second, mse, nn.DataLoader(points(), batch_size=12))["loss"]
    assert 1000 < found < history["loss"][0]


def test_early_stopping_counts_a_second_model_s_epochs_from_0():
    stopping = nn.EarlyStopping(patience=2)
    fit(model_of(), 3, lr=0.0, callbacks=[stopping])
    assert stopping.waited == 2
    history = fit(model_of(weight=50.0), 9, lr=0.0, callbacks=[stopping])
    assert len(history) == 3


def test_save_best_saves_a_second_model_that_is_worse(tmp_path):
    path = tmp_path / "best.npz"
    saving = nn.SaveBest(path)
    fit(model_of(), callbacks=[saving])
    second = model_of(weight=50.0)
    fit(second, lr=1e-3, callbacks=[saving])
    stored = model_of()
    nn.load(stored, path)
    np.testing.assert_array_equal(stored.weight.numpy(), second.weight.numpy())


def test_a_second_fit_of_the_same_model_starts_anew_too():
    stopping = nn.EarlyStopping(patience=2)
    model = model_of()
    fit(model, 3, lr=0.0, callbacks=[stopping])
    assert len(fit(model, 9, lr=0.0, callbacks=[stopping])) == 3


def test_a_run_that_is_continued_goes_on_counting():
    stopping = nn.EarlyStopping(patience=3)
    model = model_of()
    history = fit(model, 2, lr=0.0, callbacks=[stopping])
    assert stopping.waited == 1
    fit(model, 9, lr=0.0, callbacks=[stopping], history=history)
    assert len(history) == 4  # the best was the first


def test_a_continued_history_of_another_model_does_not_continue_its_best():
    stopping = nn.EarlyStopping(patience=3, restore_best=True)
    history = fit(model_of(), 2, callbacks=[stopping])
    second = model_of(weight=50.0)
    fit(second, 2, lr=0.0, callbacks=[stopping], history=history)
    assert second.weight.tolist() == [[50.0, 50.0]]


def test_one_callback_given_twice_is_refused():
    """It would count each epoch twice."""
    stopping = nn.EarlyStopping()
    with pytest.raises(ValueError, match="callbacks holds one EarlyStopping twice"):
        fit(model_of(), callbacks=[stopping, stopping])


def test_callbacks_may_come_from_a_generator():
    """The check of them took them all, and the run had none."""
    stopping = nn.EarlyStopping()
    fit(model_of(), 2, callbacks=(c for c in [stopping]))
    assert stopping.best is not None


def test_a_schedule_of_another_optimizer_is_refused():
    other = nn.SGD(model_of().parameters(), lr=0.1)
    stepping = nn.StepSchedule(nn.ExponentialLR(other, 0.5))
    model = model_of()
    with pytest.raises(ValueError, match="ExponentialLR sets the rates of another optimizer"):
        fit(model, callbacks=[stepping])
    assert model.weight.tolist() == [[0.0, 0.0]]


def test_a_schedule_that_names_no_optimizer_is_stepped():
    class Counting:
        steps = 0

        def step(self):
            self.steps += 1

    schedule = Counting()
    fit(model_of(), 2, callbacks=[nn.StepSchedule(schedule)])
    assert schedule.steps == 2


# --- viz.History ---


def test_a_history_of_one_model_refuses_another():
    history = viz.History(every=1)
    fit(model_of(), 1, callbacks=[history])
    before = list(history.records)
    second = model_of()
    with pytest.raises(ValueError, match="holds 3 steps of another model: make one for each"):
        fit(second, 1, callbacks=[history])
    assert history.records == before
    assert second.weight.tolist() == [[0.0, 0.0]]


def test_a_history_goes_on_with_the_rate_of_the_new_optimizer():
    history = viz.History(every=1)
    model = model_of()
    fit(model, 1, lr=0.1, callbacks=[history])
    fit(model, 1, lr=0.025, callbacks=[history])
    assert history.series("lr")[1].tolist() == [0.1] * 3 + [0.025] * 3
    assert history.parameter("weight", "norm")[0].tolist() == [1, 2, 3, 4, 5, 6]


def test_a_history_measures_a_layer_that_was_replaced_between_two_runs():
    history = viz.History(every=1)
    model = nn.Sequential(nn.Linear(2, 2, rng=0), nn.Linear(2, 1, rng=1))
    fit(model, 1, callbacks=[history])
    model[1] = nn.Linear(2, 1, rng=2)
    fit(model, 1, callbacks=[history])
    assert history.parameter("1.weight", "norm")[0].tolist() == [1, 2, 3, 4, 5, 6]


def test_a_history_that_was_given_a_model_keeps_to_it():
    model = nn.Sequential(nn.Linear(2, 2, rng=0), nn.Linear(2, 1, rng=1))
    history = viz.History(model[0], every=2)
    for _ in range(3):
        fit(model, 1, callbacks=[history])
    assert history.parameters() == ["weight", "bias"]
    assert history.parameter("weight", "norm")[0].tolist() == [1, 2, 4, 6, 8]


def test_a_closed_history_is_refused_before_the_first_step():
    model = model_of()
    with viz.History() as history:
        fit(model, 1, lr=0.0, callbacks=[history])
    with pytest.raises(ValueError, match="this history is closed"):
        fit(model, 1, callbacks=[history])
    assert model.weight.tolist() == [[0.0, 0.0]]


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("error", [None, ZeroDivisionError(), KeyboardInterrupt()])
@pytest.mark.parametrize("step", [1, 2, 3])
def test_no_hook_of_a_history_stays_on_a_model_after_fit(error, step):
    """`pickle.dumps(model)` failed, and every further forward was measured."""
    model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.Tanh(), nn.Linear(3, 1, rng=1))
    callbacks = [viz.History(every=1), Stop(step, error)]
    if error is None:
        fit(model, 1, callbacks=callbacks)
    else:
        with pytest.raises(type(error)):
            fit(model, 1, callbacks=callbacks)
    assert all(not module._hooks for module in model.modules())
    pickle.loads(pickle.dumps(model))


def test_no_hook_stays_where_a_later_callback_refuses():
    first = viz.History()
    fit(model_of(), 1, callbacks=[first])
    model = model_of()
    with pytest.raises(ValueError, match="of another model"):
        fit(model, 1, callbacks=[viz.History(every=1), first])
    assert not model._hooks


def test_a_copy_of_a_model_that_is_being_measured_is_not_measured():
    model = nn.Sequential(nn.Linear(2, 1, rng=0), nn.ReLU())
    with viz.History(model, every=1) as history:
        twin = pickle.loads(pickle.dumps(copy.deepcopy(model)))
        for one in (twin, model):
            loss = mse(one([[1.0, 2.0]]), Tensor([[1.0]]))
        loss.backward()
        history.step(loss.item())
    assert history.activations() == ["1 ReLU"]  # and no "1 ReLU (2)"


def test_every_callback_is_cleaned_up_after_whatever_happens():
    seen = []

    class Cleaning(nn.Callback):
        def end(self, run):
            seen.append("end")

        def cleanup(self, run):
            seen.append("cleanup")

    fit(model_of(), 1, callbacks=[Cleaning()])
    with pytest.raises(ZeroDivisionError):
        fit(model_of(), 1, callbacks=[Cleaning(), Stop(1, ZeroDivisionError())])
    assert seen == ["end", "cleanup", "cleanup"]


# --- the pass that Ctrl-C cut short ---


def shuffled():
    return nn.DataLoader(points(), batch_size=4, shuffle=True, rng=1)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("continued", [False, True])
@pytest.mark.parametrize("between", [False, True])
def test_a_fit_after_ctrl_c_goes_on_with_the_batch_after(continued, between):
    """It began a new pass: the rest of the epoch was skipped."""
    straight, model = model_of(), model_of()
    fit(straight, 3, loader=shuffled())
    loader = shuffled()
    history = fit(model, 3, loader=loader, callbacks=[Stop(4, None)])
    assert history.stopped == "interrupted"
    if between:
        nn.evaluate(model, mse, nn.DataLoader(points(), batch_size=4))
        list(nn.DataLoader(points(), batch_size=4))

    fit(model, 2, loader=loader, history=history if continued else None)

    np.testing.assert_array_equal(model.weight.numpy(), straight.weight.numpy())


@pytest.mark.usefixtures("interruptible")
def test_a_pass_between_is_whole_and_the_interrupted_one_goes_on_all_the_same():
    batches = []

    class Count(nn.Callback):
        def after_step(self, run):
            batches.append(run.loss)

    model, loader = model_of(), nn.DataLoader(points(), batch_size=4)
    fit(model, 1, loader=loader, callbacks=[Stop(1, None)])
    assert len(list(loader)) == 3
    fit(model, 2, loader=loader, callbacks=[Count()])
    assert len(batches) == 2 + 3


@pytest.mark.usefixtures("interruptible")
def test_another_model_gets_whole_passes_after_ctrl_c():
    loader, twin = shuffled(), shuffled()
    fit(model_of(), 1, loader=loader, callbacks=[Stop(1, None)])
    list(twin)  # the pass that was cut short drew its order
    second, straight = model_of(), model_of()
    fit(second, 1, loader=loader)
    fit(straight, 1, loader=twin)
    np.testing.assert_array_equal(second.weight.numpy(), straight.weight.numpy())


@pytest.mark.usefixtures("interruptible")
def test_a_state_that_was_loaded_goes_before_the_pass_that_was_cut_short():
    model, loader = model_of(), nn.DataLoader(points(), batch_size=4)
    state = {**loader.state_dict(), "order": np.arange(12)[::-1], "served": 2}
    fit(model, 1, loader=loader, callbacks=[Stop(1, None)])
    loader.load_state_dict(state)
    seen = []

    class Count(nn.Callback):
        def after_step(self, run):
            seen.append(run.loss)

    fit(model, 1, loader=loader, callbacks=[Count()])
    assert len(seen) == 1


@pytest.mark.usefixtures("interruptible")
def test_batches_in_a_list_start_their_next_pass_after_ctrl_c():
    model = model_of()
    batches = [points(4)] * 3
    fit(model, 1, loader=batches, callbacks=[Stop(1, None)])
    assert len(fit(model, 1, loader=batches)) == 1
