"""Attacks on the reading of sound: damaged, cut, endless, and what only looks like sound."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import soundfile
from attempts import PREPARE, Attempt, LostError, WrongError, ended, start, tried
from damage import damaged
from numpy.typing import NDArray
from trial_songs import encode, noise, prepare, vouched, write_pair

from vocal_separation_sanity_check import Settings
from vocal_separation_sanity_check.check import check_song
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.songs import SongJob
from vocal_separation_sanity_check.sound import read_sound

KINDS = {
    "WAV": "PCM_16",
    "RF64": "PCM_24",
    "AIFF": "PCM_16",
    "FLAC": "PCM_16",
    "OGG": "VORBIS",
    "MP3": "MPEG_LAYER_III",
}
N_SOUNDS, N_FLOATS, N_PREPARED, N_CUTS = 40, 60, 12, 12
RATE_HZ = 44100
PLAYLISTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{}\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile '{}'\n",
    "dash": '<?xml version="1.0"?><MPD type="static"><Period><AdaptationSet><Representation id="1">'
    "<BaseURL>{}</BaseURL></Representation></AdaptationSet></Period></MPD>",
    "pls": "[playlist]\nFile1={}\nNumberOfEntries=1\n",
    "words": "{}\n" * 100,
}
LISTED = ("list.wav", "list.m3u8", "list.flac", "list.mp3", "list.m4a")
LENGTH_UNSAID = {
    "vbr.mp3": ["-q:a", "4", "-write_xing", "0"],
    "cbr.mp3": ["-b:a", "128k", "-write_xing", "0"],
    "low.mp3": ["-q:a", "9", "-ar", "22050", "-write_xing", "0"],
    "adts.aac": ["-f", "adts"],
    "piped.flac": ["-f", "flac", "-"],
    "piped.wav": ["-f", "wav", "-"],
    "piped.raw": ["-f", "wav", "-"],
}
CUT_STREAMS = {
    "a.ogg": ["-c:a", "libvorbis"],
    "flac.ogg": ["-c:a", "flac"],
    "a.opus": ["-c:a", "libopus", "-ar", "48000"],
    "a.mka": ["-c:a", "flac"],
    "a.m4a": [],
}
BOMB_S = 10 * 3600
FLAC_LENGTH = slice(22, 26)
"""Where a FLAC file says how many samples it has."""


def read(path: Path) -> None:
    """Read a file, and make sure that something sound came of it."""
    samples = read_sound(path).samples
    if not samples.size or not np.isfinite(samples).all():
        raise WrongError(f"{path}: no sound came of it")


def damaged_sounds(workspace: Path) -> Iterator[Attempt]:
    """Every sound file is read or refused; what is read is sound."""
    for kind, subtype in KINDS.items():
        memory = BytesIO()
        soundfile.write(memory, noise(3000), 8000, format=kind, subtype=subtype)
        draw = random.Random(kind)
        path = workspace / f"a.{kind.lower()}"
        for _ in range(N_SOUNDS):
            path.write_bytes(damaged(memory.getvalue(), draw))
            yield tried("a damaged sound file is read", lambda path=path: read(path))


def damaged_floats(workspace: Path) -> Iterator[Attempt]:
    """Floats that are far too large or no numbers; preparing goes on with the next pair."""
    draw = random.Random(30)
    path = workspace / "a.wav"
    for _ in range(N_FLOATS):
        soundfile.write(path, bad_floats(draw), RATE_HZ, subtype="FLOAT")
        yield tried("floats of any size are read", lambda: read(path))
    folder = workspace / "process" / "100-window"
    for _ in range(N_PREPARED):
        shutil.rmtree(workspace / "rtg", ignore_errors=True)
        for name in ("a", "b"):
            write_pair(workspace, name)
        bad = folder / f"a_100-{draw.choice(['full', 'stem'])}.wav"
        soundfile.write(bad, bad_floats(draw), RATE_HZ, subtype="FLOAT")
        yield tried("floats of any size are prepared, and the next pair", lambda: _next(workspace))


def bad_floats(draw: random.Random) -> NDArray[np.float32]:
    """Five words of a song are any bits, or one is far too large, or all are."""
    sound = noise(2 * RATE_HZ).astype(np.float32)
    how = draw.choice(["bits", "bits", "one", "all"])
    if how == "bits":
        for _ in range(5):
            sound.view(np.uint32)[draw.randrange(len(sound))] = draw.getrandbits(32)
    elif how == "one":
        sound[draw.randrange(len(sound))] = draw.choice([3e38, -3e38, 1e18, np.nan, np.inf])
    else:
        sound *= np.float32(draw.choice([1e18, 1e36, 1e-30]))
    return sound


def _next(workspace: Path) -> str:
    told = "done"
    try:
        prepare(workspace)
    except InputError:
        told = "told"
    for name in ("a", "b"):
        mixture = workspace / "rtg" / "100-window" / name / "stereo_mixture.wav"
        if mixture.exists():
            read(mixture)
        elif name == "b":
            raise LostError("the pair after a damaged one was not prepared")
    return told


def playlists(workspace: Path) -> Iterator[Attempt]:
    """Texts that name another file, whatever they are called; its sound must not be read."""
    if not encode(workspace / "other.ts", noise(RATE_HZ), []):
        return
    encode(workspace / "other.mp3", noise(RATE_HZ), [])
    before = Path.cwd()
    os.chdir(workspace)
    try:
        for text in PLAYLISTS.values():
            for name in LISTED:
                for other in ("other.ts", "other.mp3", str(workspace / "other.mp3")):
                    (workspace / name).write_text(text.replace("{}", other))
                    path = workspace / name
                    yield tried("a playlist is taken for a sound", lambda path=path: _refuse(path))
    finally:
        os.chdir(before)


def _refuse(path: Path) -> None:
    read(path)
    raise WrongError(f"{path.read_text()}: the sound of another file was read")


def unsaid_lengths(workspace: Path) -> Iterator[Attempt]:
    """Files that do not say how long they are: read to the end, and separated in full quality."""
    draw = random.Random(31)
    for name, options in LENGTH_UNSAID.items():
        for _ in range(3):
            sound = noise(draw.randrange(RATE_HZ, 9 * RATE_HZ))
            if not encode(workspace / name, sound, options):
                return
            yield tried(
                "a file that does not say its length is read",
                lambda name=name, sound=sound: _read_whole(workspace / name, len(sound) / RATE_HZ),
            )
        yield tried(
            "a file that does not say its length, in full quality",
            lambda name=name, options=options: _check_kind(workspace / "song", name, options),
        )


def _read_whole(path: Path, length_s: float) -> None:
    sound = read_sound(path)
    found_s = len(sound.samples) / sound.sample_rate_hz
    if not length_s - 0.001 <= found_s <= length_s + 0.15:  # encoders pad both ends
        raise WrongError(f"{path.name}: {found_s:.3f} of {length_s:.3f} s were read")


def _check_kind(workspace: Path, name: str, options: list[str]) -> None:
    """Prepare and check a pair whose song is a file of some kind."""
    shutil.rmtree(workspace, ignore_errors=True)
    song = write_pair(workspace, "a", 3.0)
    samples, rate_hz = soundfile.read(song)
    encoded = song.with_name(f"a_100-full.{name.split('.')[1]}")
    encode(encoded, samples, options, rate_hz)
    if encoded != song:
        song.unlink()
    prepare(workspace)
    prepared = workspace / "rtg" / "100-window"
    check_song(SongJob("", prepared, workspace / "output", "", Settings(), True, True, workspace))
    if not vouched(workspace, ""):
        raise LostError(f"{name} is not finished")


def cut_streams(workspace: Path) -> Iterator[Attempt]:
    """Files of kinds that are shorter in silence where they were cut: told, wherever."""
    draw = random.Random(32)
    for name, options in CUT_STREAMS.items():
        if not encode(workspace / name, noise(6 * RATE_HZ), options):
            return
        path, content = workspace / name, (workspace / name).read_bytes()
        shares = [0.9, 0.99, *(draw.uniform(0.05, 0.995) for _ in range(N_CUTS - 2))]
        for share in shares:
            path.write_bytes(content[: int(share * len(content))])
            yield tried("a file is cut off", lambda path=path: _refuse_cut(path))


def _refuse_cut(path: Path) -> None:
    read(path)
    raise WrongError(f"{path.name}, {path.stat().st_size} bytes of it: taken as it was")


def bombs(workspace: Path) -> Iterator[Attempt]:
    """Small files that decode to ten hours: refused, and the next pair is prepared."""
    folder = workspace / "process" / "100-window"
    for rate_hz in (8000, 22050):
        bomb = workspace / "bomb.flac"
        with soundfile.SoundFile(bomb, "w", rate_hz, 1) as file:
            for _ in range(BOMB_S // 60):
                file.write(np.zeros(60 * rate_hz, np.int16))
        content = bytearray(bomb.read_bytes())
        for role in ("full", "stem"):
            for name in ("a", "b"):
                write_pair(workspace, name)
            song = folder / f"a_100-{role}.wav"
            song.unlink()
            song.with_suffix(".flac").write_bytes(content)
            yield tried("ten hours in a small file are prepared", lambda: _defused(workspace))
            song.with_suffix(".flac").unlink()
            shutil.rmtree(workspace / "rtg")
            content[FLAC_LENGTH] = bytes(4)  # the second does not say how long it is


def _defused(workspace: Path) -> str:
    told = ended(start(workspace, PREPARE))
    prepared = [path.name for path in (workspace / "rtg" / "100-window").iterdir()]
    if told != "told" or prepared != ["b"]:
        raise LostError(f"{told}, and prepared are {prepared}")
    return told
