"""Text inside pictures, made safe for Graphviz's HTML."""

from __future__ import annotations

import html
import re

from engine.showing import printable

NEWLINE = re.compile("\r\n|[\n\r\v\f\x85\u2028\u2029]")


def safe(text: object, align: str = "") -> str:
    """Any text as the inside of an HTML-like label: escaped, newlines as `<BR/>`.

    Control characters and half surrogates become U+FFFD; everything else is kept.

    >>> safe("a < b\\n& c")
    'a &lt; b<BR/>&amp; c'
    """
    line_break = f'<BR ALIGN="{align}"/>' if align else "<BR/>"
    lines = lines_of(str(text))
    return line_break.join(_escaped(line) for line in lines)


def _escaped(line: str) -> str:
    """One line: no markup; backslashes doubled, else `\\N` would turn into the node's id."""
    return html.escape(printable(line)).replace("\\", "\\\\")


def lines_of(text: str) -> list[str]:
    """Its lines, at any of the line breaks there are."""
    return NEWLINE.split(text)
