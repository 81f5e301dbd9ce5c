"""Names that NumPy and PyTorch both have, with two meanings: the keyword decides.

What stands by position alone and differs is refused, with both readings named.  Numbers and
gradients that no comment explains are PyTorch's 2.13 in float64.
"""

import re

import numpy as np
import pytest
from pages import text_of

import engine
from engine import Tensor, Value, ValueArray, compare, gradcheck, to_numpy
from nn import functional as F

X = np.array([[1.0, 3.0, 3.0], [2.0, -5.0, 5.0]])
TIERS = [lambda x: Tensor(x, requires_grad=True), ValueArray.of]
BOTH = pytest.mark.parametrize("box", TIERS, ids=["Tensor", "ValueArray"])


def plain(x):
    """Numbers as lists, of whatever a call gave: arrays, Tensors, Values, pairs, pieces."""
    if isinstance(x, list | tuple) or hasattr(x, "indices"):
        return [plain(part) for part in x]
    return to_numpy(x).tolist()


# --- extremes and sorting ---


@BOTH
def test_max_along_a_dim_is_a_pair_and_its_gradient_flows_to_the_one_picked(box):
    x = box(X)

    values, indices = x.max(dim=1)
    (values * np.array([1.0, 2.0])).sum().backward()

    assert plain(values) == [3.0, 5.0]
    assert plain(indices) == [1, 2]
    assert x.grad.tolist() == [[0.0, 1.0, 0.0], [0.0, 0.0, 2.0]]


@BOTH
def test_max_along_an_axis_is_the_numbers_and_ties_share(box):
    x = box(X)

    y = x.max(axis=1)
    (y * np.array([1.0, 2.0])).sum().backward()

    assert plain(y) == [3.0, 5.0]
    assert x.grad.tolist() == [[0.0, 0.5, 0.5], [0.0, 0.0, 2.0]]


