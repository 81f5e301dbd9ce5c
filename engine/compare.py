"""`compare`: one function on both tiers in lockstep, and on finite differences."""

from __future__ import annotations

import html
import inspect
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import scalar, tensor
from .core import Node, NodeArray, Op, no_grad
from .expand import box, label_of
from .graph import toposort
from .reductions import sum as sum_of
from .scalar import Value
from .tensor import Tensor

__all__ = ["Comparison", "Difference", "Row", "compare"]

GRADIENT_RTOL = 1e-12  # between the tiers
FINITE_RTOL = 1e-5  # a central difference is good to about 1e-9, less where f is steep
EPS = float(np.finfo(np.float64).eps)


def ulps(a: Any, b: Any, scale: float = 0.0) -> Any:
    """How many units in the last place (of the largest of |a|, |b|, scale) apart; 0 if equal.

    nan equals nan.

    >>> float(ulps(1.0, 1.0 + 2 ** -52))
    1.0
    """
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(all="ignore"):
        apart = np.abs(a - b) / np.spacing(np.maximum(np.maximum(np.abs(a), np.abs(b)), scale))
    return np.where(same, 0.0, np.where(np.isfinite(apart), apart, np.inf))


def relative(a: Any, b: Any, scale: Any = 0.0) -> Any:
    """|a - b| as a fraction of the larger of |a|, |b| and `scale`; 0 where equal or both nan."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(all="ignore"):
        size = np.maximum(np.maximum(np.abs(a), np.abs(b)), scale)
        apart = np.abs(a - b) / np.where(size == 0, 1.0, size)
    return np.where(same, 0.0, np.where(np.isnan(apart), np.inf, apart))


@dataclass(frozen=True)
class Row:
    """One line of a comparison: the value, or the gradient of one input."""

    name: str  # "value", or the input's name
    shape: tuple[int, ...]
    scalar: np.ndarray  # on the Value tier
    tensor: np.ndarray  # on the Tensor tier
    finite: np.ndarray | None  # by finite differences; nan where not sampled
    kink: np.ndarray  # where finite differences say nothing: f has a corner there

    @property
    def ulp(self) -> float:
        """Largest distance between the tiers in units in the last place, scaled as `relative`."""
        return float(np.max(ulps(self.scalar, self.tensor, self._scale()), initial=0.0))

    @property
    def relative(self) -> float:
        """Largest difference between the tiers, relative to the largest number of this row."""
        return float(np.max(self._between_tiers(), initial=0.0))

    @property
    def finite_relative(self) -> float:
        """Largest difference between the tensor tier and finite differences, likewise."""
        return float(np.max(self._against_finite(), initial=0.0))

    @property
    def ok(self) -> bool:
        """Whether tiers and finite differences agree."""
        return self.relative <= GRADIENT_RTOL and self.finite_relative <= FINITE_RTOL

    def _scale(self) -> float:
        finite = np.abs(self.tensor[np.isfinite(self.tensor)])
        return float(finite.max(initial=0.0))

    def _between_tiers(self) -> np.ndarray:
        return np.asarray(relative(self.scalar, self.tensor, self._scale()))

    def _against_finite(self) -> np.ndarray:
        if self.finite is None:
            return np.zeros(self.shape)
        apart = relative(self.tensor, self.finite, max(self._scale(), 1.0))
        skip = self.kink | np.isnan(self.finite) | ~np.isfinite(self.tensor)
        return np.where(skip, 0.0, apart)

    def worst(self) -> tuple[int, ...]:
        """The element where the tiers (else the finite differences) differ most."""
        if not self.tensor.size:
            return ()
        apart = self._between_tiers()
        apart = apart if apart.any() else self._against_finite()
        where = int(np.argmax(apart)) if apart.any() else int(np.argmax(np.abs(self.tensor)))
        return tuple(int(i) for i in np.unravel_index(where, self.shape))


@dataclass(frozen=True)
class Difference:
    """Where the tiers part: the first op that, given the same inputs, does not give the same."""

    op: Op
    what: str  # "forward", or "gradient of input 0"
    position: int  # of the node in topological order
    index: tuple[int, ...]
    scalar: float
    tensor: float
    ulp: float
    within: bool  # whether the op's stated bound allows it

    def __str__(self) -> str:
        place = label_of(self.op.name, self.index) if self.index else f"{self.op.name}"
        bound = f"within its bound of {self.op.ulp:g}" if self.within else "BEYOND its bound"
        if not self.within and self.what == "forward":
            bound += f" of {self.op.ulp:g} ulp"
        return (
            f"{place} (node {self.position}), {self.what}: Value {self.scalar!r}, "
            f"Tensor {self.tensor!r}, {self.ulp:g} ulp apart, {bound}"
        )


@dataclass(frozen=True)
class Comparison:
    """What `compare` found; prints as a table, in a notebook as HTML.

    Attributes:
        rows: the value, then one for each input.
        first_difference: the first op whose result differs between the tiers, or None.
        first_fault: the first that differs by more than its stated bound, or None.
        sampled: how many elements were checked by finite differences, of how many.
    """

    title: str
    rows: tuple[Row, ...]
    first_difference: Difference | None
    first_fault: Difference | None
    sampled: tuple[int, int]

    @property
    def ok(self) -> bool:
        """Whether both tiers and finite differences agree."""
        return all(row.ok for row in self.rows) and self.first_fault is None

    def raise_if_different(self) -> Comparison:
        """Raise an AssertionError with the table where something differs; else return this."""
        if not self.ok:
            raise AssertionError("\n" + str(self))
        return self

    def __str__(self) -> str:
        cells = [HEAD, *self._cells()]
        widths = [max(len(line[i]) for line in cells) for i in range(len(HEAD))]
        lines = ["  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) for line in cells]
        lines.insert(1, "  ".join("-" * w for w in widths))
        return "\n".join([self.title, "", *(line.rstrip() for line in lines), "", *self._notes()])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        def row(cells: Sequence[str], tag: str) -> str:
            return "<tr>" + "".join(f"<{tag}>{html.escape(c)}</{tag}>" for c in cells) + "</tr>"

        body = "".join(row(cells, "td") for cells in self._cells())
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self._notes())
        return (
            f"<p><b>{html.escape(self.title)}</b></p><table><thead>{row(HEAD, 'th')}</thead>"
            f"<tbody>{body}</tbody></table>{notes}"
        )

    def _cells(self) -> list[list[str]]:
        return [cells for row in self.rows for cells in _lines(row)]

    def _notes(self) -> list[str]:
        verdict = "The tiers and the finite differences agree." if self.ok else "THEY DIFFER."
        notes = [verdict]
        if self.first_difference is None:
            notes.append("Every op gave the same bits on both tiers.")
        else:
            notes.append(f"First op that differs: {self.first_difference}.")
        if self.first_fault not in (None, self.first_difference):
            notes.append(f"First op beyond its bound: {self.first_fault}.")
        checked, total = self.sampled
        if checked < total:
            notes.append(f"Finite differences at {checked} of {total} elements.")
        if any(row.kink.any() for row in self.rows):
            notes.append("At a kink a finite difference says nothing; the tiers are compared.")
        return notes


HEAD = ["", "Value", "Tensor", "finite difference", "Value ~ Tensor", "~ finite difference", ""]
SHOWN_EACH = 6  # arrays of up to so many numbers are shown number by number


def _lines(row: Row) -> list[list[str]]:
    """A row as lines of cells: each number, or the one where the difference is largest."""
    name = row.name if row.name == "value" else f"∂/∂{row.name}"
    if row.tensor.size <= SHOWN_EACH:
        return [_line(row, label_of(name, i), i) for i in np.ndindex(row.shape)]
    shape = "×".join(map(str, row.shape))
    place = row.worst()
    line = _line(row, f"{name} {shape}", place)
    line[0] += f", at {list(place)}"
    line[4] = _distance(row.ulp, row.relative)
    line[5] = f"{row.finite_relative:.1e}" if row.finite is not None else ""
    line[6] = "ok" if row.ok else "DIFFERS"
    return [line]


def _line(row: Row, name: str, i: tuple[int, ...]) -> list[str]:
    between, against = row._between_tiers()[i], row._against_finite()[i]
    finite = "" if row.finite is None else "at a kink" if row.kink[i] else _short(row.finite[i])
    checked = row.finite is not None and not row.kink[i] and not math.isnan(row.finite[i])
    return [
        name,
        repr(float(row.scalar[i])),
        repr(float(row.tensor[i])),
        finite,
        _distance(float(ulps(row.scalar[i], row.tensor[i], row._scale())), float(between)),
        f"{against:.1e}" if checked else "",
        "ok" if between <= GRADIENT_RTOL and against <= FINITE_RTOL else "DIFFERS",
    ]


def _short(x: float) -> str:
    return "not sampled" if math.isnan(x) else f"{x:.9g}"


def _distance(ulp: float, part: float) -> str:
    return "same bits" if ulp == 0 else f"{ulp:.0f} ulp, {part:.1e}"


def compare(
    f: Callable[..., Any],
    *inputs: Any,
    names: Sequence[str] | None = None,
    samples: int = 200,
    seed: int = 0,
) -> Comparison:
    """Run f on Tensors, on Values and on finite differences, and say where they part.

    Numbers become a Value on one tier and a 0-d Tensor on the other, arrays a `ValueArray` and a
    Tensor; f must be written with operators and with functions or methods both have.  Where f
    returns several numbers, gradients are those of their sum.

    The tiers agree if their gradients differ by at most 1e-12, relative to the gradient or (where
    terms cancel) to the largest one of that input, and if every op, given the same inputs, gives
    values within its stated bound in units in the last place (ulp).

    Args:
        inputs: real numbers and arrays of them.
        names: one for each input; default the names of f's parameters.
        samples: of each input, how many elements finite differences check.
        seed: chooses which.

    Raises:
        TypeError: an input is not numeric, or f does not return a node.
        ValueError: names do not match the inputs.

    >>> result = compare(lambda a, b: a * b + a, 2.0, -3.0)
    >>> result.ok, result.rows[1].name, result.rows[1].tensor.item()
    (True, 'a', -2.0)
    """
    arrays = [_checked(x, i) for i, x in enumerate(inputs)]
    labels = _names(f, len(arrays), names)
    with np.errstate(all="ignore"):
        tensors = [
            Tensor(x, requires_grad=True, label=n) for x, n in zip(arrays, labels, strict=True)
        ]
        y = _outcome(f(*tensors), Tensor)
        root = y if y.ndim == 0 else sum_of(y)
        on_tensors = (
            tensor.gradients(root, tensors) if root.requires_grad else [None] * len(tensors)
        )
        boxes = [box(x, n) for x, n in zip(arrays, labels, strict=True)]
        value, on_values = _on_values(f, boxes)
        order = toposort(root)
        differences = _differences(order, root)
        finite = [
            _finite(f, arrays, k, samples, np.random.default_rng(seed)) for k in range(len(arrays))
        ]
    corner = _near_kink(order)
    rows = [_row("value", value, np.asarray(y.data), None, False)]
    for name, x, a, b, numeric in zip(labels, arrays, on_values, on_tensors, finite, strict=True):
        rows.append(_row(name, a, np.zeros(x.shape) if b is None else b, numeric, corner))
    checked = sum(int((~np.isnan(numeric)).sum()) for numeric, _ in finite)
    title = f"{getattr(f, '__name__', 'f')}({', '.join(labels)})".replace("<lambda>", "f")
    faults = [d for d in differences if not d.within]
    return Comparison(
        title, tuple(rows), differences[0] if differences else None,
        faults[0] if faults else None, (checked, sum(x.size for x in arrays)),
    )  # fmt: skip


def _checked(x: Any, i: int) -> np.ndarray:
    array = np.asarray(x.data if isinstance(x, Node) else x)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"input {i} must be a real number or an array of them, got {x!r:.60}")
    return np.array(array, dtype=np.float64)


def _names(f: Any, count: int, names: Sequence[str] | None) -> list[str]:
    if names is not None:
        if len(names) != count:
            raise ValueError(f"names must have {count} entries, got {list(names)}")
        return list(names)
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):  # a callable without a signature
        parameters = []
    plain = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return [plain[i] if i < len(plain) else f"x{i}" for i in range(count)]


def _outcome(y: Any, kind: type[Any]) -> Any:
    if not isinstance(y, kind | NodeArray):
        raise TypeError(
            f"the function must return a {kind.__name__} when given {kind.__name__}s, "
            f"got {type(y).__name__}"
        )
    return y


def _on_values(f: Any, boxes: list[Any]) -> tuple[np.ndarray, list[np.ndarray]]:
    """f's value and gradients on the scalar tier, as arrays."""
    y = _outcome(f(*boxes), Value)
    value = np.asarray(y.values if isinstance(y, NodeArray) else y.data)  # type: ignore[attr-defined]  # ValueArray has values
    root = sum_of(y) if isinstance(y, NodeArray) else y
    gradients = []
    for boxed in boxes:
        nodes = list(boxed.flat) if isinstance(boxed, NodeArray) else [boxed]
        found = scalar.gradients(root, nodes) if isinstance(root, Value) else [None] * len(nodes)
        numbers = [0.0 if g is None else g for g in found]
        gradients.append(np.array(numbers).reshape(np.shape(boxed)))
    return value, gradients


