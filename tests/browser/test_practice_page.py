"""Practice in a real browser: it asks, says right or why not, and keeps count."""

import pytest
from axe import violations
from stepper import started

import engine
from engine import Value
from viz import practice


def twice():
    a, b, c = Value(2.0, label="a"), Value(-3.0, label="b"), Value(5.0, label="c")
    d = a * b
    d.label = "d"
    return d * c + a


@pytest.fixture
def show(quiet, tmp_path):
    """Open a page of exercises; no complaint and no request may come of it."""
    quiet.prefer(prefers_reduced_motion="reduce")

    def opened(*args, **options):
        page = started(quiet, practice(*args, **options).save(tmp_path / "practice.html"))
        page.wait_for("document.getElementById('slider').value !== '0'")
        return page

    return opened


def question(page):
    return page.text("#ask label").split(". ")[-1]


def reply(page):
    return page.text("#ask [role=status]")


def score(page):
    return page.text("#ask > p:last-child")


def answer(page, text):
    """What comes of an answer that is typed."""
    page.click("#answer")
    page.run("document.getElementById('answer').value = ''")
    page.call("Input.insertText", text=text)
    page.press("Enter")
    return reply(page)


def button(page, text):
    page.run(
        f"[...document.querySelectorAll('#ask button')].find((b) => b.textContent === '{text}')"
        ".dataset.wanted = 1"
    )
    page.click("[data-wanted]")
    page.run("delete document.querySelector('[data-wanted]')?.dataset.wanted")


def test_the_next_contribution_is_hidden_until_it_is_found(show):
    page = show(twice())
    assert question(page) == "What is added to ∂L/∂n4?"
    assert page.run("document.getElementById('next').disabled")
    position = page.text("#count")
    page.press("End")
    page.press("ArrowRight")
    assert page.text("#count") == position
    assert page.text("#times") == "× ?"
    gradients = page.run(
        "[...document.querySelectorAll('.node .g, #gradients td:last-child')]"
        ".map((e) => e.textContent).filter((t) => t && t !== '·' && t !== 'none')"
    )
    assert set(gradients) == {"1"}  # where backward begins
    hidden = page.run("[...document.querySelectorAll('#all tbody tr')].map((r) => r.hidden)")
    assert hidden == [False] * 4 + [True] * 6
    assert answer(page, "1").startswith("Right: ∂L/∂n4 += ")
    assert page.text("#count") != position
    assert question(page) == "What is added to ∂L/∂a?"


def test_a_whole_exercise_with_numbers_terms_mistakes_and_the_sum(show):
    page = show(twice())
    answer(page, "g")
    assert score(page) == "1 of 1 right at the first try"
    answer(page, "1.0")
    assert question(page) == "What is added to ∂L/∂d?"
    assert "multiplies upstream by d = −6 itself" in answer(page, "-6")
    assert "The size is right, the sign is not." in answer(page, "−5")
    assert page.run("document.querySelector('#ask math') !== null")  # the rule, after two
    assert answer(page, "g * c").startswith("Right")
    assert score(page) == "2 of 3 right at the first try"
    answer(page, "d")
    assert question(page) == "What is added to ∂L/∂a?"
    assert "local derivative ∂(a × b)/∂a alone" in answer(page, "b")
    assert "upstream gradient alone" in answer(page, "5")
    assert answer(page, "∂L/∂d × b").startswith("Right")
    assert question(page) == "What is it now?"
    assert "That is the new contribution alone" in answer(page, "-15")
    assert answer(page, "1 − 15").startswith("Right: ∂L/∂a = 1 + −15 = −14")
    assert answer(page, "c·a").startswith("Right")
    assert page.text("#ask label") == "All gradients of this graph are there."
    assert score(page) == "4 of 7 right at the first try"
    root = twice()
    root.backward()
    a = next(x for x in engine.toposort(root) if x.label == "a")
    listed = page.run("document.querySelector('#gradients tbody tr').lastChild.textContent")
    assert float(listed.replace("−", "-")) == a.grad


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Type a number, or a term"),
        ("1,5", "Write numbers with a point"),
        ("(1", "A bracket is not closed."),
        ("2 +", "Something is missing at the end."),
        ("2 $", "I cannot read “$”."),
        ("nothing", "I cannot read “"),
        ("1 / 0", "Not 1 / 0. The upstream gradient"),
    ],
)
def test_what_cannot_be_read_is_said_and_not_counted(show, text, said):
    page = show(Value(2.0, label="a") * 3)
    assert answer(page, text).startswith(said)
    assert score(page) == "0 of 0 right at the first try"


