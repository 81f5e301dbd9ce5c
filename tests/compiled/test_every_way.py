"""Ways of compiled calls that are seldom gone."""

import array
import functools
import itertools
import queue
import threading
from collections import UserDict, deque
from dataclasses import dataclass

import numpy as np
import pytest
from changes import Box, check, setting

import engine
import nn
from engine import Tensor, Value
from engine.compilation.op_by_op import as_example

X = np.array([1.0, 2.0, 3.0])


def put_back(f, *given):
    """Compile f, which changes something that it reads: it is refused."""
    with pytest.raises(TypeError, match=r"changes .*: a compiled program would do so once"):
        engine.compile(f)(*given)


# --- nodes ---


def test_a_watcher_is_shown_the_results_that_are_nodes():
    class Seen(engine.Watching):
        def __init__(self):
            self.nodes = []

        def recorded(self, op, node, inputs):
            self.nodes.append((node, inputs))

    f = engine.compile(lambda x: (x * 2.0, x.detach() + 3.0, x + 1.0))
    x = Tensor([1.0], requires_grad=True)
    with Seen() as seen:
        y, plain, z = f(x)
    assert not plain.requires_grad
    assert [(id(node), inputs) for node, inputs in seen.nodes] == [(id(y), (x,)), (id(z), (x,))]


def test_a_hook_that_gives_a_float_may_be_on_the_way_of_a_second_derivative():
    f = engine.compile(lambda a: a * a * a)
    a = Value(2.0)
    y = f(a)
    y.register_hook(lambda g: 3.0)
    y.backward(create_graph=True)
    g = a.grad
    a.grad = None
    g.backward()
    assert a.grad == 36.0


# --- arguments ---


def test_an_array_of_text_is_a_setting():
    f = engine.compile(lambda x, names: x * len(names) * (names[0] == "a"))
    assert f(X, np.array(["a", "b"])).tolist() == [2.0, 4.0, 6.0]
    assert f(X, np.array(["c", "b"])).tolist() == [0.0, 0.0, 0.0]
    assert len(f.traces) == 2


def test_a_float_of_a_class_of_its_own_is_a_number():
    class Metres(float):
        pass

    f = engine.compile(lambda x, k: x * k)
    assert f(X, Metres(2.0)).tolist() == [2.0, 4.0, 6.0]
    assert f(X, 3.0).tolist() == [3.0, 6.0, 9.0]
    assert len(f.traces) == 1


# --- names that are looked up ---


def test_a_name_given_to_getattr_may_be_computed():
    box, name = Box(k=2.0), "k"
    check(lambda x: x * getattr(box, name.lower()), setting(box, "k", 3.0))


def test_getattr_of_what_a_call_gives_is_followed():
    box = Box(k=2.0)

    def own():
        return box

    check(lambda x: x * getattr(own(), "k"), setting(box, "k", 3.0))  # noqa: B009


def test_getattr_of_an_attribute_is_followed():
    box = Box(inner=Box(k=2.0))
    check(lambda x: x * getattr(box.inner, "k"), setting(box.inner, "k", 3.0))  # noqa: B009


def test_getattr_handed_on_is_followed():
    box = Box(k=2.0)
    check(lambda x: x * next(map(getattr, [box], ["k"])), setting(box, "k", 3.0))
    look_up = getattr
    check(lambda x: x * look_up(box, "k"), setting(box, "k", 4.0))


# --- put back ---


def test_an_attribute_of_a_class_is_put_back():
    class Settings:
        k = 2.0

    def f(x):
        Settings.k += 1.0
        return x * Settings.k

    put_back(f, X)
    assert Settings.k == 2.0


def test_a_new_attribute_of_a_class_is_taken_away():
    class Settings:
        pass

    def f(x):
        Settings.k = 3.0
        return x * Settings.k

    put_back(f, X)
    assert not hasattr(Settings, "k")


def test_what_is_kept_in_a_slot_is_put_back():
    class Slots:
        __slots__ = "k"

    class Both(Slots):
        pass

    for kind in (Slots, Both):
        x, y = kind(), kind()
        x.k = 2.0

        def f(a, x=x):
            x.k += 1.0
            return a * x.k

        def g(a, y=y):
            y.k = 1.0
            return a * y.k

        put_back(f, X)
        put_back(g, X)
        assert x.k == 2.0
        assert not hasattr(y, "k")