@BOTH
def test_min_along_a_dim_keeps_it_on_demand(box):
    x = box(X)

    found = x.min(dim=0, keepdim=True)
    found.values.sum().backward()

    assert plain(found) == [[[1.0, -5.0, 3.0]], [[0, 1, 0]]]
    assert x.grad.tolist() == [[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]


@BOTH
def test_sort_along_a_dim_is_a_pair_and_equal_numbers_keep_their_order(box):
    x = box(X)

    values, indices = x.sort(dim=1, descending=True)
    (values * np.array([1.0, 2.0, 4.0])).sum().backward()

    assert plain(values) == [[3.0, 3.0, 1.0], [5.0, 2.0, -5.0]]
    assert plain(indices) == [[1, 2, 0], [2, 0, 1]]
    assert x.grad.tolist() == [[4.0, 1.0, 2.0], [2.0, 4.0, 1.0]]


def test_the_dim_of_sort_is_the_last_by_default():
    assert plain(engine.sort(X, descending=False)) == plain(engine.sort(X, dim=-1))
    assert plain(engine.sort(X, descending=True).values) == [[3.0, 3.0, 1.0], [5.0, 2.0, -5.0]]


@BOTH
def test_sort_along_an_axis_is_the_numbers(box):
    assert plain(box(X).sort(axis=1)) == [[1.0, 3.0, 3.0], [-5.0, 2.0, 5.0]]
    assert plain(box(X).sort(axis=None)) == [-5.0, 1.0, 2.0, 3.0, 3.0, 5.0]


@BOTH
def test_argsort_descends_with_nan_first_and_ties_in_order(box):
    assert plain(box([1.0, np.nan, 2.0, 1.0]).argsort(descending=True)) == [1, 2, 0, 3]
    assert plain(box(X).argsort(axis=None, descending=True)) == [5, 1, 2, 3, 0, 4]


def test_a_single_number_has_a_dim_too():
    for x in (2.5, Tensor(2.5), Value(2.5)):
        assert plain(engine.max(x, dim=0)) == [2.5, 0]
        assert plain(engine.sort(x, dim=-1)) == [2.5, 0]


def test_a_pair_is_not_taken_for_an_array():
    """`x - x.max(dim=1, keepdim=True)` would stack values and indices, and say nothing."""
    for x in (Tensor(X), ValueArray.of(X)):
        pair = x.max(dim=1, keepdim=True)
        with pytest.raises(TypeError, match=r"take \.values, or name the axis by axis="):
            x - pair
        with pytest.raises(TypeError, match="unsupported operand"):
            pair * 2
        assert len(pair) == 2
        assert pair[0] is pair.values
        assert "indices=" in repr(pair)
    with pytest.raises(TypeError, match=r"take \.values"):
        np.asarray(pair)


# --- spread ---


@BOTH
@pytest.mark.parametrize(
    ("keywords", "expected"),
    [
        ({"dim": 1}, [4 / 3, 79 / 3]),
        ({"dim": (0, 1)}, 11.9),
        ({"dim": ()}, 11.9),
        ({"dim": None}, 11.9),
        ({"keepdim": True}, [[11.9]]),
        ({"dim": 0, "unbiased": False}, [0.25, 16.0, 1.0]),
        ({"dim": 1, "keepdim": True, "correction": 2}, [[8 / 3], [158 / 3]]),
        ({"correction": 1}, 11.9),
        ({"unbiased": True}, 11.9),
        ({"axis": 0, "unbiased": True}, [0.5, 32.0, 2.0]),
        ({"axis": 0}, [0.25, 16.0, 1.0]),
        ({"axis": (), "keepdims": True}, [[0.0] * 3] * 2),
        ({"ddof": 1}, 11.9),
        ({}, 11.9 * 5 / 6),
    ],
    ids=str,
)
def test_var_divides_as_its_keyword_says(box, keywords, expected):
    np.testing.assert_allclose(to_numpy(box(X).var(**keywords)), expected, rtol=1e-14)
    np.testing.assert_allclose(to_numpy(box(X).std(**keywords)), np.sqrt(expected), rtol=1e-14)


def test_the_gradient_of_std_along_a_dim_is_pytorchs():
    x = Tensor(X, requires_grad=True)

    x.std(dim=1).sum().backward()

    expected = [[-0.5773502691896258, 0.28867513459481287, 0.28867513459481287],
                [0.1299139604923262, -0.5521343320923863, 0.42222037160006004]]  # fmt: skip
    np.testing.assert_allclose(x.grad, expected, rtol=1e-13)


def test_an_axis_by_position_is_clear_beside_a_ddof():
    np.testing.assert_allclose(engine.var(X, 1, ddof=1), [4 / 3, 79 / 3])
    np.testing.assert_allclose(engine.std(X, 1, unbiased=False), np.std(X, 1))


# --- norms ---


@BOTH
@pytest.mark.parametrize(
    ("ord", "expected", "gradient"),
    [
        (1, 9.0, [[0, 0, 1], [0, 0, -1]]),
        (-1, 5.0, [[1, 0, 0], [1, 0, 0]]),
        (np.inf, 15.0, [[0, 0, 0], [1, 1, -1]]),
        (-np.inf, 6.0, [[1, -1, 1], [0, 0, 0]]),
        ("fro", 91**0.5, np.array([[1, -2, 3], [4, 5, -6]]) / 91**0.5),
    ],
)
def test_ord_is_numpys_norm_of_a_matrix(box, ord, expected, gradient):
    a = np.array([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]])
    x = box(a)

    y = x.norm(ord=ord)
    y.backward()

    np.testing.assert_allclose(to_numpy(y), expected)
    np.testing.assert_allclose(to_numpy(y), np.linalg.norm(a, ord))
    np.testing.assert_allclose(x.grad, gradient)
    batch = np.stack([a, 2 * a])
    for axis, keepdims in [((1, 2), False), ((2, 0), True), ((-1, -2), True)]:
        found = engine.norm(box(batch), ord=ord, axis=axis, keepdims=keepdims)
        np.testing.assert_allclose(to_numpy(found), np.linalg.norm(batch, ord, axis, keepdims))


