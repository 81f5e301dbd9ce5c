"""A History whose `step` was interrupted anywhere goes on: with all measurements, and no more."""

import numpy as np
import pytest
from interrupting import interrupted_at_every_line

import nn
from viz import History


@pytest.mark.parametrize("keep", [False, True])
def test_after_ctrl_c_in_its_step_a_history_measures_the_next_ones(keep):
    """It was ready to measure, without the numbers from before: every step after failed."""
    model = nn.Sequential(nn.Linear(2, 3, rng=0), nn.Tanh())
    histories = []

    def a_step(history):
        model.zero_grad()
        model(np.ones((4, 2))).sum().backward()
        history.step(1.0)

    def program():
        histories[:] = [History(model, every=1, keep=keep)]
        a_step(histories[0])

    def goes_on(interrupt):
        if not histories:
            return
        (history,) = histories
        before = history.steps
        for _ in range(3):
            a_step(history)
        assert np.geterr()["over"] == "warn", interrupt
        rows = history.records[-2:]
        assert [row["step"] for row in rows] == [before + 2, before + 3], interrupt
        for row in rows:
            assert set(row["parameters"]) == {"0.weight", "0.bias"}, interrupt
            assert len(row["activations"]) == 1, interrupt
        history.close()
        histories.clear()

    assert interrupted_at_every_line(program, goes_on) > 100
