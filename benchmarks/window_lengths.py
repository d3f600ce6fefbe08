"""SI-SDR of masks that know both sources, by the window's length, on songs nothing was tuned on.

Three quarters of each window overlap.

Run:  python benchmarks/window_lengths.py
"""

from __future__ import annotations

import numpy as np
from machine import machine
from released_trials import RATE_HZ, names_of, pair_of

from vocal_separation_sanity_check import Settings
from vocal_separation_sanity_check.scoring import si_sdr_db
from vocal_separation_sanity_check.spectral import ideal_masks, istft, stft

LENGTHS = (512, 1024, 2048, 4096)
MASKS = ("binary", "irm1", "irm2", "psm")


def scores(mixture: np.ndarray, vocal: np.ndarray, n_fft: int) -> list[float]:
    """SI-SDR in dB of each of `MASKS` on one song."""
    settings = Settings(sample_rate_hz=RATE_HZ, n_fft=n_fft, hop_length=n_fft // 4)
    spectrum = stft(mixture, settings)
    own = stft(vocal, settings)
    masks = {**ideal_masks(own, spectrum), "binary": np.abs(own) > np.abs(spectrum - own)}
    extracted = (istft(masks[name] * spectrum, len(vocal), settings) for name in MASKS)
    return [si_sdr_db(sound, vocal) for sound in extracted]


def main() -> None:
    """Print a table, a row a length."""
    songs = [[sound.astype(np.float32) for sound in pair_of(path)] for path in names_of("report")]
    print(machine())
    print(f"\nSI-SDR (dB), {len(songs)} songs of 6.8 s that nothing was tuned on")
    print("n_fft  hop" + "".join(f"{name:>8}" for name in MASKS))
    for n_fft in LENGTHS:
        mean = np.mean([scores(*song, n_fft) for song in songs], axis=0)
        print(f"{n_fft:5d} {n_fft // 4:4d}" + "".join(f"{value:8.2f}" for value in mean))


if __name__ == "__main__":
    main()
