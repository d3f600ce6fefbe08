"""Songs on the machines of a Dask cluster.

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

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import replacing
from vocal_separation_sanity_check.song_job import SongJob
from vocal_separation_sanity_check.song_outcome import OnOutcome, SongOutcome, failed, run_job

CONNECT_S = 10

_ONE_AT_A_TIME = threading.Lock()
"""A worker has several threads; neither Numba's nor matplotlib's are to meet."""


@dataclass(frozen=True)
class RemoteSong:
    """A song as it travels.

    Attributes
    ----------
    job : SongJob
        Its paths are the sender's.
    token : Path
        A file that only who shares the sender's folders can see.
    files : mapping of name to bytes, or None
        What the prepared folder holds, for who does not.
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
        None where the worker does not see the folders and was sent no bytes.
    files : mapping of name to bytes
        Results of a worker that does not see the folders.
    """

    outcome: SongOutcome | None
    files: Mapping[str, bytes]


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
            return RemoteOutcome(run_job(song.job), {})
        if song.files is None:
            return RemoteOutcome(None, {})
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
        outcome = run_job(replace(job, prepared=prepared, results=results))
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
        from distributed import Client, as_completed
    except ModuleNotFoundError as error:
        raise InputError("--scheduler needs pip install '.[cluster]'") from error
    if not jobs:
        return
    results = jobs[0].results.resolve().parent
    results.mkdir(parents=True, exist_ok=True)
    token = results / f".{uuid.uuid4().hex}.shared"
    absolute = [
        replace(job, prepared=job.prepared.resolve(), results=job.results.resolve()) for job in jobs
    ]
    try:
        client = Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(f"no Dask scheduler answers at {address}: {error}") from error
    token.touch()
    try:
        songs = {
            client.submit(check_remotely, RemoteSong(job, token, None), pure=False): job
            for job in absolute
        }
        arriving = as_completed(songs, loop=client.loop)
        for future in arriving:
            job = songs.pop(future)
            if future.status != "finished":
                on_outcome(failed(job.song, f"on the cluster: {future.exception()!r}"))
                continue
            found: RemoteOutcome = future.result()
            if found.outcome is None:
                again = client.submit(
                    check_remotely, RemoteSong(job, token, _files_of(job)), pure=False
                )
                songs[again] = job
                arriving.add(again)
                continue
            _keep(job, found.files)
            on_outcome(found.outcome)
    finally:
        token.unlink(missing_ok=True)
        client.close()


def _files_of(job: SongJob) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in job.prepared.iterdir() if path.is_file()}


def _keep(job: SongJob, files: Mapping[str, bytes]) -> None:
    """Write what a worker sent, `results.json` last."""
    if files:
        job.facts_path.unlink(missing_ok=True)
    for name in sorted(files, key=lambda name: name == job.facts_path.name):
        with replacing(job.results / Path(name).name) as temporary:
            temporary.write_bytes(files[name])
