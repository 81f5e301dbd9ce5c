"""Rows as formulas: LaTeX and MathML say what the rules compute, bracket for bracket."""

import math
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, strategies as st
from matplotlib.mathtext import MathTextParser
from strategies import CONDITIONS, case_id, elementwise_ops, numbers

import engine
import nn  # noqa: F401 - its rows have formulas too
from engine import elementwise
from engine.symbols import LaTeX, MathML, Trace, formulas
from engine.symbols.formulas import argument_names
from engine.symbols.mathematics import Writer

ROWS = {op.name: op for op, _ in elementwise_ops()}

#: Rows whose rules look at numbers, so that a formula can only name the derivative.
BY_NAME: set[str] = set()

#: What is written as a formula, word for word: of some rows all, of others one line.
LITERAL = {
    "div": [r"\frac{a}{b}", r"\frac{g}{b}", r"-\frac{g\,y}{b}"],
    "pow": [
        r"a^{b}",
        r"g\,b\,a^{b - 1 + [a = 0 \wedge b = 0]}",
        r"g\,y\,\ln(a + [a = 0 \wedge b \geq 0])",
    ],
    "sqrt": [r"\sqrt{x}", r"\frac{g}{2\,y}"],
    "square": [r"x^{2}", r"2\,g\,x"],
    "log2": [r"\log_{2} x", r"\frac{g}{x\,\ln 2}"],
    "tanh": [r"\tanh x", r"g\,(1 - y^{2})"],
    "cos": [r"\cos x", r"-g\,\sin x"],
    "arcsin": [r"\arcsin x", r"\frac{g}{\sqrt{(1 - x)\,(1 + x)}}"],
    "erf": [r"\operatorname{erf} x", r"\frac{2\,g\,e^{-x^{2}}}{\sqrt{\pi}}"],
    "floor": [r"\lfloor x\rfloor", "0"],
    "sigmoid": [r"\frac{1}{1 + e^{-x}}", r"g\,y\,(1 - y)"],
    "gelu": [
        r"\frac{x\,\left( 1 + \operatorname{erf}\left( \frac{x}{\sqrt{2}} \right) \right)}{2}",
        r"g\,\left( \frac{\operatorname{erfc}\left( -\frac{x}{\sqrt{2}} \right)}{2} "
        r"+ \frac{x\,e^{-\frac{x^{2}}{2}}}{\sqrt{2\,\pi}} \right)",
    ],
    "silu": [r"x\,\sigma(x)", r"g\,\sigma(x)\,(1 + x\,(1 - \sigma(x)))"],
    "relu": [
        r"\max(x,\,0)",
        r"\begin{cases} g & \text{if } y \neq 0 \\ 0 & \text{otherwise} \end{cases}",
    ],
    "elu": [
        r"\begin{cases} x & \text{if } x > 0 \\ "
        r"\alpha\,(e^{\min(x,\,0)} - 1) & \text{otherwise} \end{cases}",
        r"\begin{cases} g & \text{if } x > 0 \\ g\,\alpha\,e^{x} & \text{otherwise} \end{cases}",
    ],
}


@pytest.mark.parametrize("name", LITERAL)
def test_a_formula_is_what_a_book_prints(name):
    assert LITERAL[name] == [right for _, right in formulas(ROWS[name], LaTeX())]


def test_latex_of_a_row_has_a_line_for_the_result_and_each_gradient():
    assert engine.mul.latex == (
        r"\begin{aligned} y &= a\,b \\ \frac{\partial L}{\partial a} &= g\,b \\ "
        r"\frac{\partial L}{\partial b} &= g\,a \end{aligned}"
    )
    assert engine.mul._repr_latex_() == f"$${engine.mul.latex}$$"


def test_an_op_on_whole_arrays_has_no_formula():
    assert engine.matmul.latex == ""
    assert engine.matmul._repr_latex_() is None


@pytest.mark.parametrize("name", ROWS)
def test_every_rule_is_written_out(name):
    op = ROWS[name]
    named = [right for _, right in formulas(op, LaTeX()) if r"\partial y" in right]
    assert (len(named) > 0) == (name in BY_NAME)
    assert len(formulas(op, LaTeX())) == 1 + sum(rule is not None for rule in op.vjps)