def _row(
    name: str, on_values: np.ndarray, on_tensors: np.ndarray, numeric: Any, corner: bool
) -> Row:
    on_tensors = np.asarray(on_tensors, dtype=np.float64)
    kink = np.zeros(on_tensors.shape, dtype=bool)
    finite = None
    if numeric is not None:
        finite, jumps = numeric
        kink = jumps & corner
    return Row(name, on_tensors.shape, np.asarray(on_values), on_tensors, finite, kink)


# --- finite differences ---


def _finite(
    f: Any, arrays: list[np.ndarray], k: int, samples: int, rng: Any
) -> tuple[np.ndarray, np.ndarray]:
    """Central differences for input k (nan where not sampled), and where the slope jumps."""
    slopes = np.full(arrays[k].size, np.nan)
    jumps = np.zeros(arrays[k].size, dtype=bool)
    chosen = np.arange(slopes.size)
    if slopes.size > samples:
        chosen = rng.choice(slopes.size, samples, replace=False)
    for i in chosen:
        x = arrays[k].reshape(-1)[i]
        h = EPS ** (1 / 3) * max(abs(x), 1.0)
        at = {s: _total(f, arrays, k, i, x + s * h) for s in (-2, -1, 0, 1, 2)}
        # five points: the error is of the order h^4
        slopes[i] = (8 * (at[1] - at[-1]) - (at[2] - at[-2])) / (12 * h)
        left, right = (at[0] - at[-1]) / h, (at[1] - at[0]) / h
        jumps[i] = abs(right - left) > 1e-3 * max(abs(left), abs(right), 1e-3)
    return slopes.reshape(arrays[k].shape), jumps.reshape(arrays[k].shape)