@BOTH
def test_p_is_pytorchs_norm_of_the_numbers(box):
    assert plain(box(X).norm(p=1)) == 19.0
    assert plain(box(X).norm(p=np.inf, dim=(0, 1), keepdim=True)) == [[5.0]]
    assert plain(box(X).norm(p=0, dim=())) == 6.0
    assert plain(box(X).norm(1, dim=1)) == plain(box(X).norm(1, 1)) == [7.0, 12.0]


def test_integers_have_a_matrix_norm():
    assert plain(engine.norm(np.array([[1, -2], [3, 4]]), ord=1)) == 6.0
    assert plain(engine.norm([[1, -2], [3, 4]], ord=np.inf)) == 7.0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: x.norm(ord=2), "singular values: engine.linalg.norm does"),
        (lambda x: x.norm(ord=-2), "singular values"),
        (lambda x: x.norm(ord="nuc", axis=(0, 1)), "singular values"),
        (lambda x: x.norm(ord=3), "must be 1, -1, inf, -inf or 'fro', got 3"),
        (lambda x: x[None].norm(ord=1), "over 3 axes: a matrix has two; say p=1"),
        (lambda x: x.norm(p="nuc"), "must be a number, 'fro' or None, got 'nuc'"),
        (lambda x: x.norm(ord=1, axis=(0, -2)), "names an axis twice"),
    ],
)
def test_a_norm_without_an_op_says_so(call, words):
    for box in TIERS:
        with pytest.raises(ValueError, match=re.escape(words)):
            call(box(X))


# --- pieces ---


@BOTH
def test_split_cuts_as_its_keyword_says(box):
    x = box(np.arange(5.0))
    assert plain(x.split(2, dim=0)) == [[0.0, 1.0], [2.0, 3.0], [4.0]]
    assert plain(x.split([1, 4], dim=0)) == [[0.0], [1.0, 2.0, 3.0, 4.0]]
    assert plain(x.split(9, dim=0)) == [[0.0, 1.0, 2.0, 3.0, 4.0]]
    assert plain(x.split(5, axis=0)) == [[0.0], [1.0], [2.0], [3.0], [4.0]]
    assert plain(x.split([1, 4], axis=0)) == [[0.0], [1.0, 2.0, 3.0], [4.0]]
    assert isinstance(x.split(2, dim=0), tuple)
    assert isinstance(x.split(5, axis=0), list)


@BOTH
def test_a_repeat_of_three_numbers_is_pytorchs_and_tiles(box):
    assert plain(box(X).repeat(1, 2, 1)) == [[*X.tolist(), *X.tolist()]]
    with pytest.raises(ValueError, match="needs a number for each of 4 axes"):
        box(X)[None, None].repeat(2, 1, 1)


@BOTH
def test_squeeze_by_dim_lets_other_lengths_stay(box):
    x = box(X[None])
    assert x.squeeze(0, 1).shape == x.squeeze(dim=(0, 1)).shape == (2, 3)
    assert x.squeeze(dim=1).shape == (1, 2, 3)
    assert x.squeeze(0).shape == x.squeeze(axis=0).shape == (2, 3)


@BOTH
def test_flip_takes_several_axes_as_pytorchs_method(box):
    assert plain(box(X).flip(0, 1)) == X[::-1, ::-1].tolist()


@BOTH
def test_no_dims_are_all_of_them_and_no_axes_none(box):
    for name in ("sum", "mean", "amax", "amin", "logsumexp", "prod"):
        whole = getattr(box(X), name)()
        for none in ((), []):
            assert plain(getattr(box(X), name)(dim=none)) == plain(whole), name
        assert np.shape(getattr(box(X), name)(axis=())) == (2, 3)
    assert plain(box(X).any(dim=())) == [[True] * 3] * 2  # so it is in PyTorch


