"""The page of a run, in a real browser: it follows, scrubs back, and says what it cannot draw."""

import json
import math
import threading
import time
import urllib.request

import numpy as np
import pytest
from axe import violations

import nn
from engine import Tensor
from viz import History
from viz.monitoring.following import FileLines
from viz.monitoring.server import WatchServer

X, T = np.sin(np.arange(24.0)).reshape(8, 3), np.arange(8) % 2


@pytest.fixture
def run(page, tmp_path):
    """A file and the page that follows it; no complaint, and no request to anything else."""
    path = tmp_path / "run.jsonl"
    server = WatchServer(FileLines(path), path.name).start()
    page.address, page.path = server.address, path
    yield page
    server.stop()
    assert page.complaints() == []
    assert {url.partition("?")[0].rpartition("/")[0] + "/" for url in page.requests()} <= {
        server.address,
        f"{server.address}caught/",
    }


def trained(history, epochs=4, callbacks=()):
    """A run on a small network, with a metric on a validation set."""
    model = nn.Sequential(nn.Linear(3, 4, rng=0), nn.ReLU(), nn.Linear(4, 2, rng=1), nn.Tanh())
    loader = nn.DataLoader((X, T), batch_size=4)
    nn.fit(
        model, nn.CrossEntropyLoss(), nn.SGD(model.parameters(), lr=0.1), loader, epochs,
        validation=loader, metrics={"accuracy": nn.accuracy}, progress=False,
        callbacks=[*callbacks, history],
    )  # fmt: skip
    return model


def written(path, records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records))


def losses(numbers):
    return [{"step": i, "loss": x} for i, x in enumerate(numbers, 1)]


def opened(page, last):
    page.open(page.address)
    wait_for_step(page, last)


def wait_for_step(page, last):
    page.wait_for(f"document.querySelector('#step').textContent.endsWith('of {last:,}')")
    page.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def shown(page):
    """The headings of the charts that are there."""
    return page.run(
        "[...document.querySelectorAll('.chart:not([hidden]) h2')].map(x => x.textContent)"
    )


def at(page, name):
    """A number of the list above the charts."""
    return page.run(
        f"[...document.querySelectorAll('#now div')].find(x => x.firstChild.textContent"
        f" === {json.dumps(name)})?.lastChild.textContent"
    )


def slide(page, place):
    """Move the slider as a hand does."""
    page.run(
        f"(() => {{ const s = document.querySelector('#slider'); s.value = {place};"
        "s.dispatchEvent(new Event('input', {bubbles: true})) })()"
    )
    page.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def state(page, start):
    return page.wait_for(f"document.querySelector('#state').textContent.startsWith('{start}')")


# --- following ---


def test_the_page_waits_for_the_file_and_follows_it_as_it_grows(run):
    run.open(run.address)
    state(run, "waiting: the file is not there yet")
    assert run.run("document.querySelector('#run').hidden")

    def training():
        with History(path=run.path, every=1) as history:
            for i in range(1, 4):
                history.step(1.0 / i)
                time.sleep(0.3)

    thread = threading.Thread(target=training)
    thread.start()
    wait_for_step(run, 3)
    thread.join()
    state(run, "following")
    assert at(run, "loss") == "0.3333"
    assert run.text("#name") == "run.jsonl"


def test_a_file_that_is_replaced_begins_a_new_run(run):
    written(run.path, losses([3.0, 2.0, 1.0]))
    opened(run, 3)
    written(run.path, [{"step": 1, "error": 5.0}, {"step": 2, "error": 6.0}])
    wait_for_step(run, 2)
    assert (at(run, "error"), at(run, "loss")) == ("6", None)
    assert shown(run) == ["Error"]


def test_lines_that_are_no_records_are_counted_and_half_a_line_is_waited_for(run):
    run.path.write_text('{"step": 1, "loss": 1.0}\nnonsense\n{"step": "x"}\n{"step": 2, "lo')
    opened(run, 1)
    state(run, "following; 2 lines of the file are no records of a History")
    with run.path.open("a") as file:
        file.write('ss": 2.0}\n')
    wait_for_step(run, 2)
    assert at(run, "loss") == "2"


def test_lines_that_could_not_be_read_are_forgotten_with_their_file(run):
    run.path.write_text("no record\n")
    run.open(run.address)
    state(run, "waiting for the first step; 1 line of the file is no record")
    written(run.path, losses([0.5, 0.25]))
    state(run, "following")
    assert run.text("#state") == "following"


