"""Rows, functions and classes of a script or notebook in another process: `row_by_value`."""

import linecache
import subprocess
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType

import numpy as np
import pytest

import engine
from engine import Tensor, Value, row_by_value
from nn.parallel import sending
from nn.parallel.sending import dumps, loads

pytest.importorskip("cloudpickle")

#: What a user types in a script: rows of each kind, a Function, and what is done with them.
SCRIPT = """
import sys
import threading
import numpy as np
import engine
from engine import Tensor, Value
from nn.parallel.sending import dumps

FACTOR = 3.0

def cube_rule(g, y, x):
    return g * FACTOR * x * x

cube = engine.elementwise("cube", lambda x: x * x * x, cube_rule)
own_exp = engine.elementwise("own_exp", np.exp, lambda g, y, x: g * own_exp(x))
own_floor = engine.elementwise("own_floor", np.floor, None)
less = engine.elementwise(
    "less", lambda a, b: a - b, lambda g, y, a, b: g, lambda g, y, a, b: -g,
    symbol="less", infix=True, scalar=lambda a, b: a - b,
)
sixth = engine.elementwise(
    "sixth", lambda x: cube.forward(x) ** 2, lambda g, y, x: g * 2 * cube(x) * 3 * x * x
)

@engine.shape_op(lambda g, y, x, k: g * k)
def times(x, k=2):
    return x * k

@engine.fused(
    elements=lambda a, b: a * b + b, vjp_all=lambda g, y, a, b: (g * b, g * (a + 1))
)
def times_next(a, b):
    return (a + 1) * b

@engine.fused(
    elements=lambda *x: sum(x), vjp_all=lambda g, y, *x: tuple(g * 1.0 for _ in x), wide=True
)
def added(*x):
    return sum(x)

class Squared(engine.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**2

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * 2 * x

def of_array(x):
    one = cube(x) + own_exp(x) + times(x, k=3) + times_next(x, 5.0)
    return (one + less(x, 2.0) + own_floor(x) + sixth(x)).sum()

def of_number(v):
    return cube(v) + own_exp(v) + less(v, 0.5) + times_next(v, 5.0) + own_floor(v) * v + sixth(v)

def gradient(f):
    x = Tensor([0.3, 1.7], requires_grad=True)
    f(x).backward()
    return x.grad.tolist()

def task():
    numbers = np.array([0.3, 1.7])
    v = Value(0.7)
    (of_number(v) + added(v, v, v)).backward()
    return [
        gradient(of_array),
        gradient(lambda x: Squared.apply(x).sum()),
        gradient(engine.compile(of_array)),
        gradient(lambda x: engine.checkpoint(of_array, x)),
        engine.vmap(of_array)(np.ones((2, 2))).tolist(),
        float(engine.jvp(of_array, (numbers,), (np.ones(2),))[1]),
        v.grad,
        engine.grad(engine.grad(of_number))(0.7),
        engine.grad(engine.compile(of_number))(0.7),
    ]

if __name__ == "__main__":
    print(repr(task()), file=sys.stderr)
    sys.stdout.buffer.write(dumps(task))
"""

WORKER = """
import sys
import threading
import engine
from nn.parallel.sending import loads

data = sys.stdin.buffer.read()
task, again = loads(data), loads(data)
print(repr(task()))
print(repr(again()))
print("cube" in engine.registry)
"""


