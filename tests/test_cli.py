"""The command line: what it prints, and one line with status 2 for every mistake."""

import math
import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import engine
from engine import Value
from viz.command import cli, demo
from viz.command.cli import main
from viz.command.expression import Expression, ExpressionError
from viz.command.given import bound
from viz.drawing import renderer

pytestmark = pytest.mark.usefixtures("in_a_folder_of_its_own")


def complaint(capsys, *argv: str) -> str:
    """What a wrong call prints on stderr; it must be one line, with status 2 and no output."""
    assert main(list(argv)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith("\n")
    assert err.count("\n") == 1
    assert err.startswith("twingrad: ")
    return err.removeprefix("twingrad: ").strip()


# --- compare ---


def test_compare_prints_the_table(capsys):
    assert main(["compare", "tanh(a*b + c)**2", "a=2", "b=-3", "c=6.5"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("f = tanh(a*b + c)**2  at  a = 2, b = -3, c = 6.5\n")
    assert "-2.180585944150762" in out
    assert "∂/∂c" in out


def test_compare_takes_lists(capsys):
    assert main(["compare", "sum(a*b, axis=0)", "a=[1, 2, 3]", "b=[[1],[2]]"]) == 0
    assert "∂/∂b[1,0]" in capsys.readouterr().out


@pytest.mark.usefixtures("own_ops")
def test_compare_ends_with_1_where_the_tiers_differ(capsys):
    engine.elementwise("wrong", lambda x: x * x, lambda g, y, x: g * 3 * x, scalar=lambda x: x * x)
    assert main(["compare", "wrong(a)", "a=2"]) == 1
    assert "DIFFER" in capsys.readouterr().out


def test_values_follow_the_names_whatever_their_order(capsys):
    assert main(["compare", "a - b", "b=1", "a=3"]) == 0
    assert ["value", "2.0", "2.0"] in [
        line.split()[:3] for line in capsys.readouterr().out.splitlines()
    ]


def test_compare_says_the_expression_once_and_then_the_table(capsys):
    main(["compare", "a*a", "a=2"])
    out = capsys.readouterr().out
    assert out.count("a*a") == 1
    assert out.splitlines()[2].split() == [
        "Value", "Tensor", "apart", "finite", "difference", "apart",
    ]  # fmt: skip


# --- ops ---


def test_ops_lists_every_name_within_80_columns(capsys):
    assert main(["ops"]) == 0
    out = capsys.readouterr().out
    assert {*engine.registry, *engine.core.functions} <= set(out.split())
    assert max(map(len, out.splitlines())) <= 80


def test_ops_shows_one_row_as_it_stands_in_the_source_then_what_is_written_from_it(capsys):
    assert main(["ops", "cos"]) == 0
    row, _, written = capsys.readouterr().out.partition("\n\nwritten from the row, and run on")
    assert written == f" Values:\n\n{engine.cos.source}"
    assert row.splitlines() == [
        "cos(x)",
        "cosine",
        "",
        "number by number; all numbers; the tiers agree to 4 ulp",
        "",
        'cos: Op = elementwise("cos", np.cos, lambda g, y, x: -g * sin(x), scalar=math.cos, '
        'doc="cosine")',
        "",
        "in LaTeX:",
        r"y = \cos x",
        r"\frac{\partial L}{\partial x} = -g\,\sin x",
    ]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("gelu", ["gelu(x, approximate='none')", "def _gelu_vjp(", "gelu = elementwise("]),
        ("log", ["x in (0, inf)"]),
        ("sum", ["on whole arrays", "; forward mode by the op of its tangents\n", "def _sum_vjp("]),
        ("matmul", ["forward mode by the op of one tangent at a time\n", "@shape_op("]),
        ("softmax", ["forward mode by its vjps (symmetric)\n"]),
        ("linear", ["one node for several", "forward mode by its jvp\n", "def _jvp(", "@fused("]),
        ("cross_entropy", ["forward mode by its vjps, transposed (a single number's, for g"]),
        ("tile", ["tile(…)", "composed of other ops", "@composed\ndef tile("]),
        ("add", ["the tiers agree to the bit"]),
    ],
)  # fmt: skip
def test_ops_shows_the_rules_of_every_kind_of_op(name, words, capsys):
    assert main(["ops", name]) == 0
    out = capsys.readouterr().out
    for word in words:
        assert word in out


@pytest.mark.parametrize("name", ["sum", "linear", "tile", "relu_neuron"])
def test_where_values_run_nothing_written_the_page_is_the_row(name, capsys):
    assert main(["ops", name]) == 0
    assert "run on Values" not in capsys.readouterr().out


def test_every_op_has_a_page_with_its_source(capsys):
    for name in [*engine.registry, *engine.core.functions]:
        assert main(["ops", name]) == 0
        out = capsys.readouterr().out
        assert f"{name}(" in out
        assert "def " in out or "elementwise(" in out, name


# --- draw ---


def test_draw_says_value_gradients_and_where_it_saved(capsys, tmp_path):
    assert main(["draw", "a*b", "a=2", "b=-3"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "a*b = -6  at  a = 2, b = -3",
        "  ∂/∂a = -3",
        "  ∂/∂b = 2",
        "saved graph.svg",
    ]
    assert "<svg" in (tmp_path / "graph.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["g.svg", "g.png", "g.dot"])
def test_draw_saves_by_suffix(tmp_path, name):
    assert main(["draw", "a*a", "a=2", "-o", name]) == 0
    assert (tmp_path / name).stat().st_size > 0


def test_draw_shows_gradients(tmp_path):
    assert main(["draw", "a*a", "a=2", "-o", "g.dot"]) == 0
    text = (tmp_path / "g.dot").read_text(encoding="utf-8")
    assert "not computed" not in text
    assert text.count("n0 -> n1") == 2


def test_draw_passes_its_options_on(tmp_path):
    main(["draw", "a*a", "a=2", "-o", "g.dot", "--dark", "--direction", "TB"])
    text = (tmp_path / "g.dot").read_text(encoding="utf-8")
    assert "rankdir=TB" in text
    assert "#16181d" in text


def test_draw_shows_local_derivatives_and_a_part_of_the_graph(tmp_path):
    main(["draw", "a*b + c", "a=2", "b=5", "c=1", "-o", "g.dot", "--local"])
    assert "∂ = 5" in (tmp_path / "g.dot").read_text(encoding="utf-8")
    main(
        ["draw", "exp(a*b) + c", "a=2", "b=5", "c=1", "-o", "g.dot", "--around", "c", "--radius=1"]
    )
    dot = (tmp_path / "g.dot").read_text(encoding="utf-8")
    assert "hides 4 nodes" in dot
    assert ">c</B>" in dot


def test_lists_are_drawn_on_the_tensor_tier_with_every_gradient_kept(tmp_path, capsys):
    assert main(["draw", "a*b", "a=[1,2]", "b=3", "-o", "g.dot"]) == 0
    text = (tmp_path / "g.dot").read_text(encoding="utf-8")
    assert "(2,) float64" in text
    assert "not kept" not in text
    assert "a*b = 9  at  a = [1. 2.], b = 3\n  ∂/∂a = [3. 3.]" in capsys.readouterr().out


def test_the_tier_can_be_chosen(tmp_path, capsys):
    assert main(["draw", "a*b", "a=[1,2]", "b=3", "--tier", "value", "-o", "g.dot"]) == 0
    text = (tmp_path / "g.dot").read_text(encoding="utf-8")
    assert "a[1]" in text
    assert "float64" not in text
    assert "∂/∂a = [3. 3.]" in capsys.readouterr().out
    main(["draw", "a*a", "a=1", "--tier", "tensor", "-o", "g.dot"])
    assert "() float64" in (tmp_path / "g.dot").read_text(encoding="utf-8")


@pytest.mark.parametrize("expression", ["-a", "-a*b", "-(a + b)", "-h*2", "-o/2"])
def test_an_expression_may_begin_with_a_minus_sign(expression, tmp_path):
    values = [f"{name}=2" for name in Expression(expression).names]
    assert main(["draw", expression, *values, "-o", "g.dot"]) == 0


def test_without_a_renderer_draw_saves_dot_and_says_why(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(renderer, "find_renderer", lambda: None)
    assert main(["draw", "a*a", "a=2"]) == 0
    assert "saved graph.dot (no Graphviz found" in capsys.readouterr().out
    assert os.listdir(tmp_path) == ["graph.dot"]


def test_without_a_renderer_svg_by_name_is_refused(capsys, monkeypatch):
    monkeypatch.setattr(renderer, "find_renderer", lambda: None)
    assert "pip install graphviz-pure" in complaint(capsys, "draw", "a*a", "a=2", "-o", "g.svg")


# --- mistakes ---

MISTAKES = [
    (["compare", "a +* b", "a=1", "b=2"], "cannot read 'a +* b': invalid syntax"),
    (["compare", "", "a=1"], "cannot read ''"),
    (["compare", "a", "a=1", "b=2"], "b does not occur in 'a'"),
    (["compare", "a*b", "a=1"], "no value for b: add b=2, say"),
    (["compare", "a*b"], "no value for a, b"),
    (["compare", "a", "a=1", "a=2"], "a is given twice"),
    (["compare", "a", "a"], "'a' is not of the form name=value"),
    (["compare", "a", "2=a"], "'2=a' is not of the form name=value"),
    (["compare", "a", "a="], "a= is not a number"),
    (["compare", "a", "a=x"], "a=x is not a number or a list of numbers"),
    (["compare", "a", "a=[1,[2]]"], "is not a number"),
    (["compare", "a", "a=['1']"], "is not a number"),
    (["compare", "a", "a=[True]"], "is not a number"),
    (["compare", "a", "a=[1"], "is not a number"),
    (["compare", "a", "a=1j"], "is not a number"),
    (["compare", "a", "a=__import__('os')"], "is not a number"),
    (["compare", "1 + 2"], "holds no name"),
    (["compare", "tanhh(a)", "a=1"], "no function 'tanhh'; did you mean tanh?"),
    (["compare", "qqq(a)", "a=1"], "no function 'qqq'; a product is written qqq*(…)"),
    (["compare", "ln(a)", "a=1"], "no function 'ln'; did you mean log?"),
    (["compare", "2a + ln(a)", "a=1"], "'2a + ln(a)': a product is written with *: 2*a"),
    (["compare", "1e-5 a", "a=1"], "'1e-5 a': a product is written with *: 1e-5*a"),
    (["compare", "3 (a+1) a", "a=1"], "a product is written with *: (…)*a"),
    (["compare", "2(a + 1)", "a=1"], "a product is written with *: 2*(…)"),
    (["compare", "(a + 1)(a - 1)", "a=1"], "a product is written with *: (…)*(…)"),
    (["compare", "a b", "a=1", "b=2"], "'a b': a product is written with *: a*b"),
    (["compare", "sin a", "a=1"], "a function takes its argument in parentheses: sin(a…)"),
    (["compare", "tanh + a", "a=1"], "tanh is a function: write tanh(…)"),
    (["compare", "tanh(a, b)", "a=1", "b=1"], "tanh() takes 1 input (x), got 2"),
    (["compare", "tanh()", "a=1"], "tanh() takes 1 input (x), got 0"),
    (["compare", "hypot(a)", "a=1"], "hypot() takes 2 inputs (a, b), got 1"),
    (["compare", "elu(a, b)", "a=1", "b=1"], "alpha of elu() must be a plain value"),
    (["compare", "elu(a, alpha=b)", "a=1", "b=1"], "alpha of elu() must be a plain value"),
    (["compare", "elu(a, beta=1)", "a=1"], "elu() has no parameter 'beta'; its parameters: alpha"),
    (["compare", "elu(a, **b)", "a=1"], "** cannot be used in elu(…)"),
    (["compare", "gelu(a, approximate='x')", "a=1"], "approximate must be"),
    (["compare", "max(a, 1)", "a=[1,2]"], "max(dim=1) gives .values and .indices"),
    (["compare", "sum(a, axis=5)", "a=[1]"], "axis"),
    (["compare", "a @ b", "a=[1,2]", "b=[1,2,3]"], "matmul"),
    (["compare", "a + b", "a=[1,2]", "b=[1,2,3]"], "add"),
    (["compare", "a^2", "a=1"], "^ is not a power: write a**b"),
    (["compare", "a < 2", "a=1"], "'a < 2' cannot stand in an expression"),
    (["compare", "a.sum()", "a=1"], "'a.sum()' is a method: write sum(…)"),
    (["compare", "a.b", "a=1"], "'a.b' cannot stand in an expression"),
    (["compare", "a[0]", "a=[1]"], "'a[0]' cannot stand in an expression"),
    (["compare", "(lambda: a)()", "a=1"], "cannot stand in an expression"),
    (["compare", "a" * 3000, "a=1"], "longer than 2000 characters"),
    (["compare", "+".join("a" * 500), "a=1"], "more than 200 levels deep"),
    (["compare", "(" * 500 + "a" + ")" * 500, "a=1"], "cannot read"),
    (["compare", "a\0", "a=1"], "cannot read"),
    (["compare", f"a + 1{400 * '0'}", "a=1"], "a number is too large for a float"),
    (["compare"], "required: expression"),
    (["draw", "a", "a=1", "-o", "g.pdf"], "--out must end in .svg, .png, .html, .dot, got g.pdf"),
    (["draw", "a", "a=1", "-o", "missing/g.dot"], "missing/g.dot: No such file or directory"),
    (["draw", "a*2", "a=1", "--around", "b"], "there is no node labelled 'b'"),
    (["draw", "a", "a=1", "--radius", "-1"], "must be a whole number from 0"),
    (["draw", "a", "a=1", "--tier", "gpu"], "invalid choice: 'gpu'"),
    (["draw", "split(a, 2, axis=0)", "a=[1,2]"], "gives 2 results, only one can"),
    (["step", "max(a, dim=0)", "a=[1,2]"], "gives 2 results, only one can be drawn"),
    (["draw", "argmax(a)", "a=[1,2]"], "no gradient flows from the result to any name"),
    (["ops", "tanhh"], "there is no op 'tanhh'; did you mean tanh?"),
    (["ops", "ln"], "there is no op 'ln'; did you mean log?"),
    (["ops", "qqq"], "there is no op 'qqq'"),
    (["notebooks", "--port", "x"], "--port: must be a whole number from 1 to 65535, got 'x'"),
    (["notebooks", "a", "b"], "unrecognized arguments: b"),
    (["demo", "--seed", "-1"], "--seed: must be a whole number from 0"),
    (["demo", "--seed", "x"], "--seed: must be a whole number from 0, got 'x'"),
    (["demo", "--epochs", "0"], "--epochs: must be a whole number from 1"),
    ([], "required: COMMAND"),
    (["dance"], "invalid choice: 'dance'"),
]


@pytest.mark.parametrize(("argv", "message"), MISTAKES, ids=lambda x: " ".join(x)[:40])
def test_a_mistake_gets_one_line_and_status_2(argv, message, capsys):
    assert message in complaint(capsys, *argv)


def test_too_large_a_graph_is_folded(capsys, tmp_path):
    total = "+".join(["tanh(a)"] * 150)
    assert main(["draw", total, "a=1", "-o", str(tmp_path / "g.dot")]) == 0
    assert "hides 148 nodes" in (tmp_path / "g.dot").read_text(encoding="utf-8")


def test_an_unwritable_folder_gets_one_line_before_any_work(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "compare_tiers", None)
    (tmp_path / "file").write_text("")
    assert complaint(capsys, "demo", "--out", "file") == "file: File exists"
    assert complaint(capsys, "demo", "--out", "file/sub") == "file/sub: Not a directory"


def test_a_folder_that_takes_no_files_gets_one_line(capsys, tmp_path, monkeypatch):
    def refuse(**_):
        raise PermissionError(13, "Permission denied", "folder/tmp1234")

    monkeypatch.setattr(demo.tempfile, "TemporaryFile", refuse)
    assert complaint(capsys, "demo", "--out", "folder") == "folder: Permission denied"


def test_help_ends_well(capsys):
    assert main(["--help"]) == 0
    assert "compare" in capsys.readouterr().out
    assert main(["draw", "-h"]) == 0


def test_every_command_says_what_it_does(capsys):
    for name, _, _, text in cli.COMMANDS:
        assert main([name, "--help"]) == 0
        assert text[1:10] in capsys.readouterr().out


def test_the_version_is_the_installed_one(capsys, monkeypatch):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"twingrad {version('twingrad')}\n"

    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(cli, "version", missing)
    assert main(["--version"]) == 0
    assert "not installed" in capsys.readouterr().out


def test_an_interrupt_ends_without_a_traceback(capsys, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "run", interrupted)
    assert main(["demo"]) == 130
    assert capsys.readouterr().err == "twingrad: stopped\n"


def run_alone(*argv: str, **options) -> subprocess.CompletedProcess:
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(demo.__file__))))
    environment = {**os.environ, "PYTHONPATH": root, **options.pop("env", {})}
    return subprocess.run(
        [sys.executable, "-m", "viz.command", *argv], env=environment, check=False, **options
    )


def test_a_terminal_without_unicode_does_not_stop_it():
    env = {"PYTHONIOENCODING": "ascii"}
    done = run_alone("compare", "a*b", "a=2", "b=3", env=env, capture_output=True)
    assert done.returncode == 0
    assert done.stderr == b""
    assert b"?/?a" in done.stdout


def test_a_reader_that_leaves_early_causes_no_traceback():
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as broken:
        done = run_alone("compare", "a*b", "a=2", "b=3", stdout=broken, stderr=subprocess.PIPE)
    assert done.stderr == b""
    assert done.returncode == 1


# --- expressions ---


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2*3", 7.0),
        ("-2**2", -4.0),
        ("+2", 2.0),
        ("7 % 4", 3.0),
        ("-7 % 4", 1.0),
        ("2**3**2", 512.0),
        ("10**400", math.inf),
        ("-10.0**400", -math.inf),
        ("1/0", math.inf),
        ("abs(-3)", 3.0),
        ("clip(5, min=0, max=2)", 2.0),
        ("clip(5, 0, 2)", 2.0),
        ("clip(-5, min=-1)", -1.0),
        ("elu(-1, alpha=2)", 2 * math.expm1(-1)),
        ("gelu(0, approximate='tanh')", 0.0),
        ("cos(pi)", -1.0),
        ("-inf", -math.inf),
        ("  2 ", 2.0),
    ],
)
def test_an_expression_without_names_is_a_number(text, expected):
    assert Expression(text)() == expected


