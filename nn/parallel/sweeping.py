"""`sweep`: one function run with many settings, by any number of processes."""

from __future__ import annotations

import copy
import inspect
import json
import os
import queue
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from functools import partial
from types import BuiltinFunctionType, FunctionType
from typing import Any

from engine import Seeded

from ..callbacks import Progress
from .belonging import belong_to_the_parent
from .data_parallel import submit_of
from .failures import Failure, ParallelError, asked
from .journal import Journal
from .sending import dumps, loads
from .settings import key_of, results_of, settings_of
from .sweep_rows import Sweep

Train = Callable[..., Any]
SETTING = "a setting"  # for errors
POLL = 1.0  # seconds after which futures are asked, should one have ended without a word


Outcomes = Generator[tuple[int, dict[str, Any]]]


def sweep(
    train: Train,
    settings: Any,
    executor: Any = None,
    *,
    path: str | os.PathLike[str] | None = None,
    progress: bool = True,
) -> Sweep:
    """What `train(**setting)` returns for each setting, as a row: one task a setting.

    Every setting draws the same random numbers from the shared generator of `nn.random`, from seed
    0 on, wherever it runs: so rows differ by their settings alone.  To see how much is chance, let
    a seed be a setting: `{"lr": [0.1, 1.0], "seed": range(5)}`.

    Args:
        train: a function; it returns a number, or a dict of numbers and texts by name.
        settings: a dict of lists, for all combinations; or a list of dicts.
        executor: as for `nn.Parallel`: None, an Executor, or a Client of Dask.
        path: a file of JSON lines: each setting is written there when it is done, and is not run
            again by a further sweep with this path; one that failed is.  The file knows train by
            its name: after a change to its numbers take another path.
        progress: show how many are done, failed, and how long it will take.

    Returns:
        The rows, in the order of the settings.  What train raises makes a row with the error; and
        so does a setting that killed several workers of Dask, which repeats what others had.

    Raises:
        TypeError: train is no function or cannot be called so, settings are none, or hold what
            JSON cannot, with a path; something cannot be sent to a worker.
        ValueError: no settings, other names in one than in another, or one twice; path is of
            another function, or no file of a sweep; or train a lambda, a method or an object, which
            have no name of their own.
        ParallelError: workers were lost, and their engine does not repeat what they did.

    >>> rows = sweep(lambda x, y: x * y, {"x": [1, 2], "y": [3, 4]}, progress=False)
    >>> [row["result"] for row in rows], rows.best("result")["y"]
    ([3, 4, 6, 8], 3)
    """
    if not callable(train):
        raise TypeError(f"train must be a function, got {type(train).__name__}: {train!r:.60}")
    submit = submit_of(executor)
    todo = settings_of(settings)
    _check_calls(train, todo)
    if path is not None:
        _check_keys(todo)
    journal = Journal(path, "" if path is None else name_of(train))
    entries = {
        i: journal.done[key]
        for i, setting in enumerate(todo)
        if path is not None and (key := key_of(setting)) in journal.done
    }
    rest = {i: setting for i, setting in enumerate(todo) if i not in entries}
    outcomes = _here(train, rest) if submit is None else _by_workers(train, rest, submit)
    began, failed = time.perf_counter(), 0
    with closing(outcomes), Progress(progress and bool(rest), 1, rest, title="sweep") as bar:
        bar.start_epoch(1)
        try:
            for i, entry in outcomes:
                journal.add(todo[i], entry)
                entries[i] = entry
                failed += "error" in entry
                bar.tick({}, f", {failed} failed" if failed else "")
        except ParallelError as error:
            kept = f"; {path} keeps them" if path else ", and are lost: give a path to keep them"
            error.add_note(f"{len(entries)} of {len(todo)} settings are done{kept}")
            raise
        words = f"sweep of {len(rest)} setting{'s' * (len(rest) != 1)}"
        words += f"  {failed} failed" * (failed > 0)
        bar.end(f"{words}  {time.perf_counter() - began:.1f} s")
    return Sweep([_row(setting, entries[i]) for i, setting in enumerate(todo)], list(todo[0]))


def _here(train: Train, settings: Mapping[int, dict[str, Any]]) -> Outcomes:
    """What comes of each setting, in this process."""
    for i, setting in settings.items():
        yield i, outcome(train, copy.deepcopy(setting))  # train may change a list in it


