"""The stepper in notebooks: exported to HTML, live in JupyterLab, and where nothing is trusted."""

import json
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import nbformat
import pytest

SOURCE = """\
from engine import Value, tanh
from viz import step_through

a, b, c = Value(2.0, label="a"), Value(-3.0, label="b"), Value(10.0, label="c")
step_through(tanh(a * b + c) * a)
"""
STARTED = 120.0  # seconds a server, and a kernel on a busy machine, may take to start


def notebook(path):
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(SOURCE)])
    made.metadata["kernelspec"] = {
        "name": "python3", "display_name": "Python 3", "language": "python",
    }  # fmt: skip
    nbformat.write(made, path)
    return path


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """A home of its own: no configuration, no trust, no history of this machine's user."""
    home = tmp_path_factory.mktemp("home")
    places = {
        "HOME": home, "JUPYTER_CONFIG_DIR": home / "config", "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": home / "runtime", "IPYTHONDIR": home / "ipython",
        "JUPYTERLAB_SETTINGS_DIR": home / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
    }  # fmt: skip
    return {**os.environ, **{name: str(place) for name, place in places.items()}}


def jupyter(*arguments, environment):
    done = subprocess.run(
        [sys.executable, "-m", *arguments], env=environment, capture_output=True, text=True,
        check=False, timeout=STARTED,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture(scope="module")
def executed(tmp_path_factory, environment):
    """The notebook with its output, run somewhere else: nobody here trusts it."""
    folder = tmp_path_factory.mktemp("notebooks")
    path = notebook(folder / "steps.ipynb")
    jupyter(
        "nbconvert", "--to", "notebook", "--execute", "--output", "untrusted.ipynb", str(path),
        environment=environment,
    )  # fmt: skip
    return folder


def drive(frame):
    """Step through the page inside a frame, with mouse and keys, to the end."""
    frame.wait_for("document.documentElement.classList.contains('js')")
    assert frame.text("#count") == "0 / 12"
    # the frame has a process of its own: what it is sent arrives a moment later
    counts = "document.getElementById('count').textContent === '{} / 12'"
    frame.click("#next")
    frame.wait_for(counts.format(1))
    frame.press("ArrowRight")
    frame.wait_for(counts.format(2))
    frame.press("End")
    frame.wait_for(counts.format(12))
    shown = frame.run(
        "[...document.querySelectorAll('#gradients tbody tr')].map((r) => "
        "[r.cells[0].textContent, r.cells[2].textContent])"
    )
    # of tanh(a*b + c) * a, by hand: 1 - tanh(4)**2 is 0.00134095
    assert dict(shown) == {
        "a": "0.991284", "b": "0.0053638", "c": "0.0026819", "n2": "0.0026819",
        "n4": "0.0026819", "n5": "2", "L": "1",
    }  # fmt: skip
    assert frame.complaints() == []
    assert frame.requests() in ([], ["about:srcdoc"])


def test_in_a_notebook_exported_to_html(page, executed, environment):
    jupyter("nbconvert", "--to", "html", str(executed / "untrusted.ipynb"), environment=environment)
    page.open(executed / "untrusted.html")
    drive(page.frame("iframe.twingrad-frame"))
    still = "getComputedStyle(document.querySelector('.twingrad-still')).display"
    assert page.run(still) == "none"


@pytest.fixture(scope="module")
def lab(executed, environment):
    """JupyterLab on this machine, and the address of its notebooks."""
    notebook(executed / "live.ipynb")
    token = secrets.token_hex(16)
    server = subprocess.Popen(
        [
            sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
            "--ServerApp.ip=127.0.0.1", "--ServerApp.port=0",
            f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={executed}",
            "--LabApp.expose_app_in_browser=True", "--LabApp.news_url=",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        ],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield _address(server, environment), token
    finally:
        server.terminate()
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _address(server, environment):
    """Where the server listens, by the file it writes, once it answers."""
    file = Path(environment["JUPYTER_RUNTIME_DIR"]) / f"jpserver-{server.pid}.json"
    end = time.monotonic() + STARTED
    while time.monotonic() < end:
        assert server.poll() is None, f"JupyterLab ended with status {server.returncode}"
        if file.exists():
            try:
                address = json.loads(file.read_text())["url"]
                with urlopen(f"{address}api", timeout=5):
                    return address
            except (OSError, ValueError):
                pass  # it is about to write, or to answer
        time.sleep(0.2)
    raise AssertionError(f"JupyterLab did not answer within {STARTED:g} s")


def opened(page, lab, name):
    address, token = lab
    page.open(f"{address}lab/tree/{name}?token={token}&reset")
    page.wait_for("window.jupyterapp?.shell?.currentWidget?.content?.widgets?.length > 0", STARTED)


@pytest.mark.slow
def test_live_in_jupyterlab(page, lab):
    opened(page, lab, "live.ipynb")
    page.wait_for(
        "window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'",
        STARTED,
    )
    page.run("window.jupyterapp.commands.execute('notebook:run-all-cells').then(() => 1)")
    page.wait_for("document.querySelector('.jp-OutputArea-output') !== null", STARTED)
    output = page.text(".jp-OutputArea-output")
    assert page.run("document.querySelector('iframe.twingrad-frame') !== null"), output
    drive(page.frame("iframe.twingrad-frame"))


@pytest.mark.slow
def test_in_jupyterlab_without_trust_picture_and_table_remain(page, lab):
    opened(page, lab, "untrusted.ipynb")
    page.wait_for("document.querySelectorAll('.jp-OutputArea td').length > 0", STARTED)
    assert page.run("document.querySelectorAll('.jp-OutputArea iframe').length") == 0
    rows = page.run(
        "[...document.querySelectorAll('.jp-OutputArea tbody tr')]"
        ".map((r) => r.textContent.replace(/\\s+/g, ' ').trim())"
    )
    assert len(rows) == 12
    assert rows[0].startswith("n2 = a × b = 2 × −3 = −6")
    assert rows[-1].startswith("∂L/∂b += ∂L/∂n2 · ∂n2/∂b = 0.0026819 × 2 = 0.0053638")
    assert page.run(
        "document.querySelector('.jp-OutputArea tbody tr').checkVisibility() && "
        "[...document.querySelectorAll('.jp-OutputArea img')].some((i) => i.naturalWidth > 300)"
    )
