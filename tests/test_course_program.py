"""Notebook 12: what its functions say of printed programs, and its checks of answers."""

import numpy as np
from matplotlib import pyplot

import engine
from engine import exp, source, tanh
from notebooks.checks_12 import _graphs, _programs, kept_by
from notebooks.lesson_12 import backward_lines, beside_rows, function_of, names_in


def f(a, b, c):
    u = a * b + c
    v = tanh(u)
    y = exp(v)
    return y


def test_the_lines_of_the_backward_half_come_with_their_ops():
    assert backward_lines(source(f, 0.5, -1.0, 0.25)) == [
        ("d_u = y * (1 - v * v)", "tanh"),
        ("d_a = d_u * b", "mul"),
        ("d_b = d_u * a", "mul"),
        ("d_c = d_u", "add"),
    ]


def test_lines_of_one_op_stand_beside_its_row_once():
    beside_rows(source(f, 0.5, -1.0, 0.25), pyplot)

    (ax,) = pyplot.gcf().axes
    said = [text.get_text() for text in ax.texts]
    pyplot.gcf().canvas.draw()  # sets the formulas
    pyplot.close()
    assert said.count("mul") == 1
    assert "d_b = d_u * a" in said
    assert r"$\frac{\partial L}{\partial x} = g\,(1 - y^{2})$" in said


def test_the_function_of_a_program_is_the_one_it_defines():
    program = source(lambda x: engine.erf(x) + np.sum(x), np.ones(()))
    assert function_of(program)(np.array(0.0))[0] == 0.0


def test_names_in_comments_and_numbers_are_no_names():
    assert names_in("d_x = 2e5 * x1  # of tanh") == ["d_x", "x1"]


def test_what_the_backward_half_reads_is_found():
    first, layer, straight = _programs()
    assert kept_by(first) == {"v", "y"}
    assert kept_by(layer) == {"h"}
    assert kept_by(straight) == set()


def test_graphs_to_be_printed_have_a_name_for_every_node():
    for root in _graphs():
        assert all(x.label for x in engine.toposort(root))
