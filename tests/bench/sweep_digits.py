"""The sweep of `docs/scaling.md`: learning rate by width of the digits' MLP, drawn as a picture.

python tests/bench/sweep_digits.py        # a few seconds; renews .github/sweep.svg
"""

import sys
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import nn
from nn.examples import digits_mlp
from viz import plots

PICTURE = Path(__file__).resolve().parents[2] / ".github" / "sweep.svg"
SETTINGS = {"lr": [0.0001, 0.001, 0.01, 0.1, 1.0], "width": [4, 8, 16, 32, 64, 128]}
METRIC = "validation_loss"


def train(lr, width):
    """What the MLP comes to in 5 epochs."""
    return digits_mlp.main(epochs=5, hidden=width, lr=lr, progress=False)


def draw(rows, path):
    """Write the picture of rows as SVG, numbers as text, and the same file for the same rows."""
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "sweep"}):
        plots.sweep(rows, METRIC).figure.savefig(path, metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    found = nn.sweep(train, SETTINGS)
    draw(found, PICTURE)
    print(found)
