"""Pages of Markdown, taken apart: the code a reader is shown, to be run."""

import re
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from helpers import own_ops

ROOT = Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^( *)```([^\n`]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)


@dataclass(frozen=True)
class Fence:
    """A block of a page: its language and text, the line it begins on, and what is said of it."""

    language: str
    text: str
    line: int
    said: tuple[str, ...]  # the comments right before it: <!-- printed -->, <!-- not run: why -->
    follows: bool  # whether nothing but comments stands between it and the block before

    @property
    def not_run(self):
        """Why it is not run; None where it is."""
        return next((s[9:] for s in self.said if s.startswith("not run: ")), None)


def text_of(page):
    """A page, named from the root of the checkout."""
    return (ROOT / page).read_text(encoding="utf-8")


def fences(text):
    """The blocks of a page, from top to bottom."""
    found, end = [], 0
    for match in FENCE.finditer(text):
        between = text[end : match.start()]
        follows = bool(found) and not COMMENT.sub("", between).strip()
        comments = re.search(r"(?:<!--(?:(?!-->).)*-->\s*)*\Z", between, re.DOTALL)[0]
        said = tuple(" ".join(c.split()) for c in COMMENT.findall(comments))
        line = text.count("\n", 0, match.start(3)) + 1
        found.append(Fence(match[2].strip(), dedent(match[3]), line, said, follows))
        end = match.end()
    return found


def blocks(page):
    """Its blocks of Python."""
    return [fence.text for fence in fences(text_of(page)) if fence.language == "python"]


def headings(page):
    """The anchors of its headings, as GitHub writes them."""
    found = re.findall(r"^#+ (.*)$", FENCE.sub("", text_of(page)), re.MULTILINE)
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
