"""The contenders: for each library a function that makes a step of a program.

A program is a loss, written once for all: `loss(lib, data, leaves)`, where `lib` has the library's
functions, see `functions`.  Adding a contender is one entry of `CONTENDERS`.
"""

import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace

import numpy as np

import engine
from bench.contest import COMPILED, HAND, OURS, Workload
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


def library(name):
    """A module, imported only where it takes part."""
    return importlib.import_module(name)


@cache
def functions(peer):
    """What programs call: a library's functions under NumPy's names, and a few that NumPy lacks.

    All have `relu`; `scatter_add`, `conv` (3×3, padded) and `pool` (2×2) where the library has it.
    """
    lib = library(peer)
    if peer == "autograd":
        anp = library("autograd.numpy")
        return SimpleNamespace(**vars(anp), relu=lambda x: anp.maximum(x, 0))
    if peer == "mygrad":
        layers = library("mygrad.nnet.layers")
        return SimpleNamespace(
            **vars(lib),
            relu=lambda x: lib.maximum(x, 0),
            conv=lambda x, w: layers.conv_nd(x, w, stride=1, padding=1),
            pool=lambda x: layers.max_pool(x, (2, 2), 2),
        )
    if peer == "torch":
        zeros = lib.zeros
        own = {"scatter_add": lambda x, shape, at: zeros(shape, dtype=x.dtype).index_add(0, at, x)}
        return SimpleNamespace(**{**vars(lib), **own})
    if peer == "jax":
        jnp = library("jax.numpy")
        return SimpleNamespace(
            **vars(jnp),
            relu=lib.nn.relu,
            scatter_add=lambda x, shape, at: jnp.zeros(shape, x.dtype).at[at].add(x),
            conv=lambda x, w: lib.lax.conv(x, w, (1, 1), "SAME"),
            pool=lambda x: x.reshape(*x.shape[:2], x.shape[2] // 2, 2, -1, 2).max((3, 5)),
        )
    names = ("relu", "tanh", "exp", "log", "sqrt")  # tinygrad has methods only
    return SimpleNamespace(**{name: getattr(lib.Tensor, name) for name in names})


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


#: twingrad's functions for a compiled step, whose numbers are Python's.
ON_FLOATS = SimpleNamespace(**{**vars(engine), "Value": lambda x: x})


def compiled(program, threads=1):
    """twingrad, the whole step as one program; data is an argument, as for `jax`."""
    loss, leaves, data = program.loss, program.leaves, program.data
    if program.of_numbers() and len(leaves) <= 2 and not data:  # f(a, b), as one writes it
        step = engine.compile(lambda *p: loss(ON_FLOATS, data, p), threads=threads)
        slope = engine.value_and_grad(step, tuple(range(len(leaves))))
        return lambda: slope(*leaves)
    step = engine.compile(lambda p, data: loss(ON_FLOATS, data, p), threads=threads)
    slope = engine.value_and_grad(step)
    return lambda: slope(leaves, data)


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
    lib = functions("autograd")
    slope = library("autograd").value_and_grad(lambda p: program.loss(lib, program.data, p))
    return lambda: slope(program.leaves)


def mygrad(program):
    """MyGrad."""
    lib = functions("mygrad")
    leaves = [lib.tensor(x) for x in program.leaves]

    def step():
        for leaf in leaves:
            leaf.null_grad()
        loss = program.loss(lib, program.data, leaves)
        loss.backward()
        return loss.item(), [leaf.grad for leaf in leaves]

    return step


def torch(program):
    """PyTorch, eager, one thread."""
    lib = functions("torch")
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
    names = functions("jax")
    data = arrays_as(names.asarray, program.data)
    leaves = [names.asarray(x) for x in program.leaves]
    # Data is an argument, not a constant that could be worked with while compiling.
    slope = lib.jit(lib.value_and_grad(lambda p, data: program.loss(names, data, p)))
    return lambda: lib.block_until_ready(slope(leaves, data))


def tinygrad(program):
    """tinygrad, under its TinyJit."""
    lib = library("tinygrad")
    names = functions("tinygrad")
    data = arrays_as(lib.Tensor, program.data)
    leaves = [lib.Tensor(np.asarray(x)) for x in program.leaves]

    @lib.TinyJit
    def slope():
        loss = program.loss(names, data, leaves)
        gradients = loss.gradient(*leaves)
        return loss.realize(*gradients), *gradients

    def step():
        loss, *gradients = slope()
        return loss.item(), [g.numpy() for g in gradients]

    return step


#: How each contender makes a step of a program, the reference first.
CONTENDERS = {
    HAND: by_hand, OURS: eager, COMPILED: compiled, "micrograd": micrograd, "autograd": autograd,
    "mygrad": mygrad, "torch": torch, "jax": jax, "tinygrad": tinygrad,
}  # fmt: skip

#: The libraries of the `bench` extra.
PEERS = ("micrograd", "autograd", "mygrad", "torch", "jax", "tinygrad")

#: Contenders whose memory is not Python's nor NumPy's.
UNTRACED = ("torch", "jax", "tinygrad")

#: The columns of the layers and losses of `nn`, where a workload is written by plain operators.
NN, COMPILED_NN = "nn", "nn, compiled"

ON_NUMBERS = ("micrograd",)
ON_ARRAYS = ("autograd", "mygrad", "torch", "jax", "tinygrad")


@cache
def why_not(peer):
    """Why a peer takes no part; empty where it does."""
    if importlib.util.find_spec(peer) is None:
        return "not installed"
    if peer == "tinygrad":
        try:
            library("tinygrad").Tensor(np.ones(2)).sum().item()
        except Exception as error:  # whatever its search for a compiler ends in
            return f"does not run here ({error})"
    return ""


def workload(name, program, peers=None, *, own=None, tolerance=1e-9, units=1):
    """A workload of a program, by hand, by twingrad and by those of the peers that are here.

    `own` has makers of this workload's own, by contender, in place of the general ones.
    """
    if peers is None:
        peers = ON_NUMBERS if program.of_numbers() else ON_ARRAYS
    peers = [peer for peer in peers if not why_not(peer)]
    makers = {
        name: lambda make=make: make(program)
        for name, make in CONTENDERS.items()
        if name in peers or name not in PEERS
    }
    own = {x: make for x, make in (own or {}).items() if x not in PEERS or not why_not(x)}
    return Workload(name, makers | own, tolerance, units)
