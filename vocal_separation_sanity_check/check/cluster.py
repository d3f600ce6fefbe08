"""Many songs on the machines of a Dask cluster.

A worker that sees the same folders reads and writes there. Any other gets the files as bytes and
sends the results back. Dask gives a dead worker's songs to another one. What workers send is
unpickled, so that whoever answers at the address is trusted with this account. ``tls://`` addresses
take certificates from Dask's own configuration.
"""

from __future__ import annotations

import logging
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty, Queue
from typing import TYPE_CHECKING

from tqdm import tqdm

from vocal_separation_sanity_check.check.attempt import attempt_song, logged
from vocal_separation_sanity_check.check.outcome import OnOutcome, SongOutcome, failed
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import replacing
from vocal_separation_sanity_check.locks import LOCK_NAME, held, holder_of
from vocal_separation_sanity_check.songs import SongJob, set_aside

if TYPE_CHECKING:
    from distributed import Client, Future

CONNECT_S = 10
LOOK_S = 5.0
"""How often somebody looks whether any worker is left."""

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
    folder : Path
        The sender's, which it holds, see `locks.held`.
    holder : str
        The line that names the sender there: a worker that reads it shares the sender's folders.
    files : mapping of name to bytes, or None
        What the prepared folder holds, for a worker that does not share it.
    """

    job: SongJob
    folder: Path
    holder: str
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
        if holder_of(song.folder) == song.holder:
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
        its = replace(job, prepared=prepared, results=results)
        outcome = attempt_song(its, job.error_log_path)
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
        from distributed.comm.addressing import get_address_host_port
    except ModuleNotFoundError as error:
        raise InputError("--scheduler needs pip install '.[cluster]'") from error
    if not jobs:
        return
    absolute = [_absolute(job) for job in jobs]
    folder = absolute[0].results.parent
    # What Dask logs of a scheduler that goes is a traceback; songs that fail of it say so.
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    try:
        get_address_host_port(address)  # a client that is made in part ends in a traceback
        client = Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"no Dask scheduler answers at {address}: {error}") from error
    with client, held(folder) as holder:
        songs = [RemoteSong(job, folder, holder, None) for job in absolute]
        _Sender(client, address, on_outcome).check(songs)


def _absolute(job: SongJob) -> SongJob:
    return replace(
        job,
        prepared=job.prepared.resolve(),
        results=job.results.resolve(),
        workspace=job.workspace and job.workspace.resolve(),
    )


class _Sender:
    """Sends songs, and tells what comes back.

    Parameters
    ----------
    client : Client
    address : str
        Of the scheduler, for messages.
    on_outcome : callable
    """

    def __init__(self, client: Client, address: str, on_outcome: OnOutcome) -> None:
        self._client, self._address, self._on_outcome = client, address, on_outcome
        self._away: dict[Future[RemoteOutcome], RemoteSong] = {}
        self._back: Queue[Future[RemoteOutcome]] = Queue()
        self._is_waiting = False

    def check(self, songs: Sequence[RemoteSong]) -> None:
        """Send songs, and return when all are back or known to be lost."""
        for song in songs:
            self._send(song)
        self._tell_of_workers()
        while self._away:
            try:
                future = self._back.get(timeout=LOOK_S)
            except Empty:
                self._tell_of_workers()
                continue
            self._receive(future, self._away.pop(future))

    def _send(self, song: RemoteSong) -> None:
        future = self._client.submit(check_remotely, song, pure=False)
        self._away[future] = song
        future.add_done_callback(self._back.put)

    def _receive(self, future: Future[RemoteOutcome], song: RemoteSong) -> None:
        job = song.job
        try:
            found: RemoteOutcome = future.result()
            if found.outcome is None:
                self._send(replace(song, files=_files_of(job)))
                return
            if found.files is not None:
                _keep(job, found.files)
        except InputError as error:
            self._on_outcome(failed(job.song, str(error)))
        except Exception as error:  # workers died of it, or had no place to work in
            lost = f"the scheduler at {self._address} is gone; start it, and run this again"
            is_lost = future.cancelled() or self._client.status != "running"
            reason = lost if is_lost else f"on the cluster: {logged(error, job)}"
            self._on_outcome(failed(job.song, reason))
        else:
            self._on_outcome(found.outcome)

    def _tell_of_workers(self) -> None:
        """Say so whenever the last worker has gone."""
        has_none = not self._client.scheduler_info().get("workers")
        if has_none and not self._is_waiting:
            told = "no worker is there: waiting for one (Ctrl-C ends this)"
            tqdm.write(f"  {self._address}: {told}")
        self._is_waiting = has_none


def _files_of(job: SongJob) -> dict[str, bytes]:
    try:
        paths = [path for path in job.prepared.iterdir() if path.is_file()]
        return {path.name: path.read_bytes() for path in paths if path.name != LOCK_NAME}
    except OSError as error:
        raise InputError(f"cannot read {job.prepared}: {error.strerror or error}") from error


def _keep(job: SongJob, files: Mapping[str, bytes]) -> None:
    """Write what a worker sent, `results.json` last."""
    with job.held():
        job.error_log_path.unlink(missing_ok=True)
        if files.keys() - {job.error_log_path.name}:
            job.facts_path.unlink(missing_ok=True)
            set_aside(job.results, job.suffix, files)
        for name in sorted(files, key=lambda name: name == job.facts_path.name):
            with replacing(job.results / Path(name).name) as temporary:
                temporary.write_bytes(files[name])
