"""A run stopped in mid-epoch goes on in new processes, with other workers, to the same bits."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]

RUN = """
    import sys
    import executors
    import numpy as np
    import nn


    class Stop(nn.Callback):
        def __init__(self, parallel, step):
            self.parallel, self.step = parallel, step

        def before_batch(self, run):
            if self.parallel.step == self.step:
                raise SystemExit  # as at a machine's end


    def main(name, path, first, last):
        nn.manual_seed(3)
        model = nn.Sequential(
            nn.Linear(3, 4, rng=0), nn.BatchNorm1d(4), nn.Dropout(0.3, rng=1), nn.Dropout(0.1),
            nn.Linear(4, 2, rng=2),
        )
        optimizer = nn.AdamW(model.parameters(), lr=0.05)
        schedule = nn.CosineAnnealingLR(optimizer, 20)
        rng = np.random.default_rng(0)
        data = rng.normal(size=(68, 3)), rng.integers(0, 2, 68)
        loader = nn.DataLoader(data, batch_size=16, shuffle=True, rng=0)
        history = nn.EpochHistory()
        with executors.Executors() as opened:
            parallel = nn.Parallel(opened(name), shards=2, seed=7)
            parts = dict(
                model=model, optimizer=optimizer, schedule=schedule, loader=loader,
                history=history, parallel=parallel,
            )
            if first:
                nn.load_training(path, **parts)
            callbacks = [
                Stop(parallel, last), nn.StepSchedule(schedule, every="batch"),
                nn.SaveTraining(path, every=1, **parts),
            ]
            nn.fit(
                model, nn.CrossEntropyLoss(), optimizer, loader, 4 - len(history),
                history=history, parallel=parallel, callbacks=callbacks, progress=False,
                metrics={"accuracy": nn.accuracy},
            )
        rows = [{k: x for k, x in row.items() if k != "seconds"} for row in history.rows]
        print(model.state_dict(), optimizer.state_dict(), schedule.state_dict(), rows)


    if __name__ == "__main__":
        main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
"""


@pytest.mark.slow
def test_a_run_goes_on_in_new_processes_with_other_workers(tmp_path):
    script = tmp_path / "run.py"
    script.write_text(textwrap.dedent(RUN))

    def run(executor, path, first, last):
        places = os.pathsep.join([str(TESTS), *sys.path])
        done = subprocess.run(
            [sys.executable, script, executor, tmp_path / path, str(first), str(last)],
            capture_output=True, text=True, timeout=120, env={**os.environ, "PYTHONPATH": places},
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    expected = run("none", "straight.npz", 0, -1)
    assert run("dask 2", "stopped.npz", 0, 3) == ""
    assert run("dask 3", "stopped.npz", 3, 9) == ""
    assert run("processes", "stopped.npz", 9, 17) == ""
    assert run("none", "stopped.npz", 17, -1) == expected
    assert "accuracy" in expected
