"""What libraries are asked: a few lines for each, as its users would type them.

A question is answered by yes where the lines print what is right. Where there are none, a reason
stands in their place. A new library is an entry of `LIBRARIES` and one of each question.
"""

from dataclasses import dataclass

#: The columns: the name that a reader knows, and the package.
LIBRARIES = {
    "twingrad": "twingrad",
    "micrograd": "micrograd",
    "MyGrad": "mygrad",
    "tinygrad": "tinygrad",
    "PyTorch": "torch",
    "JAX": "jax",
}


@dataclass(frozen=True)
class Question:
    """A row of the table: its label, what yes means, and what the lines then print."""

    label: str
    meaning: str
    right: str
    programs: dict[str, str]  # by library
    reasons: dict[str, str]  # of those without a program


NO_FUNCTIONS = "has gradients of results, not of functions"

SECOND = Question(
    "second derivatives",
    "d²(x³)/dx² at 2 is 12",
    "12.0",
    {
        "twingrad": "from engine import grad\nprint(grad(grad(lambda x: x**3))(2.0))",
        "micrograd": """
from micrograd.engine import Value
x = Value(2.0)
(x**3).backward()
x.grad.backward()
print(x.grad)
""",
        "MyGrad": """
import mygrad
x = mygrad.tensor(2.0)
(x**3).backward()
x.grad.backward()
print(x.grad)
""",
        "tinygrad": """
from tinygrad import Tensor
x = Tensor([2.0])
(slope,) = (x**3).sum().gradient(x)
print(slope.sum().gradient(x)[0].item())
""",
        "PyTorch": """
import torch
from torch.func import grad
print(grad(grad(lambda x: x**3))(torch.tensor(2.0)).item())
""",
        "JAX": "import jax\nprint(jax.grad(jax.grad(lambda x: x**3))(2.0))",
    },
    {},
)

FORWARD = Question(
    "forward mode",
    "a tangent of 1 through x³ at 2 is 12",
    "12.0",
    {
        "twingrad": "import engine\nprint(engine.jvp(lambda x: x**3, (2.0,), (1.0,))[1])",
        "PyTorch": """
import torch
x, tangent = torch.tensor(2.0), torch.tensor(1.0)
print(torch.func.jvp(lambda x: x**3, (x,), (tangent,))[1].item())
""",
        "JAX": "import jax\nprint(jax.jvp(lambda x: x**3, (2.0,), (1.0,))[1])",
    },
    {"micrograd": NO_FUNCTIONS, "MyGrad": NO_FUNCTIONS, "tinygrad": NO_FUNCTIONS},
)

EACH_EXAMPLE = Question(
    "a gradient for each example (`vmap`)",
    "vmap(grad(x³)) at 1 and 2 is 3 and 12",
    "[3.0, 12.0]",
    {
        "twingrad": """
import numpy as np
from engine import grad, vmap
print(vmap(grad(lambda x: x**3))(np.array([1.0, 2.0])).tolist())
""",
        "PyTorch": """
import torch
from torch.func import grad, vmap
print(vmap(grad(lambda x: x**3))(torch.tensor([1.0, 2.0])).tolist())
""",
        "JAX": """
import jax
print(jax.vmap(jax.grad(lambda x: x**3))(jax.numpy.array([1.0, 2.0])).tolist())
""",
    },
    {"micrograd": NO_FUNCTIONS, "MyGrad": NO_FUNCTIONS, "tinygrad": NO_FUNCTIONS},
)

DEEP = Question(
    "backward through 100,000 ops in a row",
    "x times 1.0, 100,000 times in a Python loop, has the derivative 1, within 15 minutes",
    "1.0",
    {
        "twingrad": """
from engine import Value
x = y = Value(1.0)
for _ in range(100_000):
    y = y * 1.0
y.backward()
print(x.grad)
""",
        "micrograd": """
from micrograd.engine import Value
x = y = Value(1.0)
for _ in range(100_000):
    y = y * 1.0
y.backward()
print(x.grad)
""",
        "MyGrad": """
import mygrad
x = y = mygrad.tensor(1.0)
for _ in range(100_000):
    y = y * 1.0
y.backward()
print(x.grad)
""",
        # It leaves * 1.0 out, so this is x to the power 10,000: a tenth, which it refuses already.
        "tinygrad": """
from tinygrad import Tensor
x = y = Tensor([1.0])
for _ in range(9_999):
    y = y * x
print(y.sum().gradient(x)[0].item() / 10_000)
""",
        "PyTorch": """
import torch
x = y = torch.tensor(1.0, requires_grad=True)
for _ in range(100_000):
    y = y * 1.0
y.backward()
print(x.grad.item())
""",
        "JAX": """
import jax

def f(y):
    for _ in range(100_000):
        y = y * 1.0
    return y

print(jax.grad(f)(1.0))
""",
    },
    {},
)

