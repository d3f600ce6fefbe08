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
# # Lab 5: The U-Net
#
# ## What you will learn
#
# - What the block of a U-Net is, and how to count its parameters by hand.
# - Where a network's parameters are: not in its first layer.
# - What changes between training and inference.
# - The whole way from a file to its stems with the model that ships with this program.
# - How far the fingerprint, the network and the ideal mask get, side by side.
#
# Five minutes. You need lab 4.

# %% [markdown]
# ## Demo: the block, counted by hand
#
# A convolution of 3 × 3 cells from one channel to 16 has a weight for each cell, channel in and
# channel out, and a bias for each channel out: 3 × 3 × 1 × 16 + 16 = 160. From 16 to 16 it has
# 3 × 3 × 16 × 16 + 16 = 2 320. The block of both has 2 480.
#
# > **A known slip.** Material that says 448 for this block counted something else: 448 is one
# > convolution from *three* channels, a colour picture's, to 16. A spectrogram has one.

# %%
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from checks import n_parameters as check_n_parameters
from checks import share_of_ceiling as check_share_of_ceiling
from showing import BLUE, ORANGE, player
from song import RATE_HZ, lab_song
from torch import nn

from unet import UNet
from unet.networks import BODIES, MaskNetwork
from unet.separating import SHIPPED_MODEL, load_network, separate_file
from unet.unet_parts import DoubleConv
from vocal_separation_sanity_check import Settings, ideal_masks, separate
from vocal_separation_sanity_check.scoring import si_sdr_db
from vocal_separation_sanity_check.sound import read_mono, read_sound
from vocal_separation_sanity_check.spectral import istft, stft


def count(module):
    """Parameters that a training would change."""
    return sum(parameter.numel() for parameter in module.parameters())


first, second = nn.Conv2d(1, 16, 3), nn.Conv2d(16, 16, 3)
assert count(first) == 160 == 3 * 3 * 1 * 16 + 16
assert count(second) == 2_320 == 3 * 3 * 16 * 16 + 16
assert count(first) + count(second) == 2_480
assert count(nn.Conv2d(3, 16, 3)) == 448 == 3 * 3 * 3 * 16 + 16
print("3 x 3 from 1 to 16 and from 16 to 16 channels:", count(first) + count(second))

# %% [markdown]
# This program's block has no biases, since batch normalisation follows each convolution and would
# take them away again; it brings two numbers a channel of its own. So its block from 1 to 16 has
# 144 + 32 + 2 304 + 32 = 2 512.

# %%
block = DoubleConv(1, 16)
print(block)
assert count(block) == 2_512 == 144 + 32 + 2_304 + 32

# %% [markdown]
# ## The whole network
#
# Four times down, halving height and width and doubling the channels; four times up, with what was
# there before set beside it (the skip connections). The first layer has few of the parameters, the
# bottom has most.
#
# > **A known slip.** "40 000 parameters" is said of this network. With 32 channels at the top it has
# > 7.8 million, with 64 it has 31 million. And whoever counts its first layer has counted little:
# > 288 of the 7.8 million, the whole first block 9 632.

# %%
sizes = {width: UNet(1, 1, base_channels=width) for width in (32, 64)}
small = sizes[32]
assert round(count(sizes[32]) / 1e6, 1) == 7.8
assert round(count(sizes[64]) / 1e6) == 31
print({width: f"{count(network):,}" for width, network in sizes.items()})
assert count(sizes[32]) == 7_762_465
assert count(sizes[64]) == 31_036_481
assert count(small.inc.double_conv[0]) == 288 == 3 * 3 * 1 * 32
assert count(small.inc) == 9_632
assert count(small) > 100 * 40_000

shares = {name: count(part) / count(small) for name, part in small.named_children()}
figure, axes = plt.subplots(figsize=(8, 2.6), layout="constrained")
axes.bar(shares.keys(), [100 * share for share in shares.values()], color=BLUE)
axes.set(ylabel="share of the parameters (%)", title="Where 7.8 million parameters are")
plt.show()
assert shares["inc"] < 0.002
assert shares["down4"] + shares["up1"] > 0.7

