"""axe-core in a page: what it finds that keeps someone out.

npm fetches it once, in the version package.json names: `npm install --prefix tests/browser`.
"""

import os

import pytest
from machine import AXE, NO_AXE


def _axe_or_skip():
    """Its source; where there is none the test is skipped, but never in CI."""
    if AXE.exists():
        return AXE.read_text(encoding="utf-8")
    if os.environ.get("CI"):
        pytest.fail(NO_AXE)
    pytest.skip(NO_AXE)


def violations(page):
    """What breaks a rule in the page as it is now: a line for each element, with its rule.

    Every rule of axe-core is asked, best practices too; what it cannot decide is not told.
    """
    page.run(_axe_or_skip() + ";0")
    # not preloaded: of a page that is a file the browser lets no script read the style sheets
    options = "{resultTypes: ['violations'], preload: false}"
    found = page.run(f"axe.run(document, {options}).then((r) => r.violations)")
    return [
        f"{rule['id']}: {node['html'][:120]} ({' '.join(node['failureSummary'].split())})"
        for rule in found
        for node in rule["nodes"]
    ]
