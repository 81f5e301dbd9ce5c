"""Ctrl-C in a terminal, which goes to all processes of a group: only the run ends."""

import os
import subprocess
import sys
import textwrap

import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no groups of processes")

RUN = """
    import multiprocessing, os, signal, sys, threading
    from concurrent.futures import ProcessPoolExecutor
    import numpy as np
    import nn


    class CtrlC(nn.Callback):
        def __init__(self, step):
            self.step, self.seen = step, 0

        def before_batch(self, run):
            self.seen += 1
            if self.seen == self.step:
                threading.Timer(0.0, os.killpg, (0, signal.SIGINT)).start()


    def trained(executor, stops):
        nn.manual_seed(3)
        model = nn.Sequential(
            nn.Linear(3, 4, rng=0), nn.BatchNorm1d(4), nn.Dropout(0.3, rng=1),
            nn.Linear(4, 2, rng=2),
        )
        optimizer = nn.AdamW(model.parameters(), lr=0.05)
        rng = np.random.default_rng(0)
        data = rng.normal(size=(240, 3)), rng.integers(0, 2, 240)
        loader = nn.DataLoader(data, batch_size=6, shuffle=True, rng=0)
        parallel = nn.Parallel(executor, shards=2)
        for stop in stops:
            history = nn.fit(
                model, nn.CrossEntropyLoss(), optimizer, loader, 2,
                parallel=parallel, progress=False, callbacks=[CtrlC(stop)],
            )
            print(history.stopped, end=" ")
        while parallel.step < 80:
            loss = nn.CrossEntropyLoss()
            nn.fit(model, loss, optimizer, loader, parallel=parallel, progress=False)
        return repr((model.state_dict(), optimizer.state_dict()))


    if __name__ == "__main__":
        # where the suite runs in the background, it is ignored
        signal.signal(signal.SIGINT, signal.default_int_handler)
        expected, stops = trained(None, []), [int(x) for x in sys.argv[2:]]
        if sys.argv[1] == "dask":
            from distributed import Client, LocalCluster

            with (
                LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
                Client(cluster) as client,
            ):
                found = trained(client, stops)
        else:
            context = multiprocessing.get_context(sys.argv[1])
            with ProcessPoolExecutor(2, mp_context=context) as pool:
                found = trained(pool, stops)
        print("same" if found == expected else "different")
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="process groups and fork are POSIX")
@pytest.mark.parametrize("kind", ["fork", "spawn", "dask"])
def test_a_run_ends_after_its_batch_and_goes_on_to_the_same_bits(tmp_path, kind):
    """Twice: workers that the first one found idle, or starting, must be there for the rest."""
    script = tmp_path / "run.py"
    script.write_text(textwrap.dedent(RUN))
    done = subprocess.run(
        [sys.executable, script, kind, "7", "9"],
        capture_output=True, text=True, timeout=180, start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert done.stdout.split() == ["interrupted", "interrupted", "same"], done.stderr
