"""`nn.Parallel`: a step in shards gives the same bits wherever shards are computed."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import engine
import nn


def data(rows=60, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(rows, 6)), rng.integers(0, 3, rows)


def conv_like():
    """Batch norm, dropout of its own generator and of the shared one."""
    return nn.Sequential(
        nn.Linear(6, 8, rng=0), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2, rng=1),
        nn.Linear(8, 8, rng=2), nn.Dropout(0.1), nn.Linear(8, 3, rng=3),
    )  # fmt: skip


def trained(parallel, model=None, loss=None, epochs=2, compile=False, callbacks=(), batch_size=26):
    """Weights, optimizer and history after a run."""
    nn.manual_seed(5)
    model = conv_like() if model is None else model
    optimizer = nn.AdamW(model.parameters(), lr=0.01)
    loader = nn.DataLoader(data(), batch_size=batch_size, shuffle=True, rng=0)
    history = nn.fit(
        model, nn.CrossEntropyLoss() if loss is None else loss, optimizer, loader, epochs,
        metrics={"accuracy": nn.accuracy}, progress=False, parallel=parallel, compile=compile,
        callbacks=callbacks,
    )  # fmt: skip
    rows = [{k: x for k, x in row.items() if k != "seconds"} for row in history.rows]
    return model.state_dict(), optimizer.state_dict(), rows


def assert_same_bits(a, b):
    assert a[0].keys() == b[0].keys()
    for name, x in a[0].items():
        np.testing.assert_array_equal(x, b[0][name], err_msg=name, strict=True)
    assert repr(a[1]) == repr(b[1])
    assert a[2] == b[2]


@pytest.mark.parametrize("compile", [False, True])
@pytest.mark.parametrize("shards", [1, 4])
def test_threads_give_the_bits_of_this_process(shards, compile):
    expected = trained(nn.Parallel(None, shards), compile=compile)
    with ThreadPoolExecutor(3) as threads:
        found = trained(nn.Parallel(threads, shards), compile=compile)
    assert_same_bits(found, expected)


def test_one_shard_is_the_step_without_parallel():
    def plain():
        return nn.MLP([6, 8, 3], rng=0)

    assert_same_bits(trained(nn.Parallel(shards=1), model=plain()), trained(None, model=plain()))


def test_hooks_are_refused():
    model = conv_like()
    model[0].register_forward_hook(lambda module, args, output: None)
    with pytest.raises(ValueError, match="a Linear has hooks"):
        trained(nn.Parallel(shards=2), model=model)


def test_a_leaf_of_the_loss_learns():
    class Scaled(nn.Module):
        def __init__(self):
            self.scale = nn.Parameter(2.0)

        def forward(self, y, t):
            return nn.cross_entropy(y * self.scale, t)

    loss = Scaled()
    model = nn.MLP([6, 8, 3], rng=0)
    optimizer = nn.SGD([*model.parameters(), *loss.parameters()], lr=0.1)
    with ThreadPoolExecutor(1) as threads:
        nn.fit(
            model, loss, optimizer, nn.DataLoader(data(), batch_size=10), progress=False,
            parallel=nn.Parallel(threads, 3),
        )  # fmt: skip
    assert loss.scale.item() != 2.0


def test_a_scalar_model_is_refused():
    model = nn.MLP([6, 4, 3], rng=0).scalar()
    with pytest.raises(TypeError, match="leave out parallel"):
        trained(nn.Parallel(shards=2), model=model)


def test_a_state_of_other_shards_is_refused():
    parallel = nn.Parallel(shards=4)
    with pytest.raises(ValueError, match="shards=8, this Parallel shards=4"):
        parallel.load_state_dict(nn.Parallel(shards=8).state_dict())
    parallel.load_state_dict({"seed": 0, "shards": 4, "step": 7})
    assert parallel.step == 7


def test_an_error_in_a_shard_keeps_its_type_and_names_the_shard():
    def loss(y, t):
        raise engine.CheckpointError("here")

    with (
        ThreadPoolExecutor(1) as threads,
        pytest.raises(engine.CheckpointError, match="here") as info,
    ):
        trained(nn.Parallel(threads, 2), loss=loss)
    assert "shard 0 of 2, step 1" in info.value.__notes__[0]
    assert "in loss" in info.value.__notes__[0]


def test_importing_nn_loads_nothing_that_runs_tasks():
    program = (
        "import sys, nn; print(sorted({name.partition('.')[0] for name in sys.modules} & {"
        "'asyncio', 'cloudpickle', 'concurrent', 'dask', 'distributed', 'multiprocessing'}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_a_worker_records_whatever_it_was_started_in():
    """A process pool that forked its workers inside `no_grad()` had no gradients ever after."""
    expected = trained(nn.Parallel(shards=3))

    with ThreadPoolExecutor(1, initializer=lambda: engine.no_grad().__enter__()) as executor:
        actual = trained(nn.Parallel(executor, shards=3))

    assert_same_bits(expected, actual)
