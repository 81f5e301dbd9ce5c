"""`History(keep=True)`: the first nan, spike or dead layer is kept, and can be looked at again."""

import copy
import pickle
import warnings

import numpy as np
import pytest

import engine
import nn
from engine import Tensor, Value
from viz import History
from viz.monitoring.keeper import spike_limit

X = np.sin(np.arange(24.0)).reshape(8, 3)
T = np.arange(8) % 2


def a_model(*between):
    return nn.Sequential(nn.Linear(3, 4, rng=0), nn.ReLU(), *between, nn.Linear(4, 2, rng=1))


class Noting(nn.Callback):
    """Notes what each step began with; at one step it changes the parameters."""

    def __init__(self, at=None, change=lambda p: p):
        self.at, self.change, self.before = at, change, []

    def before_batch(self, run):
        if len(self.before) + 1 == self.at:
            for p in run.model.parameters():
                p.data = self.change(p.data)
        self.before.append(({n: p.data.copy() for n, p in run.model.named_parameters()}, run.batch))


def fitted(model, history, noting, epochs=6, **options):
    """A run on both tiers' data, the steps noted before the history sees them."""
    loader = nn.DataLoader((X, T), batch_size=4, shuffle=True, rng=0)
    optimizer = nn.SGD(model.parameters(), lr=0.1)
    with np.errstate(all="ignore"):
        nn.fit(
            model, nn.CrossEntropyLoss(), optimizer, loader, epochs,
            callbacks=[noting, history], progress=False, **options,
        )  # fmt: skip
    return history


@np.errstate(all="ignore")
def own_loop(model, history, steps, at, spoil, batch=(X, T)):
    """A loop of one's own, in which the loss of a step is changed."""
    for i in range(1, steps + 1):
        model.zero_grad()
        loss = nn.CrossEntropyLoss()(model(X), T)
        loss = spoil(loss) if i == at else loss
        loss.backward()
        for p in model.parameters():
            p.data = p.data - 0.1 * p.grad
        history.step(loss, batch=batch)
    return history


# --- what is caught ---


@pytest.mark.parametrize("compile", [False, True])
def test_the_batch_and_the_parameters_of_the_first_nan_are_kept(compile):
    noting = Noting(7, lambda array: array * 1e200)
    history = fitted(a_model(), History(every=5, keep=True), noting, compile=compile)
    (caught,) = history.caught
    parameters, batch = noting.before[6]
    assert (caught.step, caught.kind) == (7, "nan")
    assert caught.why.startswith("the loss is nan")
    assert np.array_equal(caught.batch[0], batch[0])
    assert np.array_equal(caught.batch[1], batch[1])
    assert caught.parameters.keys() == parameters.keys()
    for name, array in parameters.items():
        assert np.array_equal(caught.parameters[name], array), name
    assert [r["step"] for r in history.records if "caught" in r] == [7]
    assert "nan begins here" in caught.draw().dot


def test_a_spike_is_kept_and_said_with_what_came_before():
    noting = Noting(15, lambda array: array * -30)
    history = fitted(a_model(), History(every=5, keep=True), noting, epochs=10)
    (caught,) = history.caught
    assert (caught.step, caught.kind) == (15, "spike")
    assert caught.why.startswith(f"the loss is {caught.loss:.4g}, after a median of 0.")


def test_a_layer_that_is_dead_for_a_whole_batch_is_kept_when_it_is_measured():
    noting = Noting(4, lambda array: array - 100.0 * (array.ndim == 1))
    history = fitted(a_model(), History(every=5, keep=True), noting)
    caught = next(one for one in history.caught if one.kind == "dead")
    assert caught.step == 5
    assert caught.why == "all units of 1 ReLU are 0 for the whole batch"


@pytest.mark.parametrize("every", [1, 100], ids=["measured", "between"])
def test_a_gradient_that_is_nan_is_caught_before_the_loss_is(every):
    """The square root of 0: its slope is inf, times 0 that is nan."""
    model = a_model()
    history = History(model, every=every, keep=True)
    own_loop(model, history, 3, 2, lambda loss: loss + engine.sqrt((0.0 * model(X)).sum()))
    first = history.caught[0]
    assert (first.step, first.kind) == (2, "nan")
    assert first.why.startswith("the gradient of 0.")
    assert np.isfinite(first.loss)


def test_a_gradient_whose_sum_alone_overflows_is_not_caught():
    model = nn.Linear(2, 2, rng=0)
    history = History(model, every=100, keep=True)
    history.step(1.0)
    for p in model.parameters():
        p.grad = np.full(p.shape, 1e308)
    history.step(1.0)
    assert history.caught == []


def test_parameters_that_were_not_finite_before_are_told():
    noting = Noting(3, lambda array: array * np.nan)
    (caught,) = fitted(a_model(), History(keep=True, activations=False), noting).caught
    assert caught.why == "the loss is nan; parameters were not finite before this step already"


