"""Pages of Markdown, taken apart: the code a reader is shown, to be run."""

import re
from pathlib import Path

from helpers import own_ops

ROOT = Path(__file__).resolve().parent.parent


def text_of(page):
    """A page, named from the root of the checkout."""
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page):
    """Its blocks of Python."""
    return re.findall(r"^```python\n(.*?)^```", text_of(page), re.MULTILINE | re.DOTALL)


def commands(page):
    """The command lines of twingrad that it shows, as words."""
    lines = re.findall(r"^twingrad (.*)$", text_of(page), re.MULTILINE)
    return [[w.strip('"') for w in re.findall(r'"[^"]*"|\S+', line)] for line in lines]


def headings(page):
    """The anchors of its headings, as GitHub writes them."""
    found = re.findall(r"^#+ (.*)$", text_of(page), re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found]


def links(text):
    """The links of a text that stay in the project: (path, anchor), either may be empty."""
    found = re.findall(r"\]\(([^)\s]+)\)", text)
    return [tuple(link.partition("#")[::2]) for link in found if not re.match(r"https?:", link)]


def run(code, name, namespace=None):
    """Run a block in a namespace of its own, or in a copy of one; the ops it adds are removed."""
    with own_ops():
        space = {"__name__": "page", **(namespace or {})}
        exec(compile(code, name, "exec"), space)
    return space
