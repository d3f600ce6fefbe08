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
# # Lab 3: The short-time Fourier transform
#
# ## What you will learn
#
# - What a window and a hop are, and how one column of a spectrogram is made.
# - That long windows tell frequencies apart and short ones moments, and what that costs a mask.
# - That the way there and back loses nothing but rounding, and how much rounding.
# - What phase is for: the same magnitudes with three phases, to hear.
# - What a mask is, by hand and at its best.
#
# Five minutes. You need lab 2.

# %% [markdown]
# ## Demo: one column by hand
#
# Cut out 2048 samples, fade them in and out (a Hann window, so that the cut itself makes no
# sound), and transform. The program's own transform gives the same column.

# %%
import librosa
import matplotlib.pyplot as plt
import numpy as np
import scipy.fft
from checks import binary_mask as check_binary_mask
from checks import with_phase_of as check_with_phase_of
from showing import BLUE, ORANGE, player, spectrogram
from song import RATE_HZ, lab_song

from vocal_separation_sanity_check import Settings, ideal_masks
from vocal_separation_sanity_check.scoring import si_sdr_db
from vocal_separation_sanity_check.spectral import hann, istft, stft

song = lab_song()
mixture, vocal = song.mixture, song.vocal
settings = Settings()
assert (settings.n_fft, settings.hop_length, RATE_HZ) == (2048, 1024, 22_050)

column = 100
centre = column * settings.hop_length
frame = mixture[centre - 1024 : centre + 1024]
by_hand = scipy.fft.rfft(frame * hann(2048).astype(np.float32))
spectrum = stft(mixture, settings)
assert np.allclose(by_hand, spectrum[:, column], atol=1e-4)

figure, (left, right) = plt.subplots(1, 2, figsize=(8, 2.6), layout="constrained")
time_ms = (np.arange(2048) - 1024) / RATE_HZ * 1000
left.plot(time_ms, frame, color=ORANGE, linewidth=0.5, label="cut out")
left.plot(time_ms, frame * hann(2048), color=BLUE, linewidth=0.5, label="and faded")
left.set(xlabel="time (ms)", ylabel="amplitude", title="One window")
left.legend()
level_db = 20 * np.log10(np.abs(by_hand) + 1e-6)
right.plot(np.arange(1025) * RATE_HZ / 2048 / 1000, level_db, color=BLUE, linewidth=0.7)
right.set(xlabel="frequency (kHz)", ylabel="level (dB)", title="Its spectrum")
plt.show()

# %% [markdown]
# ## Time against frequency
#
# A window of n samples tells frequencies apart that are about 22 050 / n Hz apart, and moments that
# are about n / 22 050 s apart: better in one is worse in the other. Four lengths, each with three
# quarters of overlap, and below each what the ideal mask (this lab's last part) reaches with it.

