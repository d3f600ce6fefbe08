"""What a person waits for: whole commands from outside, each of a song that is made here."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from unittest.mock import patch

import numpy as np
import soundfile
import soxr
from hard_hours import phrases
from machine import PAIRS
from whole_command import measured

RATE_HZ = 22050
CD_HZ = 44100
LATE_S = 0.6543
"""What is cut off the acapella, so that it has to be lined up."""
MODES = {"check": [], "quick": ["--quick"]}


class Took(NamedTuple):
    """Seconds, of them processor's of all cores, and most memory in MB."""

    seconds: float
    cpu_s: float
    peak_mb: float


NETWORK = """
from timeit import repeat
import numpy as np
from unet.separating import SHIPPED_MODEL, load_network
network = load_network(SHIPPED_MODEL, "cpu")[0]
front_end = network.front_end
shape = 2, front_end.n_bins, front_end.n_windows(30 * front_end.sample_rate_hz)
spectra = np.random.default_rng(0).normal(size=(*shape, 2)).view(complex)[..., 0].astype("c8")
print(min(repeat(lambda: network.masks(spectra), number=1, repeat=10)))
"""


@dataclass(frozen=True)
class Wait:
    """Something that is waited for.

    Attributes
    ----------
    name : str
    songs : str
        Folder of its songs: those of one name share what was prepared.
    goal : str
        What it is to reach.
    measure : callable
        Takes the folder that a release lies in, and that of the songs.
    n_runs : int
        The best of them counts: other work on the machine only adds.
    bound : str
        Code whose seconds in a process of its own no command can be below; may be empty.
    """

    name: str
    songs: str
    goal: str
    measure: Callable[[Path, Path], Took]
    n_runs: int = 1
    bound: str = ""


def scripted(release: Path, script: str, *words: object) -> Took:
    """Run a script of a release."""
    with patch.dict(os.environ, PYTHONPATH=str(release)):
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed is compiled once
        return Took(*measured([str(release / script), *map(str, words)]))


def first_check(release: Path, folder: Path) -> Took:
    """With every kernel to compile."""
    prepare_clip(release, folder)
    with TemporaryDirectory() as kernels, patch.dict(os.environ, NUMBA_CACHE_DIR=kernels):
        return short_check("check", release, folder)


def short_check(mode: str, release: Path, folder: Path) -> Took:
    """Check the demo's 4.7 s."""
    prepare_clip(release, folder)
    return scripted(release, "sanity_check_complete.py", "--workspace", folder, *MODES[mode])


def prepare_clip(release: Path, folder: Path) -> None:
    """Prepare the demo, where it is not yet."""
    if not (folder / "rtg").exists():
        scripted(release, "prepare_audio_files.py", "--workspace", folder, "--demo")


def prepare_song(release: Path, folder: Path) -> Took:
    """Prepare 209 s of stereo at 44.1 kHz, whose acapella begins later."""
    full, stem = (
        soxr.resample(soundfile.read(PAIRS / f"medley_nl-{role}.flac")[0], RATE_HZ, CD_HZ)
        for role in ("full", "stem")
    )
    right = stem + 0.7 * np.roll(full - stem, 11)
    stereo = 0.7 * np.stack([full, right], axis=1)
    late = stem[round(LATE_S * CD_HZ) :, None] * [0.5, 0.5]
    return _prepared(release, folder, stereo, late, CD_HZ)


def check_song(mode: str, release: Path, folder: Path) -> Took:
    """Check the 209 s in full length; they are prepared where they are not yet."""
    if not (folder / "rtg").exists():
        prepare_song(release, folder)
    return scripted(release, "sanity_check_full_length.py", "--workspace", folder, *MODES[mode])


def prepare_minutes(minutes: int, release: Path, folder: Path) -> Took:
    """Prepare a long song of drawn noise."""
    voice, rest = (phrases(np.random.default_rng(seed), 60 * minutes) for seed in (1, 2))
    return _prepared(release, folder, voice + rest, voice[round(LATE_S * RATE_HZ) :], RATE_HZ)


def separate(release: Path, folder: Path) -> Took:
    """Separate 30 s of stereo, whose samples do not matter."""
    folder.mkdir(exist_ok=True)
    song = folder / "song.wav"
    noise = np.random.default_rng(0).normal(0, 0.1, (30 * CD_HZ, 2))
    soundfile.write(song, noise.clip(-1, 1), CD_HZ)
    return scripted(release, "separate.py", song, "-o", folder, "--device", "cpu")


def network_alone(release: Path, _folder: Path) -> Took:
    """Compute the masks of 30 s of stereo, best of 10; spectra in, masks out."""
    told = subprocess.check_output([sys.executable, "-c", NETWORK], cwd=release)
    return Took(float(told), 0.0, 0.0)


def shown_help(script: str, release: Path, _folder: Path) -> Took:
    """Ask a script for its help."""
    return scripted(release, script, "--help")


def _prepared(
    release: Path, folder: Path, song: np.ndarray, acapella: np.ndarray, rate_hz: int
) -> Took:
    folder.mkdir(exist_ok=True)
    files = [folder / "song.wav", folder / "acapella.wav"]
    for path, sound in zip(files, (song, acapella), strict=True):
        soundfile.write(path, sound, rate_hz)
    flags = ["--workspace", folder, "--mixture", files[0], "--vocal", files[1]]
    return scripted(release, "prepare_audio_files.py", *flags)


LIBRARIES = "import numba, scipy.fft, scipy.linalg, scipy.ndimage, soundfile, soxr, jinja2, tqdm"
"""What every check loads."""

WAITS = (
    Wait("first check on a machine (compiling)", "clip", "15 s", first_check, 2),
    Wait("check of 4.7 s", "clip", "2.5 s", partial(short_check, "check"), 5, LIBRARIES),
    Wait("check of 4.7 s, `--quick`", "clip", "1.5 s", partial(short_check, "quick"), 5, LIBRARIES),
    Wait("prepare 209 s, stereo, 44.1 kHz", "song", "6 s", prepare_song, 2),
    Wait("check of 209 s", "song", "25 s, 700 MB", partial(check_song, "check"), 2),
    Wait("check of 209 s, `--quick`", "song", "", partial(check_song, "quick"), 2),
    Wait("prepare 10 min", "long", "700 MB", partial(prepare_minutes, 10), 2),
    Wait("prepare 60 min", "long", "700 MB", partial(prepare_minutes, 60)),
    Wait("`separate.py`, 30 s", "noise", "0.8 s", separate, 5, "import onnxruntime, soundfile"),
    Wait("its network alone", "noise", "0.10 s", network_alone),
    *(
        Wait(f"`{path.name} --help`", "none", "0.3 s", partial(shown_help, path.name), 5, "pass")
        for path in sorted(Path(__file__).resolve().parents[1].glob("*.py"))
    ),
)
