"""Cases of what a compiled function reads and is changed between calls."""

from operator import setitem

import numpy as np

import engine
from engine import Value

X = np.linspace(0.5, 2.0, 6).reshape(2, 3)


class Box:
    """Holds attributes."""

    def __init__(self, **attributes):
        vars(self).update(attributes)


def setting(x, name, value):
    """What sets an attribute."""
    return lambda: setattr(x, name, value)


def item(x, key, value):
    """What sets an item."""
    return lambda: setitem(x, key, value)


def plain(x):
    """The numbers of a result."""
    return x._held if isinstance(x, engine.Tensor | Value) else x


def check(f, change):
    """f compiled gives what f gives, before `change()` and after, and is traced no third time."""
    compiled = engine.compile(f)
    before = f(X)
    for _ in range(2):
        np.testing.assert_allclose(plain(compiled(X)), plain(before), rtol=1e-6)
    assert len(compiled.traces) == 1
    change()
    after = f(X)
    for _ in range(2):
        found = compiled(X)
        assert type(found) is type(after)
        assert np.shape(plain(found)) == np.shape(plain(after))
        np.testing.assert_allclose(plain(found), plain(after), rtol=1e-6)
        assert getattr(found, "requires_grad", None) == getattr(after, "requires_grad", None)
    assert len(compiled.traces) <= 2
