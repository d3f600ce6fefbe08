"""Run in a process of its own: separate a second of the demo song, from files to a file."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from vocal_separation_sanity_check.doctor.own_process import in_short, tell

DURATION_S = 1.0
KNOWN_DB = 15.38
"""SI-SDR of the extracted vocal; the ideal mask has the same."""
TOLERANCE_DB = 0.05
"""Other processors round otherwise."""


def main() -> None:
    """Tell what sound files are read, whether the kernels are compiled, and what comes out."""
    try:
        import soundfile

        kinds = set(soundfile.available_formats())
        kinds |= {"OPUS"} & set(soundfile.available_subtypes("OGG"))
        tell(libsndfile=soundfile.__libsndfile_version__, kinds=sorted(kinds))

        from vocal_separation_sanity_check.fingerprints import is_compiled

        tell(is_compiled=is_compiled())
        start = perf_counter()
        found_db = separated_db()
        is_right = abs(found_db - KNOWN_DB) <= TOLERANCE_DB
        tell(si_sdr_db=found_db, known_db=KNOWN_DB, is_right=is_right)
        tell(seconds=perf_counter() - start, is_kept=is_compiled())
    except Exception as error:  # it is what is to be found out
        tell(error=in_short(error))
        sys.exit(1)


def separated_db() -> float:
    """SI-SDR in dB of the vocal that comes out."""
    from vocal_separation_sanity_check.alignment import align
    from vocal_separation_sanity_check.demo import demo_song
    from vocal_separation_sanity_check.scoring import si_sdr_db
    from vocal_separation_sanity_check.separation import separate
    from vocal_separation_sanity_check.settings import Settings
    from vocal_separation_sanity_check.sound import read_mono, write_wav

    rate_hz = Settings().sample_rate_hz
    song = demo_song(DURATION_S, rate_hz)
    with TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{name}.wav" for name in ("mixture", "vocal", "extracted")]
        write_wav(paths[0], song.mixture, rate_hz)
        write_wav(paths[1], song.vocal, rate_hz)
        mixture, vocal = (read_mono(path, rate_hz) for path in paths[:2])
        aligned = align(mixture, vocal, rate_hz).aligned[: len(mixture)]
        write_wav(paths[2], separate(mixture, aligned).vocal, rate_hz)
        return si_sdr_db(read_mono(paths[2], rate_hz), vocal)


if __name__ == "__main__":
    main()
