"""The models of names: each ends below the one before, and what they make up looks like names."""

import numpy as np
import pytest

from nn.datasets import load_names
from nn.examples import letters, names_gpt, names_mlp

VOWELS = set("aeiouy")


@pytest.fixture(scope="module")
def network():
    """The MLP after a sixth of its epochs; after all of them it ends at 2.01."""
    return names_mlp.main(5, progress=False)


def looks_like_names(names):
    """Nearly all have a vowel and a length names have, and few repeat one letter three times."""
    good = [
        2 <= len(name) <= letters.LONGEST
        and VOWELS & set(name)
        and not any(name[i] == name[i + 1] == name[i + 2] for i in range(len(name) - 2))
        for name in names
    ]
    return np.mean([bool(x) for x in good]) >= 0.9


def test_the_bigram_table_by_hand():
    """One name "a" seen: after the start a (2 of 28), after a the end (2 of 28), both twice."""
    assert letters.bigram_loss(["a"], ["a"]) == pytest.approx(np.log(28 / 2))


def test_random_letters_do_not_look_like_names():
    rng = np.random.default_rng(0)
    noise = ["".join(rng.choice(list(letters.LETTERS[1:]), 4)) for _ in range(200)]
    assert not looks_like_names(noise)


def test_the_split_holds_every_name_once():
    train, held_out = letters.names_split()
    assert sorted(train + held_out) == load_names()
    assert len(held_out) == 516


def test_sampling_follows_the_logits():
    """A model sure that a follows the start, and the end follows a."""

    def after(so_far):
        logits = np.full((len(so_far), 27), -1000.0)
        logits[np.arange(len(so_far)), np.where(so_far[:, -1] == 0, 1, 0)] = 0.0
        return logits

    assert letters.sample(after, 3, np.random.default_rng(0)) == ["a", "a", "a"]


def test_the_network_ends_below_the_bigram_table(network):
    assert network["bigram"] == pytest.approx(2.3592, abs=1e-4)
    assert network["held_out"] < 2.15 < network["bigram"] - 0.2


def test_the_network_makes_up_names(network):
    assert len(network["names"]) == 20
    assert looks_like_names(network["names"])
    assert len(set(network["names"]) - set(load_names())) >= 10


def test_the_same_seed_gives_the_same_names():
    first, second, other = (
        names_mlp.main(1, 300, hidden=8, seed=s, progress=False) for s in (0, 0, 1)
    )
    assert first == second
    assert first["held_out"] != other["held_out"]


@pytest.mark.slow
def test_the_gpt_ends_below_the_network(network):
    """One block and a tenth of its epochs; at full size it ends at 1.88."""
    gpt = names_gpt.main(6, width=32, blocks=1, dropout=0.0, progress=False)
    assert gpt["held_out"] < 2.07 < network["held_out"] - 0.05
    assert looks_like_names(gpt["names"])


def test_a_small_gpt_learns_and_repeats_itself():
    first, second = (
        names_gpt.main(2, 400, width=16, heads=2, blocks=1, progress=False) for _ in range(2)
    )
    assert first == second
    assert first["held_out"] < np.log(27)
