"""The boxes of the stepper's picture: what they say, and how keys reach them."""

from test_stepper_page import expression, position

from viz import step_through


def opened(page, tmp_path, root, **options):
    page.open(step_through(root, **options).save(tmp_path / "steps.html"))
    page.wait_for("document.documentElement.classList.contains('js')")
    return page


def name_of_focus(page):
    """What a screen reader calls the element that has the focus."""
    element = page.call("Runtime.evaluate", expression="document.activeElement")["result"]
    found = page.call("Accessibility.getPartialAXTree", objectId=element["objectId"])
    return found["nodes"][0]["name"]["value"], found["nodes"][0]["role"]["value"]


def test_nothing_receives_at_the_start(page, tmp_path):
    opened(page, tmp_path, expression())
    bars = "document.querySelectorAll('#gradients .on, .node.to, .node.now, .node.on').length"
    assert page.run(bars) == 0
    page.press("End")
    assert page.run(bars) == 3  # a row and its box, and the node whose rule is applied
    page.press("Home")
    assert page.run(bars) == 0


def test_boxes_are_buttons_that_say_name_value_and_gradient(page, tmp_path):
    opened(page, tmp_path, expression())
    page.run("document.querySelector('#speed').focus()")
    page.press("Tab")
    assert name_of_focus(page) == ("a, leaf: 2, gradient: not there yet", "button")
    for _ in range(2):
        page.press("ArrowDown")
    assert name_of_focus(page)[0] == "d, result: not computed yet, gradient: not there yet"
    page.press("Enter")
    assert position(page) == 1  # where d is computed
    assert name_of_focus(page)[0] == "d, result: −6, gradient: not there yet"
    page.press("ArrowUp")
    page.press(" ")
    assert name_of_focus(page)[0] == "b, leaf: −3, gradient: 0.0053638"
    page.press("ArrowLeft")  # still a step back
    assert name_of_focus(page)[0] == "b, leaf: −3, gradient: not there yet"


def test_tab_reaches_one_box_of_the_picture(page, tmp_path):
    opened(page, tmp_path, expression())
    assert page.run("document.querySelectorAll('.node[tabindex=\"0\"]').length") == 1
    page.run("document.querySelector('#n3').focus()")
    found = page.run("[...document.querySelectorAll('.node[tabindex=\"0\"]')].map((n) => n.id)")
    assert found == ["n3"]
