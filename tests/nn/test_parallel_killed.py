"""A run in which a process is killed: the bits of one that nothing happens to, or an error.

Each run is in a process of its own and has its time: one that hangs fails.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="asks Linux which processes are left"
)

PROGRAM = Path(__file__).with_name("killed_runs.py")
ROOT = PROGRAM.parents[2]


def started(name, folder):
    """A run in a process group of its own; warnings are errors, there, too."""
    folder.mkdir(exist_ok=True)
    where = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    return subprocess.Popen(
        [sys.executable, "-W", "error", str(PROGRAM), name, str(folder)], text=True, cwd=folder,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        env=os.environ | {"PYTHONPATH": where},
    )  # fmt: skip


def result(process, seconds=120):
    """What it printed; it is ended with all that it started."""
    try:
        out, error = process.communicate(timeout=seconds)
    finally:
        with contextlib.suppress(ProcessLookupError):  # nobody is left, as it should be
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0, error
    return json.loads(out)


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """The bits of the run that nothing happens to."""
    return result(started("here", tmp_path_factory.mktemp("here")))["bits"]


@pytest.mark.slow
def test_a_killed_worker_of_dask_changes_no_bit(tmp_path, expected):
    assert result(started("worker_of_dask", tmp_path)) == {"bits": expected, "lost": 1}


@pytest.mark.slow
def test_twenty_kills_at_random_moments_change_no_bit(tmp_path, expected):
    # 8 s alone; where others compute at the same time, each start of a worker takes seconds
    found = result(started("workers_of_dask_at_random", tmp_path), 600)
    assert found == {"bits": expected, "kills": 20}


@pytest.mark.slow
def test_a_task_that_kills_each_worker_is_an_error_that_says_so(tmp_path, expected):
    found = result(started("every_worker_of_dask", tmp_path))
    assert "KilledWorker" in found["error"]
    assert "4 different workers" in found["error"]
    assert_whole_after_5(found, expected)


@pytest.mark.slow
def test_a_cluster_without_workers_is_an_error_after_the_time_that_dask_is_told(tmp_path, expected):
    found = result(started("no_worker_of_dask", tmp_path))
    assert "NoWorkerError" in found["error"]
    assert_whole_after_5(found, expected)


def test_a_killed_process_of_a_pool_is_an_error_that_names_dask(tmp_path, expected):
    found = result(started("worker_of_a_pool", tmp_path))
    assert "shard 0 of 4, step 6 did not come back" in found["error"]
    assert "BrokenProcessPool" in found["error"]
    assert "give a distributed.Client() as the executor" in found["error"]
    assert "cannot be used again" in found["again"]
    assert_whole_after_5(found, expected)


@pytest.mark.slow
def test_a_killed_scheduler_is_an_error_and_its_run_goes_on_from_the_file(tmp_path, expected):
    found = result(started("scheduler", tmp_path))
    # the rest is Dask's: it may notice first that tasks are cancelled, or that nobody answers
    assert "did not come back from the workers: " in found["error"]
    assert found["seconds"] < 60
    assert found["ended"], "its workers live on"
    assert (found["loaded at"], found["loaded"]) == (4, expected)
    assert_whole_after_5(found, expected)


def assert_whole_after_5(found, expected):
    """The error left all as it was, and the run went on."""
    assert f"after {found['step']} steps" in found["error"]
    assert (found["step"], found["steps"], found["as before"]) == (5, 5, True)
    assert found["bits"] == expected


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["client", "client_of_a_pool"])
def test_a_killed_client_leaves_a_file_to_go_on_from_and_no_workers(tmp_path, expected, name, seed):
    process = started(name, tmp_path)
    try:
        assert comes_to_hold((tmp_path / "run.npz").exists)
        time.sleep(random.Random(seed).uniform(0, 0.4))
    finally:
        process.kill()
        process.communicate()
    workers = json.loads((tmp_path / "workers").read_text())
    assert len(workers) == 2
    assert comes_to_hold(lambda: not any(map(alive, workers)))
    found = result(started("after_client", tmp_path))
    assert 0 < found["step"] < 24
    assert found["bits"] == expected


def comes_to_hold(holds, seconds=60):
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.02)
    return holds()


def alive(process):
    """Whether it runs: of one that ended, and nobody asked for, there is a number only."""
    status = Path(f"/proc/{process}/stat")
    try:
        return status.read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