def _by_workers(
    train: Train, settings: Mapping[int, dict[str, Any]], submit: Callable[..., Any]
) -> Outcomes:
    """What comes of each setting, as they are done; closed early, it cancels what waits."""
    function = dumps(train)
    tasks = {i: dumps(setting) for i, setting in settings.items()}
    ended: queue.SimpleQueue[int] = queue.SimpleQueue()
    futures: dict[int, Any] = {}
    try:
        for i, task in tasks.items():
            futures[i] = asked(SETTING, "", submit, run_setting, function, task)
            futures[i].add_done_callback(partial(_put, ended, i))
        while futures:
            for i in _ended(ended, futures):
                yield i, _entry_of(futures.pop(i))
    finally:
        for future in futures.values():
            future.cancel()


def _put(ended: queue.SimpleQueue[int], i: int, _future: Any) -> None:
    ended.put(i)


def _ended(ended: queue.SimpleQueue[int], futures: Mapping[int, Any]) -> list[int]:
    """Those that are done, at least one, unless none is after a while."""
    try:
        found = [ended.get(timeout=POLL)]
    except queue.Empty:
        found = [i for i, future in futures.items() if future.done()]
    return [i for i in found if i in futures]


def _entry_of(future: Any) -> dict[str, Any]:
    try:
        entry: dict[str, Any] = loads(asked(SETTING, "", future.result))
    except ParallelError as error:
        cause = error.__cause__
        if type(cause).__name__ != "KilledWorker":
            raise
        # Dask's: this very setting was on four workers that died, for want of memory perhaps
        return {"error": f"KilledWorker: {cause}", "traceback": ""}
    return entry


def run_setting(train: bytes, setting: bytes) -> bytes:
    """What comes of a setting, in a worker."""
    belong_to_the_parent()
    try:
        return dumps(outcome(loads(train), loads(setting)))
    except Exception as error:  # they cannot be read here: a module is missing, perhaps
        return dumps(_failed(error))


def outcome(train: Train, setting: Mapping[str, Any]) -> dict[str, Any]:
    """What comes of a setting: its results, or the error that train raised.

    >>> outcome(lambda x: 1 / x, {"x": 0})["error"]
    'ZeroDivisionError: division by zero'
    """
    began = time.perf_counter()
    try:
        with Seeded(0):
            results = results_of(train(**setting), setting)
    except (Exception, SystemExit) as error:
        return _failed(error)
    return {"results": results, "seconds": time.perf_counter() - began}


def _failed(error: BaseException) -> dict[str, Any]:
    failure = Failure.of(error)
    return {"error": failure.text, "traceback": failure.trace}


def _row(setting: dict[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    if "error" in entry:
        return {**setting, "error": entry["error"], "traceback": entry["traceback"]}
    return {**setting, **entry["results"], "seconds": entry["seconds"]}


def name_of(train: Train) -> str:
    """The module and name of a function, with the numbers and texts that it holds already.

    Raises:
        ValueError: a file could not tell it from another one: a lambda, a method, an object, or a
            partial that holds what JSON cannot.

    >>> name_of(partial(round, ndigits=2))
    'builtins.round with [], {"ndigits": 2}'
    """
    if isinstance(train, partial):
        return (
            f"{name_of(train.func)} with {_as_json(list(train.args))}, {_as_json(train.keywords)}"
        )
    if not isinstance(train, FunctionType | BuiltinFunctionType) or train.__name__ == "<lambda>":
        raise ValueError(
            f"train is {train!r:.60}, which has no name by which a file could keep its results "
            "apart from another's: with a path, write a function with def"
        )
    name = f"{train.__module__}.{train.__qualname__}"
    held = inspect.getclosurevars(train).nonlocals if isinstance(train, FunctionType) else {}
    plain = {key: x for key, x in held.items() if isinstance(x, bool | int | float | str)}
    return f"{name} with {_as_json(plain)}" if plain else name


def _as_json(held: Any) -> str:
    try:
        return json.dumps(held, sort_keys=True)
    except TypeError as error:
        raise ValueError(
            f"train is a partial that holds what a file cannot keep apart: {error}; with a path, "
            "let a function written with def read it"
        ) from None


def _check_calls(train: Train, settings: list[dict[str, Any]]) -> None:
    """Refuse a setting that train has no argument for, or that leaves out one."""
    try:
        signature = inspect.signature(train)
    except (TypeError, ValueError):  # functions written in C may not say
        return
    for i, setting in enumerate(settings):
        try:
            signature.bind(**setting)
        except TypeError as error:
            raise TypeError(
                f"train cannot be called with setting {i}, {setting!r:.200}: {error}"
            ) from None


def _check_keys(settings: list[dict[str, Any]]) -> None:
    for i, setting in enumerate(settings):
        try:
            key_of(setting)
        except TypeError as error:
            raise TypeError(
                f"setting {i} cannot be written to a file: {error}; with a path settings are "
                "numbers and texts: give a name, and let train look up what it means"
            ) from None