def test_when_watching_is_stopped_the_page_keeps_what_it_has(page, tmp_path):
    path = tmp_path / "run.jsonl"
    written(path, losses([2.0, 1.0]))
    server = WatchServer(FileLines(path), path.name).start()
    page.address = server.address
    opened(page, 2)
    server.stop()
    state(page, "the run is over; this page keeps what it has")
    assert at(page, "loss") == "1"


# --- what is drawn ---


def test_every_metric_and_measurement_has_a_chart_and_all_charts_have_the_same_steps(run):
    with History(path=run.path, every=2) as history:
        trained(history)
    opened(run, 8)
    assert shown(run) == [
        "Loss", "Accuracy", "Norm of all gradients", "Gradient norm by parameter",
        "Update : data", "Dead units", "Saturated units",
    ]  # fmt: skip
    labels = run.run(
        "[...document.querySelectorAll('.chart:not([hidden]) svg[role]')].map(x => x.ariaLabel)"
    )
    assert all("over 8 steps; at step 8: " in label for label in labels)
    assert "validation_accuracy" in labels[1]
    cursors = run.run(
        "[...document.querySelectorAll('.chart:not([hidden]) .cursor')].map(x => x.style.transform)"
    )
    assert len(set(cursors)) == 1
    assert run.run("document.querySelectorAll('.guide').length") == 1
    assert run.run("getComputedStyle(document.querySelector('.guide')).stroke") != "none"
    assert "Dotted: about 1/1000 is good." in run.run("document.querySelector('#run').innerText")


def test_charts_keep_their_order_when_a_metric_comes_later(run):
    rows = [{"step": i, "loss": 1.0, "norm": 1.0 + i / 100} for i in range(1, 4)]
    written(run.path, rows)
    opened(run, 3)
    assert shown(run) == ["Loss", "Norm of all gradients"]
    written(run.path, [*rows, {"step": 4, "accuracy": 0.5}])
    wait_for_step(run, 4)
    assert shown(run) == ["Loss", "Accuracy", "Norm of all gradients"]
    ticks = run.run("document.querySelectorAll('section[aria-label^=Norm] .grid').length")
    assert ticks > 1


def test_no_line_leaves_its_chart_and_no_number_its_room(run):
    with History(path=run.path, every=2) as history:
        trained(history, 20)
    for width in (1280, 390):
        run.resize(width, 844)
        opened(run, 40)
        assert run.run("document.documentElement.scrollWidth") <= width
        outside = run.run(
            """[...document.querySelectorAll('.chart svg[role]')].flatMap((picture) => {
              const room = picture.getBoundingClientRect();
              return [...picture.querySelectorAll('path, text')].filter((x) => {
                const box = x.getBoundingClientRect();
                return box.left < room.left - 1 || box.right > room.right + 1 ||
                  box.top < room.top - 1 || box.bottom > room.bottom + 1;
              }).map((x) => x.outerHTML);
            })"""
        )
        assert outside == []


@pytest.mark.parametrize("spikes", [1, 40])
def test_a_spike_is_drawn_on_a_logarithmic_scale_and_a_click_undoes_it(run, spikes):
    written(run.path, losses([1.0 + 0.1 * (i % 3) for i in range(60)] + [1e4] * spikes))
    opened(run, 60 + spikes)
    assert run.text(".chart .note") == "Logarithmic: a spike would hide the rest."
    run.click(".chart .scale")
    assert run.text(".chart .note") == ""
    assert run.text(".chart .scale") == "Log scale"


def test_a_loss_that_falls_far_has_no_spike(run):
    written(run.path, losses([2.0 * math.exp(-i / 10) for i in range(60)]))
    opened(run, 60)
    assert run.text(".chart .note") == ""


def test_numbers_that_are_not_finite_are_marked_and_counted(run):
    run.path.write_text(
        '{"step": 1, "loss": 1.0}\n{"step": 2, "loss": "nan"}\n'
        '{"step": 3, "loss": Infinity, "x": [NaN]}\n{"step": 4, "loss": 2.0}\n'
    )
    opened(run, 4)
    assert "▲ 2 nan or infinite." in run.text(".chart .note")
    assert run.run("document.querySelectorAll('.chart .odd').length") == 2
    slide(run, 1)
    assert at(run, "loss") == "nan"
    slide(run, 2)
    assert at(run, "loss") == "inf"


def test_zeros_that_a_logarithmic_scale_cannot_show_are_counted(run):
    rows = [{"step": i, "parameters": {"w": {"norm": x}}} for i, x in enumerate([1.0, 0.0], 1)]
    written(run.path, rows)
    opened(run, 2)
    assert run.text(".chart:not([hidden]) .note") == "1 at or below 0 not drawn on a log scale."
    assert run.text("#flow .none") == "zero"


