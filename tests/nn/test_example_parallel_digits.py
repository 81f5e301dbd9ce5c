"""The conv net in shards: the same bits whoever computes them, and what a command asks for."""

import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import pytest
from pages import ROOT

from nn.examples import parallel_digits
from nn.examples.parallel_digits import main, workers


def few(executor=None, **changed):
    return main(executor, **{"epochs": 2, "examples": 240, "progress": False, **changed})


def test_it_reads_most_digits_that_it_never_saw():
    assert few(epochs=6)["validation_accuracy"] >= 0.9


def test_who_computes_the_shards_changes_no_bit():
    with ThreadPoolExecutor(2) as executor:
        assert few(executor) == few()


def test_the_number_of_shards_and_the_seed_do():
    weights = {few(epochs=1, **changed)["weights"] for changed in ({}, {"shards": 2}, {"seed": 1})}
    assert len(weights) == 3


def test_a_digest_tells_a_single_bit():
    one, other = (parallel_digits.digits_conv.make_model(0) for _ in range(2))
    assert parallel_digits.digest(one) == parallel_digits.digest(other)
    other.load_state_dict({**one.state_dict(), "1.running_mean": other[1].running_mean + 1e-300})
    assert parallel_digits.digest(one) != parallel_digits.digest(other)


def test_the_command_line_asks_for_processes():
    with workers([]) as executor:
        assert isinstance(executor, ProcessPoolExecutor)


@pytest.mark.slow
def test_the_command_line_asks_for_dask_here_or_at_an_address():
    with workers(["--dask"]) as here, workers(["--dask", here.scheduler.address]) as there:
        assert few(there, epochs=1) == few(here, epochs=1) == few(epochs=1)


@pytest.mark.slow
def test_as_a_program_it_says_that_the_bits_are_the_same():
    command = [sys.executable, "-m", "nn.examples.parallel_digits"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.endswith("the same bits\n")
    assert "not the same" not in done.stdout