# --- what is refused ---

TWO_MEANINGS = [
    (lambda x: x.max(1), "max(1)", "max(axis=1) gives the numbers", "max(dim=1)"),
    (lambda x: x.max(-1, True), "max(-1, True)", "max(axis=-1)", "max(dim=-1)"),
    (lambda x: engine.min(x, 0), "min(0)", "min(axis=0)", "min(dim=0)"),
    (lambda x: x.max((0, 1)), "max((0, 1))", "max(axis=(0, 1))", "max(dim=(0, 1))"),
    (lambda x: x.sort(), "sort()", "sort(axis=-1)", "sort(dim=-1)"),
    (lambda x: engine.sort(x, 0), "sort(0)", "sort(axis=0)", "sort(dim=0)"),
    (lambda x: x.std(1), "std(1)", "std(axis=1) divides by n", "std(dim=1) by n - 1"),
    (lambda x: x.var(True), "var(True)", "var(axis=…) divides by n", "var(dim=…) by n - 1"),
    (lambda x: engine.var(x, (0, 1)), "var((0, 1))", "var(axis=(0, 1))", "var(dim=(0, 1))"),
    (lambda x: engine.norm(x, 1), "norm(1) over 2 axes", "norm(ord=1)", "norm(p=1)"),
    (lambda x: engine.norm(x, np.inf, (0, 1)), "norm(…, (0, 1))", "norm(ord=inf)", "norm(p=inf)"),
    (lambda x: x.split(2, 1), "split(2, 1)", "split(…, axis=1)", "split(…, dim=1)"),
    (lambda x: engine.split(x, [1]), "split([1])", "split(…, axis=0)", "split(…, dim=0)"),
    (lambda x: x.repeat(2), "repeat(2)", "repeat(2, axis=None)", "tile(2)"),
    (lambda x: x.repeat(2, 1), "repeat(2, 1)", "repeat(2, axis=1)", "tile(2, 1)"),
    (lambda x: x.repeat((2, 1)), "repeat((2, 1))", "repeat((2, 1), axis=None)", "tile((2, 1))"),
]


@pytest.mark.parametrize(("call", "said", "numpys", "pytorchs"), TWO_MEANINGS)
def test_a_call_with_two_meanings_names_both(call, said, numpys, pytorchs):
    for box in TIERS:
        with pytest.raises(ValueError, match="has two meanings") as caught:
            call(box(X))
        for words in (said, numpys, pytorchs):
            assert words in str(caught.value)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: x.max(axis=1, keepdim=True), "'keepdim', which is PyTorch's, beside NumPy's"),
        (lambda x: x.min(keepdims=True, dim=0), "'dim', which is PyTorch's"),
        (lambda x: x.std(axis=1, keepdim=True), "std() got 'keepdim', which is PyTorch's"),
        (lambda x: x.norm(axis=1, p=1), "norm() got 'p', which is PyTorch's"),
        (lambda x: x.sort(axis=0, descending=True), "sort() got 'descending'"),
        (lambda x: x.max(keepdim=True), "max(keepdim=…) needs a dim"),
        (lambda x: x.max(dim=()), "axis of max() must be an int, got ()"),
        (lambda x: x.max(low=1), "max() got an unexpected argument 'low'; PyTorch's are: dim"),
        (lambda x: x.std(dim=0, dims=1), "std() got an unexpected argument 'dims'"),
        (lambda x: x.var(ddof=1, unbiased=True), "var() got ddof twice: 1, True"),
        (lambda x: x.var(1, axis=1, ddof=1), "var() got the axis twice: 1, 1"),
        (lambda x: x.norm(1, ord=1), "norm() got p twice: 1, 1"),
        (lambda x: x.split(2, 0, axis=0), "split() got the axis twice: 0, 0"),
        (lambda x: x.split(2, dim=0, axis=0), "split() got the axis twice: 0, 0"),
        (lambda x: x.squeeze(0, dim=0), "squeeze() got the axis twice: 0, 0"),
    ],
)
def test_keywords_that_contradict_are_named(call, words):
    for box in TIERS:
        with pytest.raises(TypeError, match=re.escape(words)):
            call(box(X))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: x.split(2, axis=1), "length of 3 into 2 equal parts"),
        (lambda x: x.split(0, dim=1), "length of 3 into parts of 0"),
        (lambda x: x.split([1, 1], dim=1), "length of 3 into parts of [1, 1]"),
        (lambda x: x.split([4, -1], dim=1), "length of 3 into parts of [4, -1]"),
        (lambda x: x.squeeze(1), "axis 1, whose length is 3, not 1; as in PyTorch it stays, by"),
        (lambda x: x.squeeze(axis=1), "axis 1, whose length is 3, not 1"),
    ],
)
def test_what_cannot_be_cut_is_named(call, words):
    for box in TIERS:
        with pytest.raises(ValueError, match=re.escape(words)):
            call(box(X))