def test_only_the_first_of_each_kind_is_kept():
    model = a_model()
    history = History(model, every=5, keep=True)
    own_loop(model, history, 40, 20, lambda loss: loss * 100)
    own_loop(model, history, 20, 15, lambda loss: loss * 100)
    own_loop(model, history, 3, 2, lambda loss: loss * np.nan)
    assert [(one.kind, one.step) for one in history.caught] == [("spike", 20), ("nan", 62)]


def test_a_run_that_goes_well_keeps_nothing_and_holds_no_more_than_one_step():
    history = fitted(a_model(), History(every=5, keep=True), Noting(), epochs=20)
    assert history.caught == []
    assert not any("caught" in record for record in history.records)


def test_without_keep_nothing_is_kept():
    noting = Noting(7, lambda array: array * np.nan)
    assert fitted(a_model(), History(every=5), noting).caught == []


@pytest.mark.parametrize(
    ("losses", "limit"),
    [
        ([], np.inf),
        ([1.0] * 9, np.inf),
        ([1.0] * 9 + [np.nan], np.inf),
        ([1.0] * 10, 4.0),
        ([1.0] * 49 + [3.0], 6.0),
        ([-5.0] * 20, 10.0),
        ([0.0] * 20, np.inf),
        ([0.0] * 19 + [1.0], 2.0),
    ],
)
def test_a_spike_is_far_beyond_all_that_was_usual(losses, limit):
    assert spike_limit(losses) == limit


@pytest.mark.parametrize("loss", [0.0, -5.0, None])
def test_a_loss_that_stays_as_it_is_is_no_spike(loss):
    history = History(keep=True)
    for _ in range(30):
        history.step(loss)
    assert history.caught == []


# --- looked at again ---


def test_the_stepper_shows_the_step_s_own_numbers():
    noting = Noting(15, lambda array: array * -30)
    history = fitted(a_model(), History(every=5, keep=True), noting, epochs=10)
    (caught,) = history.caught
    last = caught.stepper().steps
    loss = next(step for step in last if step.node.op.name == "cross_entropy")
    assert loss.result == caught.loss
    assert "Sequential" in caught.draw().dot
    assert "cluster" in caught.draw(dark=True).dot


def test_dropout_drops_again_what_it_dropped():
    """Chance is put back: the loss is the same to the bit, and what follows is not disturbed."""
    for rng in (3, None):
        engine.manual_seed(5)
        model = a_model(nn.Dropout(0.5, rng=rng))
        noting = Noting(15, lambda array: array * -30)
        (caught,) = fitted(model, History(every=5, keep=True), noting, epochs=10).caught
        state = engine.default_generator().bit_generator.state
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            caught.draw()
            steps = caught.stepper().steps
        assert engine.default_generator().bit_generator.state == state
        assert next(s for s in steps if s.node.op.name == "cross_entropy").result == caught.loss


def test_looking_leaves_the_model_as_it_is():
    model = a_model(nn.BatchNorm1d(4))
    noting = Noting(15, lambda array: array * -30)
    history = fitted(model, History(every=5, keep=True), noting, epochs=10)
    model.eval()
    before = {name: np.array(x) for name, x in model.state_dict().items()}
    gradients = [p.grad.copy() for p in model.parameters()]
    for caught in history.caught:
        caught.draw()
        caught.stepper()
    assert not model.training
    assert all(np.array_equal(x, before[name]) for name, x in model.state_dict().items())
    assert all(map(np.array_equal, (p.grad for p in model.parameters()), gradients))


def test_a_loss_that_cannot_be_had_again_is_a_warning():
    noise = iter(range(10_000))

    class Noise(nn.Module):
        def forward(self, x):
            return x * (1.0 + next(noise))

    noting = Noting(15, lambda array: array * -30)
    (caught,) = fitted(a_model(Noise()), History(keep=True, every=5), noting, epochs=10).caught
    with pytest.warns(UserWarning, match="run again, the loss of step 15 is "):
        caught.draw()


def test_in_a_loop_of_one_s_own_the_loss_s_graph_is_drawn_with_the_numbers_it_had():
    model = a_model()
    history = own_loop(
        model, History(model, every=5, keep=True), 30, 20, lambda loss: loss * np.nan
    )
    for p in model.parameters():
        p.data = np.ones(p.shape)
    (caught,) = history.caught
    assert "! nan begins here" in caught.draw().dot
    assert np.array_equal(caught.batch[0], X)
    assert "∂L/∂" in caught.stepper().text()
    assert all((p.data == 1.0).all() for p in model.parameters())


