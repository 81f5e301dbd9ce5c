"""`twingrad source`: a program that runs by itself, or one line with status 2."""

import re
import subprocess
import sys

import numpy as np
import pytest

import engine
from viz.command.cli import main
from viz.command.expression import Expression
from viz.command.given import bound

pytestmark = pytest.mark.usefixtures("in_a_folder_of_its_own")


def run_text(text):
    """The numbers that a program prints in a fresh interpreter, without the engine."""
    done = subprocess.run(
        [sys.executable, "-I", "-W", "ignore::RuntimeWarning", "-"],
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout


def test_the_text_is_a_program_that_says_what_it_is_of(capsys):
    assert main(["source", "tanh(a @ b)**2", "a=[1,2]", "b=[-3,1]"]) == 0
    assert (
        capsys.readouterr().out
        == """\
# tanh(a @ b)**2  at  a = [1. 2.], b = [-3. 1.]
import numpy as np

def f_and_gradients(a, b):
    # forward
    v1 = a @ b
    v2 = np.tanh(v1)
    v3 = v2 ** 2
    # backward
    d1 = 2 * v2              # pow
    d2 = d1 * (1 - v2 * v2)  # tanh
    d_a = d2 * b             # matmul
    d_b = d2 * a             # matmul
    return v3, d_a, d_b


if __name__ == "__main__":
    for number in f_and_gradients(a=np.array([1.0, 2.0]), b=np.array([-3.0, 1.0])):
        print(number)
"""
    )


CALLS = [
    ("tanh(a*b + c)**2", ["a=2", "b=-3", "c=6.5"]),
    ("-a", ["a=2"]),
    ("a", ["a=2"]),
    ("exp(a) / b", ["a=1000", "b=0"]),
    ("a*b", ["a=inf", "b=nan"]),
    ("lambda_ * np + print / self", ["lambda_=1", "np=2", "print=3", "self=4"]),
    ("sum(a @ b, axis=0)", ["a=[[1,2],[3,4]]", "b=[5,6]"]),
    ("(gelu(a) +\n mean(b, axis=1))", ["a=0.5", "b=[[1,1],[2,3]]"]),
]


@pytest.mark.parametrize("tier", ["value", "tensor"])
@pytest.mark.parametrize(("expression", "pairs"), CALLS, ids=lambda x: str(x)[:20])
def test_the_program_prints_value_and_gradients_by_itself(expression, pairs, tier, capsys):
    assert main(["source", expression, *pairs, "--tier", tier]) == 0
    text = capsys.readouterr().out
    call = re.search(r"for number in f_and_gradients\((.*)\):", text)[1]
    names = [name.rstrip("_") for name in re.findall(r"(\w+)=", call)]

    y, gradients = expected(expression, pairs)
    elements = {
        "_".join([name.rstrip("_"), *map(str, index)]): g[index]
        for name, g in gradients.items()
        for index in np.ndindex(g.shape)
    }
    wanted = {**{name.rstrip("_"): g for name, g in gradients.items()}, **elements}
    numbers = re.sub(r"[][]", " ", run_text(text)).split()

    assert sum(wanted[name].size for name in names) == sum(g.size for g in gradients.values())
    flat = np.concatenate([np.ravel(x) for x in (y, *(wanted[name] for name in names))])
    assert [float(x) for x in numbers] == pytest.approx(flat.tolist(), rel=1e-7, nan_ok=True)


def expected(expression, pairs):
    """The value of an expression, and its gradient by name, as Tensors give them."""
    f, values = bound(expression, pairs)
    leaves = {name: engine.Tensor(x, requires_grad=True) for name, x in values.items()}
    with np.errstate(all="ignore"):
        y = f(**leaves).sum()
        y.backward()
    return y.data, {name: leaf.grad for name, leaf in leaves.items()}


@pytest.mark.parametrize("command", ["draw", "source", "step"])
def test_of_an_empty_list_values_make_no_graph(command, capsys):
    """Its sum is the number 0, and not a Value."""
    assert main([command, "a * b", "a=[]", "b=2", "--tier", "value"]) == 2
    assert "it is a constant" in capsys.readouterr().err
    assert main(["source", "a * b", "a=[]", "b=2"]) == 0


def test_order_2_adds_the_second_derivative(capsys):
    assert main(["source", "x**3", "x=2", "--order", "2"]) == 0
    assert run_text(capsys.readouterr().out).split() == ["8.0", "12.0", "12.0"]


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["a*b", "a=1"], "no value for b: add b=2, say"),
        (["a +* b", "a=1", "b=2"], "cannot read 'a +* b': invalid syntax"),
        (["split(a, 2, axis=0)", "a=[1,2]"], "gives 2 results, only one can be written"),
        (["max(a, dim=0)", "a=[1,2]", "--tier", "tensor"], "gives 2 results, only one can be"),
        (["argmax(a)", "a=[1,2]"], "no gradient flows from the result to any name"),
        (["zeros_like(a)", "a=[1,2]"], "no function 'zeros_like'"),
        (["a", "a=1", "--order", "3"], "--order: invalid choice: "),
        (["a", "a=1", "--order", "x"], "--order: invalid int value: 'x'"),
        (["a", "a=1", "--tier", "gpu"], "invalid choice: 'gpu'"),
    ],
    ids=lambda x: " ".join(x)[:30],
)
def test_a_mistake_gets_one_line_and_no_program(argv, message, capsys):
    assert main(["source", *argv]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert message in err
    assert err.startswith("twingrad: ")


def test_the_expression_in_the_comment_is_one_line(capsys):
    """A line break in brackets is Python's to allow; in a comment it would end it."""
    assert Expression("(a\n*b)").names == ("a", "b")
    assert main(["source", "(a\n*b)", "a=2", "b=3", "--tier", "tensor"]) == 0
    assert capsys.readouterr().out.startswith("# (a *b)  at  a = 2, b = 3\nimport numpy as np\n")
