"""What notebook 10 shows of names and of models of names is so."""

import numpy as np
import pytest
from matplotlib import pyplot

import nn
from nn.examples import letters
from nn.examples.names_gpt import NameGPT
from notebooks import lesson_10 as names


@pytest.fixture
def gpt():
    nn.manual_seed(0)
    return NameGPT(8, 2, 3, 0.1).eval()


def test_every_letter_of_a_name_and_its_end_is_counted():
    counts = names.count_pairs(["ada", "ed"])
    assert counts.sum() == 7
    assert counts[names.place("d"), names.place(".")] == 1
    assert counts[0].sum() == 2


def test_attention_maps_are_the_weights_the_model_used(gpt):
    maps = names.attention_maps(gpt, "ada")
    assert maps.shape == (3, 2, 4, 4)
    assert np.allclose(maps.sum(axis=-1), 1)
    assert (np.triu(maps, 1) == 0).all()

    block, x = gpt.blocks[0], np.array([[0, 1, 4, 1]])
    h = block.norm1(gpt.embedding(x) + gpt.position(np.arange(4)))
    _, mean = block.self_attn(h, is_causal=True)
    assert np.allclose(maps[0].mean(axis=0), mean.data[0])


def test_attention_maps_leave_no_hook_behind(gpt):
    names.attention_maps(gpt, "ada")
    assert not any(module._hooks for module in gpt.modules())


def test_attention_maps_of_what_is_no_name_leave_no_hook_behind(gpt):
    with pytest.raises(ValueError, match="not found"):
        names.attention_maps(gpt, "Ada")
    assert not any(module._hooks for module in gpt.modules())


def test_reach_is_seen_by_nudging_a_letter(gpt):
    found = names.reach(gpt, "eve")
    assert (np.triu(found, 1) == 0).all()
    assert (found[np.tri(4, dtype=bool)] > 0).all()
    assert all(p.grad is None for p in gpt.parameters())

    table, h, slopes = gpt.embedding.weight.numpy().copy(), 1e-6, []
    for nudge in np.eye(8):  # the sign "." is looked up at the first place only
        losses = []
        for sign in (1, -1):
            gpt.embedding.weight.data = table + sign * h * np.eye(27)[:, :1] * nudge
            logits = gpt(np.array([[0, 5, 22, 5]]))[0, 2].reshape((1, -1))
            losses.append(nn.functional.cross_entropy(logits, [5]).item())
        slopes.append((losses[0] - losses[1]) / (2 * h))
    assert np.isclose(np.linalg.norm(slopes), found[2, 0], rtol=1e-5)


def test_learn_lowers_the_loss_and_leaves_eval_mode():
    nn.manual_seed(0)
    model = nn.Sequential(nn.Embedding(27, 27), nn.Flatten())
    data = letters.contexts(["ada", "anna", "hannah"] * 20, 1)
    history = names.learn(
        model, nn.CrossEntropyLoss(), data, data, epochs=5, batch_size=16, lr=0.1, weight_decay=0.0
    )
    assert history["validation_loss"][-1] < history["validation_loss"][0]
    assert not model.training


def test_names_of_near_points_do_not_lie_on_each_other():
    points = np.random.default_rng(0).normal(size=(27, 2))
    points[1] = points[2] + [0.01, 0.0]  # beside each other
    points[3] = points[4] + [0.0, 0.05]  # one below the other
    ax = names.show_letters(points)
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in ax.texts]
    assert [text.get_text() for text in ax.texts] == ["“.”", *names.LETTERS[1:]]
    for i in range(1, 5):
        assert not any(boxes[i].overlaps(boxes[j]) for j in range(27) if j != i), i
    pyplot.close(ax.figure)


def test_maps_share_one_scale():
    figure = names.show_maps([np.full((2, 2), 0.5), np.eye(2)], "ab", ["half", "one"])
    assert {image.get_clim() for ax in figure.axes for image in ax.images} == {(0.0, 1.0)}
    pyplot.close(figure)
