"""`nn.SaveTraining`, and a loader after a step that failed: runs that go on as if never stopped."""

import numpy as np
import pytest

import nn

EPOCHS = 3
STEPS = 4  # in an epoch, the last with fewer rows


class Died(Exception):
    """What ends a run here, in place of a killed process."""


class Dies(nn.Callback):
    """Ends the run at one moment of one step."""

    def __init__(self, moment, step):
        self.moment, self.step, self.count = moment, step, 0

    def before_step(self, run):
        self.count += 1
        self.reached(run, "before_step")

    def after_step(self, run):
        self.reached(run, "after_step")

    def after_epoch(self, run):
        self.reached(run, "after_epoch")

    def reached(self, run, moment):
        if (moment, self.count) == (self.moment, self.step):
            raise Died


def build(parallel=False):
    """A run with something of every kind that has a state."""
    nn.manual_seed(3)
    model = nn.Sequential(
        nn.Linear(3, 4, rng=0), nn.BatchNorm1d(4), nn.Dropout(0.3, rng=1), nn.Dropout(0.1),
        nn.Linear(4, 2, rng=2),
    )  # fmt: skip
    optimizer = nn.AdamW(model.parameters(), lr=0.05)
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(22, 3)), rng.integers(0, 2, 22)
    parts = {
        "model": model, "optimizer": optimizer, "history": nn.EpochHistory(),
        "loader": nn.DataLoader(rows, 6, shuffle=True, rng=0),
        "schedule": nn.CosineAnnealingLR(optimizer, 20),
        "stopping": nn.EarlyStopping(2, restore_best=True),
    }  # fmt: skip
    return parts | ({"parallel": nn.Parallel(shards=2)} if parallel else {})


def fit(parts, epochs=EPOCHS, before=(), after=()):
    names = ("model", "optimizer", "loader")
    model, optimizer, loader = (parts[name] for name in names)
    callbacks = [nn.StepSchedule(parts["schedule"], "batch"), parts["stopping"], *before, *after]
    return nn.fit(
        model, nn.CrossEntropyLoss(), optimizer, loader, epochs, callbacks=callbacks,
        history=parts["history"], parallel=parts.get("parallel"), progress=False,
        validation=nn.DataLoader(loader.dataset, 10), metrics={"accuracy": nn.accuracy},
    )  # fmt: skip


def state(parts):
    """All that a run leaves, but for seconds."""
    found = {name: part.state_dict() for name, part in parts.items()}
    for row in found["history"]["rows"]:
        del row["seconds"]
    found["shared"] = nn.random.default_generator().bit_generator.state
    return repr(found)


def straight(parallel=False):
    parts = build(parallel)
    fit(parts)
    return state(parts)


@pytest.mark.parametrize("parallel", [False, True])
@pytest.mark.parametrize("every", [None, 1, 3])
def test_a_run_that_died_anywhere_goes_on_to_the_same_end(tmp_path, every, parallel):
    expected = straight(parallel)
    moments = [(m, i) for i in range(1, EPOCHS * STEPS + 1) for m in ("before_step", "after_step")]
    moments += [("after_epoch", i * STEPS) for i in range(1, EPOCHS + 1)]
    for i, (moment, step) in enumerate(moments):
        path = tmp_path / f"{i}.npz"
        first, second = build(parallel), build(parallel)

        saving = nn.SaveTraining(path, every, **first)
        with pytest.raises(Died):
            fit(first, before=[Dies(moment, step)], after=[saving])
        del first
        nn.manual_seed(77)
        if path.exists():
            nn.load_training(path, **second)
        else:
            second = build(parallel)
        fit(second, EPOCHS - len(second["history"]), after=[nn.SaveTraining(path, **second)])

        assert state(second) == expected, (moment, step)
        fresh = build(parallel)
        nn.load_training(path, **fresh)
        assert state(fresh) == expected  # what is written last is how it ended


def test_saves_come_every_so_many_steps_and_after_an_epoch_only_if_it_is_time(tmp_path):
    parts, path = build(), tmp_path / "run.npz"
    seen = []

    class Looks(nn.SaveTraining):
        def _save(self):
            super()._save()
            seen.append((len(parts["history"]), parts["loader"].state_dict()["served"]))

    fit(parts, 2, after=[Looks(path, 3, **parts)])

    # the seventh step is the third after that of the end of the first epoch's
    assert seen == [(0, 3), (1, 2), (2, 0)]


