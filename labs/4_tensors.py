# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Lab 4: Tensors
#
# ## What you will learn
#
# - How NumPy's arrays become PyTorch's tensors and back, and when they are the same memory.
# - What the batch and channel dimensions are, and where a tensor lives.
# - That autograd finds the gradient that this program computes by hand.
# - How patches of spectrograms are loaded, and the smallest network that learns something from them.
#
# Five minutes. You need labs 2 and 3.

# %% [markdown]
# ## Demo: from NumPy and back
#
# `torch.from_numpy` takes over an array's memory: what is written to one is seen in the other.
# `torch.tensor` copies. `.numpy()` goes back without a copy, from the CPU.

# %%
import matplotlib.pyplot as plt
import numpy as np
import torch
from checks import gradient as check_gradient
from checks import to_batch as check_to_batch
from showing import BLUE, ORANGE, player
from song import RATE_HZ, lab_song
from torch import nn

from unet.networks import chosen_device
from vocal_separation_sanity_check import Settings, ideal_masks
from vocal_separation_sanity_check.fingerprints import (
    FAMILIES,
    LINEAR_SLICES,
    LINEAR_TAPS,
    METRICS,
    band_average,
    measure,
    measure_transpose,
    take_slice,
    take_slice_transpose,
)
from vocal_separation_sanity_check.scoring import si_sdr_db
from vocal_separation_sanity_check.spectral import istft, stft

song = lab_song()
settings = Settings()
spectrum, of_vocal = stft(song.mixture, settings), stft(song.vocal, settings)
magnitude = np.abs(spectrum)

shared, copied = torch.from_numpy(magnitude), torch.tensor(magnitude)
first = float(magnitude[0, 0])
magnitude[0, 0] = 42
print(f"shared: {shared[0, 0]:.0f}, copied: {copied[0, 0]:.3f}")
assert shared[0, 0] == 42
assert copied[0, 0] == first
magnitude[0, 0] = first
assert np.shares_memory(shared.numpy(), magnitude)
assert shared.dtype == torch.float32

# %% [markdown]
# ## Batch, channel, device
#
# Networks for pictures take four dimensions: which example, which channel, height, width. A mono
# spectrogram is a batch of one picture with one channel: (1, 1, 1025, 647). A device is where a
# tensor's memory and its arithmetic are; two tensors must share it. `chosen_device` is what the
# program's `--device auto` means.

# %%
pictures = shared[None, None]
assert pictures.shape == (1, 1, 1025, 647)
device = chosen_device("auto")
there = pictures.to(device)
print(
    f"computed on {device}: mean {there.mean().item():.4f}, on the CPU {pictures.mean().item():.4f}"
)
assert torch.allclose(there.mean().cpu(), pictures.mean(), rtol=1e-4)

# %% [markdown]
# ## Autograd against the gradient by hand
#
# The fit goes downhill on the distance of two fingerprints, so it needs the distance's gradient:
# how much each cell of the spectrogram adds to it. PyTorch writes down what it computes and goes
# back through it. The fit does without PyTorch: under each measurement stands its gradient, derived
# on paper. Twenty windows, the profiles of the 17 linear slices, both ways.

# %%
n_bins, n_windows = 1025, 20
mixed = np.ascontiguousarray(magnitude[:, 100 : 100 + n_windows])
wanted = np.ascontiguousarray(np.abs(of_vocal)[:, 100 : 100 + n_windows])
bands = band_average(n_bins)
averaging = np.zeros((400, n_bins), np.float32)
for band, (start, coverage) in enumerate(zip(bands.first_bin, bands.coverage, strict=True)):
    averaging[band, start : start + len(coverage)] = coverage
taps = torch.from_numpy(LINEAR_TAPS.astype(np.float32))[:, None]
assert taps.shape == (17, 1, 3, 3)


def profiles(picture):
    """Of all linear slices: a convolution, then band averages; shape (17, 400, n_windows)."""
    return (
        torch.from_numpy(averaging) @ nn.functional.conv2d(picture[None, None], taps, padding=1)[0]
    )


variable = torch.from_numpy(mixed).requires_grad_()
target = profiles(torch.from_numpy(wanted))
distance = (profiles(variable) - target).square().sum() / 2
distance.backward()


