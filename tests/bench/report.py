"""What a run shows: Markdown tables, the bars beside what was measured, the text of the page."""

import platform
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from bench.contenders import COMPILED_NN, CONTENDERS, NN, PEERS, why_not
from bench.contest import COMPILED, HAND, OURS
from bench.threads import ONE, TWO


def three(x):
    """Three digits of a number, or all before its point."""
    return f"{x:.3g}" if x < 999.5 else f"{x:.0f}"


def seconds(x):
    """A duration with its unit, three digits of it."""
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if x >= scale:
            return f"{three(x / scale)} {unit}"
    return f"{three(1e9 * x)} ns"


def size(count):
    """Bytes with their unit, three digits of it."""
    for unit, scale in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= scale:
            return f"{three(count / scale)} {unit}"
    return f"{count:.0f} B"


def times(x):
    """A ratio, to two places below ten."""
    return f"{x:.2f}" if x < 9.995 else three(x)


def table(header, rows):
    """Markdown: the first column is text, the others are numbers."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def columns(results):
    """The contenders of some results, in the order of `CONTENDERS`."""
    there = {name for r in results for name in r.cpu}
    order = [HAND, OURS, COMPILED, NN, COMPILED_NN, *CONTENDERS]
    return sorted(there, key=lambda name: order.index(name) if name in order else len(order))


def race_table(results):
    """A line a workload; a peer's number is its CPU time as a multiple of twingrad's."""
    others = [name for name in columns(results) if name not in (HAND, OURS)]
    rows = []
    for r in results:
        cells = [r.name, seconds(r.seconds()), seconds(r.wall_seconds())]
        cells.append(seconds(r.seconds() / r.units) if r.units > 1 else "")
        cells.append(times(r.ratio(OURS, HAND)))
        rows.append(cells + [times(r.ratio(name)) if name in r.cpu else "" for name in others])
    header = ["workload", "twingrad, CPU", "wall", "an op", "/ by hand"]
    return table(header + [f"{name} /" for name in others], rows)


def compiled_table(results):
    """A line a workload that was compiled: how fast it is, and from which step on that pays."""
    others = ("micrograd", "torch", "jax")
    rows = []
    for r in results:
        if COMPILED not in r.cpu:
            continue
        cells = [r.name, seconds(r.seconds(COMPILED)), times(r.ratio(COMPILED, HAND))]
        cells += [times(r.ratio(name, COMPILED)) if name in r.cpu else "" for name in others]
        for name in (COMPILED, "jax"):
            there = name in r.cpu
            cells.append(seconds(r.compile_seconds(name)) if there else "")
            cells.append(f"{r.pays_from(name):,}".replace("inf", "never") if there else "")
        rows.append(cells)
    header = ["workload", "compiled, CPU", "/ by hand", *(f"{name} / compiled" for name in others)]
    return table([*header, "to compile", "pays from step", "jax.jit", "pays from step"], rows)


def thread_table(results):
    """What two threads take beside one, on the clock and in CPU time."""
    rows = [
        [
            r.name,
            seconds(r.wall_seconds(ONE)),
            seconds(r.wall_seconds(TWO)),
            times(r.wall_seconds(ONE) / r.wall_seconds(TWO)),
            times(r.ratio(TWO, ONE)),
        ]
        for r in results
    ]
    return table(["workload", "one thread, wall", "two", "times as fast", "times the CPU"], rows)


def memory_table(results):
    """A line a workload: bytes at peak, of those whose memory tracemalloc sees."""
    shown = [name for name in columns(results) if any(name in r.peak for r in results)]
    rows = []
    for r in results:
        one = size(r.peak[OURS] / r.units) if r.units > 1 else ""
        rows.append([r.name, one, *[size(r.peak[n]) if n in r.peak else "" for n in shown]])
    return table(["peak memory", "twingrad, an op", *shown], rows)


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


def than(peer, workload, limit, ours=OURS):
    """So many times as fast as a peer."""
    what = f"{workload}: {peer} / {ours}"
    return Bar(what, lambda results, _: results[workload].ratio(peer, ours), limit, True)


def by_hand(workload, limit, ours=OURS, to=HAND):
    """So many times as slow as what is written by hand, or as a peer."""
    what = f"{workload}: {ours} / {to}"
    return Bar(what, lambda results, _: results[workload].ratio(ours, to), limit)


def compiled_in(workload, limit):
    """At most so many seconds to compile."""
    what = f"{workload}: seconds to compile"
    return Bar(what, lambda results, _: results[workload].compile_seconds(), limit)


def dearest_row(_, costs):
    """The largest backward time of a row, as a multiple of +'s."""
    if not costs:
        raise KeyError("rows")
    return max(cost.to_add for cost in costs.values())


def bytes_a_node(results, _):
    """Of the longest chain."""
    longest = results["chain of 1,000,000"]
    return longest.peak[OURS] / longest.units


