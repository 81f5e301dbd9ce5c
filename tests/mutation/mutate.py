"""Mutation testing: plant one small error at a time, and see whether a test fails.

    python tests/mutation/mutate.py                          every mutant not tried yet
    python tests/mutation/mutate.py --sample 500 --seed 7    a random sample
    python tests/mutation/mutate.py --only engine/ops.py --again    try again what survived
    python tests/mutation/mutate.py --report                 what is known so far

The tools of PyPI do not fit: mutmut leaves out decorated functions and all that stands outside
functions, and there the derivatives are; cosmic-ray and mutatest start the tests afresh for each
mutant.

How it works: everything is copied to `.mutation/tree`.  One run of the tests notes which test
reaches which line, and how long it takes.  Then, mutant by mutant: write the file with the error
in it, fork a process in which pytest is imported already, and run in it the tests that reach the
line, cheap ones first, until one fails.  A survivor has passed all of them, as far as `--budget`
goes.  Results are kept in `.mutation/results.jsonl`; start it again and it goes on.

The largest sample (seed 2) had 1,468 of 7,326 mutants: 95.0 % were killed, and 99.4 % of those that
do not just do the same, or the same slower.  Tests had been added for what earlier parts of it
showed; of its last 213, which no test had been written for, 93.0 % and 97.1 %.

Two fresh ones (seeds 20261130 and 20261201, 489 mutants) began at 92.6 % and 97.0 %: what to expect
of those not tried.  With tests for the eleven that showed something, and reasons for the rest, they
ended at 94.9 % and 99.4 %.

`survivors.txt`, beside this file, gives the reason of each mutant that no test need notice; those
count as survivors, and are tried with `--again` only.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import random
import re
import resource
import shutil
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SCOPE = ("engine", "nn/layers", "nn/losses", "nn/optim")
#: Their subject is other packages, pages or pictures; several take minutes.
NOT_RUN = re.compile(
    "test_(cli|course_.*|demo|difference|dot|fold|heat|history|hosted|lab|machine|make|marks|micrograd"
    "|names|notebooks|pages|plots|project|readme|render|side_by_side|stepper|architecture).py"
)
WORK = ROOT / ".mutation"
TREE = WORK / "tree"
REACH, SECONDS, RESULTS = WORK / "reach.coverage", WORK / "seconds.json", WORK / "results.jsonl"
KNOWN = Path(__file__).with_name("survivors.txt")
UNSEEN = ("equivalent", "speed")  # how reasons begin of what no test of numbers can see
KILLED, TIMEOUT, SURVIVED, UNREACHED = "killed", "timeout", "survived", "not reached"

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in conftest.py

import coverage  # noqa: E402  (what every child needs is imported once, here)
import hypothesis.extra.numpy  # noqa: E402, F401
import numpy as np  # noqa: E402, F401
import pytest  # noqa: E402
from mutants import Mutant, mutants  # noqa: E402

PYTEST = ["-q", "-x", "-p", "no:cacheprovider", "-p", "_hypothesis_pytestplugin", "--tb=no"]


# --- the copy, and which tests reach which lines --------------------------------------------------


def sources() -> list[str]:
    """The files that are mutated."""
    return [
        str(path.relative_to(ROOT))
        for folder in SCOPE
        for path in sorted((ROOT / folder).rglob("*.py"))
    ]


def test_files() -> list[str]:
    """What pytest is given: test files, and the packages' own files for their doctests."""
    paths = [p for p in sorted((ROOT / "tests").rglob("test_*.py")) if not NOT_RUN.match(p.name)]
    paths += [p for package in ("engine", "nn") for p in sorted((ROOT / package).rglob("*.py"))]
    return [str(p.relative_to(ROOT)) for p in paths if "browser" not in p.parts]


def digest(paths: Iterable[Path]) -> str:
    """Changes when one of the files does."""
    return hashlib.sha1(b"".join(p.read_bytes() for p in paths)).hexdigest()


def copy_tree() -> None:
    """Bring the copy up to date; a file that is the same keeps its time, and so its bytecode."""
    for name in ("engine", "nn", "viz", "notebooks", "tests", ".ci"):
        there = {p.relative_to(ROOT) for p in (ROOT / name).rglob("*") if p.is_file()}
        for old in {p.relative_to(TREE) for p in (TREE / name).rglob("*.*") if p.is_file()} - there:
            if old.suffix != ".pyc":
                (TREE / old).unlink()
        for path in there:
            if path.suffix != ".pyc":
                _copy(path)
    for path in ROOT.glob("*.*"):
        if path.is_file():
            _copy(path.relative_to(ROOT))


