"""`SongOutcome`: how one song of many ended, as a line for the terminal and a row of a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Status = Literal["done", "finished before", "failed", "not in this run"]
OnOutcome = Callable[["SongOutcome"], None]


@dataclass(frozen=True)
class SongOutcome:
    """How a song of many ended.

    Attributes
    ----------
    song : str
    status : {"done", "finished before", "failed", "not in this run"}
        The last is of songs whose results lie beside those of this run.
    reason : str
        Why it failed; empty otherwise.
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
        seconds = f"{sum(self.facts['seconds'].values()):6.1f} s"
        ending = seconds if self.status == "done" else self.status
        if not self.facts["is_judged"]:
            return f"without scores  {ending}"
        scores = self.facts["si_sdr_db"]
        return f"SI-SDR {scores['extraction']:5.1f} dB of {scores['psm']:5.1f}  {ending}"

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is told below that line."""
        return tuple(self.facts.get("warnings", ()))

    @property
    def row(self) -> dict[str, str | float]:
        """A row of `summary.csv`."""
        row: dict[str, str | float] = {"song": self.song, "status": self.status}
        if self.facts:
            n_samples = self.facts["inputs"]["mixture"]["n_samples"]
            row["duration_s"] = n_samples / self.facts["settings"]["sample_rate_hz"]
            row |= {f"si_sdr_{name}_db": db for name, db in self.facts["si_sdr_db"].items()}
            if self.facts["is_judged"]:
                overall = self.facts["fingerprint"]["match_after"]["overall"]
                row["fingerprint_match_percent"] = 100 * overall
            for score in self.facts["report_card"]:
                if score["group"] != "Overall" and score["extraction"] is not None:
                    row[f"{score['name']} {score['unit']}".strip()] = score["extraction"]
            row["warnings"] = " ".join(self.facts["warnings"])
        row["reason"] = self.reason
        return row


def failed(song: str, reason: str) -> SongOutcome:
    """Make the outcome of a song that could not be checked; the reason is put on one line."""
    return SongOutcome(song, "failed", " ".join(reason.split()), {})