def _total(f: Any, arrays: list[np.ndarray], k: int, i: Any, x: float) -> float:
    moved = arrays[k].copy()
    moved.reshape(-1)[i] = x
    with no_grad():
        y = f(*(Tensor(moved if j == k else a) for j, a in enumerate(arrays)))
    return math.fsum(np.asarray(y.data).ravel()) if np.isfinite(y.data).all() else math.nan


def _near_kink(order: list[Tensor]) -> bool:
    """Whether an op in the graph stands so near a corner that finite differences cross it."""
    for node in order:
        if node.op is not None and node.op.kinks is not None:
            raw = [x.data if isinstance(x, Tensor) else x for x in node.inputs]
            if np.any(np.asarray(node.op.kinks(*raw, **node.params)) < 1e-3):
                return True
    return False


# --- lockstep ---


def _differences(order: list[Tensor], root: Tensor) -> list[Difference]:
    """Each op alone, on both tiers from the same inputs: forward first, then its rules."""
    found = []
    for position, node in enumerate(order):
        if node.op is not None:
            found += _forward_difference(node, position)
    if root.requires_grad:
        one = np.ones_like(root.data)
        adjoints = tensor.propagate(order, {id(root): np.asarray(one)}, keep=True)
        for position in reversed(range(len(order))):
            node = order[position]
            if node.op is not None and id(node) in adjoints:
                found += _rule_difference(node, position, adjoints[id(node)])
    return found


