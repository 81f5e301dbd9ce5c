"""The row: how a call is sorted into inputs and parameters, and what a call may not be."""

import ast
import math
from pathlib import Path

import numpy as np
import pytest

import engine as E
from engine import Interval, Node, NodeArray, Tensor, Value, ValueArray, input_names

INF = math.inf


# --- domains ---


@pytest.mark.parametrize(
    ("interval", "text"),
    [
        (Interval(), "(-inf, inf)"),
        (Interval(0.0), "[0, inf)"),
        (Interval(0.0, open=True), "(0, inf)"),
        (Interval(-1.0, 1.0), "[-1, 1]"),
        (Interval(-1.0, 1.0, open=True), "(-1, 1)"),
        (Interval(-INF, 2.5), "(-inf, 2.5]"),
    ],
)
def test_an_interval_is_written_as_in_mathematics(interval, text):
    assert str(interval) == text


def test_an_interval_contains_its_ends_unless_open():
    assert Interval(0.0, 1.0).contains(1.0)
    assert not Interval(0.0, 1.0, open=True).contains(1.0)
    assert not Interval(0.0, 1.0, open=True).contains(0.0)
    assert Interval(0.0, 1.0).contains(np.array([-1.0, 0.0, 2.0])).tolist() == [False, True, False]


# --- calls ---


def test_inputs_and_parameters_by_place_and_by_name():
    for call in (
        lambda x: E.clip(x, 0.0, 1.0),
        lambda x: E.clip(x, min=0.0, max=1.0),
        lambda x: E.clip(x, 0.0, max=1.0),
        lambda x: E.clip(x=x, min=0.0, max=1.0),
    ):
        assert call(2.0) == 1.0
        assert call(Value(2.0)).data == 1.0
        assert call(Tensor([2.0])).data == 1.0
    assert E.sum(x=np.ones((2, 3)), dim=0).tolist() == [2.0, 2.0, 2.0]
    assert E.leaky_relu(-1.0) == -0.01


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: E.clip(1.0, 0.0, 1.0, 2.0),
            r"clip\(\) takes at most 3 arguments \(1 inputs",
        ),
        (lambda: E.clip(1.0, 0.0, min=0.0), r"clip\(\) got 'min' twice"),
        (lambda: E.clip(1.0, low=0.0), r"clip\(\) got an unexpected argument 'low'; .*min, max"),
        (lambda: E.clip(), r"clip\(\) needs 1 inputs \(x\); 'x' is missing"),
        (lambda: E.clip(min=0.0), r"clip\(\) needs 1 inputs \(x\); 'x' is missing"),
        (lambda: E.matmul(np.ones(2)), r"matmul\(\) needs 2 inputs \(a, b\); 'b' is missing"),
        (lambda: E.matmul(1, 2, 3), r"matmul\(\) takes at most 2 arguments .*no parameters"),
        (
            lambda: E.matmul(1, 2, dtype=int),
            r"unexpected argument 'dtype'; .* none",
        ),
        (lambda: E.tanh(1.0, 2.0), r"tanh\(\) takes at most 1 arguments"),
        (lambda: E.add(1.0, 2.0, 3.0), r"add\(\) takes at most 2 arguments"),
        (lambda: E.where(True, 2.0, 3.0, 4.0), r"where\(\) takes at most 3 arguments"),
        (lambda: E.tanh(), r"tanh\(\) needs 1 inputs \(x\); 'x' is missing"),
        (lambda: E.add(1.0), r"add\(\) needs 2 inputs \(a, b\); 'b' is missing"),
        (lambda: E.where(True), r"where\(\) needs 3 inputs \(condition, x, y\); 'x' is missing"),
        (lambda: E.relu(1.0, inplace=True), r"unexpected keyword argument 'inplace'"),
    ],
)
def test_a_call_that_does_not_fit_is_named(call, message):
    with pytest.raises(TypeError, match=message):
        call()


@pytest.mark.usefixtures("own_ops")
def test_names_of_inputs():
    assert input_names(E.add) == ["a", "b"]
    assert input_names(E.tanh) == ["x"]
    assert input_names(E.where) == ["condition", "x", "y"]
    wrapped = E.elementwise("wrapped", math.atan2, lambda g, y, a, b: g, lambda g, y, a, b: g)
    opaque = E.elementwise("opaque", max, lambda g, y, a, b: g, lambda g, y, a, b: g)
    assert len(input_names(wrapped)) == 2
    assert input_names(opaque) == ["a", "b"]  # a C function that does not say
    assert opaque(1.0, 2.0) == 2.0


def test_default_parameters_are_nobody_s_to_change():
    x, t = Value(-1.0), Tensor([1.0, 2.0], requires_grad=True)
    for y in (E.leaky_relu(x), t.sum(), E.sum(t)):
        with pytest.raises(TypeError, match="does not support item assignment"):
            y.params["axis"] = 0
    assert E.leaky_relu.defaults == {"negative_slope": 0.01}
    assert E.sum.defaults == {"axis": None, "keepdims": False}


