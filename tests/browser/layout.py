"""What is wrong with how a notebook looks in a page: cut off, broken, blurred, hard to read."""

import re

#: Text has to stand out from its ground by this much (WCAG 2.1, level AA); large or bold text, and
#: marks beside words that say the same, by less.
LEGIBLE, LEGIBLE_LARGE = 4.5, 3.0

#: A notebook's cells, in an export as in JupyterLab: what was put in, text, and what came out.
AREAS = ".jp-InputArea-editor, .jp-MarkdownOutput, .jp-OutputArea-output"

# Everything that is seen must lie inside its area, and nothing may be cut off or have to be
# scrolled sideways.  How a drawing or a formula is put together is its own affair.
OVERFLOWS = f"""
(() => {{
  const page = document.documentElement, found = [];
  if (page.scrollWidth > page.clientWidth) found.push('the page scrolls sideways');
  for (const area of document.querySelectorAll('{AREAS}')) {{
    const room = area.getBoundingClientRect();
    for (const e of [area, ...area.querySelectorAll('*')]) {{
      if (!e.checkVisibility() || e.closest('.anchor-link')) continue;
      if (e.parentElement.closest('svg, mjx-container')) continue;
      const box = e.getBoundingClientRect(), style = getComputedStyle(e);
      if (!box.width) continue;
      const what = `<${{e.localName}} class="${{e.className}}"> ${{e.textContent.slice(0, 60)}}`;
      if (box.left < room.left - 1.5 || box.right > room.right + 1.5)
        found.push(`${{Math.round(box.right - room.right)}} px outside: ${{what}}`);
      else if (style.display !== 'inline' && style.overflowX !== 'visible' &&
               e.scrollWidth > e.clientWidth + 1)
        found.push(`${{e.scrollWidth - e.clientWidth}} px cut off: ${{what}}`);
    }}
    for (const pre of area.querySelectorAll('pre')) {{
      if (!/\\S  +\\S/.test(pre.textContent)) continue;  // a sentence may be broken, a table not
      const style = getComputedStyle(pre);
      const lines = (pre.clientHeight - parseFloat(style.paddingTop)
                     - parseFloat(style.paddingBottom)) / parseFloat(style.lineHeight);
      const wanted = pre.textContent.replace(/\\n$/, '').split('\\n').length;
      if (pre.checkVisibility() && lines > wanted + 0.5)
        found.push(`lines are broken: ${{pre.textContent.slice(0, 120)}}`);
    }}
  }}
  return found;
}})()
"""

# A picture is there, and a bitmap has at least 1.5 pixels for each one of the page.
PICTURES = f"""
[...document.querySelectorAll('{AREAS}')]
  .flatMap(area => [...area.querySelectorAll('img')])
  .filter(img => img.checkVisibility())
  .flatMap(img => {{
    const shown = img.getBoundingClientRect().width, has = img.naturalWidth;
    if (!img.complete || !has || !shown) return [`broken: ${{img.outerHTML.slice(0, 100)}}`];
    const bitmap = !img.currentSrc.startsWith('data:image/svg');
    return bitmap && has < 1.5 * shown ? [`blurred: ${{has}} pixels in ${{shown}}`] : [];
  }})
"""

# Each colour of text, what lies behind it from the nearest on, how large, and an example.  What
# highlights code, and a link, are the page's own, not ours.
INKS = """
(() => {
  const seen = new Map();
  for (const area of document.querySelectorAll('.jp-MarkdownOutput, .jp-OutputArea-output')) {
    const walk = document.createTreeWalker(area, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const e = walk.currentNode.parentElement, text = walk.currentNode.textContent.trim();
      if (!text || !e.checkVisibility()) continue;
      if (e.closest('svg, style, a, pre code, .highlight')) continue;
      const style = getComputedStyle(e), grounds = [];
      for (let up = e; up; up = up.parentElement) {
        const ground = getComputedStyle(up).backgroundColor;
        if (ground !== 'rgba(0, 0, 0, 0)') grounds.push(ground);
      }
      const large = parseFloat(style.fontSize) >= 24 ||
        parseFloat(style.fontSize) >= 18.6 && style.fontWeight >= 700 || text.length === 1;
      const key = [style.color, large, ...grounds].join();
      if (!seen.has(key)) seen.set(key, [style.color, grounds, large, text.slice(0, 60)]);
    }
  }
  return [...seen.values()];
})()
"""


def rgba(colour):
    """A colour as browsers give it, as four numbers."""
    parts = [float(x) for x in re.findall(r"[\d.]+", colour)]
    return parts if len(parts) == 4 else [*parts, 1.0]


def over(colour, ground):
    """What is seen of a colour, perhaps a translucent one, on an opaque ground."""
    *ink, alpha = rgba(colour)
    return [alpha * x + (1 - alpha) * y for x, y in zip(ink, ground, strict=True)]


def contrast(ink, *grounds):
    """The contrast of a text and what lies behind it, from the nearest on, by WCAG 2.1.

    Source: W3C, "Web Content Accessibility Guidelines (WCAG) 2.1", 2018.
    """
    ground = [255.0, 255.0, 255.0]
    for colour in reversed(grounds):
        ground = over(colour, ground)
    low, high = sorted(_luminance(colour) for colour in (over(ink, ground), ground))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour):
    parts = [x / 255 for x in colour]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def faults(page):
    """Everything that is wrong with the notebook in a page; the solutions are unfolded first."""
    page.run("document.querySelectorAll('details').forEach((e) => { e.open = true })")
    page.wait_for("[...document.images].every((img) => img.complete)")
    faint = [
        f"faint ({contrast(ink, *grounds):.1f}): {text}"
        for ink, grounds, large, text in page.run(INKS)
        if contrast(ink, *grounds) < (LEGIBLE_LARGE if large else LEGIBLE)
    ]
    return page.run(OVERFLOWS) + page.run(PICTURES) + faint
