"""A page for each module with its source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from sphinx.application import Sphinx
from sphinx.util import logging

from .source_links import SCHEME, modules, page_of_module

ORDER = "reading_the_source"  # the page that lists all modules


def pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """What Sphinx writes beside its own pages: name, title and body, and the theme's template."""
    order = ORDER if ORDER in app.env.found_docs else app.config.root_doc
    for path, file in modules().items():
        page = page_of_module(path)
        body = (
            f"<h1>{path}</h1>"
            f'<p><a href="{app.builder.get_relative_uri(page, order)}">Reading the source</a></p>'
            f'<div class="highlight-python">{marked(file.read_text(encoding="utf-8"))}</div>'
        )
        yield page, {"title": path, "body": body}, "page.html"


def marked(source: str) -> str:
    """Source as HTML, in which each class and function is an anchor by its qualified name.

    >>> "<span id='A.f'></span>" in marked("class A:\\n    def f(self): pass\\n")
    True
    """
    html = highlight(source, PythonLexer(stripnl=False), HtmlFormatter(wrapcode=True))
    lines = html.split("\n")
    for name, line in definitions(ast.parse(source)):
        lines[line - 1] = f"<span id='{name}'></span>{lines[line - 1]}"
    # the block scrolls by itself, so keys have to reach it
    return "\n".join(lines).replace("<pre>", '<pre tabindex="0">', 1)


def definitions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, int]]:
    """Qualified name and first line of every class and function; of one name the first."""
    seen = set()
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name not in seen:
            seen.add(node.name)
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            yield prefix + node.name, first
            if isinstance(node, ast.ClassDef):
                yield from definitions(node, f"{prefix}{node.name}.")


def resolve(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Turn links to source into links to its pages."""
    known = modules()
    for reference in doctree.findall(nodes.reference):
        uri = reference.get("refuri", "")
        if not uri.startswith(SCHEME):
            continue
        path, sign, name = uri.removeprefix(SCHEME).partition("#")
        if path not in known:
            logging.getLogger(__name__).warning(f"no module: {path}", location=reference)
            continue
        target = app.builder.get_relative_uri(page, page_of_module(path))
        reference["refuri"] = target + sign + name
        reference["internal"] = True  # the theme marks links that lead out of the site
        reference["classes"] = [c for c in reference["classes"] if not re.match("external", c)]
