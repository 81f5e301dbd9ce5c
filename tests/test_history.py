"""`viz.History`: what it measures is what happened, in memory, in a file, and after a crash."""

import json
import math
import weakref

import numpy as np
import pytest
from hypothesis import given, strategies as st

import engine
import nn
from engine import Tensor, Value
from viz import History
from viz.monitoring import history as history_module
from viz.monitoring.measure import Meter, activation_statistics, gradient_of
from viz.monitoring.outputs import ENDS


class Descent:
    """Plain gradient descent, with the learning rate where optimizers have it."""

    def __init__(self, model, lr):
        self.model = model
        self.param_groups = [{"lr": lr}]

    def step(self):
        for p in self.model.parameters():
            if p.grad is not None:
                p.data = p.data - self.param_groups[0]["lr"] * p.grad


def a_model():
    return nn.Sequential(nn.Linear(3, 4, rng=0), nn.ReLU(), nn.Linear(4, 1, rng=1), nn.Tanh())


X = np.sin(np.arange(15.0)).reshape(5, 3)


def trained(model, history, steps, lr=0.1):
    descent = Descent(model, lr)
    if history is not None and history.optimizer is None:
        history.optimizer = descent
    for _ in range(steps):
        model.zero_grad()
        loss = (model(X) ** 2).mean()
        loss.backward()
        descent.step()
        history.step(loss)
    return descent


# --- numbers ---


def gradient_statistics(gradients):
    with np.errstate(over="ignore"):
        return Meter(g.shape for g in gradients).gradients(gradients)


def update_ratio(before, after):
    return Meter([before.shape]).updates([before], [after])[0]


def test_gradient_statistics_are_these():
    found = gradient_statistics(
        [np.array([[3.0, 0.0], [-4.0, 0.0]]), np.zeros((0, 2)), np.zeros(3), np.array(-2.0)]
    )
    assert found == [
        {"norm": 5.0, "mean": 1.75, "max": 4.0, "zeros": 0.5},
        {"norm": 0.0, "mean": 0.0, "max": 0.0, "zeros": 0.0},
        {"norm": 0.0, "mean": 0.0, "max": 0.0, "zeros": 1.0},
        {"norm": 2.0, "mean": 2.0, "max": 2.0, "zeros": 0.0},
    ]
    assert gradient_statistics([]) == []
    assert gradient_statistics([np.zeros((0, 2))]) == [found[1]]


def test_gradient_statistics_leave_the_gradients_as_they_are_and_sum_in_double_precision():
    gradients = [np.full((3, 4), -0.1, np.float32), np.full(1000, 1e-3, np.float32)]
    before = [g.copy() for g in gradients]
    (few, many) = gradient_statistics(gradients)
    assert all((g == b).all() for g, b in zip(gradients, before, strict=True))
    assert few["mean"] == few["max"] == float(np.float32(0.1))
    assert many["norm"] == pytest.approx(np.sqrt(1000.0) * float(np.float32(1e-3)), rel=1e-14)


def test_nan_and_inf_are_counted():
    (found,) = gradient_statistics([np.array([1.0, np.nan, 2.0, np.nan])])
    assert found["nonfinite"] == 0.5
    assert math.isnan(found["norm"])
    assert gradient_statistics([np.array([np.inf, 1.0])])[0]["nonfinite"] == 0.5
    assert "nonfinite" not in gradient_statistics([np.array([1.0])])[0]


def test_update_ratio_is_the_step_s_length_over_the_parameter_s():
    assert update_ratio(np.array([0.0, 2.0]), np.array([0.0, 2.5])) == 0.25
    assert math.isnan(update_ratio(np.zeros(2), np.ones(2)))


def test_squares_that_overflow_make_no_norm_infinite():
    (found,) = gradient_statistics([np.array([1e200, -1e200])])
    assert found.pop("norm") == pytest.approx(1.4142135623730951e200)
    assert found == {"mean": 1e200, "max": 1e200, "zeros": 0.0}