def test_a_huge_power_takes_no_time():
    """Python's integers would fill the memory."""
    assert Expression("9**9**9**9")() == math.inf
    assert Expression("pow(10, 10**9)")() == math.inf


def test_names_come_in_order_of_appearance():
    assert Expression("b + tanh(a*b) - c + e").names == ("b", "a", "c", "e")


def test_an_expression_runs_on_values_and_arrays():
    f = Expression("tanh(a)*a")
    y = f(a=Value(0.5))
    assert isinstance(y, Value)
    assert y.data == math.tanh(0.5) * 0.5
    assert f(a=np.array([0.0, 1.0])).tolist() == [0.0, math.tanh(1.0)]


def test_an_expression_is_shown_by_its_text():
    assert repr(Expression(" a + 1 ")) == "Expression('a + 1')"


def test_any_name_will_do():
    assert Expression("self + values")(self=1.0, values=2.0) == 3.0


def test_functions_on_arrays_take_lists_and_plain_values():
    a = np.array([1.0, 2.0])
    assert Expression("stack([a, a*2], axis=1)")(a=a).tolist() == [[1.0, 2.0], [2.0, 4.0]]
    assert Expression("sum(a, 0)")(a=a) == 3.0
    assert Expression("reshape(a, (2, 1))")(a=a).shape == (2, 1)
    assert Expression("einsum('i,i->', a, a)")(a=a) == 5.0


