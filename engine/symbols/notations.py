"""Two notations for mathematics: LaTeX, for papers and notebooks, and MathML, for pages.

Both have the same methods, from pieces of text to a piece of text, so that a formula is put
together once (`formulas`) and written in either.
"""

from __future__ import annotations

import re
from html import escape

#: Names that are letters, and one more sign.
GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "eta": "η",
    "theta": "θ", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "rho": "ρ", "sigma": "σ",
    "pi": "π", "tau": "τ", "phi": "φ", "omega": "ω", "infty": "∞",
}  # fmt: skip
_NUMBERED = re.compile(r"([^\W\d_]+)_?(\d+)")  # x1, x_1: an index

#: Signs, as they are and as LaTeX has them.
SIGNS = {
    "+": "+", "−": "-", "=": "=", "≠": r"\neq", "<": "<", "≤": r"\leq", ">": ">", "≥": r"\geq",
    "∧": r"\wedge", "∨": r"\vee", "¬": r"\neg", "·": r"\cdot", "(": "(", ")": ")", "[": "[",
    "]": "]", "|": r"\vert", "⌊": r"\lfloor", "⌋": r"\rfloor", "⌈": r"\lceil", "⌉": r"\rceil",
    "∂": r"\partial", ",": ",", "⊙": r"\odot", "∑": r"\sum",
}  # fmt: skip
#: Functions that LaTeX has a command for.
_FUNCTIONS = frozenset([
    "sin", "cos", "tan", "sinh", "cosh", "tanh", "arcsin", "arccos", "arctan", "ln", "log", "max",
    "min",
])  # fmt: skip


def _escaped(text: str) -> str:
    """A word as LaTeX takes it."""
    return text.replace("_", r"\_")


class LaTeX:
    r"""Formulas for `$…$`.

    >>> LaTeX().fraction("g", LaTeX().power("x", "2"))
    '\\frac{g}{x^{2}}'
    """

    space = r"\,"

    def name(self, text: str) -> str:
        """A variable: one letter, a Greek one by its name, a word leaning, unlike a function's."""
        if numbered := _NUMBERED.fullmatch(text):
            return f"{self.name(numbered[1])}_{{{numbered[2]}}}"
        if text in GREEK:
            return rf"\{text}"
        if len(text) == 1:
            return text
        return rf"\mathit{{{_escaped(text)}}}"

    def number(self, text: str) -> str:
        """A number, `2` or `1e-05`."""
        digits, _, exponent = text.partition("e")
        if not exponent:
            return digits
        ten = f"10^{{{int(exponent)}}}"
        return ten if digits == "1" else self.between(digits, "·", ten)

    def sign(self, sign: str) -> str:
        """One of `SIGNS`, before what it is about."""
        command = SIGNS[sign]
        return f"{command} " if len(command) > 1 else command

    def between(self, a: str, sign: str, b: str) -> str:
        """One of `SIGNS` with room on both sides."""
        return f"{a} {SIGNS[sign]} {b}"

    def function(self, name: str, index: str = "") -> str:
        """The name of a function, `\\ln` or `\\log_{2}`."""
        known = name in _FUNCTIONS or name in GREEK
        text = rf"\{name}" if known else rf"\operatorname{{{_escaped(name)}}}"
        return f"{text}_{{{index}}}" if index else text

    def applied(self, function: str, argument: str) -> str:
        """A function beside its argument, without brackets."""
        return f"{function} {argument}"

    def row(self, *parts: str) -> str:
        """Pieces side by side."""
        return "".join(parts)

    def fraction(self, over: str, under: str) -> str:
        """One above the other."""
        return rf"\frac{{{over}}}{{{under}}}"

    def power(self, base: str, exponent: str) -> str:
        """The exponent raised."""
        return f"{base}^{{{exponent}}}"

    def root(self, inside: str) -> str:
        """A square root."""
        return rf"\sqrt{{{inside}}}"

    def fenced(self, left: str, inside: str, right: str) -> str:
        """Between two signs, which grow with what is inside."""
        if "\\frac" in inside or "\\begin" in inside:
            return rf"\left{SIGNS[left]} {inside} \right{SIGNS[right]}"
        return f"{self.sign(left)}{inside}{SIGNS[right]}"

    def cases(self, rows: list[tuple[str, str]]) -> str:
        """One piece per condition; the last one, "", is any other."""
        lines = [rf"{piece} & \text{{if }} {when} \\ " for piece, when in rows[:-1]]
        lines.append(rf"{rows[-1][0]} & \text{{otherwise}}")
        return rf"\begin{{cases}} {''.join(lines)} \end{{cases}}"


