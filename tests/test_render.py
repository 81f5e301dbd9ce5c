"""From DOT text to files and notebooks: which program renders, and what happens without one."""

import base64
import os
import stat
import struct
import sys
import xml.etree.ElementTree as ET

import pytest

import engine
import viz
from engine import Value
from viz import Picture, RendererNotFoundError, RenderError, draw
from viz.drawing import DARK, LIGHT, renderer
from viz.drawing.renderer import NO_RENDERER, find_renderer, render
from viz.graphs.picture import image

GRAPH = "digraph { a -> b }"


@pytest.fixture
def picture() -> Picture:
    x = Value(3.0, label="x<y")
    return draw(x * x)


@pytest.fixture
def without_renderer(monkeypatch):
    monkeypatch.setattr(renderer, "find_renderer", lambda: None)


def program(folder, name: str, script: str):
    """An executable of that name."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!{sys.executable}\n{script}")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def use(monkeypatch, path):
    monkeypatch.setattr(renderer, "find_renderer", lambda: str(path))


# --- which program ---


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """No renderer in any place that is looked at."""
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.setenv("PATH", str(empty))
    monkeypatch.setattr(sys, "executable", str(empty / "python"))
    monkeypatch.setattr(renderer.sysconfig, "get_path", lambda _: str(empty))
    return tmp_path


def test_without_any_program_there_is_none(nowhere):
    assert find_renderer() is None


def test_the_program_beside_the_interpreter_comes_first(nowhere, monkeypatch):
    beside = program(nowhere / "beside", "graphviz-pure", "")
    scripts = program(nowhere / "scripts", "graphviz-pure", "")
    on_path = program(nowhere / "path", "dot", "")
    monkeypatch.setenv("PATH", str(on_path.parent))
    assert find_renderer() == str(on_path)
    monkeypatch.setattr(renderer.sysconfig, "get_path", lambda _: str(scripts.parent))
    assert find_renderer() == str(scripts)
    monkeypatch.setattr(sys, "executable", str(beside.parent / "python"))
    assert find_renderer() == str(beside)


def test_an_embedded_interpreter_has_no_executable(nowhere, monkeypatch):
    monkeypatch.setattr(sys, "executable", "")
    assert find_renderer() is None


def test_dot_alone_will_do(picture, monkeypatch):
    """Debian's Graphviz, where it is installed, draws the same text."""
    dot = renderer.shutil.which("dot")
    if dot is None:
        pytest.skip("Graphviz's own dot is not installed here; .ci/run installs it")
    use(monkeypatch, dot)
    assert "x&lt;y" in picture.svg()


# --- rendering ---


def test_svg_is_well_formed_and_png_is_a_png():
    assert ET.fromstring(render(GRAPH)).tag == "{http://www.w3.org/2000/svg}svg"
    png = render(GRAPH, "png")
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", png[16:24])
    assert width > 100
    assert height > 100


@pytest.mark.parametrize("format", ["pdf", "", "SVG", None])
def test_another_format_is_refused(format):
    with pytest.raises(ValueError, match="format must be 'svg' or 'png'"):
        render(GRAPH, format)


def test_text_that_is_not_dot_is_refused():
    with pytest.raises(RenderError, match="syntax error"):
        render("digraph { -> }")


def test_no_renderer_says_what_to_install(without_renderer):
    with pytest.raises(RendererNotFoundError, match="pip install graphviz-pure"):
        render(GRAPH)


def test_a_slow_renderer_is_given_up(monkeypatch, tmp_path):
    use(monkeypatch, program(tmp_path, "slow", "import time; time.sleep(60)"))
    with pytest.raises(RenderError, match=r"no picture within 0\.2 s"):
        render(GRAPH, timeout=0.2)


def test_a_renderer_that_fails_is_quoted(monkeypatch, tmp_path):
    use(monkeypatch, program(tmp_path, "bad", "import sys; sys.exit('out of ink')"))
    with pytest.raises(RenderError, match="ended with status 1: out of ink"):
        render(GRAPH)


def test_a_renderer_that_says_nothing_is_reported(monkeypatch, tmp_path):
    use(monkeypatch, program(tmp_path, "silent", ""))
    with pytest.raises(RenderError, match="ended with status 0: it said nothing"):
        render(GRAPH)


