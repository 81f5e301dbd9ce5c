"""Random programs: chains and diamonds of ops that hypothesis draws, run on both tiers.

A program is drawn while it runs on plain arrays, so that every step fits the shapes before it.  It
is then run again on Tensors and on arrays of Values; numbers, gradients and second derivatives
must be the same, and the gradient must be the slope of the plain function.

Inputs are multiples of 1/4, so that ties and kinks are common.  Where a step has rounded, the two
tiers may sit on different sides of a kink: there a kinked op is drawn only well away from it.
"""

import numpy as np
import pytest
from helpers import LEAVES
from hypothesis import assume, given, strategies as st

import engine as E
from engine import Tensor, ValueArray

SMOOTH = ["tanh", "sin", "cos", "sigmoid", "softplus", "square", "gelu", "silu", "arctan", "erf",
          "logsigmoid", "arcsinh"]  # fmt: skip
KINKED = ["relu", "abs", "leaky_relu", "elu"]
EXACT_UNARY = ["neg", "relu", "abs", "square"]
BINARY = ["add", "sub", "mul", "maximum", "minimum", "logaddexp"]
EXACT_BINARY = ["add", "sub", "mul", "maximum", "minimum"]
REDUCE = ["sum", "mean", "max", "min", "prod", "logsumexp", "var"]
EXACT_REDUCE = ["sum", "max", "min", "prod"]
ALONG = ["cumsum", "softmax", "log_softmax", "sort", "cumprod"]


class Program:
    """Steps `(function, indices of operands)`; each appends a result to the list."""

    def __init__(self, inputs):
        self.steps = []
        self.found = [np.asarray(x) for x in inputs]
        self.exact = [True] * len(inputs)
        self.kinked = False

    def add(self, function, operands, exact=True, kinks=None):
        """Append a step, unless it is too large, or too near a kink after rounding."""
        arrays = [self.found[i] for i in operands]
        exact = exact and all(self.exact[i] for i in operands)
        with np.errstate(all="ignore"):
            y = np.asarray(function(*arrays))
        if not 0 < y.size <= 60 or not np.isfinite(y).all() or np.abs(y).max(initial=0) > 1e4:
            return
        if kinks is not None:
            distance = np.asarray(kinks(*arrays))
            if not all(self.exact[i] for i in operands) and (distance < 1e-5).any():
                return
            self.kinked = self.kinked or bool((distance < 1e-3).any())
        self.steps.append((function, operands))
        self.found.append(y)
        self.exact.append(exact)

    def run(self, *nodes):
        """All the last results, summed with fixed weights, on whatever tier the nodes are."""
        found = list(nodes)
        for function, operands in self.steps:
            found.append(function(*(found[i] for i in operands)))
        total = 0.0
        for k, y in enumerate(found[-3:]):  # several results: shared parts add up
            weights = np.cos(np.arange(np.size(self.found[len(found) - 3 + k])) + k)
            weights = weights.reshape(np.shape(self.found[len(found) - 3 + k]))
            total = total + E.sum(y * (weights if weights.ndim else float(weights)))
        return total


def axis_of(draw, x):
    return draw(st.integers(-x.ndim, x.ndim - 1))


def draw_step(draw, program):
    """One more step, of a random kind, on random earlier results."""
    i = draw(st.integers(0, len(program.found) - 1))
    x = program.found[i]
    kind = draw(st.sampled_from(["unary", "binary", "binary", "reduce", "along", "move", "join"]))
    if kind == "unary":
        name = draw(st.sampled_from(SMOOTH + KINKED))
        op = E.registry[name]
        kinks = (lambda a: op.kinks(a, **op.defaults)) if op.kinks else None
        program.add(op, [i], name in EXACT_UNARY, kinks)
    elif kind == "binary":
        fits = [k for k, y in enumerate(program.found) if broadcasts(x.shape, y.shape)]
        k = draw(st.sampled_from(fits))
        op = E.registry[draw(st.sampled_from(BINARY))]
        program.add(op, [i, k], op.name in EXACT_BINARY, op.kinks)
    elif kind == "reduce":
        name = draw(st.sampled_from(REDUCE))
        axes = st.none() | st.sets(st.integers(0, x.ndim - 1)).map(tuple) if x.ndim else st.none()
        axis, keepdims = draw(axes), draw(st.booleans())
        op = E.registry[name]
        kinks = (lambda a: op.kinks(a, axis, keepdims)) if op.kinks else None
        program.add(lambda a: op(a, axis=axis, keepdims=keepdims), [i], name in EXACT_REDUCE, kinks)
    elif kind == "along" and x.ndim:
        name, axis = draw(st.sampled_from(ALONG)), axis_of(draw, x)
        function = getattr(E, name)
        kinks = (lambda a: np.diff(np.sort(a, axis), axis=axis)) if name == "sort" else None
        program.add(lambda a: function(a, axis=axis), [i], name in ("cumsum", "sort"), kinks)
    elif kind == "move" and x.ndim:
        program.add(draw_move(draw, x), [i])
    elif kind == "join":
        k = draw(st.integers(0, len(program.found) - 1))
        draw_join(draw, program, i, k)


