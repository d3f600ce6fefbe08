"""Take songs apart: files, sounds in memory, and streams."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from unet.separating.song_network import SongNetwork
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import replacing_together
from vocal_separation_sanity_check.names import printable
from vocal_separation_sanity_check.sound import (
    SILENCE_PEAK,
    HeldChunks,
    SoundInfo,
    StemForm,
    opened,
    resampled,
    sound_info,
    split_samples,
    stem_form,
    writing_stem,
)

PAGE_NAME = "listen.html"
_BAR = "{desc}: {percentage:3.0f}%|{bar}| {n:.0f}/{total:.0f} s [{elapsed}<{remaining}]"


def separate_file(
    path: Path,
    folder: Path,
    network: SongNetwork,
    stem_format: str = "wav",
    *,
    with_page: bool = False,
) -> SoundInfo:
    """Write the stems of one song, and a page to listen to them: all or nothing.

    Rate, channels and length are those of the file. In WAV the sample format is as well (32-bit
    float for what a decoder computes, such as MP3); in FLAC it has 24 bits at most. In both the
    stems sum to the song. What goes beyond full scale is turned down for FLAC and MP3, and told.

    Parameters
    ----------
    path : Path
    folder : Path
        Where to write.
    network : SongNetwork
    stem_format : {"wav", "flac", "mp3"}
    with_page : bool
        Whether to write the page.

    Returns
    -------
    SoundInfo
        Of the song.

    Raises
    ------
    InputError
        If the song cannot be read or changes meanwhile, the format cannot hold it, the network
        makes no sound of it, or the files cannot be written.
    """
    before = _state(path)
    info = sound_info(path, with_bar=True)
    form = stem_form(info, stem_format)
    stems = [f"{stem}.{form.format}" for stem in network.stems]
    names = [*stems, PAGE_NAME] if with_page else stems
    with replacing_together(folder, names) as temporary:
        n_bytes, n_free = len(stems) * form.n_bytes_most, shutil.disk_usage(temporary).free
        if n_bytes > n_free:
            raise InputError(
                f"{folder} has room for {n_free / 1e6:.1f} MB, the stems of {path.name} take"
                f" {n_bytes / 1e6:.1f} MB"
            )
        _write_stems(path, before, info, form, [temporary / stem for stem in stems], network)
        if with_page:
            # Pictures need matplotlib, which separating does not.
            from unet.separating.listening import write_stems_page

            files = dict(zip(network.stems, (temporary / stem for stem in stems), strict=True))
            write_stems_page(path, info, form.gain, files, temporary / PAGE_NAME)
            if _state(path) != before:
                raise _changed(path)
    if form.gain < 1:
        print(
            printable(
                f"{path.name}: all turned down by {-20 * np.log10(form.gain):.2f} dB, since"
                f" {form.format.upper()} ends at full scale"
            )
        )
    page = f"; to listen: {folder / PAGE_NAME}" if with_page else ""
    written = f"{', '.join(stems[:-1])} and {stems[-1]}"
    print(printable(f"{path.name}: wrote {folder / written}{page}"))
    return info


def _write_stems(
    path: Path,
    before: tuple[int, ...] | None,
    info: SoundInfo,
    form: StemForm,
    stems: Sequence[Path],
    network: SongNetwork,
) -> None:
    with ExitStack() as stack:
        # Read twice at one time: the network looks ahead of what is written.
        given, seen = (stack.enter_context(opened(path)).chunks() for _ in range(2))
        writers = [stack.enter_context(writing_stem(stem, form, info)) for stem in stems]
        bar = stack.enter_context(
            tqdm(
                total=info.duration_s,
                desc=printable(path.name),
                disable=None,
                leave=False,
                bar_format=_BAR,
            )
        )
        mixture = HeldChunks(given)
        for found in stems_stream(seen, info, network):
            part = mixture.take(len(found))
            if len(part) < len(found) or _state(path) != before:
                raise _changed(path)
            rest = form.gain * part
            *firsts, last = writers
            for write, stem in zip(firsts, np.split(found, len(firsts), axis=1), strict=True):
                rounded, rest = split_samples(rest, np.float32(form.gain) * stem, form.steps)
                write(rounded)
            last(rest)
            bar.update(len(found) / info.sample_rate_hz)


def _changed(path: Path) -> InputError:
    return InputError(
        f"{path.name} changed while it was being separated; once it is at rest, run this again"
    )


def _state(path: Path) -> tuple[int, ...] | None:
    """What changes with a file's content; None where it is not there."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def separate_sound(
    sound: NDArray[np.float32], sample_rate_hz: int, network: SongNetwork
) -> dict[str, NDArray[np.float32]]:
    """Take a sound in memory apart.

    Parameters
    ----------
    sound : float32, shape (n_samples, n_channels)
    sample_rate_hz : int
    network : SongNetwork

    Returns
    -------
    dict of str to float32, shape (n_samples, n_channels)
        By stem; they sum to the sound.
    """
    level = float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))
    peak = float(np.abs(sound).max())
    info = SoundInfo(len(sound), sound.shape[1], sample_rate_hz, "FLOAT", level, peak)
    found = np.concatenate(list(stems_stream(iter([sound]), info, network)))
    firsts = np.split(found, len(network.stems) - 1, axis=1)
    rest = sound - np.sum(firsts, axis=0)
    return dict(zip(network.stems, [*firsts, rest], strict=True))


def stems_stream(
    sound: Iterator[NDArray[np.floating]], info: SoundInfo, network: SongNetwork
) -> Iterator[NDArray[np.float32]]:
    """Take a stream apart, at its own sampling rate.

    Parameters
    ----------
    sound : iterator of float, shape (n, n_channels)
    info : SoundInfo
        Of the whole.
    network : SongNetwork

    Yields
    ------
    float32, shape (n, (n_stems - 1) * n_channels)
        All stems but the last, as `SongNetwork.separated` gives them; as many samples as came in;
        zeros for silence.
    """
    n_found = len(network.stems) - 1
    if info.level < SILENCE_PEAK:
        for chunk in sound:
            yield np.zeros((len(chunk), n_found * chunk.shape[1]), np.float32)
        return
    rate = network.sample_rate_hz
    n_there = -(-info.n_samples * rate // info.sample_rate_hz)
    there = resampled(sound, info.sample_rate_hz, rate, n_there)
    found = network.separated(there, n_there, info.level)
    yield from resampled(found, rate, info.sample_rate_hz, info.n_samples)
