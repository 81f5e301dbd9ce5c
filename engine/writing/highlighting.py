"""Python text as HTML with keywords, numbers, strings and comments in colours."""

from __future__ import annotations

import html
import io
import keyword
import tokenize

#: JupyterLab's colours, which follow its theme; elsewhere one that shows on light and on dark.
_STYLES = {
    "keyword": "color: var(--jp-mirror-editor-keyword-color, #3a8a3a); font-weight: bold",
    "number": "color: var(--jp-mirror-editor-number-color, #3a8a3a)",
    "string": "color: var(--jp-mirror-editor-string-color, #c0504d)",
    "comment": "color: var(--jp-content-font-color2, inherit); font-style: italic",
}
#: JupyterLab gives a `<pre>` of a page the letters of its text; of styles it lets plain ones pass.
_PAGE = (
    "overflow-x: auto; white-space: pre; line-height: 1.3; font-family: monospace; font-size: 90%"
)
_KINDS = {tokenize.NUMBER: "number", tokenize.STRING: "string", tokenize.COMMENT: "comment"}


def highlighted(text: str) -> str:
    """The text, which is valid Python, in a `<pre>` element.

    >>> print(highlighted("x < 1").replace(_STYLES["number"], "…").replace(_PAGE, "…"))
    <pre style="…">x &lt; <span style="…">1</span></pre>
    """
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    parts, done = [], 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        kind = "keyword" if keyword.iskeyword(token.string) else _KINDS.get(token.type)
        if kind is not None:
            (row, column), (last_row, last_column) = token.start, token.end
            start, end = starts[row - 1] + column, starts[last_row - 1] + last_column
            parts.append(html.escape(text[done:start]))
            parts.append(f'<span style="{_STYLES[kind]}">{html.escape(text[start:end])}</span>')
            done = end
    return f'<pre style="{_PAGE}">{"".join(parts)}{html.escape(text[done:])}</pre>'
