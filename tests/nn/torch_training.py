"""The other half of tests/golden/make_torch_sequences.py: the same training, by nn."""

import json
from pathlib import Path

import make_torch_sequences as torch_cases
import numpy as np
from helpers import LEAVES

import engine
from engine import to_numpy

GOLDEN = Path(__file__).resolve().parents[1] / "golden"

TORCH = json.loads((GOLDEN / "torch_sequences.json").read_text(encoding="utf-8"))


def squared(results):
    """The loss of make_torch_sequences: how far the results are from waves."""
    total = 0.0
    for r in results:
        d = r - torch_cases.wave(*r.shape, start=4.0)
        total = total + engine.mean(d * d)
    return total


def check(module, inputs, call, expected, scalar=False, tol=1e-9):
    """Results, gradients, losses and trained weights are PyTorch's; on either tier."""
    shapes = {k: list(v.shape) for k, v in module.state_dict().items()}
    assert shapes == expected["shapes"]
    assert list(shapes) == list(expected["shapes"])
    module.load_state_dict(torch_cases.start_weights(shapes))
    if scalar:
        module = module.scalar()

    def same(got, wanted, what):
        np.testing.assert_allclose(got, wanted, rtol=tol, atol=tol, err_msg=what)

    for step, wanted in enumerate(expected["losses"]):
        module.zero_grad()
        leaves = [LEAVES["value" if scalar else "tensor"](x) for x in inputs]
        results = call(module, *leaves)
        loss = squared(results)
        same(float(loss.data), wanted, f"loss {step}")
        loss.backward()
        if step == 0:
            for i, (r, w) in enumerate(zip(results, expected["results"], strict=True)):
                same(to_numpy(r), w, f"result {i}")
            for i, (x, w) in enumerate(zip(leaves, expected["inputs"], strict=True)):
                same(x.grad, w, f"gradient of input {i}")
            for name, p in module.named_parameters():
                same(p.grad, expected["grads"][name], name)
        for p in module.parameters():
            grad = p.grad
            if scalar:
                for v, g in zip(p.flat, grad.flat, strict=True):
                    v.data -= torch_cases.RATE * g
            else:
                p.data = p.data - torch_cases.RATE * grad
    for name, p in module.state_dict().items():
        same(p, expected["weights"][name], name)
