"""The subcommands about an expression: `compare`, `draw`, `step` and `source`."""

from __future__ import annotations

import argparse
from collections.abc import Sized
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import engine
from engine import Node, NodeArray, Tensor
from engine.looking import box
from engine.showing import number

from ..drawing import RendererNotFoundError
from ..graphs import SUFFIXES, draw as draw_graph
from ..stepping import STEP_SUFFIXES, step_through
from .expression import REFUSALS, ExpressionError
from .given import bound, listed, natural, shown, written

# --- compare ---


def expression_options(command: argparse.ArgumentParser) -> None:
    """Add the expression, and the values of its names."""
    command.add_argument("expression", help='such as "tanh(a*b + c)**2"')
    command.add_argument(
        "values", nargs="*", metavar="name=value", help="a=2 b=-3 c=6.5, or a=[1,2,3]"
    )


def compare(arguments: argparse.Namespace) -> int:
    """Print the gradients on both tiers and by finite differences; 1 where they differ."""
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


# --- draw ---


def draw_options(command: argparse.ArgumentParser) -> None:
    """Add those of `draw`."""
    expression_options(command)
    command.add_argument(
        "-o", "--out", type=Path, metavar="FILE",
        help="file to write: .svg, .png, .html or .dot (default graph.svg)",
    )  # fmt: skip
    _tier_option(command)
    _direction_option(command)
    command.add_argument("--dark", action="store_true", help="light on dark")
    command.add_argument("--local", action="store_true", help="write ∂ result / ∂ input on edges")
    command.add_argument(
        "--around", metavar="NAME", help="draw what is near this name, fold the rest"
    )
    command.add_argument(
        "--radius", type=natural, default=2, metavar="N",
        help="how many edges away is near (default 2)",
    )  # fmt: skip


def draw(arguments: argparse.Namespace) -> int:
    """Print the gradients of an expression and save its graph."""
    if arguments.out is not None and arguments.out.suffix.lower() not in SUFFIXES:
        raise ExpressionError(f"--out must end in {', '.join(SUFFIXES)}, got {arguments.out}")
    expression, values = bound(arguments.expression, arguments.values)
    leaves = _leaves(values, arguments.tier)
    try:
        root = _root(expression(**leaves), "drawn")
        with np.errstate(all="ignore"):
            root.backward(retain_grads=True)
        options = {
            name: getattr(arguments, name)
            for name in ("direction", "dark", "local", "around", "radius")
        }
        picture = draw_graph(root, **options)
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


# --- step ---


def step_options(command: argparse.ArgumentParser) -> None:
    """Add those of `step`."""
    expression_options(command)
    command.add_argument(
        "-o", "--out", type=Path, metavar="FILE",
        help="file to write: .html, or .svg for a picture that moves (default steps.html)",
    )  # fmt: skip
    _tier_option(command)
    _direction_option(command)
    command.add_argument("--dark", action="store_true", help="light on dark, of an .svg")
    command.add_argument("--text", action="store_true", help="print the steps, write no page")


def step(arguments: argparse.Namespace) -> int:
    """Save a page that steps through backward, or a moving picture; or print the steps."""
    out = arguments.out or Path("steps.html")
    if out.suffix.lower() not in STEP_SUFFIXES:
        raise ExpressionError(f"--out must end in {' or '.join(STEP_SUFFIXES)}, got {out}")
    expression, values = bound(arguments.expression, arguments.values)
    try:
        root = _root(expression(**_leaves(values, arguments.tier)), "drawn")
        stepper = step_through(root, direction=arguments.direction)
        done = (
            stepper.text() if arguments.text else f"saved {stepper.save(out, dark=arguments.dark)}"
        )
    except REFUSALS as error:
        raise ExpressionError(str(error)) from error
    print(f"{expression.text} = {number(root.item())}  at  {listed(values)}\n{done}")
    return 0


# --- source ---


def source_options(command: argparse.ArgumentParser) -> None:
    """Add those of `source`."""
    expression_options(command)
    _tier_option(command)
    command.add_argument(
        "--order", type=int, choices=(1, 2), default=1, help="2: second derivatives too"
    )


def source(arguments: argparse.Namespace) -> int:
    """Print an expression and its backward pass as a program, which runs by itself."""
    expression, values = bound(arguments.expression, arguments.values)
    try:
        with np.errstate(all="ignore"):
            root = _root(expression(**_leaves(values, arguments.tier)), "written")
            text = engine.source(root, order=arguments.order)
    except REFUSALS as error:
        raise ExpressionError(str(error)) from error
    given = ", ".join(f"{name}={written(x)}" for name, x in text.arguments.items())
    print(f"# {' '.join(expression.text.split())}  at  {listed(values)}")
    if "np." in given and "import numpy" not in text:
        print("import numpy as np\n")
    print(text)
    print('\nif __name__ == "__main__":')
    print(f"    for number in {text.name}({given}):\n        print(number)")
    return 0


# --- what they share ---


def _tier_option(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--tier", choices=("value", "tensor"),
        help="which engine (default: value, or tensor where a value is a list)",
    )  # fmt: skip


def _direction_option(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--direction", choices=("LR", "TB"), default="LR", help="left to right, or top down"
    )


def _leaves(values: dict[str, Any], tier: str | None) -> dict[str, Any]:
    """The values as nodes of one tier."""
    if tier is None:
        tier = "tensor" if any(np.ndim(x) for x in values.values()) else "value"
    if tier == "value":
        return {name: box(np.asarray(x), name) for name, x in values.items()}
    return {name: Tensor(x, requires_grad=True, label=name) for name, x in values.items()}


def _root(y: Any, done: str) -> Any:
    """What is to be drawn, or written: one number, the sum where there are several."""
    if not isinstance(y, Node | NodeArray):
        if isinstance(y, Sized) and not isinstance(y, np.ndarray):
            raise ExpressionError(f"the expression gives {len(y)} results, only one can be {done}")
        raise ExpressionError(f"the result does not depend on any name: no graph can be {done}")
    y = engine.sum(y) if y.shape else y  # of no Values at all, the number 0
    if not isinstance(y, Node) or not y.requires_grad:
        raise ExpressionError("no gradient flows from the result to any name: it is a constant")
    return y
