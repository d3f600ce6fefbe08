"""Waveform or spectrogram, and how deep? Trains every network alike, scores it, and draws it.

Several may run at one time on the same folder: each takes what no other has. Stopped and started
again, it goes on where it was.

Run:  python benchmarks/study.py --data FOLDER --minutes 15 --depths 1-8
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import torch
from study_page import heard_of, write_study_page
from study_pictures import draw_study
from study_runs import NAMES, SHIPPED, Plan, Run, batches_an_epoch, train_run
from study_scores import baselines, scores_of, study_table

from unet.networks import chosen_device
from unet.songs import Song, find_songs, split_songs

DEEPEST_2D = 6
INTERESTING = (3, 6)
"""The depths of the study that this one repeats: trained with three seeds."""
LONGER_MINUTES = 60
ORDER = (3, 6, 1, 8, 5, 2, 4, 7)
"""Depths, so that a table that is not full yet says most."""


def sweep_of(depths: range) -> list[Run]:
    """Every network once."""
    return [
        Run(model, depth)
        for depth in ORDER
        if depth in depths
        for model in ("waveunet", "unet")
        if model == "waveunet" or depth <= DEEPEST_2D
    ]


def longer_of(sweep: list[Run], folder: Path, minutes: float) -> list[Run]:
    """The best of each family by its validation, and the shipped kind, trained for an hour."""
    times = max(1, round(LONGER_MINUTES / minutes))
    best = [
        max((run for run in sweep if run.model == model), key=lambda run: run.best_db(folder))
        for model in ("waveunet", "unet")
    ]
    return [Run(run.model, run.depth, times=times) for run in [*best, Run(SHIPPED)]]


def repeated(sweep: list[Run]) -> list[Run]:
    """Two more seeds of the interesting ones."""
    interesting = [run for run in sweep if run.depth in INTERESTING]
    return [Run(run.model, run.depth, seed) for seed in (1, 2) for run in interesting]


def parsed() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(allow_abbrev=False, description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--data", metavar="DIR", type=Path, nargs="+", required=True, help="folders of songs")
    add("--minutes", type=float, default=15, help="for the slowest network; all learn as much")
    add("--depths", default="1-8", help="such as 1-8 (default)")
    add("--folder", metavar="DIR", type=Path, default=Path("study"), help="where all of it goes")
    add("--device", default="auto", choices=("auto", "cpu", "cuda", "mps"))
    add("--threads", type=int, default=os.cpu_count(), help="of a training on a CPU")
    add("--amp", action="store_true", help="compute in 16 bits (mixed precision)")
    add("--only-report", action="store_true", help="score and draw what is trained so far")
    return parser.parse_args()


def main() -> None:
    """Train, score, draw."""
    options = parsed()
    torch.set_num_threads(options.threads)
    first, _, last = options.depths.partition("-")
    sweep = sweep_of(range(int(first), int(last or first) + 1))
    device = chosen_device(options.device)
    plan = batches_an_epoch(options.folder, sweep, options.minutes, device, amp=options.amp)
    training, validation = split_songs(find_songs(options.data))

    def trained(runs: list[Run]) -> None:
        for run in runs:
            train_run(run, (training, validation), options.folder, plan, options.device)

    if not options.only_report:
        trained([*sweep, Run(SHIPPED), *repeated(sweep)])
        if all(run.is_done(options.folder) for run in sweep):
            trained(longer_of(sweep, options.folder, plan.minutes))
    report(sweep, options.folder, validation, plan)


def report(sweep: list[Run], folder: Path, validation: list[Song], plan: Plan) -> None:
    """Score, draw and lay out whatever is trained."""
    runs = [run for run in [*sweep, Run(SHIPPED)] if run.is_done(folder)]
    if all(run in runs for run in sweep):
        runs += [run for run in longer_of(sweep, folder, plan.minutes) if run.is_done(folder)]
    runs += [run for run in repeated(sweep) if run.is_done(folder)]
    kinds = [*NAMES, SHIPPED]
    runs.sort(key=lambda run: (kinds.index(run.model), run.depth, run.times, run.seed))
    scored = {run: scores_of(run, folder, validation) for run in runs}
    print(study_table(scored, baselines(folder, validation), plan))
    scored = {run: rows for run, rows in scored.items() if run.model != SHIPPED}
    heard = heard_of(scored, folder, validation)
    draw_study(scored, heard, folder)
    write_study_page(heard, folder)


if __name__ == "__main__":
    main()
