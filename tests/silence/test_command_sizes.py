"""An expression that would fill the memory, or the afternoon, is refused before it is computed."""

import numpy as np
import pytest

import engine
from engine import Tensor, Value
from viz.command.cli import main
from viz.command.expression import MOST_NUMBERS, MOST_VALUES, Expression, ExpressionError
from viz.command.sizes import MULTIPLIED, PADDED, PAIRED, REPEATED, SHAPED, SQUARED, numbers

pytestmark = pytest.mark.usefixtures("in_a_folder_of_its_own")

#: Functions on whole arrays that compute about as many numbers as they are given, or fewer.
NO_LARGER = {
    "sum_to", "cast", "as_integers", "reshape", "transpose", "concatenate", "argsort", "sum",
    "mean", "var", "std", "max", "min", "argmax", "argmin", "any", "all", "logsumexp", "softmax",
    "log_softmax", "norm", "prod", "cumsum", "cumprod", "ravel", "flatten", "squeeze",
    "expand_dims", "permute", "swapaxes", "matrix_transpose", "moveaxis", "stack", "sort", "flip",
    "median", "cummax", "cummin", "diff", "append", "hstack", "vstack", "dstack", "column_stack",
    "atleast_1d", "atleast_2d", "atleast_3d", "flipud", "fliplr", "rot90",
    "topk", "roll", "split", "chunk", "unbind", "masked_fill", "diagonal", "tril", "triu", "trace",
    "attention_weights", "standardize", "rnn_scan", "lstm_scan", "gru_scan", "bce_with_logits",
    "hinge", "cross_entropy", "linear_neuron", "relu_neuron", "setitem", "cholesky",
    "cholesky_solve", "cofactors", "det", "eigh", "eigvalsh", "inv", "logdet", "matrix_power",
    "packed_eigh", "packed_slogdet", "slogdet", "solve", "solve_triangular", "svdvals",
}  # fmt: skip

HUGE = [
    "broadcast_to(a, (100000, 100000))",
    "broadcast_to(a, shape=(100000, 100000))",
    "tile(a, (10000, 1000000))",
    "diag(tile(a, 10000))",
    "svd(reshape(tile(a, 10000), (10000, 1)))",
    "tile(a, 10**9)",
    "tile(tile(tile(a, 200), 1000), 1000)",
    "repeat(a, 1000000000)",
    "repeat(a, 10**9)",
    "repeat(a, b)",
    "pad(reshape(a, (1,)), 100000000)",
    "pad(reshape(a, (1, 1)), ((0, 0), (0, 100000000)))",
    "outer(tile(a, 10000), tile(a, 10000))",
    "reshape(tile(a, 10000), (10000, 1)) + tile(a, 10000)",
    "maximum(reshape(tile(a, 10000), (10000, 1)), tile(a, 10000))",
    "einsum('i,j,k->ijk', tile(a, 900), tile(a, 900), tile(a, 900))",
    "einsum('...i,...j->...ij', tile(a, 9000), tile(a, 9000))",
    "tensordot(tile(a, 9000), tile(a, 9000), axes=0)",
    "reshape(tile(a, 9000), (9000, 1)) @ reshape(tile(a, 9000), (1, 9000))",
    "sliding_window_view(tile(a, 9000), 4000)",
    "scatter_add(reshape(a, (1,)), (1000000000,), [3])",
    "take(tile(a, 30000), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]) + tile(tile(a, 20000), 20000)",
]


