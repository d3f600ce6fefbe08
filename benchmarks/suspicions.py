"""How often a check says what is wrong with a pair, and how often it says so of a sound one.

    python benchmarks/suspicions.py [--part tune|report] [--songs N] [--kinds KIND ...]

Songs of MUSDB18 with true stems, 6.8 s each, prepared from 16-bit files and checked for 4.7 s as
the commands do it, without pages and pictures. The thresholds were chosen on `tune`.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
import soundfile
from machine import machine
from numpy.typing import NDArray
from released_trials import names_of, pair_of

from vocal_separation_sanity_check.check.observing import observed_of
from vocal_separation_sanity_check.check.taking_apart import take_apart
from vocal_separation_sanity_check.prepare import PairFiles, Wishes, prepare_pair
from vocal_separation_sanity_check.settings import Settings, Source
from vocal_separation_sanity_check.songs import SongJob, write_conditions
from vocal_separation_sanity_check.verdicts import told_of

RATE_HZ = 22050
Sound = NDArray[np.floating]
Made = tuple[Sound, Sound, Source]


class Song(NamedTuple):
    """A mixture, its vocal, and the vocal of another song."""

    mixture: Sound
    vocal: Sound
    others: Sound


def clipped(sound: Sound) -> Sound:
    """Turn a sound up to 20 dB beyond full scale, and cut it off there."""
    return np.clip(10 * sound / np.abs(sound).max(), -1, 1)


def half(sound: Sound) -> Sound:
    """Silence the second half of a sound, from the loudest moment near the middle on."""
    middle, reach = len(sound) // 2, len(sound) // 6
    cut = middle - reach + int(np.argmax(np.abs(sound[middle - reach : middle + reach])))
    return np.where(np.arange(len(sound)) < cut, sound, 0)


KINDS: dict[str, tuple[str, Callable[[Song], Made]]] = {
    "vocal, as it belongs": ("", lambda s: (s.mixture, s.vocal, "vocal")),
    "music, as it belongs": ("", lambda s: (s.mixture, s.mixture - s.vocal, "music")),
    "swapped with the vocal": ("look swapped", lambda s: (s.vocal, s.mixture, "vocal")),
    "swapped with the music": ("look swapped", lambda s: (s.mixture - s.vocal, s.mixture, "music")),
    "one file twice": ("same sound", lambda s: (s.mixture, s.mixture, "vocal")),
    "song clipped by 20 dB": ("is clipped", lambda s: (clipped(s.mixture), s.vocal, "vocal")),
    "vocal clipped by 20 dB": ("is clipped", lambda s: (s.mixture, clipped(s.vocal), "vocal")),
    "vocal off zero by 0.1": ("off zero", lambda s: (s.mixture, s.vocal + 0.1, "vocal")),
    "another song's vocal": ("does not occur", lambda s: (s.mixture, s.others, "vocal")),
    "half the vocal": ("looks cut", lambda s: (s.mixture, half(s.vocal), "vocal")),
    "vocal 60 dB too quiet": ("almost silent", lambda s: (s.mixture, s.vocal / 1000, "vocal")),
}
"""What has to be said of each kind, and how it is made."""


def alarms_of(mixture: Sound, reference: Sound, source: Source) -> tuple[str, ...]:
    """Prepare and check a pair of files, and give what a table of songs would show of it."""
    settings = Settings()
    with TemporaryDirectory() as folder:
        place = Path(folder)
        pair = PairFiles("song", place / "full.wav", place / "stem.wav", source)
        for path, sound in ((pair.mixture, mixture), (pair.reference, reference)):
            is_faint = np.abs(sound).max() < 0.01
            kind = "FLOAT" if is_faint else "PCM_16"
            soundfile.write(path, np.clip(sound, -1, 1), RATE_HZ, subtype=kind)
        ready = prepare_pair(pair, settings, full_length=False, wishes=Wishes())
        write_conditions(place, ready.given)
        job = SongJob("", place, place, "", settings)
        alignment = None
        if ready.alignment is not None:
            placed_by = "found" if ready.alignment.is_confident else "none"
            alignment = {"placed_by": placed_by, "gain_db": ready.alignment.gain_db}
        apart = take_apart(job, source, ready.mixture, ready.reference, alignment, lambda *_: None)
        return told_of(observed_of(job, ready.mixture, ready.reference, alignment, apart)).alarms


def main() -> None:
    """Print a row for each kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=("tune", "report"), default="report")
    parser.add_argument("--songs", type=int, default=47)
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS))
    options = parser.parse_args()
    paths = names_of(options.part)[: options.songs]
    print(machine())
    print(f"{len(paths)} songs of {options.part!r}\n")
    print(f"{'pair':26s}{'songs':>7s}{'said':>7s}{'anything':>10s}")
    for kind in options.kinds:
        wanted, make = KINDS[kind]
        counts: Counter[str] = Counter()
        others = []
        for number, path in enumerate(paths):
            mixture, vocal = pair_of(path)
            other = pair_of(paths[(number + 5) % len(paths)])[1]
            said = alarms_of(*make(Song(mixture, vocal, other)))
            is_said = any(wanted in one for one in said) if wanted else not said
            counts += Counter(said=is_said, any=bool(said))
            others += [] if is_said else [f"{path.name}: {' '.join(said) or 'nothing'}"]
        print(f"{kind:26s}{len(paths):7d}{counts['said']:7d}{counts['any']:10d}", flush=True)
        for line in others:
            print(f"    {line[:150]}")


if __name__ == "__main__":
    main()