def test_the_mean_neither_lags_nor_is_lifted_by_a_spike(run):
    """Of a line that falls the mean lies on it; a spike stays where it is."""
    written(run.path, losses([math.exp(-i / 50) * (1e6 if i == 200 else 1.0) for i in range(400)]))
    opened(run, 400)
    slide(run, 299)
    legend = [float(x) for x in run.run(
        "[...document.querySelectorAll('.chart .legend b')].map(x => x.textContent)"
    )]  # fmt: skip
    assert legend[1] == pytest.approx(legend[0], rel=0.05)


def test_a_long_run_is_thinned_to_the_pixels_there_are(run):
    rng = np.random.default_rng(0)
    rows = losses(rng.exponential(size=100_000).tolist())
    for row in rows[9::10]:
        row["norm"] = row["loss"]
    written(run.path, rows)
    opened(run, 100_000)
    lengths = run.run(
        "[...document.querySelectorAll('.chart path')].map(x => x.getAttribute('d').length)"
    )
    assert max(lengths) < 60_000
    assert "Pale: from the least to the largest; line: mean around." in run.run(
        "[...document.querySelectorAll('.chart .note')].map(x => x.textContent)"
    )


# --- back through the run ---


def test_the_slider_goes_back_through_the_run_and_follows_again(run):
    with History(path=run.path, every=2) as history:
        trained(history, 4)
    rows = {record["step"]: record for record in history.records if "parameters" in record}
    opened(run, 8)
    run.run("document.querySelector('#slider').focus()")
    run.press("Home")
    run.wait_for("document.querySelector('#step').textContent === '1 of 8'")
    wait_for_step(run, 8)
    assert run.text("#flow .measured") == "step 1"
    table = run.run(
        "[...document.querySelectorAll('#flow tbody tr')]"
        ".map(row => [...row.children].map(cell => cell.textContent))"
    )
    for row, (name, numbers) in zip(table, rows[1]["parameters"].items(), strict=True):
        assert row[0] == name
        assert float(row[2].replace("−", "-")) == pytest.approx(numbers["norm"], rel=1e-3)
    run.press("ArrowRight")
    run.wait_for("document.querySelector('#step').textContent === '2 of 8'")
    assert run.run("document.querySelector('#follow').ariaPressed") == "false"
    run.click("#follow")
    run.wait_for("document.querySelector('#step').textContent === '8 of 8'")
    with History(path=run.path, every=1) as history:
        history.step(0.5)
    wait_for_step(run, 9)
    assert run.text("#step") == "9 of 9"


def test_a_run_that_is_looked_back_at_stays_where_it_is_while_it_grows(run):
    written(run.path, losses([3.0, 2.0, 1.0]))
    opened(run, 3)
    slide(run, 0)
    written(run.path, losses([3.0, 2.0, 1.0, 0.5]))
    wait_for_step(run, 4)
    assert run.text("#step") == "1 of 4"
    assert at(run, "loss") == "3"


def test_a_click_on_a_chart_goes_to_that_step(run):
    written(run.path, losses(range(101, 0, -1)))
    opened(run, 101)
    left, top, width = run.run(
        "(() => { const b = document.querySelector('.chart svg[role]').getBoundingClientRect();"
        "return [b.left, b.top, b.width] })()"
    )
    run.click_at(left + 52 + (width - 62) / 2, top + 80)
    run.wait_for("document.querySelector('#step').textContent !== '101 of 101'")
    step = int(run.text("#step").split()[0])
    assert abs(step - 51) <= 1


def test_the_bars_of_gradients_grow_with_their_norms_on_one_scale_for_all_steps(run):
    norms = [(1.0, 1e-4), (1e-2, 1e-6)]
    rows = [
        {"step": i, "parameters": {"first": {"norm": a}, "last": {"norm": b}}}
        for i, (a, b) in enumerate(norms, 1)
    ]
    written(run.path, rows)
    opened(run, 2)

    def widths():
        return run.run(
            "[...document.querySelectorAll('#flow .bar')].map(x => parseFloat(x.style.width))"
        )

    late = widths()
    slide(run, 0)
    early = widths()
    assert early[0] == pytest.approx(100)
    assert late[1] == pytest.approx(3)
    assert early[0] - late[0] == pytest.approx(early[1] - late[1])


