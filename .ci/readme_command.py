"""Print a command that README.md shows, so that what is checked is what is shown.

    python3 .ci/readme_command.py NAME

prints the fenced block that follows the line `<!-- command: NAME -->`.
"""

import re
import sys
from pathlib import Path

README = Path(__file__).resolve().parent.parent / "README.md"
BLOCK = re.compile(r"^<!-- command: (\S+) -->\n+```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def commands(text: str) -> "dict[str, str]":
    """Every marked command of a README, by name.

    >>> commands("<!-- command: demo -->\\n```sh\\nrun me\\n```\\n")
    {'demo': 'run me'}
    """
    found = [(name, body.strip()) for name, body in BLOCK.findall(text)]
    if len(dict(found)) < len(found):
        raise ValueError(f"a command is marked twice: {[name for name, _ in found]}")
    return dict(found)


def main(arguments: "list[str]") -> int:
    """Print the command asked for, or say which there are."""
    known = commands(README.read_text(encoding="utf-8"))
    if len(arguments) != 1 or arguments[0] not in known:
        names = ", ".join(known) or "no command"
        print(f"readme_command: give one name; README.md marks {names}.", file=sys.stderr)
        return 2
    print(known[arguments[0]])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