shapes = []
for part in small.children():
    part.register_forward_hook(lambda _part, _given, made: shapes.append(tuple(made.shape[1:])))
small.eval()
with torch.no_grad():
    small(torch.zeros(1, 1, 1024, 64))
print("\n".join(f"{name:6}{shape}" for name, shape in zip(shares, shapes, strict=True)))
assert shapes[4] == (512, 64, 4)

# %% [markdown]
# ## Training against inference
#
# In training, batch normalisation takes mean and spread from the batch, dropout leaves out channels,
# and everything is kept for the way back. For inference `eval()` switches to what was learnt, and
# `no_grad()` keeps nothing. Forget the first and the same song gives another result beside other
# songs; forget the second and memory runs out.

# %%
network, _ = load_network(None, "cpu")
assert count(MaskNetwork("tdf", vars(BODIES["tdf"].front_end), ["vocals"])) == 1_075_754
assert network.front_end.sample_rate_hz == 44_100
given = torch.randn(2, 1, 32, 32, generator=torch.Generator().manual_seed(0))
block.train()
assert not torch.allclose(block(given)[:1], block(given[:1])), "the neighbour changes the result"
block.eval()
assert torch.allclose(block(given)[:1], block(given[:1]), atol=1e-6)
assert block(given).grad_fn is not None
with torch.no_grad():
    assert block(given).grad_fn is None

# %% [markdown]
# ## From a file to its stems
#
# The model that ships here is another U-Net, quick on a CPU, with 1 075 754 parameters
# (`unet/MODEL_CARD.md`; for research only, see `LICENSE-MODEL`). The whole of `separate.py` is two
# lines: load, separate. The two stems sum to the song.

# %%
song = lab_song()
with tempfile.TemporaryDirectory() as folder:
    separate_file(song.path, Path(folder), network)
    stems = {path.stem: read_sound(path) for path in Path(folder).iterdir()}
    by_network = read_mono(Path(folder) / "vocals.wav", RATE_HZ)
whole = read_sound(song.path).samples
apart = np.abs(sum(stem.samples for stem in stems.values()) - whole).max()
print(f"{sorted(stems)}; their sum is off by {apart:.0e}")
assert sorted(stems) == ["music", "vocals"]
assert apart < 1e-6
player("The song", whole, stems["music"].sample_rate_hz)
player("Its vocals, by the network", stems["vocals"].samples, stems["vocals"].sample_rate_hz)
player("Its music, by the network", stems["music"].samples, stems["music"].sample_rate_hz)

# %% [markdown]
# ## Fingerprint, network and ideal mask, side by side
#
# The network hears the song only. The fit also gets the vocal's fingerprint, nothing else of the
# vocal. The ideal mask knows both sources. All three are masks from 0 to 1.

# %%
by_network = np.resize(by_network, len(song.mixture))
settings = Settings()
spectrum, of_vocal = stft(song.mixture, settings), stft(song.vocal, settings)
sounds = {
    "mixture": song.mixture,
    "network": by_network,
    "fingerprint": separate(song.mixture, song.vocal, settings).vocal,
    "ideal mask": istft(
        ideal_masks(of_vocal, spectrum)["psm"] * spectrum, len(song.vocal), settings
    ),
}
reached_db = {name: si_sdr_db(sound, song.vocal) for name, sound in sounds.items()}
for name, stated in zip(sounds, (-3.9, 7.0, 14.6, 14.6), strict=True):
    song.stated(name, reached_db[name], stated, "dB SI-SDR", within=0.1)
    player(f"Vocal: {name}", sounds[name], RATE_HZ)
assert abs(reached_db["ideal mask"] - reached_db["fingerprint"]) < 0.05