@pytest.mark.parametrize(
    "text", ["3", "3.02", "6/2", "2^2 - 1", "−(−3)", "sqrt(9)", "(a + 1) ** 1"]
)
def test_numbers_and_terms_are_read(show, text):
    page = show(Value(2.0, label="a") * 3)
    assert answer(page, text).startswith("Right")


def test_hints_cost_the_first_try_and_the_answer_can_be_shown(show):
    page = show(twice())
    button(page, "Hint")
    assert reply(page).startswith("The upstream gradient, ∂L/∂L = 1, times the local derivative")
    assert page.run("document.querySelector('#ask math')") is None
    button(page, "Hint")
    assert page.run("document.querySelector('#ask math') !== null")
    answer(page, "1")
    button(page, "Show")
    assert reply(page).startswith("∂L/∂a += ")
    assert score(page) == "0 of 2 right at the first try"


def test_the_next_exercise_keeps_the_count_and_after_the_last_it_starts_again(show):
    page = show(level=1, seed=2)
    for i in range(1, 6):
        assert page.text("#what") == f"Exercise {i} of 5: one op"
        while not page.run("document.getElementById('answer').hidden"):
            button(page, "Show")
        asked = int(score(page).split()[2])
        page.press("Enter")  # the button that leads on has the focus
        page.wait_for(f"document.getElementById('what')?.textContent.includes(' {i % 5 + 1} of')")
        page.wait_for("document.getElementById('slider')?.value > 0")
    assert asked >= 5
    assert score(page) == "0 of 0 right at the first try"
    assert page.text("#what") == "Exercise 1 of 5: one op"


def test_it_is_done_by_keys_alone(show):
    page = show(level=1, seed=0)
    for _ in range(40):
        page.press("Tab")
        if page.run("document.activeElement.id") == "answer":
            break
    position = page.text("#count")
    page.call("Input.insertText", text="no")
    page.press(" ")
    page.press("ArrowLeft")  # both are the field's own
    assert page.text("#count") == position
    assert page.run("document.activeElement.value") == "no "
    page.press("Enter")
    assert reply(page).startswith("I cannot read")
    page.press("Tab")
    assert page.run("document.activeElement.textContent") == "Check"


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_cut_off_and_nothing_breaks_a_rule_of_accessibility(show, page, size, scheme):
    page.resize(*size)
    show(twice())
    page.prefer(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
    answer(page, "12")
    answer(page, "13")
    assert page.run("document.documentElement.scrollWidth") <= size[0]
    assert violations(page) == []


def test_on_a_narrow_page_the_edge_that_is_asked_about_is_in_view(show, page):
    page.resize(390, 844)
    show(level=4, seed=1)
    while not page.run("document.getElementById('answer').hidden"):
        inside = page.run(
            "(() => { const r = document.getElementById('view').getBoundingClientRect();"
            "const b = document.getElementById('times').getBoundingClientRect();"
            "return b.left >= r.left && b.right <= r.right && b.top >= r.top })()"
        )
        assert inside, question(page)
        button(page, "Show")


def test_in_a_frame_of_a_notebook_exercises_follow_each_other(page, tmp_path):
    file = tmp_path / "notebook.html"
    html = practice(level=1, seed=0)._repr_html_()
    file.write_text(f"<!doctype html><meta charset=utf-8>{html}", encoding="utf-8")
    page.open(file)
    frame = page.frame("iframe")
    frame.wait_for("document.documentElement.classList.contains('js')")
    press = "[...document.querySelectorAll('#ask button')].find((b) => !b.hidden && {}).click()"
    while not frame.run("document.getElementById('answer').hidden"):
        frame.run(press.format("b.textContent === 'Show'"))
    frame.run(press.format("true"))
    frame.wait_for("document.getElementById('what')?.textContent === 'Exercise 2 of 5: one op'")


def test_without_scripts_nothing_is_given_away(page, tmp_path):
    page.scripts(enabled=False)
    page.open(practice(twice()).save(tmp_path / "practice.html"))
    page.scripts(enabled=True)  # for the question below; the page's own did not run
    assert "needs scripts" in page.run("document.body.innerText")
    assert "∂" not in page.run("document.querySelector('main').textContent")