@pytest.mark.parametrize("tier", ["scalar", "micrograd"])
def test_models_of_values_are_kept_too(tier):
    model = (
        nn.MLP([2, 2, 1], nn.Tanh, rng=0).scalar() if tier == "scalar" else nn.scalar.MLP(2, [2, 1])
    )
    history = History(model, every=5, keep=True)
    x = [Value(0.5), Value(-1.0)]
    for i in range(3):
        model.zero_grad()
        y = model(np.array([[0.5, -1.0]]))[0, 0] if tier == "scalar" else model(x)
        loss = (y - 1.0) ** 2 * (np.nan if i == 1 else 1.0)
        loss.backward()
        for p in model.parameters():
            p.data = p.data - 0.1 * p.grad
        history.step(loss)
    (caught,) = history.caught
    assert (caught.step, caught.kind, caught.batch) == (2, "nan", None)
    assert "nan begins here" in caught.draw().dot
    assert "∂L/∂" in caught.stepper().text()
    assert all(np.isnan(p.data).any() for p in model.parameters()) == (tier == "scalar")


def test_a_scalar_model_is_run_again_in_fit():
    model = nn.MLP([3, 2, 2], nn.Tanh, rng=0).scalar()
    (caught,) = fitted(model, History(keep=True), Noting(3, lambda a: a * np.nan), epochs=2).caught
    assert "∂L/∂" in caught.stepper().text()


def test_a_loss_that_is_only_a_number_has_no_graph_to_show():
    model = a_model()
    history = History(model, keep=True)
    history.step(np.nan, batch=(X, T))
    (caught,) = history.caught
    with pytest.raises(ValueError, match=r"give history.step\(\) the loss as the Tensor"):
        caught.stepper()
    assert "give history.step() the loss" in caught.page()


def test_a_history_without_a_model_keeps_the_loss_s_graph():
    history = History(keep=True)
    history.step(Tensor([2.0], requires_grad=True) * np.nan)
    assert history.caught[0].parameters == {}
    assert "nan" in history.caught[0].draw().dot


def test_a_batch_that_is_written_over_is_kept_as_it_was():
    history, x = History(keep=True), np.ones(2)
    history.step(np.nan, batch=(x, 3))
    x[:] = 0.0
    assert history.caught[0].batch[0].tolist() == [1.0, 1.0]


def test_a_model_partly_in_eval_mode_is_run_again_in_it():
    model = a_model(nn.BatchNorm1d(4))

    class Frozen(Noting):
        def before_batch(self, run):
            run.model[2].eval()
            super().before_batch(run)

    frozen = Frozen(15, lambda array: array * -30)
    (caught,) = fitted(model, History(every=5, keep=True), frozen, epochs=10).caught
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        caught.draw()


def test_a_model_that_fails_when_it_is_run_again_does_not_end_the_run():
    class Once(nn.Module):
        calls = 0

        def forward(self, x):
            self.calls += 1
            if self.calls > 8:
                raise KeyError("no more")
            return x

    noting = Noting(8, lambda array: array * np.nan)
    history = fitted(a_model(Once()), History(keep=True), noting, epochs=4)
    assert "Not to be seen again: &#x27;no more&#x27;" in history.caught[0].page()


def test_a_batch_is_a_tuple():
    with pytest.raises(
        TypeError, match="batch must be a tuple of inputs and target, got int; a nu"
    ):
        History(keep=True).step(1.0, batch=32)


def test_what_was_caught_says_what_it_is():
    history = History(keep=True)
    history.step(np.inf)
    assert repr(history).endswith("layers measured; nan at step 1>")
    assert "nan at step 1" in history._repr_html_()
    assert repr(history.caught) == (
        "[<step 1: the loss is inf; .stepper(), .draw(), .batch, .parameters>]"
    )


# --- beside the file ---


def test_a_page_of_what_was_caught_is_written_beside_the_file(tmp_path):
    path = tmp_path / "run.jsonl"
    with History(path=path, every=5, keep=True) as history:
        fitted(a_model(), history, Noting(7, lambda array: array * np.nan))
    page = tmp_path / "run.jsonl.nan-7.html"
    assert page.read_text(encoding="utf-8") == history.caught[0].stepper().html
    found = [r for r in History.load(path).records if "caught" in r]
    assert [(r["step"], r["caught"]) for r in found] == [(7, {"nan": 1})]
    assert "caught" not in History.load(path).names


def test_a_graph_too_large_for_a_stepper_is_drawn(tmp_path, monkeypatch):
    monkeypatch.setattr("viz.stepping.stepper.MAX_STEPS", 3)
    history = own_loop(a_model(), History(keep=True), 1, 1, lambda loss: loss * np.nan)
    page = history.caught[0].page()
    assert "the graph has more than the 3 steps a page can hold" in page
    assert "<svg" in page
    assert "<h1>step 1: the loss is nan</h1>" in page


# --- copies ---


def test_a_copy_and_a_pickle_of_a_history_go_on_in_memory(tmp_path):
    path = tmp_path / "run.jsonl"
    with History(path=path, every=1, keep=True) as history:
        history.step(1.0)
        for other in (copy.deepcopy(history), pickle.loads(pickle.dumps(history))):
            other.step(np.nan)
            assert other.steps == 2
            assert len(other.caught) == 1
        history.step(3.0)
    assert [record["loss"] for record in History.load(path)] == [1.0, 3.0]
