"""Small mends of the pages' HTML, so that keys reach everything and screen readers name it.

Each says what it mends, and is a pattern and what comes in its place.
"""

from __future__ import annotations

import re

MENDS = (
    # What scrolls by itself has to take the focus.
    (r"<pre(?=[ >])(?![^>]*tabindex)", '<pre tabindex="0"'),
    (r'<div class="table-wrapper', r'<div tabindex="0" class="table-wrapper'),
    (r'<div style="overflow-x:auto">', '<div tabindex="0" style="overflow-x:auto">'),
    # A heading has a level.
    (r'(<p class="caption" role="heading")(?=>)', r'\1 aria-level="2"'),
    # The head of a column without a name is none.
    (r'<th(?: scope="col")?([^>]*)>(?:<p></p>)?</th>', r"<td\1></td>"),
    # A page has a title.
    (r'<div id="search-results">', '<h1>Search</h1><div id="search-results">'),
    # Two parts of a kind are told apart.
    (r'<aside class="sidebar-drawer">', '<aside class="sidebar-drawer" aria-label="all pages">'),
    (r'<aside class="toc-drawer">', '<aside class="toc-drawer" aria-label="this page">'),
)


def polished(html: str) -> str:
    """A page with all mends.

    >>> polished("<pre>x</pre>")
    '<pre tabindex="0">x</pre>'
    """
    for pattern, replacement in MENDS:
        html = re.sub(pattern, replacement, html)
    return html
