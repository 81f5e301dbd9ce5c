"""Writes torch_losses.json: what PyTorch makes of each loss, forward and gradients, in float64.

    pip install torch
    python tests/golden/make_torch_losses.py

tests/nn/test_losses.py runs the same cases (`CASES`) here, without PyTorch.
"""

import json
from pathlib import Path

import numpy as np
from waves import wave

HERE = Path(__file__).resolve().parent
REDUCTIONS = ("none", "mean", "sum")


def unit(*shape, start=0.0):
    """Fixed numbers between 0.02 and 0.98."""
    return 0.5 + 0.48 * wave(*shape, start=start)


def simplex(*shape, start=0.0):
    """Fixed rows (axis 1) that are positive and sum to 1."""
    x = np.exp(2 * wave(*shape, start=start))
    return x / x.sum(axis=1, keepdims=True)


X, Y = 2 * wave(3, 4), wave(3, 4, start=1.0)
LOGITS = 3 * wave(4, 3)
IMAGE = 2 * wave(2, 3, 2, 2)
LABELS, SOME = [2, 0, 1, 2], [2, -100, 1, 0]
PIXELS = [[[0, 2], [1, 1]], [[2, 0], [-100, 1]]]
WEIGHT = [0.5, 1.0, 3.0]
SOFT = simplex(4, 3, start=2.0)

# name, PyTorch's function, input, target, options, and whether the target is differentiated
CASES = [
    ("mse", "mse_loss", X, Y, {}, True),
    ("l1", "l1_loss", X, Y, {}, True),
    ("huber", "huber_loss", X, Y, {"delta": 0.7}, False),
    ("huber at delta", "huber_loss", [1.0, -1.0, 0.0], [0.0, 0.0, 0.0], {}, False),
    ("smooth l1", "smooth_l1_loss", X, Y, {"beta": 0.7}, False),
    ("smooth l1, beta 0", "smooth_l1_loss", X, Y, {"beta": 0.0}, False),
    ("bce", "binary_cross_entropy", unit(3, 4), unit(3, 4, start=1.0), {}, True),
    ("bce at 0 and 1", "binary_cross_entropy", [0.0, 1.0, 0.0, 1.0], [1.0, 0.0, 0.0, 1.0], {},
     False),
    ("bce, weight", "binary_cross_entropy", unit(3, 4), unit(3, 4, start=1.0),
     {"weight": [1.0, 2.0, 3.0, 0.5]}, False),
    ("bce logits", "binary_cross_entropy_with_logits", X, unit(3, 4), {}, True),
    ("bce logits, pos_weight", "binary_cross_entropy_with_logits", X, unit(3, 4),
     {"pos_weight": [0.5, 2.0, 1.0, 3.0], "weight": [[1.0], [2.0], [0.5]]}, False),
    ("bce logits of 1000", "binary_cross_entropy_with_logits",
     [1000.0, -1000.0, 1000.0, -1000.0], [0.0, 0.0, 1.0, 1.0], {}, False),
    ("ce", "cross_entropy", LOGITS, LABELS, {}, False),
    ("ce, weight", "cross_entropy", LOGITS, LABELS, {"weight": WEIGHT}, False),
    ("ce, ignored", "cross_entropy", LOGITS, SOME, {}, False),
    ("ce, smoothed", "cross_entropy", LOGITS, LABELS, {"label_smoothing": 0.2}, False),
    ("ce, everything", "cross_entropy", LOGITS, SOME, {"weight": WEIGHT, "label_smoothing": 0.2},
     False),
    ("ce, other ignored", "cross_entropy", LOGITS, LABELS, {"ignore_index": 2}, False),
    ("ce, probabilities", "cross_entropy", LOGITS, SOFT, {}, True),
    ("ce, probabilities, everything", "cross_entropy", LOGITS, SOFT,
     {"weight": WEIGHT, "label_smoothing": 0.2}, True),
    ("ce, one row", "cross_entropy", [1.0, 2.0, -1.0], 1, {"label_smoothing": 0.1}, False),
    ("ce, image", "cross_entropy", IMAGE, PIXELS, {"weight": WEIGHT}, False),
    ("ce, image of probabilities", "cross_entropy", IMAGE, simplex(2, 3, 2, 2, start=2.0), {},
     True),
    ("ce of 1000", "cross_entropy", [[1000.0, -1000.0], [-1000.0, 1000.0]], [1, 1], {}, False),
    ("nll", "nll_loss", LOGITS, LABELS, {}, False),
    ("nll, everything", "nll_loss", LOGITS, SOME, {"weight": WEIGHT}, False),
    ("nll, image", "nll_loss", IMAGE, PIXELS, {}, False),
    ("kl", "kl_div", LOGITS, SOFT, {}, True),
    ("kl, target 0", "kl_div", [[-1.0, -2.0]], [[0.0, 1.0]], {}, False),
    ("kl, log target", "kl_div", LOGITS, np.log(SOFT), {"log_target": True}, True),
]  # fmt: skip


def main():
    """Run each case by PyTorch, with every reduction."""
    import torch

    torch.set_default_dtype(torch.float64)
    found = {}
    for name, function, x, t, options, both in CASES:
        tensors = {k: torch.tensor(v) if isinstance(v, list) else v for k, v in options.items()}
        reductions = (*REDUCTIONS, "batchmean") if function == "kl_div" else REDUCTIONS
        for reduction in reductions:
            a = torch.tensor(np.asarray(x), requires_grad=True)
            b = torch.tensor(np.asarray(t))
            b.requires_grad_(both)
            y = getattr(torch.nn.functional, function)(a, b, reduction=reduction, **tensors)
            (y * torch.tensor(wave(*y.shape, start=3.0))).sum().backward()
            found[f"{name}: {reduction}"] = {
                "loss": y.tolist(),
                "input": a.grad.tolist(),
                "target": b.grad.tolist() if both else None,
            }
    lines = ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in found.items())
    (HERE / "torch_losses.json").write_text("{\n" + lines + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
