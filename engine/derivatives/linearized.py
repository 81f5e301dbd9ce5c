"""`linearize`: a function is run once, and its derivative there applied to any tangents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..recording import RECORDING
from .call import Call, run
from .directions import count_tangents, pushed as pushed_along, tangents_for


def linearize(f: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """f(*primals), and a function from tangents, one per primal, to the derivative along them.

    f is run once, its graph is kept, and each call of the function returned pushes tangents
    through that: what f does besides, and random numbers that it draws, happen once.  `jvp` is
    for a single tangent: it keeps no graph.

    Primals, tangents and the result may be containers, as in `grad`.  With has_aux f returns a
    pair, and what stands second in it comes third.

    Raises:
        ValueError: the tangents do not match the primals in number or shape, or are built in
            another way.

    >>> import numpy as np
    >>> y, pushforward = linearize(lambda x: x * x, np.array([1.0, 2.0]))
    >>> pushforward(np.array([1.0, 0.0])), pushforward(np.array([0.0, 1.0]))
    (array([2., 0.]), array([0., 4.]))
    """
    call = run(f, primals, {}, tuple(range(len(primals))), has_aux)

    def pushforward(*tangents: Any) -> Any:
        count_tangents(primals, tangents)
        found = call.as_result(pushed(call, tangents_for(call.arguments, call.trees, tangents)))
        call.check_reached()
        return found

    y = call.values()
    return (y, pushforward, call.given_aux()) if has_aux else (y, pushforward)


def pushed(call: Call, tangents: Any) -> list[Any]:
    """As `directions.pushed`, where operations are recorded if they are now."""
    call.records = RECORDING.enabled
    return pushed_along(call, tangents)
