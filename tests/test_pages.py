"""What the pages show is so: their code runs, prints what they say it prints, and links lead on."""

import contextlib
import importlib
import importlib.util
import io
import linecache
import re
import shlex
import tomllib
from types import ModuleType

import pytest
from helpers import own_ops
from pages import FENCE, ROOT, fences, headings, links, text_of
from test_project import setup

from viz.command import cli, main

PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in (".", "docs", "notebooks")
    for path in (ROOT / folder).glob("**/*.md" if folder == "docs" else "*.md")
)
SLOW = {"docs/scaling.md"}  # starts processes
#: Commands that wait for a browser, or train for minutes: their words are read, and no more.
READ_ONLY = {"demo", "docs", "notebooks", "watch"}
#: Names on the pages that are a reader's own, or are said not to be there.
NOT_THERE = {
    "engine.softsign", "engine.softsign.latex", "viz.plots.name",
    "nn.DataParallel", "engine.distributed",
}  # fmt: skip
EXTRAS = tomllib.loads(text_of("pyproject.toml"))["project"]["optional-dependencies"]


# --- the lines of a shell ---


def module_is_there(name):
    return importlib.util.find_spec(name) is not None


def path_is_there(path):
    return (ROOT / path).exists()


def extras_are_there(words):
    """Of `pip install -e '.[plots,cluster]'`, and of packages by their name."""
    asked = re.search(r"\[(.*?)\]", words)
    return set(asked[1].split(",") if asked else ()) <= set(EXTRAS)


def always(*_):
    return True


#: Every kind of line that a page may show, and what has to hold of the words that vary.
KINDS = {
    r"python3 \.ci/setup\.py (\w+)( .*)?": lambda word, _: word in setup.EXTRAS,
    r"(?:python3? -m )?pip install (.*)": extras_are_there,
    r"python3? -m ([\w.]+)(?: .*)?": module_is_there,
    r"python3? ([\w/.]+)(?: .*)?": path_is_there,
    r"pytest (\S+)(?: .*)?": path_is_there,
    r"(\.ci/run)": path_is_there,
    r"npm install --prefix (\S+)": path_is_there,
    r"jupyter (nbconvert) .*": module_is_there,
    r"git clone \S+|cd twingrad|\. \.venv/bin/activate": always,
    r"(?:sudo )?apt-get (?:update|install -y python3\S*-venv)": always,
}


def check_line(line):
    """That a line is of a known kind, and names what is there."""
    for kind, holds in KINDS.items():
        if match := re.fullmatch(kind, line):
            assert holds(*match.groups()), f"names something that is not there: {line}"
            return
    raise AssertionError(f"of no kind that is checked: {line}")


def run_line(line):
    """Run what is twingrad's, or look at what is not."""
    words = shlex.split(line, comments=True)
    if not words:
        return
    if words[0] != "twingrad":
        check_line(line.partition(" #")[0].strip())
    elif words[1] in READ_ONLY:
        cli._parser().parse_args(words[1:])
    else:
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            assert main(words[1:]) == 0, f"{line}\n{said.getvalue()}"


# --- a page ---


def run_page(page, text):
    """Run the blocks of a page, in order, as one program; compare what it says they print."""
    space, printed = {"__name__": "page"}, ""
    for fence in fences(text):
        where = f"{page}:{fence.line}"
        if fence.not_run or fence.language.startswith("{"):  # {toctree}: the site's business
            continue
        if fence.language == "text" or "printed" in fence.said:
            check_printed(fence, printed, where)
            continue
        with contextlib.redirect_stdout(io.StringIO()) as out:
            if fence.language == "python":
                exec(compiled(fence, where), space)
            elif fence.language == "sh":
                for line in fence.text.replace("\\\n", " ").splitlines():
                    run_line(line)
            else:
                raise AssertionError(f"{where}: a block in {fence.language or 'no language'}")
        printed = out.getvalue()
    return space


def compiled(fence, where):
    """Its code, whose tracebacks have the page's own lines, and whose source can be looked up."""
    code = "\n" * (fence.line - 1) + fence.text
    linecache.cache[where] = (len(code), None, code.splitlines(keepends=True), where)
    return compile(code, where, "exec")


def check_printed(fence, printed, where):
    """Right after a block it is all that this printed; after some words a part of it.

    Where the page has … anything may stand: last digits, which differ from machine to machine.
    """
    shown, out = (strip_lines(text) for text in (fence.text, printed))
    pattern = re.escape(shown).replace("…", ".*")
    if fence.follows:
        assert re.fullmatch(pattern, out), f"{where} says\n{shown}\nbut what is printed is\n{out}"
    else:
        assert re.search(pattern, out), f"{where} says\n{shown}\nwhich is not in\n{out}"


