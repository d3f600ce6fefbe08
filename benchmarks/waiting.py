"""What a person waits for: whole commands, from outside, on the demo song and a song of 209 s."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

from whole_command import ROOT, Run, measured

CHECK = str(ROOT / "sanity_check_complete.py")
N_RUNS = 3


def short_check_rows() -> Iterator[str]:
    """The check of 4.7 s: with every figure, with `--quick`, and the first on a machine."""
    with tempfile.TemporaryDirectory() as folder:
        here = ["--workspace", folder]
        measured([str(ROOT / "prepare_audio_files.py"), *here, "--demo"])
        with patch.dict(os.environ, NUMBA_CACHE_DIR=str(Path(folder) / "kernels")):
            yield _row("the first on a machine (compiling)", measured([CHECK, *here]), "15")
        measured([CHECK, *here])
        for name, flags, goal in (("every figure", [], "2.5"), ("`--quick`", ["--quick"], "1.5")):
            runs = [measured([CHECK, *here, *flags]) for _ in range(N_RUNS)]
            yield _row(f"{name}, best of {N_RUNS}", min(runs), goal)


def whole_song_row(run: Run) -> str:
    """The full-length check with every figure."""
    name = f"{run.duration_s:.0f} s of song, every figure"
    return _row(name, (run.wall_s, run.cpu_s, run.peak_mb), "25 s, 700 MB")


def _row(name: str, took: tuple[float, float, float], goal: str) -> str:
    wall_s, cpu_s, peak_mb = took
    return f"| {name} | {wall_s:.1f} | {cpu_s:.1f} | {peak_mb:.0f} | {goal} |"