@pytest.mark.parametrize("scale", [1e20, 1e-24])
def test_update_ratios_of_single_precision_are_measured_in_double(scale):
    before = np.array([scale, scale], np.float32)
    assert update_ratio(before, np.float32(1.5) * before) == pytest.approx(0.5)


def test_a_unit_is_dead_that_is_zero_for_the_whole_batch():
    output = np.array([[0.0, 1.0, 0.0, 2.0], [0.0, 0.0, 0.0, 3.0]])
    found = activation_statistics(output, None)
    assert found["zeros"] == 5 / 8
    assert found["dead"] == 0.5
    assert "saturated" not in found


def test_units_of_images_are_channels():
    images = np.zeros((2, 3, 4, 5))
    images[1, 2, 0, 0] = 1.0
    assert activation_statistics(images, None)["dead"] == pytest.approx(2 / 3)


def test_units_of_sequences_are_features_not_times():
    """Of (batch, time, features) a unit is a feature: it may be 0 at a time, for all examples."""
    output = np.ones((2, 3, 4))
    output[:, :, 1] = 0.0  # feature 1 is dead
    output[:, 2, :] = 0.0  # time 2 is not a unit
    output[1] = 0.0  # nor is an example
    assert activation_statistics(output, None)["dead"] == 1 / 4


def test_units_of_an_output_with_more_axes_than_images_are_those_of_the_last():
    output = np.ones((2, 3, 2, 2, 4))
    output[..., 1] = 0.0
    assert activation_statistics(output, None)["dead"] == 1 / 4


@pytest.mark.parametrize("layer", ENDS)
def test_a_saturating_layer_puts_out_its_ends_and_nothing_beyond(layer):
    outputs = layer()(np.array([-1e3, -1.0, 0.0, 1.0, 1e3]))
    low, high = ENDS[layer]
    assert (outputs.min().item(), outputs.max().item()) == (low, high)


@pytest.mark.parametrize("layer", ENDS)
def test_a_layer_is_saturated_at_either_end_and_not_between(layer):
    model = nn.Sequential(nn.Linear(1, 1, rng=0), layer())
    model[0].weight.data, model[0].bias.data = np.ones((1, 1)), np.zeros(1)
    history = History(model, every=1)

    model(np.array([[-20.0], [-0.5], [0.5], [20.0]])).sum().backward()
    history.step()

    saturated = history.activation(f"1 {layer.__name__}", "saturated")[1]
    assert saturated.tolist() == [0.5]


def test_saturated_is_within_a_hundredth_of_the_range():
    output = np.array([0.0, 0.97, 0.981, -0.99, 1.0])
    assert activation_statistics(output, (-1.0, 1.0))["saturated"] == pytest.approx(3 / 5)


def test_mean_and_deviation_are_numpy_s():
    output = np.cos(np.arange(24.0)).reshape(4, 6)
    found = activation_statistics(output, None)
    assert found["mean"] == pytest.approx(output.mean())
    assert found["std"] == pytest.approx(output.std())


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_deviation_far_below_the_mean_keeps_its_digits(dtype):
    output = (100 + 0.1 * np.sin(np.arange(60_000.0))).reshape(-1, 60).astype(dtype)
    found = activation_statistics(output, None)
    assert found["std"] == pytest.approx(output.std(dtype=float))


def test_a_deviation_of_float32_is_measured_from_a_mean_in_double_precision():
    """The mean of two neighbours is no float32: rounded, it is off by a whole deviation."""
    one = np.float32(1e5)
    output = np.tile([one, np.nextafter(one, np.float32(np.inf))], (100, 2))
    found = activation_statistics(output, None)
    assert found["std"] == pytest.approx(np.spacing(one) / 2)


@pytest.mark.parametrize(
    "output", [np.zeros((0, 3)), np.array(2.0), np.array([np.nan, 1.0]), np.array([np.inf])]
)
def test_odd_outputs_are_measured_too(output):
    found = activation_statistics(output, (-1.0, 1.0))
    assert set(found) >= {"mean", "std", "zeros", "dead"}


