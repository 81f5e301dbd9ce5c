"""The script of a stepper's page, unpacked as a browser does it."""

import base64
import re
import zlib

from viz.stepping.program import BASE85, LETTERS


def program_of(page):
    """The text of the program that a page, as HTML, holds."""
    text = re.search(r'}\)\("([^"]*)","', page)[1]
    deflated = base64.b85decode(text.translate(str.maketrans(LETTERS, BASE85)))
    return zlib.decompress(deflated, -zlib.MAX_WBITS).decode()
