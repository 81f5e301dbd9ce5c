"""Run the workloads and print what they show."""

import argparse
import sys

from bench import arrays, rows, scalars
from bench.contenders import UNTRACED
from bench.contest import measure
from bench.report import absent, bar_table, race_table, row_table

OPS = "ops by row"


def arguments(argv):
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="python tests/bench", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="WORD", help="workloads with it in their name")
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    return parser.parse_args(argv)


def main(argv, root):
    """The command."""
    asked = arguments(argv)
    rounds, turn = (5, 0.02) if asked.quick else (15, 0.05)

    def wanted(name):
        return not asked.only or any(word.lower() in name.lower() for word in asked.only)

    results, costs = [], {}
    for module in (scalars, arrays):
        for workload in module.workloads():
            if wanted(workload.name):
                print(workload.name, "…", file=sys.stderr, flush=True)
                results.append(measure(workload, rounds, turn, UNTRACED))
    if wanted(OPS):
        print(OPS, "…", file=sys.stderr, flush=True)
        costs = rows.measure(rounds, turn)
    parts = [
        race_table(results) if results else "",
        row_table(costs) if costs else "",
        bar_table(results, costs),
        absent(),
    ]
    print("\n\n".join(part for part in parts if part))
