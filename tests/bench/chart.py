"""The chart: a line a workload, a mark a contender, how long its step takes beside twingrad's."""

import math
from xml.sax.saxutils import escape

from bench.contest import OURS

#: A mark of its own for each contender, so that colour is not all that tells them apart: the path
#: of a shape around (0, 0), and Okabe and Ito's colours.
MARKS = {
    "by hand": ("M0-6V6", "var(--ink)"),
    OURS: ("M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0", "#d55e00"),
    "nn": ("M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0", "#e69f00"),
    "micrograd": ("M-4-4H4V4H-4Z", "#0072b2"),
    "autograd": ("M0-5L5 4H-5Z", "#009e73"),
    "mygrad": ("M0 5L5-4H-5Z", "#56b4e9"),
    "torch": ("M0-5.5L5.5 0L0 5.5L-5.5 0Z", "#cc79a7"),
    "jax": ("M-4-4L4 4M-4 4L4-4", "#b8860b"),
    "tinygrad": ("M-5 0H5M0-5V5", "#7f7f7f"),
}
OTHERS = ("M-5 0H5M0-5V5M-4-4L4 4M-4 4L4-4", "#0072b2")

STYLE = """
svg{--paper:#fff;--ink:#1a1a1a;--quiet:#59606a;--line:#d8dbe0;background:var(--paper)}
@media(prefers-color-scheme:dark){svg{--paper:#16181d;--ink:#f0f0f0;--quiet:#b0b6c0;--line:#3a3d44}}
.paper{fill:var(--paper)}text{font:12px system-ui,sans-serif;fill:var(--ink)}
.quiet{fill:var(--quiet)}.end{text-anchor:end}.mid{text-anchor:middle}
.line{stroke:var(--line)}.one{stroke:var(--quiet)}.mark{stroke-width:2}
"""

TITLE = "CPU time of a step by each library; twingrad's is 1, to the left is faster"

WIDTH, LEFT, RIGHT, TOP, ROW = 860, 270, 30, 78, 22


def mark(name, x, y, title):
    """The mark of a contender, with words for who points at it."""
    path, color = MARKS.get(name, OTHERS)
    return (
        f'<path class="mark" transform="translate({x:.1f} {y:.1f})" d="{path}" fill="{color}" '
        f'stroke="{color}"><title>{escape(title)}</title></path>'
    )


def axis(ratios):
    """The powers of ten that hold all ratios, and where on the page a ratio is."""
    every = [math.log10(x) for row in ratios.values() for x in row.values()]
    low = math.floor(min(every))
    high = max(low + 1, math.ceil(max(every)))
    step = (WIDTH - LEFT - RIGHT) / (high - low)
    return range(low, high + 1), lambda ratio: LEFT + step * (math.log10(ratio) - low)


def legend(names):
    """Marks and what they stand for, in one line."""
    lines, x = [], 18
    for name in names:
        lines += [mark(name, x, 42, name), f'<text x="{x + 10}" y="46">{escape(name)}</text>']
        x += 38 + 7 * len(name)
    return lines


def chart(results):
    """SVG text: a step of twingrad is 1 on an axis of powers of ten; to the left is faster."""
    ratios = {r.name: {name: r.ratio(name) for name in r.cpu} for r in results}
    powers, place = axis(ratios)
    there = dict.fromkeys(name for row in ratios.values() for name in row)
    names = [n for n in MARKS if n in there] + [n for n in there if n not in MARKS]
    bottom = TOP + ROW * len(results)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom + 30}" role="img" '
        f'aria-label="{TITLE}">',
        f"<style>{STYLE}</style>",
        f'<rect class="paper" width="{WIDTH}" height="{bottom + 30}"/>',
        f'<text x="10" y="20">{TITLE}</text>',
        *legend(names),
    ]
    for power in powers:
        x = place(10.0**power)
        lines.append(f'<path class="{"one" if power == 0 else "line"}" d="M{x:.1f} 66V{bottom}"/>')
        lines.append(
            f'<text class="quiet mid" x="{x:.1f}" y="{bottom + 18}">{10.0**power:g}</text>'
        )
    for i, (workload, row) in enumerate(ratios.items()):
        y, ends = TOP + ROW * i, sorted(map(place, row.values()))
        lines.append(f'<text class="end" x="{LEFT - 12}" y="{y + 4}">{escape(workload)}</text>')
        lines.append(f'<path class="line" d="M{ends[0]:.1f} {y}H{ends[-1]:.1f}"/>')
        lines += [mark(n, place(row[n]), y, f"{n} {row[n]:.3g}") for n in names if n in row]
    return "\n".join([*lines, "</svg>", ""])
