"""Rows gathered from a small table, forward and backward, against hand-written NumPy.

    python tests/bench/bench_gather.py

An embedding of 4096 contexts of 8 letters, `table[index]` with a table of 27 rows of 32 numbers,
then the gradient of the table, where a row gathered more than once gets the sum.  By hand that is
one product with a one-hot matrix; `np.add.at` and PyTorch (if it is installed) stand beside it.
Larger tables follow, where a one-hot matrix no longer pays.
"""

import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from engine import Tensor

try:
    import torch
except ImportError:  # a peer is shown where it is installed
    torch = None


def contestants(rows, width, shape, seed=0):
    """Functions that return the table's gradient, by name."""
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(rows, width))
    index = rng.integers(0, rows, size=shape)
    upstream = rng.normal(size=(*shape, width))
    leaf = Tensor(table, requires_grad=True)

    def ours():
        leaf.zero_grad()
        leaf[index].backward(upstream)
        return leaf.grad

    def by_hand():
        _ = table[index]
        one_hot = np.zeros((rows, index.size))
        one_hot[index.ravel(), np.arange(index.size)] = 1.0
        return one_hot @ upstream.reshape(index.size, width)

    def add_at():
        _ = table[index]
        gradient = np.zeros_like(table)
        np.add.at(gradient, index, upstream)
        return gradient

    found = {"by hand": by_hand, "twingrad": ours, "np.add.at": add_at}
    if torch is not None:
        torch.set_num_threads(1)
        their_leaf = torch.tensor(table, requires_grad=True)
        their_index, their_upstream = torch.tensor(index), torch.tensor(upstream)

        def theirs():
            their_leaf.grad = None
            their_leaf[their_index].backward(their_upstream)
            return their_leaf.grad.numpy()

        found["torch"] = theirs
    return found


def race(found, rounds=60):
    """The shortest time of each contestant in microseconds, all in turn in every round."""
    times = {name: [] for name in found}
    for _ in range(rounds):
        for name, function in found.items():
            start = time.perf_counter()
            function()
            times[name].append(time.perf_counter() - start)
    return {name: 1e6 * min(taken) for name, taken in times.items()}


def main():
    for rows, width, shape in [
        (27, 32, (4096, 8)), (27, 8, (4096,)), (1000, 32, (4096,)), (50000, 64, (4096,)),
    ]:  # fmt: skip
        found = contestants(rows, width, shape)
        expected = found["np.add.at"]()
        for name, function in found.items():  # the same numbers, before times mean anything
            np.testing.assert_allclose(function(), expected, rtol=1e-9, atol=1e-9, err_msg=name)
        if rows > 1000:  # the one-hot matrix would be 1.6 GB: nobody writes that
            found["by hand"] = found.pop("np.add.at")
        times = race(found)
        print(f"{shape} rows of width {width} from {rows}:")
        for name, taken in times.items():
            print(f"  {name:10} {taken:9.0f} us   {taken / times['by hand']:5.2f} x by hand")


if __name__ == "__main__":
    main()
