"""Docstrings as Sphinx takes them: ours are plain text with `code`, sections and doctests.

In reStructuredText `*`, `|` and `x_` are markup, and code stands between two backticks each.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from .public_names import names

SECTION = re.compile(r" *(Args|Attributes|Raises|Returns|Yields):$")
ITEM = re.compile(r"( +)([\w*, .]+): ")  # of a section: `axis: which one`
CODE = re.compile(r"(\w?)(`+)(.+?)\2(?=(\w?))", re.DOTALL)
JOIN = "\\ "  # beside a letter it says where markup begins and ends, and is not seen
#: Python's own, which engine has too: in a sentence `max` is mostly not `engine.max`.
COMMON = {"abs", "all", "any", "bool", "e", "float", "int", "max", "min", "pow", "round", "sum"}


def process(
    _app: object, _what: str, name: str, _thing: object, _options: object, lines: list[str]
) -> None:
    """What Sphinx calls with each docstring, to be changed in place."""
    lines[:] = to_rst("\n".join(lines), name.partition(".")[0]).split("\n")


def to_rst(text: str, package: str = "engine") -> str:
    r"""A docstring in reStructuredText; the sections are left to sphinx.ext.napoleon.

    Args:
        text: the docstring, not indented.
        package: where a name without a door is looked up: "nn" in docstrings of nn.

    >>> print(to_rst("Whether |a - b| is `small`, as in `engine.isclose`."))
    Whether \|a - b\| is ``small``, as in :py:obj:`engine.isclose <engine.isclose>`.
    """
    return "\n".join(_block(kind, lines, package) for kind, lines in _blocks(text.split("\n")))


def _blocks(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    """The lines in blocks of one kind: "prose", "doctest", "literal"."""
    block: list[str] = []
    kind, in_section, after_blank = "prose", False, True
    for line in lines:
        indented = line.startswith(" ")
        if line.lstrip().startswith(">>> ") and kind == "prose":
            now = "doctest"
        elif not line.strip():
            now = "prose" if kind == "doctest" else kind
        elif kind == "doctest":
            now = "doctest"
        elif indented and not in_section and (kind == "literal" or after_blank):
            now = "literal"
        else:
            now = "prose"
        if line.strip():
            in_section = bool(SECTION.match(line)) or (in_section and indented)
        after_blank = not line.strip()
        if now != kind:
            if block:
                yield kind, block
            block, kind = [], now
        block.append(line)
    yield kind, block


def _block(kind: str, lines: list[str], package: str) -> str:
    if kind == "doctest":
        return "\n".join(lines)
    if kind == "literal":
        return "\n".join(["::", "", *lines])
    return _prose("\n".join(lines), package)


def _prose(text: str, package: str) -> str:
    """Code between two backticks each, or as a link; the rest without markup."""
    parts, end = [], 0
    for found in CODE.finditer(text):
        before, _, code, after = found.groups()
        parts.append(_escaped(text[end : found.start()] + before))
        parts += [JOIN * bool(before), _code(" ".join(code.split()), package), JOIN * bool(after)]
        end = found.end()
    return "".join([*parts, _escaped(text[end:])])


def _escaped(text: str) -> str:
    text = re.sub(r"([\\*|`])", r"\\\1", text)
    text = re.sub(r"(?<=\w)_(?!\w)", r"\\_", text)
    return text.replace("::", ":\\:")


def _code(code: str, package: str) -> str:
    for full in (code, f"{package}.{code}"):
        if full in _linked() and code not in COMMON:
            return f":py:obj:`{code} <{full}>`"
    return f"``{code}``"


@functools.cache
def _linked() -> frozenset[str]:
    return frozenset(name.full for name in names())
