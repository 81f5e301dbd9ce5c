"""fit(compile=True): the same losses, weights and statistics as without."""

import signal
from functools import partial

import numpy as np
import pytest

import engine
import nn
import viz
from engine import to_numpy

RNG = np.random.default_rng(0)
X, CLASSES, NUMBERS = RNG.normal(size=(50, 4)), RNG.integers(0, 3, 50), RNG.normal(size=(50, 3))


def mlp(*between):
    return nn.Sequential(nn.Linear(4, 8, rng=0), *between, nn.ReLU(), nn.Linear(8, 3, rng=1))


def trained(compile, make, loss, target, optimizer=nn.SGD, dtype=float, **settings):
    """The history and the state of a model after three epochs; batches of 16, the last of 2."""
    nn.manual_seed(0)
    model = make()
    model = model.to(dtype) if dtype is not float else model
    x = X.astype(dtype)
    loader = nn.DataLoader((x, target), batch_size=16, shuffle=True, rng=0)
    history = nn.fit(
        model, loss, optimizer(model.parameters(), lr=0.1), loader, 3, progress=False,
        validation=[(x, target)], compile=compile, **settings,
    )  # fmt: skip
    columns = {name: history[name] for name in history.rows[0] if name != "seconds"}
    return columns, {name: to_numpy(x) for name, x in model.state_dict().items()}


def same(make, loss, target, tolerance=1e-12, **settings):
    columns, state = trained(False, make, loss, target, **settings)
    compiled_columns, compiled_state = trained(True, make, loss, target, **settings)
    assert compiled_columns.keys() == columns.keys()
    for name, expected in {**columns, **state}.items():
        found = {**compiled_columns, **compiled_state}[name]
        assert found == pytest.approx(expected, rel=tolerance, abs=tolerance), name


CASES = {
    "classes": (mlp, nn.CrossEntropyLoss(), CLASSES, {"metrics": {"accuracy": nn.accuracy}}),
    "numbers": (mlp, nn.MSELoss(), NUMBERS, {"optimizer": nn.AdamW}),
    "float32": (mlp, nn.MSELoss(), NUMBERS, {"dtype": np.float32, "tolerance": 1e-5}),
    "LBFGS": (mlp, nn.MSELoss(), NUMBERS, {"optimizer": partial(nn.LBFGS, max_iter=3)}),
    "clipped": (mlp, nn.MSELoss(), NUMBERS, {"callbacks": [nn.ClipGradNorm(0.1)]}),
    "Values": (lambda: mlp().scalar(), nn.MSELoss(), NUMBERS, {}),
    "dropout": (lambda: mlp(nn.Dropout(0.3)), nn.CrossEntropyLoss(), CLASSES, {}),
    "own dropout": (lambda: mlp(nn.Dropout(0.3, rng=5)), nn.CrossEntropyLoss(), CLASSES, {}),
    "batch norm": (lambda: mlp(nn.BatchNorm1d(8)), nn.CrossEntropyLoss(), CLASSES, {}),
    "mean of all": (lambda: mlp(nn.BatchNorm1d(8, momentum=None)), nn.MSELoss(), NUMBERS, {}),
}


@pytest.mark.parametrize(("make", "loss", "target", "settings"), CASES.values(), ids=CASES)
def test_a_compiled_fit_is_the_same_fit(make, loss, target, settings):
    same(make, loss, target, **settings)


def test_class_indices_of_a_scalar_model_are_places_in_its_program():
    def losses(compile):
        model = nn.Linear(4, 3, rng=0).scalar()
        batches = [(X[:4], nn.DataLoader((X, CLASSES), batch_size=4).dataset[:4][1])] * 2
        optimizer = nn.SGD(model.parameters(), lr=0.5)
        fitted = nn.fit(
            model, nn.CrossEntropyLoss(), optimizer, batches, 3, progress=False, compile=compile
        )
        return fitted["loss"]

    assert losses(True) == pytest.approx(losses(False), rel=1e-15)


def fitted(model, compile=True, epochs=2, **settings):
    optimizer = nn.Adam(model.parameters(), lr=0.01)
    loader = nn.DataLoader((X, NUMBERS), batch_size=16)
    return nn.fit(
        model, nn.MSELoss(), optimizer, loader, epochs, progress=False, compile=compile, **settings
    )


