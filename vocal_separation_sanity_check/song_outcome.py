"""What became of a song of a folder: a line for the terminal, a row of the table."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from vocal_separation_sanity_check.files import replacing
from vocal_separation_sanity_check.song_check import check_song
from vocal_separation_sanity_check.song_job import SongJob

Status = Literal["done", "finished before", "failed"]
OnOutcome = Callable[["SongOutcome"], None]


@dataclass(frozen=True)
class SongOutcome:
    """What became of a song.

    Attributes
    ----------
    song : str
    status : {"done", "finished before", "failed"}
    reason : str
        Of a failure.
    facts : mapping
        What `results.json` holds; empty after a failure.
    """

    song: str
    status: Status
    reason: str
    facts: Mapping[str, Any]

    @property
    def line(self) -> str:
        """One line for the terminal, without the song's name."""
        if self.status == "failed":
            return f"failed: {self.reason}"
        scores = self.facts["si_sdr_db"]
        text = f"SI-SDR {scores['extraction']:5.1f} dB of {scores['psm']:5.1f}"
        again = f"  {self.status}" if self.status == "finished before" else ""
        return text + (again or f"  {sum(self.facts['seconds'].values()):6.1f} s")

    @property
    def row(self) -> dict[str, str | float]:
        """A row of `summary.csv`."""
        row: dict[str, str | float] = {"song": self.song, "status": self.status}
        if self.facts:
            n_samples = self.facts["inputs"]["mixture"]["n_samples"]
            row["duration_s"] = n_samples / self.facts["settings"]["sample_rate_hz"]
            row |= {f"si_sdr_{name}_db": db for name, db in self.facts["si_sdr_db"].items()}
            overall = self.facts["fingerprint"]["match_after"]["overall"]
            row["fingerprint_match_percent"] = 100 * overall
            for score in self.facts["report_card"]:
                if score["group"] != "Overall" and score["extraction"] is not None:
                    row[f"{score['name']} {score['unit']}".strip()] = score["extraction"]
            row["warnings"] = " ".join(self.facts["warnings"])
        row["reason"] = self.reason
        return row


def failed(song: str, reason: str) -> SongOutcome:
    """Tell of a song that could not be checked."""
    return SongOutcome(song, "failed", " ".join(reason.split()), {})


def run_job(job: SongJob) -> SongOutcome:
    """Check a song; whatever goes wrong is told, not raised.

    Parameters
    ----------
    job : SongJob

    Returns
    -------
    SongOutcome
    """
    try:
        check_song(job)
        return SongOutcome(job.song, "done", "", _facts(job))
    except ValueError as error:  # InputError is one
        return failed(job.song, str(error))
    except Exception as error:  # a folder of five hundred goes on
        return failed(job.song, f"{type(error).__name__}: {error}")


def _facts(job: SongJob) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(job.facts_path.read_text(encoding="utf-8"))
    return found


def write_summary(outcomes: Sequence[SongOutcome], path: Path) -> None:
    """Write a table of all songs.

    Parameters
    ----------
    outcomes : sequence of SongOutcome
    path : Path

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    rows = [outcome.row for outcome in sorted(outcomes, key=lambda outcome: outcome.song)]
    columns = dict.fromkeys(name for row in rows for name in row if name != "reason")
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [*columns, "reason"])
        writer.writeheader()
        for row in rows:
            writer.writerow({k: f"{v:.3f}" if isinstance(v, float) else v for k, v in row.items()})
