"""The command line, `twingrad`: `main`, and one module for each thing it does.

To add a subcommand, write what runs it and what adds its options in `cli`, and its line in
`COMMANDS`.  The notebooks take `op_page` and `call_of`; `python -m viz.command.table` writes the
op table of docs/ and of the cheat sheet.
"""

from ..site import call_of as call_of, op_page as op_page
from .cli import command_helps as command_helps, main as main
