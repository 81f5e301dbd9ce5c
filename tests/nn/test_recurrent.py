"""RNN, LSTM, GRU: PyTorch's numbers on both tiers, shapes, dropout, and what they refuse."""

import numpy as np
import pytest
from torch_training import TORCH, check, torch_cases

import nn
from engine import Tensor, gradcheck

each_case = pytest.mark.parametrize(
    ("name", "kind", "options", "x", "states"),
    torch_cases.RECURRENT,
    ids=[case[0] for case in torch_cases.RECURRENT],
)
each_kind = pytest.mark.parametrize("kind", [nn.RNN, nn.LSTM, nn.GRU])


def all_results(module, x, *states):
    """Output and last states, as a flat list."""
    if isinstance(module, nn.LSTM):
        y, last = module(x, states or None)
        return [y, *last]
    return list(module(x, *states))


@each_case
@pytest.mark.parametrize("scalar", [False, True], ids=["tensor", "values"])
def test_results_gradients_and_training_are_pytorchs(name, kind, options, x, states, scalar):
    shape = torch_cases.state_shape(kind, options, x.ndim == 3)
    inputs = [x]
    if states:
        inputs += [torch_cases.wave(*shape, start=1.0)]
        inputs += [torch_cases.wave(*shape, start=2.0)] if kind == "LSTM" else []
    module = getattr(nn, kind)(3, 2, **options)
    check(module, inputs, all_results, TORCH["recurrent"][name], scalar)


def test_an_lstm_by_hand():
    """One number, all weights 1, no bias: every gate sees x + h."""
    lstm = nn.LSTM(1, 1, bias=False)
    lstm.load_state_dict({k: np.ones_like(v) for k, v in lstm.state_dict().items()})
    y, (h, c) = lstm([[2.0]])
    gate, candidate = 1 / (1 + np.exp(-2.0)), np.tanh(2.0)
    assert c.item() == pytest.approx(gate * candidate, rel=1e-14)
    assert y.item() == h.item() == pytest.approx(gate * np.tanh(gate * candidate), rel=1e-14)


def test_a_gru_keeps_its_state_where_z_is_1():
    gru = nn.GRU(1, 1)
    state = {k: np.zeros_like(v) for k, v in gru.state_dict().items()}
    state["bias_ih_l0"] = np.array([0.0, 1000.0, 0.0])
    gru.load_state_dict(state)
    y, _ = gru(np.ones((5, 1, 1)), np.full((1, 1, 1), 0.25))
    np.testing.assert_array_equal(y.data.ravel(), 0.25)


@each_kind
def test_a_sequence_in_two_halves_is_the_same_sequence(kind):
    module = kind(3, 2, num_layers=2, rng=0)
    x = torch_cases.wave(6, 2, 3)
    whole, _ = module(x)
    first, states = module(x[:2])
    second, _ = module(x[2:], states)
    np.testing.assert_allclose(np.concatenate([first.data, second.data]), whole.data, rtol=1e-13)


@each_kind
def test_second_derivatives(kind):
    module = kind(2, 2, rng=0)
    assert gradcheck(lambda x: module(x)[0].sum(), (torch_cases.wave(3, 1, 2),), order=2)


@each_kind
def test_float32_stays_float32(kind):
    module = kind(3, 2, num_layers=2, bidirectional=True).to(np.float32)
    x = Tensor(torch_cases.wave(4, 2, 3), dtype=np.float32, requires_grad=True)
    results = all_results(module, x)
    assert {r.dtype for r in results} == {np.dtype(np.float32)}
    results[0].sum().backward()
    assert {p.grad.dtype for p in module.parameters()} == {np.dtype(np.float32)}
    assert x.grad.dtype == np.float32


@each_kind
def test_long_sequences_of_large_numbers_stay_finite(kind):
    module = kind(1, 4, rng=0)
    x = Tensor(1000.0 * torch_cases.wave(300, 2, 1), requires_grad=True)
    y, _ = module(x)
    y.sum().backward()
    assert np.isfinite(y.data).all()
    assert np.isfinite(x.grad).all()