def strip_lines(text):
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())


@pytest.mark.parametrize(
    "page", [pytest.param(p, marks=pytest.mark.slow if p in SLOW else ()) for p in PAGES]
)
@pytest.mark.usefixtures("in_a_folder_of_its_own", "figures_closed")
def test_a_page_is_a_program_that_prints_what_it_says(page):
    with own_ops():
        run_page(page, text_of(page))


@pytest.mark.parametrize("page", PAGES)
def test_commands_in_its_sentences_are_there(page):
    """Placeholders do not run, so of twingrad's own it is the first word alone."""
    commands = {name for name, *_ in cli.COMMANDS}
    prose = FENCE.sub("", text_of(page))
    for span in re.findall(r"`((?:twingrad|python3?|pip|pytest|npm|jupyter)\s[^`]+)`", prose):
        line = " ".join(span.split())
        if line.startswith("twingrad "):
            assert line.split()[1] in {*commands, "--help", "--version"}, line
        else:
            check_line(line)


def is_there(name):
    """Whether a dotted name leads to something, by attributes and modules."""
    found, path = None, ""
    for part in name.split("."):
        path = f"{path}.{part}".lstrip(".")
        if hasattr(found, part):
            found = getattr(found, part)
        elif isinstance(found, ModuleType | None) and importlib.util.find_spec(path):
            found = importlib.import_module(path)
        else:
            return False
    return True


@pytest.mark.parametrize("page", PAGES)
def test_names_in_its_sentences_are_there(page):
    spans = re.findall(r"`([^`]+)`", FENCE.sub("", text_of(page)))
    dotted = r"(?<![\w./])(?:engine|nn|viz|notebooks)(?:\.[A-Za-z_]\w*)+"
    names = {name for span in spans for name in re.findall(dotted, span)}
    assert not [name for name in names - NOT_THERE if not is_there(name)]


def test_names_that_are_not_there_are_told_from_others():
    assert is_there("engine.linalg.solve")
    assert is_there("nn.examples.digits_mlp.main")
    assert not is_there("engine.tahn")
    assert not is_there("nn.Linear.forwards")


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files_and_headings_that_are_there(page):
    for path, anchor in links(FENCE.sub("", text_of(page))):
        target = (ROOT / page).parent.joinpath(path).resolve() if path else ROOT / page
        assert target.exists(), path
        if anchor and target.suffix == ".md":
            assert anchor in headings(target.relative_to(ROOT)), f"{path}#{anchor}"


@pytest.mark.parametrize("page", PAGES)
def test_every_fence_is_closed(page):
    text = text_of(page)
    assert len(re.findall(r"^ *(?:```|~~~)", text, re.MULTILINE)) == 2 * len(fences(text))


def test_few_blocks_are_not_run_and_each_says_why():
    said = [(page, f.line, f.not_run) for page in PAGES for f in fences(text_of(page)) if f.not_run]
    assert len(said) <= 6, said


# --- and the pages that would be wrong ---


PRINTS_TWO_LINES = "```python\nprint('1\\n2')\n```\n"
WRONG = {
    "a block in no language": "```\nx = 1\n```\n",
    "a block in json": "```json\n{}\n```\n",
    "which is not in": PRINTS_TWO_LINES + "It says\n```text\n3\n```\n",
    r"is printed is\s+1\s+2": PRINTS_TWO_LINES + "\n```text\n2\n```\n",
    r"says\s+1\s+but": PRINTS_TWO_LINES + "<!-- printed -->\n```python\n1\n```\n",
    "names something that is not there": "```sh\npip install -e '.[plot]'\n```\n",
    "of no kind that is checked": "```sh\nrm -rf build\n```\n",
    "did you mean tan": "```sh\ntwingrad draw 'tahn(a)' a=2\n```\n",
}


@pytest.mark.parametrize("said", WRONG)
def test_what_is_wrong_on_a_page_is_found(said, in_a_folder_of_its_own):
    with pytest.raises(AssertionError, match=said):
        run_page("page.md", WRONG[said])


def test_a_mistake_in_a_block_is_reported_with_the_line_of_the_page():
    with pytest.raises(ZeroDivisionError) as caught:
        run_page("page.md", "# Title\n\n```python\nx = 1\nx / 0\n```\n")
    assert caught.traceback[-1].lineno + 1 == 5


def test_blocks_of_a_page_are_one_program_and_what_is_marked_is_left_out():
    text = "```python\nx = 1\n```\n<!-- not run: of another\nlibrary -->\n```python\nx = 2\n```\n"
    space = run_page("page.md", text + "```python\ny = x + 1\n```\n")
    assert (space["x"], space["y"]) == (1, 2)
    assert fences(text)[1].not_run == "of another library"
