"""Where only a notebook is opened, and nothing is installed: its first cell has to see to that."""

import os
import re
import shutil
import subprocess
import sys
import tomllib

import nbformat
import pytest
from wheels import pack_all

from notebooks.make import FOLDER, code_cells

ROOT = FOLDER.parent

#: Of the wheel: no index has it, so what is installed is this checkout.
VERSION = "0.0+here"

#: Runs in an environment that has Jupyter's kernel and nothing of this project.
RUN = """
import importlib.util, sys
import nbformat
from nbclient import NotebookClient

assert not any(map(importlib.util.find_spec, ["engine", "nn", "viz", "numpy", "matplotlib"]))
notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, timeout=300, kernel_name="python3").execute(cwd=sys.argv[3])
nbformat.write(notebook, sys.argv[2])
"""


def run(*command, **options):
    """Run a program that has to end well; what it says is shown if it does not."""
    words = [str(word) for word in command]
    done = subprocess.run(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options
    )
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout[-4000:]}"


def checkout(folder):
    """A copy of this checkout, of the version above: building a wheel leaves files behind."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    project = tomllib.loads(text)
    for package in {name.split(".")[0] for name in project["tool"]["setuptools"]["packages"]}:
        shutil.copytree(
            ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    for name in (project["project"]["readme"], "LICENSE"):
        shutil.copy(ROOT / name, folder)
    text = re.sub(r'^version = ".*"$', f'version = "{VERSION}"', text, flags=re.MULTILINE)
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """What pip installs from, without a network: what is installed here, packed again."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    asked += project["project"]["optional-dependencies"]["plots"]
    folder = tmp_path_factory.mktemp("index")
    pack_all(folder, *asked, "ipykernel", "nbclient")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("place", ["alone", "in a clone"])
def test_the_first_cell_installs_what_the_course_needs(tmp_path, index, place):
    run(sys.executable, "-m", "venv", tmp_path / "venv")
    python = tmp_path / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    (tmp_path / "this.txt").write_text(f"twingrad == {VERSION}\n")
    (tmp_path / "wheels").mkdir()
    (tmp_path / "clone").mkdir()
    clone = checkout(tmp_path / "clone")
    own = {
        "PATH": f"{os.environ['PATH']}{os.pathsep}{os.defpath}",  # %pip runs pip through sh
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_NO_COMPILE": "1",
        "PIP_FIND_LINKS": f"{index} {tmp_path / 'wheels'}",
        "PIP_CONSTRAINT": str(tmp_path / "this.txt"),
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
    empty = clone / "elsewhere"
    empty.mkdir()
    if place == "alone":
        empty = tmp_path / "empty"
        empty.mkdir()
        wheel = [python, "-m", "pip", "wheel", "--no-deps", "-w", tmp_path / "wheels", clone]
        run(*wheel, env=environment)
    run(python, "-m", "pip", "install", "ipykernel", "nbclient", env=environment, cwd=empty)
    result = tmp_path / "00.ipynb"
    run(
        python, "-c", RUN, FOLDER / "00_start_here.ipynb", result, empty,
        env=environment, cwd=empty,
    )  # fmt: skip
    shown = [
        one for cell in code_cells(nbformat.read(result, as_version=4)) for one in cell.outputs
    ]
    assert not [one for one in shown if one.output_type == "error"]
    assert {mime for one in shown for mime in one.get("data", {})} >= {"image/svg+xml", "image/png"}
    assert not list(empty.iterdir())
    if place == "alone":  # the wheel holds the course; there is no JupyterLab to open it
        copy = [python, "-m", "viz.command", "notebooks"]
        done = subprocess.run(
            copy, env=environment, cwd=empty, capture_output=True, text=True, check=False
        )
        assert done.stderr.startswith("twingrad: JupyterLab is not installed"), done.stderr
        assert (empty / "twingrad-notebooks" / "18_where_to_go_next.ipynb").is_file()
