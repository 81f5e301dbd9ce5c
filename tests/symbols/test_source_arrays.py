"""`source` of programs of arrays: the text runs alone, and gives what backward gives."""

import copy
import subprocess
import sys

import numpy as np
import pytest
from fused_cases import CASES as FUSED
from helpers import own_ops
from printed import agrees, contract, run
from shape_cases import CASES
from strategies import float_positions, rows_of_engine

import engine as E
import nn

RNG = np.random.default_rng(12)
LAYERS = [(2, 16), (16,), (16, 16), (16,), (16, 1), (1,)]
X, Y = RNG.normal(size=(100, 2)), np.sign(RNG.normal(size=(100, 1)))
WEIGHTS = [RNG.normal(size=shape) for shape in LAYERS]


def loss(X, y, w1, b1, w2, b2, w3, b3):
    h = E.relu(X @ w1 + b1)
    k = E.relu(h @ w2 + b2)
    score = k @ w3 + b3
    margin = E.relu(1 - y * score)
    reg = (w1**2).sum() + (w2**2).sum() + (w3**2).sum()
    loss = margin.mean() + 0.0001 * reg
    return loss


PRINTED = """\
import numpy as np

def loss_and_gradients(X, y, w1, b1, w2, b2, w3, b3):
    # forward
    h = np.maximum(X @ w1 + b1, 0)
    k = np.maximum(h @ w2 + b2, 0)
    score = k @ w3 + b3
    margin = np.maximum(1 - y * score, 0)
    reg = (w1 ** 2).sum() + (w2 ** 2).sum() + (w3 ** 2).sum()
    loss = margin.sum() / 100 + 0.0001 * reg
    # backward
    d_score = -((margin != 0) * 0.01) * y  # mul
    d_b3 = d_score.sum(axis=0)             # add
    d_w3 = 0.0002 * w3 + k.T @ d_score     # matmul
    d1 = d_score @ w3.T * (k != 0)         # relu
    d_b2 = d1.sum(axis=0)                  # add
    d_w2 = 0.0002 * w2 + h.T @ d1          # matmul
    d2 = d1 @ w2.T * (h != 0)              # relu
    d_b1 = d2.sum(axis=0)                  # add
    d_w1 = 0.0002 * w1 + X.T @ d2          # matmul
    return loss, d_w1, d_b1, d_w2, d_b2, d_w3, d_b3
"""


def test_a_network_reads_as_a_teacher_would_write_it():
    assert E.source(loss, X, Y, *WEIGHTS, wrt=tuple(range(2, 8))) == PRINTED


NO_GRADIENT = {"as_integers"}
EVERY = [
    (name, i) for name, cases in CASES.items() for i in range(len(cases)) if name not in NO_GRADIENT
]


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
@pytest.mark.parametrize(("name", "i"), EVERY)
def test_ops_on_whole_arrays_are_written_as_they_run(name, i, dtype):
    arrays, f, _ = CASES[name][i]
    agrees(lambda *nodes: contract(f(*nodes)), [x.astype(dtype) for x in arrays])


@pytest.mark.filterwarnings("ignore:.*does not depend on argument")
@pytest.mark.parametrize(("name", "i"), EVERY)
def test_second_derivatives_of_ops_on_whole_arrays_are_written_as_they_run(name, i):
    arrays, f, _ = CASES[name][i]
    agrees(lambda *nodes: contract(f(*nodes)) + _extra(nodes), arrays, 2, 1e-11)


def _extra(nodes):
    """What makes an argument of one number one of two, to be multiplied by a vector."""
    return sum(contract(x * x * x) for x in nodes)


@pytest.mark.parametrize(
    ("op", "given"), rows_of_engine(), ids=lambda x: getattr(x, "name", str(x))
)
def test_elementwise_ops_are_written_as_they_run(op, given):
    columns = []
    for i, interval in enumerate(op.domain):
        lo, hi = max(interval.lo, -2.0), min(interval.hi, 2.0 + max(interval.lo, 0.0))
        columns.append(RNG.uniform(lo + 0.1, hi - 0.1, size=(2,) if i else (3, 2)))
    wanted = float_positions(op)

    def f(*nodes):
        rest = iter(nodes)
        return contract(
            op(*(next(rest) if i in wanted else x > 0 for i, x in enumerate(columns)), **given)
        )

    agrees(f, [columns[i] for i in wanted])
    agrees(f, [columns[i] for i in wanted], order=2, tolerance=1e-11)


