"""A function is traced twice: the same program comes out, or the line that differs is named."""

import gc

import pytest

import engine
from engine.compilation import Compiled


def test_the_collector_rests_while_a_function_is_traced_and_works_again():
    @engine.compile
    def f(x):
        return x * (3.0 if gc.isenabled() else 2.0)

    assert f(1.0) == 2.0
    assert gc.isenabled()
    gc.disable()
    try:
        f(engine.ones(3))
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_the_collector_works_again_after_an_error():
    @engine.compile
    def f(x):
        assert not gc.isenabled()
        raise LookupError("while traced")

    with pytest.raises(LookupError, match="while traced"):
        f(1.0)
    assert gc.isenabled()


def compiled(*answers):
    """A function that has one answer, then the other, from a generator nobody looks into."""
    given = iter([*answers] * 2)
    return Compiled(lambda x: next(given)(x))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (lambda x: x + 1.0, lambda x: x - 1.0),
        (lambda x: x + 1.0, lambda x: x + 2.0),
        (lambda x: x + 1.0, lambda x: x),
        (lambda x: x + x, lambda x: x + 1.0),
        (lambda x: (x, x), lambda x: (x, x, x)),
        (lambda x: (x, 1.0), lambda x: (x, x)),
        (lambda x: (x, x * x), lambda x: (x, 1.0)),
        (lambda x: engine.logsumexp(engine.stack([x, x])), lambda x: engine.logsumexp(x)),
        (lambda x: engine.stack([x, x]), lambda x: engine.stack([x, x, x])),
    ],
)
def test_what_is_another_the_second_time_is_an_error(first, second):
    f = compiled(first, second)
    with pytest.raises(TypeError, match=r"does not do the same twice|another at each call"):
        f(2.0)
