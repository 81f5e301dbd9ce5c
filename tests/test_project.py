"""The project's shape: packaging, the README's commands, the bootstrap, what is tracked."""

import ast
import importlib.util
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

from viz.command.cli import COMMANDS

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ["engine", "nn", "viz"]
TOP_LEVEL = {
    *PACKAGES, "tests", "notebooks", "docs",
    "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md",
    "SECURITY.md", "CITATION.cff",
}  # fmt: skip


def load(script: str) -> ModuleType:
    """A script of .ci, as a module."""
    spec = importlib.util.spec_from_file_location(f"ci_{script}", ROOT / ".ci" / f"{script}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


setup = load("setup")
readme_command = load("readme_command")


@pytest.fixture(scope="module")
def tracked() -> list[str]:
    """Every path git tracks."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("no git, or no checkout of it")
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [path for path in listed.stdout.split("\0") if path]


@pytest.fixture(scope="module")
def pyproject() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


# --- packaging --------------------------------------------------------------------------------


def test_packages_are_named_explicitly(pyproject):
    """Nothing is discovered, so a stray directory never ends up in the distribution."""
    packages = pyproject["tool"]["setuptools"]["packages"]
    there = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for top in (*PACKAGES, "notebooks")
        for path in (ROOT / top).rglob("__init__.py")
    }
    of_files = pyproject["tool"]["setuptools"]["package-data"]  # some hold nothing else
    assert sorted(packages) == sorted({*there, *of_files})


def test_files_that_are_no_modules_lie_in_a_package_that_is_named(pyproject):
    """To setuptools any folder is a package: building warns of one it was not told of."""
    setuptools = pyproject["tool"]["setuptools"]
    assert set(setuptools["package-data"]) <= set(setuptools["packages"])
    assert not [x for files in setuptools["package-data"].values() for x in files if "/" in x]


@pytest.mark.parametrize("package", PACKAGES)
def test_package_ships_its_types(pyproject, package):
    assert "py.typed" in pyproject["tool"]["setuptools"]["package-data"][package]
    assert (ROOT / package / "py.typed").is_file()


def test_extras_are_there(pyproject):
    extras = pyproject["project"]["optional-dependencies"]
    names = {"plots", "notebooks", "safetensors", "cluster", "docs", "test", "bench", "dev"}
    assert set(extras) == names


def test_the_bootstrap_installs_extras_that_exist(pyproject):
    """pip only warns about an extra it does not know, so a misspelt one would go unnoticed."""
    extras = set(pyproject["project"]["optional-dependencies"])
    assert all(extras.issuperset(asked) for asked in setup.EXTRAS.values())


def test_required_python_is_the_same_everywhere(pyproject):
    major, minor = setup.OLDEST
    assert pyproject["project"]["requires-python"] == f">={major}.{minor}"
    assert pyproject["tool"]["ruff"]["target-version"] == f"py{major}{minor}"
    assert pyproject["tool"]["mypy"]["python_version"] == f"{major}.{minor}"


def test_contributing_opens_with_the_one_row():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    first, second = re.findall(r"^#+ .*$", text, re.MULTILINE)[:2]
    assert (first, second) == ("# Contributing", "## Add an op in one row")


# --- the README's commands --------------------------------------------------------------------


@pytest.mark.parametrize("name", ["demo", "test"])
def test_readme_marks_the_command(name):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"python3 .ci/setup.py {name}" in readme_command.commands(text)[name]


def test_a_command_may_span_lines_and_others_are_left_alone():
    text = (
        "```sh\nnot marked\n```\n"
        "<!-- command: a -->\n```sh\none\ntwo\n```\n"
        "<!-- command: b -->\n\n```\nthree\n```\n"
    )
    assert readme_command.commands(text) == {"a": "one\ntwo", "b": "three"}


def test_a_command_marked_twice_is_an_error():
    text = "<!-- command: a -->\n```sh\nx\n```\n" * 2
    with pytest.raises(ValueError, match="marked twice"):
        readme_command.commands(text)


def test_an_unknown_command_lists_the_known_ones(capsys):
    assert readme_command.main(["nonsense"]) == 2
    assert "demo, test" in capsys.readouterr().err


# --- the bootstrap's decisions ----------------------------------------------------------------


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 12, 4), (4, 0, 0)])
def test_new_enough_python_is_accepted(version):
    assert setup.version_problem(version) is None


@pytest.mark.parametrize("version", [(3, 10, 13), (3, 6, 15), (2, 7, 18)])
def test_old_python_is_refused_in_one_line(version):
    problem = setup.version_problem(version)
    assert "3.11 or newer" in problem
    assert ".".join(map(str, version)) in problem
    assert "\n" not in problem


def test_an_old_python_can_read_the_bootstrap():
    """Otherwise it would report a syntax error in place of its version."""
    text = (ROOT / ".ci" / "setup.py").read_text(encoding="utf-8")
    ast.parse(text, feature_version=(3, 7))
    assert "from __future__" not in text


def stamp(*extras: str) -> dict:
    return {"pyproject": "digest", "root": "/checkout", "extras": list(extras)}


def test_no_stamp_means_install():
    assert setup.missing_extras({}, "digest", "/checkout", ["test"]) == ["test"]
    assert setup.missing_extras({}, "digest", "/checkout", []) == []


def test_a_covering_stamp_means_nothing_to_do():
    assert setup.missing_extras(stamp(), "digest", "/checkout", []) is None
    assert setup.missing_extras(stamp("test"), "digest", "/checkout", []) is None
    assert setup.missing_extras(stamp("plots", "test"), "digest", "/checkout", ["test"]) is None


def test_extras_add_up():
    assert setup.missing_extras(stamp("dev"), "digest", "/checkout", ["test"]) == ["dev", "test"]


def test_a_changed_pyproject_or_a_moved_checkout_means_install():
    assert setup.missing_extras(stamp("test"), "other", "/checkout", ["test"]) == ["test"]
    assert setup.missing_extras(stamp("test"), "digest", "/moved", []) == []


def test_the_fingerprint_follows_the_bytes():
    assert setup.fingerprint(b"a") == setup.fingerprint(b"a") != setup.fingerprint(b"b")


def test_an_unreadable_stamp_counts_as_none(tmp_path, monkeypatch):
    """An install cut short may leave half a file."""
    path = tmp_path / "stamp.json"
    monkeypatch.setattr(setup, "STAMP", path)
    assert setup.read_stamp() == {}
    for text in ('{"pypro', "[]", ""):
        path.write_text(text)
        assert setup.read_stamp() == {}


def test_another_python_is_another_identity():
    here = setup.identity((3, 11, 7, "final", 0), sys.base_prefix)
    assert here == setup.identity([3, 11, 7], sys.base_prefix)
    assert here != setup.identity((3, 11, 8), sys.base_prefix)
    assert here != setup.identity((3, 11, 7), "/elsewhere")


def test_requirement_names_the_extras():
    assert setup.requirement([]) == "."
    assert setup.requirement(["plots", "test"]) == ".[plots,test]"


def test_a_checkout_that_cannot_be_written_is_said_to_be_that(monkeypatch):
    """Once it was told to install a package of Debian's."""
    monkeypatch.setattr(setup.os, "access", lambda path, mode: False)
    with pytest.raises(setup.SetupError, match="cannot be written by this user"):
        setup.make_venv()


def test_an_unknown_word_shows_the_usage(capsys):
    assert setup.main(["nonsense"]) == setup.main([]) == 2
    said = capsys.readouterr().err
    assert all(f"python3 .ci/setup.py {word} " in said for word in setup.EXTRAS)


@pytest.mark.parametrize("word", [word for word in setup.EXTRAS if word != "test"])
def test_a_word_installs_its_extras_and_runs_the_command_of_its_name(monkeypatch, word):
    installed, ran = [], []
    monkeypatch.setattr(setup, "set_up", installed.append)
    monkeypatch.setattr(setup.subprocess, "call", lambda words, **_: ran.append(words) or 3)
    assert setup.main([word, "--help"]) == 3
    assert installed == [setup.EXTRAS[word]]
    assert ran == [[str(setup.BIN / "twingrad"), word, "--help"]]
    assert word in {command[0] for command in COMMANDS}


def test_while_pip_works_it_says_that_it_goes_on(monkeypatch, capsys):
    monkeypatch.setattr(setup, "PATIENCE", 0.05)
    sleep = [sys.executable, "-c", "import time; time.sleep(0.3); raise SystemExit(4)"]
    assert setup.patiently("installing", sleep) == 4
    assert "setup: still installing, 0 s\n" in capsys.readouterr().out


# --- coverage ----------------------------------------------------------------------------------


def test_every_package_has_a_floor_of_coverage():
    assert setup.FLOORS.keys() == {*PACKAGES, "notebooks"}
    assert setup.FLOORS["engine"] == 100
    assert min(setup.FLOORS["nn"], setup.FLOORS["viz"]) >= 98


def test_each_line_left_out_of_coverage_says_why():
    left_out = [
        f"{path.relative_to(ROOT)}:{number}"
        for package in setup.FLOORS
        for path in sorted((ROOT / package).rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if re.search(r"# pragma: no \w+(?! - \w)\b", line)
    ]
    assert left_out == []


@pytest.mark.parametrize(("failing", "status"), [("", 0), ("nn/*", 2)])
def test_a_package_below_its_floor_fails_the_test_command(monkeypatch, capsys, failing, status):
    asked = []

    def call(words, **_):
        asked.append(words)
        return 2 if failing and any(failing in word for word in words) else 0

    monkeypatch.setattr(setup.subprocess, "call", call)
    assert setup.test([]) == status
    assert "--cov" in asked[0]
    gates = [words[4:6] for words in asked if words[-1] == "--format=total"]
    assert gates == [
        [f"--include={package}/*", f"--fail-under={floor}"]
        for package, floor in setup.FLOORS.items()
    ]
    tables = [words for words in asked[1:] if words[-1] != "--format=total"]
    assert len(tables) == bool(failing)
    said = capsys.readouterr().out
    assert ("coverage of nn/: below 99 %" in said) == bool(failing)
    assert "coverage of engine/: at least 100 %" in said


# --- what is tracked ---------------------------------------------------------------------------


def test_the_top_level_stays_small(tracked):
    top = {path.split("/")[0] for path in tracked}
    assert {name for name in top if not name.startswith(".")} <= TOP_LEVEL


def test_no_two_test_files_have_one_name(tracked):
    """pytest takes them for the same module, and stops."""
    names = [Path(path).name for path in tracked if re.fullmatch(r"tests/.*\.py", path)]
    twice = {name for name in names if names.count(name) > 1}
    assert twice <= {"conftest.py", *(f"{n:02}.py" for n in range(14))}


def test_the_environment_is_not_tracked(tracked):
    assert not [path for path in tracked if path.startswith(".venv/")]


def test_what_the_demo_leaves_is_not_taken_for_part_of_the_project():
    """The README's first command is run in the clone, and says where its pictures go."""
    assert "`twingrad-demo/`" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert "/twingrad-demo/" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()


def test_no_file_names_a_machine(tracked):
    """No path of somebody's machine, and no host that packages come from."""
    home = r"(?<![\w.:/~$}-])/(?:home|root|work|Users)/\w"
    host = r"files\.pythonhosted|pypi\S*/simple|(?:index-url|find-links)\s*="
    machine = re.compile(f"{home}|{host}")
    named = []
    for path in tracked:
        # This file holds the patterns themselves, and a file may be tracked but just removed.
        if path == "tests/test_project.py" or not (ROOT / path).is_file():
            continue
        text = (ROOT / path).read_bytes().decode("utf-8", errors="replace")
        named += [f"{path}: {found.group()}" for found in machine.finditer(text)]
    assert named == []
