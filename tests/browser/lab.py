"""JupyterLab on this machine, for the tests that open notebooks in it."""

import json
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

STARTED = 120.0  # seconds a server, and a kernel on a busy machine, may take to start


def environment_in(home):
    """A home of its own: no configuration, no trust, no history of this machine's user."""
    places = {
        "HOME": home, "JUPYTER_CONFIG_DIR": home / "config", "JUPYTER_DATA_DIR": home / "data",
        "JUPYTER_RUNTIME_DIR": home / "runtime", "IPYTHONDIR": home / "ipython",
        "JUPYTERLAB_SETTINGS_DIR": home / "settings",
        "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces",
    }  # fmt: skip
    return {**os.environ, **{name: str(place) for name, place in places.items()}}


def jupyter(*arguments, environment):
    """Run a command of Jupyter's to its end."""
    done = subprocess.run(
        [sys.executable, "-m", *arguments], env=environment, capture_output=True, text=True,
        check=False, timeout=STARTED,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done


class Lab:
    """A running server: what is put into its `folder` can be opened in a page.

    Attributes:
        folder: what it serves.
        environment: that it runs in.
    """

    def __init__(self, folder, environment):
        self.folder, self.environment = folder, environment
        self._token = secrets.token_hex(16)
        self._server = subprocess.Popen(
            [
                sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root",
                "--ServerApp.ip=127.0.0.1", "--ServerApp.port=0",
                f"--IdentityProvider.token={self._token}", f"--ServerApp.root_dir={folder}",
                "--LabApp.expose_app_in_browser=True", "--LabApp.news_url=",
                "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
            ],
            env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            self._address = self._answers()
        except BaseException:
            self.close()
            raise

    def _answers(self):
        """Where it listens, by the file it writes, once it answers."""
        runtime = Path(self.environment["JUPYTER_RUNTIME_DIR"])
        file = runtime / f"jpserver-{self._server.pid}.json"
        end = time.monotonic() + STARTED
        while time.monotonic() < end:
            status = self._server.poll()
            assert status is None, f"JupyterLab ended with status {status}"
            if file.exists():
                try:
                    address = json.loads(file.read_text())["url"]
                    with urlopen(f"{address}api", timeout=5):
                        return address
                except (OSError, ValueError):
                    pass  # it is about to write, or to answer
            time.sleep(0.2)
        raise AssertionError(f"JupyterLab did not answer within {STARTED:g} s")

    def close(self):
        """Stop the server, and the kernels it started."""
        self._server.terminate()
        try:
            self._server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()

    def open(self, page, name):
        """Open a notebook of the folder in JupyterLab, in a page."""
        page.open(f"{self._address}lab/tree/{name}?token={self._token}&reset")
        page.wait_for(f"{CURRENT}?.content?.widgets?.length > 0", STARTED)

    def execute(self, page, command, **arguments):
        """Give one of JupyterLab's commands, and wait until it is done."""
        call = f"'{command}', {json.dumps(arguments)}"
        page.run(f"window.jupyterapp.commands.execute({call}).then(() => 1)")

    def show(self, page, name):
        """Open another notebook in a page where JupyterLab runs already, in place of the last."""
        page.run(f"{CURRENT}?.dispose()")
        self.execute(page, "docmanager:open", path=name)
        page.wait_for(f"{CURRENT}?.context?.path === '{name}'", STARTED)
        self._rendered(page)

    def _rendered(self, page):
        """Wait until every cell stands in the page, and of every output something is seen."""
        page.wait_for(f"{CURRENT}.context.isReady && ({RENDERED})({CURRENT}.content)", STARTED)

    def theme(self, page, name):
        """Change to "JupyterLab Light" or "JupyterLab Dark"."""
        page.run(
            f"window.jupyterapp.commands.execute('apputils:change-theme', {{theme: '{name}'}})"
        )
        page.wait_for(f"document.body.dataset.jpThemeName === '{name}'", STARTED)

    def run_all(self, page):
        """Run all cells of the notebook that is open, to the end of the last."""
        page.wait_for(f"{CURRENT}.sessionContext.session?.kernel?.status === 'idle'", STARTED)
        self.execute(page, "notebook:run-all-cells")
        self._rendered(page)


#: The panel of the notebook that is looked at.
CURRENT = "window.jupyterapp?.shell?.currentWidget"

RENDERED = """(notebook) => notebook.widgets.length > 0 && notebook.widgets.every((cell) =>
  cell.node.isConnected && cell.node.querySelector('.jp-Cell-inputArea') !== null &&
  cell.node.querySelector('.jp-MarkdownOutput:empty') === null &&
  (cell.model.outputs?.length ?? 0) === (cell.outputArea?.node
    .querySelectorAll('.jp-OutputArea-output:not(:empty)').length ?? 0))"""
