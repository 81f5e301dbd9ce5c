"""An op of one's own, in one row: both tiers, every order, pictures, checks; bad rows refused."""

import copy
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import engine
from engine import (
    Interval,
    Tensor,
    Value,
    ValueArray,
    compare,
    elementwise,
    expand,
    explain,
    fused,
    grad,
    gradcheck,
    hessian,
    nan_trace,
    shape_op,
    toposort,
    unregister,
)
from viz import to_dot
from viz.command import table

TESTS = Path(__file__).resolve().parent
CONTRIBUTED = re.search(
    r"^```python\n(softsign = .*?)^```",
    (TESTS.parent / "CONTRIBUTING.md").read_text(encoding="utf-8"),
    re.MULTILINE | re.DOTALL,
)[1].replace("softsign", "squash")  # whoever follows the page has a row of the first name
X = np.array([0.5, -1.5, 2.0])


pytestmark = pytest.mark.usefixtures("own_ops")


def squash_row():
    """The row of CONTRIBUTING, in the table's own words."""
    scope = dict(vars(engine.ops))
    exec(CONTRIBUTED, scope)
    return scope["squash"]


def reversed_row():
    """An op on whole arrays."""

    @shape_op(lambda g, y, x, step: backwards(g, step=step), symbol="⇄")
    def backwards(x, step=1):
        "The last element first."
        return x[:: -1 if step == 1 else 1]

    return backwards


def axpy_row():
    """A fused op whose rules share work."""

    @fused(
        elements=lambda a, x, y: a * x + y,
        vjp_all=lambda g, out, a, x, y: ((g * x).sum(), g * a, g * 1.0),
        symbol="ax+y",
    )
    def axpy(a, x, y):
        "a times x, plus y."
        return a * x + y

    return axpy


# --- one row, everything ---


def test_a_row_is_a_function_of_numbers_arrays_and_nodes_of_both_tiers():
    squash = squash_row()

    assert squash(1.0) == 0.5
    assert squash(X).tolist() == [0.5 / 1.5, -1.5 / 2.5, 2.0 / 3.0]
    assert squash(Value(1.0)).data == 0.5
    assert squash(Tensor(X)).tolist() == squash(X).tolist()
    assert squash(ValueArray.of(X)).values.tolist() == squash(X).tolist()
    assert engine.squash is squash


def test_a_row_is_differentiated_on_both_tiers_at_every_order():
    squash = squash_row()
    v, t = Value(1.0), Tensor([1.0, -1.0], requires_grad=True)

    squash(v).backward()
    squash(t).sum().backward()

    assert v.grad == 0.25
    assert t.grad.tolist() == [0.25, 0.25]
    assert grad(grad(squash))(1.0) == pytest.approx(-2 / 2**3)
    assert grad(grad(grad(squash)))(1.0) == pytest.approx(6 / 2**4)
    np.testing.assert_allclose(
        hessian(lambda x: squash(x).sum())(X), np.diag(-2 * np.sign(X) / (1 + abs(X)) ** 3)
    )


def test_a_row_is_in_pictures_checks_and_explanations():
    squash = squash_row()
    x = Value(1.0, label="x")
    y = squash(x)
    y.backward()

    assert "squash" in to_dot(y)
    assert compare(squash, X).ok
    assert compare(squash, 0.7).ok
    assert gradcheck(squash, 0.7, order=3)
    assert gradcheck(squash, X, order=3)
    assert [c.amount for c in explain(x)] == [0.25]
    assert expand(squash(Tensor(X, requires_grad=True)), 0).op is squash


def test_a_row_is_a_line_of_the_table():
    squash_row()

    (line,) = [line for line in table.markdown().splitlines() if "squash" in line]
    assert line.startswith("| `squash(x)` | x / (1 + \\|x\\|) | ")
    assert line.endswith(" | all numbers | 4 ulp |")


