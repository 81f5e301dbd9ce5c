"""The stepper's script: the files of `web/` as one program, packed to keep pages small."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Iterable
from importlib import resources
from string import Template
from typing import Any

#: Every page has these, in this order: each knows those before it.
FILES = ("base.js", "position.js", "graph.js", "words.js", "controls.js")
STYLE, MARKUP, START = "page.css", "web/page.html", "start.js"

#: The 85 digits of a page, which neither HTML nor JavaScript takes for its own; and Python's.
LETTERS = "".join(x for x in map(chr, range(35, 127)) if x not in "$&'<>\\`")
BASE85 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~"

#: Text in a script; or a sign and the spaces around it (of + and − two might become another).
SIGNS = re.compile(r"""("[^"]*"|'[^']*'|`[^`]*`)|\s*([=*<>?:,{}();&|]+)\s*""")


def asset(name: str) -> str:
    """A file that belongs to the page."""
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def filled(script: str, **parts: str) -> str:
    """The page with its script, and these parts, in their places."""
    loader = Template(_file("loader.js")).substitute(packed=packed(script), letters=LETTERS)
    style = _one_line("graph.css") + _one_line("stepper.css")
    return Template(asset("stepper.html")).substitute(parts, css=style, loader=loader)


def program(more: Iterable[str] = (), declared: str = "") -> str:
    """What the page runs, as text.

    Args:
        more: further scripts and styles of `web/`, for what not every page has.
        declared: JavaScript that stands before all files: what was written for this graph.
    """
    styles = [f"web/{name}" for name in (STYLE, *more) if name.endswith(".css")]
    parts = [
        f"const style = {json.dumps(''.join(map(_one_line, styles)))};",
        f"const markup = {json.dumps(_one_line(MARKUP))};",
        declared,
        *map(_file, FILES),
        "{",  # what is not on every page keeps its names to itself
        *(_file(name) for name in more if name.endswith(".js")),
        "}",
        _file(START),
    ]
    return "\n".join(['(() => {\n"use strict";', *parts, "})();"])


def _one_line(name: str) -> str:
    """A style, or markup, each of whose lines is whole."""
    return asset(name).replace("\n", "")


def _file(name: str) -> str:
    """A script without its comments and most of its spaces: a page has room for neither."""
    lines = (line.strip() for line in asset(f"web/{name}").splitlines())
    return "\n".join(_bare(line) for line in lines if line and not line.startswith("//"))


def _bare(line: str) -> str:
    """A line without the spaces around its signs; text keeps its own, and so do two templates.

    >>> _bare('if (a === b) write("one, two", c); // why')
    'if(a===b)write("one, two",c);'
    """
    line = re.sub(r"(?<=[;{]) // .*", "", line)
    if line.count("`") not in (0, 2):  # one may stand in the other
        return line
    return SIGNS.sub(lambda m: m[1] or m[2], line)


def script_json(data: Any) -> str:
    r"""Data as the inside of a script element: no `<` in it, and half surrogates as `\ud800`."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return re.sub("[<\u2028\u2029\ud800-\udfff]", lambda m: f"\\u{ord(m.group()):04x}", text)


def packed(text: str) -> str:
    """Text as a page holds it: deflated (RFC 1951), four bytes in five of `LETTERS`.

    >>> len(packed("a" * 1000)) < 30
    True
    """
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    raw = deflate.compress(text.encode("utf-8")) + deflate.flush()
    return base64.b85encode(raw).decode("ascii").translate(str.maketrans(BASE85, LETTERS))
