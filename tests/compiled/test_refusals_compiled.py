"""What a compiled function may not do is refused with the line, and leaves nothing changed."""

import random
import re
import threading
import time
import uuid

import numpy as np
import pytest

import engine
import nn
from engine import Tensor, Value

X = np.linspace(0.5, 2.0, 6).reshape(2, 3)
LIST = [1.0, 2.0, 3.0]
COUNT = {"calls": 0}
KEPT = np.ones(3)
calls = 0


class Box:
    """Holds attributes."""


BOX = Box()
BOX.calls = 0
W = Tensor([1.0, 2.0, 3.0], requires_grad=True)


def _loop(x):
    while x.sum() < 100:
        x = x * 2
    return x


def _count_up(x):
    global calls
    calls += 1
    return x * calls


def _count_in_attribute(x):
    BOX.calls += 1
    return x * BOX.calls


def _count_in_dictionary(x):
    COUNT["calls"] += 1
    return x


def _keep(x):
    BOX.last = x
    return x


def _append(x):
    LIST.append(1.0)
    return x * len(LIST)


def _assign_to_argument(x):
    x[0] = 1.0
    return x


def _assign_to_result(x):
    y = x * 2
    y[0] = 1.0
    return y


def _change_captured(x):
    KEPT[0] = 5.0
    return x * KEPT


def _change_leaf(x):
    global W
    W -= 0.1
    return x * W


def _set_on_leaf(name, value):
    def f(x):
        setattr(W, name, value)
        return x * W

    return f


def _go_on(x):
    try:
        return x * float(x.sum())
    except TypeError:
        return x * 5


def _draw(x, rng=np.random.default_rng(0)):  # noqa: B008  # it stays the same one
    return x * rng.random()


def _seed(x):
    np.random.seed(0)  # noqa: NPY002
    return x * np.random.rand()  # noqa: NPY002


def _seed_engine(x):
    engine.manual_seed(0)
    return x * engine.rand(3)


NUMBER = "of a Symbol{line}: a program that is written down must not depend on numbers; choose with"
AFTER = r"of a Symbol{line}: .*parameters change after each call .* optimizer's step\(\)"
PRINTED = "of a Symbol{line}: its number is not known while .* return it, and print it outside"
TWICE = "does not do the same twice{line}: a number that is drawn, counted or read from a clock"
CHANGES = "changes {name}: a compiled program would do so once, while it is traced; return the new"
ASSIGNED = "a Symbol is not assigned, nor assigned to: .*{line}"
RETURNS = "returns {name}, another at each call: a compiled function returns numbers"
DRAWS = "draws from {name}, or seeds it, while it is traced"

REFUSED = {
    "if": (lambda x: x if x.sum() > 0 else -x, "the truth " + NUMBER),
    "while": (_loop, "the truth " + NUMBER),
    "float": (lambda x: x * float(x.sum()), r"float\(\) " + NUMBER),
    "int": (lambda x: x * int(x.sum()), r"int\(\) " + NUMBER),
    "round": (lambda x: round(x.sum(), 2), r"round\(\) " + NUMBER),
    "asarray": (lambda x: np.asarray(x), r"np.asarray\(\) " + NUMBER),
    "data": (lambda x: (x * W).data, ".data " + AFTER),
    "data of a leaf": (lambda x: x * W.data, ".data " + AFTER),
    "grad of a leaf": (lambda x: x * W.grad, ".grad " + AFTER),
    "item": (lambda x: x.sum().item(), r".item\(\) " + NUMBER),
    "numpy": (lambda x: (x * W).numpy(), r".numpy\(\) " + NUMBER),
    "tolist": (lambda x: x.tolist(), r".tolist\(\) " + NUMBER),
    "a format": (lambda x: f"{x.sum():.2f}", "the format '.2f' " + PRINTED),
    "the text": (lambda x: str(x.sum()), "the text " + PRINTED),
    "an index": (lambda x: LIST[x.sum()], "an index " + NUMBER),
    "a range": (lambda x: [x for _ in range(x.sum())], "an index " + NUMBER),
    "in": (lambda x: 1.0 in x, "`in` " + NUMBER),
    "max of two": (lambda x: max(x.sum(), 0.0), "the truth " + NUMBER),
    "any": (lambda x: x if np.any(x > 0) else -x, "the truth " + NUMBER),
    "what is caught": (_go_on, r"float\(\) " + NUMBER),
    "random": (lambda x: x * random.random(), TWICE),
    "np.random": (lambda x: x * np.random.rand(), TWICE),  # noqa: NPY002
    "a generator's numbers": (_draw, TWICE),
    "a clock": (lambda x: x * time.perf_counter(), TWICE),
    "a clock as text": (lambda x: (x, str(uuid.uuid4())), RETURNS.format(name="a str")),
    "a seed": (_seed, DRAWS.format(name="np.random")),
    "the seed of engine": (_seed_engine, DRAWS.format(name="the generator of engine")),
    "a counter": (_count_up, CHANGES.format(name="calls")),
    "a counter in an attribute": (_count_in_attribute, CHANGES.format(name="BOX.calls")),
    "a counter in a dictionary": (_count_in_dictionary, CHANGES.format(name="COUNT")),
    "a new attribute": (_keep, CHANGES.format(name="an attribute of BOX")),
    "a list": (_append, CHANGES.format(name="LIST")),
    "a captured array": (_change_captured, CHANGES.format(name="KEPT")),
    "an argument": (_assign_to_argument, ASSIGNED),
    "a part of a result": (_assign_to_result, ASSIGNED),
    "a method in place": (lambda x: (x * W).clamp_(0, 1), ASSIGNED),
    "a leaf": (_change_leaf, "changing it in place, by __isub__.*" + AFTER),
    "the numbers of a leaf": (_set_on_leaf("data", np.ones(3)), "assigning .data " + AFTER),
    "whether a leaf learns": (_set_on_leaf("requires_grad", False), "assigning .requires_grad"),
    "the label of a leaf": (_set_on_leaf("label", "w"), "assigning .label"),
    "a hook": (lambda x: (x * W).register_hook(print), "a hook " + NUMBER),
    "a generator": (lambda x: (one for one in x), RETURNS.format(name="a generator")),
    "an object": (lambda x: [x, object()], RETURNS.format(name="a object")),
}


