"""The command: run the workloads, print what they show; after all of them, renew the page."""

import argparse
import sys
from pathlib import Path

import engine
from bench import arrays, growth, networks, peers, report, rows, scalars, threads
from bench.chart import TITLE, chart
from bench.contenders import UNTRACED
from bench.contest import measure

#: What the table of ops is called where workloads are chosen.
OPS = "ops by row"

CHART = ".github/benchmark.svg"
PAGE = "docs/benchmarks.md"


def arguments(argv):
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="python tests/bench", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="WORD", help="workloads with it in their name")
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument(
        "--peers", action="store_true", help="ask what each library can do, and time nothing"
    )
    return parser.parse_args(argv)


def main(argv, root):
    """Measure, print, and renew page and chart where all of this clone was measured."""
    asked = arguments(argv)
    if asked.peers:
        peers.renew(root)
        return
    rounds, turn = (5, 0.02) if asked.quick else (15, 0.05)

    def wanted(name):
        chosen = not asked.only or any(word.lower() in name.lower() for word in asked.only)
        if chosen:
            print(name, "…", file=sys.stderr, flush=True)
        return chosen

    def measured(*modules):
        return [
            measure(workload, rounds, turn, UNTRACED)
            for module in modules
            for workload in module.workloads()
            if wanted(workload.name)
        ]

    results = measured(scalars, arrays, networks)
    grown, shared = measured(growth), measured(threads)
    costs = rows.measure(rounds, turn) if wanted(OPS) else {}
    body = report.section(results, grown, costs, shared)
    print(body)
    if not asked.only and not asked.quick and Path(engine.__file__).is_relative_to(root):
        (root / CHART).write_text(chart(results), encoding="utf-8")
        page = root / PAGE
        text = report.renewed(page.read_text(encoding="utf-8"), f"![{TITLE}](../{CHART})\n\n{body}")
        page.write_text(text, encoding="utf-8")