# %%
lengths = (512, 1024, 2048, 4096)
reached_db = {}
figure, all_axes = plt.subplots(2, 2, figsize=(8, 5), layout="constrained")
for n_fft, axes in zip(lengths, all_axes.flat, strict=True):
    trade = Settings(n_fft=n_fft, hop_length=n_fft // 4)
    of_mixture, of_vocal = stft(mixture, trade), stft(vocal, trade)
    extracted = istft(ideal_masks(of_vocal, of_mixture)["psm"] * of_mixture, len(vocal), trade)
    reached_db[n_fft] = si_sdr_db(extracted, vocal)
    cut = np.abs(of_mixture[: n_fft // 10, : round(3 * RATE_HZ / trade.hop_length)])
    title = f"{n_fft}: {1000 * n_fft / RATE_HZ:.0f} ms, {RATE_HZ / n_fft:.1f} Hz"
    image = spectrogram(axes, cut, RATE_HZ, trade.hop_length, title)
    image.set_extent((0, 3, 0, n_fft // 10 * RATE_HZ / n_fft / 1000))
figure.colorbar(image, ax=all_axes, label="dB under the peak")
plt.show()

for n_fft, stated in zip(lengths, (12.9, 14.0, 14.8, 15.4), strict=True):
    song.stated(f"ideal mask, windows of {n_fft}", reached_db[n_fft], stated, "dB SI-SDR")

# %% [markdown]
# Those are the demo song's figures. It is easier than real songs, and longer windows suit it: its
# notes are long. Of 47 real songs that nothing was tuned on, the program
# `benchmarks/window_lengths.py` measures, with the same mask, 10.9, 12.1, 12.8 and 13.0 dB, and with
# a mask of zeros and ones 9.4, 10.6, 11.4 and 11.7 dB.
#
# > **Which songs, which mask?** For these four lengths 9.6, 10.6, 11.4 and 11.6 dB are quoted too, of
# > other unseen songs. Songs and masks differ by more than windows do: compare only figures of the
# > same songs and the same mask. In one thing all agree: each step gains less than the one before.

# %%
REAL_SONGS_DB = {
    "phase-sensitive": (10.9, 12.1, 12.8, 13.0),
    "zeros and ones": (9.4, 10.6, 11.4, 11.7),
    "quoted for others": (9.6, 10.6, 11.4, 11.6),
}
figure, axes = plt.subplots(figsize=(8, 2.8), layout="constrained")
axes.plot(lengths, [reached_db[n] for n in lengths], "o-", color=BLUE, label="this song")
for (name, values), marker in zip(REAL_SONGS_DB.items(), "s^x", strict=True):
    axes.plot(lengths, values, f"{marker}--", color=ORANGE, label=f"real songs, {name}")
    steps = np.diff(values)
    assert steps[0] > steps[1] > steps[2] > 0
axes.set_xscale("log", base=2)
axes.set(xlabel="window (samples at 22 050 Hz)", ylabel="SI-SDR (dB)", xticks=lengths)
axes.set_xticklabels(lengths)
axes.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1.02, 1))
plt.show()

# %% [markdown]
# ## There and back
#
# Windows that overlap enough can be put together again. What is lost is rounding: in single
# precision about 1e-7 of full scale, in double precision 1e-16.
#
# > **A known slip.** Material that promises an error of 1e-9 computed in double precision, or did
# > not compute. Sound and networks are kept in single precision.

# %%
single = np.abs(istft(spectrum, len(mixture), settings) - mixture)
double_spectrum = librosa.stft(mixture.astype(np.float64), n_fft=2048, hop_length=1024)
double = np.abs(librosa.istft(double_spectrum, hop_length=1024, length=len(mixture)) - mixture)
for name, error in (("single", single), ("double", double)):
    rms = np.sqrt(np.mean(error[:-1024].astype(float) ** 2))
    print(f"{name} precision: largest error {error[:-1024].max():.1e}, typical {rms:.1e}")
for error, stated in ((single, 1e-7), (double[:-1024], 1e-16)):
    assert stated / 10 < error.max() < 10 * stated
assert single.max() > 1e-9

# %% [markdown]
# ## What phase is for
#
# A spectrogram shows magnitudes. The other half of the numbers is phase: where in its swing each
# frequency is. The vocal's magnitudes with its own phase are the vocal. With the mixture's phase
# they sound like it: this is what every mask does. With a random phase they are a ghost.

# %%
of_vocal = stft(vocal, settings)
draw = np.random.default_rng(0)
phases = {
    "its own": np.angle(of_vocal),
    "the mixture's": np.angle(spectrum),
    "a random": draw.uniform(-np.pi, np.pi, spectrum.shape),
}
phase_db = {}
for name, phase in phases.items():
    heard = istft(np.abs(of_vocal) * np.exp(1j * phase).astype(np.complex64), len(vocal), settings)
    phase_db[name] = si_sdr_db(heard, vocal)
    player(f"The vocal's magnitudes with {name} phase", heard, RATE_HZ)
assert phase_db["its own"] > 100
song.stated("with the mixture's phase", phase_db["the mixture's"], 13.1, "dB SI-SDR")
song.stated("with a random phase", phase_db["a random"], -37, "dB SI-SDR", within=6)

# %% [markdown]
# ## Masks: by hand, and ideal
#
# A mask is a number from 0 to 1 for each cell, which the mixture is multiplied by. By hand: keep 200
# to 4 000 Hz, where voices are. Then three that know both sources: zeros and ones, the share of the
# magnitudes (IRM1), and the phase-sensitive one (PSM), which no mask from 0 to 1 beats. This program
# fits a mask that knows the vocal's fingerprint only, and arrives at the last.

# %%
frequency_hz = np.arange(1025) * RATE_HZ / 2048
by_hand = np.repeat(((frequency_hz > 200) & (frequency_hz < 4_000))[:, None], len(spectrum.T), 1)
ideal = ideal_masks(of_vocal, spectrum)
masks = {
    "none": np.ones(spectrum.shape),
    "200 to 4 000 Hz": by_hand,
    "zeros and ones": np.abs(of_vocal) > np.abs(spectrum - of_vocal),
    "IRM1": ideal["irm1"],
    "PSM": ideal["psm"],
}
mask_db = {}
figure, all_axes = plt.subplots(1, 3, figsize=(9, 2.8), sharey=True, layout="constrained")
for name, mask in masks.items():
    extracted = istft((mask * spectrum).astype(np.complex64), len(vocal), settings)
    mask_db[name] = si_sdr_db(extracted, vocal)
    if name in ("200 to 4 000 Hz", "PSM"):
        player(f"The mixture under the mask: {name}", extracted, RATE_HZ)
for axes, name in zip(all_axes, ("200 to 4 000 Hz", "zeros and ones", "PSM"), strict=True):
    image = axes.imshow(
        masks[name][:400, :100], origin="lower", aspect="auto", cmap="cividis", vmin=0, vmax=1,
        extent=(0, 100 * 1024 / RATE_HZ, 0, 400 * RATE_HZ / 2048 / 1000),
    )  # fmt: skip
    axes.set(title=name, xlabel="time (s)")
all_axes[0].set_ylabel("frequency (kHz)")
figure.colorbar(image, ax=all_axes, label="mask")
plt.show()

song.stated("no mask", mask_db["none"], -3.9, "dB SI-SDR")
song.stated("200 to 4 000 Hz", mask_db["200 to 4 000 Hz"], 0.4, "dB SI-SDR")
song.stated("zeros and ones", mask_db["zeros and ones"], 12.9, "dB SI-SDR")
song.stated("IRM1", mask_db["IRM1"], 12.8, "dB SI-SDR")
song.stated("PSM", mask_db["PSM"], 14.6, "dB SI-SDR")
assert mask_db["PSM"] == max(mask_db.values())

# %% [markdown]
# ## Expected output
#
# Of the demo song: 12.9, 14.0, 14.8 and 15.4 dB for windows of 512 to 4096; rounding of about 1e-7;
# 13.1 dB with the mixture's phase and about −37 dB with a random one; −3.9 dB without a mask,
# 0.4 dB with the one by hand, 12.9 dB with zeros and ones, 12.8 dB with IRM1, 14.6 dB with PSM.
#
# ## Key ideas
#
# - A window decides what can be told apart: frequencies, or moments.
# - The way back is exact, up to rounding.
# - Magnitudes need a phase. A mask borrows the mixture's, and that is its ceiling.
# - A figure belongs to songs, a mask and a window; without them it says nothing.
#
# ## Where it comes back in the program
#
# | what | where |
# |---|---|
# | the transform and back | `vocal_separation_sanity_check/spectral/transform.py` |
# | windows put together again | `vocal_separation_sanity_check/spectral/overlap_add.py` |
# | ideal masks, and what a mask can reach | `vocal_separation_sanity_check/spectral/masks.py` |
# | the mask that is fitted | `vocal_separation_sanity_check/fitting/mask_fit.py` |
# | beyond any mask: the vocal rebuilt | `vocal_separation_sanity_check/rebuilding/rebuilding.py` |
# | SI-SDR | `vocal_separation_sanity_check/scoring/distortion_ratios.py` |

# %% [markdown]
# ## Exercise 3.1
#
# Make the mask of zeros and ones: 1 where the vocal is louder than the music.


# %%
def binary_mask(vocal_spectrum, music_spectrum):
    """Your answer: give zeros and ones, or False and True."""


print(check_binary_mask(binary_mask))

# %% [markdown]
# ## Exercise 3.2
#
# Give magnitudes the phase of another spectrum, without dividing by it: it may be 0 somewhere.


# %%
def with_phase_of(magnitude, spectrum):
    """Your answer: give a complex spectrum."""


print(check_with_phase_of(with_phase_of))

# %% [markdown]
# ## Presenting it
#
# | at | say | show |
# |---|---|---|
# | 0:00 | "A spectrogram's column is 2048 samples, faded and transformed. That is all." | the first plot |
# | 0:30 | "Four windows on the same three seconds. Where are the drums sharp? Where the notes?" | the four pictures |
# | 1:00 | "Longer is better here, but each step gains less." | the four figures |
# | 1:30 | "Real songs: the same shape, other heights. Never compare across songs." | the plot |
# | 2:00 | "There and back: a ten-millionth. Whoever says a billionth used other numbers." | the errors |
# | 2:30 | "Same magnitudes, three phases. Listen." | the three players, the random one last |
# | 3:00 | "A mask borrows the mixture's phase. This is the price." | the two figures |
# | 3:30 | "A mask by hand: keep where voices are." | its player and its figure |
# | 4:00 | "And the best there is: it needs to know the answer." | the PSM's picture and player |
# | 4:30 | "The program gets there from a fingerprint. Your turn." | the exercises |
