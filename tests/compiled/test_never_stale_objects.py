"""What a compiled function reads of objects and classes is looked at again at each call."""

import dataclasses
import operator
import types
import weakref

import pytest
from changes import Box, check, item, setting

CASES = {}


def case(make):
    """A case: gives f, and what changes something that f reads."""
    CASES[make.__name__] = make
    return make


# --- attributes ---


@case
def an_attribute():
    box = Box(k=2.0)
    return lambda x: x * box.k, setting(box, "k", 3.0)


@case
def the_sign_of_zero():
    box = Box(k=0.0)
    return lambda x: x * box.k, setting(box, "k", -0.0)


@case
def the_type_of_a_number():
    box = Box(k=1)
    return lambda x: x if box.k is True else x * 2, setting(box, "k", True)


@case
def an_attribute_of_an_attribute():
    box = Box(inner=Box(k=2.0))
    return lambda x: x * box.inner.k, setting(box.inner, "k", 3.0)


@case
def an_object_by_another():
    box = Box(inner=Box(k=2.0))
    return lambda x: x * box.inner.k, setting(box, "inner", Box(k=3.0))


@case
def an_attribute_that_comes_to_be():
    box = Box()
    return lambda x: x * (box.k if hasattr(box, "k") else 1.0), setting(box, "k", 3.0)


@case
def an_attribute_that_goes():
    box = Box(k=2.0)
    return lambda x: x * getattr(box, "k", 1.0), lambda: delattr(box, "k")


@case
def an_attribute_by_a_computed_name():
    box, name = Box(kk=2.0), "k"
    return lambda x: x * getattr(box, name * 2), setting(box, "kk", 3.0)


@case
def an_attribute_by_a_computed_name_and_a_default():
    box, name = Box(kk=2.0), "k"
    return lambda x: x * getattr(box, name * 2, "j"), setting(box, "kk", 3.0)


@case
def an_attribute_by_vars():
    box = Box(kk=2.0)
    return lambda x: x * vars(box)["k" + "k"], setting(box, "kk", 3.0)


@case
def an_attribute_by_attrgetter():
    box = Box(kk=2.0)
    get = operator.attrgetter("k" + "k")
    return lambda x: x * get(box), setting(box, "kk", 3.0)


@case
def the_dictionary_of_an_object():
    box = Box(k=2.0)
    return lambda x: x * box.k, setting(box, "__dict__", {"k": 3.0})


@case
def an_attribute_in_a_slot():
    class Slots:
        __slots__ = "k"

    box = Slots()
    box.k = 2.0
    return lambda x: x * box.k, setting(box, "k", 3.0)


@case
def an_attribute_in_a_slot_that_was_empty():
    class Slots:
        __slots__ = ("k",)

    box = Slots()
    return lambda x: x * getattr(box, "k", 1.0), setting(box, "k", 3.0)


@case
def an_attribute_of_a_dataclass():
    @dataclasses.dataclass
    class Settings:
        k: float = 2.0

    settings = Settings()
    return lambda x: x * settings.k, setting(settings, "k", 3.0)


@case
def an_attribute_of_a_namespace():
    space = types.SimpleNamespace(inner=types.SimpleNamespace(k=[2.0]))
    return lambda x: x * space.inner.k[0], item(space.inner.k, 0, 3.0)


@case
def an_attribute_behind_a_weak_reference():
    box = Box(k=2.0)
    box.me = weakref.ref(box)
    return lambda x: x * box.me().k, setting(box, "k", 3.0)


@case
def what_an_object_of_ones_own_gives_for_an_index():
    class Store:
        k = 2.0

        def __getitem__(self, _):
            return self.k

    store = Store()
    return lambda x: x * store[0], setting(store, "k", 3.0)


@case
def what_a_property_reads():
    class Kept:
        hidden = 2.0

        @property
        def k(self):
            return self.hidden

    kept = Kept()
    return lambda x: x * kept.k, setting(kept, "hidden", 3.0)


# --- classes ---


class Base:
    k = 2.0

    def method(self, x):
        return x * self.k

    @staticmethod
    def static(x):
        return x * Base.k

    @classmethod
    def of_class(cls, x):
        return x * cls.k


class Derived(Base):
    def method(self, x):
        return super().method(x) + 1


@case
def an_attribute_of_a_class():
    return lambda x: Derived().method(x), setting(Base, "k", 3.0)


@case
def what_a_static_method_reads():
    return lambda x: Base.static(x), setting(Base, "k", 3.0)


@case
def what_a_method_of_a_class_reads():
    return lambda x: Base.of_class(x), setting(Base, "k", 3.0)


@case
def a_method_of_a_class():
    box = Derived()
    return lambda x: box.method(x), setting(Derived, "method", lambda _, x: x * 7)


@case
def a_method_of_a_base_that_super_finds():
    box = Derived()
    return lambda x: box.method(x), setting(Base, "method", lambda _, x: x * 7)


@case
def a_method_by_one_of_the_object():
    box = Derived()
    return lambda x: box.method(x), setting(box, "method", lambda x: x * 7)


@case
def the_class_of_an_object():
    box = Derived()
    return lambda x: box.method(x), setting(box, "__class__", Base)


@case
def an_attribute_of_a_metaclass():
    class Meta(type):
        k = 2.0

    class Made(metaclass=Meta):
        pass

    return lambda x: x * Made.k, setting(Meta, "k", 3.0)


@case
def the_function_is_a_method():
    box = Base()
    return box.method, setting(box, "k", 3.0)


@case
def the_function_is_an_object():
    class Callable:
        k = 2.0

        def __call__(self, x):
            return x * self.k

    box = Callable()
    return box, setting(box, "k", 3.0)


@pytest.fixture(autouse=True)
def _as_it_was():
    """The classes are as they were after each case."""
    before = [
        (kind, name, x)
        for kind in (Base, Derived)
        for name, x in vars(kind).items()
        if name in ("k", "method")
    ]
    yield
    for kind, name, x in before:
        setattr(kind, name, x)


@pytest.mark.parametrize("make", CASES.values(), ids=CASES)
def test_another_attribute_is_seen_at_the_next_call(make):
    check(*make())