FUSED_CASES = [
    (name, i)
    for name, cases in FUSED.items()
    for i in range(len(cases))
    if not name.endswith("_neuron")
]


@pytest.mark.filterwarnings("ignore:.*does not depend on argument")
@pytest.mark.parametrize(("name", "i"), FUSED_CASES)
def test_fused_ops_are_written_as_they_run(name, i):
    inputs, params = FUSED[name][i]
    floats = [k for k, x in enumerate(inputs) if getattr(x, "dtype", np.dtype(int)).kind == "f"]

    def f(*nodes):
        given = [nodes[floats.index(k)] if k in floats else x for k, x in enumerate(inputs)]
        return contract(E.registry[name](*given, **params))

    agrees(f, [inputs[k] for k in floats])
    agrees(f, [inputs[k] for k in floats], order=2, tolerance=1e-11)


def test_what_is_decided_by_numbers_is_refused_with_the_line():
    with pytest.raises(TypeError, match=r"test_source_arrays.py, line \d+"):
        E.source(lambda x: x.sum() if x[0] > 0 else x.prod(), np.ones(3))


def test_a_rule_that_looks_at_numbers_is_called_and_has_no_derivative():
    def rule(g, y, x):
        return g * (2.0 if (E.to_numpy(x) > 0).all() else 3.0)

    with own_ops():
        steep = E.shape_op(rule, name="steep")(lambda x: np.where(x > 0, 2 * x, 3 * x))
        x = np.array([1.0, 2.0])
        text = agrees(lambda x: steep(x).sum(), [x])
        assert "d_x = steep_vjp(" in text
        with pytest.raises(TypeError, match="the rule of 'steep' looks at numbers"):
            E.source(lambda x: steep(x).sum(), x, order=2)


def test_the_slope_of_float16_is_that_of_numbers_that_are_not_rounded():
    text = agrees(lambda x: E.tanh(x).sum(), [np.array([5.0, 3.0], np.float16)])
    assert run(text)[1].all()


@pytest.mark.parametrize(
    ("numbers", "place"),
    [([1, 2, 2, np.nan], 3), ([1, 2, 2, 0], 1), ([-np.inf] * 4, 0), ([0, -1, 0, 3], 3)],
)
def test_what_a_pool_takes_is_written_down_for_any_numbers(numbers, place):
    text = E.source(lambda x: nn.functional.max_pool2d(x, 2).sum(), np.ones((1, 1, 2, 2)))
    namespace = {}
    exec(text, namespace)
    _, d_x = namespace[text.name](np.reshape(np.array(numbers, float), (1, 1, 2, 2)))
    assert d_x.ravel().tolist() == [float(i == place) for i in range(4)]


def test_single_numbers_may_be_joined_to_arrays():
    def f(a, b):
        return (E.stack([a, b, a * b]) * E.array_of([a, 2.0, b])).sum()

    text = E.source(f, 0.5, 0.75)
    value, gradients = E.value_and_grad(f, (0, 1))(0.5, 0.75)
    np.testing.assert_allclose(run(text), [value, *gradients], rtol=1e-12)


def test_copies_are_what_is_copied():
    text = E.source(lambda x: (copy.copy(x) * copy.deepcopy(x)).sum(), np.array([3.0]))
    assert [x.item() for x in run(text)] == [9.0, 6.0]


def test_a_factor_that_depends_on_the_inputs_stays():
    """Of an array without axes it is a number of NumPy's, and that is a float: it was printed."""
    text = agrees(lambda a, b: E.tanh(a @ b) ** 2, [np.array([1.0, 2.0]), np.array([-3.0, 1.0])])
    assert "(1 - v2 * v2)" in text


def test_the_text_runs_in_a_fresh_interpreter_without_the_engine():
    def f(x, w):
        pooled = E.max(x, axis=1)
        return (E.gelu(pooled) * E.cumprod(w)).sum() + E.norm(w)

    x, w = np.arange(6.0).reshape(3, 2) / 4, np.array([1.0, 0.0, -2.0])
    text = E.source(f, x, w)
    call = (
        f"print([x.tolist() for x in {text.name}(np.array({x.tolist()}), np.array({w.tolist()}))])"
    )
    program = f"import sys\n{text}\n{call}\nassert 'engine' not in sys.modules"
    ran = subprocess.run(
        [sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True
    )
    expected = [x.tolist() for x in run(text)]
    assert ran.stdout.strip() == str(expected)
