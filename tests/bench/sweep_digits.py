"""The sweep of `nn.examples.sweep_digits`, drawn for `docs/scaling.md`.

python tests/bench/sweep_digits.py        # a few seconds; renews .github/sweep.svg
"""

import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from nn.examples.sweep_digits import main
from viz import plots

PICTURE = Path(__file__).resolve().parents[2] / ".github" / "sweep.svg"
METRIC = "validation_loss"


def draw(rows, path):
    """Write the picture of rows as SVG, numbers as text, and the same file for the same rows."""
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "sweep"}):
        plots.sweep(rows, METRIC).figure.savefig(path, metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    found = main()
    draw(found, PICTURE)
    print(found)
