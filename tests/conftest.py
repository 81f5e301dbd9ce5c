"""How the suite draws examples, fixed in CI and fresh elsewhere; and what it says beforehand."""

import importlib
import os

import pytest
from hypothesis import HealthCheck, settings
from machine import gaps, left_out

# NumPy is not imported yet.  The matrices here are small: several threads make them no faster, and
# where two workers wait for each other's threads some tests took thirty times as long.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

settings.register_profile(
    "ci", max_examples=40, derandomize=True, deadline=None, print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
settings.register_profile("dev", max_examples=100, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

# pytest loads these as what they are; collecting them as modules with doctests, it would take two
# files of one name for the same module.
collect_ignore = ["conftest.py", "browser/conftest.py"]
# Answers to exercises, wrong on purpose: test_notebooks.py runs them, one by one.
collect_ignore_glob = ["wrong_answers/*.py"]


def pytest_report_header():
    """What will be left out, before anything runs."""
    return gaps()


@pytest.hookimpl(wrapper=True, tryfirst=True)  # after pytest's own summary
def pytest_terminal_summary(terminalreporter):
    """What was left out, after everything ran."""
    yield
    if said := left_out(len(terminalreporter.stats.get("skipped", []))):
        terminalreporter.write_line(said)


# The fixtures import what they need when they run: coverage has not started yet where this file
# is read by a worker of pytest-xdist.


@pytest.fixture
def own_ops():
    """Rows of the table that a test adds are taken out after it."""
    helpers = importlib.import_module("helpers")
    with helpers.own_ops():
        yield


@pytest.fixture
def figures_closed():
    """No figure of a test stays open after it."""
    yield
    importlib.import_module("matplotlib.pyplot").close("all")


@pytest.fixture
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    """What a test writes into the folder it runs in goes with it."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def executors():
    """What runs shards, by name: `executors("dask 2")`; closed after the file's last test.

    Not later: what Dask's threads allocate is seen by tests that count bytes.
    """
    with importlib.import_module("executors").Executors() as found:
        yield found
