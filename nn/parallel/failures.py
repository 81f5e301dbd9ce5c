"""What goes wrong in another process: an exception of the user's, or the process itself."""

from __future__ import annotations

import os
import platform
import traceback
from collections.abc import Callable
from typing import Any, NamedTuple

from .sending import dumps, loads


class ParallelError(RuntimeError):
    """Workers were lost, or what was to be sent to them was: not an error of model or loss.

    Model, optimizer and loader are as they were before the step that failed: a further `fit`, with
    another executor or the same, goes on as if nothing had happened, and so does one after
    `nn.save_training` and `nn.load_training`.

    >>> import nn
    >>> import numpy as np
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> model, data = nn.Linear(1, 1), nn.DataLoader((np.zeros((3, 1)), np.ones((3, 1))))
    >>> optimizer, pool = nn.SGD(model.parameters()), ThreadPoolExecutor(1)
    >>> parallel = nn.Parallel(pool)
    >>> pool.shutdown()
    >>> try:
    ...     nn.fit(model, nn.MSELoss(), optimizer, data, 1, parallel=parallel, progress=False)
    ... except nn.ParallelError as error:
    ...     print(str(error).split(":")[0])
    shard 0 of 8, step 1 did not come back from the workers
    """


def asked(what: str, kept: str, ask: Callable[..., Any], *args: Any) -> Any:
    """What the engine that runs workers answers about a task; its own errors are ParallelErrors.

    Args:
        what: the task, for the error.
        kept: what is as it was, with a blank before it.
    """
    try:
        return ask(*args)
    except Exception as error:
        raise ParallelError(
            f"{what} did not come back from the workers: {type(error).__name__}: "
            f"{str(error).rstrip('.')}.{kept} A process pool cannot be used again once a worker "
            "has died (in a script, what starts processes stands under if __name__ == "
            "'__main__':); Dask starts another worker and repeats its tasks: give a "
            "distributed.Client() as the executor"
        ) from error


class Failure(NamedTuple):
    """An exception of a task, on its way back.

    Attributes:
        error: the exception itself as bytes; None if it cannot be sent.
        text: its type and text.
        where: in which process it came.
        trace: its traceback.
    """

    error: bytes | None
    text: str
    where: str
    trace: str

    @classmethod
    def of(cls, error: BaseException) -> Failure:
        """The exception that is being handled."""
        return cls(
            _packed(error),
            traceback.format_exception_only(error)[0].strip(),
            f"process {os.getpid()} on {platform.node()}",
            "".join(traceback.format_exception(error)),
        )

    def exception(self, task: str) -> BaseException:
        """The exception to be raised here, with a note that says where it came from."""
        error = _unpacked(self.error)
        if error is None:
            error = RuntimeError(f"{self.text} (of a type that cannot be sent)")
        error.add_note(f"raised in {task}, by {self.where}:\n{self.trace}{_way_out(error)}")
        return error


def _packed(error: BaseException) -> bytes | None:
    """The exception as bytes that can be read again: the classes of some cannot be called so."""
    try:
        packed = dumps(error)
        loads(packed)
    except Exception:  # whatever the user's class does when it is made again
        return None
    return packed


def _unpacked(packed: bytes | None) -> Any:
    try:
        return None if packed is None else loads(packed)
    except Exception:  # its class is known over there only
        return None


def _way_out(error: BaseException) -> str:
    if isinstance(error, ModuleNotFoundError):
        return (
            f"The worker cannot import {error.name}: install it there, or send its code along: "
            f"cloudpickle.register_pickle_by_value({error.name})"
        )
    return ""