# --- nn.functional is PyTorch's throughout ---

IMAGE = np.arange(6.0).reshape(1, 2, 3)


@BOTH
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (((1, 2),), [[0, 0, 1, 2, 0, 0], [0, 3, 4, 5, 0, 0]]),
        (((1, 0, 0, 1), "constant", 5), [[5, 0, 1, 2], [5, 3, 4, 5], [5, 5, 5, 5]]),
        (((1, 1), "reflect"), [[1, 0, 1, 2, 1], [4, 3, 4, 5, 4]]),
        (((1, 2), "replicate"), [[0, 0, 1, 2, 2, 2], [3, 3, 4, 5, 5, 5]]),
        (((1, 1, 1, 0), "replicate"), [[0, 0, 1, 2, 2], [0, 0, 1, 2, 2], [3, 3, 4, 5, 5]]),
        (((1, 1), "circular"), [[2, 0, 1, 2, 0], [5, 3, 4, 5, 3]]),
        (((2, -1), "circular"), [[0, 1, 0, 1], [3, 4, 3, 4]]),
        (((-1, 1),), [[1, 2, 0], [4, 5, 0]]),
        (((-2, 1), "reflect"), [[2, 1], [5, 4]]),
        (((0, 0, 1, -1),), [[0, 0, 0], [0, 1, 2]]),
        (((),), [[0, 1, 2], [3, 4, 5]]),
    ],
    ids=str,
)
def test_pad_of_functional_begins_with_the_last_axis(box, arguments, expected):
    assert plain(F.pad(box(IMAGE), *arguments)) == [np.asarray(expected, float).tolist()]


@pytest.mark.parametrize("mode", ["constant", "reflect", "replicate", "circular"])
def test_pad_of_functional_differentiates_on_both_tiers(mode):
    f = lambda x: (F.pad(x, (1, 1, -1, 1), mode) ** 3).sum()  # noqa: E731 - a name for the formula
    x = np.random.default_rng(0).normal(size=(3, 2))
    assert gradcheck(f, x, order=2)
    assert compare(f, x).ok


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((1,), TypeError, "must be a sequence of ints, got 1"),
        (((0.5, 1),), TypeError, "must be a sequence of ints, got (0.5, 1)"),
        (((1,),), ValueError, "two ints for each of at most 3 axes, from the last on, got (1,)"),
        (((1,) * 8,), ValueError, "two ints for each of at most 3 axes"),
        (((1, 1), "edge"), ValueError, "constant, reflect, replicate, circular, got 'edge'"),
        (((1, 1), "reflect", 3), ValueError, "mode 'reflect' takes no value, got 3"),
        (((3, 0), "reflect"), ValueError, "reflect takes at most 2 of an axis of 3"),
        (((4, 0), "circular"), ValueError, "circular takes at most 3 of an axis of 3"),
        (((-4, 2),), ValueError, "cuts more than the length 3 of its axis"),
    ],
)
def test_a_pad_that_does_not_fit_is_named(arguments, error, words):
    with pytest.raises(error, match=re.escape(words)):
        F.pad(Tensor(IMAGE), *arguments)