def test_plain_numbers_lists_and_arrays_just_compute():
    assert E.tanh(0) == 0.0
    assert type(E.tanh(0)) is float
    assert E.add(1, True) == 2.0
    assert E.tanh([0.0, 0.0]).tolist() == [0.0, 0.0]
    assert E.where(True, 1.0, 2.0) == 1.0
    assert type(E.where([True], 1.0, 2.0)) is np.ndarray
    assert E.sum([1, 2, 3]) == 6
    assert E.add(np.float32(1), 1.0).dtype == np.float32


def test_arrays_of_nodes_run_on_the_scalar_tier():
    x = Value(1.0)
    plain = np.array([x, 2.0], dtype=object)
    for array in (plain, plain.view(ValueArray)):
        y = E.tanh(array)
        assert isinstance(y, ValueArray)
        assert y[0].inputs == (x,)
    assert E.concatenate([ValueArray.of([1.0]), [2.0]]).values.tolist() == [1.0, 2.0]


def test_an_op_shows_itself_by_name():
    assert repr(E.tanh) == "<engine op tanh>"
    assert E.tanh.__name__ == "tanh"
    assert E.tanh.__doc__ == "hyperbolic tangent"


def test_the_registry_is_read_only():
    assert "tanh" in E.registry
    assert len(E.registry) == len(list(E.registry))
    with pytest.raises(TypeError):
        E.registry["tanh"] = None
    with pytest.raises(AttributeError, match="module 'engine' has no attribute 'tanhh'"):
        E.tanhh  # noqa: B018 - the look-up is under test
    with pytest.raises(LookupError, match="no op named 'tanhh'"):
        E.unregister("tanhh")


@pytest.mark.parametrize("package", ["engine", "nn", "viz"])
def test_a_typo_is_an_error_for_a_type_checker(package):
    """mypy takes any name for one of a module that it sees to have a `__getattr__`."""
    root = Path(E.__file__).parent.parent
    tree = ast.parse((root / package / "__init__.py").read_text(encoding="utf-8"))
    hidden = []
    for node in tree.body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "not TYPE_CHECKING":
            hidden += node.body
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            hidden += node.orelse
    seen = {id(part) for node in hidden for part in ast.walk(node)}
    for node in ast.walk(tree):
        if getattr(node, "name", "") == "__getattr__":
            assert id(node) in seen


def test_a_kind_of_node_of_one_s_own_must_say_what_it_is():
    class Bare(Node):
        """Nothing but a name."""

    bare = Bare()
    for look in (
        lambda: bare.inputs,
        lambda: bare.params,
        lambda: Bare.record(E.add, (), {}),
        lambda: bare.full(1.0),
        lambda: bare.leaf(),
        lambda: bare.flows_to(bare),
        lambda: bare.upstream(),
        lambda: bare.contributions(1.0),
        lambda: bare.contribution(1.0, 0),
        lambda: bare.gradients([bare]),
        lambda: bare.commit({}, True),
        lambda: bare.fitted(1.0, 0),
        lambda: NodeArray.record(E.add, (), {}),
    ):
        with pytest.raises(NotImplementedError):
            look()
    with pytest.raises(TypeError, match=r"add\(\) takes single numbers"):
        Bare.record_wide(E.add, ())


# --- rows that cannot be ---


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: E.elementwise("two words", np.sin, lambda g, y, x: g), ValueError,
         "name must be a Python identifier, got 'two words'"),
        (lambda: E.elementwise("tanh", np.tanh, lambda g, y, x: g), ValueError,
         "an op named 'tanh' exists already; pass replace=True"),
        (lambda: E.elementwise("odd", 3, lambda g, y, x: g), TypeError, "forward of 'odd' must be"),
        (lambda: E.elementwise("odd", np.sin), TypeError, "'odd' needs one vjp per input"),
        (lambda: E.elementwise("odd", np.sin, 3), TypeError, "vjp 0 of 'odd' must be callable"),
        (lambda: E.elementwise("odd", np.sin, None, domain=()), ValueError, "1 inputs but 0"),
        (lambda: E.shape_op(None, name="odd", variadic=True)(sum), TypeError,
         "'odd' is variadic: give one rule"),
        (lambda: E.fused(lambda g, y, x: g, elements=abs, vjp_all=abs)(lambda odd: odd), TypeError,
         "one vjp per input or vjp_all, not both"),
        (lambda: E.fused(lambda g, y, x: g, elements=abs, wide=True, name="odd")(sum), TypeError,
         "is wide: it needs vjp_all"),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_is_refused(make, error, message):
    before = list(E.registry)
    with pytest.raises(error, match=message):
        make()
    assert list(E.registry) == before