def _copy(path: Path) -> None:
    new = TREE / path
    if not new.exists() or new.read_bytes() != (ROOT / path).read_bytes():
        new.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, new)


class Recorder:
    """A pytest plugin: which lines each test reaches, and how long tests and their imports take."""

    def __init__(self, measured: coverage.Coverage) -> None:
        self.measured = measured
        self.seconds: dict[str, float] = defaultdict(float)
        self.failed: set[str] = set()

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Any:
        start = time.perf_counter()
        report = yield
        self.seconds[collector.nodeid.partition("::")[0]] += time.perf_counter() - start
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        self.measured.switch_context(item.nodeid)
        result = yield
        self.measured.switch_context("")
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] += report.duration
        if report.outcome != "passed":
            self.failed.add(report.nodeid)


def record() -> None:
    """Note which test reaches which line: of all tests, or only of those that changed."""
    noted = json.loads(SECONDS.read_text()) if SECONDS.exists() else {"digests": {}, "seconds": {}}
    now = {name: digest([ROOT / name]) for name in test_files()}
    now["sources"] = digest(
        p for package in ("engine", "nn") for p in sorted((ROOT / package).rglob("*.py"))
    )
    afresh = noted["digests"].get("sources") != now["sources"]
    changed = [name for name in test_files() if afresh or noted["digests"].get(name) != now[name]]
    if not changed:
        return
    print(f"noting what {len(changed)} files of tests reach …", flush=True)
    measured = coverage.Coverage(
        data_file=str(REACH), source=[str(TREE / p) for p in ("engine", "nn")], config_file=False
    )
    if afresh:
        REACH.unlink(missing_ok=True)
        noted["seconds"] = {}

    def run() -> int:
        recorder = Recorder(measured)
        if not afresh:
            measured.load()
        measured.start()
        pytest.main([*PYTEST[:1], *PYTEST[2:], *changed], plugins=[recorder])
        measured.stop()
        measured.save()
        seconds = {t: s for t, s in recorder.seconds.items() if t not in recorder.failed}
        kept = {t: s for t, s in noted["seconds"].items() if t.partition("::")[0] not in changed}
        SECONDS.write_text(json.dumps({"digests": now, "seconds": kept | seconds}))
        print(f"{len(recorder.failed)} tests fail or are skipped, and are not used")
        return 0

    forked(run, timeout=7200, quiet=False)


