"""What kind of sound file a file is, by its own first bytes: its name decides nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import BinaryIO

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import refuse_special

_TAG = re.compile(rb"ID3...([\0-\x7f]{4})", re.S)
"""A tag that may stand before MP3, AAC and FLAC; the four bytes are its length."""
_TAG_HEADER_BYTES = 10
_HEAD_BYTES = 400
_KINDS = {
    "wav": rb"(RIFF|RF64|BW64)....WAVE",
    "w64": rb"riff\x2e\x91\xcf\x11",
    "aiff": rb"FORM....AIF[FC]",
    "au": rb"\.snd",
    "caf": rb"caff",
    "flac": rb"fLaC",
    "ogg": rb"OggS",
    "mov": rb"....(ftyp|moov|mdat|free|skip|wide)",
    "matroska": rb"\x1a\x45\xdf\xa3",
    "asf": rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11",
    "avi": rb"RIFF....AVI ",
    "flv": rb"FLV\x01",
    "rm": rb"\.RMF",
    "mpegts": rb"G.{187}G.{187}G",
    "mpeg": rb"\x00\x00\x01\xba",
    "wv": rb"wvpk",
    "tta": rb"TTA1",
    "ape": rb"MAC ",
    "tak": rb"tBaK",
    "shn": rb"ajkg",
    "mpc": rb"MP\+",
    "mpc8": rb"MPCK",
    "dsf": rb"DSD ",
    "iff": rb"FRM8",
    "amr": rb"#!AMR",
    "dts": rb"\x7f\xfe\x80\x01|\xfe\x7f\x01\x80|\x1f\xff\xe8\x00|\xff\x1f\x00\xe8",
    "ac3": rb"\x0b\x77...[\0-\x57]",
    "eac3": rb"\x0b\x77",
    "aac": rb"\xff[\xf0\xf1\xf8\xf9]",
    "mp3": rb"\xff[\xe2-\xe7\xf2-\xf7\xfa-\xff]",
}
"""By ffmpeg's names of what reads them. Playlists, scripts and pictures are not among them."""
_PATTERNS = {kind: re.compile(pattern, re.S) for kind, pattern in _KINDS.items()}


def kind_of(file: BinaryIO) -> str | None:
    """Tell the kind of a file.

    Parameters
    ----------
    file : binary file
        It is read from its start.

    Returns
    -------
    str or None
        ffmpeg's name of what reads it; None where it begins like none that is known here.
    """
    file.seek(after_tags(file))
    head = file.read(_HEAD_BYTES)
    return next((kind for kind, pattern in _PATTERNS.items() if pattern.match(head)), None)


def kind_of_path(path: Path) -> str | None:
    """Tell the kind of a file that something else than `opened` is going to read.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str or None
        See `kind_of`.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    refuse_special(path)
    try:
        with path.open("rb") as file:
            return kind_of(file)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error


def after_tags(file: BinaryIO) -> int:
    """Find where a file begins behind the tags at its start; 0 where there are none."""
    begin = 0
    while True:
        file.seek(begin)
        tag = _TAG.match(file.read(_TAG_HEADER_BYTES))
        if tag is None:
            return begin
        length = 0
        for byte in tag[1]:
            length = length << 7 | byte
        begin += _TAG_HEADER_BYTES + length
