"""A file imports only from rows above its own; heavy libraries are imported late."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NAME = "vocal_separation_sanity_check"
ENGINE_ROWS = [
    "errors page_templates progress blocks",
    "settings files measurement_kernels profile_kernels signals npz_stream",
    "audio spectrogram slices metrics pair_files prepared_files voice_window demo_voice"
    " timeline correlation robust_line subtraction score distortion_ratios vocal_frames"
    " songs_page",
    "fingerprint profile_operator ideal_masks cross_power bleed intelligibility timbre transients"
    " pitch_accuracy sound_streams spectrogram_picture page_media"
    " wander filter_statistics null_test coarse_search",
    "demo_song measurement_loss tracking channel evaluation reference_level",
    "loss_weights confidence",
    "descent song_figures",
    "mask_fit",
    "block_separation alignment",
    "findings",
    "separation",
    "song_job ablation alignment_report prepared_pair",
    "checked_song",
    "plots report_card",
    "prepare result_files listening_page ablation_files full_quality",
    "song_check",
    "song_outcome",
    "song_pool cluster",
    "folder_check",
    "run",
    "command_line",
]
UNET_ROWS = [
    "training_options front_end unet_parts jansson tdf_unet car_drawing image_files image_losses"
    " image_scores repet_sim separation_scores song_folders sound_stream",
    "devices epoch_order model_files training_curve unet_model image_data stem_cache drawn_cars",
    "trainer mask_network image_prediction image_module remix",
    "block_masking vocal_losses image_training",
    "vocal_separation vocal_module image_evaluation",
    "vocal_training vocal_evaluation",
    "task_command",
]
ROWS_OF = {NAME: ENGINE_ROWS, "unet": UNET_ROWS}
ROW_OF = {
    (package, module): row
    for package, rows in ROWS_OF.items()
    for row, modules in enumerate(rows)
    for module in modules.split()
}


def imports_of(path, package):
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == package:
            found |= {alias.name for alias in node.names if alias.name.islower()}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{package}."):
            found.add(node.module.split(".")[1])
        elif isinstance(node, ast.Import):
            found |= {a.name.split(".")[1] for a in node.names if a.name.startswith(f"{package}.")}
    return found


def modules():
    return sorted(
        (package, path.stem)
        for package in ROWS_OF
        for path in (ROOT / package).glob("*.py")
        if path.stem != "__init__"
    )


@pytest.mark.parametrize(("package", "module"), modules())
def test_imports_go_one_way(package, module):
    assert (package, module) in ROW_OF, f"{module}.py has no row; give it one in test_layering.py"
    path = ROOT / package / f"{module}.py"
    for other in imports_of(path, package):
        assert ROW_OF[package, other] < ROW_OF[package, module], f"{module} must not import {other}"
    if package == NAME:
        assert not imports_of(path, "unet"), "the engine does not know the networks"


def test_every_row_names_a_file():
    assert sorted(ROW_OF) == modules()


@pytest.mark.parametrize("module", ["image_training", "vocal_training", "vocal_evaluation"])
def test_help_loads_no_torch(module):
    code = f"import sys, unet.{module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_importing_loads_nothing_heavy():
    code = f"import sys, {NAME}; print([m for m in ('torch', 'matplotlib') if m in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def test_scripts_are_doors():
    for script in ROOT.glob("*.py"):
        assert len(script.read_text(encoding="utf-8").splitlines()) <= 40, script.name
