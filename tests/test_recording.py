"""`no_grad` and `enable_grad`: nested, restored, as decorators, per thread; threads on graphs."""

import threading

import numpy as np
import pytest
from helpers import leaf

import engine as E
from engine import Value, ValueArray, enable_grad, is_grad_enabled, no_grad
from engine.recording import ATTENTION, watch


@pytest.fixture(autouse=True)
def _nothing_left_behind():
    """Every test leaves recording as it found it."""
    assert is_grad_enabled()
    assert not ATTENTION.threads
    yield
    assert is_grad_enabled()
    assert not ATTENTION.threads


def every_way_to_record():
    """Results of both tiers, by every way a result is made."""
    from nn.scalar.neuron import linear_neuron

    x, t = Value(2.0), leaf([2.0, 3.0])
    a = ValueArray.of([1.0, 2.0])
    return [
        x + x, x + 1, 1 + x, x * x, x * 2, 2 * x, x - 1, 2 / x, x.tanh(), x.relu(),
        E.leaky_relu(x, 0.1), E.where(True, x, 1.0), linear_neuron(x, 2.0, 1.0), (a * a)[0],
        a.sum(), t + t, t + 1, 1 + t, t - 1, t * t, t / 2, t @ t, t.tanh(), t.sum(), t.mean(), t[0],
        E.leaky_relu(t, 0.1), E.where([True, False], t, 1.0), E.concatenate([t, t]),
        t.reshape(2, 1),
    ]  # fmt: skip


def test_results_are_recorded():
    for y in every_way_to_record():
        assert y.op is not None
        assert y.requires_grad
        assert y.inputs


def test_under_no_grad_results_are_leaves_that_require_nothing():
    expected = [np.asarray(y.data) for y in every_way_to_record()]
    with no_grad():
        results = every_way_to_record()
    for y, data in zip(results, expected, strict=True):
        assert y.op is None
        assert not y.requires_grad
        assert y.inputs == ()
        np.testing.assert_array_equal(y.data, data)
        with pytest.raises(RuntimeError, match=r"requires? a gradient|requires_grad"):
            y.backward() if np.size(y.data) == 1 else y.sum().backward()


def test_blocks_nest_and_are_restored():
    with no_grad():
        assert not is_grad_enabled()
        with enable_grad():
            assert is_grad_enabled()
            with no_grad():
                assert not is_grad_enabled()
            assert is_grad_enabled()
            x = Value(3.0)
            y = x * x
        with no_grad():
            assert not is_grad_enabled()
        assert not is_grad_enabled()
    assert is_grad_enabled()
    y.backward()
    assert x.grad == 6.0


def test_an_exception_restores_recording():
    for block in (no_grad, enable_grad):
        with pytest.raises(ZeroDivisionError), block():
            raise ZeroDivisionError
        assert is_grad_enabled()
    with no_grad():
        with pytest.raises(ZeroDivisionError), enable_grad():
            raise ZeroDivisionError
        assert not is_grad_enabled()


def test_one_object_can_be_entered_twice():
    block = no_grad()
    with block:
        with block:
            assert not is_grad_enabled()
        assert not is_grad_enabled()


def test_decorators():
    @no_grad()
    def square(x, scale=1.0):
        """x times x."""
        assert not is_grad_enabled()
        return x * x * scale

    @enable_grad()
    def recorded(x):
        return x * x

    @no_grad()
    def failing():
        raise KeyError("no")

    x = Value(3.0)
    assert square(x, scale=2.0).op is None
    assert (square.__name__, square.__doc__) == ("square", "x times x.")
    with no_grad():
        assert recorded(x).op is E.mul
    with pytest.raises(KeyError):
        failing()


def test_a_decorated_function_may_call_itself():
    @no_grad()
    def down(n):
        assert not is_grad_enabled()
        return n if n == 0 else down(n - 1)

    assert down(5) == 0


def test_a_generator_function_runs_in_the_context_and_its_caller_does_not():
    @no_grad
    def steps():
        try:
            given = yield is_grad_enabled()
            given = yield given, is_grad_enabled()
        except ValueError:
            yield "caught", is_grad_enabled()
        finally:
            log.append(is_grad_enabled())
        return "end"

    log = []
    generator = steps()
    assert (next(generator), is_grad_enabled()) == (False, True)
    assert (generator.send(5), is_grad_enabled()) == ((5, False), True)
    assert generator.throw(ValueError) == ("caught", False)
    with pytest.raises(StopIteration, match="end"):
        next(generator)
    generator = steps()
    next(generator)
    generator.close()
    assert log == [False, False]
    assert is_grad_enabled()


