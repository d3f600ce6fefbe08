"""Many songs on the machines of a Dask cluster.

A worker that sees the same folders reads and writes there. Any other gets the files as bytes and
sends the results back. Dask gives a dead worker's songs to another one.
"""

from __future__ import annotations

import tempfile
import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from vocal_separation_sanity_check.check.attempt import attempt_song, logged
from vocal_separation_sanity_check.check.outcome import OnOutcome, SongOutcome, failed
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import replacing
from vocal_separation_sanity_check.songs import SongJob

if TYPE_CHECKING:
    from distributed import Client

CONNECT_S = 10

_ONE_AT_A_TIME = threading.Lock()
"""Held by the check that a worker is at. Dask gives a worker several songs, each in a thread, but
Numba's parallel kernels may not run in two threads at a time with every threading layer, and
matplotlib keeps state of the whole process."""


@dataclass(frozen=True)
class RemoteSong:
    """A song as it travels.

    Attributes
    ----------
    job : SongJob
        Its paths are the sender's.
    token : Path
        A file of the sender's: a worker that sees it shares the sender's folders.
    files : mapping of name to bytes, or None
        What the prepared folder holds, for a worker that does not share it.
    """

    job: SongJob
    token: Path
    files: Mapping[str, bytes] | None


@dataclass(frozen=True)
class RemoteOutcome:
    """What comes back.

    Attributes
    ----------
    outcome : SongOutcome or None
        None where the worker does not share the folders and was sent no bytes.
    files : mapping of name to bytes, or None
        Everything that the check wrote, `error.log` included; None where the worker wrote it into
        the sender's folder.
    """

    outcome: SongOutcome | None
    files: Mapping[str, bytes] | None


def check_remotely(song: RemoteSong) -> RemoteOutcome:
    """Check a song on a worker.

    Parameters
    ----------
    song : RemoteSong

    Returns
    -------
    RemoteOutcome
    """
    with _ONE_AT_A_TIME:
        _keep_to_own_cores()
        if song.token.is_file():
            return RemoteOutcome(attempt_song(song.job), None)
        if song.files is None:
            return RemoteOutcome(None, None)
        return _checked_in_bytes(song.job, song.files)


def _keep_to_own_cores() -> None:
    """Use no more threads than the cluster counts this worker for."""
    from distributed import get_worker
    from numba import get_num_threads, set_num_threads

    set_num_threads(min(get_num_threads(), max(1, get_worker().state.nthreads)))


def _checked_in_bytes(job: SongJob, files: Mapping[str, bytes]) -> RemoteOutcome:
    with tempfile.TemporaryDirectory() as folder:
        prepared, results = Path(folder, "prepared"), Path(folder, "results")
        prepared.mkdir()
        for name, data in files.items():
            (prepared / name).write_bytes(data)
        outcome = attempt_song(replace(job, prepared=prepared, results=results))
        written = sorted(results.iterdir()) if results.is_dir() else []
        return RemoteOutcome(outcome, {path.name: path.read_bytes() for path in written})


def run_on_cluster(address: str, jobs: Sequence[SongJob], on_outcome: OnOutcome) -> None:
    """Check songs on the workers of a Dask scheduler.

    Parameters
    ----------
    address : str
        Such as ``tcp://10.0.0.5:8786``.
    jobs : sequence of SongJob
    on_outcome : callable
        Told what became of each song, as soon as it is known.

    Raises
    ------
    InputError
        If `distributed` is not installed, or nothing answers at the address.
    """
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        raise InputError("--scheduler needs pip install '.[cluster]'") from error
    if not jobs:
        return
    absolute = [_absolute(job) for job in jobs]
    try:
        client = Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(f"no Dask scheduler answers at {address}: {error}") from error
    token = _make_token(absolute[0].results.parent)
    try:
        _check_all(client, [RemoteSong(job, token, None) for job in absolute], on_outcome)
    finally:
        token.unlink(missing_ok=True)
        client.close()


def _absolute(job: SongJob) -> SongJob:
    return replace(
        job,
        prepared=job.prepared.resolve(),
        results=job.results.resolve(),
        workspace=job.workspace and job.workspace.resolve(),
    )


def _make_token(folder: Path) -> Path:
    """Write an empty file with a name that no other folder has a file of."""
    folder.mkdir(parents=True, exist_ok=True)
    token = folder / f".{uuid.uuid4().hex}.shared"
    token.touch()
    return token


def _check_all(client: Client, songs: Sequence[RemoteSong], on_outcome: OnOutcome) -> None:
    from distributed import as_completed

    sent = {client.submit(check_remotely, song, pure=False): song for song in songs}
    arriving = as_completed(sent, loop=client.loop)
    for future in arriving:
        song = sent.pop(future)
        job = song.job
        try:
            found: RemoteOutcome = future.result()
        except Exception as error:  # workers died of it, or had no place to work in
            on_outcome(failed(job.song, f"on the cluster: {logged(error, job)}"))
            continue
        if found.outcome is None:
            with_files = replace(song, files=_files_of(job))
            again = client.submit(check_remotely, with_files, pure=False)
            sent[again] = with_files
            arriving.add(again)
            continue
        if found.files is not None:
            _keep(job, found.files)
        on_outcome(found.outcome)


def _files_of(job: SongJob) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in job.prepared.iterdir() if path.is_file()}


def _keep(job: SongJob, files: Mapping[str, bytes]) -> None:
    """Write what a worker sent, `results.json` last."""
    with job.held():
        job.error_log_path.unlink(missing_ok=True)
        if files:
            job.facts_path.unlink(missing_ok=True)
        for name in sorted(files, key=lambda name: name == job.facts_path.name):
            with replacing(job.results / Path(name).name) as temporary:
                temporary.write_bytes(files[name])