@pytest.mark.parametrize("name", ["missing", "folder"])
def test_a_renderer_that_cannot_start_is_reported(name, monkeypatch, tmp_path):
    (tmp_path / "folder").mkdir()
    use(monkeypatch, tmp_path / name)
    with pytest.raises(RenderError, match="could not be started"):
        render(GRAPH)


def test_warnings_on_stderr_mean_no_harm(monkeypatch, tmp_path):
    script = "import sys; sys.stderr.write('Warning: no glyph'); print('<svg/>')"
    use(monkeypatch, program(tmp_path, "chatty", script))
    assert render(GRAPH).strip() == b"<svg/>"


# --- saving ---


@pytest.mark.parametrize(
    ("name", "start"), [("g.svg", b"<?xml"), ("g.PNG", b"\x89PNG"), ("g.dot", b"digraph {")]
)
def test_save_writes_what_the_suffix_names(picture, tmp_path, name, start):
    path = picture.save(tmp_path / name)
    assert path == tmp_path / name
    assert path.read_bytes().startswith(start)


def test_save_takes_a_plain_string(picture, tmp_path):
    assert picture.save(str(tmp_path / "g.dot")).read_text(encoding="utf-8") == picture.dot


@pytest.mark.parametrize("name", ["g.pdf", "g", "g.svg.gz", ".svg"])
def test_another_suffix_is_refused_and_nothing_written(picture, tmp_path, name):
    with pytest.raises(ValueError, match=r"must end in \.svg, \.png, \.html, \.dot"):
        picture.save(tmp_path / name)
    assert os.listdir(tmp_path) == []


def test_without_a_renderer_dot_can_be_saved_and_svg_says_why_not(
    picture, tmp_path, without_renderer
):
    assert picture.save(tmp_path / "g.dot").exists()
    with pytest.raises(RendererNotFoundError):
        picture.save(tmp_path / "g.svg")
    assert os.listdir(tmp_path) == ["g.dot"]


def test_a_folder_that_is_not_there_is_an_os_error(picture, tmp_path):
    with pytest.raises(OSError, match="No such file"):
        picture.save(tmp_path / "missing" / "g.dot")


# --- notebooks ---


def test_a_notebook_is_given_svg(picture):
    bundle = picture._repr_mimebundle_()
    assert sorted(bundle) == ["image/svg+xml", "text/html", "text/plain"]
    assert bundle["image/svg+xml"].startswith("<svg")
    assert picture._repr_svg_() == bundle["image/svg+xml"]
    assert picture._repr_html_() == bundle["text/html"]


def test_where_drawings_are_taken_out_of_a_page_an_image_stays(picture):
    """On GitHub, and in a notebook that JupyterLab does not trust."""
    page = picture._repr_html_()
    assert page.startswith('<img alt="graph of 2 boxes, from left to right. L: output of mul, ')
    encoded = page.partition("base64,")[2].partition('"')[0]
    assert base64.b64decode(encoded).decode() == picture.svg()


def test_what_an_image_is_said_to_be_is_escaped():
    assert image("<svg/>", 'a "b" <c>').startswith('<img alt="a &quot;b&quot; &lt;c&gt;" style=')


def test_a_wide_picture_takes_the_width_of_its_cell_and_keeps_its_own_in_a_file(tmp_path):
    narrow, wide = Picture("digraph { a -> b }"), Picture("digraph { a -> b; a [width=20] }")
    assert narrow._repr_svg_() == narrow.svg()
    assert wide._repr_svg_().startswith('<svg width="100%"')
    assert "viewBox" in wide._repr_svg_().partition(">")[0]
    assert '<svg width="14' in wide.save(tmp_path / "wide.svg").read_text(encoding="utf-8")


def test_without_a_renderer_a_notebook_is_given_text_and_a_message(picture, without_renderer):
    bundle = picture._repr_mimebundle_()
    assert sorted(bundle) == ["text/html", "text/plain"]
    assert "pip install graphviz-pure" in bundle["text/html"]
    assert "x&amp;lt;y" in bundle["text/html"]
    assert bundle["text/plain"] == f"{NO_RENDERER}\n\n{picture.dot}"
    assert picture._repr_svg_() is None
    assert picture._repr_html_() == bundle["text/html"]


def test_a_broken_renderer_never_breaks_a_repr(picture, monkeypatch, tmp_path):
    use(monkeypatch, program(tmp_path, "bad", "import sys; sys.exit('<oops>')"))
    assert "&lt;oops&gt;" in picture._repr_mimebundle_()["text/html"]
    assert repr(picture)
    assert str(picture) == picture.dot


