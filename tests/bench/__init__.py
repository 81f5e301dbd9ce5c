"""The benchmark: what users write, run by twingrad, by hand and by the peers that are installed.

    python tests/bench                    # everything; renews docs/benchmarks.md and its chart
    python tests/bench --quick            # fewer rounds
    python tests/bench --only moons chain # the workloads with a word in their name
    python tests/bench --peers            # what each library can do; renews docs/comparison.md

Another twingrad than this clone's is measured with its folder in PYTHONPATH.  Peers are left out
where they are not installed: `pip install -e '.[bench]'`.

In the order of reading: `contest` (agree, take turns, ratios), `contenders` (one function a
library: how it gives a loss and its gradients), the workloads (`scalars`, `rows`, `arrays`,
`networks`, `growth`, `threads`), `report` (tables, bars), `chart`, `command`; and, of what is
not timed, `asked` and `peers`.

`bench_checkpoint.py`, `bench_forward.py`, `bench_history.py`, `bench_optim.py` and
`bench_parallel.py` are commands of their own, for what has no such program.
"""
