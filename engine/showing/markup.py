"""HTML for notebooks: text made safe, tables, trees that open and close.

It runs nothing and asks for nothing from elsewhere.  Styles stand at the elements, where a notebook
that is not trusted leaves some of them; where none is left, plain tables and lists are.
"""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterable, Sequence

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
TABLE = "border-collapse:collapse;font-size:inherit;font-variant-numeric:tabular-nums;margin:0"
CELL = "padding:.1em .6em .1em 0;text-align:left;vertical-align:top"
LINE = "border-bottom:1px solid rgba(128,128,128,.4)"


def printable(text: str) -> str:
    """Text with U+FFFD in place of what XML or a font could not take: control characters, ….

    >>> printable("a\\tb\\x07")
    'a b�'
    """
    return text if text.isprintable() else "".join(map(_printable, text))


def _printable(character: str) -> str:
    if character == "\t":
        return " "
    forbidden = unicodedata.category(character) in ("Cc", "Cs") or character in "\ufffe\uffff"
    return REPLACEMENT if forbidden else character


def escaped(text: object) -> str:
    """Any text as the inside of an element or an attribute.

    >>> escaped("a < b & \\x07")
    'a &lt; b &amp; �'
    """
    return html.escape("\n".join(map(printable, str(text).split("\n"))))


def html_table(rows: Iterable[Sequence[str]], head: Sequence[str] = ()) -> str:
    """A table; its cells are HTML already, the first of each row says what the row is about."""
    heads = [f'<th scope="col" style="{CELL};{LINE}">{cell}</th>' for cell in head]
    body = "".join(
        _row([
            f'<th scope="row" style="{CELL};font-weight:normal">{first}</th>',
            *(f'<td style="{CELL}">{cell}</td>' for cell in cells),
        ])
        for first, *cells in rows
    )  # fmt: skip
    thead = f"<thead>{_row(heads)}</thead>" if head else ""
    return f'<table style="{TABLE}">{thead}<tbody>{body}</tbody></table>'


def _row(cells: Sequence[str]) -> str:
    return f'<tr style="background:none">{"".join(cells)}</tr>'


def html_card(title: str, inside: str, colour: str = "#888888") -> str:
    """A title, what stands below it, and a coloured line at their left; both are HTML already."""
    style = f"border-left:4px solid {colour};padding-left:.7em;overflow-x:auto"
    # what may have to be scrolled can be reached by keys
    return f'<div tabindex="0" style="{style}"><div>{title}</div>{inside}</div>'


def html_lines(text: str) -> str:
    """Text whose lines and spaces stay as they are, in letters of one width."""
    return f'<span style="font-family:monospace;white-space:pre">{escaped(text)}</span>'


def html_tree(items: Sequence[tuple[int, str]], opened: int = 2) -> str:
    """A tree whose branches open and close.

    Args:
        items: how deep each stands, and what it says, as HTML; what is inside follows it.
        opened: so many levels are open at first.

    >>> html_tree([(0, "a"), (1, "b")]).count("<details")
    1
    """
    parts: list[str] = []
    open_at: list[int] = []  # the depths of what is open
    for (depth, text), (after, _) in zip(items, [*items[1:], (0, "")], strict=False):
        while open_at and open_at[-1] >= depth:
            open_at.pop()
            parts.append("</details>")
        indent = f"margin-left:{1.2 if depth else 0}em"
        if after > depth:
            state = " open" if depth < opened else ""
            parts.append(f'<details{state} style="{indent}"><summary>{text}</summary>')
            open_at.append(depth)
        else:
            parts.append(f'<div style="{indent};padding-left:1.1em">{text}</div>')
    return "".join([*parts, *["</details>"] * len(open_at)])