def suite_with(row, folder):
    """The property tests, in a process of their own, on a table with one row more."""
    (folder / "one_row_more.py").write_text(
        f"from engine import ops\nexec({row!r}, vars(ops))\n", encoding="utf-8"
    )
    return subprocess.run(
        [
            sys.executable, "-m", "pytest", "-p", "one_row_more", "-q", "-k", "squash",
            "-p", "no:cacheprovider", str(TESTS / "test_table.py"), str(TESTS / "test_compare.py"),
        ],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(TESTS.parent)])},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_row_in_contributing_gets_and_passes_its_property_tests(tmp_path):
    """One row and nothing else: the suite, started with it, tests it by every oracle."""
    done = suite_with(CONTRIBUTED, tmp_path)

    assert done.returncode == 0, done.stdout
    passed = int(re.search(r"(\d+) passed", done.stdout)[1])
    assert passed >= 9  # tiers, slopes, second order, linearity, broadcasting, float32, compare, …


@pytest.mark.parametrize(
    ("right", "wrong", "caught_by"),
    [
        ("/ square(1 + abs(x))", "/ (1 + abs(x))", "test_gradients_match_finite_differences"),
        ("kinks=", "scalar=lambda x: x / (1 + x * x), kinks=", "test_both_tiers_agree"),
        (
            "square(1 + abs(x))",
            "square(1 + abs(x.detach() if hasattr(x, 'detach') else x))",
            "test_second_derivatives",
        ),
    ],
)
def test_a_mistake_in_the_row_fails_them(right, wrong, caught_by, tmp_path):
    assert right in CONTRIBUTED

    done = suite_with(CONTRIBUTED.replace(right, wrong), tmp_path)

    assert done.returncode == 1
    assert caught_by in done.stdout


def test_parameters_domain_kinks_and_symbol_are_part_of_the_row():
    shrink = elementwise(
        "shrink", lambda x, width=0.5: np.sign(x) * np.maximum(np.abs(x) - width, 0.0),
        lambda g, y, x, width: g * (y != 0),
        symbol="⊓", kinks=lambda x, width: np.abs(np.abs(x) - width),
        domain=(Interval(-2.0, 2.0),), ulp=0,
    )  # fmt: skip

    assert shrink(2.0) == 1.5
    assert shrink(2.0, 1.0) == shrink(2.0, width=1.0) == 1.0
    assert "⊓" in to_dot(shrink(Value(2.0)))
    assert compare(lambda x: shrink(x, width=1.0), [1.0, 1.5, -3.0]).ok  # a kink at 1
    assert "| `shrink(x, width=0.5)` |" in table.markdown()
    assert "x in [-2, 2]" in table.markdown()


def test_two_inputs_broadcast_and_the_engine_sums_back():
    ramp = elementwise(
        "ramp", lambda a, b: a * a * b, lambda g, y, a, b: g * 2 * a * b,
        lambda g, y, a, b: g * a * a,
    )  # fmt: skip
    a, b = Tensor(X, requires_grad=True), Tensor([[1.0], [2.0]], requires_grad=True)

    ramp(a, b).sum().backward()

    assert a.grad.tolist() == (2 * X * 3).tolist()
    assert b.grad.tolist() == [[(X * X).sum()]] * 2
    assert gradcheck(ramp, (X, np.array([[1.0], [2.0]])), order=2)
    assert compare(ramp, X, [[1.0], [2.0]]).ok


def test_an_input_without_a_rule_gets_no_gradient():
    pick = elementwise(
        "pick", lambda c, x: np.where(c, x, 0.0), None, lambda g, y, c, x: engine.where(c, g, 0.0)
    )
    c, x = Value(1.0), Value(3.0)

    y = pick(c, x)
    y.backward()

    assert (c.grad, x.grad) == (0.0, 1.0)
    assert len(explain(c)) == 0


# --- whole arrays ---


