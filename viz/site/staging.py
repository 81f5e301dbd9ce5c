"""The pages as Sphinx gets them: one folder, each page where the site has it.

A file of the checkout has a page (`page_of`).  Links between files are written anew, so that they
lead from page to page.  A link to a module leads to its source; of a link to a file that has no
page, the words remain.
"""

from __future__ import annotations

import functools
import posixpath
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from .contents import contents, course_list
from .lessons import lesson

#: A link or a picture of Markdown: its words, and where it leads.
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(([^()\s]+)\)")
#: Code in fences or backticks, in which nothing is a link.
CODE = re.compile(r"^(`{3,})[^\n]*\n.*?^\1`*[ \t]*$|(?<!`)(`+)(?!`).+?(?<!`)\2(?!`)", re.M | re.S)
#: A picture in two files, for light and dark, as it is written for GitHub.
PICTURE = re.compile(
    r"<picture>\s*<source[^>]* srcset=\"([^\"]+)\">\s*"
    r"<img src=\"([^\"]+)\" alt=\"([^\"]*)\"[^>]*>\s*</picture>"
)
#: What stands for code meanwhile: a character that no page holds.
MASK = "\ue000"

PICTURES = (".svg", ".png")
ROOMS = ("engine/", "nn/", "viz/", "notebooks/")

#: Pages of files that do not lie in docs/.
ELSEWHERE = {
    "README.md": "index",
    "CHANGELOG.md": "changelog",
    "CONTRIBUTING.md": "contributing",
    "SECURITY.md": "security",
    "notebooks/GLOSSARY.md": "glossary",
    "notebooks/CHEATSHEET.md": "cheatsheet",
}


def page_of(path: str) -> str | None:
    """The page of a file of the checkout, with its suffix; None where it has none.

    >>> page_of("docs/howto/own_op.md"), page_of("notebooks/09_digits.ipynb"), page_of("LICENSE")
    ('howto/own_op.md', 'course/09_digits.ipynb', None)
    """
    if path in ELSEWHERE:
        return f"{ELSEWHERE[path]}.md"
    if re.fullmatch(r"docs/.+\.md", path):
        return path.removeprefix("docs/")
    if re.fullmatch(r"notebooks/\d\d_\w+\.ipynb", path):
        return path.replace("notebooks/", "course/")
    return None


def place_of(path: str) -> str | None:
    """Where a page or a picture lies in the site's folder; None for any other file."""
    if path.endswith(PICTURES):
        return path.removeprefix("docs/").replace(".github/", "pictures/")
    return page_of(path)


def stage(files: Mapping[str, Path], generated: Mapping[str, str], folder: Path) -> None:
    """Write all pages into a folder.

    Args:
        files: of the checkout, by their paths there.
        generated: pages that have no file, by their names; reStructuredText.
        folder: made, with all that is below it.
    """
    for path, file in files.items():
        if (place := place_of(path)) is None:
            continue
        target = folder / place
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.endswith(".md"):
            target.write_text(relinked(file.read_text(encoding="utf-8"), path), encoding="utf-8")
        elif path.endswith(".ipynb"):
            text = lesson(file, functools.partial(relinked, path=path))
            target.write_text(text, encoding="utf-8")
        else:
            shutil.copyfile(file, target)
    for name, text in generated.items():
        target = folder / f"{name}.rst"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    notebooks = {path: file for path, file in files.items() if path.endswith(".ipynb")}
    _append(folder / "course.md", course_list(notebooks))
    _append(folder / "index.md", contents(folder))


def _append(page: Path, text: str) -> None:
    page.write_text(f"{page.read_text(encoding='utf-8')}\n{text}", encoding="utf-8")


def relinked(text: str, path: str) -> str:
    """The Markdown of the file `path`, with its links as they are in the site.

    >>> relinked("[03](../notebooks/03_x.ipynb), [`x`](../engine/core.py)", "docs/a.md")
    '[03](course/03_x.ipynb), [`x`](source:engine/core.py)'
    >>> relinked("[tests](../tests), `[code](../tests)`", "docs/a.md")
    'tests, `[code](../tests)`'
    """
    # classes of the theme: which of the two is seen follows its own switch
    text = PICTURE.sub(r"![\3](\2){.only-light} ![\3](\1){.only-dark}", text)
    code = [found.group() for found in CODE.finditer(text)]
    masked = LINK.sub(lambda link: _relinked(link, path), CODE.sub(MASK, text))
    parts = iter(code)
    return re.sub(MASK, lambda _: next(parts), masked)


def _relinked(link: re.Match[str], path: str) -> str:
    mark, words, target = link.groups()
    if re.match(r"[a-z]+:|#", target):
        return link.group()
    target, sign, anchor = target.partition("#")
    leads_to = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    place, own = place_of(leads_to), place_of(path)
    if place is not None and own is not None:
        found = posixpath.relpath(place, posixpath.dirname(own) or ".")
        # the README is not a page: its place has the home page, without the README's headings
        return f"{mark}[{words}]({found}{sign + anchor if leads_to != 'README.md' else ''})"
    if leads_to.startswith(ROOMS) and leads_to.endswith(".py"):
        return f"[{words}](source:{leads_to})"
    return words