@pytest.mark.parametrize(("decorator", "inside"), [(no_grad, False), (enable_grad, True)])
def test_a_decorator_needs_no_parentheses(decorator, inside):
    @decorator
    def inner(x):
        """Whether it records."""
        return is_grad_enabled(), x

    with no_grad():
        assert inner(3) == (inside, 3)
    assert (inner.__name__, inner.__doc__) == ("inner", "Whether it records.")


def test_a_block_inside_a_generator_ends_with_it():
    def numbers():
        with no_grad():
            yield Value(1.0) + 1

    generator = numbers()
    assert next(generator).op is None
    generator.close()


def test_backward_records_gradients_even_under_no_grad():
    x = Value(2.0)
    t = leaf([2.0])
    y, z = x**3, t**3
    with no_grad():
        y.backward(create_graph=True)
        z.backward(create_graph=True)
    assert x.grad.op is not None
    assert t.grad.op is not None


def test_derivatives_of_functions_record_under_no_grad():
    with no_grad():
        assert E.grad(lambda x: x**3)(2.0) == 12.0
        assert E.hessian(lambda x: x**3)(2.0) == 12.0


# --- threads ---


def in_threads(*functions):
    """Run functions at the same time; the first exception of any is raised here."""
    errors = []

    def guarded(function):
        def run():
            try:
                function()
            except BaseException as error:
                errors.append(error)

        return run

    threads = [threading.Thread(target=guarded(f)) for f in functions]
    for t in threads:
        t.start()
    for t in threads:
        t.join(timeout=60)
    assert not any(t.is_alive() for t in threads)
    if errors:
        raise errors[0]


def test_recording_is_switched_per_thread():
    inside, checked = threading.Event(), threading.Event()

    def without():
        with no_grad():
            inside.set()
            assert checked.wait(20)
            assert not is_grad_enabled()
            assert (Value(1.0) + 1).op is None
            assert (leaf([1.0]) + 1).op is None

    def with_():
        assert inside.wait(20)
        try:
            assert is_grad_enabled()
            for y in every_way_to_record():
                assert y.op is not None
        finally:
            checked.set()

    in_threads(without, with_)


def test_a_watcher_sees_its_own_thread_only():
    class Watcher:
        """Notes which ops it sees."""

        def __init__(self):
            self.seen = []

        def recorded(self, op, node, inputs):
            self.seen.append((op.name, len(inputs)))

        def backward(self, order, seed):
            self.seen.append(("backward", len(order)))

    watcher = Watcher()
    inside, done = threading.Event(), threading.Event()

    def watched():
        assert watch(watcher) is None
        try:
            inside.set()
            assert done.wait(20)
            (Value(1.0) + Value(2.0)).backward()
            (leaf([1.0]) * 2.0).backward()
            with no_grad():
                Value(1.0).tanh()
        finally:
            assert watch(None) is watcher

    def other():
        assert inside.wait(20)
        try:
            (Value(1.0) * Value(2.0)).backward()
        finally:
            done.set()

    in_threads(watched, other)
    assert watcher.seen == [
        ("add", 2), ("backward", 3), ("mul", 2), ("backward", 2), ("tanh", 1)
    ]  # fmt: skip


def test_threads_on_graphs_of_their_own():
    results = {}

    def work(k):
        def run():
            for _ in range(30):
                x, t = Value(float(k)), leaf([float(k)] * 10)
                y = x
                for _ in range(50):
                    y = y * 1.0 + x
                y.backward()
                (t * t).sum().backward()
                results.setdefault(k, set()).add((x.grad, t.grad[0]))

        return run

    in_threads(*[work(k) for k in range(1, 5)])
    assert results == {k: {(51.0, 2.0 * k)} for k in range(1, 5)}


def test_threads_backward_over_one_shared_graph():
    """Values keep adjoints in their nodes while a pass runs: passes must wait for each other."""
    x = Value(3.0)
    h = x
    for _ in range(300):
        h = h * 1.0 + 0.0
    roots = [h * float(k) for k in range(1, 5)]
    in_threads(*[lambda y=y: [y.backward(retain_grads=False) for _ in range(25)] for y in roots])
    assert x.grad == 25 * (1.0 + 2.0 + 3.0 + 4.0)


def test_functional_gradients_in_threads_do_not_disturb_each_other():
    shared = Value(2.0)

    def work(k):
        def run():
            for _ in range(50):
                assert E.grad(lambda v: v * v * k + shared)(3.0) == 6.0 * k

        return run

    in_threads(*[work(float(k)) for k in range(1, 5)])
    assert not shared.has_grad


def test_passes_over_tensors_that_share_leaves_run_at_the_same_time():
    w = leaf(np.ones(100))
    grads = []

    def run():
        y = (w * 2.0).sum()
        grads.append(E.grad(lambda v: (v * v).sum())(np.ones(3))[0])
        with no_grad():
            assert y.data == 200.0

    in_threads(run, run, run)
    assert grads == [2.0, 2.0, 2.0]
