"""Spectra: the STFT and its inverse, blocks of windows, bands, ideal masks, pictures of spectra.

In come signals and `Settings`; out go spectra, complex64 or float32, shape (n_bins, n_windows).
"""

from vocal_separation_sanity_check.spectral.bands import BAND_EDGES_HZ, BANDS_HZ
from vocal_separation_sanity_check.spectral.block import Block, blocks
from vocal_separation_sanity_check.spectral.masks import (
    banded_target,
    ideal_extraction,
    ideal_masks,
)
from vocal_separation_sanity_check.spectral.overlap_add import OverlapAdd, hann
from vocal_separation_sanity_check.spectral.pictures import (
    FLOOR_DB,
    N_ROWS,
    SpectrogramPicture,
    decibels,
    sound_picture,
    tick_places,
)
from vocal_separation_sanity_check.spectral.transform import InverseStft, istft, n_windows_of, stft

__all__ = [
    "BANDS_HZ",
    "BAND_EDGES_HZ",
    "FLOOR_DB",
    "N_ROWS",
    "Block",
    "InverseStft",
    "OverlapAdd",
    "SpectrogramPicture",
    "banded_target",
    "blocks",
    "decibels",
    "hann",
    "ideal_extraction",
    "ideal_masks",
    "istft",
    "n_windows_of",
    "sound_picture",
    "stft",
    "tick_places",
]