def test_a_missing_value_is_named():
    with pytest.raises(ExpressionError, match="no value for b"):
        Expression("a + b")(a=1.0)


@pytest.mark.parametrize(
    "text",
    [
        "a.__class__", "().__class__", "a[0]", "lambda: 1", "[x for x in a]", "(x for x in a)",
        "{a: 1}", "{a}", "[a]", "(a, a)", "f'{a}'", "'a'", "b'a'", "None", "True", "...", "1j",
        "a if a else a", "a and a", "not a", "~a", "a // 2", "a << 2", "a | a", "a == a",
        "(b := a)", "await a", "*a", "yield", "a; a", "import os", "a = 1", "tanh(*a)",
        "tanh('a')", "tanh([1, 2])", "tanh(a)(a)", "a.tanh()", "eval('1')", "open('x')",
        "__import__('os')", "getattr(a, 'b')", "elementwise(a)", "Value(a)", "backward(a)",
    ],
)  # fmt: skip
def test_python_beyond_expressions_is_refused(text):
    with pytest.raises(ExpressionError):
        Expression(text)


@given(st.text(max_size=40) | st.text("ab1.2+-*/%@() ,=tanhsum[]'", max_size=40))
@settings(max_examples=300, deadline=None)
def test_any_text_is_an_expression_or_refused_in_one_line(text):
    try:
        names = Expression(text).names
    except ExpressionError as error:
        assert "\n" not in str(error)  # noqa: PT017 - both outcomes are right, each with its own fact
    else:
        assert all(name.isidentifier() for name in names)


