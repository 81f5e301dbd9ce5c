"""The distributions: they hold what they should, and work where nothing else is installed."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from wheels import pack_all

from viz.command.cli import COMMANDS
from viz.site.sources import sources

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
VERSION = PROJECT["project"]["version"]
PACKAGES = ("engine/", "nn/", "viz/", "notebooks/")

#: Imports every module of the packages; prints what those say that need more than is there.
IMPORT_ALL = """
import importlib, json, pkgutil
missing = {}
for package in ("engine", "nn", "viz", "notebooks"):
    inside = pkgutil.walk_packages(importlib.import_module(package).__path__, package + ".")
    for name in sorted(one.name for one in inside if not one.name.endswith("__main__")):
        try:
            importlib.import_module(name)
        except ImportError as error:
            missing[name] = str(error)
print(json.dumps(missing))
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (shutil.which("git") and (ROOT / ".git").exists()),
        reason="no git, or no checkout of it",
    ),
]


def run(*command, **options):
    """What a program prints, which has to end well."""
    words = [str(word) for word in command]
    done = subprocess.run(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8",
        check=False, **options,
    )  # fmt: skip
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout[-4000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def tracked():
    """The files that git tracks here, but for those that were just removed."""
    listed = run("git", "ls-files", "-z", cwd=ROOT).split("\0")
    return {name for name in listed if name and (ROOT / name).is_file()}


@pytest.fixture(scope="module")
def dist(tracked, tmp_path_factory):
    """The folder with the source distribution, and the wheel that was built from it."""
    clone, folder = tmp_path_factory.mktemp("clone"), tmp_path_factory.mktemp("dist")
    for name in tracked:
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, clone / name)
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, cwd=clone)
    return folder


@pytest.fixture(scope="module")
def wheel(dist):
    return dist / f"twingrad-{VERSION}-py3-none-any.whl"


@pytest.fixture(scope="module")
def sdist(dist):
    return dist / f"twingrad-{VERSION}.tar.gz"


def test_the_source_distribution_holds_what_git_tracks(tracked, sdist):
    with tarfile.open(sdist) as archive:
        files = {one.name.partition("/")[2] for one in archive.getmembers() if one.isfile()}
    made = {"PKG-INFO", "setup.cfg"}
    assert tracked == {name for name in files - made if not name.startswith("twingrad.egg-info/")}


def test_the_wheel_holds_the_packages_and_nothing_else(tracked, wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    own = {name for name in names if ".dist-info/" not in name and ".data/" not in name}
    assert own == {name for name in tracked if name.startswith(PACKAGES)}
    assert f"twingrad-{VERSION}.dist-info/licenses/LICENSE" in names


def test_an_index_takes_both(wheel, sdist):
    said = run(sys.executable, "-m", "twine", "--no-color", "check", "--strict", wheel, sdist)
    assert said.count("PASSED") == 2, said


# --- installed ---


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    """What pip installs from, without a network: what is installed here, packed again."""
    folder = tmp_path_factory.mktemp("index")
    needs = PROJECT["project"]["dependencies"] + PROJECT["build-system"]["requires"]
    pack_all(folder, *needs)
    return folder


@pytest.fixture(scope="module", params=["wheel", "source distribution"])
def installed(request, index, wheel, sdist, tmp_path_factory):
    """The programs of an environment with nothing but one distribution and what it depends on."""
    folder = tmp_path_factory.mktemp("bare")
    run(sys.executable, "-m", "venv", folder)
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    install = [programs / "python", "-m", "pip", "install", "--no-index", "--find-links", index]
    archive = wheel if request.param == "wheel" else sdist
    run(*install, "--no-compile", archive, env=bare(PIP_CONFIG_FILE=os.devnull))
    return programs


def bare(**more):
    """The environment of programs that must see nothing of this checkout, nor of pip's settings."""
    kept = {
        name: value for name, value in os.environ.items()
        if not name.startswith(("PIP_", "PYTHON", "COV_", "COVERAGE_", "MPL", "VIRTUAL_ENV"))
    }  # fmt: skip
    return {**kept, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONIOENCODING": "utf-8", **more}


def test_every_module_can_be_imported_or_names_the_extra_it_needs(installed, tmp_path):
    said = run(installed / "python", "-W", "error", "-c", IMPORT_ALL, cwd=tmp_path, env=bare())
    refused = json.loads(said)
    assert refused.pop("notebooks.make") == "No module named 'nbformat'"  # for who writes notebooks
    for name in ("viz.site.extension", "viz.site.source_pages"):  # which Sphinx imports
        assert refused.pop(name) == "No module named 'docutils'"
    assert not {name: text for name, text in refused.items() if "pip install 'twin" not in text}
    assert not [name for name in refused if name.startswith(("engine", "nn"))]


def test_every_command_says_what_it_takes(installed, tmp_path):
    twingrad = installed / "twingrad"
    assert run(twingrad, "--version", cwd=tmp_path, env=bare()) == f"twingrad {VERSION}\n"
    for name, *_ in COMMANDS:
        said = run(twingrad, name, "--help", cwd=tmp_path, env=bare())
        assert said.startswith(f"usage: twingrad {name} "), said


def test_the_demo_runs_and_says_what_draws_the_rest(installed, tmp_path):
    said = run(installed / "twingrad", "demo", "--epochs", "5", cwd=tmp_path, env=bare())
    assert "All 910 gradients, three ways: they agree." in said
    assert "pip install 'twingrad[plots]'" in said
    assert (tmp_path / "twingrad-demo" / "steps.html").is_file()


def test_the_course_is_copied_and_what_opens_it_is_named(installed, tmp_path):
    done = subprocess.run(
        [installed / "twingrad", "notebooks"], cwd=tmp_path, env=bare(),
        capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("twingrad: JupyterLab is not installed"), done.stderr
    there = {path.name for path in (tmp_path / "twingrad-notebooks").iterdir()}
    assert there >= {path.name for path in (ROOT / "notebooks").glob("[0-9]*.ipynb")}


def test_the_pages_of_the_site_are_brought_along_and_what_builds_it_is_named(installed, tmp_path):
    code = "from viz.site.sources import sources; print(*sources(), sep='\\n')"
    there = run(installed / "python", "-c", code, cwd=tmp_path, env=bare()).split()
    assert sorted(there) == sorted(sources())
    done = subprocess.run(
        [installed / "twingrad", "docs"], cwd=tmp_path, env=bare(),
        capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("twingrad: Sphinx is not installed: pip install 'twin")
