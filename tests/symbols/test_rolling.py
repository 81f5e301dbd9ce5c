"""Long programs of the scalar tier written as loops: what the text is."""

import pytest
from scalar_programs import Tape, checked, mlp, text_of

from engine.writing.names import Names
from engine.writing.rolling import rolled
from engine.writing.straight_line import Leaf, Result, Step, StraightLine


def code_of(text):
    """The lines without lists of constants and their continuations."""
    lines = text.splitlines()
    return [line for line in lines if not line.lstrip().startswith(("data", "-", *"0123456789"))]


def test_a_chain_is_one_loop():
    tape = Tape()
    x, w = tape.leaf("x"), tape.leaf("w")
    y = x
    for _ in range(1000):
        y = tape.tanh(tape.mul(y, w))
    assert checked(tape.program(y)) == (
        "def f(x, w):\n"
        "    # forward\n"
        "    loss = x\n"
        "    for i in range(1000):\n"
        "        loss = tanh(loss * w)\n"
        "    return loss\n"
    )


def test_a_chain_and_its_gradient_are_two_loops():
    tape = Tape()
    x, w = tape.leaf("x"), tape.leaf("w")
    y = x
    for _ in range(1000):
        y = tape.tanh(tape.mul(y, w, name="z"), name="y")
    text = checked(tape.program(y, [x, w]))
    assert text.count("for i in ") == 2
    assert len(text.splitlines()) < 20


@pytest.mark.parametrize("start", [0.0, None])
def test_a_dot_product_reads_as_one(start):
    tape = Tape()
    ws = [tape.leaf("w", i) for i in range(100)]
    xs = [tape.leaf("x", i) for i in range(100)]
    terms = [tape.mul(w, x, part="forward") for w, x in zip(ws, xs, strict=True)]
    begin, terms = (terms[0], terms[1:]) if start is None else (tape.constant(start), terms)
    y = tape.sum(terms, begin)
    first = "-0.0" if start is None else "0.0"
    assert checked(tape.program(y, [*ws, *xs])) == (
        "def f(w, x):\n"
        "    # forward\n"
        f"    loss = {first}\n"
        "    for i in range(100):\n"
        "        loss = loss + w[i] * x[i]\n"
        "    # backward\n"
        "    d_w = [0.0] * 100\n"
        "    d_x = [0.0] * 100\n"
        "    for i in reversed(range(100)):\n"
        "        d_w[i] = 1.0 * x[i]  # rule\n"
        "        d_x[i] = 1.0 * w[i]  # rule\n"
        "    return loss, d_w, d_x\n"
    )


def test_an_mlp_of_the_scalar_tier_is_on_a_page():
    text = checked(mlp(20, [2, 16, 16, 1]))
    assert len(code_of(text)) < 60
    assert text.count("for i in range(20):") == text.count("for i in reversed(range(20)):") == 1
    assert "                d_p[17 * j + k + 48] = d_p[17 * j + k + 48] + " in text


@pytest.mark.parametrize("samples", [3, 50])
def test_the_page_does_not_grow_with_the_samples(samples):
    assert len(code_of(text_of(mlp(samples, [2, 4, 4, 1])))) == len(
        code_of(text_of(mlp(10, [2, 4, 4, 1])))
    )


def test_the_order_of_recording_gives_the_same_page():
    walked, created = mlp(10, [2, 8, 8, 1]), mlp(10, [2, 8, 8, 1], created=True)
    assert len(checked(created).splitlines()) == len(checked(walked).splitlines())


@pytest.mark.parametrize("sizes", [[3, 5, 1], [2, 6, 3], [4, 4, 4, 4, 1], [1, 3, 1]])
def test_an_mlp_of_any_shape_is_rolled_without_a_changed_bit(sizes):
    assert len(code_of(checked(mlp(7, sizes)))) < 100


