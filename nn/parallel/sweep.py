"""`sweep`: one function run with many settings, by any number of processes."""

from __future__ import annotations

import math
import os
import queue
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from engine import Seeded

from ..callbacks import Progress
from ..checks import one_of
from .data_parallel import submit_of
from .failures import Failure, ParallelError
from .journal import Journal
from .sending import dumps, loads
from .settings import key_of, results_of, settings_of

Train = Callable[..., Any]
POLL = 1.0  # seconds after which futures are asked, should one have ended without a word


class Sweep(list[dict[str, Any]]):
    """What came of a sweep: a row for each setting, in their order.

    A row is a dict: the setting, the results, and "seconds"; or, of one that failed, the setting,
    "error" and "traceback".

    Attributes:
        names: of the settings.
    """

    def __init__(self, rows: Sequence[dict[str, Any]], names: Sequence[str]) -> None:
        super().__init__(rows)
        self.names = tuple(names)

    @property
    def failed(self) -> list[dict[str, Any]]:
        """The rows with an error."""
        return [row for row in self if "error" in row]

    def best(self, metric: str, mode: str = "min") -> dict[str, Any]:
        """The row with the least (or, for mode "max", largest) metric; the first of several.

        Raises:
            ValueError: no row has it as a number.
        """
        one_of("mode", mode, "min", "max")
        rows = [
            row for row in self
            if isinstance(row.get(metric), int | float) and not math.isnan(row[metric])
        ]  # fmt: skip
        if not rows:
            known = sorted({name for row in self for name in row} - set(self.names))
            raise ValueError(f"no setting has a number {metric!r}; there are {known}")
        return (min if mode == "min" else max)(rows, key=lambda row: row[metric])

    def __repr__(self) -> str:
        failed = f", {len(self.failed)} failed" if self.failed else ""
        return f"Sweep({len(self)} settings of {', '.join(self.names)}{failed})"


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
            again by a further sweep with this path; one that failed is.
        progress: show how many are done, failed, and how long it will take.

    Returns:
        The rows, in the order of the settings.  What train raises makes a row with the error.

    Raises:
        TypeError: train is no function, settings are none, or hold what JSON cannot, with a path.
        ValueError: no settings, other names in one than in another, or one twice; path is of
            another function, or no file of a sweep.
        ParallelError: workers were lost, and their engine does not repeat what they did.

    >>> rows = sweep(lambda x, y: x * y, {"x": [1, 2], "y": [3, 4]}, progress=False)
    >>> [row["result"] for row in rows], rows.best("result")["y"]
    ([3, 4, 6, 8], 3)
    """
    if not callable(train):
        raise TypeError(f"train must be a function, got {type(train).__name__}: {train!r:.60}")
    submit = submit_of(executor)
    todo = settings_of(settings)
    if path is not None:
        _check_keys(todo)
    journal = Journal(path, _name(train))
    entries = {
        i: journal.done[key]
        for i, setting in enumerate(todo)
        if path is not None and (key := key_of(setting)) in journal.done
    }
    rest = {i: setting for i, setting in enumerate(todo) if i not in entries}
    outcomes = _here(train, rest) if submit is None else _by_workers(train, rest, submit)
    began, failed = time.perf_counter(), 0
    with Progress(progress and bool(rest), 1, rest, title="sweep") as bar:
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
        words = [f"{len(rest)} settings", *([f"{failed} failed"] if failed else [])]
        bar.end("  ".join(["sweep", *words, f"{time.perf_counter() - began:.1f} s"]))
    return Sweep([_row(setting, entries[i]) for i, setting in enumerate(todo)], list(todo[0]))


def _here(train: Train, settings: Mapping[int, dict[str, Any]]) -> Iterator[tuple[int, Any]]:
    """What comes of each setting, in this process."""
    for i, setting in settings.items():
        yield i, outcome(train, setting)


def _by_workers(
    train: Train, settings: Mapping[int, dict[str, Any]], submit: Callable[..., Any]
) -> Iterator[tuple[int, Any]]:
    """What comes of each setting, as they are done."""
    ended: queue.SimpleQueue[int] = queue.SimpleQueue()
    futures: dict[int, Any] = {}
    try:
        for i, setting in settings.items():
            futures[i] = _asked(submit, run_setting, dumps((train, setting)))
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
        entry: dict[str, Any] = loads(_asked(future.result))
    except ParallelError as error:
        cause = error.__cause__
        if type(cause).__name__ != "KilledWorker":
            raise
        # Dask's: this very setting was on four workers that died, for want of memory perhaps
        return {"error": f"KilledWorker: {cause}", "traceback": ""}
    return entry


def _asked(ask: Callable[..., Any], *args: Any) -> Any:
    """What the engine that runs workers answers; what goes wrong in it is a ParallelError."""
    try:
        return ask(*args)
    except Exception as error:
        raise ParallelError(
            f"a setting did not come back from the workers: {type(error).__name__}: "
            f"{str(error).rstrip('.')}. A process pool cannot be used again once a worker has "
            "died; Dask starts another worker and repeats its tasks: "
            "nn.sweep(…, distributed.Client())"
        ) from error


def run_setting(data: bytes) -> bytes:
    """What comes of a setting, in a worker."""
    return dumps(outcome(*loads(data)))


def outcome(train: Train, setting: Mapping[str, Any]) -> dict[str, Any]:
    """What comes of a setting: its results, or the error that train raised."""
    began = time.perf_counter()
    try:
        with Seeded(0):
            results = results_of(train(**setting), setting)
    except Exception as error:
        failure = Failure.of(error)
        return {"error": failure.text, "traceback": failure.trace}
    return {"results": results, "seconds": time.perf_counter() - began}


def _row(setting: dict[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    if "error" in entry:
        return {**setting, "error": entry["error"], "traceback": entry["traceback"]}
    return {**setting, **entry["results"], "seconds": entry["seconds"]}


def _name(train: Train) -> str:
    """The name of a function; of a partial one or an object that of what is called."""
    inner = getattr(train, "func", train)
    return str(getattr(inner, "__qualname__", type(inner).__qualname__))


def _check_keys(settings: list[dict[str, Any]]) -> None:
    for i, setting in enumerate(settings):
        try:
            key_of(setting)
        except TypeError as error:
            raise TypeError(
                f"setting {i} cannot be written to a file: {error}; with a path settings are "
                "numbers and texts: give a name, and let train look up what it means"
            ) from None
