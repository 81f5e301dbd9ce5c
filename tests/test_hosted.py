"""Where nothing is installed: a notebook's first cell installs its clone, or says what to do."""

import os
import shutil
import subprocess
import sys
import tomllib

import nbformat
import pytest
from wheels import pack_all

from notebooks.make import FOLDER, code_cells

ROOT = FOLDER.parent

NOTEBOOK = FOLDER / "00_start_here.ipynb"

#: Runs a notebook, stores what became of it, in a folder: three arguments.
RUN = """
import sys
import nbformat
from nbclient import NotebookClient

notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, timeout=300, kernel_name="python3").execute(cwd=sys.argv[3])
nbformat.write(notebook, sys.argv[2])
"""


def ends_well(done):
    """What it says is shown if it does not."""
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]


def checkout(folder):
    """A copy of this checkout: building a wheel leaves files behind."""
    left_out = (".*", "__pycache__", "build", "tests", "*.egg-info")
    return shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*left_out))


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """What pip installs from, without a network: what is installed here, packed again."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    asked += project["project"]["optional-dependencies"]["plots"]
    folder = tmp_path_factory.mktemp("index")
    pack_all(folder, *asked, "ipykernel", "nbclient")
    return folder


@pytest.fixture
def python(tmp_path, index):
    """Runs the Python of a new environment, which holds Jupyter's kernel and nothing of ours."""
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    path = tmp_path / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    own = {
        "PATH": f"{os.environ['PATH']}{os.pathsep}{os.defpath}",  # %pip runs pip through sh
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_NO_COMPILE": "1",
        "PIP_FIND_LINKS": str(index),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "IPYTHONDIR": str(tmp_path / "settings"),
        "JUPYTER_CONFIG_DIR": str(tmp_path / "settings"),
        "JUPYTER_DATA_DIR": str(tmp_path / "settings"),
    }
    foreign = ("PYTHONPATH", "PYTHONHOME", "MPLBACKEND", "JUPYTER_PATH", "VIRTUAL_ENV")
    environment = {
        name: value for name, value in os.environ.items()
        if name not in foreign and not name.startswith("PIP_")
    } | own  # fmt: skip
    (tmp_path / "empty").mkdir()
    called = {"env": environment, "cwd": tmp_path / "empty", "capture_output": True, "text": True}

    def python(*words):
        return subprocess.run([str(path), *map(str, words)], check=False, **called)

    ends_well(python("-m", "pip", "install", "ipykernel", "nbclient"))
    return python


def shows_its_pictures(path):
    """That the notebook there, which has run, shows drawings and plots."""
    cells = code_cells(nbformat.read(path, as_version=4))
    shown = [one for cell in cells for one in cell.outputs]
    return {mime for one in shown for mime in one.get("data", {})} >= {"image/svg+xml", "image/png"}


@pytest.mark.slow
def test_in_a_clone_the_first_cell_installs_the_clone(tmp_path, python):
    clone = checkout(tmp_path / "clone")
    ends_well(python("-c", RUN, NOTEBOOK, tmp_path / "00.ipynb", clone / "notebooks"))
    assert shows_its_pictures(tmp_path / "00.ipynb")
    found = python("-c", "import engine; print(engine.__file__)").stdout
    assert str(tmp_path / "venv") in found  # in this process too, which an editable one is not


@pytest.mark.slow
def test_elsewhere_it_installs_nothing_and_the_wheel_is_enough(tmp_path, python):
    empty = tmp_path / "empty"
    before = python("-m", "pip", "list").stdout
    done = python("-c", RUN, NOTEBOOK, tmp_path / "00.ipynb", empty)
    assert done.returncode == 1
    assert "twingrad is not installed here. In a clone," in done.stderr
    assert python("-m", "pip", "list").stdout == before

    clone = checkout(tmp_path / "clone")
    ends_well(python("-m", "pip", "install", f"{clone}[plots]"))
    ends_well(python("-c", RUN, NOTEBOOK, tmp_path / "00.ipynb", empty))
    assert shows_its_pictures(tmp_path / "00.ipynb")
    assert not list(empty.iterdir())

    done = python("-m", "viz.command", "notebooks")  # there is no JupyterLab to open it
    assert done.stderr.startswith("twingrad: JupyterLab is not installed"), done.stderr
    assert (empty / "twingrad-notebooks" / "18_where_to_go_next.ipynb").is_file()
