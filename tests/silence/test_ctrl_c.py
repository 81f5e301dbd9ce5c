"""Interrupts that arrive as Ctrl-C does, at random moments of programs that go on afterwards."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INTERRUPTS = 300

#: Each defines `step`, to be run until it is interrupted, and `right`, to be true afterwards.
PROGRAMS = {
    "the loop of micrograd": """
w, b = Value(0.5), Value(0.1)

def step():
    w.zero_grad()
    b.zero_grad()
    (((w * 3.0 + b).tanh() * w + b * b - 1.0) ** 2).backward()

def right():
    w.zero_grad()
    b.zero_grad()
    (w * 3.0 + b).backward()
    return (w.grad, b.grad) == (3.0, 1.0)
""",
    "micrograd's network": """
model = nn.scalar.MLP(2, [4, 1], rng=random.Random(0))

def step():
    model.zero_grad()
    ((model([1.0, 2.0]) - 1.0) ** 2).backward()
    return [p.grad for p in model.parameters()]

def right(expected=step()):
    return step() == expected
""",
    "a network of Tensors": """
model = nn.MLP([2, 4, 1], rng=0)
expected = None

def step():
    model.zero_grad()
    ((model([[1.0, 2.0]]) - 1.0) ** 2).sum().backward()
    return [p.grad.tolist() for p in model.parameters()]

def right(expected=step()):
    found = [p.grad for p in model.parameters()]
    whole = found[0] is None or [g.tolist() for g in found] == expected
    return whole and step() == expected
""",
    "derivatives of functions": """
def step():
    engine.grad(engine.grad(lambda x: x**3))(2.0)

def right():
    return RUNNING.derivatives == () and engine.grad(lambda x: x * x)(3.0) == 6.0
""",
    "no_grad": """
@no_grad()
def function():
    return 1

@no_grad
def generator():
    yield 1

def step():
    with no_grad(), enable_grad():
        pass
    function()
    list(generator())

def right():
    return is_grad_enabled() and not ATTENTION.threads
""",
    "nan_trace": """
def step():
    with nan_trace():
        Value(1.0) * 2.0

def right():
    return not ATTENTION.threads and np.geterr()["over"] == "warn"
""",
    "evaluate": """
model = nn.Sequential(nn.Dropout(0.5), nn.Linear(1, 1, rng=0))
data = nn.DataLoader((np.ones((2, 1)), np.ones((2, 1))), batch_size=2)

def step():
    nn.evaluate(model, nn.MSELoss(), data)

def right():
    return is_grad_enabled() and all(module.training for module in model.modules())
""",
}

BEFORE = """
import random, signal, sys
import numpy as np
import engine, nn
from engine import Value, enable_grad, is_grad_enabled, nan_trace, no_grad
from engine.differentiating import RUNNING
from engine.recording import ATTENTION
"""

AFTER = """
def interrupt(*_):
    raise KeyboardInterrupt

signal.signal(signal.SIGALRM, interrupt)
moments = random.Random()
wrong = 0
for _ in range(int(sys.argv[1])):
    try:
        signal.setitimer(signal.ITIMER_REAL, moments.uniform(1e-5, 2e-3))
        while True:
            step()
    except KeyboardInterrupt:
        wrong += not right()
print(wrong)
"""


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_that_goes_on_after_ctrl_c_is_right(name):
    command = [sys.executable, "-c", BEFORE + PROGRAMS[name] + AFTER, str(INTERRUPTS)]
    run = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=300, check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert run.stdout == "0\n"
