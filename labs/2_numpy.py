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
# # Lab 2: NumPy
#
# ## What you will learn
#
# - Why nobody loops over samples in Python, measured here and now.
# - What is a view of an array and what is a copy, and how to tell.
# - How a spectrogram is cut into time slices, what to do with what is left over, and that this
#   program's 18 slices are something else.
# - How 765 000 measurements come about, and what they say of a note, a consonant, a chord.
#
# Five minutes. You need lab 1.

# %% [markdown]
# ## Demo: vectorised against loops
#
# The same mean power of ten seconds, three times: sample by sample, by NumPy, and by NumPy without
# an array in between. How much faster the last is depends on your machine, so it is measured.

# %%
from time import perf_counter

import librosa
import matplotlib.pyplot as plt
import numpy as np
from checks import in_slices as check_in_slices
from checks import n_points as check_n_points
from showing import BLUE, GREEN, ORANGE, player, spectrogram
from song import RATE_HZ, lab_song

from vocal_separation_sanity_check import METRICS, SLICES, Settings, fingerprint
from vocal_separation_sanity_check.demo import Syllable, sing
from vocal_separation_sanity_check.spectral import stft

song = lab_song()
sound = song.mixture[: 10 * RATE_HZ].astype(np.float64)


def power_by_loop(samples):
    """Mean power, as one would write it in another language."""
    total = 0.0
    for sample in samples:
        total += sample * sample
    return total / len(samples)


ways = {
    "loop": power_by_loop,
    "NumPy": lambda samples: np.mean(samples**2),
    "NumPy, nothing between": lambda samples: samples @ samples / len(samples),
}
powers, seconds = {}, {}
for name, way in ways.items():
    times = []
    for _ in range(3):
        start = perf_counter()
        powers[name] = way(sound)
        times.append(perf_counter() - start)
    seconds[name] = min(times)
    print(f"{name:23}{1000 * seconds[name]:9.3f} ms, {seconds['loop'] / seconds[name]:6.0f} times")
assert np.allclose(list(powers.values()), powers["loop"])

# %% [markdown]
# ## A spectrogram, and what is a view
#
# librosa makes 646 windows of 30 s at a hop of 1024: one every 46.4 ms, from the first sample on.
#
# > **A known slip.** You will read "hop 512" beside "1025 × 646 for 30 s". Hop 512 gives 1292
# > windows. And this program makes 647 at hop 1024: its last window lies nearer to the end, so that
# > the end can be rebuilt.

# %%
magnitude = np.abs(librosa.stft(song.mixture, n_fft=2048, hop_length=1024))
assert magnitude.shape == (1025, 646)
assert librosa.stft(song.mixture, n_fft=2048, hop_length=512).shape == (1025, 1292)
assert stft(song.mixture, Settings()).shape == (1025, 647)
assert np.isclose(1000 * 1024 / RATE_HZ, 46.4, atol=0.05)

# %% [markdown]
# A slice of an array is a view: other bounds and steps for the same memory. What is written to it is
# written to the array. A list of indices, or arithmetic, copies. `np.shares_memory` tells.

# %%
bass = magnitude[:24]
every_other = magnitude[:, ::2]
chosen = magnitude[[0, 1, 2]]
halved = bass / 2
for name, array in (
    ("magnitude[:24]", bass),
    ("magnitude[:, ::2]", every_other),
    ("magnitude[[0, 1, 2]]", chosen),
    ("bass / 2", halved),
    ("magnitude.T", magnitude.T),
):
    kind = "view" if np.shares_memory(array, magnitude) else "copy"
    print(f"{name:22}{array.shape!s:13}strides {array.strides!s:14}{kind}")
assert np.shares_memory(bass, magnitude)
assert np.shares_memory(every_other, magnitude)
assert not np.shares_memory(chosen, magnitude)
assert not np.shares_memory(halved, magnitude)

# %% [markdown]
# ## 18 time slices of 35 windows, and 16 that are left over
#
# 646 windows make 18 slices of 35, which is 630; 16 windows are left. Three ways to deal with them:
# leave them out (0.74 s of sound are lost), fill up with silence to a 19th slice (which is then
# mostly empty: 19 of 35 windows), or begin each slice a little before the last one's end (nothing is
# lost, some windows are seen twice). To measure, leave out. To rebuild sound, overlap: this program
# works on long songs in blocks that share 16 windows.

