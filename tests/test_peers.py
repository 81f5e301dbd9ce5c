"""What libraries are asked: twingrad's answers are so, and the tables are what was answered."""

import re

import pytest
from bench import command, peers
from bench.asked import LIBRARIES, QUESTIONS, READ, READ_BEFORE, Question
from bench.peers import Answer, answer_to
from pages import ROOT, text_of

OF_EACH = pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.label)


@pytest.fixture(autouse=True)
def _a_clone_s_twingrad(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))


@OF_EACH
def test_twingrad_does_what_is_asked(question):
    assert answer_to(question, "twingrad") == Answer(True)


@OF_EACH
def test_each_library_is_asked_or_a_reason_says_why_not(question):
    assert sorted([*question.programs, *question.reasons]) == sorted(LIBRARIES)


def table_of(page):
    """The rows of the table that the tool writes, by label."""
    text = text_of(page).split("<!-- peers: begin -->")[1].split("<!-- peers: end -->")[0]
    lines = [[c.strip() for c in line.strip("|").split("|")] for line in text.splitlines()]
    return {row[0]: row[1:] for row in lines if len(row) == 1 + len(LIBRARIES)}


@pytest.mark.parametrize("page", peers.PAGES)
def test_a_page_s_table_is_what_was_asked_and_read(page):
    table = table_of(page)
    labels = [question.label for question in QUESTIONS]
    assert list(table)[2:-1] == [*READ_BEFORE, *labels, *READ]
    assert table[""] == list(LIBRARIES)
    assert {table[label][0] for label in labels} == {peers.YES}
    assert {label: tuple(table[label]) for label in READ} == READ


def test_both_pages_have_one_table():
    readme, page = map(table_of, peers.PAGES)
    assert readme == page


def test_the_page_says_why_where_there_is_no_yes():
    text = text_of("docs/comparison.md")
    for question in QUESTIONS:
        assert f"| {question.label} | {question.meaning} |" in text
        said = re.search(
            rf"^\| {re.escape(question.label)} \| .* \| (.*) \|$", text.split("| asked")[1], re.M
        )
        no = [
            n
            for n, cell in zip(LIBRARIES, table_of("README.md")[question.label], strict=True)
            if cell == peers.NO
        ]
        assert re.findall(r"(?:^|; )(\w+): ", said[1]) == no


# --- the tool ---


def asked(program, right="1 + 1 = 2"):  # no part of the name of a temporary folder
    return answer_to(Question("", "", right, {"twingrad": program}, {"JAX": "cannot"}), "twingrad")


def test_no_is_said_with_the_last_line_of_the_program():
    assert asked("print(f'{1 + 1 = }')") == Answer(True)
    assert asked("print('a')\nprint('b')") == Answer(False, "gives a\nb")
    assert asked("pass") == Answer(False, "gives nothing")
    assert asked("1 / 0") == Answer(False, "ZeroDivisionError: division by zero")


def test_no_is_said_with_the_reason_where_there_is_no_program():
    question = Question("", "", "2", {}, {"JAX": "cannot"})
    assert answer_to(question, "JAX") == Answer(False, "cannot")


def test_a_program_that_takes_too_long_is_stopped(monkeypatch):
    monkeypatch.setattr(peers, "SECONDS", 1)
    assert asked("while True:\n    pass") == Answer(False, "not done in 1 s")


def test_all_libraries_have_to_be_there(monkeypatch, tmp_path):
    monkeypatch.setattr(peers, "find_spec", lambda package: None)
    with pytest.raises(SystemExit, match=r"not installed: micrograd, mygrad.*\[bench\]"):
        command.main(["--peers"], tmp_path)


def test_both_pages_are_renewed(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(peers, "find_spec", lambda package: True)
    monkeypatch.setattr(peers, "version", lambda package: "1.0")
    monkeypatch.setattr(peers, "lines_of_python", lambda library: "7")
    monkeypatch.setattr(
        peers, "answer_to", lambda question, library: Answer(False, f"no|{library}")
    )
    (tmp_path / "docs").mkdir()
    for page in peers.PAGES:
        empty = "a\n<!-- peers: begin -->\n<!-- peers: end -->\nb\n"
        (tmp_path / page).write_text(empty, encoding="utf-8")
    command.main(["--peers"], tmp_path)
    readme, page = ((tmp_path / page).read_text(encoding="utf-8") for page in peers.PAGES)
    assert readme.endswith("| lines of Python | 7 | 7 | 7 | 7 | 7 | 7 |\n<!-- peers: end -->\nb\n")
    assert "JAX 1.0" in page
    assert "micrograd: no\\|micrograd; " in page
    assert (
        page in f"a\n<!-- peers: begin -->\n{capsys.readouterr().out[:-1]}<!-- peers: end -->\nb\n"
    )


def test_lines_of_twingrad_are_those_of_its_rooms():
    assert 50_000 < int(peers.lines_of_python("twingrad").replace(",", "")) < 200_000
