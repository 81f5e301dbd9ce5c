"""The recording switch: whether ops on nodes are recorded in this thread, and who watches them."""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable
from typing import Any


class _Recording(threading.local):
    """Whether this thread records graphs, and who watches it.

    Reading a thread-local costs more than a product of two floats, so the hot paths look at the
    plain counter `ATTENTION.threads` first: while it is zero nobody has to ask further.
    """

    enabled = True
    watcher: Any = None


class _Attention:
    """How many threads need a closer look at each op: they do not record, or are watched."""

    __slots__ = ("lock", "threads")

    def __init__(self) -> None:
        self.threads = 0
        self.lock = threading.Lock()

    def change(self, by: int) -> None:
        """One thread more, or one less."""
        with self.lock:
            self.threads += by


RECORDING = _Recording()
ATTENTION = _Attention()


def is_grad_enabled() -> bool:
    """Whether ops on nodes are being recorded in this thread.

    >>> is_grad_enabled()
    True
    """
    return RECORDING.enabled


def _set_recording(enabled: bool) -> bool:
    """Switch this thread's recording on or off; return what it was."""
    before = RECORDING.enabled
    if enabled != before:
        ATTENTION.change(-1 if enabled else 1)
        RECORDING.enabled = enabled
    return before


def watch(watcher: Any) -> Any:
    """Let `watcher.recorded(op, node, inputs)` see each op in this thread; return the one before.

    None ends it.  `watcher.backward(order, seed)` is called before each backward pass.
    """
    before = RECORDING.watcher
    ATTENTION.change((watcher is not None) - (before is not None))
    RECORDING.watcher = watcher
    return before


class _RecordingContext:
    """Context manager and decorator that sets recording for a block, then restores it."""

    _enabled = True

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        return object.__new__(cls) if function is None else cls()(function)  # `@no_grad`

    def __init__(self) -> None:
        self._before: list[bool] = []  # a stack, so that one object can be entered twice

    def __enter__(self) -> None:
        self._before.append(_set_recording(self._enabled))

    def __exit__(self, *_exception: object) -> None:
        _set_recording(self._before.pop())

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        if inspect.isgeneratorfunction(function):
            return self._step_by_step(function)

        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            with type(self)():
                return function(*args, **kwargs)

        return wrapped

    def _step_by_step(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A generator function that is in the context while it runs, its caller is not."""

        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            generator = function(*args, **kwargs)
            step = functools.partial(next, generator)
            while True:
                try:
                    with type(self)():
                        found = step()
                except StopIteration as end:
                    return end.value
                try:
                    step = functools.partial(generator.send, (yield found))
                except BaseException as error:  # also of close(): the generator ends it
                    step = functools.partial(generator.throw, error)

        return wrapped


class no_grad(_RecordingContext):  # noqa: N801 - the name every PyTorch user knows
    """Block (or decorator) in which ops compute but do not record; per thread, nestable.

    >>> from engine import Value
    >>> x = Value(3.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y.op is None
    True
    """

    _enabled = False


class enable_grad(_RecordingContext):  # noqa: N801 - the name every PyTorch user knows
    """Block (or decorator) in which ops record again, inside a `no_grad`.

    >>> with no_grad(), enable_grad():
    ...     is_grad_enabled()
    True
    """

    _enabled = True
