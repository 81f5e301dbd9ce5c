"""The sweep of learning rate by width: its rows, and that a file keeps what is done."""

from nn.examples import digits_mlp, sweep_digits


def few(**changed):
    return sweep_digits.main(rates=(0.003, 0.1), widths=(4, 16), progress=False, **changed)


def test_a_row_is_what_the_network_of_that_setting_reaches():
    rows = few(epochs=1)

    assert rows.names == ("hidden", "lr", "epochs")
    assert [(row["hidden"], row["lr"]) for row in rows] == [
        (4, 0.003), (4, 0.1), (16, 0.003), (16, 0.1)
    ]  # fmt: skip
    alone = digits_mlp.main(epochs=1, hidden=16, lr=0.1, progress=False)
    assert {name: rows[3][name] for name in alone} == alone


def test_a_wider_network_at_a_higher_rate_reads_more_digits():
    rows = few()
    assert rows.best("validation_accuracy", mode="max") == rows[3]
    assert rows[3]["validation_accuracy"] >= 0.95


def test_what_stands_in_a_file_is_not_run_again(tmp_path):
    path = tmp_path / "sweep.jsonl"
    assert few(epochs=1, path=path) == few(epochs=1, path=path)  # seconds, too