def draw_move(draw, x):
    """A function that moves numbers without changing them."""
    axis = axis_of(draw, x)
    n = x.shape[axis]
    order = tuple(draw(st.permutations(range(x.ndim))))
    rows = draw(st.lists(st.integers(-n, n - 1), min_size=1, max_size=4))
    mask = np.array(draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    shift = draw(st.integers(-3, 3))
    lead = (slice(None),) * (axis % x.ndim)
    return draw(
        st.sampled_from(
            [
                lambda a: E.transpose(a, order),
                lambda a: E.reshape(a, -1),
                lambda a: E.expand_dims(a, axis),
                lambda a: E.flip(a, axis),
                lambda a: E.roll(a, shift, axis),
                lambda a: E.take(a, rows, axis),
                lambda a: E.getitem(a, (*lead, slice(None, None, -2))),
                lambda a: E.getitem(a, (*lead, mask)),
                lambda a: E.getitem(a, (*lead, rows[0])),
                lambda a: E.getitem(a, (..., None, rows[:1]) if a.shape[-1] == n else None),
                lambda a: E.pad(a, 1),
                lambda a: E.pad(a, 1, mode="edge"),
                lambda a: E.tile(a, 2),
                lambda a: E.repeat(a, 2, axis),
                lambda a: E.broadcast_to(a, (2, *np.shape(a))),
                lambda a: E.tril(a) if np.ndim(a) > 1 else E.square(a),
                lambda a: E.diagonal(a) if np.ndim(a) > 1 else -a,
                lambda a: E.where(mask, a, 0.0) if a.shape[-1] == n else a,
            ]
        )
    )


def draw_join(draw, program, i, k):
    """A product or a joining of two results, if their shapes fit."""
    x, y = program.found[i], program.found[k]
    if x.ndim and y.ndim and draw(st.booleans()):
        try:
            np.matmul(x, y)
            program.add(E.matmul, [i, k])
        except ValueError:
            program.add(lambda a, b: E.outer(a, b), [i, k])
    elif x.shape == y.shape:
        axis = draw(st.integers(-1, x.ndim))
        program.add(lambda a, b: E.stack([a, b, a], axis), [i, k])
    elif x.ndim == y.ndim and x.shape[1:] == y.shape[1:]:
        program.add(lambda a, b: E.concatenate([a, b]), [i, k])


def broadcasts(a, b):
    try:
        np.broadcast_shapes(a, b)
    except ValueError:
        return False
    return True


quarters = st.integers(-8, 8).map(lambda n: n / 4)


@st.composite
def programs(draw):
    """A program and its inputs."""
    shapes = draw(st.lists(st.sampled_from([(), (3,), (2, 3), (2, 1), (3, 3)]), min_size=1,
                           max_size=3))  # fmt: skip
    inputs = [
        np.array(draw(st.lists(quarters, min_size=size, max_size=size))).reshape(shape)
        for shape in shapes
        for size in [int(np.prod(shape))]
    ]
    program = Program(inputs)
    for _ in range(draw(st.integers(3, 12))):
        draw_step(draw, program)
    assume(len(program.steps) >= 3)
    return program, inputs


def gradients(program, inputs, tier):
    """The result, its gradients, and the gradients of their sum of squares' root terms."""
    nodes = [LEAVES[tier](x) for x in inputs]
    y = program.run(*nodes)
    if isinstance(y, (Tensor, E.Value)) and y.requires_grad:
        y.backward()
    first = [np.zeros(np.shape(x)) if n.grad is None else n.grad for n, x in zip(nodes, inputs)]  # noqa: B905 - of equal length by construction
    return float(E.to_numpy(y)), first


def second(program, inputs, tier):
    """The gradient of (gradient times fixed directions)."""
    box = Tensor if tier == "tensor" else ValueArray.of
    wanted = tuple(range(len(inputs)))

    def slope(*nodes):
        total = 0.0
        for k, g in enumerate(E.grad(program.run, wanted)(*nodes)):
            direction = np.sin(np.arange(np.size(inputs[k])) + 1.0).reshape(np.shape(inputs[k]))
            total = total + E.sum(g * (direction if direction.ndim else float(direction)))
        return total

    found = E.grad(slope, wanted)(*(box(x) for x in inputs))
    return [E.to_numpy(g) for g in found]


def close(got, expected, rtol):
    """Equal up to rounding, relative to the largest number about."""
    for a, b in zip(got, expected, strict=True):
        scale = max(1.0, np.abs(b).max(initial=0.0))
        np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol * scale)


@given(programs())
def test_both_tiers_give_the_same_numbers_and_gradients(drawn):
    program, inputs = drawn
    with np.errstate(all="ignore"):
        y, on_tensors = gradients(program, inputs, "tensor")
        z, on_values = gradients(program, inputs, "value")
        plain = float(program.run(*inputs))
    close([y, z], [plain, plain], 1e-10)
    close(on_tensors, on_values, 1e-9)


@pytest.mark.filterwarnings("ignore:.*does not depend on argument")  # nor do some programs
@given(programs())
def test_both_tiers_give_the_same_second_derivatives(drawn):
    program, inputs = drawn
    with np.errstate(all="ignore"):
        close(second(program, inputs, "tensor"), second(program, inputs, "value"), 1e-8)


@given(programs())
def test_the_gradient_is_the_slope_of_the_plain_program(drawn):
    program, inputs = drawn
    assume(not program.kinked)
    with np.errstate(all="ignore"):
        _, found = gradients(program, inputs, "tensor")
        directions = [np.cos(3.0 * np.arange(x.size)).reshape(x.shape) for x in inputs]
        expected = sum(float(np.sum(g * d)) for g, d in zip(found, directions, strict=True))

        def at(h):
            return float(program.run(*(x + h * d for x, d in zip(inputs, directions, strict=True))))

        h = 1e-4
        wide, narrow = (at(2 * h) - at(-2 * h)) / (4 * h), (at(h) - at(-h)) / (2 * h)
    assume(abs(wide - narrow) < 1e-3 * max(1.0, abs(narrow)))  # no wild curvature within 2 h
    assert abs(expected - (4 * narrow - wide) / 3) <= 1e-5 * max(1.0, abs(expected), abs(at(0.0)))
