"""A headless Chromium driven over its DevTools protocol: as little as the tests need."""

import base64
import contextlib
import itertools
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
import websocket
from machine import NO_CHROMIUM, find_chromium

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--hide-scrollbars", "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",  # there is no network
    "--remote-debugging-port=0",
]  # fmt: skip
PATIENCE = 30.0  # seconds for anything that should take a moment

#: Keys, as the protocol names them.
KEYS = {
    "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Home": 36, "End": 35,
    "Tab": 9, "Enter": 13, " ": 32, "PageUp": 33, "PageDown": 34, "+": 187, "-": 189, "0": 48,
    "/": 191, "<": 188, ">": 190,
}  # fmt: skip


def chromium_or_skip():
    """The browser; where there is none the test is skipped, but never in CI."""
    if found := find_chromium():
        return found
    if os.environ.get("CI"):
        pytest.fail(NO_CHROMIUM)
    pytest.skip(NO_CHROMIUM)


class PageError(AssertionError):
    """The page threw."""


class Browser:
    """One Chromium with a profile of its own, and pages in it."""

    def __init__(self):
        self._profile = tempfile.mkdtemp(prefix="twingrad-chromium-")
        self._process = subprocess.Popen(
            [chromium_or_skip(), *FLAGS, f"--user-data-dir={self._profile}", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            port, path = self._address()
            self._socket = websocket.create_connection(
                f"ws://127.0.0.1:{port}{path}", timeout=PATIENCE, suppress_origin=True,
                max_size=None,
            )  # fmt: skip
        except BaseException:
            self._stop()
            raise
        self._ids = itertools.count(1)
        self.events = []

    def _address(self):
        """Port and path of the DevTools, which Chromium writes into its profile."""
        file = Path(self._profile) / "DevToolsActivePort"
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self._process.poll() is not None:
                raise RuntimeError(f"Chromium ended with status {self._process.returncode}")
            lines = file.read_text().split() if file.exists() else []
            if len(lines) == 2:
                return lines
            time.sleep(0.05)
        raise RuntimeError(f"Chromium did not answer within {PATIENCE:g} s")

    def call(self, method, session=None, **params):
        """Send a command, and wait for its answer; events that come meanwhile are kept."""
        number = next(self._ids)
        message = {"id": number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        self._socket.send(json.dumps(message))
        while True:
            answer = self._receive()
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def _receive(self):
        answer = json.loads(self._socket.recv())
        if "method" in answer:
            self.events.append(answer)
        return answer

    def session_of(self, target):
        """The session of a target that attached itself, or None: it has not yet."""
        for event in self.events:
            if event["method"] == "Target.attachedToTarget":
                params = event["params"]
                if params["targetInfo"]["targetId"] == target:
                    return params["sessionId"]
        return None

    def page(self, width=1280, height=800):
        """A new, empty page."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        return Page(self, target, width, height)

    def close(self):
        # a browser that is gone already is stopped below all the same
        with contextlib.suppress(websocket.WebSocketException, OSError):
            self.call("Browser.close")
        self._socket.close()
        self._stop()

    def _stop(self):
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._profile, ignore_errors=True)


class Page:
    """A tab: what it shows, what it was asked, and what it complained about."""

    def __init__(self, browser, target, width=0, height=0, session=None, frame_of=None):
        self.browser = browser
        self.target = target
        self.outer, self.selector = frame_of or (self, None)  # the page around a frame
        self.session = (
            session
            or browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        )
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        if session is None:
            self.call(
                "Target.setAutoAttach", autoAttach=True, waitForDebuggerOnStart=False, flatten=True
            )
            self.resize(width, height)

    def call(self, method, **params):
        return self.browser.call(method, session=self.session, **params)

    def close(self):
        self.browser.call("Target.closeTarget", targetId=self.target)

    def resize(self, width, height):
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=False,
        )  # fmt: skip

    def prefer(self, **features):
        """Set media features: `prefers_color_scheme="dark"`."""
        listed = [{"name": k.replace("_", "-"), "value": v} for k, v in features.items()]
        self.call("Emulation.setEmulatedMedia", features=listed)

    def scripts(self, enabled):
        self.call("Emulation.setScriptExecutionDisabled", value=not enabled)

    def open(self, address):
        """Load an address, or a file; back when it is there."""
        if isinstance(address, Path):
            address = address.resolve().as_uri()
        del self.browser.events[:]
        self.call("Page.navigate", url=address)
        self.wait_for("document.readyState === 'complete'")

    # --- asking ---

    def run(self, code):
        """What a JavaScript expression gives; a promise is waited for."""
        answer = self.call(
            "Runtime.evaluate", expression=code, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise PageError(details.get("exception", {}).get("description", details["text"]))
        return answer["result"].get("value")

    def wait_for(self, code, patience=PATIENCE):
        """Wait until an expression is true; what it gives."""
        end = time.monotonic() + patience
        while True:
            if found := self.run(code):
                return found
            if time.monotonic() > end:
                raise AssertionError(f"not true within {patience:g} s: {code}")
            time.sleep(0.05)

    def text(self, selector):
        return self.run(f"document.querySelector({json.dumps(selector)}).textContent")

    def frame(self, selector, patience=PATIENCE):
        """The page inside an iframe, which Chromium runs in a process of its own."""
        target = self._frame_id(selector)
        end = time.monotonic() + patience
        while time.monotonic() < end:
            self.run("0")  # events are read
            session = self.browser.session_of(target)
            if session is not None:
                frame = Page(self.browser, target, session=session, frame_of=(self, selector))
                self._settled(selector)
                return frame
            time.sleep(0.05)
        raise AssertionError(f"nothing runs in {selector}")

    def _settled(self, selector):
        """Wait until an element stays where it is; once painted there, clicks find it."""
        place = None
        while place != (place := self.box(selector)):
            self.screenshot()
            time.sleep(0.1)

    def _frame_id(self, selector):
        element = self.call(
            "Runtime.evaluate", expression=f"document.querySelector({json.dumps(selector)})"
        )["result"]
        return self.call("DOM.describeNode", objectId=element["objectId"])["node"]["frameId"]

    def box(self, selector):
        """Where an element begins, once it has been scrolled to."""
        return self.run(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            "e.scrollIntoView({block: 'center', behavior: 'instant'});"
            "const b = e.getBoundingClientRect();"
            "return [b.x + e.clientLeft, b.y + e.clientTop] })()"
        )

    # --- doing ---

    def press(self, key, shift=False):
        options = {"key": key, "windowsVirtualKeyCode": KEYS[key], "code": key}
        if key == "Enter" or len(key) == 1:
            options["text"] = "\r" if key == "Enter" else key
        if shift:
            options["modifiers"] = 8
        self.outer.call("Input.dispatchKeyEvent", type="keyDown", **options)
        self.outer.call("Input.dispatchKeyEvent", type="keyUp", **options)

    def click(self, selector):
        """A real click, in the middle of an element."""
        x, y = self.run(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            "e.scrollIntoView({block: 'nearest'}); const b = e.getBoundingClientRect();"
            "return [b.x + b.width / 2, b.y + b.height / 2] })()"
        )
        self.click_at(x, y)

    def click_at(self, x, y):
        if self.selector is not None:
            left, top = self.outer.box(self.selector)
            x, y = x + left, y + top
        for kind in ("mousePressed", "mouseReleased"):
            self.outer.call(
                "Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1
            )

    def screenshot(self, path=None):
        data = base64.b64decode(self.call("Page.captureScreenshot")["data"])
        if path is not None:
            Path(path).write_bytes(data)
        return data

    # --- what went on ---

    def _events(self, method):
        self.run("0")  # whatever was on its way has arrived
        return [
            event["params"] for event in self.browser.events
            if event["method"] == method and event.get("sessionId") == self.session
        ]  # fmt: skip

    def complaints(self):
        """Errors and warnings: of the console, of the log, and exceptions nobody caught."""
        console = [
            f"console.{e['type']}: {[a.get('value', a.get('description')) for a in e['args']]}"
            for e in self._events("Runtime.consoleAPICalled")
            if e["type"] in ("error", "warning", "assert")
        ]
        log = [
            f"log: {e['entry']['text']} {e['entry'].get('url', '')}".rstrip()
            for e in self._events("Log.entryAdded")
            if e["entry"]["level"] in ("error", "warning")
        ]  # fmt: skip
        thrown = [
            e["exceptionDetails"].get("exception", {}).get("description", "exception")
            for e in self._events("Runtime.exceptionThrown")
        ]
        return console + log + thrown

    def requests(self):
        """Every address that was asked for, but data: and the page itself."""
        asked = [e["request"]["url"] for e in self._events("Network.requestWillBeSent")]
        page = self.run("location.href.split('#')[0]")
        return [url for url in asked if not url.startswith("data:") and url != page]
