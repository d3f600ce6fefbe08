"""The training loop: curves, resumption, and ends that are not happy."""

import signal

import lightning
import pytest
import torch
from lightning.pytorch.callbacks import Callback
from torch.utils.data import DataLoader

from unet.memory import explained_memory
from unet.model_files import load_pickled
from unet.networks.devices import chosen_device
from unet.training.epoch_sampler import EpochSampler, shuffled
from unet.training.plan import TrainingPlan
from unet.training.trainer import run_training
from vocal_separation_sanity_check.errors import InputError

N_STEPS = 6


class Line(lightning.LightningModule):
    """A line through points, with dropout, so that draws show."""

    def __init__(self, n_inputs=3):
        super().__init__()
        torch.manual_seed(3)
        self.layer = torch.nn.Sequential(torch.nn.Linear(n_inputs, 1), torch.nn.Dropout(0.5))

    def training_step(self, batch):
        loss = self.fault(torch.nn.functional.mse_loss(self.layer(batch[:, :-1]), batch[:, -1:]))
        self.log("loss", loss, on_step=False, on_epoch=True, batch_size=len(batch))
        return loss

    def fault(self, loss):
        return loss

    def validation_step(self, batch):
        error = torch.nn.functional.mse_loss(self.layer(batch[:, :-1]), batch[:, -1:])
        self.log("validation score", -error, batch_size=len(batch))

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), 0.01)


class TurnsBad(Line):
    def __init__(self, what):
        super().__init__()
        self.what = what

    def fault(self, loss):
        if self.global_step < N_STEPS + 1:
            return loss
        if self.what == "gradient":
            return loss + torch.sqrt(0 * self.layer[0].bias).sum()
        return loss * float(self.what)


class Hungry(Line):
    def fault(self, loss):
        return loss + torch.empty(1 << 50).sum()


class Interrupting(Callback):
    def on_train_batch_start(self, trainer, *_):
        if trainer.global_step == N_STEPS + 2:
            raise KeyboardInterrupt


def train(folder, module=None, *, callbacks=(), n_workers=0, **plan):
    data = list(torch.randn(4 * N_STEPS, 4, generator=torch.Generator().manual_seed(0)))
    return run_training(
        module or Line(),
        DataLoader(
            data, 4, sampler=EpochSampler(len(data), shuffled(len(data), 0)), num_workers=n_workers
        ),
        DataLoader(data[:8], 4),
        TrainingPlan(checkpoints=folder, device="cpu", **plan),
        score="validation score",
        lower="--batch-size",
        callbacks=callbacks,
    )


def without_seconds(rows):
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return without_seconds(train(tmp_path_factory.mktemp("whole"), epochs=4))


def test_curve(whole):
    assert [row["epoch"] for row in whole] == [1, 2, 3, 4]
    assert len({row["loss"] for row in whole}) == 4
    assert set(whole[0]) == {"epoch", "loss", "validation score"}


@pytest.mark.parametrize("n_workers", [0, 1])
def test_resumed_curve_is_the_same(tmp_path, whole, n_workers):
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, epochs=4, callbacks=[Interrupting()])
    assert len((tmp_path / "curve.csv").read_text().splitlines()) == 1 + 1
    rows = train(tmp_path, epochs=4, resume=True, n_workers=n_workers)
    assert without_seconds(rows) == whole
    assert len((tmp_path / "curve.csv").read_text().splitlines()) == 1 + 4


def test_ctrl_c_leaves_the_signal_as_it_was(tmp_path):
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, epochs=2, callbacks=[Interrupting()])
    assert signal.getsignal(signal.SIGINT) == before


def test_other_seed_other_curve(tmp_path, whole):
    assert without_seconds(train(tmp_path, epochs=4, seed=1)) != whole


def test_terminal_is_quiet_and_folder_tidy(tmp_path, capfd, monkeypatch):
    monkeypatch.chdir(tmp_path)
    train(tmp_path / "run", epochs=2)
    shown = capfd.readouterr()
    assert [line[:9] for line in shown.out.splitlines()] == ["epoch 1/2", "epoch 2/2"]
    assert shown.err == ""
    assert sorted(path.name for path in tmp_path.rglob("*")) == [
        "best.ckpt",
        "curve.csv",
        "last.ckpt",
        "run",
    ]


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("nan", "the loss became nan at step 8, in epoch 2"),
        ("inf", "the loss became inf at step 8, in epoch 2"),
        ("gradient", "the loss became nan at step 9, in epoch 2"),
    ],
)
def test_bad_loss_stops_and_keeps_the_last_good_checkpoint(tmp_path, what, message):
    with pytest.raises(InputError, match=f"{message}.*last.ckpt holds the last good epoch"):
        train(tmp_path, TurnsBad(what), epochs=3)
    kept = load_pickled(tmp_path / "last.ckpt")
    assert kept["global_step"] == N_STEPS
    assert all(torch.isfinite(weight).all() for weight in kept["state_dict"].values())


