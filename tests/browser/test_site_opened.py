"""The site in a real browser, opened as a file: it is quiet, all of it can be reached and read."""

import pytest
from axe import violations
from built_site import built

#: A page of each kind.
PAGES = [
    "index.html", "tour.html", "course.html", "glossary.html", "cheatsheet.html", "op_table.html",
    "reading_the_source.html", "benchmarks.html", "porting.html", "explanation/kinks.html",
    "howto/debugging_a_nan.html", "course/00_start_here.html",
    "course/04_the_table_of_derivatives.html", "course/16_sequences.html",
    "source/engine/core.html", "reference/index.html", "reference/numbers.html",
    "reference/optimizers.html", "reference/commands.html", "search.html", "changelog.html",
]  # fmt: skip
STEPPER = "course/00_start_here.html"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The folder of the site."""
    return built(tmp_path_factory)


@pytest.fixture
def show(page, site):
    """Open a page of the site; it may complain of nothing, and ask for nothing but its files."""
    page.prefer(prefers_reduced_motion="reduce")

    def opened(name):
        page.open(site / name)
        return page

    yield opened
    assert page.complaints() == []
    assert [url for url in page.requests() if not url.startswith(site.as_uri())] == []


@pytest.mark.parametrize("name", PAGES)
def test_nothing_sticks_out_and_nothing_breaks_a_rule_of_accessibility(show, page, name):
    for scheme, width in (("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390)):
        page.resize(width, 844)
        page.prefer(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
        show(name)
        assert page.run("document.documentElement.scrollWidth") <= width
        assert violations(page) == [], f"{scheme}, {width} px"


@pytest.mark.parametrize(
    ("words", "found"), [("tanh", "reference/numbers"), ("vanishing gradient", "16_sequences")]
)
def test_the_search_finds_without_a_server(show, page, words, found):
    show("index.html")
    page.run("document.querySelector('input[name=q]').focus()")
    outline = page.run("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"  # keys are seen to be there
    page.call("Input.insertText", text=words)
    page.press("Enter")
    page.wait_for("document.querySelector('.search-summary')?.textContent.includes('finished')")
    links = page.run("[...document.querySelectorAll('ul.search li a')].map((a) => a.href)")
    assert any(found in link for link in links), links
    assert violations(page) == []


def test_a_stepper_steps_on_a_page_of_the_course(show, page):
    show(STEPPER)
    page.run("document.querySelector('iframe').scrollIntoView()")
    frame = page.frame("iframe")
    frame.wait_for("document.documentElement.classList.contains('js')")
    before = frame.text("#count")
    frame.click("#next")
    frame.wait_for(f"document.getElementById('count').textContent !== '{before}'")
    assert frame.complaints() == []
    assert frame.requests() == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_frames_follow_the_switch_of_the_page_against_the_system(show, page, theme):
    system = {"light": "dark", "dark": "light"}[theme]
    page.prefer(prefers_color_scheme=system, prefers_reduced_motion="reduce")
    show(STEPPER)
    frame = page.frame("iframe")
    dark = "matchMedia('(prefers-color-scheme: dark)').matches"
    assert frame.run(dark) == (system == "dark")
    page.run(f"document.body.dataset.theme = '{theme}'")
    frame.wait_for(f"{dark} === {str(theme == 'dark').lower()}")


def test_keys_alone_skip_to_the_text_and_switch_the_theme(show, page):
    show("index.html")
    page.press("Tab")
    assert page.run("document.activeElement.className") == "skip-to-content muted-link"
    outline = "(() => { const s = getComputedStyle(document.activeElement);"
    assert page.run(f"{outline} return s.outlineStyle !== 'none' }})()")
    page.press("Enter")
    assert page.run("location.hash") == "#furo-main-content"
    for _ in range(60):
        page.press("Tab")
        if "theme-toggle" in page.run("document.activeElement.className"):
            break
    theme = page.run("document.body.dataset.theme")
    page.press("Enter")
    assert page.run("document.body.dataset.theme") != theme


def test_the_next_page_of_the_course_is_one_link_away(show, page):
    show("course/03_backward_one_edge_at_a_time.html")
    links = page.run("[...document.querySelectorAll('.related-pages a')].map((a) => a.href)")
    assert [link.rpartition("/")[2][:2] for link in links] == ["04", "02"]


def test_without_scripts_the_text_and_the_steps_as_a_table_are_there(site, page):
    page.scripts(enabled=False)
    page.open(site / STEPPER)
    page.scripts(enabled=True)  # for the questions below; the page's own did not run
    assert "A gradient says how much" in page.run("document.body.innerText")
    assert page.run("document.querySelectorAll('math, table').length") > 0
