"""A run that is shown while it is trained: a figure in the notebook's cell, else a page."""

from __future__ import annotations

import sys
import threading
import time
import weakref
from typing import Any, Protocol

from .figure import figure
from .following import RecordLines
from .records import Records
from .server import WatchServer

EVERY = 1.0  # seconds, at least, from one figure to the next
SHARE = 20  # and so many times what one takes, so that it costs a twentieth of the time at most


class Live(Protocol):
    """Shows a run as it goes."""

    def update(self, run: Records) -> None:
        """There are new records, all of them complete."""

    def stop(self, run: Records) -> None:
        """There will be no more; where there are after all, it begins again."""


class LiveFigure:
    """A figure in the cell that is running, drawn again in place."""

    def __init__(self, display: Any) -> None:
        self._display = display  # IPython's function
        self._handle: Any = None
        self._due = 0.0

    def __reduce__(self) -> tuple[type[LiveFigure], tuple[Any]]:
        return LiveFigure, (self._display,)  # a copy gets a figure of its own

    def update(self, run: Records) -> None:
        """Draw it again, if the last time is long enough ago."""
        if time.monotonic() >= self._due:
            self._draw(run)

    def stop(self, run: Records) -> None:
        """Draw the end of the run."""
        if self._handle is not None:
            self._draw(run)
            self._handle = None  # a further run gets a figure of its own, in its own cell

    def _draw(self, run: Records) -> None:
        began = time.monotonic()
        bundle = {"text/html": figure(run), "text/plain": repr(run)}
        if self._handle is None:
            self._handle = self._display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)
        now = time.monotonic()
        self._due = now + max(EVERY, SHARE * (now - began))


class LivePage:
    """The page that `twingrad watch` shows, served by a thread of this process."""

    def __init__(self, name: str, pages: dict[str, str]) -> None:
        self._name, self._pages = name, pages
        self._complete = [0]
        self._server: WatchServer | None = None

    def __reduce__(self) -> tuple[type[LivePage], tuple[str, dict[str, str]]]:
        return LivePage, (self._name, self._pages)  # a copy is served at an address of its own

    def update(self, run: Records) -> None:
        """Let the page have what is new; the first time, serve it and say where."""
        self._complete[0] = len(run.records)
        if self._server is None:
            complete = self._complete
            lines = RecordLines(run.records, lambda: complete[0], self._pages)
            self._server = WatchServer(lines, self._name).start()
            weakref.finalize(self, _end, self._server).atexit = False
            print(f"{self._name} is watched at {self._server.address}", flush=True)

    def stop(self, run: Records) -> None:
        """Let an open page have the end of the run, and serve no more."""
        if self._server is not None:
            self._complete[0] = len(run.records)
            server, self._server = self._server, None
            server.stop()


def _end(server: WatchServer) -> None:
    """End a server whose run is gone: from a thread, as it may be its own that finds this out."""
    threading.Thread(target=server.abandon, daemon=True).start()


def live_of(name: str, pages: dict[str, str]) -> Live:
    """What shows a run where this program runs: in a notebook a figure, else a page.

    Args:
        name: of the run.
        pages: of what was caught, by name; there may be more later.
    """
    ipython = sys.modules.get("IPython")  # where it was not imported there is no notebook
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is not None and hasattr(shell, "kernel"):
        return LiveFigure(sys.modules["IPython.display"].display)
    return LivePage(name, pages)
