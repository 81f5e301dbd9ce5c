"""`twingrad notebooks`: the course opened in JupyterLab, in a clone or in a learner's copy."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from types import ModuleType, SimpleNamespace
from urllib.request import urlopen

import nbformat
import pytest
from nbformat.sign import NotebookNotary
from pages import links

from notebooks.make import course, execute, outputs
from viz.command import lab
from viz.command.cli import main

COURSE = lab.COURSE
FIRST = lab.FIRST


pytestmark = pytest.mark.usefixtures("in_a_folder_of_its_own")


@pytest.fixture
def started(monkeypatch, tmp_path):
    """The options JupyterLab is started with; it ends at once."""
    calls = []
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))  # who is trusted is noted there
    module = ModuleType("jupyterlab.labapp")
    module.LabApp = SimpleNamespace(launch_instance=calls.append)
    monkeypatch.setitem(sys.modules, "jupyterlab", ModuleType("jupyterlab"))
    monkeypatch.setitem(sys.modules, "jupyterlab.labapp", module)
    return calls


@pytest.fixture
def no_jupyterlab(monkeypatch):
    monkeypatch.setitem(sys.modules, "jupyterlab", None)
    monkeypatch.setitem(sys.modules, "jupyterlab.labapp", None)


def trusts(path):
    notary = NotebookNotary()
    with contextlib.closing(notary.store):
        return notary.check_signature(nbformat.read(path, as_version=4))


def changed(path):
    """A notebook, as a learner left it."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[0].source += " changed"
    return notebook


# --- in a clone ---


def test_in_a_clone_jupyterlab_opens_the_folder_of_the_course(started, capsys, tmp_path):
    assert main(["notebooks"]) == 0
    (options,) = started
    assert f"--ServerApp.root_dir={COURSE.parent}" in options
    assert f"--FileContentsManager.preferred_dir={COURSE}" in options
    assert f"--LabApp.default_url=/lab/tree/notebooks/{FIRST}" in options
    assert not {"--no-browser", "--allow-root"} & set(options)
    assert capsys.readouterr().out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_the_course_is_not_copied_onto_itself(started, capsys):
    assert main(["notebooks", os.path.relpath(COURSE)]) == 0
    assert capsys.readouterr().out == ""
    assert not (COURSE / "source").exists()