# --- a third notation, Python's, says whether a formula is right ---


class Python:
    """A formula as text that can be evaluated."""

    space = " * "

    def name(self, text):
        return f"{text}_"

    def number(self, text):
        return text

    def sign(self, sign):
        return {"−": "-", "¬": "not "}.get(sign, sign)

    def between(self, a, sign, b):
        signs = {"−": "-", "∧": "and", "∨": "or", "=": "==", "≠": "!=", "≤": "<=", "≥": ">="}
        return f"{a} {signs.get(sign, sign)} {b}"

    def function(self, name, index=""):
        return f"{name}{index}"

    def applied(self, function, argument):
        return f"{function}({argument})"

    def row(self, *parts):
        return "".join(parts).replace(", * ", ", ").replace(", *", ", ")

    def fraction(self, over, under):
        return f"(({over}) / ({under}))"

    def power(self, base, exponent):
        return f"{base}**({exponent})"

    def root(self, inside):
        return f"sqrt({inside})"

    def fenced(self, left, inside, right):
        before = {"[": "float", "|": "abs", "⌊": "floor", "⌈": "ceil"}.get(left, "")
        return f"{before}({inside})"

    def cases(self, rows):
        chosen = "".join(f"({piece}) if ({when}) else " for piece, when in rows[:-1])
        return f"({chosen}({rows[-1][0]}))"


MEANING = {
    **{name: op for name, op in vars(engine).items() if name in engine.registry},
    "ln": engine.log, "log2": engine.log2, "log10": engine.log10, "sigma": engine.sigmoid,
    "max": engine.maximum, "min": engine.minimum, "e_": math.e, "pi_": math.pi, "float": float,
}  # fmt: skip
WRITTEN = [case for case in elementwise_ops() if case[0].name not in BY_NAME]


UNBOUNDED = {("clip", "min"): -math.inf, ("clip", "max"): math.inf}  # for None
UNBOUNDED |= {("nan_to_num", "posinf"): 0.0, ("nan_to_num", "neginf"): 0.0, ("logit", "eps"): 0.0}
AT_DEFAULTS = {"digamma", "gelu", "softplus"}  # of a parameter at which the rule looks


@pytest.mark.parametrize("case", WRITTEN, ids=case_id)
@given(data=st.data())
def test_a_formula_is_worth_what_the_row_computes(case, data):
    op, named = case
    params = {**op.defaults, **({} if op.name in AT_DEFAULTS else named)}
    x = [
        data.draw(st.booleans() if (op.name, i) in CONDITIONS else numbers(interval, 2.5))
        for i, interval in enumerate(op.domain)
    ]
    y, g = op.on_floats(*x, **params), 1.7
    computed = [y, *(rule(g, y, *x, **params) for rule in op.vjps if rule is not None)]
    known = dict(zip(argument_names(op), (g, y, *x), strict=True))
    known |= {n: UNBOUNDED[op.name, n] if v is None else v for n, v in params.items()}
    scope = {**MEANING, **{f"{n}_": value for n, value in known.items()}}
    for (_, text), expected in zip(formulas(op, Python()), computed, strict=True):
        assert eval(text, dict(scope)) == pytest.approx(expected, rel=1e-9, abs=1e-9), text


def expressions(leaves):
    """Random arithmetic, with choices and functions, on the given strategy of leaves."""
    both = st.sampled_from([engine.add, engine.sub, engine.mul, engine.div, engine.maximum])
    one = st.sampled_from(
        [engine.neg, engine.abs, engine.tanh, engine.square, engine.reciprocal, engine.floor]
    )

    def larger(inner):
        return st.one_of(
            st.builds(lambda op, a, b: ("both", op, a, b), both, inner, inner),
            st.builds(lambda op, a: ("one", op, a), one, inner),
            st.builds(lambda a, b, c, d: ("where", a, b, c, d), inner, inner, inner, inner),
            st.builds(lambda a, n: ("pow", a, n), inner, st.sampled_from([2, 3])),
        )

    return st.recursive(leaves, larger, max_leaves=8)


