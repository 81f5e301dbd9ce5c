"""An exception in a shard is raised here, whoever computed it: its type, its text, and where."""

import importlib
import warnings

import numpy as np
import pytest

import nn

# Not "none": there the exception is the one that was raised; test_parallel.py has it.
NAMES = ("threads", "processes", "dask 2")


class Odd(Exception):
    """Cannot be made again of its text."""

    def __init__(self, a, b):
        super().__init__(f"{a} beside {b}")
        self.a, self.b = a, b


class Locked(Exception):
    """Cannot be sent."""

    def __reduce__(self):
        raise TypeError("stays here")


def raised_by(executor, loss):
    """What `fit` raises, with its note; model and loader are as before."""
    model = nn.Linear(3, 2, rng=0)
    before = model.weight.data.copy()
    loader = nn.DataLoader((np.ones((8, 3)), np.zeros(8, int)), batch_size=4)
    parallel = nn.Parallel(executor, 2)
    optimizer = nn.SGD(model.parameters(), lr=0.1)
    with pytest.raises(BaseException) as info:  # noqa: PT011 - what came is the answer
        nn.fit(model, loss, optimizer, loader, progress=False, parallel=parallel)
    np.testing.assert_array_equal(before, model.weight.data)
    assert parallel.step == 0
    return info.value


def failing(make):
    def loss(_output, _target):
        raise make()

    return loss


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("make", "kind", "text"),
    [
        (lambda: ZeroDivisionError("by me"), ZeroDivisionError, "by me"),
        (lambda: MemoryError("full"), MemoryError, "full"),
        (lambda: RecursionError("deep"), RecursionError, "deep"),
        (lambda: SystemExit(3), SystemExit, "3"),
        (lambda: Odd(1, 2), (Odd, RuntimeError), "1 beside 2"),
        (lambda: Locked("x"), RuntimeError, "of a type that cannot be sent"),
    ],
)
def test_an_exception_keeps_type_and_text_and_says_where(executors, name, make, kind, text):
    error = raised_by(executors(name), failing(make))
    assert isinstance(error, kind)
    assert text in str(error)
    (note,) = error.__notes__
    assert "raised in shard 0 of 2, step 1, by process" in note
    assert "in loss" in note, "the worker's traceback"


@pytest.mark.parametrize("name", NAMES)
def test_a_module_that_a_worker_lacks_is_named_with_the_way_out(executors, name):
    def loss(_output, _target):
        return importlib.import_module("only_here")

    error = raised_by(executors(name), loss)
    assert type(error) is ModuleNotFoundError
    assert "register_pickle_by_value(only_here)" in error.__notes__[0]


@pytest.mark.parametrize("name", NAMES)
def test_a_warning_that_is_an_error_in_a_worker_is_one_here(executors, name):
    def loss(_output, _target):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            warnings.warn("beware", UserWarning, stacklevel=2)

    error = raised_by(executors(name), loss)
    assert (type(error), str(error)) == (UserWarning, "beware")


@pytest.mark.parametrize("name", NAMES)
def test_an_executor_computes_after_an_error(executors, name):
    raised_by(executors(name), failing(lambda: ValueError("once")))
    model = nn.Linear(3, 2, rng=0)
    loader = nn.DataLoader((np.ones((8, 3)), np.zeros(8, int)), batch_size=4)
    parallel = nn.Parallel(executors(name), 2)
    optimizer = nn.SGD(model.parameters(), lr=0.1)
    nn.fit(model, nn.CrossEntropyLoss(), optimizer, loader, progress=False, parallel=parallel)
    assert parallel.step == 2
