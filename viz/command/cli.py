"""The command line: `twingrad demo`, `compare`, `draw`, `step`, `source`, `ops`, `watch`,
`practice`, `notebooks` and `docs`.

A subcommand is a function that runs it, one that adds its options, and a line in `COMMANDS`.
"""

from __future__ import annotations

import argparse
import functools
import os
import re
import sys
import webbrowser
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NoReturn

from ..drawing import RenderError
from ..site import SiteError, build, op_list, op_page, written_for_values
from ..stepping import LEVELS, PAGE_SUFFIXES, practice
from . import demo, expression_commands as on
from .expression import ExpressionError
from .given import natural, port, positive
from .lab import COPY, NotebooksError, open_notebooks
from .watch import follow


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
    except (_Usage, ExpressionError, RenderError, NotebooksError, SiteError) as error:
        return _complain(str(error))


def _complain(message: str, status: int = 2) -> int:
    print(f"twingrad: {' '.join(message.split())}", file=sys.stderr)
    return status


def _guarded(argv: list[str]) -> list[str]:
    """Let an expression begin with a minus sign: `twingrad draw "-a*b" a=2 b=3`."""
    looks_like_one = re.compile(r"-(?!-|h$|o$|o.*\.(svg|png|dot|html)$)")
    match argv:
        case ["compare" | "draw" | "step" | "source" as command, expression, *rest] if (
            looks_like_one.match(expression)
        ):
            return [command, f" {expression}", *rest]
    return argv


Command = Callable[[argparse.Namespace], int]
Options = Callable[[argparse.ArgumentParser], None]


def _parser() -> argparse.ArgumentParser:
    return _parsers()[0]


def _parsers() -> tuple[argparse.ArgumentParser, dict[str, argparse.ArgumentParser]]:
    """The whole command's, and the subcommands'."""
    parser = _Parser(
        prog="twingrad",
        description="Two small autograd engines, scalar and NumPy, on one table of derivatives.",
    )
    parser.add_argument("--version", action="version", version=f"twingrad {_version()}")
    commands = parser.add_subparsers(
        required=True, metavar="COMMAND", dest="COMMAND", parser_class=_Parser
    )
    for name, run, options, text in COMMANDS:
        command = commands.add_parser(
            name, help=text, description=text[0].upper() + text[1:] + ".",
            epilog=f"example: {EXAMPLES[name]}",
        )  # fmt: skip
        options(command)
        command.set_defaults(command=run)
    return parser, dict(commands.choices)


def command_helps() -> dict[str, str]:
    """What each subcommand's `--help` prints, 80 characters wide: the reference shows it.

    >>> "usage: twingrad draw" in command_helps()["draw"]
    True
    """
    helps = {}
    for name, command in _parsers()[1].items():
        command.formatter_class = functools.partial(argparse.HelpFormatter, width=80)
        helps[name] = re.sub(r"\x1b\[[\d;]*m", "", command.format_help())  # no colours
    return helps


def _version() -> str:
    try:
        return version("twingrad")
    except PackageNotFoundError:
        return "as it stands in this folder: not installed"


# --- the commands that take no expression ---


def _demo_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--out", type=Path, default=Path("twingrad-demo"), metavar="DIR",
        help="where pictures go (default twingrad-demo, here)",
    )  # fmt: skip
    command.add_argument("--seed", type=natural, default=0, help="of all chance (default 0)")
    command.add_argument(
        "--epochs", type=positive, default=demo.EPOCHS,
        help=f"of training (default {demo.EPOCHS})",
    )  # fmt: skip


def _demo(arguments: argparse.Namespace) -> int:
    return demo.run(arguments.out, arguments.seed, arguments.epochs)


def _ops_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "name",
        nargs="?",
        help="one op: what it is, its row, and the code written from it",
    )


def _ops(arguments: argparse.Namespace) -> int:
    name = arguments.name
    try:
        parts = [op_list()] if name is None else [op_page(name), written_for_values(name)]
    except LookupError as error:
        raise ExpressionError(str(error)) from error
    print("\n\n".join(part for part in parts if part))
    return 0


def _watch_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "file", type=Path, help="that viz.History(path=…) writes; it may come later"
    )
    command.add_argument("--no-browser", action="store_true", help="print the address only")
    command.add_argument(
        "--port", type=port, default=0, metavar="N", help="where it listens (default: any)"
    )


