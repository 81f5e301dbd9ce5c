"""A gap of the machine is said before the tests run, in words that name what is left out."""

import machine
import pytest


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """A machine with no program at all, outside CI."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CI", raising=False)


@pytest.mark.usefixtures("bare")
def test_what_is_left_out_is_said():
    browser, dot = machine.gaps()
    assert browser.startswith("no Chromium here (looked for chromium, ")
    assert browser.endswith(": the tests in tests/browser that open a page are left out")
    assert dot.startswith("no dot of Graphviz's own here")


@pytest.mark.usefixtures("bare")
def test_in_ci_nothing_that_needs_a_browser_is_left_out(monkeypatch):
    monkeypatch.setenv("CI", "1")
    assert machine.gaps()[0].endswith(" will fail, as CI is set")


@pytest.mark.usefixtures("bare")
def test_where_nothing_lacks_nothing_is_said(tmp_path):
    for name in ("google-chrome", "dot"):
        (tmp_path / name).touch(mode=0o755)
    assert machine.gaps() == []
    assert machine.find_chromium() == str(tmp_path / "google-chrome")