def test_softmax_of_functional_asks_for_a_dim_where_pytorchs_default_is_not_the_last():
    for function, same in [(F.softmax, engine.softmax), (F.log_softmax, engine.log_softmax)]:
        assert plain(function(X)) == plain(function(X, 1)) == plain(same(X, axis=1))
        assert plain(function(IMAGE, dim=0)) == plain(same(IMAGE, axis=0))
        for ndim, default in [(3, 0), (4, 1)]:
            with pytest.raises(TypeError, match=rf"needs dim: PyTorch's default is {default} here"):
                function(np.zeros((2,) * ndim))


@pytest.mark.parametrize("size_average", [True, False, None])
def test_pytorchs_fourth_argument_is_not_taken_for_an_index_to_ignore(size_average):
    """False counted as the class 0: the loss was nan where all targets are 0."""
    for loss in (F.cross_entropy, F.nll_loss):
        with pytest.raises(TypeError, match=r"ignore_index must be an int.*size_average"):
            loss([[-1.0, -2.0]], [0], None, size_average)


# --- second derivatives, and the cheat sheet ---


@pytest.mark.parametrize(
    "f",
    [
        lambda x: (x.max(dim=1).values ** 3).sum(),
        lambda x: (x.sort(dim=0, descending=True)[0] ** 3 * np.array([[1.0], [2.0]])).sum(),
        lambda x: (x.std(dim=1) ** 3).sum(),
        lambda x: x.norm(ord=1) ** 2,
        lambda x: (x.norm(ord=-np.inf, axis=(1, 0), keepdims=True) ** 3).sum(),
        lambda x: sum((piece**3).sum() * (k + 1) for k, piece in enumerate(x.split(2, dim=1))),
        lambda x: (x.repeat(1, 2, 1) ** 3).sum(),
    ],
)
def test_either_meaning_differentiates_twice_on_both_tiers(f):
    x = np.random.default_rng(1).normal(size=(2, 3)) + np.arange(3.0)
    assert gradcheck(f, x, order=2)
    assert compare(f, x).ok


SHEET = text_of("notebooks/CHEATSHEET.md").partition("## NumPy's way")[2].partition("\n## ")[0]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in SHEET.splitlines()
    if line.startswith("| `")
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_the_cheat_sheets_table_of_two_meanings_holds(row):
    *answers, refused = row
    for cell in answers:
        code, expected = re.match(r"`(.*?)`: ([\d/]+|\[.*\])", cell).groups()
        for box in TIERS:
            space = {"x": box([[1.0, 5.0, 3.0], [4.0, 2.0, 6.0]]), "engine": engine, "F": F}
            found = plain(eval(code, space))
            wanted = eval(expected)
            assert found == wanted or found == pytest.approx(wanted, rel=1e-15)
    if refused:
        with pytest.raises(ValueError, match=r"two meanings|not 1|keeps it in NumPy"):
            eval(refused.strip("`"), space)


def test_the_cheat_sheets_gradient_of_max_shares_at_a_tie():
    """It gave every tied maximum the full g."""
    formula = re.search(r"`a\.max\(axis=1\)` \| \(2,\) \| `a`: `(.*?)`", text_of(
        "notebooks/CHEATSHEET.md"
    ))[1]  # fmt: skip
    a, g = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]]), np.array([1.0, 6.0])
    x = Tensor(a, requires_grad=True)

    x.max(axis=1).backward(g)

    np.testing.assert_array_equal(eval(formula, {"a": a, "g": g}), x.grad)
    np.testing.assert_array_equal(x.grad, [[0.0, 0.5, 0.5], [2.0, 2.0, 2.0]])
