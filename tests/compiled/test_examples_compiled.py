"""The examples, in small, trained with compile=True: the same curves."""

import functools

import numpy as np
import pytest

import nn
from nn.examples import adding, digits_conv, digits_mlp, moons, names_gpt, names_mlp

EXAMPLES = {
    "moons": (functools.partial(moons.main, points=16, hidden=4, steps=4), 1e-11),
    "digits_mlp": (functools.partial(digits_mlp.main, epochs=1, hidden=16), 1e-10),
    "digits_conv": (functools.partial(digits_conv.main, epochs=1, examples=80), 1e-4),
    "names_mlp": (functools.partial(names_mlp.main, epochs=1, names=60, hidden=16), 1e-10),
    "names_gpt": (
        functools.partial(names_gpt.main, epochs=2, names=60, width=8, heads=2, batch_size=16),
        1e-4,
    ),
    "adding": (functools.partial(adding.main, length=8, epochs=1, count=200, hidden=8), 1e-10),
    "adding, GRU": (
        functools.partial(adding.main, kind="GRU", length=8, epochs=1, count=200, hidden=8),
        1e-10,
    ),
}


@pytest.mark.parametrize(("main", "tolerance"), EXAMPLES.values(), ids=EXAMPLES)
def test_an_example_compiled_has_the_same_curves(main, tolerance, monkeypatch):
    fit, curves = nn.fit, {}
    for compiled in (False, True):
        columns = curves[compiled] = []

        def recorded(*args, compiled=compiled, columns=columns, **settings):
            history = fit(*args, **settings, compile=compiled)
            columns += [history[name] for name in history.rows[0] if name != "seconds"]
            return history

        monkeypatch.setattr(nn, "fit", recorded)
        main(progress=False)
    assert len(curves[True]) == len(curves[False]) > 0
    for found, expected in zip(curves[True], curves[False], strict=True):
        np.testing.assert_allclose(found, expected, rtol=tolerance)
