"""What tests read off the text of a picture: how much is drawn, what leads where."""

import re

HIDES = re.compile(r">hides ([\d,]+) nodes?<")


def drawn(dot: str) -> int:
    """How many boxes stand for one node each."""
    return len(re.findall(r"^ *n\d+ \[", dot, re.MULTILINE))


def hidden(dot: str) -> int:
    """How many nodes the folded boxes say they hide."""
    return sum(int(count.replace(",", "")) for count in HIDES.findall(dot))


def boxes(dot: str) -> int:
    return drawn(dot) + len(HIDES.findall(dot))


def edges(dot: str) -> set[tuple[str, str]]:
    return set(re.findall(r"^  (\w+) -> (\w+)", dot, re.MULTILINE))


def runs_in_a_circle(dot: str) -> bool:
    """Whether some arrows lead from a box back to it."""
    left = edges(dot)
    while left:
        heads = {head for _, head in left}
        free = {tail for tail, _ in left} - heads
        if not free:
            return True
        left = {(tail, head) for tail, head in left if tail not in free}
    return False