@each_kind
def test_dropout_acts_between_layers_in_training_only(kind):
    x = torch_cases.wave(4, 2, 3)
    dropped = kind(3, 2, num_layers=2, dropout=1.0, rng=0)
    plain = kind(3, 2, num_layers=2, rng=0)
    first_layer = kind(3, 2, rng=0)
    first_layer.load_state_dict(
        {k: v for k, v in dropped.state_dict().items() if k.endswith("_l0")}
    )
    # with everything dropped, the second layer sees zeros: its output forgets the input
    y, _ = dropped(x)
    other, _ = dropped(x + 1)
    np.testing.assert_array_equal(y.data, other.data)
    np.testing.assert_array_equal(dropped.eval()(x)[0].data, plain(x)[0].data)
    one = kind(3, 2, dropout=1.0, rng=0)
    np.testing.assert_array_equal(one(x)[0].data, first_layer(x)[0].data)


@each_kind
def test_weights_start_uniform_within_one_over_the_root_of_the_hidden_size(kind):
    module = kind(30, 100, num_layers=2, rng=0)
    for name, weight in module.named_parameters():
        assert 0.09 < weight.data.max() <= 1 / 10, name
        assert -1 / 10 <= weight.data.min() < -0.09, name


@each_kind
def test_a_seed_decides_weights_and_dropout(kind):
    x = torch_cases.wave(4, 2, 3)
    a, b = (kind(3, 2, num_layers=2, dropout=0.5, rng=3)(x)[0].data for _ in range(2))
    np.testing.assert_array_equal(a, b)


def test_the_text_says_what_differs_from_the_defaults():
    text = repr(nn.GRU(3, 2, num_layers=2, batch_first=True))
    assert text.startswith("GRU(3, 2, num_layers=2, batch_first=True)")


X = torch_cases.wave(4, 2, 3)


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: nn.RNN(0, 2), ValueError, "input_size must be at least 1, got 0"),
        (lambda: nn.LSTM(3, 2.0), TypeError, "hidden_size must be an int"),
        (lambda: nn.GRU(3, 2, num_layers=0), ValueError, "num_layers"),
        (lambda: nn.RNN(3, 2, dropout=1.5), ValueError, "dropout"),
        (lambda: nn.RNN(3, 2, nonlinearity="sin"), ValueError, "nonlinearity.*'sin'"),
        (lambda: nn.RNN(3, 2)(np.zeros(3)), ValueError, r"\(time, batch, 3\)"),
        (lambda: nn.GRU(3, 2, batch_first=True)(np.zeros(3)), ValueError, r"\(batch, time, 3\)"),
        (lambda: nn.LSTM(3, 2)(np.zeros((4, 2, 5))), ValueError, r"\(…, 3\), got \(4, 2, 5\)"),
        (lambda: nn.GRU(3, 2)(np.zeros((0, 2, 3))), ValueError, "at least one step"),
        (lambda: nn.GRU(3, 2)(np.zeros((4, 0, 3))), ValueError, "4 steps of 0 sequences"),
        (lambda: nn.RNN(3, 2)(X, np.zeros((2, 2, 2))), ValueError,
         r"h0 must have shape \(1, 2, 2\)"),
        (lambda: nn.LSTM(3, 2)(X, np.zeros((1, 2, 2))), TypeError, r"the pair \(h0, c0\)"),
        (lambda: nn.LSTM(3, 2)(X, (np.zeros((1, 2, 2)), np.zeros((1, 2, 3)))), ValueError, "c0"),
    ],
)  # fmt: skip
def test_bad_arguments_are_named(call, error, said):
    with pytest.raises(error, match=said):
        call()


def test_a_layer_shows_every_setting_that_is_not_usual():
    """An RNN of relu looked like one of tanh."""
    assert nn.RNN(3, 2, nonlinearity="relu").extra_repr() == "3, 2, nonlinearity='relu'"
    assert nn.RNN(3, 2).extra_repr() == "3, 2"
    assert nn.GRU(3, 2, num_layers=2, bias=False).extra_repr() == "3, 2, num_layers=2, bias=False"