COMPILED = Question(
    "a gradient compiled",
    "d(x³)/dx at 2 is 12, by a function that was compiled",
    "12.0",
    {
        "twingrad": "import engine\nprint(engine.grad(engine.compile(lambda x: x**3))(2.0))",
        "tinygrad": """
from tinygrad import Tensor, TinyJit

@TinyJit
def slope(x):
    return (x**3).sum().gradient(x)[0].realize()

for _ in range(3):  # the third call is the first that runs what was kept
    y = slope(Tensor([2.0]).realize())
print(y.item())
""",
        "PyTorch": """
import torch
x = torch.tensor(2.0, requires_grad=True)
torch.compile(lambda x: x**3, fullgraph=True)(x).backward()
print(x.grad.item())
""",
        "JAX": "import jax\nprint(jax.jit(jax.grad(lambda x: x**3))(2.0))",
    },
    {"micrograd": "no compiler", "MyGrad": "no compiler"},
)

AS_TEXT = Question(
    "backward printed as a program",
    "the gradient of tanh(x)² is printed, op by op",
    "tanh",
    {
        "twingrad": "import engine\nprint(engine.source(lambda x: engine.tanh(x) ** 2, 0.5))",
        "PyTorch": """
import torch
from torch.fx.experimental.proxy_tensor import make_fx
slope = torch.func.grad(lambda x: torch.tanh(x) ** 2)
print(make_fx(slope)(torch.tensor(0.5)).code)
""",
        "JAX": """
import jax
print(jax.make_jaxpr(jax.grad(lambda x: jax.numpy.tanh(x) ** 2))(0.5))
""",
    },
    {
        "micrograd": "backward is closures",
        "MyGrad": "backward is methods",
        "tinygrad": "prints kernels, in which ops are fused",
    },
)

OWN_RULE = Question(
    "an op's rule, written once, for both modes and every order",
    "a cube of one's own with the rule 3x² has the second derivative 12 at 2, and the tangent 12",
    "12.0\n12.0",
    {
        "twingrad": """
import engine
cube = engine.elementwise("cube", lambda x: x**3, lambda g, y, x: g * 3 * x**2)
print(engine.grad(engine.grad(cube))(2.0))
print(engine.jvp(cube, (2.0,), (1.0,))[1])
""",
        "PyTorch": """
import torch

class Cube(torch.autograd.Function):
    @staticmethod
    def forward(x):
        return x**3

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * 3 * x**2

x, tangent = torch.tensor(2.0), torch.tensor(1.0)
print(torch.func.grad(torch.func.grad(Cube.apply))(x).item())
print(torch.func.jvp(Cube.apply, (x,), (tangent,))[1].item())
""",
        "JAX": """
import jax

@jax.custom_jvp
def cube(x):
    return x**3

cube.defjvps(lambda t, y, x: t * 3 * x**2)
print(jax.grad(jax.grad(cube))(2.0))
print(jax.jvp(cube, (2.0,), (1.0,))[1])
""",
    },
    {
        "micrograd": "one order, no forward mode",
        "MyGrad": "one order, no forward mode",
        "tinygrad": "no forward mode",
    },
)

NAN = Question(
    "the line where a nan began",
    "a square root of -1 is reported with the user's own line",
    "# here",
    {
        "twingrad": """
import engine
x = engine.Tensor([1.0, -1.0], requires_grad=True)
with engine.nan_trace():
    y = x.sqrt()  # here
    y.sum().backward()
""",
        "MyGrad": """
import mygrad
x = mygrad.tensor([1.0, -1.0])
y = mygrad.sqrt(x)  # here
y.sum().backward()
""",
        "PyTorch": """
import torch
x = torch.tensor([1.0, -1.0], requires_grad=True)
with torch.autograd.detect_anomaly():
    y = x.sqrt()  # here
    y.sum().backward()
""",
        "JAX": """
import jax
jax.config.update("jax_debug_nans", True)
x = jax.numpy.array([1.0, -1.0])
y = jax.numpy.sqrt(x)  # here
""",
    },
    {"micrograd": "no search for nan", "tinygrad": "no search for nan"},
)

QUESTIONS = (SECOND, FORWARD, EACH_EXAMPLE, DEEP, COMPILED, AS_TEXT, OWN_RULE, NAN)

# --- what is judged by reading, in the order of LIBRARIES ---

READ_BEFORE = {"works on": ("numbers, arrays", "numbers", "arrays", "arrays", "arrays", "arrays")}
READ = {
    "draws its graph": ("✓", "–", "–", "✓", "–", "DOT text"),
    "a page that steps through backward": ("✓", "–", "–", "–", "–", "–"),
    "runs on GPUs": ("–", "–", "–", "✓", "✓", "✓"),
    "models, tools, users": ("new", "to learn from", "few", "growing", "most", "many"),
}
