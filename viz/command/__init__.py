"""The command line, `twingrad`."""

from .cli import main as main
from .op_page import call_of as call_of, op_page as op_page
