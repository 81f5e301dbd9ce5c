"""How a check answers: what counts as right, wrong and not written, and what is said of it."""

import linecache
import math

import numpy as np
import pytest

import engine
from engine import Tensor, Value
from notebooks.exercise import Hint, NotWritten, Verdict, answer_to_numpy, exercise, expect, near


@exercise
def check_twice(double):
    near(double(2.0), 4.0, "twice 2 is 4")
    return "For 2, at least."


def test_what_a_check_says_of_a_right_answer_is_said():
    verdict = check_twice(lambda x: 2 * x)
    assert verdict.ok
    assert str(verdict) == "✓ Right. For 2, at least."


@pytest.mark.parametrize("answer", [..., lambda x: ..., lambda x: None])
def test_what_is_not_written_is_open_by_name_too(answer):
    assert check_twice(answer).kind == "open"
    assert check_twice(double=answer).kind == "open"


def test_a_generator_is_an_answer():
    """Its first result is an iterator, whatever it yields; `...` among them is found when used."""

    @exercise
    def check_counted(counted):
        expect(list(counted(3)) == [0, 1, 2], "0, 1, 2")

    def counted(n):
        yield from range(n)

    assert check_counted(counted).ok
    assert check_counted(lambda n: range(n)).ok


@pytest.mark.parametrize("name", ["/tmp/ipykernel_7/123.py", "<ipython-input-3-1a2b>",
                                  "/tmp/ipython-input-1-123.py"])  # fmt: skip
def test_an_error_is_told_with_the_learner_s_line(name):
    """In Jupyter, and in Colab, which names its cells otherwise."""
    source = "def double(x):\n    return len(x)\n"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    space = {}
    exec(compile(source, name, "exec"), space)
    text = check_twice(space["double"]).text
    assert text.startswith("Your code raised TypeError: object of type 'float' has no len(), in")
    assert text.endswith("in the line:  return len(x)")
    del linecache.cache[name]


def test_a_line_of_a_package_is_not_the_learner_s():
    text = check_twice(lambda x: engine.tanh("x")).text
    assert text.startswith("Your code raised TypeError")
    assert "in the line" not in text


def test_lines_of_a_hint_stay_lines_in_a_page():
    assert "pre-wrap" in Verdict("wrong", "d_u is missing:\nd_a += d_u * b")._repr_html_()
    assert "pre-wrap" not in Verdict("right", "Right.")._repr_html_()


def test_a_verdict_is_escaped_in_a_page():
    page = Verdict("wrong", "a < b & c")._repr_html_()
    assert "<b>✗</b> a &lt; b &amp; c</div>" in page


@pytest.mark.parametrize(
    ("found", "expected"),
    [(1.0 + 1e-7, 1.0), (1e-10, 0.0), (math.nan, math.nan), (math.inf, math.inf),
     ([1.0, 2.0], (1.0, 2.0)), (Tensor([1.0]), [1.0]), ([Value(1.0), 2], [1.0, 2.0])],
)  # fmt: skip
def test_near_is_up_to_rounding(found, expected):
    near(found, expected, "it is near")


@pytest.mark.parametrize(
    ("found", "expected", "said"),
    [(1.0 + 1e-5, 1.0, "Yours gives 1.00001, it should be 1."),
     ([1.0], 1.0, r"Yours has shape \(1,\), it should be \(\)."),
     (math.nan, 1.0, "Yours gives nan"),
     (np.arange(3.0), np.zeros(3), r"Yours gives \[0., 1., 2.\], it should be \[0., 0., 0.\]")],
)  # fmt: skip
def test_what_is_not_near_is_told(found, expected, said):
    with pytest.raises(Hint, match=f"^look again. {said}"):
        near(found, expected, "look again")


def test_numbers_keep_their_digits_whatever_holds_them():
    third = 1 / 3
    for x in (third, Value(third), Tensor([third]), engine.ValueArray.of([third]), [Value(third)]):
        found = answer_to_numpy(x)
        assert found.dtype == float
        assert found.ravel().tolist() == [third]


@pytest.mark.parametrize("x", ["4", b"4", {}, object(), [[1.0], [2.0, 3.0]], 1j, np.array([1j])])
def test_what_is_no_number_is_told(x):
    with pytest.raises(Hint, match="A number is needed"):
        answer_to_numpy(x)


@pytest.mark.parametrize("x", [..., None, [1.0, ...], (None,)])
def test_a_number_that_is_not_written_is_open(x):
    with pytest.raises(NotWritten):
        answer_to_numpy(x)


@pytest.mark.parametrize("shape", [lambda x: x, lambda x: [x, 1.0]])
def test_a_hint_shows_as_many_digits_as_tell_two_numbers_apart(shape):
    with pytest.raises(Hint, match=r"Yours gives .*0\.50000001.*, it should be .*0\.5"):
        near(shape(0.50000001), shape(0.5), "a half", rtol=1e-9)
