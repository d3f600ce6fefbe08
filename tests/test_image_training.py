"""The scripts on pictures: train, predict, evaluate, as a user runs them."""

import argparse
import csv
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from image_sets import SIZE, write_discs
from PIL import Image

from unet import UNet
from unet.commands import evaluate_cars, predict, train_cars
from unet.model_files import load_pickled
from unet.pictures.car_drawing import draw_car
from unet.pictures.drawn_cars import write_cars
from unet.pictures.image_module import ImageModule
from vocal_separation_sanity_check.errors import InputError

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[1]
SMALL = ["--scale", 1, "--base-channels", 4, "--classes", 1, "--batch-size", 3]


def call(module, action, workspace, *arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("--workspace", type=Path, default=workspace)
    module.add_options(parser)
    options = parser.parse_args([str(word) for word in (*arguments, "--device", "cpu")])
    getattr(module, action)(options)


def train(workspace, *arguments):
    call(train_cars, "train", workspace, *SMALL, *arguments)


def curve_of(workspace):
    rows = csv.DictReader((workspace / "checkpoints" / "curve.csv").read_text().splitlines())
    return [(row["epoch"], row["loss"], row["validation Dice"]) for row in rows]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    workspace = tmp_path_factory.mktemp("discs")
    write_discs(workspace / "data", 12)
    slow = ["--learning-rate", 0.001, "--batch-size", 1]
    train(workspace, "--epochs", 12, "--validation", 25, *slow)
    return workspace


def test_learns_discs_and_writes_what_the_public_one_does(trained):
    folder = trained / "checkpoints"
    numbers = sorted(int(path.stem[16:]) for path in folder.glob("checkpoint_epoch*.pth"))
    assert numbers == list(range(1, 13))
    with (folder / "curve.csv").open(encoding="utf-8", newline="") as file:
        dice = [float(row["validation Dice"]) for row in csv.DictReader(file)]
    best = folder / f"checkpoint_epoch{dice.index(max(dice)) + 1}.pth"
    assert (folder / "checkpoint_best.pth").read_bytes() == best.read_bytes()
    state = load_pickled(folder / "checkpoint_epoch12.pth")
    assert state.pop("mask_values") == [0, 255]
    UNet(3, 1, base_channels=4).load_state_dict(state)
    assert float(curve_of(trained)[-1][2]) > 0.9


def test_predict_writes_masks(trained, capsys):
    model = trained / "checkpoints" / "checkpoint_epoch12.pth"
    pictures = [trained / "data" / "imgs" / f"disc{number}.png" for number in (0, 1)]
    common = ["--model", model, "--scale", 1, "-i", *pictures]
    call(predict, "predict", trained, *common, "--viz")
    for number in (0, 1):
        mask = Image.open(trained / "predictions" / f"disc{number}_mask.png")
        true = np.asarray(Image.open(trained / "data" / "masks" / f"disc{number}_mask.png"))
        found = np.asarray(mask)
        assert mask.size == SIZE
        assert set(np.unique(found)) == {0, 255}
        assert (found == true).mean() > 0.9
        with Image.open(trained / "predictions" / f"disc{number}_viz.png") as viz:
            assert (viz.mode, viz.size) == ("RGB", SIZE)
    call(predict, "predict", trained, *common, "--no-save", "-o", trained / "x", "y")
    assert not (trained / "x").exists()
    assert "written to" in capsys.readouterr().out


def test_a_higher_threshold_leaves_less_of_the_mask(trained):
    """With the model of the first epoch, which is not sure yet: probabilities are in between."""
    model = trained / "checkpoints" / "checkpoint_epoch1.pth"
    pictures = [trained / "data" / "imgs" / f"disc{number}.png" for number in (0, 1)]
    areas = []
    for threshold in (0.01, 0.99):
        output = [trained / f"a{threshold}.png", trained / f"b{threshold}.png"]
        common = ["--model", model, "--scale", 1, "-i", *pictures, "-o", *output]
        call(predict, "predict", trained, *common, "-t", threshold)
        areas.append(sum((np.asarray(Image.open(path)) > 0).sum() for path in output))
    assert areas[0] > areas[1] > 0


def test_evaluate_agrees_with_training(trained, capsys):
    model = trained / "checkpoints" / "checkpoint_epoch12.pth"
    common = ["--model", model, "--scale", 1, "--validation", 25]
    call(evaluate_cars, "evaluate", trained, *common)
    shown = capsys.readouterr().out
    dice, iou = (float(re.search(rf"{name} +([\d.]+)", shown)[1]) for name in ("Dice", "IoU"))
    assert shown.startswith("3 pictures\n")
    assert dice == pytest.approx(float(curve_of(trained)[-1][2]), abs=1e-3)
    assert iou < dice < 1


def test_a_model_goes_on_where_it_was_loaded(trained):
    model = trained / "checkpoints" / "checkpoint_epoch12.pth"
    other = trained / "more"
    more = ["--data", trained / "data", "--checkpoints", other / "checkpoints", "--validation", 25]
    train(other, *more, "--load", model, "--epochs", 1, "--learning-rate", 1e-9)
    before, after = (
        load_pickled(path) for path in (model, other / "checkpoints" / "checkpoint_epoch1.pth")
    )
    learnt = [name for name in before if name.endswith((".weight", ".bias"))]
    assert len(learnt) > 50
    for name in learnt:
        torch.testing.assert_close(after[name], before[name], atol=1e-5, rtol=0)
    assert float(curve_of(other)[0][2]) > 0.9
    for flags, message in (
        (["--base-channels", 8], "was trained with --base-channels 4, not 8"),
        (["--classes", 2], "was trained with --classes 1, not 2"),
        (["--bilinear"], "was trained without --bilinear"),
    ):
        with pytest.raises(InputError, match=message):
            train(other, *more, "--load", model, "--epochs", 1, "--overwrite", *flags)


@pytest.mark.parametrize("flags", [["--amp"], ["--bilinear"], ["--classes", 2], ["--scale", 0.5]])
def test_flags_train(tmp_path, flags):
    write_discs(tmp_path / "data", 4)
    train(tmp_path, "--epochs", 1, "--validation", 50, *flags)
    assert len(curve_of(tmp_path)) == 1


def test_killed_and_resumed_gives_the_same_curve(tmp_path):
    write_discs(tmp_path / "data", 12)
    flags = [str(word) for word in (*SMALL, "--epochs", 3, "--learning-rate", 0.001)]
    train(tmp_path, *flags, "--checkpoints", tmp_path / "whole" / "checkpoints")
    command = [sys.executable, ROOT / "train.py", "--workspace", tmp_path, *flags]
    running = subprocess.Popen([*command, "--device", "cpu"], stdout=subprocess.DEVNULL)
    while running.poll() is None and not (tmp_path / "checkpoints" / "last.ckpt").exists():
        time.sleep(0.005)
    running.kill()
    running.wait()
    assert 1 <= len(curve_of(tmp_path)) <= 3
    train(tmp_path, *flags, "--resume")
    assert curve_of(tmp_path) == curve_of(tmp_path / "whole")


def test_nan_stops_with_the_step_and_keeps_the_last_good_checkpoint(tmp_path, monkeypatch):
    write_discs(tmp_path / "data", 8)
    step = ImageModule.training_step

    def spoilt(self, batch):
        loss = step(self, batch)
        return loss * float("nan") if self.global_step == 2 else loss

    monkeypatch.setattr(ImageModule, "training_step", spoilt)
    with pytest.raises(InputError, match=r"the loss became nan at step 3, in epoch 2; lower"):
        train(tmp_path, "--epochs", 3, "--validation", 20)
    folder = tmp_path / "checkpoints"
    assert [path.name for path in folder.glob("*.pth")] == ["checkpoint_epoch1.pth"]
    state = load_pickled(folder / "last.ckpt")["state_dict"]
    assert all(torch.isfinite(tensor).all() for tensor in state.values())


def test_bad_pictures_and_flags(trained, tmp_path):
    model = trained / "checkpoints" / "checkpoint_epoch12.pth"
    (tmp_path / "text.jpg").write_text("no picture")
    picture = trained / "data" / "imgs" / "disc0.png"
    for arguments, message in (
        (["-i", tmp_path / "text.jpg", "--model", model], "cannot read .* as a picture"),
        (["-i", picture, picture, "--model", model], "several pictures would be written to"),
        (["-i", picture, "-o", "a", "b", "--model", model], "2 outputs for 1 pictures"),
        (
            ["-i", picture, "-o", "out.xyz", "--model", model],
            "no picture can be written to",
        ),
        (["-i", picture, "-o", "out", "--model", model], "no picture can be written to out;"),
        (["-i", picture, "--model", model, "--scale", 2], "--scale is 2"),
        (["-i", picture, "--model", model, "-t", 1], "--mask-threshold is 1"),
        (["-i", picture, "--model", tmp_path / "text.jpg"], "not a model file"),
    ):
        with pytest.raises(InputError, match=message):
            call(predict, "predict", tmp_path, *arguments)
    with pytest.raises(InputError, match="there is no folder"):
        train(tmp_path, "--epochs", 1)
    for flags, message in (
        (["--validation", 0], "--validation is 0"),
        (["--batch-size", 0], "--batch-size is 0"),
        (["--base-channels", 0], "--base-channels is 0"),
        (["--epochs", 0], "--epochs is 0"),
    ):
        with pytest.raises(InputError, match=message):
            train(trained, "--epochs", 1, "--overwrite", *flags)


def test_cars_are_drawn_once_and_never_over_ones_own(tmp_path, capsys):
    write_cars(tmp_path / "cars", 3)
    names = sorted(path.name for path in (tmp_path / "cars").rglob("*.*"))
    pictures = [name for i in range(3) for name in (f"car00{i}.jpg", f"car00{i}_mask.gif")]
    assert names == sorted([*pictures, "drawn_cars.txt"])
    times = [path.stat().st_mtime_ns for path in (tmp_path / "cars").rglob("*.*")]
    write_cars(tmp_path / "cars", 3)
    assert times == [path.stat().st_mtime_ns for path in (tmp_path / "cars").rglob("*.*")]
    assert "are there already" in capsys.readouterr().out
    write_discs(tmp_path / "own", 1)
    with pytest.raises(InputError, match="were not drawn here"):
        write_cars(tmp_path / "own", 3)


def test_colour_does_not_give_a_car_away():
    """One threshold on any channel finds less of the cars than a network has to."""
    best = 0.0
    cars = [draw_car(np.random.default_rng([9, number])) for number in range(8)]
    for channel in range(3):
        for threshold in range(20, 240, 20):
            for sign in (1, -1):
                dice = []
                for image, mask in cars:
                    found = sign * np.asarray(image).astype(int)[..., channel] > sign * threshold
                    true = np.asarray(mask)
                    dice.append(2 * (found & true).sum() / (found.sum() + true.sum()))
                best = max(best, float(np.mean(dice)))
    assert 0.1 < best < 0.7
