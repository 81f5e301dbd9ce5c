"""What Sphinx is told: there is no conf.py, so that a clone and a wheel build the same site."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .source_links import link_of

WEB = Path(__file__).parent / "web"


def settings() -> dict[str, Any]:
    """All settings that differ from Sphinx's own."""
    release = _release()
    return {
        "project": "twingrad",
        "author": "twingrad contributors",
        "copyright": "twingrad contributors",
        "html_title": f"twingrad {release}".strip(),
        "release": release,
        "version": release,
        "language": "en",
        "extensions": [
            "myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.linkcode",
            f"{__package__}.extension",
        ],
        "linkcode_resolve": link_of,
        # docstrings
        "napoleon_use_ivar": True,
        "autodoc_typehints": "none",  # a call as a user writes it; the words say what is taken
        "toc_object_entries": False,  # Sphinx would copy thousands of them into every page
        # pages
        "myst_enable_extensions": ["attrs_block", "attrs_inline", "dollarmath"],
        "myst_heading_anchors": 4,
        "myst_url_schemes": ["http", "https", "mailto", "source"],  # source: see `extension`
        "nb_execution_mode": "off",  # a notebook holds its outputs
        # every code block is given its language; one that Pygments cannot read is an error
        "highlight_language": "text",
        # the look
        "html_theme": "furo",
        "html_theme_options": {"navigation_with_keys": False},
        "html_static_path": [str(WEB)],
        "html_css_files": ["site.css"],
        "html_copy_source": False,
        "html_show_sphinx": False,
        "html_show_sourcelink": False,
        # A summary below each hit would be read from the page itself, which a browser allows
        # only where there is a server.
        "html_show_search_summary": False,
        "html_math_renderer": "mathml",
        "pygments_style": "a11y-high-contrast-light",
    }  # fmt: skip


def _release() -> str:
    try:
        return version("twingrad")
    except PackageNotFoundError:  # not installed
        return ""