def _boxes(node: Tensor) -> list[Any]:
    return [box(x.data) if isinstance(x, Tensor) else x for x in node.inputs]


def _forward_difference(node: Tensor, position: int) -> list[Difference]:
    assert node.op is not None
    with no_grad():
        y = node.op.apply(tuple(_boxes(node)), dict(node.params))
    got = np.asarray(y.values if isinstance(y, NodeArray) else float(y), dtype=np.float64)  # type: ignore[attr-defined]  # ValueArray has values
    expected = np.asarray(node.data, dtype=np.float64)
    bound = node.op.ulp * EPS * np.maximum(np.abs(expected), _terms(node))
    return _worst(node.op, "forward", position, got, expected, bound)


def _terms(node: Tensor) -> Any:
    """How large the terms of a result are that may cancel: rounding is relative to those.

    For sums and products of arrays it is the op on the sizes of its inputs; and never less than
    the largest input.
    """
    assert node.op is not None
    if node.op.kind == "elementwise":
        return 0.0
    sizes = tuple(np.abs(x.data) if isinstance(x, Tensor) else x for x in node.inputs)
    largest = max(float(np.max(x, initial=0.0)) for x in sizes if isinstance(x, np.ndarray))
    return np.maximum(np.abs(np.asarray(node.op.apply(sizes, dict(node.params)))), largest)


