"""Names of files and songs as they may be shown: on a system a name may be almost any bytes."""

from __future__ import annotations

import unicodedata

_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Categories of characters that steer a terminal, turn text round, end lines, or are no text."""
_JOINERS = "\u200c\u200d"
"""Persian and Indian scripts, and pictures of families, are spelled with these."""
_FORMULA = tuple("=+-@＝＋－＠")
"""What formulas begin with; some programs take the wide ones as well."""


def printable(text: str) -> str:
    r"""Give a text that can be shown and written: what cannot be seen is spelled out.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        With ``\x1b`` and the like in place of control characters, line breaks, marks of
        direction, and bytes that are not UTF-8.
    """
    return "".join(map(_shown, text))


def as_cell(text: str) -> str:
    """Give a text that a spreadsheet shows and does not compute.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        As `printable` gives it; with an apostrophe in front where it begins as formulas do.
    """
    shown = printable(text)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown


def _shown(character: str) -> str:
    if unicodedata.category(character) not in _UNSEEN or character in _JOINERS:
        return character
    return character.encode("unicode_escape").decode("ascii")