def compiled_peak(results, _):
    """MiB of a compiled step, beside what it keeps from step to step."""
    return results["20 elementwise ops on 1e6, float32"].peak[COMPILED] / 2**20


def eager_peak(results, _):
    """MiB of a step that is not compiled."""
    return results["20 elementwise ops on 1e6, float64"].peak[OURS] / 2**20


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
    # torch's allocator has 114 at peak
    Bar("20 elementwise ops on 1e6, float64: MiB at peak", eager_peak, 114),
    by_hand("tensor MLP 2-16-16-1, plain operators", 2.2),
    by_hand("gather 4096×8 of 27 rows of 32", 1.2),
    by_hand("gather and scatter-add", 1.2),
    than("micrograd", "README expression", 40, COMPILED),
    than("micrograd", "moons MLP step, plain operators", 150, COMPILED),
    by_hand("moons MLP step, plain operators", 1.0, COMPILED),
    by_hand("chain of 100,000", 1.15, COMPILED),
    by_hand("dot of 10,000", 1.5, COMPILED),
    by_hand("tensor MLP 2-16-16-1, plain operators", 0.95, COMPILED),
    by_hand("MLP 784-256-128-10, float32", 1.0, COMPILED),
    by_hand("MLP 784-256-128-10, float64", 1.0, COMPILED),
    by_hand("20 elementwise ops on 1e6, float64", 0.6, COMPILED),
    by_hand("20 elementwise ops on 1e6, float32", 0.7, COMPILED),
    Bar("20 elementwise ops on 1e6, float32: MiB at peak", compiled_peak, 10),
    by_hand("conv net, float32", 0.95, COMPILED),
    by_hand("transformer block, float32", 1.1, COMPILED, "torch"),
    by_hand("gather 4096×8 of 27 rows of 32", 1.05, COMPILED),
    by_hand("gather and scatter-add", 1.05, COMPILED),
    compiled_in("moons MLP step, plain operators", 1.5),
    compiled_in("MLP 784-256-128-10, float64", 0.1),
    compiled_in("conv net, float32", 0.1),
    compiled_in("transformer block, float32", 0.1),
    compiled_in("chain of 1,000,000", 5.0),
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


# --- the machine, and the section of docs/benchmarks.md ---


def machine():
    """Processor, system, and the versions of everything that took part."""
    info = Path("/proc/cpuinfo")
    text = info.read_text(encoding="utf-8") if info.exists() else ""
    named = [line.split(": ", 1)[1] for line in text.splitlines() if line.startswith("model name")]
    processor = named[0] if named else platform.processor() or platform.machine()
    there = [f"{name} {version(name)}" for name in ("numpy", *PEERS) if not why_not(name)]
    python = platform.python_version()
    return f"{processor}, {platform.system()}, Python {python}, {', '.join(there)}"


def folded(title, text):
    """Markdown that a page shows when its title is clicked."""
    return f"<details><summary>{title}</summary>\n\n{text}\n\n</details>"


def compiled_part(results):
    """What compiling gives, of those that were compiled; nothing if none was."""
    results = [r for r in results if COMPILED in r.cpu]
    if not results:
        return ""
    return (
        "`compiled` is the whole step under `engine.compile`, layers of nn a node each step; from "
        "the step on that is given it takes less time in all than eager, compiling included.\n\n"
        + compiled_table(results)
    )


def section(results, grown, costs, shared=()):
    """Everything that was measured, as Markdown."""
    parts = [
        f"On {machine()}; one thread, garbage collector on. A step is forward and backward; "
        "contenders agree in loss and gradients, then take turns in one run, and a ratio is the "
        "median of the turns' ratios of CPU time: `/ by hand` is twingrad / by hand, `torch /` is "
        "torch / twingrad, so that more than 1 is slower than twingrad.",
        race_table(results) if results else "",
        compiled_part([*results, *grown]),
        bar_table([*results, *grown], costs),
        folded("What a step grows with", race_table(grown)) if grown else "",
        folded("What a second thread brings", thread_table(shared)) if shared else "",
        folded("A node of the scalar tier, by op", row_table(costs)) if costs else "",
        folded("Memory, as far as Python and NumPy allocate it", memory_table([*results, *grown]))
        if results or grown
        else "",
        *[f"Left out: {peer}, {why_not(peer)}." for peer in PEERS if why_not(peer)],
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def renewed(text, body, about="benchmark"):
    """A page with what stands between the markers of something replaced."""
    marks = f"<!-- {about}: begin -->", f"<!-- {about}: end -->"
    before, begin, rest = text.partition(marks[0])
    _, end, after = rest.partition(marks[1])
    if not begin or not end:
        raise ValueError(f"the page has no {marks[0]} … {marks[1]}")
    return f"{before}{begin}\n{body}{end}{after}"
