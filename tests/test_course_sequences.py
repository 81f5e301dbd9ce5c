"""Notebook 16: sequences that begin with a symbol, how far nodes are apart, and its pictures."""

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")

import engine
import nn
from engine import Tensor, Value
from notebooks import lesson_16 as sequences
from viz.plots import CYCLE

pytestmark = pytest.mark.usefixtures("figures_closed")


class Reader(nn.Module):
    def __init__(self, memory):
        self.memory, self.readout = memory, nn.Linear(memory.hidden_size, sequences.SYMBOLS)

    def forward(self, xs):
        return self.readout(self.memory(xs)[0][-1])


# --- the task ---


def test_a_sequence_shows_its_symbol_first_and_then_noise():
    xs, symbols = sequences.remember(200, 6, np.random.default_rng(0))
    assert xs.shape == (7, 200, 5)
    assert set(symbols) == {0, 1, 2, 3}
    assert (xs[0].argmax(axis=1) == symbols).all()
    assert (xs[0].sum(axis=1) == 1).all()
    assert (xs[1:, :, :4] == 0).all()
    noise = xs[1:, :, 4]
    assert abs(noise.mean()) < 0.1
    assert abs(noise.std() - 1) < 0.1


def test_training_learns_the_symbol_where_nothing_lies_between():
    nn.manual_seed(0)
    right, losses = sequences.learn(Reader(nn.RNN(5, 8)), gap=1, steps=120, lr=0.02)
    assert right > 0.95
    assert len(losses) == 120
    assert losses[-1] < 0.5 < losses[0]


def test_whoever_guesses_is_right_one_time_in_four():
    class Guesses(nn.Module):
        def forward(self, xs):
            return Tensor(np.random.default_rng(0).normal(size=(xs.shape[1], 4)))

    assert abs(sequences.accuracy(Guesses(), 3) - 0.25) < 0.06


def test_only_the_forget_gates_are_opened():
    before = nn.LSTM(2, 3, rng=0)
    after = sequences.open_forget_gates(nn.LSTM(2, 3, rng=0), 4.0)
    moved = after.bias_ih_l0.numpy() - before.bias_ih_l0.numpy()
    assert np.allclose(moved, [0, 0, 0, 4, 4, 4, 0, 0, 0, 0, 0, 0])
    # a gate that is open keeps what is in the cell
    c = 5.0 * np.ones((1, 1, 3))
    _, (_, kept) = after(np.zeros((1, 1, 2)), (np.zeros((1, 1, 3)), c))
    assert (kept.numpy() > 4).all()


@pytest.mark.parametrize("radius", [0.5, 1.0, 2.5])
def test_a_matrix_has_the_spectral_radius_it_is_asked_for(radius):
    w = sequences.with_radius(radius, 16, np.random.default_rng(1))
    assert np.isclose(np.abs(np.linalg.eigvals(w)).max(), radius)


# --- how far apart ---


def test_steps_apart_are_the_arrows_of_the_shortest_way():
    a, b = Value(1.0), Value(2.0)
    c = a * b
    y = engine.tanh(engine.tanh(c)) + a
    assert sequences.steps_apart(y, [a, b, c, y]) == [1, 4, 3, 0]


def test_steps_apart_passes_plain_arrays():
    x = Tensor([1.0, 2.0], requires_grad=True)
    assert sequences.steps_apart((x * np.ones(2) + np.ones(2)).sum(), [x]) == [3]


def test_steps_apart_refuses_a_leaf_that_no_way_leads_from():
    with pytest.raises(ValueError, match="no way leads"):
        sequences.steps_apart(Value(1.0) * 2, [Value(3.0)])


# --- pictures ---


def test_a_curve_of_gradients_is_drawn_against_the_steps_on_a_logarithmic_axis():
    curve = np.array([1.0, 0.5, 0.25])
    ax = sequences.show_reach({"half": curve}, laws={"half": 0.5}, title="reach")
    line, law = ax.lines
    assert ax.get_yscale() == "log"
    assert line.get_ydata().tolist() == law.get_ydata().tolist() == [1.0, 0.5, 0.25]
    assert line.get_xdata().tolist() == [0, 1, 2]
    assert line.get_color() == law.get_color() == CYCLE[0]
    assert (line.get_linestyle(), law.get_linestyle()) == ("-", "--")
    assert ax.get_title() == "reach"


def test_a_gradient_of_exactly_0_is_a_cross_on_the_edge_and_said_in_the_key():
    ax = sequences.show_reach({"cut": np.array([1.0, 0.9, 0.0, 0.0])}, lowest=1e-3)
    line, crosses, _ = ax.lines
    assert line.get_ydata().tolist() == [1.0, 0.9]
    assert crosses.get_xdata().tolist() == [2, 3]
    assert crosses.get_ydata().tolist() == [1e-3, 1e-3]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["cut", "exactly 0"]


def test_without_zeros_the_key_has_no_crosses():
    ax = sequences.show_reach({"a": np.array([1.0, 2.0])})
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a"]


def test_accuracies_are_drawn_by_length_beside_the_line_of_guessing():
    ax = sequences.show_accuracy({"RNN": {5: 1.0, 40: 0.25}, "LSTM": {5: 1.0, 20: 0.9}})
    first, second, guessing = ax.lines
    assert (first.get_xdata().tolist(), first.get_ydata().tolist()) == ([5, 40], [1.0, 0.25])
    assert second.get_xdata().tolist() == [5, 20]
    assert set(guessing.get_ydata()) == {0.25}
    assert ax.get_xticks().tolist() == [5, 20, 40]
    assert first.get_marker() != second.get_marker()