def test_a_history_measures_parameters_of_a_compiled_model():
    found = []
    for compile in (False, True):
        model = mlp()
        history = viz.History(every=2, activations=False)
        fitted(model, compile, callbacks=[history])
        names = [name for name, _ in model.named_parameters()]
        found.append(
            [history.parameter(name, what)[1] for name in names for what in ("norm", "ratio")]
        )
        assert len(found[-1][0]) > 2
    for one, other in zip(*found, strict=True):
        assert one == pytest.approx(other, rel=1e-9)


def test_a_history_measures_activations_in_a_compiled_run():
    found = []
    for compile in (False, True):
        model = mlp()
        history = viz.History(every=3)
        fitted(model, compile, callbacks=[history])
        found.append([history.activation(name, "mean") for name in history.activations()])
        assert len(found[-1][0][0]) > 2
        assert not any(module._hooks for module in model.modules())
    for (steps, one), (same_steps, other) in zip(*found, strict=True):
        assert steps.tolist() == same_steps.tolist()
        assert one == pytest.approx(other, rel=1e-9)


def test_hooks_that_are_no_callback_s_are_refused_in_a_compiled_run():
    model = mlp()
    model[0].register_forward_hook(lambda module, args, output: None)
    with pytest.raises(TypeError, match=r"hooks of a Linear .*: it calls none"):
        fitted(model, callbacks=[viz.History(every=3, activations=False)])


def test_hooks_that_come_after_a_model_was_compiled_are_refused():
    model = mlp()
    f = engine.compile(lambda x: model(x))
    f(X)
    handle = model[0].register_forward_hook(lambda module, args, output: output * 2)
    with pytest.raises(TypeError, match=r"hooks of a Linear .*: it calls none"):
        f(X)
    handle.remove()
    np.testing.assert_allclose(f(X).numpy(), model(X).numpy())


def test_the_best_weights_of_a_compiled_run_are_saved_and_restored(tmp_path):
    model = mlp(nn.BatchNorm1d(8))
    best = nn.SaveBest(tmp_path / "best.npz", monitor="loss")
    stop = nn.EarlyStopping(2, monitor="loss", restore_best=True)
    fitted(model, epochs=3, callbacks=[best, stop])
    again = mlp(nn.BatchNorm1d(8))
    nn.load(again, tmp_path / "best.npz")
    for x, y in zip(model.state_dict().values(), again.state_dict().values(), strict=True):
        assert np.array_equal(x, y)


def test_a_compiled_run_goes_on_from_a_checkpoint(tmp_path):
    def parts():
        nn.manual_seed(0)
        model = mlp(nn.Dropout(0.3), nn.BatchNorm1d(8))
        return {"model": model, "optimizer": nn.Adam(model.parameters(), lr=0.01)}

    def run(model, optimizer):
        return nn.fit(
            model, nn.MSELoss(), optimizer, [(X, NUMBERS)], 2, progress=False, compile=True
        )["loss"]

    whole = parts()
    first = run(**whole)
    nn.save_training(tmp_path / "run.npz", **whole)
    expected = run(**whole)
    again = parts()
    run(**again)
    nn.load_training(tmp_path / "run.npz", **again)
    assert run(**again) == pytest.approx(expected, rel=1e-12)
    assert first != expected


def test_ctrl_c_ends_a_compiled_run_after_the_batch_under_way():
    class Interrupting(nn.Callback):
        def after_step(self, run):
            if len(run.history.rows) == 1:
                signal.raise_signal(signal.SIGINT)

    model = mlp()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a test runner may ignore it
    try:
        history = fitted(model, epochs=5, callbacks=[Interrupting()])
    finally:
        signal.signal(signal.SIGINT, before)
    assert history.stopped == "interrupted"
    assert len(history) == 2
    assert len(fitted(model, epochs=1)) == 1


def test_a_loss_that_is_no_single_number_is_refused_as_without_compile():
    for loss, error, words in (
        (lambda y, t: (y - t) ** 2, ValueError, "single number"),
        (lambda y, t: 3, TypeError, "must give a Tensor or a Value, got int"),
    ):
        for compile in (False, True):
            model = mlp()
            with pytest.raises(error, match=words):
                nn.fit(
                    model, loss, nn.SGD(model.parameters()), [(X, NUMBERS)], progress=False,
                    compile=compile,
                )  # fmt: skip