def test_in_a_clone_the_course_s_own_notebooks_are_trusted_and_no_others(
    started, monkeypatch, tmp_path
):
    """One that is torn (half a merge, say) does not keep the others from it."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    shutil.copy(COURSE / FIRST, folder)
    (folder / "01_torn.ipynb").write_text('{"cells": [', encoding="utf-8")
    nbformat.write(changed(COURSE / FIRST), folder / "mine.ipynb")
    monkeypatch.setattr(lab, "COURSE", folder)

    assert main(["notebooks", str(folder)]) == 0

    assert trusts(folder / FIRST)
    assert not trusts(folder / "mine.ipynb")


def test_options_are_passed_on(started):
    main(["notebooks", "--no-browser", "--port", "8899", "--allow-root"])
    assert {"--no-browser", "--port=8899", "--allow-root"} <= set(started[0])


def test_it_ends_with_the_status_of_jupyterlab(started, monkeypatch):
    def refuse(_):
        raise SystemExit(3)

    monkeypatch.setattr(sys.modules["jupyterlab.labapp"].LabApp, "launch_instance", refuse)
    assert main(["notebooks"]) == 3


def test_an_interrupt_while_jupyterlab_starts_causes_no_traceback(started, monkeypatch, capsys):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules["jupyterlab.labapp"].LabApp, "launch_instance", interrupted)
    assert main(["notebooks"]) == 130
    assert capsys.readouterr().err == "twingrad: stopped\n"


# --- in a copy ---


def test_the_whole_course_is_copied_and_opened(started, capsys, tmp_path):
    folder = tmp_path / "my" / "course"
    assert main(["notebooks", "my/course"]) == 0
    (options,) = started
    assert f"--ServerApp.root_dir={folder}" in options
    assert f"--LabApp.default_url=/lab/tree/{FIRST}" in options
    pages = {f"{name}.ipynb" for name in course()} | {"GLOSSARY.md", "CHEATSHEET.md", "source"}
    assert {path.name for path in folder.iterdir()} == pages
    assert capsys.readouterr().out == f"The course is in {folder}.\n"


def test_links_in_the_copy_lead_somewhere_in_the_copy(started, tmp_path):
    main(["notebooks", "course"])
    folder = tmp_path / "course"
    found = {
        path
        for page in [*folder.glob("*.ipynb"), *folder.glob("*.md")]
        for path, _ in links(words_of(page))
    }
    assert {"01_derivatives_by_nudging.ipynb", "source/engine/core.py"} <= found
    assert all((folder / path).exists() for path in found), found
    assert not [path for path in found if ".." in path]


def words_of(page):
    if page.suffix == ".md":
        return page.read_text(encoding="utf-8")
    cells = nbformat.read(page, as_version=4).cells
    return "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def test_a_link_that_cannot_lead_anywhere_leaves_its_words(started, tmp_path):
    main(["notebooks", "course"])
    sheet = (tmp_path / "course" / "CHEATSHEET.md").read_text(encoding="utf-8")
    assert "as in the docs" in sheet


def test_what_the_learner_changed_is_kept_and_named(started, capsys, tmp_path):
    main(["notebooks", "course"])
    mine, gone = tmp_path / "course" / FIRST, tmp_path / "course" / "GLOSSARY.md"
    nbformat.write(changed(mine), mine)
    before = mine.read_bytes()
    gone.unlink()
    capsys.readouterr()

    assert main(["notebooks", "course"]) == 0

    assert mine.read_bytes() == before
    assert gone.is_file()
    _, said = capsys.readouterr().out.splitlines()
    assert said == f"Yours differ from this version's and were kept: {FIRST}."


def test_the_course_s_own_notebooks_are_trusted_and_no_others(started, tmp_path):
    folder = tmp_path / "course"
    lab.copy_course(folder)
    nbformat.write(changed(folder / FIRST), folder / FIRST)
    shutil.copy(folder / FIRST, folder / "13_mine.ipynb")

    assert main(["notebooks", "course"]) == 0

    assert trusts(folder / f"{course()[1]}.ipynb")
    assert not trusts(folder / FIRST)
    assert not trusts(folder / "13_mine.ipynb")


def test_without_jupyterlab_it_is_copied_and_the_extra_is_named(no_jupyterlab, capsys, tmp_path):
    assert main(["notebooks", "course"]) == 2
    out, err = capsys.readouterr()
    assert out == f"The course is in {tmp_path / 'course'}.\n"
    assert "JupyterLab is not installed: pip install 'twingrad[notebooks]'" in err
    assert (tmp_path / "course" / FIRST).is_file()


def test_a_home_that_cannot_be_written_is_named_with_the_way_out(
    started, capsys, monkeypatch, tmp_path
):
    (tmp_path / "file").touch()
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "file" / "data"))
    assert main(["notebooks"]) == 2
    said = capsys.readouterr().err
    assert str(tmp_path / "file") in said
    assert "set HOME to a folder that can be written: HOME=/" in said
    assert started == []


def test_where_no_folder_can_be_made_it_is_said(started, capsys, tmp_path):
    (tmp_path / "file").touch()
    assert main(["notebooks", "file"]) == 2
    assert f"{tmp_path / 'file'}: File exists" in capsys.readouterr().err
    assert started == []


# --- from what is installed ---

#: Runs where there is no JupyterLab.
WITHOUT = """
import sys
sys.modules["jupyterlab"] = None
from viz.command import main
sys.exit(main(["notebooks", *sys.argv[1:]]))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder with what setuptools installs, by the lists in pyproject.toml: modules and data."""
    site = tmp_path_factory.mktemp("site")
    text = (COURSE.parent / "pyproject.toml").read_text(encoding="utf-8")
    lists = tomllib.loads(text)["tool"]["setuptools"]
    for package in lists["packages"]:
        source, place = (Path(root, *package.split(".")) for root in (COURSE.parent, site))
        place.mkdir(parents=True)
        for pattern in ("*.py", *lists["package-data"].get(package, [])):
            for path in source.glob(pattern):
                (place / path.relative_to(source)).parent.mkdir(exist_ok=True)
                shutil.copy(path, place / path.relative_to(source))
    return site


def from_installed(site, *arguments):
    return subprocess.run(
        [sys.executable, "-c", WITHOUT, *arguments], env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.slow
def test_what_is_installed_gives_the_whole_course_without_a_clone(installed, tmp_path, monkeypatch):
    done = from_installed(installed)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("twingrad: JupyterLab is not installed")
    folder = tmp_path / lab.COPY
    assert done.stdout == f"The course is in {folder}.\n"

    monkeypatch.setattr("notebooks.make.ROOT", installed)
    notebook = execute(nbformat.read(folder / FIRST, as_version=4))
    assert "error" not in {output.output_type for output in outputs(notebook)}
    nbformat.write(notebook, folder / FIRST)

    again = from_installed(installed, str(folder))
    assert again.stdout.endswith(f"were kept: {FIRST}.\n")


# --- for real ---


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows sends Ctrl-C to whole consoles only")
def test_jupyterlab_serves_the_course_and_ends_quietly_at_ctrl_c(tmp_path):
    own = {f"JUPYTER_{kind}_DIR": str(tmp_path / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
    command = [sys.executable, "-m", "viz.command", "notebooks", "--no-browser", "--allow-root"]
    environment = {**os.environ, "PYTHONPATH": str(COURSE.parent), **own}
    log = tmp_path / "log"
    ends = os.openpty()  # in a terminal Jupyter asks, after Ctrl-C, whether it is meant
    with open(log, "w") as stderr:
        server = subprocess.Popen(command, env=environment, stdin=ends[1], stderr=stderr)
    try:
        address = re.compile(r"(http://127\.0\.0\.1:\d+)/lab/tree/(\S+)\?(\S+)")
        found = wait_for(lambda: address.search(log.read_text()))
        server_at, first, token = found.groups()
        names = wait_for(lambda: names_at(f"{server_at}/api/contents/notebooks?{token}"))
        assert first == "notebooks/00_start_here.ipynb"
        assert "00_start_here.ipynb" in names
        server.send_signal(signal.SIGINT)
        assert server.wait(timeout=60) == 0
    finally:
        server.kill()
        server.wait()
        for end in ends:
            os.close(end)
    assert "Traceback" not in log.read_text()
    assert "Warning" not in log.read_text()


def wait_for(answer):
    """What it answers, once it does."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        if found := answer():
            return found
        time.sleep(0.2)
    raise AssertionError("no answer")


def names_at(url):
    """The names of files that a server lists; none while it starts."""
    try:
        with urlopen(url, timeout=30) as answer:
            return {one["name"] for one in json.load(answer)["content"]}
    except OSError:
        return None
