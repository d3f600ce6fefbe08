"""Damage for `hard_tests.py` to do to files, drawn at random."""

from __future__ import annotations

import json
import random

WRONG_VALUES = [None, True, 0, -3, 10**400, 1e308, "", "\0", "x" * 300, [], [[]], {}, {"a": None}]


def damaged(content: bytes, draw: random.Random) -> bytes:
    """Change a few bytes, zero a stretch, or cut the end off."""
    data = bytearray(content)
    how = draw.choice(["bytes", "bytes", "zeros", "cut", "longer"])
    if how == "bytes":
        for _ in range(draw.randint(1, 6)):
            place = draw.choice([draw.randrange(len(data)), draw.randrange(min(120, len(data)))])
            data[place] = draw.randrange(256)
    elif how == "zeros":
        begin = draw.randrange(len(data))
        data[begin : begin + draw.randint(1, 5000)] = b""
        data += bytes(len(content) - len(data))
    elif how == "cut":
        del data[draw.randrange(len(data)) :]
    else:
        data += draw.randbytes(draw.randint(1, 3000))
    return bytes(data)


def changed_json(text: str, draw: random.Random) -> bytes:
    """A value in any place is another one, or the text is damaged."""
    if draw.random() < 0.3:
        return draw.choice([damaged(text.encode(), draw), b"[" * 99_999, b"", b"null", b"\xff"])
    document = json.loads(text)
    holders = [(document, key) for key in document]
    for holder, key in holders:
        inner = holder[key]
        if isinstance(inner, dict | list):
            keys = inner if isinstance(inner, dict) else range(len(inner))
            holders += [(inner, key) for key in keys]
    holder, key = draw.choice(holders)
    holder[key] = draw.choice(WRONG_VALUES)
    return json.dumps(document).encode()