def test_the_contents_of_containers_are_put_back():
    kept = {"bytes": bytearray(b"ab"), "objects": np.array([1.0, None], dtype=object),
            "deque": deque([1.0]), "set": {1.0}, "dict": {"a": 1.0}, "list": [1.0],
            "array": array.array("d", [1.0]), "further": UserDict(a=1.0)}  # fmt: skip
    changes = {
        "bytes": lambda x: x.append(1), "objects": lambda x: x.fill(2.0),
        "deque": lambda x: x.append(2.0), "set": lambda x: x.add(2.0),
        "dict": lambda x: x.update(b=2.0), "list": lambda x: x.append(2.0),
        "further": lambda x: x.update(b=2.0),
    }  # fmt: skip
    for name, change in changes.items():
        x = kept[name]
        before = repr(x)

        def f(a, x=x, change=change):
            change(x)
            return a * 2.0

        put_back(f, X)
        assert repr(x) == before


def test_a_variable_that_was_not_set_is_not_set_again():
    def outer():
        def f(x):
            nonlocal k
            k = 2.0
            return x * k

        put_back(f, X)
        with pytest.raises(NameError):
            k  # noqa: B018, F821
        k = 1.0
        put_back(f, X)
        return k

    assert outer() == 1.0


def test_a_new_global_variable_is_taken_away():
    def f(x):
        globals()["CAME"] = 2.0
        return x * CAME  # noqa: F821

    put_back(f, X)
    assert "CAME" not in globals()


def test_of_several_new_attributes_those_that_came_are_taken_away():
    box = Box()

    def f(x):
        box.one = 2.0
        return x * (box.one if hasattr(box, "one") else box.two)

    put_back(f, X)
    assert vars(box) == {}


def test_an_array_that_is_read_only_again_is_left_as_it_is():
    kept = np.ones(3)

    def f(x):
        kept.flags.writeable = True
        kept[0] += 1.0
        kept.flags.writeable = False
        return x * kept.sum()

    put_back(f, X)
    assert kept[0] > 1.0


def test_numbers_in_an_array_of_python_cannot_be_put_back():
    kept = array.array("d", [1.0])

    def f(x):
        kept[0] += 1.0
        return x * kept[0]

    put_back(f, X)
    assert kept[0] > 1.0


def test_changed_arguments_are_refused():
    def f(xs):
        xs[0] = xs[0] * 2.0
        return xs[0] + xs[1]

    def g(xs):
        xs.append(xs[0] * 2.0)
        return xs[-1]

    for one in (f, g):
        given = [Value(1.0), Value(2.0)]
        with pytest.raises(TypeError, match="changes its arguments: return what is new"):
            engine.compile(one)(given)
        assert [x.data for x in given] == [1.0, 2.0]


# --- what is followed ---


def test_a_cached_property_is_followed():
    box = Box(k=2.0)

    class Model:
        @functools.cached_property
        def scale(self):
            return box.k

    check(lambda x: x * Model().scale, setting(box, "k", 3.0))


def test_what_is_in_a_frozen_set_is_followed():
    box = Box(k=2.0)
    boxes = frozenset([box])
    check(lambda x: x * next(iter(boxes)).k, setting(box, "k", 3.0))


# --- twice the same ---


@dataclass
class Setting:
    """A parameter of a row."""

    k: float
    f: object = None


#: A row that takes a parameter and does nothing with it.
DOUBLED = engine.Op(
    "doubled", lambda x, setting: x * 2.0, (lambda g, y, x, setting: g * 2.0,), kind="shape"
)


def doubled(setting):
    return lambda x: DOUBLED(x, setting=setting())


def row_made_anew(k):
    """An op that is made at each call."""
    return lambda x: engine.Op("k", lambda x: x * k, (lambda g, y, x: g * k,), kind="shape")(x)