figure, axes = plt.subplots(figsize=(6, 2.6), layout="constrained")
bars = axes.bar(reached_db.keys(), reached_db.values(), color=[ORANGE, BLUE, BLUE, BLUE])
axes.bar_label(bars, fmt="%.2f", padding=2)
axes.axhline(0, color="black", linewidth=0.8)
axes.set(ylabel="SI-SDR of the vocal (dB)", ylim=(-7, 18))
plt.show()

# %% [markdown]
# The demo song is an easy one: few instruments and one voice. On real songs that it never saw
# the network has 3.4 dB where the mixture has −3.5 dB and the ideal mask 12.1 dB (its model card:
# both channels at 44 100 Hz). The fit stays at the ideal mask there too.
#
# ## Expected output
#
# 2 480 and 448; 7.8 and 31 million; a bar chart whose left end is empty; two stems that sum to the
# song; and of the demo song −3.9 dB for the mixture, 7.0 dB for the network, 14.6 dB for the
# fingerprint and for the ideal mask, which are less than 0.05 dB apart.

# %%
CARD_DB = {"network": 3.4, "mixture": -3.5, "ideal mask": 12.1}
card = (SHIPPED_MODEL.parent / "MODEL_CARD.md").read_text(encoding="utf-8").replace("−", "-")
for name, stated in CARD_DB.items():
    (row,) = [line for line in card.splitlines() if "| vocals |" in line and name in line]
    assert abs(float(row.split("|")[-2]) - stated) <= 0.051, name

# %% [markdown]
# ## Key ideas
#
# - Count parameters; do not believe them.
# - A U-Net sees far because it goes down, and sharply because it keeps what was there before.
# - `eval()` and `no_grad()` are two things.
# - A network is measured between the mixture and the ideal mask.
#
# ## Where it comes back in the program
#
# | what | where |
# |---|---|
# | the block | `unet/unet_parts.py` |
# | the U-Net | `unet/unet_model.py` |
# | the network that ships | `unet/networks/tdf_unet.py`, `unet/networks/mask_network.py` |
# | from a file to its stems | `unet/separating/song_separation.py` |
# | the fit by the fingerprint | `vocal_separation_sanity_check/separation/in_memory.py` |
# | a training of your own | `unet/songs/vocal_training.py` |

# %% [markdown]
# ## Exercise 5.1
#
# Count the parameters of any convolution with biases: from so many channels to so many, of so many
# cells a side.


# %%
def n_parameters(n_in, n_out, size):
    """Your answer: give a whole number."""


print(check_n_parameters(n_parameters))

# %% [markdown]
# ## Exercise 5.2
#
# The report card says how far an extraction got from the mixture to the ideal mask. Compute that
# share from the three figures in dB.


# %%
def share_of_ceiling(mixture_db, extraction_db, ideal_db):
    """Your answer: give a share, 0 to 1."""


print(check_share_of_ceiling(share_of_ceiling))

# %% [markdown]
# ## Presenting it
#
# | at | say | show |
# |---|---|---|
# | 0:00 | "How many parameters has this block? Count with me." | 160 + 2 320 on the board |
# | 0:30 | "448 is a colour picture's first layer. We have one channel." | the slip, then the assert |
# | 1:00 | "The whole network: 7.8 million, or 31." | the two counts |
# | 1:30 | "Where are they? Not where it begins." | the bar chart |
# | 2:00 | "Down, and up again, with what was there before." | the list of shapes |
# | 2:30 | "The same song, another result: somebody forgot `eval()`." | the cell on training and inference |
# | 3:00 | "From file to stems: two lines." | the players of song, vocals, music |
# | 3:30 | "The stems sum to the song. Always check." | the error of the sum |
# | 4:00 | "Who knows what? The song; the song and the fingerprint; everything." | the four players |
# | 4:30 | "The fingerprint is enough. The network has a way to go. Your turn." | the last chart |
