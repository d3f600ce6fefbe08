"""Attacks on `separate.py`: kill -9, models that mean harm, full disks and temporary folders."""

from __future__ import annotations

import random
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import numpy as np
import safetensors
import safetensors.torch
import soundfile
import torch
from attempts import (
    CHECK,
    PREPARE,
    Attempt,
    LostError,
    WrongError,
    ended,
    kill,
    small_disk,
    start,
    tried,
    wait_for,
)
from damage import changed_json, damaged
from hard_sounds import bad_floats
from trial_songs import encode, write_pair

from unet.separating import SHIPPED_MODEL, SHIPPED_WEIGHTS, load_network, separate_file
from vocal_separation_sanity_check.demo.song import demo_song

SEPARATE = ["separate.py", "--device", "cpu"]
FILES = [f"{stem}.wav" for stem in ("vocals", "music")]
N_KILLS, N_MODELS, N_SONGS = 20, 50, 30
RATE_HZ = 44100
TEMPORARY_KB, DISKS_KB = 64, (4, 300, 600, 900)


def write_song(path: Path, duration_s: float, subtype: str = "PCM_16") -> Path:
    """Write a song in stereo."""
    soundfile.write(path, demo_song(duration_s, RATE_HZ).mixture, RATE_HZ, subtype=subtype)
    return path


def stems_are_there(song: Path, folder: Path) -> bool:
    """Whether there are both stems; they must then sum to the song, and otherwise both be missing.

    `song` is one that libsndfile reads.
    """
    there = [file for file in FILES if (folder / file).exists()]
    if len(there) == 1:
        raise LostError(f"only {there[0]} was written")
    if there:
        mixture, *stems = (
            soundfile.read(path, always_2d=True)[0]
            for path in (song, *(folder / file for file in FILES))
        )
        total = np.sum(stems, axis=0)
        if total.shape != mixture.shape or not np.abs(total - mixture).max() <= 1e-6:
            raise WrongError("the stems do not sum to the song")
    return bool(there)


def _left_behind(*folders: Path) -> list[str]:
    return [str(path) for folder in folders for path in folder.rglob("*") if _is_leftover(path)]


def _is_leftover(path: Path) -> bool:
    return path.name.startswith((".", "separate-", "tmp"))


def killed_separations(workspace: Path) -> Iterator[Attempt]:
    """Both stems or neither, whenever it was killed; nothing is left behind by the next run."""
    song = write_song(workspace / "a.wav", 60.0)
    folder, temporary = workspace / "separated" / "a", workspace / "temporary"
    temporary.mkdir()
    draw = random.Random(40)

    def begin() -> subprocess.Popen[str]:
        return start(workspace, SEPARATE, str(song), TMPDIR=str(temporary))

    began = time.monotonic()
    ended(begin())
    whole_s = time.monotonic() - began

    def act() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        process = begin()
        wait_for(process, draw.uniform(0, whole_s))
        kill(process)
        if not stems_are_there(song, folder) and folder.exists():
            raise LostError("an empty folder was left")

    for _ in range(N_KILLS):
        yield tried("kill -9 of separate.py", act)

    def finish() -> None:
        left = _left_behind(folder.parent, temporary) if ended(begin()) == "done" else ["no stems"]
        if left or not stems_are_there(song, folder):
            raise LostError(f"left behind: {left}")

    yield tried("kill -9 of separate.py: the next run", finish)


def hostile_models(workspace: Path) -> Iterator[Attempt]:
    """Whatever a model holds, it is refused, or its stems are numbers that sum to the song."""
    song, folder = write_song(workspace / "a.wav", 1.0), workspace / "stems"
    model = workspace / "m.safetensors"
    with safetensors.safe_open(SHIPPED_WEIGHTS, framework="pt") as file:
        text = file.metadata()
        state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    draw = random.Random(41)

    def act() -> None:
        _separate(song, folder, model)

    for _ in range(N_MODELS):
        model.write_bytes(safetensors.torch.save(_spoilt(state, draw), text))
        yield tried("a model of NaN or of huge weights", act)
    for _ in range(N_MODELS):
        settings = changed_json(text["settings"], draw).decode(errors="replace")
        model.write_bytes(safetensors.torch.save(state, {**text, "settings": settings}))
        yield tried("a model of other settings", act)
    for shipped in (SHIPPED_MODEL, SHIPPED_WEIGHTS):
        content = shipped.read_bytes()
        for _ in range(N_MODELS):
            model.write_bytes(damaged(content, draw))
            yield tried(f"a damaged model, {shipped.suffix}", act)


def _separate(song: Path, folder: Path, model: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    try:
        with redirect_stdout(StringIO()):
            separate_file(song, folder, load_network(model, "cpu")[0])
    finally:
        is_there = folder.exists() and stems_are_there(song, folder)
    if not is_there:
        raise LostError("no stems, and nothing was told")


def _spoilt(state: Mapping[str, torch.Tensor], draw: random.Random) -> dict[str, torch.Tensor]:
    """One tensor of a network, or all of them, are NaN, infinite, huge or upside down."""
    factor = draw.choice([np.nan, np.inf, -np.inf, 1e38, -1e38, 1e30, -1e12, 1e6, 0.0, -1.0])
    chosen = set(state) if draw.random() < 0.2 else {draw.choice(sorted(state))}
    return {name: tensor * factor if name in chosen else tensor for name, tensor in state.items()}


def strange_songs(workspace: Path) -> Iterator[Attempt]:
    """Songs with floats of any size: refused, or taken apart into numbers."""
    song, folder, draw = workspace / "a.wav", workspace / "stems", random.Random(42)
    for _ in range(N_SONGS):
        soundfile.write(song, bad_floats(draw), RATE_HZ, subtype="FLOAT")
        yield tried(
            "floats of any size are separated", lambda: _separate(song, folder, SHIPPED_MODEL)
        )


def full_temporary_folders(workspace: Path) -> Iterator[Attempt]:
    """Nothing of the program's own goes there; what does not fit is not written."""
    song, temporary = write_song(workspace / "a.wav", 2.0), workspace / "temporary"
    write_pair(workspace, "a")
    files = [song]
    if encode(workspace / "b.m4a", soundfile.read(song)[0], []):
        files.append(workspace / "b.m4a")
    folder = workspace / "stems"
    commands = [(PREPARE, ()), (CHECK, ())]
    commands += [(SEPARATE, (str(file), "-o", str(folder))) for file in files]
    with small_disk(temporary, TEMPORARY_KB) as is_mounted:
        if not is_mounted:
            return
        (temporary / "full").write_bytes(bytes(1024 * TEMPORARY_KB))
        for command, flags in commands:
            process = start(workspace, command, *flags, TMPDIR=str(temporary))
            yield tried("a full temporary folder", lambda p=process: _need_done(p))
    for size_kb in DISKS_KB:
        with small_disk(folder, size_kb) as is_mounted:
            for file in files if is_mounted else ():
                process = start(workspace, SEPARATE, str(file), "-o", str(folder))
                yield tried("stems on a full disk", lambda p=process: _fits(p, folder))
                for stem in folder.iterdir():
                    stem.unlink()


def _need_done(process: subprocess.Popen[str]) -> None:
    if ended(process) != "done":
        raise LostError("refused, although there is room where it writes")


def _fits(process: subprocess.Popen[str], folder: Path) -> str:
    told = ended(process)
    there = [path.name for path in folder.iterdir()]
    if sorted(there) != (sorted(FILES) if told == "done" else []):
        raise LostError(f"{told}, and there is {there}")
    return told
