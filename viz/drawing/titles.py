"""From Graphviz's svg to one that says what it shows: to a pointer, a screen reader, a style sheet.

Graphviz writes a tooltip as a link that leads nowhere.  Here it becomes the `<title>` of its group,
which browsers show and read; what Graphviz called the group stays as `data-name`.
"""

from __future__ import annotations

import re

UNTOLD = "a graph"
ROOT = re.compile(
    r'(?:<title>[^<]*</title>\n)?<g id="a_graph0"><a xlink:title="([^"]*)">\n(.*?)</a>\n</g>\n',
    re.DOTALL,
)
GROUP = re.compile(
    r'<g id="([^"]*)" class="((?:node|edge|cluster)[^"]*)">\n<title>([^<]*)</title>\n'
    r'<g id="a_[^"]*"><a xlink:title="([^"]*)">\n(.*?)</a>\n</g>\n', re.DOTALL,
)  # fmt: skip
UNTITLED = re.compile(
    r'(<g id="[^"]*" class="(?:node|edge|cluster)[^"]*")>\n<title>([^<]*)</title>'
)
LABEL = re.compile(r'<g id="a_[^"]*-label"><a xlink:title="[^"]*">\n(.*?)</a>\n</g>\n', re.DOTALL)
TAG = re.compile(r"<svg (.*?)>\n", re.DOTALL)


def titled(svg: str) -> str:
    """An svg of Graphviz's with its tooltips as titles, and a role and a label for the whole."""
    found = ROOT.search(svg)
    about = found[1] if found else UNTOLD
    if found:
        svg = svg[: found.start()] + found[2] + svg[found.end() :]
    svg = GROUP.sub(_group, svg)
    svg = UNTITLED.sub(r'\1 data-name="\2">\n<title>\2</title>', svg)
    svg = LABEL.sub(r"\1", svg)
    said = f'role="graphics-document" aria-label="{about}"'
    return TAG.sub(lambda tag: f"<svg {tag[1]} {said}>\n<title>{about}</title>\n", svg, count=1)


def _group(found: re.Match[str]) -> str:
    id, kinds, name, title, content = found.groups()
    role = ' role="img"' if kinds.startswith("node") else ""
    return (
        f'<g id="{id}" class="{kinds}" data-name="{name}"{role}>\n<title>{title}</title>\n{content}'
    )


def about_of(svg: str) -> str:
    """What a titled svg says it is, as text for an attribute."""
    found = re.search(r' aria-label="([^"]*)"', svg)
    return found[1] if found else UNTOLD