# %%
n_slices, width = 18, 35
n_left = magnitude.shape[1] - n_slices * width
assert (n_slices * width, n_left) == (630, 16)
assert np.isclose(n_left * 1024 / RATE_HZ, 0.74, atol=0.005)

left_out = magnitude[:, : n_slices * width].reshape(1025, n_slices, width).swapaxes(0, 1)
assert left_out.shape == (18, 1025, 35)
assert np.shares_memory(left_out, magnitude)

filled = np.pad(magnitude, ((0, 0), (0, width - n_left)))
assert filled.shape[1] == 19 * width
assert width - n_left == 19

starts = np.linspace(0, magnitude.shape[1] - width, 19).round().astype(int)
overlapping = np.stack([magnitude[:, start : start + width] for start in starts])
assert starts[-1] + width == 646
assert np.diff(starts).max() <= width

figure, axes = plt.subplots(figsize=(8, 2.4), layout="constrained")
spectrogram(axes, magnitude, RATE_HZ, 1024, "18 slices of 35 windows; the hatched 16 are left over")
for edge in range(1, n_slices + 1):
    axes.axvline(edge * width * 1024 / RATE_HZ, color="white", linewidth=0.8)
left_s, right_s = (n_windows * 1024 / RATE_HZ for n_windows in (630, 646))
axes.axvspan(left_s, right_s, hatch="///", facecolor="none", edgecolor="white")
plt.show()

# %% [markdown]
# ## This program's 18 slices are views of the whole
#
# Here a slice is no stretch of time. It is the whole spectrogram seen through one small filter: as
# it is, smoothed, only its edges in one direction. There are 19 names, of which two look at blocks
# of 2 × 2 cells and so have half the windows each: together they count as one.

# %%
assert len(SLICES) == 19
assert sum(which.is_pooled for which in SLICES) == 2
print(", ".join(f"{which.number} {which.name}" for which in SLICES))

# %% [markdown]
# Of each window of each slice 425 measurements are taken: a profile of 400 bands, and 25 others such
# as pitch and entropy. For 100 windows that makes 425 × (17 × 100 + 2 × 50) = 765 000.

# %%
assert len(METRICS) == 425 == 400 + 25
assert 425 * (17 * 100 + 2 * 50) == 765_000
whole = fingerprint(magnitude[:, :100])
assert whole.n_points == 765_000
assert whole.values.shape == (17 * 100 + 2 * 50, 425)

# %% [markdown]
# ## The fingerprint of a note, a consonant, a chord
#
# One window out of the middle of each, the raw slice. The note is a sung A at 440 Hz: one stack of
# harmonics, little entropy. Its pitch is told as 431 Hz, since harmonics are read off cells of
# 86 Hz. The consonant, an *s*, is noise at 6 960 Hz: high entropy, no pitch worth the name. The
# chord, A minor, is three stacks in one, and no single pitch explains it.

# %%
draw = np.random.default_rng(0)
note = sing([Syllable(0, 1, 69, "", "a")], RATE_HZ, RATE_HZ, draw)
draw = np.random.default_rng(0)
consonant = sing([Syllable(0.3, 0.5, 60, "s", "a")], RATE_HZ, RATE_HZ, draw)
consonant = consonant[int(0.20 * RATE_HZ) : int(0.27 * RATE_HZ)]
time_s = np.arange(RATE_HZ) / RATE_HZ
chord = sum(
    0.1 / k * np.sin(2 * np.pi * k * 440 * 2 ** ((midi - 69) / 12) * time_s)
    for midi in (57, 60, 64)
    for k in range(1, 9)
).astype(np.float32)

