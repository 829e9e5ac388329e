"""Text from anywhere, made fit to be read: nothing invisible, nothing endless.

Column names, classes and window labels are data of the user's. A terminal would obey an escape
sequence among them, and a browser a mark that turns the direction of writing, so that what is read
is not what is there. Both are written out instead.
"""

from __future__ import annotations

import re
from typing import Literal

Verdict = Literal["drift", "no drift", "not enough data", "undecided"]
"""What is said of a column or a window: these words in tables, text, JSON and frames."""

VERDICT_TITLES = {
    "drift": "DRIFT",
    "no drift": "OK",
    "not enough data": "not enough data",
    "undecided": "undecided",
}
"""What a picture's title says, to be seen at a glance among many pictures."""

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"

# The control characters of both halves of Latin-1, the marks that turn the direction of writing,
# the separators of lines and paragraphs, what no encoding can write, and what no XML may hold.
# Joiners are left alone: Persian, Hindi and many emoji are not written without them.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def visible(text: str, *, keep: str = "") -> str:
    r"""Write out the characters that are not seen but obeyed, as Python's own escapes.

    Parameters
    ----------
    text
        Any text.
    keep
        Those of them to leave as they are.

    Returns
    -------
    str
        A text that a terminal shows as it is and that UTF-8 can hold; without `keep`, one line.

    Examples
    --------
    >>> print(visible("age\x1b[31m"))
    age\x1b[31m
    """
    return _UNSEEN.sub(lambda found: found[0] if found[0] in keep else _escape(found[0]), text)


def shortened(text: str, longest: int) -> str:
    """Leave out the middle of a long text: names often differ at either end.

    Examples
    --------
    >>> shortened("transactions_of_the_last_thirty_days", 20)
    'transactio…irty_days'
    """
    if len(text) <= longest:
        return text
    end = (longest - 1) // 2
    return text[: longest - 1 - end] + ELLIPSIS + text[len(text) - end :]


def counted(count: int, noun: str) -> str:
    """Write a number of things, one of them in the singular.

    Examples
    --------
    >>> counted(1, "window"), counted(1200, "row"), counted(2, "class")
    ('1 window', '1,200 rows', '2 classes')
    """
    ending = "es" if noun.endswith("s") else "s"
    return f"{count:,} {noun}{'' if count == 1 else ending}"


def _escape(character: str) -> str:
    code = ord(character)
    short = {9: "\\t", 10: "\\n", 13: "\\r"}.get(code)
    return short or (f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")