def _watch(arguments: argparse.Namespace) -> int:
    return follow(arguments.file, not arguments.no_browser, arguments.port)


def _practice_options(command: argparse.ArgumentParser) -> None:
    levels = "; ".join(f"{level} {text}" for level, text in LEVELS.items())
    command.add_argument(
        "--level", type=int, choices=LEVELS, help=f"{levels} (default: one of each)"
    )
    command.add_argument("--seed", type=natural, help="of the random graphs (default: by chance)")
    command.add_argument(
        "-o", "--out", type=Path, default=Path("practice.html"), metavar="FILE",
        help="file to write (default practice.html)",
    )  # fmt: skip


def _practice(arguments: argparse.Namespace) -> int:
    if arguments.out.suffix.lower() not in PAGE_SUFFIXES:
        raise _Usage(f"--out must end in {' or '.join(PAGE_SUFFIXES)}, got {arguments.out}")
    page = practice(level=arguments.level, seed=arguments.seed)
    print(f"saved {page.save(arguments.out)}: open it in a browser")
    return 0


def _notebooks_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "folder", nargs="?", type=Path, metavar="DIR",
        help="copy the course there first; what is there and differs is left as it is "
        f"(default: {COPY}, here; in a clone its own notebooks, where they are)",
    )  # fmt: skip
    command.add_argument("--no-browser", action="store_true", help="print the address only")
    command.add_argument(
        "--port", type=port, metavar="N", help="where it listens (default Jupyter's, 8888)"
    )
    command.add_argument("--allow-root", action="store_true", help="run even as root")


def _notebooks(arguments: argparse.Namespace) -> int:
    browser = not arguments.no_browser
    return open_notebooks(arguments.folder, browser, arguments.port, arguments.allow_root)


def _docs_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--out", type=Path, default=Path("twingrad-docs"), metavar="DIR",
        help="where the site goes (default twingrad-docs, here)",
    )  # fmt: skip
    command.add_argument("--no-browser", action="store_true", help="build only")


def _docs(arguments: argparse.Namespace) -> int:
    print("Building the site, which takes about a minute …", flush=True)
    page = build(arguments.out, command_helps())
    print(f"The site is in {arguments.out}: open {arguments.out / page.name} in a browser.")
    if not arguments.no_browser:
        webbrowser.open(page.as_uri())
    return 0


#: Every subcommand: its name, what runs it, what adds its options, and its line in the help.
COMMANDS: tuple[tuple[str, Command, Options, str], ...] = (
    ("demo", _demo, _demo_options,
     "compare a network on both tiers, train it on digits, draw a graph"),
    ("compare", on.compare, on.expression_options,
     "gradients on both tiers and by finite differences, as a table"),
    ("draw", on.draw, on.draw_options, "the graph of an expression, with its gradients"),
    ("step", on.step, on.step_options,
     "backward edge by edge, as a page for the browser or a picture that moves"),
    ("source", on.source, on.source_options,
     "an expression and its backward pass as a program in Python"),
    ("ops", _ops, _ops_options, "the op table: all names, or one row and the code written from it"),
    ("watch", _watch, _watch_options, "a run while it is trained, as a page for the browser"),
    ("practice", _practice, _practice_options,
     "exercises in backward by hand, as a page for the browser"),
    ("notebooks", _notebooks, _notebooks_options, "open the course in JupyterLab"),
    ("docs", _docs, _docs_options, "build the site (course, reference, how-tos), and open it"),
)  # fmt: skip

_EXPRESSION = '"tanh(a*b + c)**2" a=2 b=-3 c=6.5'

#: A call of each, which its help ends with.
EXAMPLES = {
    "demo": "twingrad demo --epochs 2",
    "compare": f"twingrad compare {_EXPRESSION}",
    "draw": f"twingrad draw {_EXPRESSION} --out graph.svg",
    "step": f"twingrad step {_EXPRESSION}",
    "source": f"twingrad source {_EXPRESSION}",
    "ops": "twingrad ops tanh",
    "watch": "twingrad watch run.jsonl",
    "practice": "twingrad practice --level 1 --seed 0",
    "notebooks": "twingrad notebooks my-course",
    "docs": "twingrad docs --out site",
}
