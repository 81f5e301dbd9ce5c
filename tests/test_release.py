"""A release: one version, dated, and run on the Pythons that it says it runs on."""

import datetime
import json
import re
import tomllib
from importlib.metadata import version
from pathlib import Path

from viz.command.cli import main

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


def releases():
    """The headings of the changelog's releases, newest first: versions, with their dates."""
    return re.findall(r"^## (\d+\.\d+\.\d+) \((.*)\)$", text("CHANGELOG.md"), re.MULTILINE)


def test_the_newest_release_of_the_changelog_is_the_version():
    assert releases()[0][0] == PROJECT["version"]


def test_every_release_is_dated_and_what_is_not_released_stands_above():
    dates = [datetime.date.fromisoformat(date) for _, date in releases()]
    assert dates == sorted(dates, reverse=True)
    headings = re.findall(r"^## (.*)$", text("CHANGELOG.md"), re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert len(headings) == 1 + len(dates)


def test_the_citation_is_of_this_release():
    cited = dict(re.findall(r"^(version|date-released): \"?([^\"\n]+)", text("CITATION.cff"), re.M))
    assert (cited["version"], cited["date-released"]) == releases()[0]


def test_the_command_line_has_the_version_of_what_is_installed(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"twingrad {version('twingrad')}\n"


def test_each_python_that_is_named_is_run_by_the_workflow():
    named = re.findall(r"Python :: (3\.\d+)$", "\n".join(PROJECT["classifiers"]), re.MULTILINE)
    run = re.search(r"^ +python: (\[.*\])$", text(".github/workflows/ci.yml"), re.MULTILINE)
    assert json.loads(run[1]) == named
    assert PROJECT["requires-python"] == f">={named[0]}"


def test_no_workflow_holds_a_secret_or_may_write_what_it_need_not():
    for path in sorted((ROOT / ".github" / "workflows").glob("*.yml")):
        words = path.read_text(encoding="utf-8")
        assert "secrets." not in words
        assert re.search(r"^permissions:\n  contents: read\n", words, re.MULTILINE)
        assert words.count("timeout-minutes:") == words.count("runs-on:")


def test_what_the_publisher_fills_in_is_said_in_one_place():
    there = text("CONTRIBUTING.md").partition("What the publisher fills in, once:")[2]
    for name in ("[project.urls]", "SECURITY.md", "CITATION.cff", "`pypi`"):
        assert name in there
    assert "urls" not in PROJECT
    assert "(left to the publisher" in text("SECURITY.md")
