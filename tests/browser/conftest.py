"""One Chromium for all tests of a worker; a fresh page for each test."""

import pytest
from devtools import Browser


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
