"""Set twingrad up on a machine that has nothing but Python, then run it.

    python3 .ci/setup.py demo [ARGUMENTS]         install what the demo needs, then `twingrad demo`
    python3 .ci/setup.py notebooks [ARGUMENTS]    the same for the course, `twingrad notebooks`
    python3 .ci/setup.py docs [ARGUMENTS]         and for the site, `twingrad docs`
    python3 .ci/setup.py test [ARGUMENTS]         install what the tests need, then run them all

Everything goes into `.venv` in this checkout; the machine's own Python is left as it is.  The one
exception: where Python came from Debian or Ubuntu without its venv package, nothing else can make
an environment and we are root, that package is installed with apt-get.

Only the standard library is used, and nothing newer than Python 3.6 before the version check, so
that an old Python is told what is wrong instead of failing on the syntax.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

OLDEST = (3, 11)
# What each word installs.  `test` runs the tests, every other word the command of that name.
EXTRAS = {
    "demo": ["plots"],
    "notebooks": ["notebooks"],
    "docs": ["docs"],
    "test": ["plots", "safetensors", "cluster", "test"],
}
QUIET = subprocess.DEVNULL
PATIENCE = 20  # seconds without a word, while pip works
# Lines and branches of each package that the suite reaches, in percent, at least.  What only the
# notebooks themselves call runs in a Jupyter kernel, where nobody counts.
FLOORS = {"engine": 100, "nn": 99, "viz": 99, "notebooks": 90}
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "twingrad-setup.json"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
# The Python outside any environment: run from inside .venv, we must not build on .venv itself.
BASE_PYTHON = getattr(sys, "_base_executable", None) or sys.executable


class SetupError(Exception):
    """Something the user has to do; its text says what."""


# --- decisions: pure, so that tests can ask them ---------------------------------------------


def version_problem(version: "tuple[int, ...]") -> "str | None":
    """What to say about this Python's version, or None when it will do."""
    if tuple(version[:2]) >= OLDEST:
        return None
    have, need = (".".join(map(str, v)) for v in (version[:3], OLDEST))
    return f"twingrad needs Python {need} or newer; this is Python {have} ({sys.executable})."


def identity(version: "tuple[int, ...]", base_prefix: str) -> "list[str]":
    """Which Python this is: an environment made by another one is not ours to reuse."""
    return [".".join(map(str, version[:3])), os.path.realpath(base_prefix)]


def fingerprint(pyproject: bytes) -> str:
    """Changes when pyproject.toml does, and with it what has to be installed."""
    return hashlib.sha256(pyproject).hexdigest()


def missing_extras(
    stamp: "dict[str, Any]", digest: str, root: str, extras: "list[str]"
) -> "list[str] | None":
    """The extras to install, or None when the last install covers them.

    Extras add up, so `demo` after `test` has nothing to do, and `test` after `demo` does.
    """
    if stamp.get("pyproject") != digest or stamp.get("root") != root:
        return sorted(extras)
    have = set(stamp.get("extras", []))
    return None if have >= set(extras) else sorted(have | set(extras))


def requirement(extras: "list[str]") -> str:
    """What pip is asked for: this directory, with its extras."""
    return "." + (f"[{','.join(extras)}]" if extras else "")


# --- making .venv -----------------------------------------------------------------------------


def say(message: str) -> None:
    """Tell the user, before whatever the next command prints."""
    print(f"setup: {message}", flush=True)


