"""Check one song of many: whatever goes wrong with it is told, and the others go on."""

from __future__ import annotations

from pathlib import Path

from vocal_separation_sanity_check.check.one_song import check_song
from vocal_separation_sanity_check.check.outcome import SongOutcome, failed
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import log_error
from vocal_separation_sanity_check.songs import SongJob, read_results


def attempt_song(job: SongJob, log: Path | None = None) -> SongOutcome:
    """Check a song; whatever goes wrong is told, not raised.

    Parameters
    ----------
    job : SongJob
    log : Path, optional
        Where a user finds the song's `error.log` in the end; from a worker of a cluster that has a
        folder of its own it is sent there.

    Returns
    -------
    SongOutcome
        An `InputError`, which the user can mend, is the reason of a failure. So is any other
        exception, whose traceback goes to `error.log` beside the song's results.
    """
    try:
        facts = job.finished()
        if facts is not None:  # by another run, since this one began
            return SongOutcome(job.song, "finished before", "", facts)
        check_song(job)
        facts = read_results(job.facts_path)
    except InputError as error:
        return failed(job.song, str(error))
    except Exception as error:
        return failed(job.song, logged(error, job, log))
    return SongOutcome(job.song, "done", "", facts)


def logged(error: Exception, job: SongJob, log: Path | None = None) -> str:
    """Write an exception's traceback to a song's `error.log`.

    Parameters
    ----------
    error : Exception
    job : SongJob
    log : Path, optional
        As in `attempt_song`.

    Returns
    -------
    str
        What happened, and where to read on.
    """
    return log_error(error, job.error_log_path, log or job.error_log_path)
