"""A gap of the machine is said before the tests run, in words that name what is left out."""

import machine
import pytest


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """A machine with no program at all, outside CI."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(machine, "AXE", tmp_path / "axe.min.js")
    monkeypatch.delenv("CI", raising=False)


@pytest.mark.usefixtures("bare")
def test_what_is_left_out_is_said():
    browser, axe, dot = machine.gaps()
    assert browser.startswith("no Chromium here (looked for chromium, ")
    assert browser.endswith(": the tests in tests/browser that open a page are left out")
    assert axe.startswith("no axe-core here (npm install ")
    assert axe.endswith(": the tests in tests/browser of accessibility are left out")
    assert dot.startswith("no dot of Graphviz's own here")


@pytest.mark.usefixtures("bare")
def test_at_the_end_one_line_says_how_many_and_what_was_missing():
    assert machine.left_out(0) == ""
    assert machine.left_out(3) == (
        "3 tests were left out: there is no Chromium (apt-get install chromium), "
        "no axe-core (npm install --prefix tests/browser), no dot (apt-get install graphviz) here"
    )


@pytest.mark.usefixtures("bare")
def test_in_ci_nothing_that_needs_a_browser_is_left_out(monkeypatch):
    monkeypatch.setenv("CI", "1")
    assert [gap.endswith(" will fail, as CI is set") for gap in machine.gaps()[:2]] == [True, True]


@pytest.mark.usefixtures("bare")
def test_where_nothing_lacks_nothing_is_said(tmp_path):
    for name in ("google-chrome", "dot", "axe.min.js"):
        (tmp_path / name).touch(mode=0o755)
    assert machine.gaps() == machine.lacks() == []
    assert machine.left_out(1) == "1 test was left out, as said above"
    assert machine.find_chromium() == str(tmp_path / "google-chrome")
