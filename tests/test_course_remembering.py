"""`draw_own`: pictures of nodes that a learner has written."""

import pytest

from notebooks.lesson_02 import draw_own

RULES = {"*": lambda g, y, a, b: (g * b, g * a)}


class Node:
    def __init__(self, data, op="", inputs=(), label=""):
        self.data, self.op, self.inputs, self.label = data, op, inputs, label


@pytest.fixture
def product():
    a, b = Node(2.0, label="a"), Node(-3.0, label="b")
    return Node(-6.0, "*", (a, b), label="y")


def test_boxes_come_in_topological_order_and_arrows_lead_to_results(product):
    root = Node(-4.0, "+", (product, product.inputs[0]))
    text = draw_own(root).dot
    assert [text.index(f"n{i} [") for i in range(4)] == sorted(
        text.index(f"n{i} [") for i in range(4)
    )
    arrows = {line.strip() for line in text.splitlines() if "->" in line}
    assert arrows == {"n0 -> n2", "n1 -> n2", "n2 -> n3", "n0 -> n3"}


def test_gradients_are_shown_only_once_there_are_some(product):
    assert "grad" not in draw_own(product).dot
    product.grad = 1.0
    assert draw_own(product).dot.count(">grad <") == 1


def test_arrows_carry_local_derivatives_where_there_is_a_rule(product):
    root = Node(-6.0, "identity", (product,))
    arrows = [line for line in draw_own(root, rules=RULES).dot.splitlines() if "->" in line]
    assert ["∂ = -3" in arrows[0], "∂ = 2" in arrows[1], "∂" in arrows[2]] == [True, True, False]


def test_boxes_are_numbered_from_1_on_demand(product):
    assert [f"{i} · leaf" in draw_own(product, numbered=True).dot for i in range(4)] == [
        False,
        True,
        True,
        False,
    ]


def test_a_deep_graph_is_walked_without_recursion():
    node = Node(0.0, label="x")
    for i in range(3_000):
        node = Node(float(i), "+", (node,))
    assert draw_own(node).dot.count("->") == 3_000