@given(st.text("ab12.+-*/%@() ,tanhsum[]", max_size=25), st.sampled_from(["2", "[1,2]", "[]"]))
@settings(max_examples=200, deadline=None)
def test_what_can_be_read_runs_or_is_refused(text, value):
    """Nothing but an ExpressionError ever comes out of a call."""
    try:
        f = Expression(text)
        x = engine.Tensor(np.array(eval(value), dtype=float))  # a literal of ours, three lines up
        f(**dict.fromkeys(f.names, x))
    except ExpressionError as error:
        assert "\n" not in str(error)  # noqa: PT017 - both outcomes are right, each with its own fact


@pytest.mark.parametrize(
    ("text", "value"),
    [("a=1/4", 0.25), ("a=-1e3", -1000.0), ("a=1_000", 1000.0), ("a= 2 ", 2.0), ("a=pi/2", 1.5708)],
)
def test_a_value_may_be_written_as_an_expression(text, value, capsys):
    assert main(["draw", "a + 0", text, "-o", "g.dot"]) == 0
    assert f"at  a = {value:.6g}\n" in capsys.readouterr().out


@pytest.mark.parametrize("value", ["inf", "-inf", "nan", "1e999"])
def test_values_need_not_be_finite(value):
    assert main(["draw", "a*2", f"a={value}", "-o", "g.dot"]) == 0


def test_values_come_in_the_order_of_the_names_in_the_expression():
    _, values = bound("b * a + c", ["c=3", "a=1", "b=2"])
    assert list(values.items()) == [("b", 2.0), ("a", 1.0), ("c", 3.0)]