class MathML:
    """Formulas for a page, which a browser draws without any script.

    >>> MathML().fraction(MathML().name("g"), MathML().number("2"))
    '<mfrac><mi>g</mi><mn>2</mn></mfrac>'
    """

    space = '<mspace width=".17em"/>'

    def name(self, text: str) -> str:
        """A variable, which leans: one letter by itself, a word if it is told to."""
        if numbered := _NUMBERED.fullmatch(text):
            return f"<msub>{self.name(numbered[1])}<mn>{numbered[2]}</mn></msub>"
        letters = GREEK.get(text, text)
        leaning = ' style="font-style: italic"' if len(letters) > 1 else ""
        return f"<mi{leaning}>{escape(letters)}</mi>"

    def number(self, text: str) -> str:
        """A number, `2` or `1e-05`."""
        digits, _, exponent = text.partition("e")
        if not exponent:
            return f"<mn>{digits}</mn>"
        sign, power = "<mo>−</mo>" * (int(exponent) < 0), abs(int(exponent))
        ten = f"<msup><mn>10</mn><mrow>{sign}<mn>{power}</mn></mrow></msup>"
        return ten if digits == "1" else self.between(f"<mn>{digits}</mn>", "·", ten)

    def sign(self, sign: str) -> str:
        """One of `SIGNS`, before what it is about."""
        return f"<mi>{sign}</mi>" if sign == "∂" else f"<mo>{escape(sign)}</mo>"

    def between(self, a: str, sign: str, b: str) -> str:
        """One of `SIGNS` with room on both sides."""
        return self.row(a, self.sign(sign), b)

    def function(self, name: str, index: str = "") -> str:
        """The name of a function."""
        text = f"<mi>{escape(GREEK.get(name, name))}</mi>"
        return f"<msub>{text}<mn>{index}</mn></msub>" if index else text

    def applied(self, function: str, argument: str) -> str:
        """A function beside its argument, without brackets."""
        return self.row(function, self.space, argument)

    def row(self, *parts: str) -> str:
        """Pieces side by side, as one."""
        return parts[0] if len(parts) == 1 else f"<mrow>{''.join(parts)}</mrow>"

    def fraction(self, over: str, under: str) -> str:
        """One above the other."""
        return f"<mfrac>{over}{under}</mfrac>"

    def power(self, base: str, exponent: str) -> str:
        """The exponent raised."""
        return f"<msup>{base}{exponent}</msup>"

    def root(self, inside: str) -> str:
        """A square root."""
        return f"<msqrt>{inside}</msqrt>"

    def fenced(self, left: str, inside: str, right: str) -> str:
        """Between two signs, which grow with what is inside."""
        return self.row(self.sign(left), inside, self.sign(right))

    def cases(self, rows: list[tuple[str, str]]) -> str:
        """One piece per condition; the last one, "", is any other."""
        lines = [(piece, f"<mtext>if&#xa0;</mtext>{when}") for piece, when in rows[:-1]]
        lines.append((rows[-1][0], "<mtext>otherwise</mtext>"))
        cell = '<mtd style="text-align:left">'
        table = "".join(
            f"<mtr>{cell}{piece}</mtd>{cell}{when}</mtd></mtr>" for piece, when in lines
        )
        return self.row("<mo>{</mo>", f"<mtable>{table}</mtable>")


Notation = LaTeX | MathML