def test_weights_spoilt_by_the_last_step_are_not_kept(tmp_path):
    class BadAtTheEnd(Line):
        def on_before_zero_grad(self, _):
            if self.global_step == 2 * N_STEPS - 1:
                with torch.no_grad():
                    self.layer[0].bias.fill_(float("inf"))

    with pytest.raises(InputError, match=f"became infinite or NaN at step {2 * N_STEPS}"):
        train(tmp_path, BadAtTheEnd(), epochs=3)
    assert load_pickled(tmp_path / "last.ckpt")["global_step"] == N_STEPS


def test_out_of_memory_says_what_to_lower(tmp_path):
    with pytest.raises(InputError, match="out of memory; lower --batch-size"):
        train(tmp_path, Hungry(), epochs=1)


def test_only_memory_errors_are_explained_as_such():
    with pytest.raises(RuntimeError, match="size mismatch"), explained_memory("--scale"):
        raise RuntimeError("size mismatch")
    with pytest.raises(InputError, match="lower --scale"), explained_memory("--scale"):
        raise MemoryError


def test_early_stopping(tmp_path):
    class NeverBetter(Line):
        def validation_step(self, batch):
            self.log("validation score", -float(self.current_epoch), batch_size=len(batch))

    assert len(train(tmp_path, NeverBetter(), epochs=9, patience=2)) == 3


def test_best_checkpoint_is_the_best(tmp_path):
    class BestSecond(Line):
        def validation_step(self, batch):
            score = [1.0, 3.0, 2.0][self.current_epoch]
            self.log("validation score", score, batch_size=len(batch))

    train(tmp_path, BestSecond(), epochs=3)
    assert load_pickled(tmp_path / "best.ckpt")["global_step"] == 2 * N_STEPS
    assert load_pickled(tmp_path / "last.ckpt")["global_step"] == 3 * N_STEPS


def test_nothing_to_resume(tmp_path):
    with pytest.raises(InputError, match="leave out --resume"):
        train(tmp_path, epochs=1, resume=True)


def test_resuming_another_network(tmp_path):
    train(tmp_path, Line(), epochs=1)
    with pytest.raises(InputError, match="is of another network"):
        train(tmp_path, Line(n_inputs=2), epochs=2, resume=True)


def test_resuming_a_damaged_checkpoint(tmp_path):
    (tmp_path / "last.ckpt").write_bytes(b"PK\x03\x04 and nothing else")
    with pytest.raises(InputError, match="damaged"):
        train(tmp_path, epochs=2, resume=True)


def test_messages_from_loaders_are_plain(tmp_path):
    class Unreadable(torch.utils.data.Dataset):
        def __len__(self):
            return 4

        def __getitem__(self, index):
            raise InputError(f"cannot read picture {index}")

    with pytest.raises(InputError, match=r"^cannot read picture \d$"):
        run_training(
            Line(),
            DataLoader(Unreadable(), 2, num_workers=1),
            DataLoader(Unreadable(), 2),
            TrainingPlan(checkpoints=tmp_path, epochs=1, device="cpu"),
            score="validation score",
            lower="--batch-size",
        )


@pytest.mark.slow
@pytest.mark.parametrize("amp", [False, True])
def test_mixed_precision_trains(tmp_path, amp):
    assert train(tmp_path, epochs=1, amp=amp)[0]["loss"] < 10


def test_order_depends_on_seed_and_epoch():
    def order(seed, epoch):
        sampler = EpochSampler(30, shuffled(30, seed))
        sampler.set_epoch(epoch)
        return list(sampler)

    assert order(0, 1) == order(0, 1)
    assert len({tuple(order(*pair)) for pair in [(0, 0), (0, 1), (1, 0)]}) == 3
    assert sorted(order(2, 5)) == list(range(30))


def test_plan_is_checked(tmp_path):
    for wrong in ({"epochs": 0}, {"epochs": 1, "patience": 0}, {"epochs": 1, "devices": 0}):
        with pytest.raises(InputError, match="wanted 1 or more"):
            TrainingPlan(checkpoints=tmp_path, **wrong)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_missing_device():
    assert chosen_device("auto").type in ("cpu", "mps")
    with pytest.raises(InputError, match=r"no cuda device here; --device takes: .*cpu"):
        chosen_device("cuda")