def _rule_difference(node: Tensor, position: int, g: np.ndarray) -> list[Difference]:
    assert node.op is not None
    boxes = _boxes(node)
    y = node.op.apply(tuple(boxes), dict(node.params))
    root = sum_of(y * g) if isinstance(y, NodeArray) else y * float(g)
    if not isinstance(root, Value):
        return []  # a constant: nothing flows
    for i, (x, boxed) in enumerate(zip(node.inputs, boxes, strict=True)):
        if not (isinstance(x, Tensor) and x.requires_grad):
            continue
        nodes = list(boxed.flat) if isinstance(boxed, NodeArray) else [boxed]
        numbers = [0.0 if d is None else d for d in scalar.gradients(root, nodes)]
        got = np.array(numbers).reshape(x.shape)
        expected = np.asarray(tensor.contribution(node, g, i), dtype=np.float64)
        size = np.abs(expected[np.isfinite(expected)]).max(initial=0.0)
        bound = GRADIENT_RTOL * np.maximum(np.abs(expected), size)
        found = _worst(node.op, f"gradient of input {i}", position, got, expected, bound)
        if found:
            return found
    return []


def _worst(
    op: Op, what: str, position: int, got: np.ndarray, expected: np.ndarray, bound: np.ndarray
) -> list[Difference]:
    """The element furthest beyond its bound, if any element differs at all."""
    apart = ulps(got, expected)
    if not apart.any():
        return []
    with np.errstate(all="ignore"):
        off = np.abs(got - expected)
        excess = np.where(apart == 0, -np.inf, np.where(np.isnan(off), np.inf, off - bound))
    place = tuple(int(i) for i in np.unravel_index(int(np.argmax(excess)), excess.shape))
    return [
        Difference(
            op, what, position, place, float(got[place]), float(expected[place]),
            float(apart[place]), bool(excess[place] <= 0),
        )
    ]  # fmt: skip