def test_an_op_on_whole_arrays_works_on_both_tiers_and_at_every_order():
    backwards = reversed_row()
    weights = [1.0, 2.0, 3.0]

    assert backwards(X).tolist() == X[::-1].tolist()
    assert backwards(ValueArray.of(X)).values.tolist() == X[::-1].tolist()
    assert compare(lambda x: (backwards(x) * weights) ** 2, X).ok
    assert gradcheck(lambda x: (backwards(x) * weights) ** 2, X, order=3)
    assert grad(lambda x: (backwards(x) * weights).sum())(X).tolist() == [3.0, 2.0, 1.0]
    assert "⇄" in to_dot(backwards(Tensor(X, requires_grad=True)))
    assert "| `backwards(x, step=1)` | The last element first. |" in table.markdown()


def test_where_forward_cannot_run_on_values_elements_says_how():
    @shape_op(
        lambda g, y, x: g * x * (2.0 / 1.0),
        elements=lambda x: (x * x).sum(),
    )
    def energy(x):
        "The sum of squares, by BLAS."
        return np.vdot(x, x)

    assert compare(lambda x: energy(x), X).ok
    assert gradcheck(lambda x: energy(x), X, order=2)


def test_an_op_of_any_number_of_arrays():
    @shape_op(lambda g, y, *xs, index: g * (index + 1.0), variadic=True)
    def weighted(*xs):
        "x0 + 2 x1 + 3 x2 + …"
        total = xs[0] * 1.0
        for i, x in enumerate(xs[1:]):
            total = total + (i + 2.0) * x
        return total

    a, b, c = (Tensor(X * k, requires_grad=True) for k in (1, 2, 3))
    weighted(a, b, c).sum().backward()

    assert [t.grad[0] for t in (a, b, c)] == [1.0, 2.0, 3.0]
    assert gradcheck(lambda *xs: weighted(*xs) ** 2, (X, X, X), order=2)
    assert compare(lambda p, q: weighted(p, q), X, X).ok


# --- fused ---


def test_a_fused_op_is_one_node_of_tensors_and_composed_on_values():
    axpy = axpy_row()
    a, x, y = (Tensor(k, requires_grad=True) for k in (2.0, X, X + 1))
    out = axpy(a, x, y)

    assert [node.op.name for node in toposort(out) if node.op] == ["axpy"]
    assert "ax+y" in to_dot(out)
    out.sum().backward()
    assert a.grad == X.sum()
    on_values = axpy(Value(2.0), ValueArray.of(X), ValueArray.of(X + 1))
    assert on_values.values.tolist() == out.tolist()
    assert {node.op.name for node in toposort(on_values[0]) if node.op} == {"mul", "add"}
    assert compare(lambda a, x, y: axpy(a, x, y), 2.0, X, X + 1).ok
    assert gradcheck(lambda a, x, y: axpy(a, x, y) ** 2, (np.array(2.0), X, X + 1), order=2)
    assert "| `axpy(a, x, y)` | a times x, plus y. |" in table.markdown()


def test_a_fused_op_that_is_not_its_composed_form_is_found():
    @fused(lambda g, y, a, b: g * b, lambda g, y, a, b: g * a, elements=lambda a, b: a * b + 1e-6)
    def times(a, b):
        "a times b, but for the composed form."
        return a * b

    result = compare(lambda a, b: times(a, b), X, X)

    assert result.first_fault.op is times
    assert result.first_fault.what == "forward"


# --- the registry ---


def test_registering_a_name_again_is_refused_unless_asked_for():
    first = squash_row()

    with pytest.raises(ValueError, match="'squash' exists already; pass replace=True"):
        elementwise("squash", lambda x: x, lambda g, y, x: g)
    assert engine.squash is first

    second = elementwise("squash", lambda x: x, lambda g, y, x: g, replace=True, doc="not any more")
    assert engine.squash is second
    assert second(3.0) == 3.0


def test_a_graph_made_before_keeps_the_rule_it_was_made_with():
    first = squash_row()
    x = Value(1.0)
    y = first(x)
    elementwise("squash", lambda x: x, lambda g, y, x: g * 100, replace=True)

    y.backward()

    assert x.grad == 0.25


