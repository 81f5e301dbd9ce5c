"""`nn.sweep` by threads, processes and Dask: the same rows, whoever is killed on the way."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import dask
import executors as kinds
import numpy as np
import pytest
from distributed import Client

import engine
import nn

WORKERS = ["threads", "processes", "dask 2"]


def train_of(folder=None):
    """A function that is sent by value, as one of a script; in a folder it notes its calls."""

    def train(lr, width):
        if folder is not None:
            (folder / f"{lr} {width} {time.time_ns()}").touch()
        model = nn.MLP([2, width, 1])
        optimizer = nn.SGD(model.parameters(), lr=lr)
        x = nn.random.default_generator().normal(size=(12, 2))
        loader = nn.DataLoader((x, x[:, :1] * x[:, 1:]), batch_size=4, shuffle=True)
        history = nn.fit(model, nn.MSELoss(), optimizer, loader, epochs=2, progress=False)
        return {"loss": history["loss"][-1], "bias": list(model.parameters())[-1].data.item()}

    return train


def without_seconds(rows):
    return [{k: x for k, x in row.items() if k not in ("seconds", "traceback")} for row in rows]


GRID = {"lr": [0.01, 0.1], "width": [2, 4, 8]}


@pytest.mark.parametrize("name", WORKERS)
def test_rows_are_the_same_wherever_they_run(executors, name):
    train = train_of()
    expected = nn.sweep(train, GRID, progress=False)
    assert not expected.failed
    assert without_seconds(nn.sweep(train, GRID, executors(name), progress=False)) == (
        without_seconds(expected)
    )


def test_settings_that_run_at_once_draw_the_same_numbers():
    together = threading.Barrier(3, timeout=30)

    def train(x):
        together.wait()
        return engine.rand(2).data.sum()

    engine.manual_seed(1)
    expected = engine.rand(1).data.item()
    engine.manual_seed(1)
    with ThreadPoolExecutor(3) as threads:
        rows = nn.sweep(_shared(train), {"x": range(3)}, threads, progress=False)
    assert len({row["result"] for row in rows}) == 1
    assert engine.rand(1).data.item() == expected


_here = {}


def _shared(function):
    """A function that reaches threads as it is: what it closes over cannot be sent."""
    _here["function"] = function
    return _call


def _call(**setting):
    return _here["function"](**setting)


def test_rows_keep_their_order_and_the_file_has_them_as_they_came(tmp_path):
    path = tmp_path / "sweep.jsonl"

    def train(x):
        until = time.monotonic() + 30
        while x == 0 and not (path.exists() and path.read_bytes()) and time.monotonic() < until:
            time.sleep(0.01)
        return 10 * x

    with ThreadPoolExecutor(2) as threads:
        rows = nn.sweep(_shared(train), {"x": [0, 1]}, threads, path=path, progress=False)
    assert [row["result"] for row in rows] == [0, 10]
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["setting"]["x"] for line in lines] == [1, 0]


@pytest.mark.parametrize("name", WORKERS)
def test_a_failure_has_its_type_text_and_the_traceback_of_the_worker(executors, name):
    class OutOfRange(ValueError):
        def __init__(self, low, high):  # it cannot be made again of its text
            super().__init__(f"not in {low} to {high}")

    def train(x):
        if x == 1:
            raise OutOfRange(2, 3)
        if x == 2:
            sys.exit("enough")
        return x

    rows = nn.sweep(train, {"x": range(4)}, executors(name), progress=False)
    assert [row.get("result") for row in rows] == [0, None, None, 3]
    assert rows[1]["error"].endswith("OutOfRange: not in 2 to 3")
    assert "in train\n    raise OutOfRange(2, 3)" in rows[1]["traceback"]
    assert rows[2]["error"] == "SystemExit: enough"


def test_a_function_that_cannot_be_sent_is_an_error_before_anything_runs(executors, tmp_path):
    lock = threading.Lock()

    def train(x):
        (tmp_path / str(x)).touch()
        return lock.locked()

    with pytest.raises(TypeError, match="cannot be sent to another process"):
        nn.sweep(train, {"x": range(3)}, executors("processes"), progress=False)
    assert list(tmp_path.iterdir()) == []


def test_a_setting_that_cannot_be_sent_is_an_error_before_anything_runs(executors, tmp_path):
    def train(x):
        (tmp_path / "called").touch()
        return 1

    settings = {"x": [1, 2, threading.Lock()]}
    with pytest.raises(TypeError, match="cannot be sent to another process"):
        nn.sweep(train, settings, executors("processes"), progress=False)
    time.sleep(0.2)
    assert list(tmp_path.iterdir()) == []


# --- workers that are killed ---


def killing(folder, once):
    """A function that kills its process at x == 1: once, or whenever it gets there."""

    def train(x):
        mark = folder / "killed"
        if x == 1 and not (once and mark.exists()):
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return x + float(nn.random.default_generator().random())

    return train


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals that kill")
@pytest.mark.slow
def test_dask_repeats_what_a_killed_worker_had(tmp_path):
    expected = nn.sweep(killing(tmp_path, True), {"x": [0, 2, 3]}, progress=False)
    with kinds.local_cluster(2) as cluster, Client(cluster) as client:
        found = nn.sweep(killing(tmp_path, True), {"x": range(4)}, client, progress=False)
    assert (tmp_path / "killed").exists()
    assert not found.failed
    assert without_seconds(found)[::2] == without_seconds(expected)[:2]
    assert found[3]["result"] == expected[2]["result"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals that kill")
@pytest.mark.slow
def test_a_setting_that_kills_each_worker_of_dask_is_a_row_and_the_others_go_on(tmp_path):
    with (
        # it blames all that a worker had waiting, so nothing waits there
        dask.config.set(
            {
                "distributed.scheduler.allowed-failures": 1,
                "distributed.scheduler.worker-saturation": 1.0,
            }
        ),
        kinds.local_cluster(2) as cluster,
        Client(cluster) as client,
    ):
        rows = nn.sweep(killing(tmp_path, False), {"x": range(4)}, client, progress=False)
    assert [row["x"] for row in rows.failed] == [1]
    assert rows[1]["error"].startswith("KilledWorker: ")
    assert rows[3]["result"] > 3


def test_a_broken_pool_is_an_error_that_says_what_the_file_keeps(tmp_path):
    path, train = tmp_path / "sweep.jsonl", killing(tmp_path, True)
    with kinds.spawned(1) as pool, pytest.raises(nn.ParallelError, match="Dask starts") as info:
        nn.sweep(train, {"x": [0, 2, 1, 3]}, pool, path=path, progress=False)
    (note,) = info.value.__notes__
    assert note.startswith("2 of 4 settings are done")
    assert str(path) in note
    rows = nn.sweep(train, {"x": [0, 2, 1, 3]}, path=path, progress=False)
    assert [int(row["result"]) for row in rows] == [0, 2, 1, 3]
    assert len(path.read_text().splitlines()) == 4


def test_without_a_path_a_broken_pool_says_what_is_lost(tmp_path):
    with kinds.spawned(1) as pool, pytest.raises(nn.ParallelError) as info:
        nn.sweep(killing(tmp_path, True), {"x": [1, 2]}, pool, progress=False)
    assert "give a path to keep them" in info.value.__notes__[0]


def test_a_pool_that_is_shut_down_is_an_error():
    with ThreadPoolExecutor(1) as threads:
        pass
    with pytest.raises(nn.ParallelError, match="after shutdown"):
        nn.sweep(abs_of, {"x": [1]}, threads, progress=False)


def abs_of(x):
    return abs(x)


# --- the process that asks is killed ---

SCRIPT = """
import multiprocessing, sys, time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
import nn

