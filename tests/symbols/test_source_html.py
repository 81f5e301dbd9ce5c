"""The text of `source` in a notebook: in colours, and every character of it."""

import html
import re

import pytest
from IPython.lib.pretty import pretty

import engine
from engine.writing.highlighting import highlighted


@pytest.mark.parametrize(
    "text",
    [
        engine.source(lambda x: engine.where(x < 0, x * 0.1, x), 2.0),
        "",
        "x",
        "x = 1\n",
        "s = '<b>&amp;</b>'  # <script>alert(1)</script> & \"\n",
        's = """one\ntwo\n"""\nif s: pass\n',
        "é = 'ü𝛼'  # ∂/∂x\nreturn_ = é\n",
        "a = '\u2028\x1c'\nb = 3\n",
    ],
)
def test_every_character_is_shown(text):
    page = highlighted(text)
    assert html.unescape(re.sub("<[^>]*>", "", page)) == text
    assert "<script" not in page


def test_a_program_shows_itself_in_colours_in_a_notebook():
    page = engine.source(lambda x: engine.tanh(x), 0.5)._repr_html_()
    assert 'bold">return</span>' in page
    assert 'italic"># tanh</span>' in page
    assert page.startswith("<pre")
    assert page.endswith("</pre>")


def test_in_ipython_the_text_has_its_lines():
    program = engine.source(lambda x: engine.tanh(x), 0.5)
    assert pretty(program) == str(program)
