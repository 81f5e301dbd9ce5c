"""The command line: `twingrad demo`, `compare`, `draw`, `step`, `ops` and `notebooks`.

A subcommand is a function that runs it, one that adds its options, and a line in `COMMANDS`.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Sized
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

import engine
from engine import Node, NodeArray, Tensor
from engine.looking import box

from ..drawing import RendererNotFoundError, RenderError, number
from ..graphs import SUFFIXES, draw
from ..stepping import PAGE_SUFFIXES, step_through
from . import demo
from .expression import REFUSALS, ExpressionError
from .given import bound, listed, shown
from .lab import COPY, NotebooksError, open_notebooks
from .op_page import op_list, op_page


class _Usage(Exception):
    """A mistake in the options."""


class _Parser(argparse.ArgumentParser):
    """A parser whose complaints are one line."""

    def error(self, message: str) -> NoReturn:
        raise _Usage(f"{message} (see {self.prog} --help)")


def main(argv: list[str] | None = None) -> int:
    """Run a command; the exit status: 0, 1 where something differs, 2 for a mistake in the call."""
    for stream in (sys.stdout, sys.stderr):  # an old terminal must not stop "∂" from being printed
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        arguments = _parser().parse_args(_guarded(sys.argv[1:] if argv is None else argv))
        status = int(arguments.command(arguments))
        sys.stdout.flush()
        return status
    except SystemExit as done:  # --help
        return int(done.code or 0)
    except BrokenPipeError:  # the reader, `head` for one, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return _complain("stopped", 130)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _complain(f"{where}{error.strerror or error}")
    except (_Usage, ExpressionError, RenderError, NotebooksError) as error:
        return _complain(str(error))


def _complain(message: str, status: int = 2) -> int:
    print(f"twingrad: {' '.join(message.split())}", file=sys.stderr)
    return status


def _guarded(argv: list[str]) -> list[str]:
    """Let an expression begin with a minus sign: `twingrad draw "-a*b" a=2 b=3`."""
    looks_like_one = re.compile(r"-(?!-|h$|o$|o.*\.(svg|png|dot|html)$)")
    if len(argv) > 1 and argv[0] in ("compare", "draw", "step") and looks_like_one.match(argv[1]):
        return [argv[0], " " + argv[1], *argv[2:]]
    return argv


# --- the options ---

Command = Callable[[argparse.Namespace], int]
Options = Callable[[argparse.ArgumentParser], None]


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="twingrad",
        description="Two small autograd engines, scalar and NumPy, on one table of derivatives.",
    )
    parser.add_argument("--version", action="version", version=f"twingrad {_version()}")
    commands = parser.add_subparsers(
        required=True, metavar="COMMAND", dest="COMMAND", parser_class=_Parser
    )
    for name, run, options, text in COMMANDS:
        command = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        options(command)
        command.set_defaults(command=run)
    return parser


def _version() -> str:
    try:
        return version("twingrad")
    except PackageNotFoundError:
        return "as it stands in this folder: not installed"


def _demo_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--out", type=Path, default=Path("twingrad-demo"), metavar="DIR",
        help="where pictures go (default twingrad-demo, here)",
    )  # fmt: skip
    command.add_argument("--seed", type=_natural, default=0, help="of all chance (default 0)")
    command.add_argument(
        "--epochs", type=_positive, default=demo.EPOCHS,
        help=f"of training (default {demo.EPOCHS})",
    )  # fmt: skip


def _expression_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("expression", help='such as "tanh(a*b + c)**2"')
    command.add_argument("values", nargs="*", metavar="name=value", help="a=2, or a=[1,2,3]")


def _draw_options(command: argparse.ArgumentParser) -> None:
    _expression_options(command)
    command.add_argument(
        "-o", "--out", type=Path, metavar="FILE",
        help="file to write: .svg, .png or .dot (default graph.svg)",
    )  # fmt: skip
    _graph_options(command)
    command.add_argument("--dark", action="store_true", help="light on dark")
    command.add_argument("--local", action="store_true", help="write ∂ result / ∂ input on edges")
    command.add_argument(
        "--around", metavar="NAME", help="draw what is near this name, fold the rest"
    )
    command.add_argument(
        "--radius", type=_natural, default=2, metavar="N",
        help="how many edges away is near (default 2)",
    )  # fmt: skip


def _step_options(command: argparse.ArgumentParser) -> None:
    _expression_options(command)
    command.add_argument(
        "-o", "--out", type=Path, metavar="FILE", help="file to write (default steps.html)"
    )
    _graph_options(command)
    command.add_argument("--text", action="store_true", help="print the steps, write no page")


def _graph_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--tier", choices=("value", "tensor"),
        help="which engine (default: value, or tensor where a value is a list)",
    )  # fmt: skip
    command.add_argument(
        "--direction", choices=("LR", "TB"), default="LR", help="left to right, or top down"
    )


def _ops_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("name", nargs="?", help="one op: what it is, and its row of the table")


def _notebooks_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "folder", nargs="?", type=Path, metavar="DIR",
        help="copy the course there first; what is there and differs is left as it is "
        f"(default: {COPY}, here; in a clone its own notebooks, where they are)",
    )  # fmt: skip
    command.add_argument("--no-browser", action="store_true", help="print the address only")
    command.add_argument(
        "--port", type=_positive, metavar="N", help="where it listens (default Jupyter's, 8888)"
    )
    command.add_argument("--allow-root", action="store_true", help="run even as root")


def _natural(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"must be a whole number from 0, got {text!r}")
    return int(text)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1, got {text!r}")
    return int(text)


# --- the commands ---


def _demo(arguments: argparse.Namespace) -> int:
    return demo.run(arguments.out, arguments.seed, arguments.epochs)


def _compare(arguments: argparse.Namespace) -> int:
    expression, values = bound(arguments.expression, arguments.values)

    def f(*inputs: Any) -> Any:
        return expression(**dict(zip(values, inputs, strict=True)))

    try:
        result = engine.compare(f, *values.values(), names=list(values))
    except REFUSALS as error:
        if isinstance(error.__cause__, ExpressionError):  # too much for Values, not for Tensors
            raise error.__cause__ from error
        raise ExpressionError(str(error)) from error
    print(replace(result, title=f"f = {expression.text}  at  {listed(values)}"))
    return 0 if result.ok else 1


def _ops(arguments: argparse.Namespace) -> int:
    try:
        print(op_list() if arguments.name is None else op_page(arguments.name))
    except LookupError as error:
        raise ExpressionError(str(error)) from error
    return 0


def _notebooks(arguments: argparse.Namespace) -> int:
    browser = not arguments.no_browser
    return open_notebooks(arguments.folder, browser, arguments.port, arguments.allow_root)


def _draw(arguments: argparse.Namespace) -> int:
    if arguments.out is not None and arguments.out.suffix.lower() not in SUFFIXES:
        raise ExpressionError(f"--out must end in {', '.join(SUFFIXES)}, got {arguments.out}")
    expression, values = bound(arguments.expression, arguments.values)
    leaves = _leaves(values, arguments.tier)
    try:
        root = _root(expression(**leaves))
        with np.errstate(all="ignore"):
            root.backward(retain_grads=True)
        options = {
            name: getattr(arguments, name)
            for name in ("direction", "dark", "local", "around", "radius")
        }
        picture = draw(root, **options)
    except REFUSALS as error:
        raise ExpressionError(str(error)) from error
    note = ""
    try:
        path = picture.save(arguments.out or Path("graph.svg"))
    except RendererNotFoundError as error:
        if arguments.out is not None:
            raise
        path, note = picture.save(Path("graph.dot")), f" ({error})"
    print(f"{expression.text} = {number(root.item())}  at  {listed(values)}")
    for name, leaf in leaves.items():
        print(f"  ∂/∂{name} = {shown(leaf.grad)}")
    print(f"saved {path}{note}")
    return 0


def _step(arguments: argparse.Namespace) -> int:
    out = arguments.out or Path("steps.html")
    if out.suffix.lower() not in PAGE_SUFFIXES:
        raise ExpressionError(f"--out must end in {' or '.join(PAGE_SUFFIXES)}, got {out}")
    expression, values = bound(arguments.expression, arguments.values)
    try:
        root = _root(expression(**_leaves(values, arguments.tier)))
        stepper = step_through(root, direction=arguments.direction)
    except REFUSALS as error:
        raise ExpressionError(str(error)) from error
    print(f"{expression.text} = {number(root.item())}  at  {listed(values)}")
    print(stepper.text() if arguments.text else f"saved {stepper.save(out)}")
    return 0


def _leaves(values: dict[str, Any], tier: str | None) -> dict[str, Any]:
    """The values as nodes of one tier."""
    if tier is None:
        tier = "tensor" if any(np.ndim(x) for x in values.values()) else "value"
    if tier == "value":
        return {name: box(np.asarray(x), name) for name, x in values.items()}
    return {name: Tensor(x, requires_grad=True, label=name) for name, x in values.items()}


def _root(y: Any) -> Any:
    """What to draw: one number, the sum where there are several."""
    if not isinstance(y, Node | NodeArray):
        if isinstance(y, Sized) and not isinstance(y, np.ndarray):
            raise ExpressionError(f"the expression gives {len(y)} results, only one can be drawn")
        raise ExpressionError("the result does not depend on any name: there is no graph to draw")
    y = engine.sum(y) if y.shape else y
    if not y.requires_grad:
        raise ExpressionError("no gradient flows from the result to any name: it is a constant")
    return y


#: Every subcommand: its name, what runs it, what adds its options, and its line in the help.
COMMANDS: tuple[tuple[str, Command, Options, str], ...] = (
    ("demo", _demo, _demo_options,
     "compare a network on both tiers, train it on digits, draw a graph"),
    ("compare", _compare, _expression_options,
     "gradients on both tiers and by finite differences, as a table"),
    ("draw", _draw, _draw_options, "the graph of an expression, with its gradients"),
    ("step", _step, _step_options, "backward edge by edge, as a page for the browser"),
    ("ops", _ops, _ops_options, "the op table: all names, or one op with the source of its row"),
    ("notebooks", _notebooks, _notebooks_options, "open the course in JupyterLab"),
)  # fmt: skip
