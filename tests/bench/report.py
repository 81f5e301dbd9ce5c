"""What a run shows: Markdown tables, and the bars beside what was measured."""

from collections.abc import Callable
from dataclasses import dataclass

from bench.contenders import PEERS, why_not
from bench.contest import HAND, OURS


def seconds(x):
    """A duration with its unit, three digits of it."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if x >= scale:
            return f"{x / scale:.3g} {unit}" if x < 999.5 * scale else f"{x / scale:.0f} {unit}"
    return f"{x / 1e-9:.3g} ns"


def size(count):
    """Bytes with their unit."""
    for unit, scale in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= scale:
            return f"{count / scale:.3g} {unit}" if count < 1000 * scale else f"{count} B"
    return f"{count} B"


def times(x):
    """A ratio, two or three digits of it."""
    return f"{x:.0f}" if x >= 99.5 else f"{x:.3g}" if x >= 9.995 else f"{x:.2f}"


def table(header, rows):
    """Markdown: the first column is text, the others are numbers."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def race_table(results):
    """A row for each workload; a peer's number is its CPU time as a multiple of twingrad's."""
    others = [n for n in dict.fromkeys(n for r in results for n in r.cpu) if n not in (HAND, OURS)]
    rows = []
    for r in results:
        cells = [r.name, seconds(r.seconds()), seconds(r.wall_seconds()), size(r.peak[OURS])]
        if r.units > 1:
            cells.append(f"{seconds(r.seconds() / r.units)}, {r.peak[OURS] / r.units:.0f} B")
        else:
            cells.append("")
        cells += [times(r.ratio(OURS, HAND)), size(r.peak[HAND])]
        cells += [times(r.ratio(n)) if n in r.cpu else "" for n in others]
        rows.append(cells)
    header = ["workload", "CPU", "wall", "peak", "each op", "× by hand", "its peak", *others]
    return table(header, rows)


def row_table(costs):
    """A row of the table a line: what a node of it costs."""
    return table(
        ["op", "forward, ns", "backward, ns", "backward / that of +", "micrograd"],
        [
            [
                name,
                f"{cost.forward:.0f}",
                f"{cost.backward:.0f}",
                times(cost.to_add),
                times(cost.micrograd) if cost.micrograd else "",
            ]
            for name, cost in costs.items()
        ],
    )


# --- the bars ---


@dataclass(frozen=True)
class Bar:
    """What is to hold: a number of the run that is at most, or at least, a limit.

    `measured(results, costs)` raises KeyError where the run has not what it needs.
    """

    what: str
    measured: Callable
    limit: float
    at_least: bool = False

    def holds(self, value):
        """Whether a value keeps to the limit."""
        return value >= self.limit if self.at_least else value <= self.limit


def than(peer, workload, limit):
    """So many times as fast as a peer."""
    what = f"{workload}: {peer} / twingrad"
    return Bar(what, lambda results, _: results[workload].ratio(peer), limit, True)


def by_hand(workload, limit):
    """So many times as slow as what is written by hand."""
    what = f"{workload}: twingrad / by hand"
    return Bar(what, lambda results, _: results[workload].ratio(OURS, HAND), limit)


def dearest_row(_, costs):
    """The largest backward time of a row, as a multiple of +'s."""
    if not costs:
        raise KeyError("rows")
    return max(cost.to_add for cost in costs.values())


def bytes_a_node(results, _):
    """Of the longest chain."""
    longest = results["chain of 1,000,000"]
    return longest.peak[OURS] / longest.units


def above_numpy(results, _):
    """Microseconds an op, forward and backward, of the op that a Tensor adds most to."""
    small = [r for name, r in results.items() if name.startswith("4×4")]
    if not small:
        raise KeyError("4×4")
    return max(1e6 * (r.seconds() - r.seconds(HAND)) / r.units for r in small)


BARS = (
    than("micrograd", "README expression", 4),
    than("micrograd", "least-squares loop", 2),
    than("micrograd", "moons MLP step, plain operators", 12),
    Bar("dearest row: backward / that of +", dearest_row, 2),
    than("micrograd", "chain of 100,000", 7),
    than("micrograd", "dot of 10,000", 5),
    Bar("chain of 1,000,000: bytes a node at peak", bytes_a_node, 174),
    Bar("dearest Tensor op on 4×4: µs above bare NumPy", above_numpy, 1.0),
    by_hand("tensor MLP 2-16-16-1, plain operators", 2.2),
    by_hand("gather 4096×8 of 27 rows of 32", 1.2),
    by_hand("gather and scatter-add", 1.2),
)


def bar_table(results, costs):
    """The bars that the run has numbers for."""
    results = {r.name: r for r in results}
    rows = []
    for bar in BARS:
        try:
            value = bar.measured(results, costs)
        except KeyError:
            continue
        sign = "≥" if bar.at_least else "≤"
        verdict = "holds" if bar.holds(value) else "missed"
        rows.append([bar.what, times(value), f"{sign} {bar.limit:g}", verdict])
    return table(["what", "measured", "bar", ""], rows) if rows else ""


def absent():
    """The peers that take no part, with the reason; a line each."""
    return "\n".join(f"{peer}: {why_not(peer)}" for peer in PEERS if why_not(peer))