class Scale:
    def __init__(self, by): self.by = by

def train(x, scale):
    Path(sys.argv[2] if len(sys.argv) > 2 else "calls", f"{x} {time.time_ns()}").touch()
    if PAUSE:
        time.sleep(PAUSE)
    return {"y": x * scale.by if isinstance(scale, Scale) else x * scale}
"""


def script(folder, pause, body):
    """A program in a file, whose functions are those of `__main__`."""
    (folder / "calls").mkdir(exist_ok=True)
    file = folder / "script.py"
    file.write_text(SCRIPT.replace("PAUSE", str(pause)) + body)
    return [sys.executable, str(file)]


def calls(folder):
    return [int(file.name.split()[0]) for file in (folder / "calls").iterdir()]


def wait_for_lines(path, count, process):
    """Until the file has so many lines."""
    until = time.monotonic() + 60
    while not path.exists() or path.read_bytes().count(b"\n") < count:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.01)


SWEEP = """
if __name__ == "__main__":
    settings = {"x": range(8), "scale": [2]}
    rows = nn.sweep(train, settings, EXECUTOR, path="out.jsonl", progress=False)
    print([row["y"] for row in rows])
"""


@pytest.mark.parametrize("executor", ["None", "ThreadPoolExecutor(2)"])
def test_what_a_killed_process_has_done_is_not_run_again(tmp_path, executor):
    command = script(tmp_path, 0.2, SWEEP.replace("EXECUTOR", executor))
    path = tmp_path / "out.jsonl"
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE) as process:
        wait_for_lines(path, 3, process)
        process.kill()
    kept = [json.loads(line)["setting"]["x"] for line in path.read_text().splitlines()]
    command = script(tmp_path, 0, SWEEP.replace("EXECUTOR", executor))
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.stdout == f"{[2 * x for x in range(8)]}\n", done.stderr
    counts = {x: calls(tmp_path).count(x) for x in range(8)}
    assert {counts[x] for x in kept} == {1}
    assert 3 <= len(kept) < 8


@pytest.mark.skipif(os.name == "nt", reason="Windows has no groups of processes")
def test_ctrl_c_ends_a_sweep_by_processes_and_cancels_what_waits(tmp_path):
    executor = "ProcessPoolExecutor(2, multiprocessing.get_context('spawn'))"
    # where the suite runs in the background, it is ignored
    heard = "if __name__ == '__main__': signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    body = f"import signal\n{heard}" + SWEEP.replace("EXECUTOR", executor)
    command = script(tmp_path, 0.3, body)
    path = tmp_path / "out.jsonl"
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    ) as process:  # fmt: skip
        wait_for_lines(path, 2, process)
        os.killpg(process.pid, signal.SIGINT)
        _, error = process.communicate(timeout=60)
    assert error.rstrip().endswith("KeyboardInterrupt")
    assert process.returncode != 0
    kept = [json.loads(line) for line in path.read_text().splitlines()]
    assert all("results" in line for line in kept)
    assert 2 <= len(kept) <= len(calls(tmp_path)) < 8


BY_ALL = """
if __name__ == "__main__":
    from distributed import Client, LocalCluster

    settings = {"x": range(3), "scale": [Scale(2), Scale(3)]}
    with (
        ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool,
        ThreadPoolExecutor(2) as threads,
        LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0") as cluster,
        Client(cluster) as client,
    ):
        for executor in (None, threads, pool, client):
            rows = nn.sweep(train, settings, executor, progress=False)
            print([row.get("y", row.get("traceback")) for row in rows])
"""


@pytest.mark.slow
def test_functions_and_classes_of_a_script_run_everywhere(tmp_path):
    command = script(tmp_path, 0, BY_ALL)
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=180)
    assert done.stdout == "[0, 0, 2, 3, 4, 6]\n" * 4, done.stderr


# --- recipes ---


def test_gradients_are_checked_by_processes_and_a_wrong_rule_is_a_row(executors):
    """The recipe for many cases: the one that fails says in its row what is wrong."""

    def check(op, seed):
        def wrong(x):
            return engine.exp(x) + x.detach()

        x = np.random.default_rng(seed).uniform(0.2, 0.8, 3)
        function = wrong if op == "wrong" else engine.registry[op]
        engine.gradcheck(function, x)
        verdict = engine.compare(function, x)
        return {"agree": verdict.ok}

    settings = {"op": ["tanh", "wrong", "log"], "seed": range(2)}
    rows = nn.sweep(check, settings, executors("processes"), progress=False)
    assert [row.get("agree") for row in rows] == [True, True, None, None, True, True]
    assert {row["op"] for row in rows.failed} == {"wrong"}
    assert all(
        "GradientError: gradient with respect to x[0]" in row["error"] for row in rows.failed
    )
