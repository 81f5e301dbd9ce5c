"""What the machine the tests run on has: said before they start, so that a gap is no surprise."""

import os
import shutil
from pathlib import Path

#: Names on the path, and where macOS and Windows keep it.
CHROMIUM = (
    "chromium", "chromium-browser", "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
)  # fmt: skip
NO_CHROMIUM = f"no Chromium here (looked for {', '.join(CHROMIUM)})"
AXE = Path(__file__).parent / "browser" / "node_modules" / "axe-core" / "axe.min.js"
NO_AXE = "no axe-core here (npm install --prefix tests/browser)"


def find_chromium():
    """Where the browser is, or None."""
    return next(filter(None, map(shutil.which, CHROMIUM)), None)


def lacks():
    """What this machine lacks, each with how Debian gets it."""
    there = {
        "Chromium (apt-get install chromium)": find_chromium(),
        "axe-core (npm install --prefix tests/browser)": AXE.exists(),
        "dot (apt-get install graphviz)": shutil.which("dot"),
    }
    return [name for name, found in there.items() if not found]


def left_out(skipped):
    """How many tests were skipped and why, in one line; '' where none was."""
    if not skipped:
        return ""
    count = f"{skipped} test{'s were' if skipped > 1 else ' was'} left out"
    missing = ", no ".join(lacks())
    return f"{count}: there is no {missing} here" if missing else f"{count}, as said above"


def gaps():
    """What this machine lacks, and the tests that miss it: one line for each."""
    lacks = []
    fate = "will fail, as CI is set" if os.environ.get("CI") else "are left out"
    if not find_chromium():
        lacks.append(f"{NO_CHROMIUM}: the tests in tests/browser that open a page {fate}")
    if not AXE.exists():
        lacks.append(f"{NO_AXE}: the tests in tests/browser of accessibility {fate}")
    if not shutil.which("dot"):
        lacks.append("no dot of Graphviz's own here: the test that only dot is there is left out")
    return lacks
