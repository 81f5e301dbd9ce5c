"""What the site does that Sphinx does not by itself: maths without a script, pages of source."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx

from . import docstrings, source_pages


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx."""
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_math_block, None))
    app.connect("autodoc-process-docstring", docstrings.process, priority=400)  # before napoleon
    app.connect("html-collect-pages", source_pages.pages)
    app.connect("doctree-resolved", source_pages.resolve)
    app.connect("builder-inited", colours_of_code_in_the_dark, priority=1)  # before the theme asks
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def colours_of_code_in_the_dark(app: Sphinx) -> None:
    """A setting of the theme, which Sphinx knows only once the theme is there."""
    app.config.pygments_dark_style = "a11y-high-contrast-dark"


def visit_math(writer: Any, node: nodes.math) -> None:
    """A formula in a line."""
    writer.body.append(convert(node.astext()))
    raise nodes.SkipNode


def visit_math_block(writer: Any, node: nodes.math_block) -> None:
    """A formula in a paragraph of its own."""
    # It scrolls by itself where it is wider than the page, so keys have to reach it.
    formula = convert(node.astext(), display="block")
    writer.body.append(f'<div class="formula" tabindex="0">{formula}</div>\n')
    raise nodes.SkipNode