def test_built_in_names_are_protected_for_every_kind_of_op():
    with pytest.raises(ValueError, match="'tanh' exists already"):
        elementwise("tanh", np.tanh, lambda g, y, x: g)
    with pytest.raises(ValueError, match="'matmul' exists already"):
        shape_op(lambda g, y, x: g, name="matmul")(lambda x: x)
    with pytest.raises(ValueError, match="'linear' exists already"):
        fused(lambda g, y, x: g, name="linear", elements=lambda x: x)(lambda x: x)
    assert engine.tanh(0.0) == 0.0


def test_unregistering_takes_a_name_away():
    squash_row()
    unregister("squash")

    with pytest.raises(AttributeError, match="squash"):
        _ = engine.squash
    with pytest.raises(LookupError, match="no op named 'squash'"):
        unregister("squash")


def test_graphs_of_one_s_own_ops_are_copied_and_pickled_by_name():
    squash = squash_row()
    x = Value(1.0)
    y = squash(x)

    again = pickle.loads(pickle.dumps(y))
    copied = copy.deepcopy(y)

    assert again.op is copied.op is squash
    stored = pickle.dumps(y)
    unregister("squash")
    with pytest.raises(LookupError, match="define it before unpickling"):
        pickle.loads(stored)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: elementwise("soft sign", np.abs, lambda g, y, x: g), ValueError, "identifier"),
        (lambda: elementwise("", np.abs, lambda g, y, x: g), ValueError, "identifier"),
        (lambda: elementwise(3, np.abs, lambda g, y, x: g), ValueError, "got 3"),
        (lambda: elementwise("q", 3, lambda g, y, x: g), TypeError, "forward of 'q' must be call"),
        (lambda: elementwise("q", np.abs), TypeError, "'q' needs one vjp per input"),
        (lambda: elementwise("q", np.abs, 3), TypeError, "vjp 0 of 'q' must be callable or None"),
        (
            lambda: elementwise("q", np.abs, lambda g, y, x: g, domain=(Interval(),) * 2),
            ValueError, "'q' has 1 inputs but 2 domains",
        ),
        (lambda: shape_op(name="q")(np.abs), TypeError, "'q' needs one vjp per input"),
        (lambda: shape_op(lambda g: g, name="a b")(np.abs), ValueError, "identifier"),
        (
            lambda: shape_op(None, name="q", variadic=True)(lambda *x: x),
            TypeError, "'q' is variadic: give one rule",
        ),
        (
            lambda: fused(
                lambda g, y, x: g, vjp_all=lambda g, y, x: (g,), name="q", elements=abs
            )(lambda x: x),
            TypeError, "one vjp per input or vjp_all, not both",
        ),
        (
            lambda: fused(lambda g, y, x: g, name="q", elements=abs, wide=True)(lambda x: x),
            TypeError, "'q' is wide: it needs vjp_all",
        ),
    ],
)  # fmt: skip
def test_a_bad_row_is_refused_and_leaves_the_table_as_it_was(make, error, message):
    before = list(engine.registry)

    with pytest.raises(error, match=re.escape(message)):
        make()

    assert list(engine.registry) == before


def test_a_rule_of_another_shape_is_refused_and_named():
    @shape_op(lambda g, y, x: g)
    def total(x):
        "The sum, with a rule that forgets to spread."
        return np.sum(x)

    x = Tensor(X, requires_grad=True)
    with pytest.raises(ValueError, match=r"vjp 0 of 'total' returned .* shape \(\) .* \(3,\)"):
        total(x).backward()
    assert x.grad is None


def test_a_call_with_too_few_or_too_many_inputs_is_named():
    squash = squash_row()

    with pytest.raises(TypeError, match="squash"):
        squash(1.0, 2.0)
    with pytest.raises(TypeError):
        squash()


# --- rows and rules that cannot be right ---