def clean_environment() -> "dict[str, str]":
    """The environment for Python inside .venv: nothing that points it or pip anywhere else."""
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONHOME", "PYTHONPATH")}
    return {**env, "PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def attempt(*command: object) -> str:
    """Run a command quietly; '' when it worked, what it said last when it did not."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    except OSError as error:
        return str(error)
    return "" if done.returncode == 0 else done.stdout.strip()[-1000:] or f"{words[0]} failed"


def venv_works() -> bool:
    """Whether .venv holds this very Python, and a pip that starts."""
    probe = "import json, sys, pip._internal as _; "
    probe += "print(json.dumps([sys.version_info[:3], sys.base_prefix]))"
    try:
        out = subprocess.check_output(
            [str(PYTHON), "-c", probe], env=clean_environment(), stderr=subprocess.DEVNULL
        )
        version, base_prefix = json.loads(out)
    except (OSError, ValueError, subprocess.CalledProcessError):
        return False
    return identity(version, base_prefix) == identity(sys.version_info[:3], sys.base_prefix)


def remove_venv() -> None:
    """Clear the way for a new .venv; a link goes, never what it points to."""
    if VENV.is_symlink() or VENV.is_file():
        VENV.unlink()
    elif VENV.exists():
        shutil.rmtree(str(VENV))


def plain_venv() -> str:
    """Python's own way; it needs ensurepip, which Debian packs apart."""
    return attempt(BASE_PYTHON, "-m", "venv", VENV)


def venv_with_pip_of_base() -> str:
    """An empty environment, and the pip outside it told to install pip inside."""
    return attempt(BASE_PYTHON, "-m", "venv", "--without-pip", VENV) or attempt(
        BASE_PYTHON, "-m", "pip", "--python", PYTHON, "install", "pip"
    )


def virtualenv() -> str:
    """The tool of that name, when somebody has installed it."""
    return attempt("virtualenv", "--python", BASE_PYTHON, VENV)


def venv_package() -> str:
    """Debian's and Ubuntu's package with the rest of venv for this Python."""
    return "python{}.{}-venv".format(*sys.version_info[:2])


def venv_after_apt() -> str:
    """Install that package, if this is the system's Python and we may."""
    of_the_system = os.path.realpath(sys.base_prefix) == "/usr" and shutil.which("apt-get")
    if not of_the_system or os.geteuid() != 0:
        return "not root on Debian or Ubuntu"
    say(f"installing {venv_package()} with apt-get")
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    apt = ("apt-get", "-o", "Acquire::Retries=3")
    attempt(*apt, "update")  # One source of several may fail; the lists may do all the same.
    return attempt(*apt, "install", "-y", venv_package()) or plain_venv()


def make_venv() -> None:
    """Make .venv by the first way that works."""
    if not os.access(str(ROOT), os.W_OK):
        raise SetupError(
            f"{ROOT} cannot be written by this user, and .venv belongs there: copy the checkout to "
            "a folder of yours, and run this command there."
        )
    said = []
    for way in (plain_venv, venv_with_pip_of_base, virtualenv, venv_after_apt):
        remove_venv()
        trouble = way()
        if not trouble and venv_works():
            return
        said.append(f"  {way.__name__}: {(trouble or 'pip does not start').splitlines()[-1]}")
    remove_venv()
    raise SetupError(
        "this Python cannot make an environment with pip in it.  On Debian or Ubuntu run\n"
        f"  sudo apt-get update && sudo apt-get install -y {venv_package()}\n"
        "and then this command again; elsewhere install virtualenv first.  What was tried:\n"
        + "\n".join(said)
    )


# --- installing and running --------------------------------------------------------------------


def read_stamp() -> "dict[str, Any]":
    """What the last finished install wrote; nothing if there was none."""
    try:
        stamp = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def patiently(what: str, command: "list[str]") -> int:
    """Run a quiet command, saying now and then that it goes on; its exit status."""
    started = time.monotonic()
    with subprocess.Popen(command, cwd=str(ROOT), env=clean_environment()) as process:
        while True:
            try:
                return process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                say(f"still {what}, {time.monotonic() - started:.0f} s")


def set_up(extras: "list[str]") -> None:
    """Bring .venv to where it holds twingrad with these extras."""
    if not venv_works():
        say("rebuilding .venv" if os.path.lexists(str(VENV)) else "making .venv")
        make_venv()
    digest = fingerprint((ROOT / "pyproject.toml").read_bytes())
    wanted = missing_extras(read_stamp(), digest, str(ROOT), extras)
    if wanted is None:
        return
    what = requirement(wanted)
    say(f"installing twingrad{what[1:]} into .venv (some minutes, where the network is slow)")
    # Twice quiet: errors only.
    pip = [str(PYTHON), "-m", "pip", "install", "-qq", "--editable", what]
    if patiently("installing", pip) != 0:
        raise SetupError("pip could not install twingrad; its own words are above.")
    STAMP.write_text(json.dumps({"pyproject": digest, "root": str(ROOT), "extras": wanted}))


def twingrad(command: "list[str]") -> int:
    """`twingrad demo`, say, in the directory the user is in."""
    return subprocess.call([str(BIN / "twingrad"), *command], env=clean_environment())


def test(arguments: "list[str]") -> int:
    """The whole suite, then the gates: what the tests reach of each package.

    With arguments (`-k`, a file…) only a part runs, so the gates would have nothing to say.
    """
    python = [str(PYTHON), "-m"]
    env = clean_environment()
    if arguments:
        return subprocess.call([*python, "pytest", *arguments], cwd=str(ROOT), env=env)
    say("the whole suite takes a while, longer on few processors.  The tests are gathered first,")
    say("a minute or two without a word; then there is a dot for each that has passed")
    suite = [*python, "pytest", "--numprocesses=auto", "--cov", "--cov-report="]
    failed = subprocess.call(suite, cwd=str(ROOT), env=env)
    if failed:
        return failed
    statuses = []
    for package, floor in FLOORS.items():
        gate = [*python, "coverage", "report", f"--include={package}/*", f"--fail-under={floor}"]
        below = subprocess.call([*gate, "--format=total"], stdout=QUIET, cwd=str(ROOT), env=env)
        say(f"coverage of {package}/: {'below' if below else 'at least'} {floor} %")
        if below:  # by how much, and where
            subprocess.call(gate, cwd=str(ROOT), env=env)
        statuses.append(below)
    return max(statuses)


def main(arguments: "list[str]") -> int:
    """Do what the first word says; the exit status is that of what was run."""
    problem = version_problem(sys.version_info[:3])
    if problem:
        print(problem, file=sys.stderr)
        return 1
    if not arguments or arguments[0] not in EXTRAS:
        print(__doc__.partition("\n\nEverything")[0], file=sys.stderr)
        return 2
    word, rest = arguments[0], arguments[1:]
    try:
        set_up(EXTRAS[word])
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    return test(rest) if word == "test" else twingrad(arguments)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
