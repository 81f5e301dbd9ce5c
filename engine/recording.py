"""The recording switch: whether ops on nodes are recorded in this thread, and who watches them."""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable
from typing import Any, Self

from .restoring import Restoring


class _Recording(threading.local):
    """Whether this thread records graphs, and who watches it.

    Reading a thread-local costs more than a product of two floats, so the hot paths look at the
    plain set `ATTENTION.threads` first: while it is empty nobody has to ask further.
    """

    enabled = True
    watcher: Any = None
    forward: Any = None  # what pushes tangents along: see `push_by`
    opened = False  # see `open_calls`
    again = False  # see `is_recomputing`


class _Attention:
    """The threads whose ops need a closer look: they do not record, or are watched."""

    __slots__ = ("threads",)

    def __init__(self) -> None:
        self.threads: set[int] = set()  # changed by single steps of C, which need no lock


RECORDING = _Recording()
ATTENTION = _Attention()

#: The threads whose compiled functions run as they are written (`RECORDING.opened`): as for
#: `ATTENTION`, while it is empty nobody has to ask further.
OPENED: set[int] = set()


def is_grad_enabled() -> bool:
    """Whether ops on nodes are being recorded in this thread.

    >>> is_grad_enabled()
    True
    """
    return RECORDING.enabled


def is_recomputing() -> bool:
    """Whether a function runs again inside `checkpoint`, only for the sake of its gradients.

    What counts calls, or gathers statistics, does so in the first run: nn's layers ask this.

    >>> is_recomputing()
    False
    """
    return RECORDING.again


def _attend() -> None:
    """Note whether this thread needs a closer look."""
    if RECORDING.enabled and RECORDING.watcher is None and RECORDING.forward is None:
        ATTENTION.threads.discard(threading.get_ident())
    else:
        ATTENTION.threads.add(threading.get_ident())


def open_calls(opened: bool) -> None:
    """Whether compiled and checkpointed functions are to run as they are written, in this thread.

    They do as part of a program that is traced, and for somebody who looks at each op.
    """
    RECORDING.opened = opened
    if opened:
        OPENED.add(threading.get_ident())
    else:
        OPENED.discard(threading.get_ident())


def watch(watcher: Any) -> Any:
    """Let `watcher.recorded(op, node, inputs)` see each op in this thread; return the one before.

    None ends it.  `watcher.backward(order, seed)` is called before each backward pass.

    >>> from engine import Value, tanh
    >>> class Names:
    ...     def recorded(self, op, node, inputs):
    ...         print(op.name)
    >>> before = watch(Names())
    >>> y = tanh(Value(2.0))
    tanh
    >>> _ = watch(before)
    """
    before = RECORDING.watcher
    RECORDING.watcher = watcher
    _attend()
    return before


class Opening(Restoring):
    """Block in which compiled and checkpointed functions are recorded as they are written.

    >>> from engine import Value, compile
    >>> f = compile(lambda x: x * x + 1)
    >>> with Opening():
    ...     inside = f(Value(2.0))
    >>> f(Value(2.0)).op.name, inside.op.name
    ('f', 'add')
    """

    def saved(self) -> bool:
        return RECORDING.opened

    def change(self) -> None:
        open_calls(True)

    def restore(self, saved: bool) -> None:
        open_calls(saved)


class Recomputing(Restoring):
    """Block in which a function runs for the second time: `is_recomputing`."""

    def saved(self) -> bool:
        return RECORDING.again

    def change(self) -> None:
        RECORDING.again = True

    def restore(self, saved: bool) -> None:
        RECORDING.again = saved


def push_by(forward: Any) -> None:
    """Let `forward` push tangents along with this thread's ops on Tensors; None ends it.

    It is shown each result that requires a gradient, once it is recorded (`recorded(y)`), and each
    assignment (`assigned`); it says which nodes it `knows`: see `engine.forward`.
    """
    RECORDING.forward = forward
    _attend()


class Watching(Restoring):
    """Base of contexts that watch this thread's ops: as `watch(self)`, for a block.

    >>> from engine import Value, tanh
    >>> class Names(Watching):
    ...     def recorded(self, op, node, inputs):
    ...         print(op.name)
    >>> with Names():
    ...     y = tanh(2 * Value(1.0))
    mul
    tanh
    """

    def saved(self) -> Any:
        return RECORDING.watcher

    def change(self) -> None:
        watch(self)

    def restore(self, saved: Any) -> None:
        watch(saved)


class _RecordingContext(Restoring):
    """Context manager and decorator that sets recording for a block, then restores it."""

    _enabled = True

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        return object.__new__(cls) if function is None else cls()(function)  # `@no_grad`

    def saved(self) -> bool:
        return RECORDING.enabled

    def change(self) -> None:
        if RECORDING.enabled is not self._enabled:
            self.restore(self._enabled)

    def restore(self, saved: bool) -> None:
        RECORDING.enabled = saved
        _attend()

    def _again(self) -> Self:
        """Another such context: a function may be running in several calls at a time."""
        return type(self)()

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        if inspect.isgeneratorfunction(function):
            return self._step_by_step(function)

        @functools.wraps(function)
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            with self._again():
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
                    with self._again():
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


class set_grad_enabled(_RecordingContext):  # noqa: N801 - the name every PyTorch user knows
    """Say whether ops record: from now on in this thread, or for a block (or a function).

    >>> with set_grad_enabled(False):
    ...     is_grad_enabled()
    False
    >>> is_grad_enabled()
    True
    """

    def __new__(cls, mode: Any) -> Any:
        return object.__new__(cls)

    def __init__(self, mode: Any) -> None:
        self._before, self._enabled = RECORDING.enabled, bool(mode)
        self.change()

    def saved(self) -> bool:
        return self._before

    def _again(self) -> Self:
        return type(self)(self._enabled)

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        self.restore(self._before)  # it is for the function alone
        return super().__call__(function)


class enable_grad(_RecordingContext):  # noqa: N801 - the name every PyTorch user knows
    """Block (or decorator) in which ops record again, inside a `no_grad`.

    >>> with no_grad(), enable_grad():
    ...     is_grad_enabled()
    True
    """

    _enabled = True