def gradient_by_hand(picture, target):
    """The same with the program's measurements and what stands under them."""
    by_window = np.ascontiguousarray(picture.T)
    gradient = np.zeros_like(by_window)
    bin_hz = RATE_HZ / 2 / (n_bins - 1)
    for which in LINEAR_SLICES:
        seen = take_slice(by_window, which)
        values = np.empty((len(seen), len(METRICS)), np.float32)
        measure(seen, n_bins, bin_hz, values)
        error = np.zeros_like(values)
        error[:, FAMILIES["profile"]] = values[:, FAMILIES["profile"]] - target[which.number].T
        back = measure_transpose(seen, n_bins, bin_hz, values, error)
        take_slice_transpose(back, by_window, which, gradient)
    return gradient.T


by_hand = gradient_by_hand(mixed, target.numpy())
by_autograd = variable.grad.numpy()
apart = np.abs(by_hand - by_autograd).max() / np.abs(by_autograd).max()
print(f"{by_hand.size} derivatives; largest difference {apart:.0e} of the largest")
assert by_hand.size == 20_500
assert apart < 1e-5

# %% [markdown]
# ## A loader of patches
#
# Networks learn from many small examples. A data set gives one of them by its number: here 32 windows
# of the lowest 512 bins, as the mixture's logarithm, its magnitude, and the ideal mask. A loader draws them in random order
# and stacks them into batches. The first 15 s of the song are learnt from; the next 5 s are not.


# %%
class Patches(torch.utils.data.Dataset):
    """Stretches of 32 windows and 512 bins, a new one every 16 windows."""

    def __init__(self, magnitude, mask, first, last):
        loud = torch.from_numpy(magnitude[None, :512] / magnitude.mean())
        self.parts = torch.log(loud + 1e-2), loud, torch.from_numpy(mask[None, :512])
        self.starts = range(first, last - 32 + 1, 16)

    def __len__(self):
        return len(self.starts)

    def __getitem__(self, index):
        windows = slice(self.starts[index], self.starts[index] + 32)
        return tuple(part[..., windows] for part in self.parts)


mask = ideal_masks(of_vocal, spectrum)["psm"]
edge, end = (round(seconds * RATE_HZ / 1024) for seconds in (15, 20))
training, unseen = Patches(magnitude, mask, 0, edge), Patches(magnitude, mask, edge, end)
torch.manual_seed(0)
torch.set_num_threads(1)  # threads would cost more than so small a network does
loader = torch.utils.data.DataLoader(training, batch_size=4, shuffle=True)
seen, loud, ideal = next(iter(loader))
print(f"{len(training)} patches; a batch has shape {tuple(seen.shape)}")
assert (len(training), tuple(seen.shape)) == (19, (4, 1, 512, 32))

# %% [markdown]
# ## The smallest network that learns something
#
# Two convolutions, 1 to 8 channels and 8 to 1, each of 3 × 3 cells: 8 × 9 + 8 and 8 × 9 + 1, together
# 153 parameters. It sees five windows and five bins around a cell, no more, and so can only tell
# by the shape of an edge, and by how loud it is, whether it is a voice. That beats the best that knows
# nothing: one number for all cells.

# %%
network = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 1, 3, padding=1))
assert sum(parameter.numel() for parameter in network.parameters()) == 153 == 8 * 9 + 8 + 8 * 9 + 1
descent = torch.optim.Adam(network.parameters(), lr=0.02)


def distance_of(mask, loud, ideal):
    """Mean square of what the mask leaves wrong."""
    return ((mask - ideal) * loud).square().mean()


@torch.no_grad()
def unseen_distance():
    """Of the patches that nothing is learnt from."""
    parts = zip(*(unseen[index] for index in range(len(unseen))), strict=True)
    seen, loud, ideal = (torch.stack(part) for part in parts)
    one_number = (ideal * loud.square()).sum() / loud.square().sum()
    learnt = distance_of(torch.sigmoid(network(seen)), loud, ideal)
    return learnt.item(), distance_of(one_number, loud, ideal).item()


curve = [unseen_distance()[0]]
for _epoch in range(24):
    for seen, loud, ideal in loader:
        descent.zero_grad()
        distance_of(torch.sigmoid(network(seen)), loud, ideal).backward()
        descent.step()
    curve.append(unseen_distance()[0])
