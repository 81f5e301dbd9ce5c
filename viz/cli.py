"""The command line: `twingrad demo`, `twingrad compare`, `twingrad draw`."""

from __future__ import annotations

import argparse
import ast
import sys
from pathlib import Path
from typing import Any

import numpy as np

import engine
from engine import Tensor, Value

from . import demo
from .expression import Expression, ExpressionError
from .picture import draw
from .render import RenderError

__all__ = ["main"]


def main(argv: list[str] | None = None) -> int:
    """Run a command; the exit status: 0, 1 where something differs, 2 for a mistake in the call."""
    for stream in (sys.stdout, sys.stderr):  # a C locale must not stop "∂" from being printed
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    arguments = _parser().parse_args(argv)
    try:
        return int(arguments.command(arguments))
    except (ExpressionError, RenderError, OSError) as error:
        print(f"twingrad: {' '.join(str(error).split())}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="twingrad", description="Two engines, one table.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    one = commands.add_parser(
        "demo", help="compare a network on both tiers, train it on digits, draw a graph"
    )
    one.add_argument("--out", type=Path, default=Path("twingrad-demo"), help="where files go")
    one.add_argument("--seed", type=_natural, default=0, help="of all random numbers (default 0)")
    one.add_argument("--epochs", type=_positive, default=40, help="of training (default 40)")
    one.set_defaults(command=_demo)
    for name, run, about in (
        ("compare", _compare, "gradients on both tiers and by finite differences, as a table"),
        ("draw", _draw, "the graph of an expression, with its gradients"),
    ):
        command = commands.add_parser(name, help=about)
        command.add_argument("expression", help='such as "tanh(a*b + c)**2"')
        command.add_argument("values", nargs="*", metavar="name=value", help="a=2, or a=[1,2,3]")
        command.set_defaults(command=run)
        if name == "draw":
            command.add_argument(
                "-o", "--out", type=Path, default=Path("graph.svg"),
                help="file to write: .svg, .png or .dot (default graph.svg)",
            )  # fmt: skip
            command.add_argument("--dark", action="store_true", help="light on dark")
    return parser


def _natural(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"must not be negative, got {number}")
    return number


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {number}")
    return number


def _demo(arguments: argparse.Namespace) -> int:
    return demo.run(arguments.out, arguments.seed, arguments.epochs)


def _compare(arguments: argparse.Namespace) -> int:
    expression, values = _bound(arguments)

    def f(*inputs: Any) -> Any:
        return expression(**dict(zip(values, inputs, strict=True)))

    f.__name__ = expression.text.strip()
    with _one_line_errors():
        result = engine.compare(f, *values.values(), names=list(values))
    print(result)
    return 0 if result.ok else 1


def _draw(arguments: argparse.Namespace) -> int:
    expression, values = _bound(arguments)
    if arguments.out.suffix not in (".svg", ".png", ".dot"):
        raise ExpressionError(f"--out must end in .svg, .png or .dot, got {arguments.out}")
    arrays = any(isinstance(x, np.ndarray) for x in values.values())
    leaves = {
        name: Tensor(x, requires_grad=True, label=name) if arrays else Value(x, label=name)
        for name, x in values.items()
    }
    with _one_line_errors():
        y = expression(**leaves)
        if not isinstance(y, Value | Tensor):
            raise ExpressionError("the expression holds no name, so there is no graph to draw")
        root = y.sum() if isinstance(y, Tensor) and y.ndim else y
        root.backward(retain_grads=True)
        picture = draw(root, dark=arguments.dark)
    print(picture.save(arguments.out))
    return 0


class _one_line_errors:  # noqa: N801 - a context manager, named like one
    """What the engine refuses becomes a mistake in the call; warnings of NumPy are silent."""

    def __enter__(self) -> None:
        self._errstate = np.errstate(all="ignore")
        self._errstate.__enter__()

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        self._errstate.__exit__(kind, error, traceback)
        if isinstance(error, ValueError | TypeError | IndexError | RecursionError | RuntimeError):
            if isinstance(error, ExpressionError):
                return
            raise ExpressionError(str(error)) from error


def _bound(arguments: argparse.Namespace) -> tuple[Expression, dict[str, Any]]:
    """The expression, and its values in the order of the expression's names."""
    expression = Expression(arguments.expression)
    given: dict[str, Any] = {}
    for text in arguments.values:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier():
            raise ExpressionError(f"{text!r} is not of the form name=value")
        if name in given:
            raise ExpressionError(f"{name!r} is given twice")
        given[name] = _value(name, value)
    if missing := [name for name in expression.names if name not in given]:
        raise ExpressionError(f"no value for {', '.join(missing)}: give {missing[0]}=…")
    if unused := [name for name in given if name not in expression.names]:
        raise ExpressionError(f"{', '.join(unused)} does not occur in {expression.text!r}")
    if not expression.names:
        raise ExpressionError("the expression holds no name to differentiate with respect to")
    return expression, {name: given[name] for name in expression.names}


def _value(name: str, text: str) -> Any:
    """A number, or an array from nested lists."""
    if text.strip().lower() in ("nan", "inf", "-inf"):
        return float(text)
    try:
        parsed = ast.literal_eval(text.strip())
        array = np.array(parsed, dtype=np.float64)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError, OverflowError):
        raise ExpressionError(f"{name}={text} is not a number or a list of numbers") from None
    if isinstance(parsed, bool | str):
        raise ExpressionError(f"{name}={text} is not a number or a list of numbers")
    return array if array.ndim else float(array)


if __name__ == "__main__":
    sys.exit(main())
