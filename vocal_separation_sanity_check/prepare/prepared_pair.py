"""Two files to two signals that are ready for a check: lined up, trimmed, at one level."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.alignment import Alignment
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.prepare.lining_up import SHORTEST_OVERLAP_S, LinedUpPair
from vocal_separation_sanity_check.prepare.vocal_window import first_sung_window
from vocal_separation_sanity_check.settings import Settings
from vocal_separation_sanity_check.songs import GivenFiles
from vocal_separation_sanity_check.sound import SILENCE_PEAK, Difference, Scaled, Signal, peak_of

_LOUDEST = 1 - 1e-6


@dataclass(frozen=True)
class PreparedPair:
    """Two signals that are ready for a check, and how they came about.

    Attributes
    ----------
    mixture, reference : Signal
        At the working rate, of one length, on the disk; neither beyond 1.
    start_s : float
        Where on the mixture's timeline they begin.
    gain : float
        What both were multiplied by, at most 1.
    notices : tuple of str
        What a user should know, in plain words.
    alignment : Alignment or None
        Of the whole files; None where the user wanted none.
    given : GivenFiles
        In what condition the files came.
    """

    mixture: Signal
    reference: Signal
    start_s: float
    gain: float
    notices: tuple[str, ...]
    alignment: Alignment | None
    given: GivenFiles


def prepare_pair(
    pair: LinedUpPair, settings: Settings, *, full_length: bool, start_s: float | None = None
) -> PreparedPair:
    """Make a pair ready for a check.

    Parameters
    ----------
    pair : LinedUpPair
    settings : Settings
        Its sampling rate and clip length are used.
    full_length : bool
        Keep everything that both files have, not only a clip.
    start_s : float, optional
        Where the clip begins; else at the song's beginning, or where the voice is.

    Returns
    -------
    PreparedPair

    Raises
    ------
    InputError
        If the clip is silent, or one file is so much louder that the other would be silent beside
        it.
    """
    rate, files, alignment = settings.sample_rate_hz, pair.files, pair.alignment
    mixture, reference, notices = pair.mixture, pair.reference, [*pair.notices]
    n_common = len(mixture)
    begin = 0
    if not full_length:
        n_clip = round(settings.clip_s * rate)
        voice = reference if files.source == "vocal" else Difference(mixture, reference)
        begin, moved = _clip_start(voice, n_clip, rate, start_s)
        notices += moved
        n_short = n_clip - (n_common - begin)
        if n_short > 0:
            notices += [f"The last {n_short / rate:.2f} s of the clip are silence: the song ends."]
        mixture, reference = (
            _fixed_length(signal[begin : begin + n_clip], n_clip) for signal in (mixture, reference)
        )
        _check_sounding(mixture, files.mixture, begin / rate)
        _check_sounding(reference, files.reference, begin / rate)
    rest = [] if alignment is None else [Difference(mixture, reference)]
    peak = max(peak_of(sound) for sound in (mixture, reference, *rest))
    # Only down, never up: what fits is passed on bit for bit.
    gain = _LOUDEST / peak if peak > 1 else 1.0
    if gain < 1:
        notices += [f"Both files turned down by {-20 * np.log10(gain):.2f} dB, so nothing clips."]
        mixture, reference = Scaled(mixture, gain), Scaled(reference, gain)
        _check_still_heard((mixture, reference), (files.mixture, files.reference), gain)
    return PreparedPair(
        mixture, reference, begin / rate, gain, tuple(notices), alignment, pair.given
    )


def _clip_start(
    voice: Signal, n_clip: int, rate: int, start_s: float | None
) -> tuple[int, list[str]]:
    """First sample of the clip, and what to tell about the choice."""
    if start_s is None:
        begin = first_sung_window(voice, n_clip, rate)
        told = f"The vocal is silent at first: the clip is taken from {begin / rate:.2f} s on."
        return begin, [told] if begin else []
    latest_s = len(voice) / rate - SHORTEST_OVERLAP_S
    if not 0 <= start_s <= latest_s:
        raise InputError(f"--start is {start_s:g} s, wanted 0 to {latest_s:.2f} s for this song")
    return round(start_s * rate), []


def _fixed_length(signal: NDArray[np.float32], n_samples: int) -> NDArray[np.float32]:
    return np.pad(signal, (0, n_samples - len(signal)))


def _check_sounding(signal: Signal, path: Path, start_s: float) -> None:
    if peak_of(signal) < SILENCE_PEAK:
        raise InputError(f"{path.name} is silent from {start_s:.2f} s on; choose another --start")


def _check_still_heard(
    signals: tuple[Signal, Signal], paths: tuple[Path, Path], gain: float
) -> None:
    """Refuse a pair of which one file falls silent where both are turned down for the other."""
    peaks = [peak_of(signal) for signal in signals]
    if min(peaks) < SILENCE_PEAK:
        loud, quiet = paths if peaks[1] < peaks[0] else paths[::-1]
        raise InputError(
            f"{loud.name} goes {-20 * np.log10(gain):.0f} dB beyond full scale; turned down until"
            f" it fits, {quiet.name} is silent. Is {loud.name} damaged? If not, export it again at"
            " the level of the other"
        )