DIFFERENT = {
    "how many are joined": (lambda x: engine.concatenate([x, x]),
                            lambda x: engine.concatenate([x, x, x])),
    "a dtype": (lambda x: x * np.ones(3), lambda x: x * np.ones(3, np.float32)),
    "a part": (doubled(lambda: Setting(1.0)), doubled(lambda: Setting(2.0))),
    "a dictionary": (doubled(lambda: {"k": 1.0}), doubled(lambda: {"k": 2.0})),
    "an argument that is bound": (doubled(lambda: functools.partial(max, 1.0)),
                                  doubled(lambda: functools.partial(max, 2.0))),
    "what is neither": (doubled(lambda: "a"), doubled(lambda: "b")),
    "a dtype in a parameter": (doubled(lambda: np.ones(2)), doubled(lambda: np.ones(2, "f4"))),
    "a number in a row": (row_made_anew(2.0), row_made_anew(3.0)),
}  # fmt: skip


@pytest.mark.parametrize("ways", DIFFERENT.values(), ids=DIFFERENT)
def test_another_program_at_each_call_is_refused(ways):
    turns = itertools.cycle(ways)
    with pytest.raises(TypeError, match="does not do the same twice"):
        engine.compile(lambda x: next(turns)(x) * 1.0)(X)


@pytest.mark.parametrize("way", [way for ways in DIFFERENT.values() for way in ways[:1]])
def test_what_is_made_anew_in_the_same_way_is_the_same(way):
    assert engine.compile(way)(X).tolist() == way(X).tolist()


# --- leaves from outside ---


def test_a_leaf_keeps_its_class_for_other_threads():
    w, found = Tensor([1.0, 2.0, 3.0], requires_grad=True), queue.SimpleQueue()

    def use():
        found.put((w.leads, engine.softmax(w).item if w is None else engine.exp(w).data.tolist()))
        before = w.data.copy()
        with engine.no_grad():
            w.__iadd__(1.0)
        found.put(w.data.tolist())
        w.data = before

    def f(x):
        thread = threading.Thread(target=use)
        thread.start()
        thread.join()
        return x * w.sum()

    engine.compile(f)(X)
    each = [found.get() for _ in range(4)]
    assert each[1] == each[3] == [2.0, 3.0, 4.0]
    assert each[0] == each[2]


def test_a_leafs_gradient_is_forgotten_at_each_call():
    w = Tensor([1.0, 2.0, 3.0], requires_grad=True)

    @engine.compile
    def step(x):
        w.grad = None
        loss = (w * x).sum()
        loss.backward()
        return loss

    for k in (1.0, 2.0, 3.0):
        step(X * k)
        assert w.grad.tolist() == (X * k).tolist()


def test_a_neuron_of_weights_from_outside_is_traced():
    model = nn.scalar.MLP(2, [3, 1])
    x = [Value(0.5), Value(-1.0)]
    expected = model(x)
    found = engine.compile(lambda x: model(x))(x)
    assert found.data == expected.data


def test_a_neuron_of_other_threads_is_as_it_is():
    w, found = Value(2.0), queue.SimpleQueue()

    def use():
        found.put(nn.scalar.neuron.linear_neuron(w, 3.0, 1.0).data)

    def f(x):
        thread = threading.Thread(target=use)
        thread.start()
        thread.join()
        return x * w

    assert engine.compile(f)(3.0).data == 6.0
    assert [found.get(), found.get()] == [7.0, 7.0]


def test_a_gradient_beside_an_argument_that_is_a_value_is_a_value():
    f = engine.compile(lambda a, b: a * b * a)
    b = Value(3.0)
    slope = engine.grad(f)(2.0, b)
    assert slope.data == 12.0
    slope.backward()
    assert b.grad == 4.0


def test_a_neuron_whose_first_node_is_a_weight_from_outside_is_traced():
    w = Value(2.0)
    f = engine.compile(lambda x: x * nn.scalar.neuron.linear_neuron(3.0, w, 1.0))
    assert f(2.0).data == 14.0
    w.data = 3.0
    assert f(2.0).data == 20.0


def test_a_result_is_of_the_type_of_its_example():
    for y in (np.float64(2.0), np.array(2.0), 2):
        found = as_example(y, 1.0)
        assert type(found) is float
        assert found == 2.0
