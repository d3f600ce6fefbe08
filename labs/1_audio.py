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
# # Lab 1: Audio is just numbers
#
# ## What you will learn
#
# - A sound file holds numbers and says how many of them make a second; formats differ in how they
#   pack them.
# - What sampling rate, amplitude, mono and stereo are, and what clipping does.
# - How a spectrogram comes out of a waveform.
#
# Four minutes. You need Python, nothing else.

# %% [markdown]
# ## Demo: a file becomes an array

# %%
import tempfile
from pathlib import Path

import librosa
import matplotlib.pyplot as plt
import numpy as np
import soundfile
from checks import driven as check_driven
from checks import recording_megabytes as check_megabytes
from showing import BLUE, ORANGE, player, spectrogram
from song import DURATION_S, RATE_HZ, lab_song

from vocal_separation_sanity_check.sound import kind_of_path, read_mixdown, read_sound

song = lab_song()
sound = read_sound(song.path)
left_and_right, file_rate_hz = sound.samples, sound.sample_rate_hz
print(f"{song.path.name}: {left_and_right.shape} numbers, {file_rate_hz} a second")
print(f"the first five, left and right:\n{left_and_right[10_000:10_005]}")
player("As it is in the file", left_and_right, file_rate_hz)

# %% [markdown]
# Any format gives such an array. Four formats of the same ten seconds, in 16 bits: WAV and FLAC keep
# every sample; OGG and MP3 keep what is heard, and their numbers are others. What a file is shows in
# its first bytes: a FLAC called `.wav` stays one.

# %%
ten_seconds = np.round(left_and_right[: 10 * file_rate_hz] * 32_767).astype(np.int16)
with tempfile.TemporaryDirectory() as folder:
    for ending in ("wav", "flac", "ogg", "mp3"):
        path = Path(folder) / f"song.{ending}"
        is_exact = ending in ("wav", "flac")
        soundfile.write(path, ten_seconds if is_exact else ten_seconds / 32_768, file_rate_hz)
        again = read_sound(path).samples[: len(ten_seconds)] * 32_768
        print(f"{ending:5}{path.stat().st_size / 1000:6.0f} kB", end="   ")
        if is_exact:
            assert np.array_equal(again, ten_seconds)
            print("every sample as it was")
        else:
            error = np.sqrt(np.mean((again - ten_seconds) ** 2))
            error_db = 20 * np.log10(error / np.sqrt(np.mean(ten_seconds.astype(float) ** 2)))
            song.stated("what differs", error_db, -22, "dB", within=2)
    renamed = (Path(folder) / "song.flac").rename(Path(folder) / "called.wav")
    assert kind_of_path(renamed) == "flac"

# %% [markdown]
# ## Sampling rate
#
# This program works at 22 050 numbers a second, mono: of 30 s that is 661 500 numbers. A rate holds
# frequencies up to its half, 11 025 Hz. What is above is lost, and of most music that is little (of this song, −20 dB of its energy).

# %%
mono = song.mixture
assert (RATE_HZ, DURATION_S) == (22_050, 30)
assert len(mono) == 661_500 == 30 * 22_050
assert RATE_HZ / 2 == 11_025

power = np.abs(np.fft.rfft(left_and_right.mean(axis=1))) ** 2
frequency_hz = np.linspace(0, file_rate_hz / 2, len(power))
above_db = 10 * np.log10(power[frequency_hz > RATE_HZ / 2].sum() / power.sum())
song.stated("energy above 11 025 Hz, of all of it", above_db, -20, "dB", within=0.5)

# %% [markdown]
# ## Amplitude and clipping
#
# Full scale is 1. Decibels compare: 20 dB are a factor of 10, 6.02 dB a factor of 2. Made 12 dB
# louder, the song no longer fits and is cut off. What is cut off becomes new frequencies, which you
# hear as a rattle. No later step can take it back.

# %%
assert np.isclose(20 * np.log10(10), 20)
assert np.isclose(20 * np.log10(2), 6.02, atol=0.005)

peak, rms = np.abs(mono).max(), np.sqrt(np.mean(mono**2))
song.stated("peak", 20 * np.log10(peak), -1.5, "dB of full scale")
song.stated("mean level (RMS)", 20 * np.log10(rms), -16.3, "dB of full scale")

loud = mono * 10 ** (12 / 20)
clipped = np.clip(loud, -1, 1)
share = np.mean(np.abs(loud) > 1)
song.stated("samples cut off", 100 * share, 10.1, "%", within=0.3)

here = slice(*(np.abs(loud).argmax() + np.array([-200, 200])))
time_ms = np.arange(400) / RATE_HZ * 1000
figure, axes = plt.subplots(figsize=(8, 2.6))
axes.plot(time_ms, loud[here], color=ORANGE, linestyle="--", label="12 dB louder")
axes.plot(time_ms, clipped[here], color=BLUE, label="cut off at full scale")
axes.set(xlabel="time (ms)", ylabel="amplitude (full scale = 1)", title="Clipping")
axes.legend()
plt.show()
player("Clipped, and as quiet as before", clipped * 10 ** (-12 / 20), RATE_HZ)