learnt, one_number = unseen_distance()

figure, axes = plt.subplots(figsize=(6, 2.6), layout="constrained")
axes.plot(curve, "o-", color=BLUE, label="153 parameters")
axes.axhline(one_number, color=ORANGE, linestyle="--", label="one number for all cells")
axes.set(xlabel="epoch", ylabel="mean square error\n(mean magnitude = 1)", title="Unseen patches")
axes.legend()
plt.show()
song.stated("left wrong, of what one number leaves", 100 * learnt / one_number, 60, "%", within=8)

with torch.no_grad():
    inputs = torch.log(torch.from_numpy(magnitude / magnitude.mean())[None, None] + 1e-2)
    learnt_mask = torch.sigmoid(network(inputs))[0, 0].numpy()
extracted = istft(learnt_mask * spectrum, len(song.mixture), settings)
later = slice(15 * RATE_HZ, 20 * RATE_HZ)
reached = si_sdr_db(extracted[later], song.vocal[later])
nothing = si_sdr_db(song.mixture[later], song.vocal[later])
song.stated("the unseen 5 s, mixture", nothing, -3.0, "dB SI-SDR")
song.stated("the unseen 5 s, network", reached, 3.5, "dB SI-SDR", within=1)
player("The unseen 5 s under the learnt mask", extracted[later], RATE_HZ)
if song.is_demo:
    assert learnt < one_number

# %% [markdown]
# ## Expected output
#
# A 42 in the shared tensor only; two gradients of 20 500 numbers that differ by less than 1e-5; 19
# patches; a curve that falls below the dashed line, to about 60 % of it; and on the unseen 5 s of
# the demo song −3.0 dB for the mixture and about 3.5 dB for the network. Real songs are harder.
#
# ## Key ideas
#
# - Shared memory is quick, and surprises whoever forgets it.
# - Shapes are half of the work: (batch, channel, bins, windows).
# - A gradient is a gradient. Autograd saves the paper, the paper saves PyTorch and its time.
# - Always compare with the best that knows nothing, on what was not learnt from.
#
# ## Where it comes back in the program
#
# | what | where |
# |---|---|
# | which device | `unet/networks/devices.py` |
# | gradients by hand | `vocal_separation_sanity_check/fingerprints/measurement_kernels.py`, `vocal_separation_sanity_check/fingerprints/slice_kernels.py` |
# | descent on them | `vocal_separation_sanity_check/fitting/measured_descent.py` |
# | examples, mixed anew for every batch | `unet/songs/remix.py` |
# | what a network sees | `unet/front_end.py` |
# | the loop of training | `unet/training/trainer.py` |

# %% [markdown]
# ## Exercise 4.1
#
# Make a batch of one example and one channel of a NumPy spectrogram, without copying it.


# %%
def to_batch(spectrogram):
    """Your answer: give a tensor of shape (1, 1, n_bins, n_windows)."""


print(check_to_batch(to_batch))

# %% [markdown]
# ## Exercise 4.2
#
# Derive by hand the gradient, with respect to the mask, of half the squared distance of mask times
# mixture from the target. All three are arrays of one shape.


# %%
def gradient(mask, mixture, target):
    """Your answer: give an array of the mask's shape."""


print(check_gradient(gradient))

# %% [markdown]
# ## Presenting it
#
# | at | say | show |
# |---|---|---|
# | 0:00 | "I write 42 into an array. Which tensor sees it?" | the first cell |
# | 0:30 | "Four dimensions: example, channel, height, width." | the shape (1, 1, 1025, 647) |
# | 1:00 | "Where does it live? This is what `--device auto` finds." | the line with the device |
# | 1:30 | "The fit goes downhill. Which way is down?" | the function `profiles` |
# | 2:00 | "PyTorch finds out by itself. We did it on paper. They agree." | the difference |
# | 2:30 | "Networks learn from patches, in random order." | the shape of a batch |
# | 3:00 | "153 parameters. Count them." | the sum in the assert |
# | 3:30 | "It learns. Is that good? Compare with one number for all cells." | the curve and the dashed line |
# | 4:00 | "Six decibels from 153 numbers, on an easy song. Hear what they miss." | the player |
# | 4:30 | "What is missing is sight: five bins, five windows. Lab 5. Your turn." | the exercises |