def test_a_parameter_s_numbers_and_gradient_on_either_tier():
    tensor = Tensor([1.0, 2.0], requires_grad=True)
    value = [Value(1.0), Value(2.0)]
    boxed = engine.ValueArray.of([1.0, 2.0])
    for x in (tensor, value, boxed):
        assert gradient_of(x) is None
    (tensor * tensor).sum().backward()
    (value[1] * value[1]).backward()
    (boxed * boxed).sum().backward()
    assert gradient_of(tensor).tolist() == [2.0, 4.0]
    assert gradient_of(value).tolist() == [0.0, 4.0]
    assert gradient_of(boxed).tolist() == [2.0, 4.0]
    (tensor * tensor).sum().backward(create_graph=True)
    assert gradient_of(tensor).tolist() == [4.0, 8.0]
    assert type(gradient_of(tensor)) is np.ndarray


# --- steps ---


def test_measured_numbers_are_those_of_the_model():
    model = a_model()
    history = History(model, every=1)
    before = {n: np.array(p.data) for n, p in model.named_parameters()}
    trained(model, history, 1)

    record = history.records[0]
    total = 0.0
    for name, p in model.named_parameters():
        row = record["parameters"][name]
        total += float((p.grad**2).sum())
        assert row["norm"] == pytest.approx(np.sqrt((p.grad**2).sum()))
        assert row["mean"] == pytest.approx(np.abs(p.grad).mean())
        assert row["max"] == np.abs(p.grad).max()
        assert row["zeros"] == (p.grad == 0).mean()
        moved = np.linalg.norm(p.data - before[name]) / np.linalg.norm(before[name])
        assert row["ratio"] == pytest.approx(moved)
    assert record["norm"] == pytest.approx(math.sqrt(total))
    assert record["lr"] == 0.1


def test_activations_are_those_of_the_step_that_is_measured():
    model = a_model()
    history = History(model, every=3)
    trained(model, history, 6)

    assert history.activations() == ["1 ReLU", "3 Tanh"]
    assert history.activation("1 ReLU", "dead")[0].tolist() == [1, 3, 6]
    assert "saturated" in history.records[0]["activations"]["3 Tanh"]
    first = a_model()[:2](X).data
    row = history.records[0]["activations"]["1 ReLU"]
    assert row["mean"] == pytest.approx(first.mean())


def test_a_module_that_is_used_twice_is_named_twice():
    relu = nn.ReLU()

    class Twice(nn.Module):
        def __init__(self):
            self.a, self.b, self.relu = nn.Linear(3, 3, rng=0), nn.Linear(3, 1, rng=1), relu

        def forward(self, x):
            return self.relu(self.b(self.relu(self.a(x))))

    model = Twice()
    history = History(model, every=1)
    trained(model, history, 2)
    assert "relu ReLU" in history.activations()
    assert "relu ReLU (2)" in history.activations()
    assert "relu ReLU (3)" not in history.activations()


def test_evaluation_between_steps_is_not_measured():
    model = a_model()
    history = History(model, every=1)
    model.eval()
    model(100 * X)
    model.train()
    trained(model, history, 1)
    before = a_model()[:2](X).data
    assert history.activation("1 ReLU", "mean")[1][0] == pytest.approx(before.mean())


def test_evaluation_without_recording_is_not_measured_either():
    """The mode of a model without dropout may be left as it is: no_grad says enough."""
    model = a_model()
    history = History(model, every=1)
    with engine.no_grad():
        model(100 * X)
    trained(model, history, 1)
    before = a_model()[:2](X).data
    assert history.activation("1 ReLU", "mean")[1][0] == pytest.approx(before.mean())
    assert history.activations() == ["1 ReLU", "3 Tanh"]


class Puts(nn.Module):
    """A layer without parameters that puts out whatever it is told to make of its input."""

    def __init__(self, made):
        self.made = made

    def forward(self, x):
        return self.made(x)


