"""Each thing that is waited for, by this tree and by the last release, in turns, in one run."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from install_size import separate_mb
from kernel_limits import best_s
from last_release import ROOT, tree_of
from waits import WAITS, Took, Wait

WORSE = 1.25
"""A row that takes this much more than the last release's, in seconds or memory, is worse."""


def compared_rows(commit: str, worse: list[str]) -> Iterator[str]:
    """Rows of a table; the names of rows that are worse are added to `worse`."""
    yield "| | seconds | of them processor | MB | last release: s | MB | to reach | bound, s |"
    yield "|---|---|---|---|---|---|---|---|"
    with tree_of(commit) as release, TemporaryDirectory() as folder:
        trees = {"new": ROOT, "last": release}
        for wait in WAITS:
            took = best_of(wait, trees, Path(folder))
            new, last = took["new"], took.get("last")
            cells = [f"{new.seconds:.2f}", f"{new.cpu_s:.2f}", f"{new.peak_mb:.0f}"]
            cells += ["", ""] if last is None else [f"{last.seconds:.2f}", f"{last.peak_mb:.0f}"]
            is_worse = last is not None and (
                new.seconds > WORSE * last.seconds or new.peak_mb > WORSE * last.peak_mb
            )
            if is_worse:
                worse.append(wait.name)
            bound = f"{bound_s(wait.bound):.2f}" if wait.bound else ""
            name = f"{wait.name} **(worse)**" if is_worse else wait.name
            yield f"| {name} | {' | '.join(cells)} | {wait.goal} | {bound} |"
        new_mb, last_mb = separate_mb(ROOT), separate_mb(release)
        if new_mb > WORSE * last_mb:
            worse.append("to install for `separate.py`")
        yield f"| to install for `separate.py` | | | {new_mb:.0f} | | {last_mb:.0f} | 100 MB | |"
        yield ""
        yield from phase_rows(Path(folder) / "new")


def best_of(wait: Wait, trees: dict[str, Path], folder: Path) -> dict[str, Took]:
    """Measure in turns, so that all meet the same load; what a release cannot do is left out."""
    took: dict[str, list[Took]] = {name: [] for name in trees}
    for _ in range(wait.n_runs):
        for name, tree in trees.items():
            place = folder / name / wait.songs
            place.mkdir(parents=True, exist_ok=True)
            try:
                took[name].append(wait.measure(tree, place))
            except AssertionError:
                if name == "new":
                    raise
    return {
        name: Took(*(min(column) for column in zip(*runs, strict=True)))
        for name, runs in took.items()
        if runs
    }


def bound_s(code: str) -> float:
    """Seconds of some code in a process of its own, best of 5."""
    return best_s(lambda: subprocess.check_output([sys.executable, "-c", code]), 5)


def phase_rows(songs: Path) -> Iterator[str]:
    """Where the time of a check goes, from the `results.json` of the last one of each length."""
    for path in sorted(songs.glob("*/output*/results*.json")):
        facts = json.loads(path.read_text(encoding="utf-8"))
        mixture, seconds = facts["inputs"]["mixture"], facts["seconds"]
        length_s = mixture["n_samples"] / facts["settings"]["sample_rate_hz"]
        yield f"| phase, {length_s:.0f} s `--quick` | " + " | ".join(seconds) + " |"
        yield "|---" * (len(seconds) + 1) + "|"
        yield "| s | " + " | ".join(f"{each:.2f}" for each in seconds.values()) + " |"
        yield ""