# %% [markdown]
# ## Mono and stereo
#
# Two channels become one by their mean. If one of them is upside down, the mean of what both have is
# silence, and a good file seems empty. The program finds that out and turns the channel over.

# %%
upside_down = np.stack([mono, -mono], axis=1)
assert not upside_down.mean(axis=1).any()

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "upside_down.wav"
    soundfile.write(path, upside_down, RATE_HZ, "FLOAT")
    mixdown = read_mixdown(path, RATE_HZ)
print(*mixdown.faults, sep="\n")
assert mixdown.faults
assert np.allclose(np.abs(mixdown.samples), np.abs(mono), atol=1e-6)

# %% [markdown]
# ## From waveform to spectrogram
#
# The waveform shows when it is loud. Cut into windows of 93 ms, and each of them taken apart into
# frequencies, it shows which notes are in it: lab 3 does this by hand. The cells are 10.8 Hz high
# and 46.4 ms apart.

# %%
assert np.isclose(1000 * 2048 / RATE_HZ, 93, atol=0.5)
assert np.isclose(RATE_HZ / 2048, 10.8, atol=0.05)
assert np.isclose(1000 * 1024 / RATE_HZ, 46.4, atol=0.05)

magnitude = np.abs(librosa.stft(mono, n_fft=2048, hop_length=1024))
figure, (above, below) = plt.subplots(
    2, 1, figsize=(8, 5), sharex=True, layout="constrained", height_ratios=[1, 2]
)
above.plot(np.arange(len(mono)) / RATE_HZ, mono, color=BLUE, linewidth=0.3)
above.set(ylabel="amplitude", ylim=(-1, 1), title="Waveform")
image = spectrogram(below, magnitude, RATE_HZ, 1024, "Spectrogram")
figure.colorbar(image, ax=below, label="dB under the peak")
plt.show()

# %% [markdown]
# ## Expected output
#
# Of the demo song: 44 100 numbers a second in the file and two channels; no error for WAV and
# FLAC, about −22 dB for OGG and MP3; −20 dB of its energy above 11 025 Hz; a peak of −1.5 dB and
# a mean level of −16.3 dB; 10.1 % of the samples cut off; and a spectrogram in which the drums are
# vertical lines and the voice is a stack of wavy ones.

# %%
if song.is_demo:
    assert left_and_right.shape == (30 * 44_100, 2)

# %% [markdown]
# ## Key ideas
#
# - Sound is an array and a rate. Without the rate the array has no pitch and no length.
# - A rate holds frequencies up to its half.
# - Decibels are ratios: always ask, of what?
# - Clipping loses for good. That is why the program writes what it computes in 24 bits or floating
#   point, and refuses to write what would clip.
#
# ## Where it comes back in the program
#
# | what | where |
# |---|---|
# | opening any format, by its first bytes | `vocal_separation_sanity_check/sound/opening.py`, `vocal_separation_sanity_check/sound/kinds.py` |
# | whole files to arrays | `vocal_separation_sanity_check/sound/reading.py` |
# | channels that cancel | `vocal_separation_sanity_check/sound/mixdown.py` |
# | refusing to clip | `vocal_separation_sanity_check/sound/writing.py` |
# | the demo song | `vocal_separation_sanity_check/demo/song.py` |

# %% [markdown]
# ## Exercise 1.1
#
# How many megabytes (millions of bytes) are three and a half minutes of stereo at 44 100 Hz and
# 16 bit, without any packing?

# %%
megabytes = None  # your answer: a number

print(check_megabytes(megabytes))


# %% [markdown]
# ## Exercise 1.2
#
# Make a sound louder by some decibels, and cut it off at full scale, as a bad mix does. Leave the
# sound that you are given as it is.


# %%
def driven(samples, gain_db):
    """Your answer: give the louder samples."""


print(check_driven(driven))

# %% [markdown]
# ## Presenting it
#
# | at | say | show |
# |---|---|---|
# | 0:00 | "A song is a list of numbers. Here are five of them." | the first cell: shape, rate, five rows |
# | 0:30 | "Any format gives the same kind of list; some formats give other numbers." | the table of four formats |
# | 1:00 | "22 050 numbers a second; half a minute is 661 500 of them." | the cell on the sampling rate |
# | 1:30 | "What a rate cannot hold is gone. Of this song it is hardly anything." | the energy above 11 025 Hz |
# | 2:00 | "Full scale is 1. Watch what happens above." | the plot of clipping |
# | 2:30 | "And listen." | the clipped player, after the first one |
# | 3:00 | "One channel upside down, and a careless program hears silence." | the line that names the fault |
# | 3:30 | "This is what we look at from now on." | waveform and spectrogram; point at a drum and at the voice |
# | 4:00 | "Your turn: the first takes a minute, the second takes three." | the exercises |
