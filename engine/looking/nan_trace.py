"""`nan_trace`: which op first gave nan or inf, and which line of yours called it."""

from __future__ import annotations

import linecache
from pathlib import Path
from typing import Any

import numpy as np

from ..callers import caller
from ..core import Op
from ..graph import toposort
from ..node import Node
from ..recording import RECORDING, Watching, open_calls


class NonFiniteError(FloatingPointError):
    """An op made nan or inf of finite numbers, or was given some.

    Attributes:
        op: the op.
        what: "forward", or "gradient of input 0".
        source: `"file:line: text"` of the caller, or "" where it is not known.

    >>> from engine import Value, log
    >>> try:
    ...     nan_trace(log(Value(0.0)))
    ... except NonFiniteError as error:
    ...     print(error.op.name, error.what)
    log forward
    """

    def __init__(
        self, op: Op, what: str, found: Any, inputs: list[Any], source: str, note: str = ""
    ) -> None:
        self.op, self.what, self.source = op, what, source
        given = ", ".join(_brief(x, like=found) for x in inputs)
        where = f"\n  {source}" if source else ""
        super().__init__(f"{op.name}({given}): {what} is {_brief(found)}{note}{where}")


def _first(array: Any) -> tuple[int, ...] | None:
    """The first place of an array that is not finite."""
    bad = np.argwhere(~_finite(array))
    return tuple(int(i) for i in bad[0]) if len(bad) else None


def _brief(x: Any, like: Any = None) -> str:
    """A number, or of an array that which is not finite (or stands there in `like`)."""
    array = np.asarray(x)
    if array.ndim == 0:
        return f"{array[()]:.6g}" if array.dtype.kind == "f" else str(array[()])
    place = _first(array)
    if place is None and np.shape(like) == array.shape:
        place = _first(like)
    if place is None:
        return f"array of shape {array.shape}"
    return f"{array[place]:.6g} at {list(place)} of shape {array.shape}"


def _finite(x: Any) -> Any:
    array = np.asarray(x)
    return np.isfinite(array) if array.dtype.kind == "f" else np.ones(array.shape, dtype=bool)


def _all_finite(x: Any) -> bool:
    return bool(_finite(x).all())


def _has_nan(x: Any) -> bool:
    array = np.asarray(x)
    return array.dtype.kind == "f" and bool(np.isnan(array).any())


def _source() -> str:
    """The nearest calling line outside these packages."""
    frame, _ = caller()
    if frame is None:
        return ""
    file, line = frame.f_code.co_filename, frame.f_lineno
    text = linecache.getline(file, line).strip()
    # A notebook's cell runs under the name of a file that is not there: its number says nothing.
    # The second name is Colab's.
    cell = Path(file).parent.name.startswith("ipykernel_") or "ipython-input" in Path(file).name
    return f"{'cell' if cell else Path(file).name}:{line}: {text}"


class nan_trace(Watching):  # noqa: N801 - used as a function and as a context, named like no_grad
    """Find the first op whose value or gradient went nan or inf though its inputs were finite.

    As a context it watches every op recorded in this thread, and every backward pass; as a
    function, `nan_trace(root)`, it searches a finished graph.  Either raises `NonFiniteError`
    with the op, the numbers and (in a context) the line that called it.  Inputs that are inf or
    nan themselves, such as a mask of -inf, are named only if the final result is not finite.
    Compiled functions run op by op inside, so that it is their lines that are named.  NumPy's own
    warnings are silent inside.  Gradients are searched as they are without hooks.

    Args:
        root: a result to search; leave it out for a context.

    Raises:
        NonFiniteError: an op went nan or inf.
        TypeError: root is not a node.

    >>> from engine import Value, log
    >>> with nan_trace():
    ...     log(Value(0.0))
    Traceback (most recent call last):
    engine.looking.nan_trace.NonFiniteError: log(0): forward is -inf...
    """

    def __init__(self, root: Any = None) -> None:
        self._sources: dict[int, tuple[Any, str]] = {}
        if root is not None:
            order = toposort(root)
            for node in order:
                if node.op is not None:
                    self.forward(node.op, node.data, _given(node.inputs), "")
            with np.errstate(all="ignore"):
                self.backward(order, root.full(1.0))

    def saved(self) -> Any:
        return super().saved(), np.geterr(), RECORDING.opened

    def change(self) -> None:
        super().change()
        open_calls(True)
        np.seterr(all="ignore")

    def restore(self, saved: Any) -> None:
        watcher, warnings, opened = saved
        super().restore(watcher)
        open_calls(opened)
        np.seterr(**warnings)
        if not self.entered_twice:
            self._sources.clear()

    def recorded(self, op: Op, node: Any, inputs: tuple[Any, ...]) -> None:
        """Called for each result made inside the context."""
        source = _source()
        self._sources[id(node)] = (node, source)  # the node is kept, so that its id stays its own
        self.forward(op, node.data, _given(inputs), source)

    def _error(self, node: Any, what: str, found: Any, note: str = "") -> NonFiniteError:
        _, source = self._sources.get(id(node), (None, ""))
        return NonFiniteError(node.op, what, found, _given(node.inputs), source, note)

    def forward(self, op: Op, data: Any, inputs: list[Any], source: str) -> None:
        """Complain about a result that is not finite, of inputs that are."""
        if not _all_finite(data) and all(_all_finite(x) for x in inputs if x is not None):
            raise NonFiniteError(op, "forward", data, inputs, source)

    def backward(self, order: list[Any], seed: Any) -> None:
        """Complain about the first contribution that is not finite, of an adjoint that is."""
        self._check_given(order, seed)
        found: dict[Any, Any] = {order[-1]: seed}
        for node in reversed(order):
            g = found.get(node)
            if node.op is None or g is None:
                continue
            with np.errstate(all="ignore"):
                parts = node.contributions(g)
            for i, (x, part) in enumerate(zip(node.inputs, parts, strict=True)):
                if part is None:
                    continue
                what = f"gradient of input {i}"
                if not _all_finite(part):
                    raise self._error(node, what, part)
                found[x] = found[x] + part if x in found else part
                if not _all_finite(found[x]):
                    raise self._error(node, what, found[x], ", the sum of several that are finite")

    def _check_given(self, order: list[Any], seed: Any) -> None:
        """Complain where nan or inf came in from outside: with an input, or with the seed."""
        root = order[-1]
        if not _all_finite(root.data):
            made = [x for x in order if x.op is not None]
            for node in made:  # 0 × inf and inf - inf: what is wrong with a nan begins there
                if _has_nan(node.data) and not any(map(_has_nan, _given(node.inputs))):
                    raise self._error(node, "forward", node.data, ", from an input that is inf")
            for node in made:
                if not _all_finite(node.data):
                    raise self._error(node, "forward", node.data, ", and so was an input")
        if not _all_finite(seed) and root.op is not None:
            raise self._error(root, "the gradient given to backward", seed)


def _given(inputs: tuple[Any, ...]) -> list[Any]:
    """What an op computed with: the numbers of its inputs (None for one left out)."""
    return [x.data if isinstance(x, Node) else x for x in inputs]