@pytest.mark.parametrize(
    ("forward", "vjps", "message"),
    [
        (lambda a, b: a + b, 1, "'odd' has 1 vjps, but forward has 2 inputs"),
        (lambda x: x, 2, "'odd' has 2 vjps, but forward has 1 inputs"),
        (lambda x, k=1: x, 3, "'odd' has 3 vjps, but forward has 1 inputs"),
        (np.add, 1, "'odd' has 1 vjps, but forward has 2 inputs"),
        (np.sin, 2, "'odd' has 2 vjps, but forward has 1 inputs"),
    ],
)
def test_a_row_has_one_rule_per_input(forward, vjps, message):
    with pytest.raises(TypeError, match=message):
        engine.elementwise("odd", forward, *[lambda g, y, *inputs: g] * vjps)
    with pytest.raises(LookupError, match="no op named 'odd' is registered"):
        engine.unregister("odd")


def test_a_shape_op_or_fused_op_has_no_more_rules_than_inputs():
    def odd(x):
        return x

    def rule(g, y, x):
        return g

    with pytest.raises(TypeError, match="'odd' has 2 vjps, but forward has 1 inputs"):
        engine.shape_op(rule, rule)(odd)
    with pytest.raises(TypeError, match="'odd' has 2 vjps, but forward has 1 inputs"):
        engine.fused(rule, rule, elements=odd)(odd)


@pytest.mark.parametrize("name", ["lambda", "a b", "", 3])
def test_a_name_is_one_that_can_be_typed(name):
    with pytest.raises(ValueError, match="name must be a Python identifier, got"):
        engine.elementwise(name, np.sin, lambda g, y, x: g)


def test_the_name_of_a_function_that_is_composed_of_ops_is_taken():
    with pytest.raises(ValueError, match="a function named 'ravel' exists already"):
        engine.elementwise("ravel", np.sin, lambda g, y, x: g)


def test_one_domain_serves_all_inputs():
    row = engine.elementwise("own", np.add, *[lambda g, y, a, b: g] * 2, domain=Interval(0, 1))
    engine.unregister("own")
    assert row.domain == (Interval(0, 1), Interval(0, 1))


@pytest.mark.parametrize("answer", [None, "x", [None]])
def test_a_rule_that_answers_with_no_number_is_named(answer):
    row = engine.elementwise("silent", lambda x: x + 0, lambda g, y, x: answer)
    engine.unregister("silent")
    for x in (Value(1.0), Tensor([1.0], requires_grad=True)):
        with pytest.raises(TypeError, match="vjp 0 of 'silent' must return"):
            row(x).backward()
        assert not x.has_grad


@pytest.mark.parametrize("forward", [lambda *xs: sum(xs), max], ids=["any number", "unknown"])
def test_a_rule_for_all_inputs_asks_how_many_there_are(forward):
    with pytest.raises(TypeError, match="'uncounted' needs one vjp per input"):
        fused(vjp_all=lambda g, *_: [g], name="uncounted", elements=max)(forward)


@pytest.mark.parametrize("answer", [(1.0,), 1.0])
def test_a_rule_for_all_inputs_gives_one_gradient_for_each(answer):
    @engine.fused(vjp_all=lambda g, y, a, b: answer, elements=lambda a, b: a * b)
    def half(a, b):
        return a * b

    engine.unregister("half")
    for create_graph in (False, True):
        a, b = (Tensor([1.0], requires_grad=True) for _ in range(2))
        with pytest.raises(TypeError, match="vjp_all of 'half' must return a tuple of 2 gradients"):
            half(a, b).backward(create_graph=create_graph)
        with pytest.raises(TypeError, match="vjp_all of 'half' must return a tuple of 2 gradients"):
            nan_trace(half(a, b))


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_rule_for_all_numbers_gives_one_gradient_for_each(create_graph):
    @engine.fused(vjp_all=lambda g, y, *x: (g,), elements=lambda *x: sum(x), wide=True)
    def total(*x):
        return sum(x)

    engine.unregister("total")
    with pytest.raises(TypeError, match="vjp_all of 'total' must return a tuple of 2 gradients"):
        total(Value(1.0), Value(2.0)).backward(create_graph=create_graph)
