"""Traps of a step in shards: what changes between steps, and what would be lost in a worker."""

import gc
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import engine
import nn


def data(rows=21):
    rng = np.random.default_rng(0)
    return rng.normal(size=(rows, 6)), rng.integers(0, 3, rows)


def net():
    return nn.Sequential(
        nn.Linear(6, 8, rng=0), nn.BatchNorm1d(8), nn.Dropout(0.2), nn.Linear(8, 3, rng=1)
    )


def trained(executor, model=None, loss=None, change=None, batches=None, metrics=None, shards=3):
    """Weights and rows after two epochs; `change(model)` is called after two steps."""
    nn.manual_seed(0)
    model = net() if model is None else model

    class Changes(nn.Callback):
        steps = 0

        def after_step(self, run):
            self.steps += 1
            if change is not None and self.steps == 2:
                change(run.model)

    optimizer = nn.SGD(
        [*model.parameters(), *(loss.parameters() if isinstance(loss, nn.Module) else ())], lr=0.1
    )
    batches = nn.DataLoader(data(), batch_size=7) if batches is None else batches
    history = nn.fit(
        model, loss or nn.CrossEntropyLoss(), optimizer, batches, 2, progress=False,
        callbacks=[Changes()], metrics=metrics, parallel=nn.Parallel(executor, shards),
    )  # fmt: skip
    rows = [{k: x for k, x in row.items() if k != "seconds"} for row in history.rows]
    return {name: x.tobytes() for name, x in model.state_dict().items()}, rows


def here_and_by_threads(make=dict, **more):
    """What both give; `make()` makes what belongs to one run."""
    with ThreadPoolExecutor(2) as threads:
        return [trained(executor, **make(), **more) for executor in (None, threads)]


def more_dropout(model):
    model[2].p = 0.6


def norm_in_eval(model):
    model[1].eval()


def freeze(model):
    model[0].requires_grad_(False)


def replace(model):
    model[1] = nn.BatchNorm1d(8, momentum=0.5)


def replace_what_learns(model):
    model[3] = nn.Linear(8, 3, rng=5)


def wider(model):
    model[1].momentum = None


@pytest.mark.parametrize(
    "change", [more_dropout, norm_in_eval, freeze, replace, replace_what_learns, wider]
)
def test_a_model_that_a_callback_changes_is_another_one_for_workers_too(change):
    here, there = here_and_by_threads(change=change)
    assert here == there
    assert here[0] != trained(None)[0]


def test_a_buffer_that_forward_makes_is_refused():
    class Late(nn.Module):
        def __init__(self):
            self.inner = net()
            self.register_buffer("mean", None)

        def forward(self, x):
            if self.mean is None:
                self.mean = np.mean(x, axis=0)
            return self.inner(x)

    with ThreadPoolExecutor(1) as threads:
        for executor in None, threads:
            with pytest.raises(TypeError, match="mean of Late"):
                trained(executor, model=Late())


def test_a_metric_may_be_a_module_or_look_at_the_model():
    def make():
        model = net()
        metrics = {
            "largest": lambda y, t: float(np.abs(model[0].weight.data).max()),
            "module": nn.CrossEntropyLoss(),
        }
        return {"model": model, "metrics": metrics}

    here, there = here_and_by_threads(make)
    assert here == there


def test_a_loss_may_read_the_parameters_of_the_model():
    def make():
        model = net()

        def loss(y, t):
            return nn.cross_entropy(y, t) + 0.1 * (model[0].weight ** 2).sum()

        return {"model": model, "loss": loss}

    here, there = here_and_by_threads(make)
    assert here == there
    assert here[0] != trained(None)[0]


def test_batches_of_dicts_and_lists_of_strings():
    class Words(nn.Module):
        def __init__(self):
            self.inner = nn.Linear(6, 3, rng=0)

        def forward(self, batch, words):
            return self.inner(batch["x"]) * np.array([[len(word)] for word in words])

    x, t = data()
    words = ["a" * (1 + i % 3) for i in range(len(t))]
    here, there = here_and_by_threads(
        lambda: {"model": Words()}, batches=[({"x": x}, words, t)] * 2
    )
    assert here == there


def test_an_empty_batch_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        trained(None, batches=[data(0)])


def test_a_forward_that_counts_is_refused_here_and_there():
    class Counts(nn.Module):
        def __init__(self):
            self.inner, self.calls = net(), 0

        def forward(self, x):
            self.calls += 1
            return self.inner(x)

    with ThreadPoolExecutor(1) as threads:
        for executor in None, threads:
            with pytest.raises(TypeError, match="forward changes calls of Counts"):
                trained(executor, model=Counts())


def test_steps_keep_nothing():
    """Futures, replicas and shares of steps done are let go."""
    batch = data()
    model = net()
    with ThreadPoolExecutor(1) as threads:
        for executor in None, threads:
            trained(executor, model, batches=[batch] * 20)
            gc.collect()
            tracemalloc.start()
            trained(executor, model, batches=[batch] * 20)
            gc.collect()
            before = tracemalloc.get_traced_memory()[0]
            trained(executor, model, batches=[batch] * 100)
            gc.collect()
            grown = tracemalloc.get_traced_memory()[0] - before
            tracemalloc.stop()
            assert grown < 100_000


@pytest.mark.parametrize("kind", ["tensor", "list", "array", "number"])
def test_what_forward_changes_in_the_module_and_is_no_buffer_is_refused(kind):
    """In a worker it would be lost, and the result depend on how many there are."""

    class Keeps(nn.Module):
        def __init__(self):
            self.kept = {
                "tensor": engine.tensor(np.ones(2)), "list": [0], "array": np.ones(2), "number": 0,
            }[kind]  # fmt: skip
            self.cache = {}

        def forward(self, x):
            self.cache[x.shape] = np.ones(x.shape)  # may be computed again
            self.kept = [1] if kind == "list" else self.kept + 1
            return x

    model = nn.Sequential(Keeps(), nn.Linear(3, 2, rng=0))
    optimizer = nn.SGD(model.parameters(), lr=0.1)
    loader = nn.DataLoader((np.ones((4, 3)), np.zeros(4, int)), batch_size=4)
    with pytest.raises(TypeError, match="forward changes kept of Keeps, which is no buffer"):
        nn.fit(
            model, nn.CrossEntropyLoss(), optimizer, loader,
            parallel=nn.Parallel(shards=2), progress=False,
        )  # fmt: skip


@pytest.mark.parametrize("settings", [{"weight": np.array([1.0, 9.0])}, {"ignore_index": 0}])
def test_a_module_that_holds_a_loss_with_another_mean_has_to_say_so(settings):
    class Wrapped(nn.Module):
        def __init__(self):
            self.inner = nn.CrossEntropyLoss(**settings)

        def forward(self, y, t):
            return self.inner(y, t)

    model = nn.Linear(3, 2, rng=0)
    optimizer = nn.SGD(model.parameters(), lr=0.1)
    loader = nn.DataLoader((np.ones((4, 3)), np.ones(4, int)), batch_size=4)
    with pytest.raises(ValueError, match="the loss holds CrossEntropyLoss"):
        nn.fit(model, Wrapped(), optimizer, loader, parallel=nn.Parallel(shards=2), progress=False)
    nn.fit(
        model, Wrapped(), optimizer, loader, progress=False,
        parallel=nn.Parallel(shards=2, weight=Wrapped().inner.weight_of),
    )  # fmt: skip
