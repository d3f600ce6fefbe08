"""Prepared mono files, read as they are needed."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from threading import Lock

import numpy as np
import soundfile
from numpy.typing import NDArray

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import refuse_special
from vocal_separation_sanity_check.sound.checks import SILENCE_PEAK
from vocal_separation_sanity_check.sound.encodings import SAMPLE_BYTES
from vocal_separation_sanity_check.sound.open_sound import LOUDEST_PEAK, cut_off, unusable
from vocal_separation_sanity_check.sound.reading import read_mono
from vocal_separation_sanity_check.sound.signals import Signal, pieces


class SoundFileSignal:
    """A mono sound file that is read as it is needed.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self._name, self._lock = path.name, Lock()
        self._file = soundfile.SoundFile(_for_libsndfile(path))

    def __len__(self) -> int:
        return int(self._file.frames)

    def __getitem__(self, part: slice) -> NDArray[np.float32]:
        begin, end, _ = part.indices(len(self))
        with self._lock:
            try:
                self._file.seek(begin)
                samples = self._file.read(max(0, end - begin), dtype="float32")
            except soundfile.LibsndfileError as error:
                raise cut_off(self._name) from error
        if len(samples) < end - begin:  # it was whole when it was opened
            raise cut_off(self._name)
        return np.asarray(samples)


def open_mono(path: Path, sample_rate_hz: int) -> Signal:
    """Give a sound file as a mono signal, without holding it where it can be read in pieces.

    Parameters
    ----------
    path : Path
        A mono WAV file at the rate wanted is read in pieces; anything else is read whole.
    sample_rate_hz : int

    Returns
    -------
    Signal

    Raises
    ------
    InputError
        As `reading.read_mono`.
    """
    refuse_special(path)
    if not _is_plain(path, sample_rate_hz):
        return read_mono(path, sample_rate_hz)
    try:
        signal = SoundFileSignal(path)
    except soundfile.LibsndfileError as error:  # it was there a moment ago
        raise cut_off(path.name) from error
    peak = 0.0
    for piece in pieces(signal):
        peak = float(np.abs(piece).max(initial=peak))
        if not peak <= LOUDEST_PEAK:
            raise unusable(path.name, peak)
    if peak < SILENCE_PEAK:
        raise InputError(f"{path.name} holds only silence (peak {peak:.1e}); is it the right file?")
    return signal


def _for_libsndfile(path: Path) -> str | bytes:
    """Name a file whose name need not be UTF-8; Windows has no other."""
    return str(path) if sys.platform == "win32" else os.fsencode(path)


def _is_plain(path: Path, sample_rate_hz: int) -> bool:
    """Whether a file is a whole mono PCM or float WAV file at a rate."""
    try:
        info = soundfile.info(_for_libsndfile(path))
    except (soundfile.LibsndfileError, OSError):
        return False
    n_bytes = info.frames * SAMPLE_BYTES.get(info.subtype, 1 << 40)
    return (
        (info.format, info.channels, info.samplerate) == ("WAV", 1, sample_rate_hz)
        and info.frames > 0
        and n_bytes <= os.path.getsize(path)
        and "should be" not in info.extra_info
    )