class Ending(nn.Module):
    """A layer, and one that puts out something for others to see."""

    def __init__(self, made):
        self.linear, self.end = nn.Linear(3, 2, rng=0), Puts(made)

    def forward(self, x):
        y = self.linear(x)
        self.end(y)
        return y


def test_of_several_outputs_the_first_is_measured():
    model = Ending(lambda x: (2 * x, "and more"))
    expected = (2 * model.linear(X).data).mean()
    history = History(model, every=1)
    trained(model, history, 1)
    assert history.activation("end Puts", "mean")[1][0] == pytest.approx(expected)


@pytest.mark.parametrize("made", [lambda x: {"y": x}, lambda x: (), lambda x: None])
def test_an_output_that_is_no_array_is_passed_over(made):
    model = Ending(made)
    history = History(model, every=1)
    trained(model, history, 2)
    assert history.activations() == []
    assert history.steps == 2


def test_layers_are_left_alone_where_that_is_asked_for():
    model = a_model()
    history = History(model, every=1, activations=False)
    assert not any(m._hooks for m in model.modules())
    trained(model, history, 1)
    assert history.activations() == []
    assert history.parameters() == ["0.weight", "0.bias", "2.weight", "2.bias"]


def test_layers_with_parameters_are_looked_at_where_there_are_no_others():
    model = nn.MLP([3, 4, 1], engine.relu, rng=0)
    history = History(model, every=1)
    trained(model, history, 1)
    assert history.activations() == ["layers.0 Linear", "layers.1 Linear"]


def test_only_some_steps_are_measured_the_loss_at_each():
    model = a_model()
    history = History(model, every=4)
    trained(model, history, 9)
    assert history.series("loss")[0].tolist() == list(range(1, 10))
    assert history.parameter("0.weight", "norm")[0].tolist() == [1, 4, 8]
    assert history.steps == 9


def test_no_hook_stays_between_measurements_nor_after_close():
    model = a_model()
    history = History(model, every=5)
    trained(model, history, 1)
    assert not any(m._hooks for m in model.modules())
    trained(model, history, 3)
    assert any(m._hooks for m in model.modules())
    history.close()
    assert not any(m._hooks for m in model.modules())


def test_a_closed_history_notes_nothing_more(tmp_path):
    model = a_model()
    with History(model, every=1, path=tmp_path / "run.jsonl") as history:
        trained(model, history, 2)
    before = [dict(record) for record in history]
    for note in (lambda: history.step(1.0), lambda: history.log(accuracy=1.0)):
        with pytest.raises(ValueError, match="this history is closed"):
            note()
    assert list(history) == before
    assert not any(m._hooks for m in model.modules())


def test_a_parameter_no_gradient_reached_is_left_out():
    model = a_model()
    history = History(model, every=1)
    model[0](X).sum().backward()
    history.step(1.0)
    assert set(history.records[0]["parameters"]) == {"0.weight", "0.bias"}


def test_which_parameters_a_gradient_reaches_may_change():
    w, v = (Tensor(np.full(n, 2.0), requires_grad=True) for n in (3, 5))
    history = History({"w": w, "v": v}, every=1)
    for x in (w, v):
        w.grad = v.grad = None
        x.sum().backward()
        history.step(1.0)
    assert history.parameter("w", "norm")[1].tolist() == [np.sqrt(3.0)]
    assert history.parameter("v", "norm")[1].tolist() == [np.sqrt(5.0)]


def test_no_array_is_held_between_measurements():
    w = Tensor([1.0, 2.0], requires_grad=True)
    history = History({"w": w}, every=5)
    before = weakref.ref(w._held)
    w.data = [3.0, 4.0]
    history.step(1.0)
    assert before() is None


def test_more_series_and_a_log_between_steps():
    history = History()
    history.log(validation_loss=2.0)
    history.step(Value(1.5), accuracy=0.5, recall=None)
    history.step(Tensor([1.25]))
    history.log(validation_loss=np.float32(0.5))
    assert history.series("loss")[1].tolist() == [1.5, 1.25]
    assert history.series("accuracy")[0].tolist() == [1]
    steps, numbers = history.series("validation_loss")
    assert (steps.tolist(), numbers.tolist()) == ([0, 2], [2.0, 0.5])
    assert history.names == ["validation_loss", "loss", "accuracy"]
    assert list(history) == history.records


