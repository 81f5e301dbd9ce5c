"""A transformer block (d 64, 4 heads, T 64, batch 8) against PyTorch and MyGrad, in one run.

    pip install torch mygrad
    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python tests/bench/bench_transformer.py

One step is forward, a mean of squares, backward, and gradient descent.  The bounds: at most twice
PyTorch's time, and less than MyGrad's.  Peers that are not installed are left out.
"""

import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import nn
from engine import Tensor

WIDTH, HEADS, TIME, BATCH, RATE = 64, 4, 64, 8, 1e-3


def ours(x, state, activation, dtype):
    """A step of nn.TransformerBlock."""
    block = nn.TransformerBlock(WIDTH, HEADS, causal=True, activation=activation)
    block.load_state_dict(state)
    block.to(dtype)
    optimizer = nn.SGD(block.parameters(), lr=RATE)
    x = Tensor(x, dtype=dtype)

    def step():
        y = block(x)
        loss = (y * y).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def theirs(x, state, activation, dtype):
    """The same by PyTorch."""
    import torch

    torch.set_num_threads(1)
    kind = torch.float32 if dtype is np.float32 else torch.float64
    block = torch.nn.TransformerEncoderLayer(
        WIDTH, HEADS, 4 * WIDTH, dropout=0.0, activation=activation, batch_first=True,
        norm_first=True,
    ).to(kind)  # fmt: skip
    block.load_state_dict({k: torch.tensor(v, dtype=kind) for k, v in state.items()})
    optimizer = torch.optim.SGD(block.parameters(), lr=RATE)
    x = torch.tensor(x, dtype=kind)
    mask = torch.triu(torch.ones(TIME, TIME, dtype=torch.bool), 1)

    def step():
        y = block(x, src_mask=mask, is_causal=True)
        loss = (y * y).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def mygrads(x, state, activation, dtype):
    """The same by MyGrad, with its own softmax; relu only, it has no gelu or layer norm."""
    import mygrad as mg
    from mygrad.nnet import softmax

    p = {k: mg.tensor(v.astype(dtype)) for k, v in state.items()}
    x = x.astype(dtype)
    blocked = np.where(np.tri(TIME, dtype=bool), 0, -1e30).astype(dtype)
    scale = dtype((WIDTH // HEADS) ** -0.5)

    def norm(v, name):
        centered = v - v.mean(axis=-1, keepdims=True)
        spread = mg.sqrt((centered * centered).mean(axis=-1, keepdims=True) + dtype(1e-5))
        return centered / spread * p[f"{name}.weight"] + p[f"{name}.bias"]

    def linear(v, name):
        return mg.matmul(v, p[f"{name}weight"].T) + p[f"{name}bias"]

    def step():
        v = linear(norm(x, "norm1"), "self_attn.in_proj_")
        v = v.reshape(BATCH, TIME, 3, HEADS, -1).transpose(2, 0, 3, 1, 4)
        scores = mg.matmul(v[0] * scale, v[1].transpose(0, 1, 3, 2)) + blocked
        heads = mg.matmul(softmax(scores), v[2]).transpose(0, 2, 1, 3)
        y = x + linear(heads.reshape(BATCH, TIME, WIDTH), "self_attn.out_proj.")
        hidden = mg.maximum(linear(norm(y, "norm2"), "linear1."), 0)
        y = y + linear(hidden, "linear2.")
        loss = (y * y).mean()
        loss.backward()
        for tensor in p.values():
            tensor.data -= RATE * tensor.grad
            tensor.null_grad()
        return loss.item()

    return step


def race(contestants, rounds):
    """The shortest time of each, in milliseconds, taken in turns."""
    best = dict.fromkeys(contestants, np.inf)
    for _ in range(rounds):
        for name, step in contestants.items():
            start = time.perf_counter()
            step()
            best[name] = min(best[name], 1e3 * (time.perf_counter() - start))
    return best


def main(rounds=100):
    """Each precision and activation; the losses must agree before times mean anything."""
    for dtype in (np.float32, np.float64):
        for activation in ("relu", "gelu"):
            rng = np.random.default_rng(0)
            x = rng.normal(size=(BATCH, TIME, WIDTH))
            state = nn.TransformerBlock(WIDTH, HEADS, rng=1).state_dict()
            made = {}
            for name, make in (("nn", ours), ("torch", theirs), ("mygrad", mygrads)):
                if name == "mygrad" and activation == "gelu":
                    continue
                try:
                    made[name] = make(x, state, activation, dtype)
                except ImportError:
                    print(f"{name} is not installed")
            for _ in range(3):
                losses = {name: step() for name, step in made.items()}
                for loss in losses.values():
                    assert abs(loss / losses["nn"] - 1) < 1e-4, losses
            best = race(made, rounds)
            line = "  ".join(f"{name} {ms:6.2f} ms" for name, ms in best.items())
            ratios = "  ".join(
                f"nn/{name} {best['nn'] / ms:.2f}" for name, ms in best.items() if name != "nn"
            )
            print(f"{np.dtype(dtype).name} {activation}: {line}   {ratios}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