def run(tree, names):
    """What an expression is for what its names stand for."""
    match tree:
        case ("both", op, a, b):
            return op(run(a, names), run(b, names))
        case ("one", op, a):
            return op(run(a, names))
        case ("pow", a, n):
            return engine.pow(run(a, names), n)
        case ("where", a, b, c, d):
            holds = (run(a, names) > run(b, names)) | (run(a, names) == 1)
            return engine.where(holds, run(c, names), run(d, names))
        case str():
            return names[tree]
    return tree


@given(expressions(st.sampled_from(["a", "b", 1.0, 2.0, 0.5, -3.0, 0.7])))
def test_brackets_keep_together_what_belongs_together(tree):
    numbers_of = {"a": np.float64(0.8), "b": np.float64(-1.3)}
    trace = Trace()
    symbols = {name: trace.input(0.5, name) for name in numbers_of}
    with np.errstate(all="ignore"):
        expected = run(tree, numbers_of)
        text = Writer(Python()).written(run(tree, symbols)).text
        scope = {**MEANING, **{f"{name}_": x for name, x in numbers_of.items()}}
        if np.isfinite(expected) and abs(expected) > 1e-9:
            assert eval(text, scope) == pytest.approx(expected, rel=1e-6)


# --- the notations ---

CASES = re.compile(r"\\begin\{cases\} ((?:(?!\\begin).)*?) \\end\{cases\}")


def cells_of(text):
    """A formula, and what its cases are made of, each on its own: mathtext has no cases."""
    while found := CASES.search(text):
        yield from (cell for row in found[1].split(r"\\") for cell in row.split("&"))
        text = f"{text[: found.start()]}Q{text[found.end() :]}"
    yield text


@pytest.mark.parametrize("name", ROWS)
def test_latex_is_well_formed(name):
    parser = MathTextParser("path")
    for left, right in formulas(ROWS[name], LaTeX()):
        cells = list(cells_of(right))
        assert right.count("{") == right.count("}")
        assert not re.search(r"\\(begin|end)", "".join(cells))
        for cell in (left, *cells):
            parser.parse(f"${cell.strip()}$")


@pytest.mark.parametrize("name", ROWS)
def test_mathml_is_well_formed(name):
    for sides in formulas(ROWS[name], MathML()):
        tree = ElementTree.fromstring(f"<math>{''.join(sides)}</math>")
        for element in tree.iter():
            if element.tag in ("mfrac", "msup", "msub"):
                assert len(element) == 2, ElementTree.tostring(element)
            if element.tag in ("mi", "mn", "mo", "mtext"):
                assert element.text


def test_mathml_is_the_same_formula():
    (_, _), (left, right) = formulas(engine.tanh, MathML())
    assert (
        left == "<mfrac><mrow><mi>∂</mi><mi>L</mi></mrow><mrow><mi>∂</mi><mi>x</mi></mrow></mfrac>"
    )
    assert right == (
        '<mrow><mi>g</mi><mspace width=".17em"/><mrow><mo>(</mo><mrow><mn>1</mn><mo>−</mo>'
        "<msup><mi>y</mi><mn>2</mn></msup></mrow><mo>)</mo></mrow></mrow>"
    )


LEANING = ' style="font-style: italic"'


@pytest.mark.parametrize(
    ("name", "latex", "mathml"),
    [
        ("x", "x", "<mi>x</mi>"),
        ("x1", "x_{1}", "<msub><mi>x</mi><mn>1</mn></msub>"),
        ("alpha", r"\alpha", "<mi>α</mi>"),
        ("negative_slope", r"\mathit{negative\_slope}", f"<mi{LEANING}>negative_slope</mi>"),
    ],
)
def test_names_are_set_as_mathematics_sets_them(name, latex, mathml):
    assert (LaTeX().name(name), MathML().name(name)) == (latex, mathml)


