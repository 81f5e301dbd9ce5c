"""The site: what is staged, what is built, and that every link in it leads somewhere."""

import re
import sys
import tempfile
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from built_site import built

from viz.command import main
from viz.site import SiteError, build
from viz.site.source_links import link_of
from viz.site.sources import sources
from viz.site.staging import place_of, relinked

ROOT = Path(__file__).resolve().parent.parent
LARGEST = 60_000_000  # bytes of the whole site


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The folder of the site, built once for all workers."""
    return built(tmp_path_factory)


class Links(HTMLParser):
    """Where the links of a page lead, what it loads, and its anchors."""

    def __init__(self, html):
        super().__init__()
        self.targets, self.loaded, self.anchors = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if "id" in found:
            self.anchors.append(found["id"])
        if tag == "a" and "href" in found:
            self.targets.append(found["href"])
        if tag == "link" and found.get("rel") != "canonical":
            self.loaded.append(found["href"])
        if tag in ("img", "script", "source", "iframe"):
            self.loaded += [found[key] for key in ("src", "srcset") if key in found]


def read_all(site):
    return {page: Links(page.read_text(encoding="utf-8")) for page in sorted(site.rglob("*.html"))}


@pytest.mark.slow
def test_every_link_leads_somewhere(site):
    pages, dead = read_all(site), []
    for page, links in pages.items():
        for target in [*links.targets, *links.loaded]:
            parts = urlsplit(target)
            if parts.scheme in ("http", "https", "data"):
                continue
            file = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            anchors = pages[file].anchors if file in pages else []
            if not file.is_file() or (parts.fragment and unquote(parts.fragment) not in anchors):
                dead.append(f"{page.relative_to(site)}: {target}")
    assert dead == []
    assert len(pages) > 300


@pytest.mark.slow
def test_nothing_is_loaded_from_another_host(site):
    loaded = {
        f"{page.relative_to(site)}: {target[:80]}"
        for page, links in read_all(site).items()
        for target in links.loaded
        if urlsplit(target).scheme not in ("", "data") or target.startswith("//")
    }
    assert loaded == set()
    for style in site.rglob("*.css"):
        text = style.read_text(encoding="utf-8")
        assert not re.search(r"(?:@import|url\()\s*[\"']?(?:https?:)?//", text), style


@pytest.mark.slow
def test_every_file_that_has_a_page_is_there(site):
    places = [Path(place_of(path)) for path in sources() if place_of(path)]
    pages = [place.with_suffix(".html") for place in places if place.suffix in (".md", ".ipynb")]
    assert [page for page in pages if not (site / page).is_file()] == []
    assert Path("course/18_where_to_go_next.html") in pages


@pytest.mark.slow
def test_a_lesson_begins_with_its_imports(site):
    lessons = sorted(site.glob("course/*.html"))
    assert len(lessons) == 19
    for lesson in lessons:
        assert "find_spec" not in lesson.read_text(encoding="utf-8"), lesson


@pytest.mark.slow
def test_the_home_page_leads_to_every_part_and_says_how_to_install(site):
    home = site / "index.html"
    article = home.read_text(encoding="utf-8").partition("<article")[2].partition("</article")[0]
    targets = Links(article).targets
    for folder in ("howto", "explanation"):
        pages = sorted(page.name for page in (site / folder).glob("*.html"))
        assert [name for name in pages if f"{folder}/{name}" not in targets] == []
    assert "pip install" in re.sub(r"<[^>]*>", "", article)  # code stands in colours


@pytest.mark.slow
def test_no_page_has_an_anchor_twice(site):
    for page, links in read_all(site).items():
        twice = {one for one in links.anchors if links.anchors.count(one) > 1}
        assert twice == set(), page


@pytest.mark.slow
def test_formulas_are_mathml(site):
    page = (site / "course/04_the_table_of_derivatives.html").read_text(encoding="utf-8")
    assert "<math" in page
    assert "MathJax" not in page


@pytest.mark.slow
def test_the_site_is_small(site):
    assert sum(file.stat().st_size for file in site.rglob("*") if file.is_file()) <= LARGEST


@pytest.mark.slow
def test_no_path_of_this_machine_is_in_it(site):
    places = [str(ROOT), f"{tempfile.gettempdir()}/tmp"]
    for file in [*site.rglob("*.html"), *site.rglob("*.js")]:
        text = file.read_text(encoding="utf-8")
        assert not [place for place in places if place in text], file


# --- links of Markdown ---


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("[a](porting.md#x)", "docs/tour.md", "[a](porting.md#x)"),
        ("[a](../porting.md)", "docs/howto/own.md", "[a](../porting.md)"),
        ("[a](GLOSSARY.md#leaf)", "notebooks/03_x.ipynb", "[a](../glossary.md#leaf)"),
        ("[a](../README.md#ops)", "notebooks/03_x.ipynb", "[a](../index.md)"),
        ("![a](../.github/sweep.svg)", "docs/scaling.md", "![a](pictures/sweep.svg)"),
        ("[`a`](../nn/optim/sgd.py)", "docs/a.md", "[`a`](source:nn/optim/sgd.py)"),
        ("[a](LICENSE) [b](https://x.org/y.md)", "README.md", "a [b](https://x.org/y.md)"),
        ("[a](#here)", "docs/a.md", "[a](#here)"),
        ("```sh\n[a](LICENSE)\n```\n[a](LICENSE)", "README.md", "```sh\n[a](LICENSE)\n```\na"),
        ("``[a](`b`)`` [`b`](LICENSE)", "README.md", "``[a](`b`)`` `b`"),
    ],
)
def test_links_are_written_for_the_site(text, path, expected):
    assert relinked(text, path) == expected


def test_a_name_leads_to_its_source():
    assert link_of("py", {"module": "engine", "fullname": "grad"}).startswith("source:engine/")
    assert link_of("py", {"module": "nn", "fullname": "Linear.forward"}).endswith(
        "nn/layers/linear.py#Linear.forward"
    )
    assert link_of("py", {"module": "", "fullname": "engine.tanh"}) is None  # its row is there


# --- the command ---


def test_without_sphinx_it_says_how_to_get_it(monkeypatch, capsys, tmp_path):
    monkeypatch.setitem(sys.modules, "sphinx.application", None)
    assert main(["docs", "--out", str(tmp_path / "site")]) == 2
    assert "pip install 'twingrad[docs]'" in capsys.readouterr().err


def test_a_folder_that_is_no_site_is_left_alone(tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("mine")
    assert main(["docs", "--out", str(tmp_path)]) == 2
    assert "is there and is not a site" in capsys.readouterr().err
    with pytest.raises(SiteError, match="name another folder"):
        build(tmp_path / "thesis.txt", {})
    assert (tmp_path / "thesis.txt").read_text() == "mine"
