"""The page of a run, and the small server of this machine that gives it what is new.

It listens on the loopback address only, gives its own few files, the lines of one run and the
pages of what was caught there, and nothing else; a request under another host's name (a web page
that points its own name here, "DNS rebinding") is refused.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from typing import Any, Self
from urllib.parse import parse_qs

from .following import Lines

LOOPBACK = "127.0.0.1"
#: What a browser may call this host; with whatever port, as one may be passed on (`ssh -L`).
HOST = re.compile(r"(127\.0\.0\.1|localhost)(:\d+)?", re.IGNORECASE)

#: The page and its parts, with what kind each is.
FILES = {
    "/": ("watch.html", "text/html"),
    "/watch.css": ("watch.css", "text/css"),
    "/watch.js": ("watch.js", "text/javascript"),
    "/charts.js": ("charts.js", "text/javascript"),
    "/run.js": ("run.js", "text/javascript"),
}

#: Nothing but what comes from here; and no page may put this one into a frame.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
#: A stepper has its script and its looks inside, and needs nothing from anywhere.
PAGE_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

POLL = 1.0  # seconds from one question of a page to the next, as watch.js has it
AWAY = 3 * POLL  # a page that has not asked for so long is closed


class _Server(ThreadingHTTPServer):
    """A thread for each request, none of which keeps the process alive."""

    daemon_threads = True
    watched: WatchServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A page that was closed in the middle of an answer is nothing to report."""


class WatchServer:
    """Serves the page of a run.

    Args:
        lines: the run.
        name: what the page calls it.
        port: where to listen; 0 takes any that is free.

    Attributes:
        address: where a browser finds the page.

    Raises:
        OSError: the port is taken.
    """

    def __init__(self, lines: Lines, name: str, port: int = 0) -> None:
        self.lines = lines
        self.name = name
        self.ended = False
        self.asked = 0.0  # when a page last asked
        self._told = threading.Event()  # a page has all there is, and knows that the run is over
        try:
            self._server = _Server((LOOPBACK, port), _Handler)
        except OSError as error:
            raise OSError(
                error.errno, f"port {port} cannot be had ({error.strerror}): name another, or none"
            ) from None
        self._server.watched = self
        self.address = f"http://{LOOPBACK}:{self._server.server_address[1]}/"
        self._thread: threading.Thread | None = None

    def answer(self, cursor: str) -> dict[str, Any]:
        """What a page is told: what is new, and whether anything will still come."""
        self.asked = time.monotonic()
        ended = self.ended  # before looking: what came before the end is in the answer
        new = self.lines.after(cursor)
        return {"name": self.name, "ended": ended and not new.more, **new._asdict()}

    def was_told(self) -> None:
        """A page has been sent the last answer."""
        self._told.set()

    def run(self) -> None:
        """Serve in this thread, until an exception, Ctrl-C for one."""
        try:
            self._server.serve_forever(poll_interval=0.2)
        finally:
            self.close()

    def close(self) -> None:
        """Listen no more."""
        self._server.server_close()

    def start(self) -> Self:
        """Serve in a thread of its own, which does not keep the process alive."""
        self._thread = threading.Thread(target=self.run, name="twingrad watch", daemon=True)
        self._thread.start()
        return self

    def abandon(self) -> None:
        """Serve no more, whoever looks."""
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None

    def stop(self) -> None:
        """The run is over: let an open page fetch the rest, then serve no more."""
        self.ended = True
        try:
            if time.monotonic() - self.asked < AWAY:
                self._told.wait(AWAY)
        finally:
            self.abandon()


class _Handler(BaseHTTPRequestHandler):
    """Answers one request."""

    server: _Server
    server_version = "twingrad"
    sys_version = ""
    timeout = 10  # seconds for a request to arrive

    def do_GET(self) -> None:
        if not self._of_this_host():
            self._send(HTTPStatus.FORBIDDEN, "text/plain", "this host has another name\n")
            return
        path, _, query = self.path.partition("?")
        watched = self.server.watched
        if path in FILES:
            name, kind = FILES[path]
            self._send(HTTPStatus.OK, kind, _asset(name))
        elif path == "/lines":
            cursor = parse_qs(query).get("after", [""])[-1]
            answer = watched.answer(cursor)
            self._send(HTTPStatus.OK, "application/json", json.dumps(answer))
            if answer["ended"]:
                watched.was_told()
        elif page := watched.lines.page(path.removeprefix("/caught/")):
            self._send(HTTPStatus.OK, "text/html", page, PAGE_POLICY)
        else:
            self._send(HTTPStatus.NOT_FOUND, "text/plain", "there is no such page here\n")

    def _of_this_host(self) -> bool:
        return HOST.fullmatch(self.headers.get("Host", "")) is not None

    def _send(self, status: HTTPStatus, kind: str, text: str, policy: str = POLICY) -> None:
        body = text.encode("utf-8")
        self.send_response(status)
        for name, value in {
            "Content-Type": f"{kind}; charset=utf-8",
            "Content-Length": str(len(body)),
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "no-store",
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the terminal belongs to the run."""


def _asset(name: str) -> str:
    return resources.files(__package__).joinpath("web", name).read_text(encoding="utf-8")


def watch(
    lines: Lines, name: str, port: int = 0, opened: Callable[[str], object] | None = None
) -> None:
    """Serve the page of a run in this thread until Ctrl-C.

    Args:
        lines, name, port: as for `WatchServer`.
        opened: is told the address once the page is there.

    Raises:
        OSError: the port is taken.
    """
    server = WatchServer(lines, name, port)
    try:
        if opened is not None:
            opened(server.address)
        server.run()
    except KeyboardInterrupt:
        return  # that is how it ends
    finally:
        server.close()