def state():
    """All that functions here might change."""
    return (
        calls,
        vars(BOX).copy(),
        [*LIST],
        dict(COUNT),
        KEPT.tolist(),
        (id(W), type(W), W.data.tolist(), W.grad, W.requires_grad, W.label),
        random.getstate(),
        str(np.random.get_state()),  # noqa: NPY002
        str(engine.default_generator().bit_generator.state),
        str(_draw.__defaults__[0].bit_generator.state),
    )


@pytest.mark.parametrize(("f", "words"), REFUSED.values(), ids=REFUSED)
def test_what_depends_on_more_than_arguments_is_refused_and_leaves_nothing_changed(f, words):
    before = state()
    line = r" \(" + re.escape(__file__) + r", line \d+\)"
    compiled = engine.compile(f)
    for _ in range(2):
        with pytest.raises(TypeError, match=words.replace("{line}", line)):
            compiled(X)
        assert state() == before
        assert compiled.traces == []


def test_the_line_is_the_one_that_asks():
    def f(x):
        y = x * 2
        return y * float(y.sum())

    with pytest.raises(TypeError, match=rf"line {f.__code__.co_firstlineno + 2}\)"):
        engine.compile(f)(X)


@pytest.mark.parametrize("error", [KeyError("mine"), KeyboardInterrupt(), ZeroDivisionError()])
def test_an_error_of_the_function_comes_through_and_leaves_nothing_changed(error):
    def f(x):
        BOX.calls = 7
        y = x * W
        if error:
            raise error
        return y

    before = state()
    with pytest.raises(type(error)) as caught:
        engine.compile(f)(X)
    assert caught.traceback[-1].frame.code.raw is f.__code__
    assert state() == before


def test_what_a_function_decides_by_types_is_compared():
    compiled = engine.compile(lambda x: x * 2 if isinstance(x, np.ndarray) else x * 3)
    for _ in range(2):
        with pytest.raises(ArithmeticError, match=r"(?s)compiled, and array.* by the function"):
            compiled(X)
    assert compiled.traces == []
    by_layer = engine.compile(lambda x: x * 2 if isinstance(BOX, Box) else x)
    assert np.array_equal(by_layer(X), X * 2)


def test_what_is_no_number_is_returned_as_it_is():
    f = engine.compile(lambda x: {"name": "f", "both": (x * 2, None, 3.0), "kept": KEPT})
    found = f(X)
    assert found["name"] == "f"
    assert found["both"][1:] == (None, 3.0)
    assert np.array_equal(found["both"][0], X * 2)
    assert found["kept"] is not KEPT
    assert engine.compile(lambda x: None)(X) is None


def test_recursion_is_written_out():
    def power(x, n):
        return x if n == 1 else x * power(x, n - 1)

    f = engine.compile(power)
    assert f(3.0, 4) == 81.0
    assert f(3.0, 2) == 9.0
    assert len(f.traces) == 2


def test_threads_may_call_first_at_once_and_use_what_is_being_traced():
    model = nn.Sequential(nn.Linear(3, 8, rng=0), nn.Tanh(), nn.Linear(8, 1, rng=1))
    scale = Value(2.0)
    f = engine.compile(lambda x: (model(x) ** 2).sum())
    g = engine.compile(lambda x: x * scale)
    expected = (model(X) ** 2).sum().item()
    found, wrong = [], []

    def run(compiled):
        try:
            for _ in range(20):
                if compiled:
                    found.append(f(X).item())
                    wrong.extend(["value"] * (g(3.0).data != 6.0))
                else:
                    y = (model(X) ** 2).sum()
                    y.backward()
                    found.append(y.item())
                    wrong.extend(["op"] * ((scale * 3.0 - scale / 2 + -scale).data != 3.0))
                    wrong.extend(["data"] * (scale.data != 2.0))
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=run, args=(i % 2,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert found == pytest.approx([expected] * 80)
    assert len(f.traces) == len(g.traces) == 1
    assert type(scale) is Value