def run(*args, given=b""):
    done = subprocess.run([sys.executable, *args], input=given, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr.decode()
    return done


def test_rows_of_a_script_do_the_same_in_another_process(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    here = run(tmp_path / "script.py")
    (tmp_path / "script.py").write_text("", encoding="utf-8")  # as on another machine

    there = run("-c", WORKER, given=here.stdout)

    expected = here.stderr.decode().strip()
    assert there.stdout.decode().splitlines() == [expected, expected, "False"]


@pytest.fixture
def main(monkeypatch):
    """A notebook: its cells are run in a `__main__` of their own, one after another."""
    module = ModuleType("__main__")
    vars(module).update(engine=engine, np=np, __builtins__=__builtins__)
    monkeypatch.setitem(sys.modules, "__main__", module)
    names = set(engine.registry)
    count = iter(range(100))

    def cell(text):
        file = f"<cell {next(count)}>"
        monkeypatch.setitem(linecache.cache, file, (len(text), None, text.splitlines(True), file))
        exec(compile(text, file, "exec"), vars(module))
        return module

    yield cell
    for name in set(engine.registry) - names:
        engine.unregister(name)


CELL = """
slope = engine.elementwise("slope", lambda x: {0} * x, lambda g, y, x: g * {0})
def f(x):
    return slope(x)
"""


def test_a_cell_run_again_is_not_mixed_up_with_what_was_sent_before(main):
    before = dumps(main(CELL.format(2.0)).f)
    after = dumps(main(CELL.format(3.0)).f)

    first, second, first_again = loads(before), loads(after), loads(before)

    assert [engine.grad(f)(1.0) for f in (first, second, first_again)] == [2.0, 3.0, 2.0]
    assert engine.registry["slope"](1.0) == 3.0  # nothing that arrives takes the place of a row


def test_the_same_cell_is_the_same_bytes(main):
    first = dumps(main(CELL.format(2.0)).f)
    second = dumps(main(CELL.format(2.0)).f)

    assert first == second


def test_a_rule_may_name_its_own_row(main):
    e = main("e = engine.elementwise('e', np.exp, lambda g, y, x: g * e(x))").e

    arrived = loads(dumps(e))

    assert arrived is not e
    assert engine.grad(engine.grad(arrived))(1.0) == np.exp(1.0)


@pytest.mark.parametrize("name", ["exp", "floor", "matmul", "setitem", "linear", "cross_entropy"])
def test_rows_of_the_packages_are_themselves(name):
    op = engine.arrays.setitem if name == "setitem" else engine.registry[name]

    assert loads(dumps(op)) is op


def test_a_row_of_an_importable_module_is_that_modules(monkeypatch):
    module = ModuleType("own_rows")
    monkeypatch.setitem(sys.modules, "own_rows", module)
    text = "import engine\nhalved = engine.elementwise('half', lambda x: x / 2, lambda g, y, x: g)"
    exec(text, vars(module))
    engine.unregister("half")

    assert loads(dumps(module.halved)) is module.halved
    make, *_ = row_by_value(module.halved, sent_along=["own_rows"])
    assert make(type(module.halved)) is not module.halved


def test_an_infix_row_in_no_registry_is_written_as_what_it_computes():
    """Its symbol was printed as an operator of Python's, as that of a comparison is."""
    row = engine.elementwise(
        "far", lambda a, b: a - b, lambda g, y, a, b: g, lambda g, y, a, b: -g,
        symbol="less", infix=True, scalar=lambda a, b: a - b,
    )  # fmt: skip
    engine.unregister("far")

    found = engine.compile(lambda a: row(a, 2.0))

    assert (found(2.5), engine.grad(found)(2.5)) == (0.5, 1.0)
    assert "a - 2" in engine.source(lambda a: row(a, 2.0), 2.5)


def test_a_traceback_shows_the_lines_of_what_was_sent(main):
    f = loads(dumps(main("def f():\n    return 1 / 0  # here\n").f))

    with pytest.raises(ZeroDivisionError) as caught:
        f()

    assert "return 1 / 0  # here" in "".join(traceback.format_exception(caught.value))


def test_a_function_without_lines_arrives_without(main):
    vars(main("")).pop("f", None)
    module = sys.modules["__main__"]
    exec("def f(x):\n    return x + 1", vars(module))

    assert loads(dumps(module.f))(1) == 2


def test_what_arrives_records_on_both_tiers(main):
    slope = loads(dumps(main(CELL.format(2.0)).slope))
    x, v = Tensor([1.0, 2.0], requires_grad=True), Value(3.0)

    slope(x).sum().backward()
    slope(v).backward()

    assert (x.grad.tolist(), v.grad) == ([2.0, 2.0], 2.0)


def test_rows_arrive_in_several_threads_at_once(main):
    data = dumps(main(CELL.format(2.0)).f)

    def slopes(_):
        f = loads(data)
        return [engine.grad(f)(1.0), engine.grad(engine.compile(f))(1.0)]

    with ThreadPoolExecutor(3) as threads:
        found = list(threads.map(slopes, range(12)))

    assert found == [[2.0, 2.0]] * 12


def test_what_cannot_be_sent_is_an_error_that_says_so():
    with pytest.raises(TypeError, match=r"cannot be sent to another process: .*lock"):
        dumps(threading.Lock())


@pytest.fixture
def plain_pickle(monkeypatch):
    """As where cloudpickle is not installed."""
    sending._pickler.cache_clear()
    monkeypatch.setattr(sending, "_has_cloudpickle", lambda: False)
    yield
    sending._pickler.cache_clear()


def test_without_cloudpickle_rows_of_modules_are_sent(plain_pickle):
    assert loads(dumps([engine.exp, np.sin])) == [engine.exp, np.sin]


def test_without_cloudpickle_a_row_of_a_notebook_is_an_error_that_names_it(plain_pickle, main):
    with pytest.raises(TypeError, match=r"pip install 'twingrad\[cluster\]'"):
        dumps(main(CELL.format(2.0)).slope)


CLASS = """
class Own:
    def slope(self):
        return factor
"""


def test_a_class_that_arrives_anew_keeps_what_it_came_with(main):
    """A worker's older model had the methods of a newer one, and so had the notebook's class."""
    main("factor = 1\n" + CLASS)
    before = dumps(sys.modules["__main__"].Own())
    after = dumps(main("factor = 2").Own())

    first, second = loads(before, anew=True), loads(after, anew=True)
    own = main("factor = 3").Own()

    assert (first.slope(), second.slope(), own.slope()) == (1, 2, 3)


def test_an_instance_of_a_class_that_arrived_anew_goes_back_as_the_notebooks(main):
    own = main(CLASS).Own
    arrived = loads(dumps(own()), anew=True)

    assert type(arrived) is not own
    assert type(loads(dumps(arrived))) is own
