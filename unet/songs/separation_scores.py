"""How good separated stems are: scores of a song, and their summary over songs."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vocal_separation_sanity_check.files import replacing
from vocal_separation_sanity_check.names import as_cell, printable
from vocal_separation_sanity_check.scoring import BssEval, bss_eval, si_sdr_db
from vocal_separation_sanity_check.sound import SILENCE_PEAK

OVERALL = "overall"


@dataclass(frozen=True)
class Row:
    """Scores of one source as one method found it; None where there is none.

    Attributes
    ----------
    song, method, source : str
    sdr_db, sir_db, sar_db : float or None
        BSSEval v4, median of 1 s frames; overall the median over songs.
    si_sdr_db : float or None
        Over the whole song and all channels; overall the mean over songs.
    mse : float or None
        Mean squared difference over the whole song and all channels, full scale at 1; overall the
        mean over songs.
    """

    song: str
    method: str
    source: str
    sdr_db: float | None
    sir_db: float | None
    sar_db: float | None
    si_sdr_db: float | None
    mse: float | None


MEANS = ("si_sdr_db", "mse")
SCORES = ("sdr_db", "sir_db", "sar_db", *MEANS)


def score(
    song: str,
    method: str,
    truth: Mapping[str, NDArray[np.float32]],
    found: Mapping[str, NDArray[np.float32]],
    sample_rate_hz: int,
) -> list[Row]:
    """Score the stems of one song, all together.

    Parameters
    ----------
    song, method : str
    truth, found : mapping of str to float32, shape (n_samples, n_channels)
        By source.
    sample_rate_hz : int

    Returns
    -------
    list of Row
        Without ratios where a source is silent, and without BSSEval's for less than a second.
    """
    true, estimated = (np.stack([sounds[name] for name in truth]) for sounds in (truth, found))
    ratios: Sequence[BssEval] = [BssEval(None, None, None, None)] * len(truth)
    is_heard = bool((np.abs(true).max(axis=(1, 2)) > SILENCE_PEAK).all())
    if is_heard and true.shape[1] >= sample_rate_hz:
        ratios = bss_eval(true, estimated, sample_rate_hz)
    rows = []
    for source, ratio, wanted, estimate in zip(truth, ratios, true, estimated, strict=True):
        si_sdr = None
        if is_heard and estimate.any():
            si_sdr = si_sdr_db(estimate.ravel(), wanted.ravel())
        mse = float(np.mean(np.square(estimate - wanted, dtype=np.float64)))
        rows.append(
            Row(song, method, source, ratio.sdr_db, ratio.sir_db, ratio.sar_db, si_sdr, mse)
        )
    return rows


def overall(rows: Sequence[Row]) -> list[Row]:
    """Summarise over songs: the median of BSSEval's medians, the mean of SI-SDR and of MSE.

    Parameters
    ----------
    rows : sequence of Row

    Returns
    -------
    list of Row
        One for each method and source, in their order.
    """
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.method, row.source), []).append(row)
    summary = []
    for (method, source), group in groups.items():
        scores = {}
        for name in SCORES:
            known = [value for row in group if (value := getattr(row, name)) is not None]
            middle = np.mean if name in MEANS else np.median
            scores[name] = float(middle(known)) if known else None
        summary.append(Row(OVERALL, method, source, **scores))
    return summary


def write_csv(path: Path, rows: Sequence[Row]) -> None:
    """Write rows as they are, ratios to a thousandth of a dB.

    Parameters
    ----------
    path : Path
    rows : sequence of Row
    """
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [field.name for field in fields(Row)])
        writer.writeheader()
        for row in rows:
            cells = asdict(row).items()
            writer.writerow(
                {k: _number(k, v) if isinstance(v, float) else as_cell(v or "") for k, v in cells}
            )


def song_table(rows: Sequence[Row]) -> str:
    """Lay out SDR by song: a line each, a column for each source and method.

    Parameters
    ----------
    rows : sequence of Row

    Returns
    -------
    str
    """
    columns = list(dict.fromkeys((row.source, row.method) for row in rows))
    sources = [source for source, _ in columns]
    columns.sort(key=lambda column: sources.index(column[0]))
    width = 2 + max(len(name) for column in columns for name in column)
    lines = [
        f"{'SDR, dB':<30}" + "".join(f"{source:>{width}}" for source, _ in columns),
        f"{'song':<30}" + "".join(f"{method:>{width}}" for _, method in columns),
    ]
    for song in dict.fromkeys(row.song for row in rows):
        found = {(row.source, row.method): row.sdr_db for row in rows if row.song == song}
        cells = "".join(_cell(found[column], width) for column in columns)
        lines.append(f"{printable(song)[:29]:<30}{cells}")
    return "\n".join(lines)


def overall_table(rows: Sequence[Row]) -> str:
    """Lay out the summary: a line for each source and method, a column for each ratio.

    Parameters
    ----------
    rows : sequence of Row
        From `overall`.

    Returns
    -------
    str
    """
    names = ("SDR", "SIR", "SAR", "SI-SDR", "MSE")
    width = 2 + max(len(row.source) for row in rows)
    lines = [f"{'overall, dB':<30}" + "".join(f"{name:>9}" for name in names)]
    for source in dict.fromkeys(row.source for row in rows):
        for row in rows:
            if row.source == source:
                cells = "".join(_cell(getattr(row, name), 9, name) for name in SCORES)
                lines.append(f"{source:<{width}}{row.method:<{30 - width}}{cells}")
    return "\n".join(lines)


def _cell(value: float | None, width: int, name: str = "sdr_db") -> str:
    if value is None:
        return f"{'-':>{width}}"
    return f"{value:>{width}.5f}" if name == "mse" else f"{value:>{width}.2f}"


def _number(name: str, value: float) -> str:
    return f"{value:.3e}" if name == "mse" else f"{value:.3f}"
