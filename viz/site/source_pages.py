"""A page for each module with its source."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from typing import Any

from docutils import nodes
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from sphinx.application import Sphinx
from sphinx.util import logging

from .source_links import SCHEME, definitions, modules, page_of_module

ORDER = "reading_the_source"  # the page that lists all modules


def pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """What Sphinx writes beside its own pages: name, title and body, and the theme's template."""
    order = ORDER if ORDER in app.env.found_docs else app.config.root_doc
    for path, file in modules().items():
        page = page_of_module(path)
        link = functools.partial(app.builder.get_relative_uri, page)
        source = marked(file.read_text(encoding="utf-8"))
        body = f'<h1>{path}</h1><div class="highlight-python">{source}</div>'
        sidebar = beside(path, link, order)
        # in place of the list of all pages, which takes Sphinx a second each time
        context = {"title": path, "body": body, "toctree": lambda sidebar=sidebar, **_: sidebar}
        yield page, context, "page.html"


def beside(path: str, link: Callable[[str], str], order: str) -> str:
    """The sidebar of a module's page: the modules of its room, the order to read them in."""
    room = path.rpartition("/")[0]
    others = [one for one in modules() if one.rpartition("/")[0] == room]
    items = [_item(link(order), "Reading the source")]
    items += [
        _item(link(page_of_module(one)), one.rpartition("/")[2], here=one == path) for one in others
    ]
    return f'<p class="caption" role="heading"><span>{room}/</span></p><ul>{"".join(items)}</ul>'


def _item(uri: str, words: str, here: bool = False) -> str:
    current = " current current-page" if here else ""
    link = f'<a class="reference internal" href="{uri}">{words}</a>'
    return f'<li class="toctree-l1{current}">{link}</li>'


def marked(source: str) -> str:
    """Source as HTML, in which each class and function is an anchor by its qualified name.

    >>> "<span id='A.f'></span>" in marked("class A:\\n    def f(self): pass\\n")
    True
    """
    html = highlight(source, PythonLexer(stripnl=False), HtmlFormatter(wrapcode=True))
    lines = html.split("\n")
    for name, line in definitions(source).items():
        lines[line - 1] = f"<span id='{name}'></span>{lines[line - 1]}"
    # the block scrolls by itself, so keys have to reach it
    return "\n".join(lines).replace("<pre>", '<pre tabindex="0">', 1)


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
