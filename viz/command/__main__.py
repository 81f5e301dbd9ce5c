"""`python -m viz.command` is `twingrad`."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
