"""Waveform or spectrogram, and how deep? Trains every network alike, and writes what came of it.

Run:  python benchmarks/study.py --minutes 10 --depths 1-8 --data FOLDER
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import torch
from study_runs import EPOCHS, Run, seconds_a_step, train_run

from unet.networks import chosen_device
from unet.songs import find_songs, split_songs
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.files import replacing

DEEPEST_2D = 6


def runs_of(depths: range) -> list[Run]:
    """Every network, those of the original study first."""
    order = [3, 6, 1, 8, 5, 2, 4, 7]
    return [
        Run(model, depth)
        for depth in order
        if depth in depths
        for model in ("waveunet", "unet")
        if model == "waveunet" or depth <= DEEPEST_2D
    ]


def batches_an_epoch(
    folder: Path, runs: list[Run], minutes: float, device: torch.device, *, amp: bool
) -> int:
    """How many batches the slowest network gets through; all others get as many."""
    path = folder / "plan.json"
    if not path.is_file():
        seconds = {}
        for run in runs:
            seconds[run.name] = seconds_a_step(run, device, amp=amp)
            print(f"{run.name:<28}{seconds[run.name]:8.3f} s a step", flush=True)
        n_batches = max(1, round(60 * minutes / max(seconds.values()) / EPOCHS))
        plan = {"minutes": minutes, "n_batches": n_batches, "seconds_a_step": seconds, "amp": amp}
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temporary:
            temporary.write_text(json.dumps(plan, indent=1), encoding="utf-8")
    return int(json.loads(path.read_text(encoding="utf-8"))["n_batches"])


def main() -> None:
    """Train."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--depths", default="1-8")
    parser.add_argument("--data", type=Path, nargs="+", required=True)
    parser.add_argument("--folder", type=Path, default=Path("study"))
    parser.add_argument("--device", default="auto")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--amp", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    first, last = (int(number) for number in options.depths.split("-"))
    runs = runs_of(range(first, last + 1))
    device = chosen_device(options.device)
    n_batches = batches_an_epoch(options.folder, runs, options.minutes, device, amp=options.amp)
    songs = split_songs(find_songs(options.data))
    for run in runs:
        if run.is_done(options.folder):
            continue
        try:
            train_run(run, songs, options.folder, n_batches, options.device, amp=options.amp)
        except InputError as error:
            if "holds" not in str(error) and "held" not in str(error):
                raise
            print(f"{run.name}: {error}", flush=True)


if __name__ == "__main__":
    main()