def complaint(capsys, *argv):
    """What a wrong call prints on stderr; it must be one line, with status 2 and no output."""
    assert main(list(argv)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    return err


@pytest.mark.parametrize("text", HUGE)
@pytest.mark.parametrize("tier", ["value", "tensor"])
def test_what_is_too_large_is_refused_in_words(text, tier):
    make = Value if tier == "value" else lambda x: Tensor(x, requires_grad=True)
    f = Expression(text)
    values = {name: make({"a": 2.0, "b": 1e9}[name]) for name in f.names}
    with pytest.raises(ExpressionError, match=r"\(\) would compute [\d,]+ numbers, and there is"):
        f(**values)


def test_plain_numbers_are_refused_too():
    with pytest.raises(ExpressionError, match="would compute 1,000,000,000 numbers"):
        Expression("sum(tile(a, 1000000000))")(a=1.0)


@pytest.mark.parametrize("command", ["draw", "step", "compare"])
@pytest.mark.parametrize("text", ["broadcast_to(a,(100000,100000))", "tile(a,(1000,1000))"])
def test_the_command_says_so_in_one_line(capsys, command, text):
    words = complaint(capsys, command, text, "a=2")
    assert f"an expression may compute {MOST_VALUES:,} on Values" in words
    assert f"{MOST_NUMBERS:,} on Tensors" in words


def test_a_value_that_is_given_as_an_expression_is_refused_too(capsys):
    assert "not a number" in complaint(capsys, "draw", "a*2", "a=sum(tile(1.0,1000000000))")


@pytest.mark.parametrize("power", ["a**10**10**10", "a*10.0**400"])
def test_a_power_of_integers_is_one_of_floats(power):
    """As integers it would fill the memory."""
    assert Expression(power)(a=2.0) == np.inf


@pytest.mark.parametrize(
    "text",
    [
        "sum(tile(a, (150, 150)))",
        "broadcast_to(a, (3, 4))",
        "roll(tile(a, 3), 1000000000)",
        "repeat(tile(a, 2), [20000, 20000])",
        "pad(tile(a, 3), 5)",
        "tile(a, (30, 30)) @ tile(a, (30, 30))",
        "einsum('ij,jk->ik', tile(a, (20, 20)), tile(a, (20, 20)))",
        "clip(a, min=0, max=1000000000)",
        "stack([a, a, a])",
    ],
)
def test_what_has_room_is_computed(text):
    assert Expression(text)(a=Value(1.0)) is not None


def test_the_whole_expression_shares_one_room():
    text = " + ".join(["sum(tile(a, 20000))"] * 3)
    with pytest.raises(ExpressionError, match="there is room for"):
        Expression(text)(a=Value(1.0))
    assert Expression(text)(a=Tensor(1.0)).item() == 60_000.0


@pytest.mark.parametrize(
    ("name", "arguments", "parameters", "count"),
    [
        ("add", [np.ones((3, 1)), np.ones(4)], {}, 12),
        ("add", [np.ones(3), np.ones(4)], {}, 0),
        ("sum", [np.ones((2, 3))], {"axis": 0}, 7),
        ("tile", [2.0, (1000, 1000)], {}, 1_000_000),
        ("tile", [2.0], {}, 1),
        ("repeat", [np.ones(4)], {"repeats": 3}, 12),
        ("repeat", [np.ones(2), [5, 7]], {}, 14),
        ("broadcast_to", [2.0, (3, 5)], {}, 15),
        ("pad", [np.ones((2, 3)), ((1, 1), (2, 0))], {}, 10 * 42 // 6),
        ("stack", [[np.ones(3), np.ones(3)]], {}, 6),
        ("stack", [[]], {}, 0),
        ("matmul", [np.ones((2, 3)), np.ones((3, 5))], {}, 30),
        ("matmul", [[[1.0, 2.0]], np.ones((2, 3))], {}, 6),
        ("matmul", [[], np.ones((0, 3))], {}, 0),
        ("dot", [2.0, 3.0], {}, 1),
        ("einsum", ["ij,jk->ik", np.ones((2, 3)), np.ones((3, 5))], {}, 30),
        ("einsum", [np.ones((2, 3)), [0, 1], np.ones(3), [1]], {}, 18),
        ("diag", [np.ones(5)], {"k": -2}, 49),
        ("svd", [np.ones((2, 30, 4))], {}, 2 * 900 + 240),
        ("kron", [np.ones(5), np.ones((2, 3))], {}, 30),
        ("conv2d", [np.ones((1, 1, 4, 4)), np.ones((1, 1, 2, 2))], {"padding": ((1, 1), (1, 1))},
         64 * 4 * 3 * 3 * 6 * 6 // 16),
        ("im2col", [np.ones((1, 1, 4, 4))], {"kernel": (2, 2)}, 64),
    ],
)  # fmt: skip
def test_the_numbers_of_a_call(name, arguments, parameters, count):
    assert numbers(name, arguments, parameters) == count


def test_of_each_function_it_is_known_whether_it_can_make_more_than_it_is_given():
    """A new function on whole arrays is put into a table of `sizes`, or among these."""
    there = {name for name, op in engine.registry.items() if op.kind != "elementwise"}
    grow = {*SHAPED, *REPEATED, *PADDED, *PAIRED, *MULTIPLIED, *SQUARED, "einsum", "diag"}
    assert (there | set(engine.functions)) - grow - NO_LARGER == set()
    assert grow & NO_LARGER == set()
