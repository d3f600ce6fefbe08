"""The demo song with and without its acapella: SI-SDR of the fit and of `separate.py`.

`make demo` ends with it.  Run:  python benchmarks/demo_figures.py [WORKSPACE]
"""

from __future__ import annotations

import sys
from pathlib import Path

from vocal_separation_sanity_check.scoring import si_sdr_db
from vocal_separation_sanity_check.sound import read_mono

RATE_HZ = 22050
"""What the fit works at; both are judged by mono at this rate."""


def main() -> None:
    """Print a line for each way."""
    workspace = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[1]
    prepared, checked = workspace / "rtg" / "no-limit", workspace / "output_full"
    separated = workspace / "separated" / "demo_nl-full"
    mixture, vocal = (
        read_mono(prepared / f"{name}.wav", RATE_HZ)
        for name in ("stereo_mixture", "isolated_vocal")
    )
    print(f"\n{'The demo song, SI-SDR in dB':<44}{'vocal':>8}{'music':>8}")
    for way, folder, names in (
        ("nothing done", prepared, ("stereo_mixture", "stereo_mixture")),
        ("separate.py, which never saw the acapella", separated, ("vocals", "music")),
        ("the fit", checked, ("extracted_vocal_full", "extracted_music_full")),
    ):
        found = [read_mono(folder / f"{name}.wav", RATE_HZ) for name in names]
        scores = map(si_sdr_db, found, (vocal, mixture - vocal))
        print(f"  {way:<42}" + "".join(f"{score:>8.1f}" for score in scores))


if __name__ == "__main__":
    main()
