"""What a function changes while it is traced is put back, of whatever kind it is."""

import collections
import queue
import random
import threading

import numpy as np
import pytest

import engine
from engine import Tensor, Value

X = np.ones(3)


class Slots:
    __slots__ = ("empty", "full")


class Kind:
    number = 1.0


SLOTS = Slots()
SLOTS.full = 1.0
NAMED = collections.namedtuple("NAMED", "k")(2.0)
PYTHONS = random.Random(0)
OLD = np.random.RandomState(0)
KEPT = {
    "bytes": bytearray(b"ab"),
    "deque": collections.deque([1.0]),
    "set": {1.0},
    "dictionary": {"k": 1.0},
    "list": [1.0],
}


CHANGES = {
    "bytes": lambda x: KEPT["bytes"].append(3) or x,
    "deque": lambda x: KEPT["deque"].append(3.0) or x,
    "set": lambda x: KEPT["set"].add(3.0) or x,
    "dictionary": lambda x: KEPT["dictionary"].update(j=3.0) or x,
    "list": lambda x: KEPT["list"].clear() or x,
    "a slot": lambda x: setattr(SLOTS, "full", 2.0) or x,
    "an empty slot": lambda x: setattr(SLOTS, "empty", 2.0) or x,
    "a class": lambda x: setattr(Kind, "number", 2.0) or x,
    "a new attribute of a class": lambda x: setattr(Kind, "other", 2.0) or x,
    "an attribute that goes": lambda x: delattr(Kind, "number") or x,
}


def state():
    kept = {name: [*x] for name, x in KEPT.items()}
    return kept, SLOTS.full, hasattr(SLOTS, "empty"), Kind.number, hasattr(Kind, "other")


@pytest.mark.parametrize("f", CHANGES.values(), ids=CHANGES)
def test_what_is_changed_is_put_back(f):
    before = state()
    with pytest.raises(TypeError, match=r"changes .*: a compiled program would do so once"):
        engine.compile(f)(X)
    assert state() == before


@pytest.mark.parametrize("f", [lambda x: x * PYTHONS.random(), lambda x: x * OLD.rand()])
def test_sources_of_random_numbers_stand_where_they_stood(f):
    before = PYTHONS.getstate(), str(OLD.get_state())
    with pytest.raises(TypeError, match="does not do the same twice"):
        engine.compile(f)(X)
    assert (PYTHONS.getstate(), str(OLD.get_state())) == before


def test_other_threads_use_a_leaf_as_it_is_while_a_function_is_traced():
    w, v = Tensor([1.0, 2.0, 3.0], requires_grad=True), Value(2.0)
    found = queue.SimpleQueue()

    def use(found):
        y = (w * 2 + np.add(w, 1) + engine.where(w > 1, w, -w)).sum()
        y.backward()
        found.put((y.item(), w.data.sum(), w.shape, engine.stack([w, w]).shape))
        w.zero_grad()
        w.label = "w"
        v.label = "v"
        found.put(((v * 3 + -v).data, engine.maximum(v, 1.0).data))
        with engine.no_grad():
            w.requires_grad_(True)

    def f(x):
        thread = threading.Thread(target=_guarded, args=(use, found))
        thread.start()
        thread.join()
        return (x * w).sum() if v is not None else x

    _guarded(use, expected := queue.SimpleQueue())
    assert engine.compile(f)(X).item() == 6.0
    wanted = [repr(expected.get()) for _ in range(2)]
    assert expected.empty()
    assert [repr(found.get()) for _ in range(4)] == wanted * 2  # traced twice
    assert found.empty()


def _guarded(use, found):
    try:
        use(found)
    except Exception as error:
        found.put(repr(error))