class Reach:
    """Which tests reach the lines of a file."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = json.loads(SECONDS.read_text())["seconds"]
        self.data = coverage.CoverageData(str(REACH))
        self.data.read()
        self.lines: dict[str, dict[int, list[str]]] = {}
        readers = {name for name in test_files() if "registry" in (ROOT / name).read_text()}
        self.of_the_registry = {
            test for test in self.seconds if "::" in test and test.partition("::")[0] in readers
        }

    def tests(self, file: str, first: int, last: int) -> set[str]:
        if file not in self.lines:
            self.lines[file] = self.data.contexts_by_lineno(str(TREE / file))
        lines = range(first, last + 1)
        found = {test for line in lines for test in self.lines[file].get(line, ())}
        return {test for test in found if test in self.seconds and "::" in test}

    def of(self, mutant: Mutant) -> set[str]:
        """Tests that reach the mutant.

        What is worked out on import is no line that a test runs.  So of that also the tests whose
        file reads the registry; and of a row, a constant or a default those that are named after
        it or reach where the name is used.
        """
        tests = self.tests(mutant.file, *mutant.lines)
        if mutant.name or not tests:
            tests |= self.tests(mutant.file, *mutant.around)
        if not tests:  # runs on import only
            tests = self.tests(mutant.file, 1, 10**6)
        for name in re.findall(r"\w+", mutant.name):
            word = re.compile(rf"\b{name}\b")
            tests |= {test for test in self.seconds if "::" in test and word.search(test)}
            for file in sources():
                for number, line in enumerate((ROOT / file).read_text().splitlines(), 1):
                    if word.search(line):
                        tests |= self.tests(file, number, number)
        first, last = mutant.lines
        lines = self.lines[mutant.file]
        on_import = any("" in lines.get(number, ()) for number in range(first, last + 1))
        return tests | self.of_the_registry if mutant.name or on_import else tests

    def stages(self, mutant: Mutant, tests: set[str], budget: float) -> list[list[str]]:
        """The tests in the order to try them: a few cheap files first, then the rest.

        Tests named after what is mutated come first.  Of each test function one case comes before
        the second of any, so that what does not fit into the budget is the hundredth of something.
        """
        about = re.compile("|".join(rf"\b{word}\b" for word in re.findall(r"\w+", mutant.where)))
        by_function: dict[str, list[str]] = defaultdict(list)
        for test in sorted(tests, key=lambda t: (self.seconds[t], t)):
            by_function[test.partition("[")[0]].append(test)
        turn = {test: n for cases in by_function.values() for n, test in enumerate(cases)}
        order = sorted(tests, key=lambda t: (not about.search(t), turn[t], self.seconds[t], t))
        functions = Counter(function.partition("::")[0] for function in by_function)
        cost = {file: self.seconds.get(file, 0.1) + 0.05 for file in functions}
        first_files = sorted(functions, key=lambda f: -functions[f] / cost[f])[:4]
        first = self._within([t for t in order if t.partition("::")[0] in first_files], 3.0)
        rest = self._within([t for t in order if t not in set(first)], budget)
        return [stage for stage in (first, rest) if stage]

    def _within(self, order: list[str], budget: float) -> list[str]:
        taken, spent = [], 0.0
        for test in order:
            spent += self.seconds[test]
            if taken and spent > budget:
                break
            taken.append(test)
        return taken


# --- running --------------------------------------------------------------------------------------


class Chosen:
    """A pytest plugin: only these tests, in this order; and which of them failed."""

    def __init__(self, tests: list[str]) -> None:
        self.order = {test: n for n, test in enumerate(tests)}
        self.failed = "an import"

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if item.nodeid in self.order]
        items.sort(key=lambda item: self.order[item.nodeid])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed = report.nodeid


def forked(run: Callable[[], int], timeout: float, quiet: bool = True) -> int | None:
    """What `run` returns in a child process in the copy; None where it takes too long."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        code = 99
        try:
            os.setsid()
            os.chdir(TREE)
            sys.path[:] = [str(TREE), *(p for p in sys.path if p not in ("", str(ROOT)))]
            os.environ["PYTHONPATH"] = str(TREE)
            if quiet:
                os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
                sys.dont_write_bytecode = True
                silence = os.open(os.devnull, os.O_WRONLY)
                os.dup2(silence, 1)
                os.dup2(silence, 2)
                resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
            code = run()
        finally:
            sys.stdout.flush()
            os._exit(code)
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def try_one(mutant: Mutant, reach: Reach, budget: float) -> dict[str, Any]:
    """Plant the mutant, run the tests that reach it, and put the file back."""
    start = time.monotonic()
    tests = reach.of(mutant)
    path = TREE / mutant.file
    original, times = path.read_text(), path.stat()
    by = WORK / "failed.txt"
    by.write_text("")
    verdict = SURVIVED if tests else UNREACHED
    path.write_text(mutant.applied(original))
    try:
        for stage in reach.stages(mutant, tests, budget):

            def run(stage: list[str] = stage) -> int:
                chosen = Chosen(stage)
                files = list(dict.fromkeys(test.partition("::")[0] for test in stage))
                code = int(pytest.main([*PYTEST, *files], plugins=[chosen]))
                by.write_text(chosen.failed)
                return code

            code = forked(run, 20 + 4 * sum(reach.seconds[test] for test in stage))
            if code not in (0, 5):  # 5: no such tests any more, as where a row has lost its name
                if code in (3, 4, -signal.SIGINT, -signal.SIGTERM):
                    raise RuntimeError(f"pytest itself ended with {code}, on {mutant.key}")
                verdict = TIMEOUT if code is None else KILLED
                break
    finally:
        path.write_text(original)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    return {
        "key": mutant.key, "verdict": verdict, "by": by.read_text() if verdict == KILLED else "",
        "tests": len(tests),
        "seconds": round(time.monotonic() - start, 2), "line": mutant.lines[0],
    }  # fmt: skip


# --- results --------------------------------------------------------------------------------------


def results() -> dict[str, dict[str, Any]]:
    """The last result of each mutant tried."""
    if not RESULTS.exists():
        return {}
    return {r["key"]: r for r in map(json.loads, RESULTS.read_text().splitlines())}


