"""Attacks on what is read beside sound: damaged results, state and masks, names of all kinds."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from attempts import Attempt, LostError, WrongError, tried
from damage import changed_json, damaged
from trial_songs import prepare, write_pair, write_prepared

from unet.songs.stems import read_mask
from vocal_separation_sanity_check import Settings
from vocal_separation_sanity_check.check import check_song
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.names import printable
from vocal_separation_sanity_check.report import write_index
from vocal_separation_sanity_check.songs import SongJob, read_alignment, read_original

N_RESULTS, N_STATES, N_MASKS, N_NAMES = 150, 100, 60, 25
ODD_PARTS = ["a", "\x1b[31m", "=1+1", "é", "e\u0301", "\udce9", "\n", "\u202e", "'", '"', "<b>"]
ODD_PARTS += ["index.html", "..", " ", "-", "%00", "$(x)", "summary.csv", "NUL", "x" * 60]


def _checked_song(workspace: Path, *, is_aligned: bool = False) -> SongJob:
    """Prepare a song for real, and check it."""
    write_pair(workspace, "a")
    prepare(workspace, is_aligned=is_aligned)
    prepared = workspace / "rtg" / "100-window"
    job = SongJob("", prepared, workspace / "output", "", Settings(), True, True, workspace)
    check_song(job)
    return job


def damaged_results(workspace: Path) -> Iterator[Attempt]:
    """A finished song of which a byte differs is not finished; results.json included."""
    job = _checked_song(workspace)
    draw = random.Random(1)
    contents = {path: path.read_bytes() for path in sorted(job.results.iterdir())}
    for _ in range(N_RESULTS):
        path = draw.choice(list(contents))
        changed = damaged(contents[path], draw)
        path.write_bytes(changed)
        is_same = changed == contents[path]
        yield tried("a result of a finished song is damaged", lambda same=is_same: _look(job, same))
        path.write_bytes(contents[path])


def _look(job: SongJob, is_same: bool) -> None:
    if (job.finished() is not None) != is_same:
        raise WrongError(
            "a damaged song counts as finished" if not is_same else "a whole one does not"
        )
    write_index(job.results.parent, "")


def damaged_state(workspace: Path) -> Iterator[Attempt]:
    """JSON of any kind in place of what the program wrote."""
    job = _checked_song(workspace, is_aligned=True)
    shutil.copytree(job.results, job.results / "song")
    reading = {
        job.facts_path: lambda: (job.finished(), write_index(job.results, "")),
        job.results / "song" / "results.json": lambda: write_index(job.results, ""),
        job.prepared / "alignment.json": lambda: read_alignment(job.prepared),
        job.prepared / "original.json": lambda: read_original(job.prepared, workspace),
    }
    for path, read in reading.items():
        draw = random.Random(path.name)
        text = path.read_text(encoding="utf-8")
        for _ in range(N_STATES):
            path.write_bytes(changed_json(text, draw))
            yield tried(f"{path.name} holds something else", read)
        path.write_text(text, encoding="utf-8")


def damaged_masks(workspace: Path) -> Iterator[Attempt]:
    """Training data of the engine's own."""
    path = workspace / "mask.npz"
    numbers = {"sample_rate_hz": 22050, "n_fft": 128, "hop_length": 64}
    mask = np.random.default_rng(0).random((65, 8), np.float32)
    np.savez(path, mask=mask, **numbers)
    draw, content = random.Random(2), path.read_bytes()
    for _ in range(N_MASKS):
        path.write_bytes(damaged(content, draw))
        yield tried("a damaged mask is read to learn from", lambda: _read_mask(path))


def _read_mask(path: Path) -> None:
    mask, settings = read_mask(path)
    if len(mask) != settings.n_fft // 2 + 1 or not ((mask >= 0) & (mask <= 1)).all():
        raise WrongError("what cannot be a mask is learnt from")


def odd_names(workspace: Path) -> Iterator[Attempt]:
    """Whatever a song is called, it is prepared, checked and shown, or refused alone."""
    draw = random.Random(3)
    plain = write_pair(workspace, "plain")
    written = []
    for _ in range(N_NAMES):
        name = "".join(draw.choices(ODD_PARTS, k=draw.randint(1, 4)))
        for role in ("full", "stem"):
            source = plain.with_name(f"plain_100-{role}.wav")
            shutil.copy(source, plain.with_name(f"{name}_100-{role}.wav"))
        written.append(name)
    try:
        told = prepare(workspace)
    except InputError as error:
        told = str(error)
    is_seen = printable(told.replace("\n", "")) == told.replace("\n", "")
    rtg = workspace / "rtg" / "100-window"
    songs = sorted(path.name for path in rtg.iterdir())
    short = write_prepared(workspace / "short", "song")  # a check of it is quick
    for song in songs:
        shutil.rmtree(rtg / song)
        shutil.copytree(short, rtg / song)
        job = SongJob(song, rtg / song, workspace / "output" / song, "", Settings(), True)
        yield tried("a song of an odd name", lambda job=job: _check_and_show(job))
    yield tried("names on the terminal", lambda: None if is_seen else _fail("an escape sequence"))


def _check_and_show(job: SongJob) -> None:
    check_song(job)
    page = write_index(job.results.parent, "").read_text(encoding="utf-8")
    if page.count("report.html") != len(os.listdir(job.results.parent)) - 1:
        raise LostError(f"{job.song!r} is not in the table")


def _fail(what: str) -> None:
    raise WrongError(what)