def test_both_tiers_give_the_same_history():
    tensor, scalar = a_model(), a_model().scalar()
    on_tensors, on_values = History(tensor, every=2), History(scalar, every=2)
    trained(tensor, on_tensors, 4)
    for _ in range(4):
        scalar.zero_grad()
        loss = (scalar(X) ** 2).mean()
        loss.backward()
        for p in scalar.parameters():
            for value in p.flat:
                value.data -= 0.1 * value.grad
        on_values.step(loss)
    for name in on_tensors.parameters():
        for what in ("norm", "mean", "max", "zeros", "ratio"):
            one, two = (h.parameter(name, what)[1] for h in (on_tensors, on_values))
            assert one == pytest.approx(two, rel=1e-9)
    for name in on_tensors.activations():
        one, two = (h.activation(name, "std")[1] for h in (on_tensors, on_values))
        assert one == pytest.approx(two, rel=1e-9)


def test_models_of_single_values_are_measured_by_layer():
    model = nn.scalar.MLP(2, [3, 1], rng=np.random.default_rng(0))
    history = History(model, every=1)
    loss = model([1.0, -2.0]) ** 2
    loss.backward()
    for p in model.parameters():
        p.data -= 0.01 * p.grad
    history.step(loss)
    assert history.parameters() == ["layers[0]", "layers[1]"]
    last = np.array([p.grad for p in model.layers[1].parameters()])
    assert history.parameter("layers[1]", "norm")[1][0] == pytest.approx(np.linalg.norm(last))


def test_a_class_with_parameters_will_do():
    class Mine:
        def __init__(self):
            arrays = [np.ones((2, 3)), np.ones(3), np.ones(1), np.ones(1)]
            self.all = [Tensor(x, requires_grad=True) for x in arrays]
            self.all[2].label = self.all[3].label = "scale"

        def parameters(self):
            return self.all

    model = Mine()
    history = History(model, every=1)
    sum(p.sum() for p in model.all).backward()
    history.step(1.0)
    assert history.parameters() == ["parameters[0]", "parameters[1]", "scale", "scale[3]"]
    assert history.parameter("parameters[0]", "norm")[1][0] == pytest.approx(np.sqrt(6.0))


def test_parameters_by_name_will_do():
    w = Tensor([1.0, 2.0], requires_grad=True)
    history = History({"w": w}, every=1)
    (w * w).sum().backward()
    history.step(5.0)
    assert history.parameters() == ["w"]
    assert history.activations() == []


# --- with nn.fit ---


def fitted(model, history, epochs=2):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20, 3))
    data = (x, x.sum(axis=1, keepdims=True))
    nn.fit(
        model, nn.MSELoss(), nn.SGD(model.parameters(), lr=0.05),
        nn.DataLoader(data, batch_size=5, shuffle=True, rng=1), epochs,
        validation=nn.DataLoader(data, batch_size=20), callbacks=[history], progress=False,
    )  # fmt: skip


def test_in_fit_it_finds_the_model_and_notes_steps_and_validation():
    model = a_model()
    history = History(every=4)
    fitted(model, history)
    assert history.steps == 8
    assert history.parameter("0.weight", "norm")[0].tolist() == [1, 4, 8]
    assert history.series("validation_loss")[0].tolist() == [4, 8]
    assert history.series("lr")[1].tolist() == [0.05] * 8
    assert history.series("epoch")[1].tolist() == [1, 2]
    assert history.series("loss")[0].tolist() == list(range(1, 9))


def test_in_fit_it_keeps_the_model_and_the_optimizer_it_was_given():
    model = a_model()
    other = {"w": Tensor([1.0], requires_grad=True)}
    history = History(other, every=1, optimizer=Descent(model, 0.25))
    other["w"].sum().backward()
    fitted(model, history, epochs=1)
    assert history.parameters() == ["w"]
    assert history.series("lr")[1].tolist() == [0.25] * 4


