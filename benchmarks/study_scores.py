"""The scores of `study.py` and its table."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from study_runs import BATCH_SIZE, EPOCHS, SHIPPED, Plan, Run

from unet.separating import load_network
from unet.songs import Song, judge_songs, methods_to_compare, overall, write_csv
from unet.songs.separation_scores import Row
from unet.songs.stem_training import STEM_SOURCES
from unet.songs.step_cost import step_cost

Rows = Sequence[Row]


def scores_of(run: Run, folder: Path, validation: Sequence[Song]) -> Rows:
    """Score a trained network on the validation songs, once."""
    path = run.file(folder, "scores.csv")
    if not path.is_file():
        network, _ = load_network(run.file(folder), "auto")
        method = {"network": methods_to_compare(network)["network"]}
        write_csv(path, judge_songs(validation, run.sources, method))
    return read_rows(path)


def baselines(folder: Path, validation: Sequence[Song]) -> Rows:
    """Score the mixture itself, and the ideal mask."""
    path = folder / "baselines.csv"
    if not path.is_file():
        network, _ = load_network(next(folder.glob("*unet*/model.safetensors")), "auto")
        methods = methods_to_compare(network)
        methods.pop("network")
        write_csv(path, judge_songs(validation, STEM_SOURCES, methods))
    return read_rows(path)


def read_rows(path: Path) -> Rows:
    """Read what `write_csv` wrote."""
    texts = ("song", "method", "source")
    with path.open(newline="", encoding="utf-8") as file:
        return [
            Row(**{k: v if k in texts else float(v) if v else None for k, v in row.items()})
            for row in csv.DictReader(file)
        ]


def by_source(rows: Rows, score: str) -> dict[str, float]:
    """Sum up over songs."""
    summary = overall(rows)
    return {row.source: getattr(row, score) for row in summary if row.source in STEM_SOURCES}


def mean_sdr_db(rows: Rows) -> float:
    """Over the sources."""
    return float(np.mean(list(by_source(rows, "sdr_db").values())))


def study_table(scored: Mapping[Run, Rows], bases: Rows, plan: Plan) -> str:
    """Lay out a row a network, in Markdown, and the spread over seeds below."""
    names = " | ".join(STEM_SOURCES)
    lines = [
        "SDR: BSSEval v4, dB. MSE: full scale at 1, times 10^-5."
        f" {EPOCHS * plan.n_batches * BATCH_SIZE} examples each but for the longer ones,"
        f" {BATCH_SIZE} a step.",
        "",
        "| network | parameters | G multiply-adds/s | hears, s | GB a step | s a step |"
        f" SDR {names} | mean | MSE {names} |",
        "|---|" + "---|" * 14,
    ]
    for method in ("mixture", "ideal mask"):
        rows = [row for row in bases if row.method == method]
        lines.append(f"| {method} | | | | | | {_cells(rows)} |")
    for run, rows in scored.items():
        if run.seed == 0:
            lines.append(f"| {run.title} | {_cost(run, plan)} | {_cells(rows)} |")
    return "\n".join([*lines, "", *_spread(scored)])


def _cost(run: Run, plan: Plan) -> str:
    if run.model == SHIPPED:
        return " | | | |"
    cost = step_cost(run.recipe().network(), "mse", amp=plan.amp)
    seconds = plan.seconds_a_step.get(Run(run.model, run.depth).name, math.nan)
    return (
        f"{cost.n_parameters:,} | {cost.multiply_adds_per_s / 1e9:.2f} |"
        f" {cost.receptive_field_s:.3f} | {cost.memory_bytes(BATCH_SIZE) / 1e9:.2f} |"
        f" {seconds:.2f}"
    )


def _cells(rows: Rows) -> str:
    ratios, errors = by_source(rows, "sdr_db"), by_source(rows, "mse")
    told = [f"{ratios[source]:.2f}" if source in ratios else "" for source in STEM_SOURCES]
    told.append(f"{mean_sdr_db(rows):.2f}" if len(ratios) == len(STEM_SOURCES) else "")
    told += [f"{1e5 * errors[source]:.1f}" if source in errors else "" for source in STEM_SOURCES]
    return " | ".join(told)


def _spread(scored: Mapping[Run, Rows]) -> list[str]:
    """A line for each network that was trained with several seeds."""
    lines = []
    for run in scored:
        same = [
            mean_sdr_db(rows)
            for other, rows in scored.items()
            if (other.model, other.depth, other.times) == (run.model, run.depth, run.times)
        ]
        if len(same) > 1 and run.seed == 0:
            shown = ", ".join(f"{value:.2f}" for value in same)
            lines.append(f"{run.title}: mean SDR {shown} dB, {max(same) - min(same):.2f} apart.")
    return lines
