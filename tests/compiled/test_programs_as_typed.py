"""Compiled programs as PyTorch's users type them: results are of the types that eager gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import engine
import nn
from engine import Tensor
from engine.arrays import Array


@dataclass
class Config:
    depth: int = 3
    act: str = "tanh"
    rate: float = 0.5


@dataclass(eq=False)
class Pair:
    first: Any
    second: Any


X = np.linspace(0.1, 1.0, 3)


def stacked(x: Any, config: Config) -> Any:
    for _ in range(config.depth):
        x = getattr(engine, config.act)(x) * config.rate
    return x


def test_a_dataclass_among_the_arguments_is_traced_anew_where_its_settings_change() -> None:
    f = engine.compile(stacked)
    for config in (Config(), Config(2), Config(2, "exp"), Config(rate=0.3), Config()):
        assert np.array_equal(f(X, config), stacked(X, config))
    assert len(f.traces) == 3


def test_a_dataclass_that_is_changed_between_calls_is_not_stale() -> None:
    @engine.compile
    def doubled(x: Any, config: Config) -> Any:
        for _ in range(config.depth):
            x = x * 2
        return x

    config = Config()
    for depth in (3, 3, 2, 2, 1):
        config.depth = depth
        assert doubled(1.0, config) == 2.0**depth
        assert np.array_equal(doubled(X, config), X * 2**depth)


@dataclass
class Heads:
    width: int = 6
    heads: int = 2

    def __post_init__(self) -> None:
        self.each = self.width // self.heads


def test_what_a_dataclass_sets_beside_its_fields_is_there_and_is_not_stale() -> None:
    f = engine.compile(lambda x, heads: x * heads.each)
    heads = Heads()
    for each in (3, 5, 5):
        heads.each = each
        assert f(2.0, heads) == 2.0 * each
        assert np.array_equal(f(X, heads), X * each)


def test_dataclasses_that_do_not_compare_are_results() -> None:
    f = engine.compile(lambda b: Pair(b.first * b.second, "text"))
    for k in range(3):
        found = f(Pair(X * k, 2.0))
        assert type(found) is Pair
        assert found.second == "text"
        assert np.array_equal(found.first, X * k * 2)


def test_what_is_drawn_is_a_tensor_beside_arrays() -> None:
    def noisy(x: Any, source: Any) -> Any:
        return x + engine.randn(3, generator=source), engine.rand(2, generator=source)

    f = engine.compile(noisy)
    ours, theirs = engine.Generator(), engine.Generator()
    ours.manual_seed(5)
    theirs.manual_seed(5)
    for _ in range(3):
        for a, b in zip(f(X, ours), noisy(X, theirs), strict=True):
            assert type(a) is type(b) is Tensor
            assert np.array_equal(a.data, b.data)
    assert np.array_equal(ours.get_state(), theirs.get_state())


def test_dropout_of_an_array_stays_an_array() -> None:
    f = engine.compile(lambda x: nn.dropout(x, 0.5, rng=np.random.default_rng(0)))
    assert isinstance(f(X), np.ndarray)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x > 0.5,
        lambda x: ~(x > 0.5) & (x < 0.9),
        lambda x: engine.argmax(x) == 1,
        lambda x: (x > 0.5).mean(),
        lambda x: engine.where(x > 0.5, 1.0, 0.0),
        np.isnan,
    ],
)
def test_answers_about_tensors_are_arrays_with_their_methods(f: Any) -> None:
    compiled = engine.compile(f)
    for k in (1.0, 2.0):
        x = Tensor(X * k)
        found, expected = compiled(x), f(x)
        assert type(found) is type(expected) is Array
        assert np.array_equal(found, expected)
        assert found.dtype == expected.dtype
        assert found.float().dtype == np.float32


def test_pairs_along_a_dim_are_results() -> None:
    x = Tensor([[1.0, 3.0, 2.0], [5.0, 6.0, 4.0]], requires_grad=True)
    f = engine.compile(lambda x: x.max(dim=1))
    for k in range(1, 3):
        found, expected = f(x * k), (x * k).max(dim=1)
        assert type(found) is type(expected)
        values, indices = found
        assert np.array_equal(values.data, expected.values.data)
        assert np.array_equal(indices, expected.indices)
        x.zero_grad()
        values.sum().backward()
        assert np.array_equal(x.grad, [[0.0, k, 0.0], [0.0, k, 0.0]])


@pytest.mark.parametrize(
    "f",
    [
        lambda x: engine.tensor(x) * 2,
        lambda x: engine.tensor(x, dtype=engine.float32),
        lambda x: engine.as_tensor(x) * 2,
        lambda x: engine.from_numpy(x) + 1,
        lambda x: Tensor(np.ones(3)).new_zeros(3) + x,
    ],
)
def test_arrays_become_tensors_in_a_compiled_function(f: Any) -> None:
    compiled = engine.compile(f)
    for k in range(3):
        found, expected = compiled(X * k), f(X * k)
        assert type(found) is Tensor
        assert found.dtype == expected.dtype
        assert np.array_equal(found.data, expected.data)


def test_gradients_flow_through_as_tensor_but_not_through_tensor() -> None:
    x = Tensor(X, requires_grad=True)
    engine.compile(lambda x: (engine.as_tensor(x) * engine.tensor(x)).sum())(x).backward()
    assert np.array_equal(x.grad, X)


def test_more_of_a_tensors_kind_are_made_in_a_compiled_function() -> None:
    @engine.compile
    def run(x: Any) -> Any:
        h = x.new_zeros(x.size(0))
        for t in range(x.size(1)):
            h = engine.tanh(x[:, t] + h * 0.5)
        return h, x.new_ones(2), x.new_full((2,), 7), x.new_tensor([1, 2])

    for k in range(2):
        x = Tensor(np.arange(6.0, dtype=np.float32).reshape(2, 3) * k)
        for a, b in zip(run(x), run.function(x), strict=True):
            assert type(a) is type(b)
            assert a.dtype == b.dtype == np.float32
            assert np.allclose(a.data, b.data, rtol=1e-6)


def test_a_gradient_penalty_as_pytorch_writes_it() -> None:
    def penalty(critic: Any) -> Any:
        def f(real: Any, fake: Any) -> Any:
            mixed = (engine.rand(real.shape[0], 1) * (real - fake) + fake).requires_grad_()
            (slope,) = engine.autograd.grad(critic(mixed).sum(), mixed, create_graph=True)
            return ((slope.norm(2, dim=1) - 1) ** 2).mean()

        return f

    found = []
    for wrap in (lambda f: f, engine.compile):
        engine.manual_seed(0)
        critic = nn.Sequential(nn.Linear(2, 4, rng=0), nn.Tanh(), nn.Linear(4, 1, rng=1))
        f = wrap(penalty(critic))
        for k in range(3):
            real = Tensor(np.random.default_rng(k).normal(size=(5, 2)))
            f(real, Tensor(np.zeros((5, 2)))).backward()
        found.append([p.grad for p in critic.parameters()])
    for a, b in zip(*found, strict=True):
        assert (a is None) is (b is None)
        assert a is None or np.allclose(a, b, rtol=1e-12, atol=1e-15)


def _requires(x: Any, what: bool = True) -> Any:
    x.requires_grad = what
    return (x * x).sum()


W = Tensor(X, requires_grad=True)


def _through_the_gradient(x: Any) -> Any:
    (x * W).sum().backward()
    return W.grad * 2


@pytest.mark.parametrize(
    ("f", "words"),
    [
        (lambda x: x.requires_grad_() * 2, r"requires_grad_\(\) of a Symbol .*line .*outside"),
        (lambda x: (x * W).requires_grad_(False), r"requires_grad_\(\) of a Symbol"),
        (lambda x: (x > 1).requires_grad_(), "only floating-point tensors"),
        (_requires, "_requires sets x.requires_grad: set that outside"),
        (_through_the_gradient, r"\.grad of a Symbol .*line .*: .*optimizer's step\(\)"),
        (lambda x: W.data * x, r"\.data of a Symbol .*line .*: take x itself"),
        (lambda x: W.mul_(x), r"not assigned, .*optimizer's step\(\), or do it outside .*line"),
    ],
)
def test_what_would_change_leaves_says_when_they_change(f: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words), engine.enable_grad():
        engine.compile(f)(Tensor(X))
    assert W.grad is None


def test_what_clipping_returns_is_refused_with_its_line() -> None:
    model = nn.Linear(3, 1, rng=0)

    @engine.compile
    def step(x: Any) -> Any:
        model(x).sum().backward()
        return nn.clip_grad_norm_(model.parameters(), 1.0) * 2

    with pytest.raises(TypeError, match=r"clip_grad_norm_\(\) .*typed.py, line .*outside"):
        step(X)
