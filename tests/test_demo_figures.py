"""What `make demo` ends with: the figures of both ways, beside each other."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import soundfile

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = ROOT / "benchmarks" / "demo_figures.py"


def test_both_ways_are_shown(tmp_path):
    rng = np.random.default_rng(0)
    vocal, music = rng.normal(0, 0.1, (2, 22050))
    files = {
        "rtg/no-limit/stereo_mixture": vocal + music,
        "rtg/no-limit/isolated_vocal": vocal,
        "separated/demo_nl-full/vocals": vocal + 0.1 * music,
        "separated/demo_nl-full/music": music - 0.1 * music,
        "output_full/extracted_vocal_full": vocal + 0.01 * music,
        "output_full/extracted_music_full": music + 0.1 * vocal,
    }
    for name, sound in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(tmp_path / f"{name}.wav", sound, 22050, "FLOAT")
    command = [sys.executable, SCRIPT, tmp_path]
    shown = subprocess.check_output(command, text=True).strip().splitlines()
    assert len({len(line) for line in shown}) == 1
    cells = [line.split()[-2:] for line in shown]
    assert cells[0] == ["vocal", "music"]
    assert [round(float(vocal)) for vocal, _ in cells[1:]] == [0, 20, 40]
    assert round(float(cells[3][1])) == 20


def test_make_demo_ends_with_it():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipe = makefile.partition("\ndemo: ")[2].partition("\n\n")[0].splitlines()[1:]
    assert recipe[-1].split()[1:] == ["benchmarks/demo_figures.py", '"$(DEMO)"']