def test_the_picture_is_rendered_once(picture, monkeypatch):
    svg = picture.svg()
    monkeypatch.setattr(renderer, "find_renderer", lambda: None)
    assert picture.svg() is svg


def test_repr_is_short_and_str_is_the_text(picture):
    assert repr(picture).startswith("<Picture of ")
    assert len(repr(picture)) < 120
    assert str(picture) == picture.dot


def test_a_picture_stays_as_it_was_drawn():
    x = Value(3.0)
    y = x * x
    before = draw(y)
    y.backward()
    assert "not computed" in before.dot
    assert "not computed" not in draw(y).dot


def test_draw_passes_its_options_on():
    y = Value(1.0) + 1
    options = {"direction": "TB", "dark": True, "max_nodes": 2}
    assert draw(y, **options).dot == viz.to_dot(y, **options)
    with pytest.raises(viz.GraphTooLargeError):
        draw(y, max_nodes=1, fold=False)


# --- as a page of its own ---


def test_a_picture_is_saved_as_a_page_that_holds_all_it_needs(picture, tmp_path):
    page = picture.save(tmp_path / "g.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert picture.svg() in page
    assert 'data-direction="LR"' in page
    assert "http" not in page.replace("http://www.w3.org", "")
    down = draw(Value(1.0) * 2.0, direction="TB").page()
    assert 'data-direction="TB"' in down


def test_a_page_is_dark_where_the_picture_is_or_the_reader_wants_it():
    y = Value(1.0) * 2.0
    light, dark = draw(y).page(), draw(y, dark=True).page()
    assert "prefers-color-scheme: dark" in light
    assert "prefers-color-scheme: dark" not in dark
    assert f'svg [fill="{LIGHT.foreground}"] {{ fill: {DARK.foreground} }}' in light


def test_an_interactive_picture_is_a_page_in_a_notebook_and_an_image_where_frames_are_taken_out():
    x = Value(1.0, label="x<y")
    y = x
    for _ in range(60):
        y = engine.sin(y)
    picture = draw(y, interactive=True)
    bundle = picture._repr_mimebundle_()
    assert sorted(bundle) == ["text/html", "text/plain"]
    assert bundle["text/html"].count("<iframe ") == bundle["text/html"].count("<img ") == 1
    assert 'sandbox="allow-scripts"' in bundle["text/html"]
    assert "folded" not in picture.dot
    assert picture.dot.count("result of sin") > 100
    assert draw(y, interactive=True, max_nodes=5).dot == draw(y, max_nodes=5).dot


# --- letters of other alphabets, in pixels ---


def labelled_png(letters: str) -> bytes:
    return render(draw(Value(1.0, label=letters)).dot, "png")


def test_letters_that_the_embedded_font_lacks_do_not_all_look_alike():
    """日 and 本 were the same empty box, and so were emoji and Arabic."""
    pictures = {labelled_png(letter) for letter in "日本😀🎲عر"}
    assert len(pictures) == 6


def test_without_another_program_such_letters_stand_as_their_numbers(monkeypatch):
    own = find_renderer()
    monkeypatch.setattr(renderer, "find_renderer", lambda: own)
    monkeypatch.setattr(renderer.shutil, "which", lambda *_, **__: None)
    assert labelled_png("日") == labelled_png("[U+65E5]")
    assert len({labelled_png(letter) for letter in "日本😀🎲عر"}) == 6


def test_where_the_other_program_cannot_draw_them_their_numbers_stand_there(monkeypatch, tmp_path):
    bad = program(tmp_path / "path", "dot", "import sys; sys.exit('no pixels here')")
    own = find_renderer()
    monkeypatch.setattr(renderer, "find_renderer", lambda: own)
    monkeypatch.setenv("PATH", str(bad.parent))
    assert labelled_png("日") == labelled_png("[U+65E5]")


def test_common_letters_and_all_svg_stay_with_the_program_that_comes_first(monkeypatch):
    own = find_renderer()
    monkeypatch.setattr(renderer, "find_renderer", lambda: own)
    monkeypatch.setattr(renderer.shutil, "which", lambda *_, **__: pytest.fail("asked for dot"))
    assert labelled_png("Ünïλ × ∂ √ →")
    assert "日" in render(draw(Value(1.0, label="日")).dot).decode()