def test_an_early_stop_is_in_the_file(tmp_path):
    parts, path = build(), tmp_path / "run.npz"
    parts["stopping"] = nn.EarlyStopping(1, monitor="lr", mode="max", restore_best=True)
    fit(parts, 5, after=[nn.SaveTraining(path, **parts)])
    fresh = build()

    nn.load_training(path, **fresh)

    assert fresh["history"].stopped == "no better for 1 epochs than in epoch 1"
    assert len(fresh["history"]) == 2
    for name, x in parts["stopping"].weights.items():  # the best are back
        np.testing.assert_array_equal(fresh["model"].state_dict()[name], x)


@pytest.mark.parametrize(
    ("left_out", "name"),
    [
        ("model", "Sequential"), ("optimizer", "AdamW"), ("history", "EpochHistory"),
        ("loader", "DataLoader"), ("schedule", "CosineAnnealingLR"), ("stopping", "EarlyStopping"),
        ("parallel", "Parallel"),
    ],
)  # fmt: skip
def test_a_part_that_would_not_be_saved_is_named(tmp_path, left_out, name):
    parts = build(parallel=True)
    saved = {key: x for key, x in parts.items() if key != left_out}
    with pytest.raises(ValueError, match=f"the run has a {name}, which SaveTraining was not given"):
        fit(parts, after=[nn.SaveTraining(tmp_path / "run.npz", **saved)])
    assert not parts["history"].rows


def test_a_save_that_would_miss_something_is_refused(tmp_path):
    parts, path = build(), tmp_path / "run.npz"
    with pytest.raises(ValueError, match="must be the last of the callbacks"):
        fit(parts, after=[nn.SaveTraining(path, **parts), nn.ClipGradNorm(1.0)])
    with pytest.raises(ValueError, match="every must be at least 1, got 0"):
        nn.SaveTraining(path, 0)
    parts["loader"] = nn.DataLoader(parts["loader"].dataset, 6, sampler=range(22))
    with pytest.raises(ValueError, match="every=2: this loader cannot go on in the middle"):
        fit(parts, after=[nn.SaveTraining(path, 2, **parts)])
    fit(parts, 1, after=[nn.SaveTraining(path, **parts)])  # after an epoch it can
    assert path.exists()


# --- a step that failed ---


@pytest.mark.parametrize("step", range(1, 2 * STEPS + 1))
def test_the_batch_of_a_step_that_failed_comes_again(step):
    expected = straight(parallel=True)
    parts = build(parallel=True)

    with pytest.raises(Died):
        fit(parts, before=[DiesInForward(parts["model"], step)])
    assert parts["loader"].state_dict()["served"] == (step - 1) % STEPS
    fit(parts, EPOCHS - len(parts["history"]))

    assert state(parts) == expected


def test_a_run_that_failed_is_saved_with_the_batch_to_come(tmp_path):
    expected = straight(parallel=True)
    first, second = build(parallel=True), build(parallel=True)
    with pytest.raises(Died):
        fit(first, before=[DiesInForward(first["model"], STEPS)])  # the last batch of a pass
    nn.save_training(tmp_path / "run.npz", **first)

    nn.load_training(tmp_path / "run.npz", **second)
    fit(second)

    assert state(second) == expected


class DiesInForward(nn.Callback):
    """Makes one forward pass fail, from inside the model."""

    def __init__(self, model, step):
        self.model, self.step, self.count = model, step, 0

    def before_batch(self, run):
        self.count += 1
        if self.count == self.step:
            broken = self.model[4]
            broken.forward = self.fail

    def fail(self, x):
        del self.model[4].forward
        raise Died


def test_a_sample_that_cannot_be_read_comes_again():
    class Rows:
        broken = True

        def __len__(self):
            return 6

        def __getitem__(self, i):
            if i == 4 and self.broken:
                raise OSError("no such sample")
            return np.full(1, float(i)), np.zeros(1)

    rows = Rows()
    model = nn.Linear(1, 1, rng=0)
    loader = nn.DataLoader(rows, 2, collate_fn=nn.data.default_collate)
    seen = []

    class Looks(nn.Callback):
        def after_step(self, run):
            seen.append(run.batch[0].data[:, 0].tolist())

    def go():
        nn.fit(
            model, nn.MSELoss(), nn.SGD(model.parameters(), lr=0.1), loader, callbacks=[Looks()],
            progress=False,
        )  # fmt: skip

    with pytest.raises(OSError, match="no such sample"):
        go()
    rows.broken = False
    go()

    assert seen == [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]]