def test_names_are_those_the_steps_wish_for():
    tape = Tape()
    x, w = tape.leaf("x"), tape.leaf("w")
    h = x
    for _ in range(5):
        h = tape.tanh(tape.mul(h, w, name="pre"), name="h")
    text = checked(tape.program(tape.mul(h, h)))
    assert "pre = h * w" in text
    assert "h = tanh(pre)" in text


def test_names_in_use_are_left_alone():
    tape = Tape()
    i, tanh = tape.leaf("i"), tape.leaf("j")
    h = i
    for _ in range(5):
        h = tape.tanh(tape.mul(h, tanh, name="tanh"), name="i")
    program = tape.program(h)
    checked(program)
    names = Names(["tanh", "i", "j", "n"])
    assert "for k in range(5):" in "\n".join(rolled(program, names).text()).replace("i_", "k")


def test_constants_read_in_order_are_one_list_that_backward_reads_from_its_end():
    tape = Tape()
    w = tape.leaf("w")
    y = tape.sum([tape.mul(w, tape.constant(c)) for c in (1.5, 2.5, -3.5, 0.25, 8.0)], w)
    text = checked(tape.program(tape.mul(y, y), [w]))
    assert text.count("data = [1.5, 2.5, -3.5, 0.25, 8.0]") == 1
    assert "data_2" not in text


def test_inputs_without_a_list_get_one():
    tape = Tape()
    ws = [tape.leaf(f"w{i}") for i in range(6)]
    x = tape.leaf("x")
    y = tape.sum([tape.mul(w, x) for w in ws], x)
    assert "inputs = [w0, w1, w2, w3, w4, w5]" in checked(tape.program(y))


def test_a_gradient_that_nothing_reaches_is_returned_as_it_is():
    tape = Tape()
    ws = [tape.leaf("w", i) for i in range(8)]
    y = tape.sum([tape.mul(w, w) for w in ws[:7]], tape.constant(0.0))
    assert "return loss, [*d" in checked(tape.program(y, ws))


def test_results_that_follow_no_rule_are_listed_above_the_return():
    tape = Tape()
    ws = [tape.leaf("w", i) for i in range(24)]
    y = tape.sum([tape.mul(w, w) for w in ws], tape.constant(0.0))
    order = [(7 * i) % 24 for i in range(24)]
    text = checked(tape.program(y, [ws[i] for i in order]))
    assert "d_w = [" in text


def test_one_value_may_be_several_results():
    program = StraightLine(
        leaves=mlp(1, [1, 1]).leaves,
        constants=["2.0"],
        steps=[Step("{0} * {1}", (0, 2)), Step("{0} + {1}", (3, 1))],
        results=[Result("a", 4), Result("b", 4), Result("c", [3, 3]), Result("d", [0, 2])],
    )
    assert checked(program).endswith("return a, a, [v1, v1], [p[0], 2.0]\n")


def test_a_program_without_steps_returns_its_inputs():
    tape = Tape()
    x = tape.leaf("x")
    assert checked(tape.program(x)) == "def f(x):\n    return x\n"


def test_rows_of_different_lengths_are_not_taken_for_a_loop_of_loops():
    tape = Tape()
    ws = [tape.leaf("w", i) for i in range(9)]
    rows = [
        tape.tanh(tape.sum([tape.mul(w, w) for w in ws[:n]], tape.constant(0.0)))
        for n in (9, 9, 8, 9, 9)
    ]
    checked(tape.program(tape.sum(rows, tape.constant(0.0)), ws))


def test_a_recurrence_over_two_values_keeps_both():
    tape = Tape()
    a, b = tape.leaf("a"), tape.leaf("b")
    for _ in range(20):
        a, b = b, tape.add(tape.tanh(a), b)
    text = checked(tape.program(b))
    assert "for i in range(10):" in text