def test_of_many_parameters_seven_are_shown_and_others_can_be_chosen(run):
    names = [f"layers.{i}.{kind}" for i in range(6) for kind in ("weight", "bias")]
    written(run.path, [{"step": 1, "parameters": {name: {"norm": 1.0} for name in names}}])
    opened(run, 1)

    def legend():
        return run.run(
            "[...document.querySelector('.chart:not([hidden]) .legend').children]"
            ".map(x => x.textContent.trim())"
        )

    assert len(legend()) == 7
    run.click("#choice summary")
    assert run.run("document.querySelectorAll('#choice input:disabled').length") == 5
    run.click("#choice input:checked")
    assert len(legend()) == 6
    assert run.run("document.querySelectorAll('#choice input:disabled').length") == 0
    assert run.run("document.activeElement.type") == "checkbox"


def test_the_run_can_be_read_as_a_table(run):
    written(run.path, losses([float(i) for i in range(1, 101)]))
    opened(run, 100)
    run.click("#numbers summary")
    run.wait_for("document.querySelectorAll('#numbers tbody tr').length === 20")
    assert run.text("#numbers thead").startswith("steploss")
    assert run.text("#numbers tbody tr:last-child") == "100100"


# --- what went wrong ---


def test_what_went_wrong_is_said_and_leads_to_its_stepper(run):
    with History(path=run.path, every=1, keep=True) as history:
        for i in range(1, 31):
            loss = Tensor([1.0], label="w", requires_grad=True) * (math.nan if i == 20 else 1.0)
            history.step(loss, batch=(X, T))
    opened(run, 30)
    assert run.text("#events li") == "Step 20 the loss is nan: its graph and backward, step by step"
    assert run.text(".chart:not([hidden]) .event title") == "nan at step 20"
    run.click("#events button")
    run.wait_for("document.querySelector('#step').textContent === '20 of 30'")
    with urllib.request.urlopen(f"{run.address}caught/nan-20", timeout=20) as answer:
        assert answer.read().decode() == history.caught[0].stepper().html
    run.click("#events a")
    run.wait_for("document.querySelector('#graph svg') !== null")
    run.wait_for("document.querySelector('#slider')?.max > 0")
    assert run.text("h1") == "Backward, step by step"


def test_events_without_a_page_say_where_they_are(run):
    rows = losses([1.0, 50.0, 1.0])
    rows[1] |= {"caught": {"spike": 1}}
    rows[2] |= {"caught": {"dead": 1, "nan": 1}, "activations": {"1 ReLU": {"dead": 1.0}}}
    written(run.path, rows)
    opened(run, 3)
    items = run.run("[...document.querySelectorAll('#events li')].map(x => x.textContent)")
    where = ": history.caught in Python has its batch"
    assert items == [
        f"Step 2 a spike, the loss is 50{where}",
        f"Step 3 1 ReLU: dead, all units are 0 for the whole batch{where}",
        f"Step 3 a gradient is not finite{where}",
    ]


# --- for everybody ---


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_of_a_run_breaks_no_rule_of_accessibility(run, scheme, width):
    with History(path=run.path, every=2, keep=True) as history:
        trained(history, 40)
        history.step(math.nan)
    run.resize(width, 844)
    run.prefer(prefers_color_scheme=scheme)
    opened(run, 81)
    for details in ("#numbers", "#choice"):
        run.run(f"document.querySelector('{details}').open = true")
    assert violations(run) == []


def test_names_from_a_file_are_text(run):
    name = "<img src=x onerror=alert(1)>"
    written(run.path, [{"step": 1, name: 1.0, "parameters": {name: {"norm": 1.0}}}])
    opened(run, 1)
    assert run.run("document.querySelectorAll('img').length") == 0
    assert at(run, name) == "1"
    assert run.text("#flow tbody th") == name


def test_a_page_that_still_waits_breaks_no_rule_of_accessibility(run):
    run.open(run.address)
    state(run, "waiting")
    assert violations(run) == []


def test_a_number_that_stands_alone_can_be_seen(run):
    written(run.path, losses([0.5]))
    opened(run, 1)
    shape = "document.querySelector('.chart:not([hidden]) svg[role] .k0 path')"
    assert run.run(f"{shape}.getBBox().width") == 3
    written(run.path, losses([0.5, math.nan, 0.5, 0.25]))
    wait_for_step(run, 4)
    assert run.run(f"{shape}.getAttribute('d').match(/h3/g).length") == 1


def test_long_names_stay_on_a_narrow_page(run):
    name = "encoder_layers_0_self_attention_projection_weight_norm" * 3
    written(run.path, [{"step": 1, name: 0.5, "parameters": {name: {"norm": 1.0}}}])
    run.resize(390, 844)
    opened(run, 1)
    assert run.run("document.documentElement.scrollWidth") == 390
