"""Training on several devices, with two processes on the CPU, as a user would run it."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors
from image_sets import write_discs
from song_sets import write_song
from torch import distributed

from unet.training.epoch_sampler import EpochSampler, shuffled

pytestmark = [pytest.mark.slow, pytest.mark.thorough]

ROOT = Path(__file__).resolve().parents[1]
N_STEPS = 5
N_EPOCHS = 2

# The command itself, which writes down what each process gets. Lightning starts the second process
# with the first one's script and arguments.
NOTING = """
import json, os, sys
sys.path[:0] = [{root!r}, {tests!r}]
from unet.commands import train_network

def note(**what):
    process = os.environ.get("LOCAL_RANK", "0")
    with open(os.path.join({notes!r}, process + ".jsonl"), "a", encoding="utf-8") as file:
        file.write(json.dumps(what) + "\\n")

"""

NOTING_SONGS = """
from song_sets import SMALL
from unet import separating
from unet.networks import mask_network
from unet.songs import remix, vocal_module

for name, body in list(mask_network.BODIES.items()):
    def build(*numbers, body=body, name=name, **_):
        return body.build(*numbers, **SMALL[name])
    mask_network.BODIES[name] = body._replace(build=build)

# Networks as narrow as these have no graph, and what is written is the same for any device.
separating.export_onnx = lambda *_: None

get, step = remix.RemixedBatches.__getitem__, vocal_module.VocalModule.validation_step
log = vocal_module.VocalModule.log

def get_noted(self, index):
    if index < 1 << 40:
        note(batch=index)
    return get(self, index)

def log_noted(self, name, value, **options):
    if name == vocal_module.SCORE:
        note(score=float(value), epoch=self.current_epoch)
    return log(self, name, value, **options)

schedule = vocal_module.VocalModule.configure_optimizers

def schedule_noted(self):
    note(n_steps=self._n_steps)
    return schedule(self)

remix.RemixedBatches.__getitem__ = get_noted
vocal_module.VocalModule.log = log_noted
vocal_module.VocalModule.configure_optimizers = schedule_noted
"""

NOTING_PICTURES = """
from unet.pictures import image_data, image_module

get, log = image_data.ImageMasks.__getitem__, image_module.ImageModule.log

def get_noted(self, index):
    note(picture=self._pairs[index].image.name)
    return get(self, index)

def log_noted(self, name, value, **options):
    if name == image_module.VALIDATION_DICE:
        # So few steps may leave every Dice at 0; these are told apart.
        value = value * 0 + 0.1 + 0.2 * self.global_rank + 0.3 * self.current_epoch
        note(score=float(value), epoch=self.current_epoch)
    return log(self, name, value, **options)

image_data.ImageMasks.__getitem__ = get_noted
image_module.ImageModule.log = log_noted
"""


def train(folder, noting, *arguments):
    """Run the command; gives what it printed and what each of two processes wrote down."""
    folder.mkdir()
    begin = NOTING.format(root=str(ROOT), tests=str(ROOT / "tests"), notes=str(folder))
    script = folder / "train.py"
    script.write_text(f"{begin}\n{noting}\nsys.exit(train_network(__file__))\n", encoding="utf-8")
    common = ["--device", "cpu", "--devices", 2, "--epochs", N_EPOCHS]
    command = [sys.executable, script, *common, *arguments]
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    notes = [
        [json.loads(line) for line in (folder / f"{process}.jsonl").read_text().splitlines()]
        for process in (0, 1)
    ]
    return done.stdout.splitlines(), notes


def noted(notes, what):
    return [[line[what] for line in lines if what in line] for lines in notes]


def curve_of(folder, name):
    rows = csv.DictReader((folder / "checkpoints" / "curve.csv").read_text().splitlines())
    return [float(row[name]) for row in rows]


def mean_scores(notes):
    """Mean over processes and examples, by epoch."""
    scores = [line for lines in notes for line in lines if "score" in line]
    return [
        float(np.mean([line["score"] for line in scores if line["epoch"] == epoch]))
        for epoch in range(N_EPOCHS)
    ]


def test_songs(tmp_path):
    # Songs of eleven artists: two of them are set aside, one for each process.
    for number in range(11):
        write_song(tmp_path / "songs" / f"{number:02d} - song", number, 1.2)
    folder = tmp_path / "run"
    shown, notes = train(
        folder,
        NOTING_SONGS,
        *("--task", "vocals", "--data", tmp_path / "songs", "--model", "jansson"),
        *("--steps", 2 * N_STEPS, "--batch-size", 1),
    )
    batches = [np.reshape(numbers, (N_EPOCHS, N_STEPS)) for numbers in noted(notes, "batch")]
    for epoch in range(N_EPOCHS):
        dealt = {int(number) for process in batches for number in process[epoch]}
        assert dealt == set(range(2 * N_STEPS * epoch, 2 * N_STEPS * (epoch + 1)))
    scores = noted(notes, "score")
    assert scores[0] != scores[1]
    found = curve_of(folder, "validation SDR dB")
    assert found == pytest.approx(mean_scores(notes), rel=1e-4)
    assert noted(notes, "n_steps") == [[N_EPOCHS * N_STEPS]] * 2
    with safetensors.safe_open(folder / "checkpoints" / "model.safetensors", "np") as model:
        metadata = json.loads(model.metadata()["metadata"])
    assert metadata["epoch"] == 1 + int(np.argmax(found))
    assert [line.split()[0] for line in shown] == ["9", "epoch", "epoch", "Wrote"]


def test_pictures(tmp_path):
    write_discs(tmp_path / "data", 12)
    folder = tmp_path / "run"
    shown, notes = train(
        folder,
        NOTING_PICTURES,
        *("--data", tmp_path / "data", "--validation", 34, "--scale", 1),
        *("--base-channels", 4, "--classes", 1, "--batch-size", 2, "--learning-rate", 0.001),
    )
    assert shown[0].startswith("8 pictures for training, 4 for validation")
    pictures = [np.reshape(names, (N_EPOCHS, 4 + 2)) for names in noted(notes, "picture")]
    for epoch in range(N_EPOCHS):
        training = [set(process[epoch, :4]) for process in pictures]
        validation = [set(process[epoch, 4:]) for process in pictures]
        assert len(training[0] | training[1]) == 8
        assert len(validation[0] | validation[1]) == 4
    assert set(pictures[0][0, :4]) != set(pictures[0][1, :4])
    scores = noted(notes, "score")
    assert scores[0] != scores[1]
    assert curve_of(folder, "validation Dice") == pytest.approx(mean_scores(notes), rel=1e-4)
    assert [line.split()[0] for line in shown] == ["8", "epoch", "epoch", "Wrote"]
    assert (folder / "checkpoints" / "checkpoint_best.pth").is_file()


@pytest.mark.parametrize(("n_examples", "n_processes"), [(7, 2), (1, 3), (6, 3)])
def test_every_process_makes_as_many_steps(monkeypatch, n_examples, n_processes):
    monkeypatch.setattr(distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(distributed, "get_world_size", lambda: n_processes)
    dealt = []
    for process in range(n_processes):
        monkeypatch.setattr(distributed, "get_rank", lambda process=process: process)
        sampler = EpochSampler(n_examples, shuffled(n_examples, 0))
        dealt.append(list(sampler))
        assert len(dealt[-1]) == len(sampler) == -(-n_examples // n_processes)
    assert {number for numbers in dealt for number in numbers} == set(range(n_examples))
