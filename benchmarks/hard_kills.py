"""Attacks on what is written: kill -9 at random moments, full disks, folders with broken pairs."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
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
from trial_songs import RATE_HZ, vouched, write_pair, write_prepared

from vocal_separation_sanity_check.demo.song import demo_song

N_KILLS = 20
DISKS_KB = (32, 128, 512, 1000, 1500, 2000, 3000, 6000)


def killed_checks(workspace: Path) -> Iterator[Attempt]:
    """One song, over and over; whatever it claims is so, and in the end it is finished."""
    write_pair(workspace, "a")
    ended(start(workspace, PREPARE))
    command = [*CHECK, "--full-quality"]
    yield from _killed("kill -9 of a check", workspace, command, [""], random.Random(10))


def killed_folders(workspace: Path) -> Iterator[Attempt]:
    """Many songs in processes of their own."""
    names = [f"song {k}" for k in range(4)]
    for name in names:
        write_prepared(workspace, name)
    command = [*CHECK, "--all"]
    yield from _killed("kill -9 of --all", workspace, command, names, random.Random(11))


def _killed(
    attack: str, workspace: Path, command: list[str], names: list[str], draw: random.Random
) -> Iterator[Attempt]:
    began = time.monotonic()
    ended(start(workspace, command))
    whole_s = time.monotonic() - began

    def act() -> None:
        if all(vouched(workspace, name) for name in names):
            for name in names[: max(1, len(names) // 2)]:
                (workspace / "output" / name / "results.json").unlink()
        process = start(workspace, command)
        wait_for(process, draw.uniform(0, whole_s))
        kill(process)
        for name in names:
            vouched(workspace, name)

    for _ in range(N_KILLS):
        yield tried(attack, act)
    yield tried(f"{attack}: the next run", lambda: _finish(workspace, command, names))


def _finish(workspace: Path, command: list[str], names: list[str]) -> None:
    if ended(start(workspace, command)) != "done":
        raise LostError("the next run did not finish")
    for name in names:
        if not vouched(workspace, name):
            raise LostError(f"{name} is not finished")
        left = [path.name for path in (workspace / "output" / name).glob(".*")]
        if left:
            raise LostError(f"{left} stays behind")


def killed_preparing(workspace: Path) -> Iterator[Attempt]:
    """What counts as prepared is whole, whenever preparing was ended."""
    names = [f"song {k}" for k in range(4)]
    for name in names:
        write_pair(workspace, name, 6.0)
    command = [PREPARE[0]]
    began = time.monotonic()
    ended(start(workspace, command))
    whole_s = time.monotonic() - began
    draw = random.Random(12)

    def act() -> None:
        process = start(workspace, command)
        wait_for(process, draw.uniform(0, whole_s))
        kill(process)
        for name in names:
            _check_prepared(workspace, name)

    for _ in range(N_KILLS):
        yield tried("kill -9 of preparing", act)

    def finish() -> None:
        ended(start(workspace, command))
        if not all(_check_prepared(workspace, name) for name in names):
            raise LostError("a song is not prepared")

    yield tried("kill -9 of preparing: the next run", finish)


def _check_prepared(workspace: Path, name: str) -> bool:
    folder = workspace / "rtg" / "100-window" / name
    if not (folder / "stereo_mixture.wav").exists():
        return False
    mixture, vocal, null = (
        soundfile.read(folder / f"{file}.wav")[0]
        for file in ("stereo_mixture", "isolated_vocal", "null_test")
    )
    if np.abs(mixture - vocal - null).max() > 1e-6:
        raise WrongError(f"{folder}: files of two runs")
    for file in ("alignment.json", "original.json"):
        json.loads((folder / file).read_text(encoding="utf-8"))
    return True


def full_disks(workspace: Path) -> Iterator[Attempt]:
    """Results on disks that are too small; left out where this user may not mount one."""
    for name in ("a", "b"):
        write_prepared(workspace, name)
    output, command = workspace / "output", [*CHECK, "--all"]

    def act() -> str:
        told = ended(start(workspace, command))
        whole = [vouched(workspace, name) for name in ("a", "b")]
        left = [path.name for path in output.rglob(".*")]
        if left or (told == "done") != all(whole):
            raise LostError(f"{told}, finished {whole}, left behind {left}")
        return told

    for size_kb in DISKS_KB:
        with small_disk(output, size_kb) as is_mounted:
            if not is_mounted:
                return
            yield tried("a full disk", act)
    yield tried("a full disk: with room", lambda: _finish(workspace, command, ["a", "b"]))


def broken_pairs(workspace: Path) -> Iterator[Attempt]:
    """Fifty pairs, ten of which are broken in ten ways: the others are prepared and checked."""
    folder = workspace / "process" / "100-window"
    for number in range(50):
        write_pair(workspace, f"song {number:02}", 3.0)
    song = demo_song(3.0, RATE_HZ)
    full, stem = (
        [folder / f"song {number:02}_100-{role}.wav" for number in range(50)]
        for role in ("full", "stem")
    )
    stem[3].unlink()
    full[7].unlink()
    full[11].write_bytes(full[11].read_bytes()[:50_000])
    stem[14].write_bytes(b"")
    full[18].write_bytes(b"this is no sound at all" * 1000)
    soundfile.write(stem[22], 0 * song.vocal, RATE_HZ)
    soundfile.write(full[27], song.mixture * np.nan, RATE_HZ, subtype="FLOAT")
    soundfile.write(stem[31], song.vocal[: RATE_HZ // 2], RATE_HZ)
    stem[36].with_suffix(".flac").write_bytes(stem[36].read_bytes())
    full[44].unlink()
    full[44].mkdir()
    broken = {3, 7, 11, 14, 18, 22, 27, 31, 36, 44}
    told = [ended(start(workspace, command)) for command in (PREPARE, [*CHECK, "--all"])]
    yield tried("fifty pairs, ten broken: told", lambda: told == ["told", "done"] or _fail(told))
    for number in range(50):
        name = f"song {number:02}"

        def act(name: str = name, is_broken: bool = number in broken) -> str:
            if vouched(workspace, name) == is_broken:
                raise LostError(f"{name} is {'checked' if is_broken else 'not checked'}")
            return "told" if is_broken else "done"

        yield tried("fifty pairs, ten broken", act)


def _fail(told: object) -> None:
    raise LostError(str(told))
