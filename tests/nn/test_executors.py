"""The executors of tests are what they are called."""

import os

import executors as kinds
import pytest


@pytest.mark.parametrize("name", kinds.NAMES[1:])
def test_an_executor_runs_what_it_is_given_and_is_opened_once(executors, name):
    assert executors(name).submit(abs, -3).result(60) == 3
    assert executors(name) is executors(name)


def test_only_threads_run_in_this_process(executors):
    where = {name: executors(name).submit(os.getpid).result(60) for name in kinds.NAMES[1:]}
    assert [name for name in where if where[name] == os.getpid()] == ["threads"]


def test_a_cluster_has_its_number_of_threads(executors):
    expected = {"dask 1": [1], "dask 2": [1, 1], "dask 3": [1, 1, 1], "dask 1 of 2 threads": [2]}
    assert {name: list(executors(name).nthreads().values()) for name in expected} == expected
