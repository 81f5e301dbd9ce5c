"""The contenders: for each library a function that makes a step of a program.

A program is a loss, written once for all: `loss(lib, data, leaves)`, where `lib` has the library's
functions under NumPy's names and `relu`.  Adding a contender is one entry of `CONTENDERS`.
"""

import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace

import numpy as np

import engine
from bench.contest import HAND, OURS, Workload
from engine import Tensor, Value


@dataclass(frozen=True)
class Program:
    """A loss of `leaves`, which get gradients, and of `data`, which do not; both are lists.

    Leaves are Python floats in a program of the scalar tier, arrays in one of the tensor tier.
    `by_hand(data, leaves)` returns the loss and the gradients.
    """

    loss: Callable
    by_hand: Callable
    leaves: list
    data: list = ()

    def of_numbers(self):
        """Whether this is a program of the scalar tier."""
        return isinstance(self.leaves[0], float)


def arrays_as(make, data):
    """Arrays among the data as `make` has them; lists and numbers as they are."""
    return [make(x) if isinstance(x, np.ndarray) else x for x in data]


@cache
def library(name):
    """A module, or None where it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


# --- a step by each ---


def eager(program):
    """twingrad, an op at a time."""
    if program.of_numbers():
        leaves, data = [Value(x) for x in program.leaves], program.data
    else:
        leaves = [Tensor(x, requires_grad=True) for x in program.leaves]
        data = arrays_as(Tensor, program.data)

    def step():
        for leaf in leaves:
            leaf.zero_grad()
        loss = program.loss(engine, data, leaves)
        loss.backward()
        return loss.data, [leaf.grad for leaf in leaves]

    return step


def by_hand(program):
    """Floats or NumPy, by one who knows the derivatives."""
    return lambda: program.by_hand(program.data, program.leaves)


def micrograd(program):
    """micrograd's Value; its walk is recursive, and a chain takes a frame a node."""
    lib = library("micrograd.engine")
    sys.setrecursionlimit(1_000_000)
    leaves = [lib.Value(x) for x in program.leaves]

    def step():
        for leaf in leaves:
            leaf.grad = 0
        loss = program.loss(lib, program.data, leaves)
        loss.backward()
        return loss.data, [leaf.grad for leaf in leaves]

    return step


def autograd(program):
    """HIPS autograd: NumPy, wrapped."""
    anp = library("autograd.numpy")
    lib = SimpleNamespace(**vars(anp), relu=lambda x: anp.maximum(x, 0))
    slope = library("autograd").value_and_grad(lambda p: program.loss(lib, program.data, p))
    return lambda: slope(program.leaves)


def mygrad(program):
    """MyGrad."""
    mg = library("mygrad")
    lib = SimpleNamespace(**vars(mg), relu=lambda x: mg.maximum(x, 0))
    leaves = [mg.tensor(x) for x in program.leaves]

    def step():
        for leaf in leaves:
            leaf.null_grad()
        loss = program.loss(lib, program.data, leaves)
        loss.backward()
        return loss.item(), [leaf.grad for leaf in leaves]

    return step


def torch(program):
    """PyTorch, eager, one thread."""
    lib = library("torch")
    lib.set_num_threads(1)
    double = {"dtype": lib.float64} if program.of_numbers() else {}
    leaves = [lib.tensor(x, requires_grad=True, **double) for x in program.leaves]
    data = arrays_as(lib.tensor, program.data)

    def step():
        for leaf in leaves:
            leaf.grad = None
        loss = program.loss(lib, data, leaves)
        loss.backward()
        return loss.item(), [leaf.grad for leaf in leaves]

    return step


def jax(program):
    """JAX under `jit`, compiled before it is timed."""
    lib = library("jax")
    lib.config.update("jax_enable_x64", True)
    jnp = library("jax.numpy")
    functions = SimpleNamespace(**vars(jnp), relu=lib.nn.relu)
    data = arrays_as(jnp.asarray, program.data)
    leaves = [jnp.asarray(x) for x in program.leaves]
    # Data is an argument, not a constant that could be worked with while compiling.
    slope = lib.jit(lib.value_and_grad(lambda p, data: program.loss(functions, data, p)))
    return lambda: lib.block_until_ready(slope(leaves, data))


def tinygrad(program):
    """tinygrad, under its TinyJit."""
    lib = library("tinygrad")
    functions = SimpleNamespace(
        **{name: getattr(lib.Tensor, name) for name in ("relu", "tanh", "exp", "log", "sqrt")}
    )
    data = arrays_as(lib.Tensor, program.data)
    leaves = [lib.Tensor(np.asarray(x)) for x in program.leaves]

    @lib.TinyJit
    def slope():
        loss = program.loss(functions, data, leaves)
        gradients = loss.gradient(*leaves)
        return loss.realize(*gradients), *gradients

    def step():
        loss, *gradients = slope()
        return loss.item(), [g.numpy() for g in gradients]

    return step


#: How each contender makes a step of a program, the reference first.
CONTENDERS = {
    HAND: by_hand, OURS: eager, "micrograd": micrograd, "autograd": autograd, "mygrad": mygrad,
    "torch": torch, "jax": jax, "tinygrad": tinygrad,
}  # fmt: skip

#: The libraries of the `bench` extra.
PEERS = ("micrograd", "autograd", "mygrad", "torch", "jax", "tinygrad")

#: Contenders whose memory is not Python's nor NumPy's.
UNTRACED = ("torch", "jax", "tinygrad")

ON_NUMBERS = ("micrograd",)
ON_ARRAYS = ("autograd", "mygrad", "torch", "jax", "tinygrad")


@cache
def why_not(peer):
    """Why a peer takes no part; empty where it does."""
    if library(peer) is None:
        return "not installed"
    if peer == "tinygrad":
        try:
            library("tinygrad").Tensor(np.ones(2)).sum().item()
        except Exception as error:  # whatever its search for a compiler ends in
            return f"does not run here ({error})"
    return ""


def workload(name, program, peers=None, *, tolerance=1e-9, units=1):
    """A workload of a program, by hand, by twingrad and by those of the peers that are here."""
    if peers is None:
        peers = ON_NUMBERS if program.of_numbers() else ON_ARRAYS
    peers = [peer for peer in peers if not why_not(peer)]
    makers = {
        name: lambda make=make: make(program)
        for name, make in CONTENDERS.items()
        if name in peers or name not in PEERS
    }
    return Workload(name, makers, tolerance, units)
