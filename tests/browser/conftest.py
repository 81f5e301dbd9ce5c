"""One Chromium and one JupyterLab for all tests of a worker; a fresh page for each test."""

import pytest
from devtools import Browser
from lab import Lab, environment_in


@pytest.fixture(scope="session")
def browser():
    started = Browser()
    yield started
    started.close()


@pytest.fixture
def page(browser):
    opened = browser.page()
    yield opened
    opened.close()


@pytest.fixture
def quiet(page):
    """A page that complains of nothing and asks nobody for anything."""
    yield page
    assert page.complaints() == []
    assert page.requests() == []


@pytest.fixture(scope="session")
def environment(tmp_path_factory):
    """What Jupyter's commands run in."""
    return environment_in(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="session")
def lab(tmp_path_factory, environment):
    """JupyterLab, serving a folder of its own."""
    started = Lab(tmp_path_factory.mktemp("lab"), environment)
    yield started
    started.close()
