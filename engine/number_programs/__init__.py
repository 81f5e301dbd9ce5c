"""A program of single numbers as plain floats: its Python text, and the function that text is.

A program comes as a graph of Symbols (`engine.symbols`).  `recipes` says what an op and its rules
are in Python's arithmetic, found once per op; `float_steps` puts them in a row, forward and
backward in the order of Values, so that results are theirs to the last bit; `float_loops` finds
loops in that; `float_text` writes loops for speed, `float_lines` what has none.  Others use
`NumberProgram`.
"""

from .number_program import NumberProgram as NumberProgram