def test_a_matrix_applied_again_and_again_reads_the_vector_before():
    tape = Tape()
    a = [[tape.leaf("a", 4 * i + j) for j in range(4)] for i in range(4)]
    h = [tape.leaf("h", j) for j in range(4)]
    for _ in range(6):
        h = [
            tape.tanh(
                tape.sum([tape.mul(w, x) for w, x in zip(row, h, strict=True)], tape.constant(0.0))
            )
            for row in a
        ]
    y = tape.sum(h, tape.constant(0.0))
    text = checked(tape.program(y, [w for row in a for w in row]))
    assert len(text.splitlines()) < 60


def test_a_list_that_is_returned_twice_is_kept_once():
    leaves = [Leaf("x", i) for i in range(5)]
    steps = [Step("tanh({0})", (i,)) for i in range(5)]
    values = list(range(5, 10))
    program = StraightLine(leaves, [], steps, [Result("a", values), Result("b", values)])
    text = checked(program)
    assert text.count("tanh") == 1
    assert text.splitlines()[-1] == "    return a, a"


def test_inputs_that_are_returned_are_slices_or_listed():
    leaves = [Leaf("x", i) for i in range(5)] + [Leaf("y")]
    results = [Result("a", [1, 2, 3]), Result("b", [3, 1, 2]), Result("c", [5, 5])]
    text = checked(StraightLine(leaves, [], [], results))
    assert text.splitlines()[-1] == "    return x[1:4], [x[3], x[1], x[2]], [y, y]"


def test_a_sum_that_two_lines_take_turns_at_is_one_variable():
    """The inner loop goes on with what the outer one made in the same repetition."""
    tape = Tape()
    ws = [tape.leaf("w", i) for i in range(24)]
    bs = [tape.leaf("b", i) for i in range(6)]
    total = tape.leaf("x")
    for row, b in enumerate(bs):
        total = tape.add(total, tape.tanh(b))
        for w in ws[4 * row : 4 * row + 4]:
            total = tape.add(total, tape.mul(w, w))
    assert checked(tape.program(total)) == (
        "def f(w, b, x):\n"
        "    # forward\n"
        "    loss = x\n"
        "    for i in range(6):\n"
        "        loss = loss + tanh(b[i])\n"
        "        for j in range(4):\n"
        "            loss = loss + w[4 * i + j] * w[4 * i + j]\n"
        "    return loss\n"
    )


def test_two_lines_that_go_on_with_either_share_a_variable():
    tape = Tape()
    ws = [tape.leaf("w", i) for i in range(24)]
    total = tape.leaf("x")
    for row in range(6):
        for w in ws[4 * row : 4 * row + 3]:
            total = tape.add(total, tape.tanh(w))
        total = tape.add(total, tape.mul(total, ws[4 * row + 3]))
    assert checked(tape.program(total)) == (
        "def f(w, x):\n"
        "    # forward\n"
        "    loss = x\n"
        "    for i in range(6):\n"
        "        for j in range(3):\n"
        "            loss = loss + tanh(w[4 * i + j])\n"
        "        loss = loss + loss * w[4 * i + 3]\n"
        "    return loss\n"
    )


def test_the_start_of_a_chain_that_is_read_again_is_in_the_list_of_the_rest():
    tape = Tape()
    w, x = tape.leaf("w"), tape.leaf("x")
    h = [tape.mul(w, tape.tanh(x))]
    for _ in range(50):
        h.append(tape.tanh(h[-1]))
    y = tape.sum([tape.mul(one, x) for one in h], tape.constant(0.0))
    text = checked(tape.program(tape.mul(y, h[-1]), created=True))
    assert " at = [" not in text
    assert "v1[0] = w * tanh(x)" in text


def test_a_loop_over_a_list_that_was_filled_from_its_end_counts_down_too():
    tape = Tape()
    xs = [tape.leaf("x", i) for i in range(20)]
    mean = tape.mul(tape.sum(xs, tape.constant(0.0)), tape.constant(0.05))
    squares = [tape.mul(d, d) for d in (tape.step("{0} - {1}", x, mean) for x in xs)]
    text = checked(tape.program(tape.sum(squares, tape.constant(0.0)), xs))
    assert "d_x[i] = " in text
    assert "- i]" not in text