def test_looking_does_not_change_training():
    watched, alone = a_model(), a_model()
    fitted(watched, History(every=1))
    fitted(alone, nn.Callback())
    for one, two in zip(watched.parameters(), alone.parameters(), strict=True):
        assert one.data.tolist() == two.data.tolist()


def test_in_fit_on_the_scalar_tier_it_notes_the_same():
    one, two = History(every=3), History(every=3)
    fitted(a_model(), one)
    fitted(a_model().scalar(), two)
    for name in one.parameters():
        assert one.parameter(name, "ratio")[1] == pytest.approx(two.parameter(name, "ratio")[1])
    assert one.series("loss")[1] == pytest.approx(two.series("loss")[1])


# --- the file ---


def test_a_file_holds_what_memory_holds(tmp_path):
    model = a_model()
    path = tmp_path / "run.jsonl"
    with History(model, every=3, path=path) as history:
        trained(model, history, 7)
        history.log(validation_loss=0.25)
    loaded = History.load(path)
    assert loaded.records == history.records
    assert loaded.steps == 7
    assert loaded.torn == 0
    saved = History.load(loaded.save(tmp_path / "copy.jsonl"))
    assert saved.records == history.records


def test_a_file_is_there_while_training_goes_on(tmp_path):
    model = a_model()
    path = tmp_path / "run.jsonl"
    history = History(model, every=5, path=path)
    trained(model, history, 10)
    assert len(History.load(path).records) == 10  # not closed: as a reader, or a crash, finds it
    history.close()


def test_every_line_is_json_even_with_nan_and_inf(tmp_path):
    path = tmp_path / "run.jsonl"
    with History(path=path) as history:
        history.step(math.nan)
        history.step(math.inf, other=-math.inf)

    def refuse(word):
        raise AssertionError(word)

    for line in path.read_text(encoding="utf-8").splitlines():
        json.loads(line, parse_constant=refuse)
    loss = History.load(path).series("loss")[1]
    assert math.isnan(loss[0])
    assert loss[1] == math.inf
    assert History.load(path).series("other")[1].tolist() == [-math.inf]


def test_a_name_that_looks_like_a_record_is_a_name(tmp_path):
    name = '}, {"step": 7}, {"step": '
    w = Tensor([1.0, 2.0], requires_grad=True)
    history = History({name: w}, every=1, path=tmp_path / "run.jsonl")
    for _ in range(3):
        (w * w).sum().backward()
        history.step(1.0)
    history.close()
    loaded = History.load(tmp_path / "run.jsonl")
    assert loaded.parameters() == [name]
    assert loaded.records == history.records


def test_a_run_that_is_resumed_goes_on_below(tmp_path):
    path = tmp_path / "run.jsonl"
    model = a_model()
    with History(model, every=2, path=path) as first:
        trained(model, first, 3)
    before = path.read_bytes()
    with History(model, every=2, path=path) as second:
        trained(model, second, 2)
    assert path.read_bytes().startswith(before)
    assert [r["step"] for r in History.load(path).records] == [1, 2, 3, 4, 5]
    assert second.parameter("0.weight", "norm")[0].tolist() == [1, 2, 4]


@given(st.integers(min_value=1, max_value=400))
def test_a_crash_in_the_middle_of_a_line_loses_that_line_only(tmp_path_factory, cut):
    path = tmp_path_factory.mktemp("torn") / "run.jsonl"
    with History(path=path) as history:
        for i in range(8):
            history.step(1 / (i + 1), accuracy=i / 8)
    raw = path.read_bytes()
    cut = min(cut, len(raw) - 60)
    path.write_bytes(raw[:-cut])
    whole = raw[:-cut].count(b"\n") + (raw[-cut:].startswith(b"\n"))
    loaded = History.load(path)
    assert loaded.records == history.records[:whole]
    assert loaded.torn == (0 if raw[:-cut].endswith(b"\n") or raw[-cut:].startswith(b"\n") else 1)

    with History(path=path) as resumed:
        resumed.step(0.125)
    again = History.load(path)
    assert again.records == [*history.records[:whole], {"step": whole + 1, "loss": 0.125}]
    assert again.torn == loaded.torn