@pytest.mark.parametrize(
    ("number", "latex"),
    [
        (2.0, "2"), (-0.5, r"-\frac{1}{2}"), (0.01, "0.01"), (1e-12, "10^{-12}"),
        (3e-9, r"3 \cdot 10^{-9}"), (3e22, r"3 \cdot 10^{22}"), (math.inf, r"\infty"),
        (math.sqrt(2) / 2, r"\frac{1}{\sqrt{2}}"), (1 / math.log(10), r"\frac{1}{\ln 10}"),
        (3 * math.sqrt(2 / math.pi), r"3\,\sqrt{\frac{2}{\pi}}"), (0.6931471, "0.6931471"),
        (True, "1"), (0, "0"),
    ],
)  # fmt: skip
def test_numbers_are_exact(number, latex):
    assert Writer(LaTeX()).written(number).text == latex


def test_mathml_has_powers_of_ten():
    assert Writer(MathML()).written(3e-9).text == (
        "<mrow><mn>3</mn><mo>·</mo><msup><mn>10</mn><mrow><mo>−</mo><mn>9</mn></mrow></msup></mrow>"
    )


# --- rows of one's own ---


def test_a_parameter_is_told_from_the_function_of_its_name():
    result, slope = (right for _, right in formulas(engine.clip, LaTeX()))
    assert result == r"\min(\max(x,\,\mathit{min}),\,\mathit{max})"
    assert r"x \geq \mathit{min} \wedge x \leq \mathit{max}" in slope


@pytest.mark.usefixtures("own_ops")
def test_a_row_of_ones_own_has_its_own_names():
    op = elementwise(
        "soft_step",
        lambda left, right, theta=2.0: np.exp(left - theta * right),
        lambda up, out, left, right, theta: up * out,
        lambda up, out, left, right, theta: -up * theta * out,
    )
    assert formulas(op, LaTeX()) == [
        (r"\mathit{out}", r"e^{\mathit{left} - \theta\,\mathit{right}}"),
        (
            r"\frac{\partial L}{\partial \mathit{left}}",
            r"\mathit{up}\,\mathit{out}",
        ),
        (
            r"\frac{\partial L}{\partial \mathit{right}}",
            r"-\mathit{up}\,\theta\,\mathit{out}",
        ),
    ]


@pytest.mark.usefixtures("own_ops")
def test_a_row_that_looks_at_numbers_is_written_by_name():
    op = elementwise(
        "stubborn",
        lambda x: np.asarray([float(v) for v in x.ravel()]).reshape(x.shape),
        lambda *arguments: arguments[0] if float(arguments[2]) > 0 else 0.0,
    )
    assert formulas(op, LaTeX()) == [
        ("y", r"\operatorname{stubborn} x"),
        (r"\frac{\partial L}{\partial x}", r"g\,\frac{\partial y}{\partial x}"),
    ]


@pytest.mark.usefixtures("own_ops")
def test_a_row_of_more_than_a_page_is_written_by_name():
    def doubled(g, y, x):
        for _ in range(60):
            x = engine.sin(x) + x
        return g * x

    op = elementwise("doubled", np.sin, doubled)
    assert formulas(op, LaTeX())[1][1] == r"g\,\frac{\partial y}{\partial x}"


@pytest.mark.usefixtures("own_ops")
def test_a_row_without_a_gradient_has_one_formula():
    op = elementwise("outside", lambda x: ~((x > 0) & (x < 1)) | (x == 5), None)
    assert formulas(op, LaTeX()) == [("y", r"[\neg (x > 0 \wedge x < 1) \vee x = 5]")]


@pytest.mark.usefixtures("own_ops")
def test_conditions_within_conditions_keep_their_brackets():
    op = elementwise("mixed", np.sin, lambda g, y, x: g * ((x > 0) & ((x < 1) | (x > 2))))
    assert formulas(op, LaTeX())[1][1] == r"g\,[x > 0 \wedge (x < 1 \vee x > 2)]"


@pytest.mark.usefixtures("own_ops")
def test_functions_without_a_name_in_mathematics_show_their_parameters():
    op = elementwise("sloped", np.sin, lambda g, y, x: g * engine.leaky_relu(x, 0.5))
    assert formulas(op, LaTeX())[1][1] == (
        r"g\,\operatorname{leaky\_relu}(x,\,\frac{1}{2})".replace("(", r"\left( ").replace(
            ")", r" \right)"
        )
    )
