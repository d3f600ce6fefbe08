"""A file imports only from rows above its own; heavy libraries are imported late."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "vocal_separation_sanity_check"
NAME = PACKAGE.name
ROWS = [
    "errors page_templates",
    "settings files measurement_kernels profile_kernels",
    "audio spectrogram slices metrics pair_files prepared_files voice_window demo_voice"
    " timeline correlation robust_line subtraction score distortion_ratios vocal_frames"
    " intelligibility spectrogram_picture songs_page",
    "fingerprint profile_operator ideal_masks demo_song bleed timbre transients pitch_accuracy"
    " wander filter_statistics null_test coarse_search page_media",
    "measurement_loss tracking channel evaluation",
    "mask_fit confidence",
    "separation alignment",
    "checked_song ablation alignment_report prepared_pair",
    "plots report_card",
    "prepare result_files listening_page ablation_files",
    "song_check",
    "run",
    "command_line",
]
ROW_OF = {module: row for row, modules in enumerate(ROWS) for module in modules.split()}


def imports_of(path):
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == NAME:
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{NAME}."):
            found.add(node.module.split(".")[1])
        elif isinstance(node, ast.Import):
            found |= {a.name.split(".")[1] for a in node.names if a.name.startswith(f"{NAME}.")}
    return found


def modules():
    return sorted(path.stem for path in PACKAGE.glob("*.py") if path.stem != "__init__")


@pytest.mark.parametrize("module", modules())
def test_imports_go_one_way(module):
    assert module in ROW_OF, f"{module}.py has no row; give it one in tests/test_layering.py"
    for other in imports_of(PACKAGE / f"{module}.py"):
        assert ROW_OF[other] < ROW_OF[module], f"{module} must not import {other}"


def test_every_row_names_a_file():
    assert sorted(ROW_OF) == modules()


def test_importing_loads_nothing_heavy():
    code = f"import sys, {NAME}; print([m for m in ('torch', 'matplotlib') if m in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def test_scripts_are_doors():
    for script in PACKAGE.parent.glob("*.py"):
        assert len(script.read_text(encoding="utf-8").splitlines()) <= 40, script.name