def test_a_new_file_is_never_written_over_an_old_one(tmp_path):
    path = tmp_path / "run.jsonl"
    path.write_text("precious\n", encoding="utf-8")
    with pytest.raises(FileExistsError):
        History().save(path)
    with pytest.raises(ValueError, match=r"run\.jsonl is no History"):
        History(path=path)
    assert path.read_text(encoding="utf-8") == "precious\n"


@pytest.mark.parametrize(
    "line",
    ['{"loss": 1}', "[1]", "3", '{"step": 1, "loss": []}', '{"step": 1, "loss": "soon"}',
     '{"step": 1.5}', '{"step": 1, "loss": null}'],
)  # fmt: skip
def test_a_line_of_something_else_is_named(tmp_path, line):
    path = tmp_path / "run.jsonl"
    path.write_text('{"step": 1, "loss": 2.0}\n' + line + "\n", encoding="utf-8")
    with pytest.raises(ValueError, match="line 2 of"):
        History.load(path)


# --- bad input ---


@pytest.mark.parametrize("every", [0, -1])
def test_every_is_at_least_one(every):
    with pytest.raises(ValueError, match=f"every must be at least 1, got {every}"):
        History(every=every)


@pytest.mark.parametrize("every", [1.5, True, "2"])
def test_every_is_an_int(every):
    with pytest.raises(TypeError, match="every must be an int"):
        History(every=every)


@pytest.mark.parametrize("model", [3, nn.ReLU(), {}])
def test_a_model_without_parameters_is_refused(model):
    with pytest.raises(TypeError, match="parameters"):
        History(model)


def test_what_is_no_number_is_refused_and_nothing_is_noted():
    history = History()
    with pytest.raises(TypeError, match="loss must be a single number"):
        history.step([1.0, 2.0])
    with pytest.raises(TypeError, match="accuracy must be a single number"):
        history.step(1.0, accuracy="high")
    for name in ("step", "parameters", "activations", "norm", "seconds"):
        with pytest.raises(ValueError, match=f"'{name}' is a name History uses itself"):
            history.log(**{name: 2.0})
    assert history.records == []
    assert history.steps == 0


def test_a_series_that_never_was_is_named_with_those_there_are():
    history = History()
    history.step(1.0)
    with pytest.raises(KeyError, match="accuracy was never noted; there is: loss"):
        history.series("accuracy")
    with pytest.raises(KeyError, match="w, norm"):
        history.parameter("w", "norm")


def test_a_history_says_what_it_holds():
    model = a_model()
    history = History(model, every=2)
    assert "nothing noted yet" in repr(history)
    trained(model, history, 2)
    assert "2 steps: loss, lr, norm" in repr(history)
    assert "4 parameters and 2 layers" in repr(history)


def test_blank_lines_of_a_file_are_passed_over(tmp_path):
    path = tmp_path / "run.jsonl"
    path.write_text('{"step": 1, "loss": 2.0}\n\n  \n{"step": 2, "loss": 1.0}\n', encoding="utf-8")
    history = History.load(path)
    assert history.series("loss")[1].tolist() == [2.0, 1.0]
    assert history.torn == 0


def test_a_pickle_of_when_a_history_had_its_hooks_by_itself_goes_on():
    model = a_model()
    hooked = nn.Hooked([(model[1], history_module._Hook())])
    hooked.change()
    state = History(every=1).__getstate__()
    del state["_keeper"], state["_live"]
    history = History.__new__(History)
    history.__setstate__({**state, "_hooked": hooked, "_outputs": {}, "_calls": {}})
    assert not model[1]._hooks
    trained(model, history, 2)
    assert history.series("loss")[0].tolist() == [1, 2]
    assert history.caught == []