shown = ("fundamental_hz", "harmonic_strength", "centroid_hz", "flatness", "entropy")
print(f"{'':12}" + "".join(f"{name:>19}" for name in shown))
prints = {}
figure, axes = plt.subplots(figsize=(8, 3), layout="constrained")
colours = (BLUE, ORANGE, GREEN)
for (name, tone), colour in zip(
    {"note": note, "consonant": consonant, "chord": chord}.items(), colours, strict=True
):
    rows = fingerprint(np.abs(stft(tone, Settings()))).of(SLICES[0])
    prints[name] = dict(zip(METRICS, rows[len(rows) // 2].tolist(), strict=True))
    print(f"{name:12}" + "".join(f"{prints[name][measured]:19.3g}" for measured in shown))
    profile = np.array([prints[name][f"profile_{band:03d}"] for band in range(400)])
    frequency_khz = (np.arange(400) + 0.5) * RATE_HZ / 2000 / 400
    level_db = 20 * np.log10(np.maximum(profile / profile.max(), 1e-4))
    axes.plot(frequency_khz, level_db, color=colour, label=name, linewidth=1)
axes.set(xlabel="frequency (kHz)", ylabel="dB under its peak", title="400 bands of one window")
axes.legend()
plt.show()
player("The note", 0.5 * note, RATE_HZ)
player("The chord", chord, RATE_HZ)

assert np.isclose(prints["note"]["fundamental_hz"], 431, atol=1)
assert np.isclose(RATE_HZ / 2 / 128, 86, atol=0.5)
assert np.isclose(prints["consonant"]["centroid_hz"], 6_960, atol=60)
assert prints["note"]["entropy"] < prints["chord"]["entropy"] < prints["consonant"]["entropy"]
assert prints["chord"]["harmonic_strength"] < prints["note"]["harmonic_strength"]

# %% [markdown]
# ## Expected output
#
# A loop that is some hundred times slower than NumPy; three views and two copies; a spectrogram with
# 18 strips and a hatched end; 19 names; a table in which the note has an entropy of 0.20, the chord
# 0.44 and the consonant 0.82.

# %%
for name, stated in (("note", 0.20), ("chord", 0.44), ("consonant", 0.82)):
    assert np.isclose(prints[name]["entropy"], stated, atol=0.02), name

# %% [markdown]
# ## Key ideas
#
# - Say what is to be done with whole arrays; the loop then runs where it is fast.
# - Slices are views: cheap, and not yours to change. Copy when you mean to.
# - When lengths do not divide, decide what happens to the rest, and say so.
# - A measurement is a question. Entropy asks "tone or noise?", and answers for voices and drums
#   alike.
#
# ## Where it comes back in the program
#
# | what | where |
# |---|---|
# | the 19 slices, by name and taps | `vocal_separation_sanity_check/fingerprints/slices.py` |
# | the 425 measurements | `vocal_separation_sanity_check/fingerprints/metrics.py` |
# | the table of all of them | `vocal_separation_sanity_check/fingerprints/table.py` |
# | loops that are fast all the same, being compiled | `vocal_separation_sanity_check/fingerprints/measurement_kernels.py` |
# | blocks that overlap | `vocal_separation_sanity_check/spectral/block.py` |

# %% [markdown]
# ## Exercise 2.1
#
# Cut any spectrogram into time slices of shape (n_slices, n_bins, width), as wide as fit, the rest
# left out, and without copying anything.


# %%
def in_slices(spectrogram, n_slices):
    """Your answer: give a view of the spectrogram."""


print(check_in_slices(in_slices))

# %% [markdown]
# ## Exercise 2.2
#
# How many numbers has a fingerprint of any number of windows? Mind odd ones.


# %%
def n_points(n_windows):
    """Your answer: give a whole number."""


print(check_n_points(n_points))

# %% [markdown]
# ## Presenting it
#
# | at | say | show |
# |---|---|---|
# | 0:00 | "Three ways to the same number. Guess how far apart they are." | the first cell, before it runs |
# | 0:30 | "Measured, on this machine, now." | its output |
# | 1:00 | "646 windows. Somebody will tell you it takes hop 512: count." | the three shapes, the slip |
# | 1:30 | "A view is free, and it is not yours." | the table of views and copies |
# | 2:00 | "18 times 35 is 630. What do you do with 16?" | let them answer, then the three ways |
# | 2:30 | "Nothing is lost, something is empty, or something is seen twice." | the strips and the hatched end |
# | 3:00 | "Our 18 slices are not these. They are 18 ways to look at all of it." | the 19 names |
# | 3:30 | "425 of each window of each: 765 000." | the multiplication |
# | 4:00 | "A note, an s, a chord: which measurement tells them apart?" | the table, then the plot |
# | 4:30 | "Entropy does. Your turn." | the exercises |