def reasons() -> dict[str, str]:
    """survivors.txt: keys (of which a part may be *, for any), below a line `# kind: reason`."""
    found, reason = {}, ""
    for line in KNOWN.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            reason = line[2:]
        elif line.strip():
            found[line.strip()] = reason
    return found


def fits(key: str, pattern: str) -> bool:
    parts, wanted = key.split(" | "), pattern.split(" | ")
    return key == pattern or (
        len(parts) == len(wanted) and all(w in ("*", p) for p, w in zip(parts, wanted, strict=True))
    )


def percent(part: int, whole: int) -> str:
    return f"{100 * part / max(whole, 1):.1f} %"


def report(found: list[Mutant], everything: list[Mutant]) -> int:
    """Print the count of each file, and every survivor; how many survive without a reason."""
    done, known = results(), reasons()
    table: dict[str, Counter[str]] = defaultdict(Counter)
    unexplained = alike = 0
    for mutant in found:
        if mutant.key in done:
            result = done[mutant.key]
            table[mutant.file][result["verdict"]] += 1
            if result["verdict"] in (SURVIVED, UNREACHED):
                reason = next((why for p, why in known.items() if fits(mutant.key, p)), None)
                unexplained += reason is None
                alike += (reason or "").startswith(UNSEEN)
                print(f"{result['verdict']:11} {mutant.key}  (line {mutant.lines[0]})")
                print(f"            {reason or '?'}")
    total: Counter[str] = Counter()
    print(f"\n{'file':40} {'mutants':>8} {'tried':>6} {'killed':>7} {'timeout':>8} {'survived':>9}")
    for file in sorted({mutant.file for mutant in found}):
        row = table[file]
        total += row
        there = sum(mutant.file == file for mutant in found)
        left = row[SURVIVED] + row[UNREACHED]
        print(f"{file:40} {there:8} {row.total():6} {row[KILLED]:7} {row[TIMEOUT]:8} {left:9}")
    killed, tried = total[KILLED] + total[TIMEOUT], total.total()
    print(f"{len(found)} mutants, {tried} tried, {killed} killed: {percent(killed, tried)}")
    print(f"{tried - killed} survived; {alike} of them do the same, or the same slower")
    print(f"of all that do something else {percent(killed, tried - alike)} are killed")
    print(f"{unexplained} survivors have no reason in {KNOWN.name}")
    for pattern in known:
        if not any(fits(mutant.key, pattern) for mutant in everything):
            print(f"survivors.txt names a mutant that is not there any more: {pattern}")
    return unexplained


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sample", type=int, help="this many mutants, drawn at random")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--only", default="", help="mutants whose name contains this")
    parser.add_argument("--again", action="store_true", help="try survivors again")
    parser.add_argument("--budget", type=float, default=15.0, help="seconds of tests for a mutant")
    parser.add_argument("--report", action="store_true", help="only say what is known")
    options = parser.parse_args()
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # hypothesis is all that is needed

    everything = [m for file in sources() for m in mutants((ROOT / file).read_text(), file)]
    found = [mutant for mutant in everything if options.only in mutant.key]
    if options.sample is not None:
        found = random.Random(options.seed).sample(found, min(options.sample, len(found)))
    if not options.report:
        TREE.mkdir(parents=True, exist_ok=True)
        (WORK / ".gitignore").write_text("*\n")
        lock = (WORK / "lock").open("w")
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # two at once would see each other's
        copy_tree()
        record()
        reach, done, known = Reach(), results(), reasons()
        todo = [
            mutant
            for mutant in found
            if mutant.key not in done
            or (options.again and done[mutant.key]["verdict"] in (SURVIVED, UNREACHED))
        ]
        with RESULTS.open("a") as kept:
            for number, mutant in enumerate(todo, 1):
                if not options.again and any(fits(mutant.key, pattern) for pattern in known):
                    result = {"key": mutant.key, "verdict": SURVIVED, "tests": 0, "seconds": 0.0}
                else:
                    result = try_one(mutant, reach, options.budget)
                kept.write(json.dumps(result) + "\n")
                kept.flush()
                print(
                    f"{number}/{len(todo)} {result['verdict']:11} {result['seconds']:6.1f} s  "
                    f"{mutant.key}",
                    flush=True,
                )
    return 1 if report(found, everything) else 0


if __name__ == "__main__":
    sys.exit(main())
