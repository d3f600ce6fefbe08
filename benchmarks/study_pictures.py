"""The pictures of `study.py`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import FixedLocator, MultipleLocator, NullLocator, ScalarFormatter
from study_page import SONG, Heard
from study_runs import NAMES, Run
from study_scores import Rows, mean_sdr_db

from unet.songs.stem_training import STEM_SOURCES
from unet.songs.step_cost import step_cost
from vocal_separation_sanity_check import Settings
from vocal_separation_sanity_check.report import save_figure
from vocal_separation_sanity_check.spectral import stft

WIDTH_IN = 7.0
COLOURS = {"waveunet": "#d55e00", "unet": "#0072b2"}
MARKERS = {"waveunet": "o", "unet": "s"}
SECOND = (2.0, 3.0)
SHALLOW, DEEP = 3, 6


def draw_study(scored: Mapping[Run, Rows], heard: Heard, folder: Path) -> None:
    """Draw loss curves, SDR by depth and by cost, a second of the best networks, and waveforms.

    Networks come in the order of their depth.
    """
    plt.switch_backend("agg")
    alike = {run: rows for run, rows in scored.items() if run.times == 1}
    first = [run for run in alike if run.seed == 0]
    for name, figure in (
        ("loss_curves", _curves(first, folder)),
        ("sdr", _sdr(alike)),
        ("spectrograms", _spectrograms(heard)),
        ("waveforms", _waveforms(heard)),
    ):
        save_figure(figure, folder / f"{name}.png")
        plt.close(figure)


def _curves(runs: list[Run], folder: Path) -> plt.Figure:
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH_IN, 3.2), sharey=True, layout="constrained")
    for panel, (model, name) in zip(axes, NAMES.items(), strict=True):
        shades = plt.get_cmap("viridis")(np.linspace(0, 0.9, 8))
        for run in (r for r in runs if r.model == model):
            curve = run.curve(folder)
            epochs = [row["epoch"] for row in curve]
            colour = shades[run.depth - 1]
            panel.plot(epochs, [row["loss"] for row in curve], ":", color=colour)
            panel.plot(
                epochs, [row["validation loss"] for row in curve], color=colour, label=run.depth
            )
        panel.set_title(name)
        panel.set_xlabel("epoch")
    axes[0].set_yscale("log")
    axes[0].yaxis.set_major_locator(FixedLocator([0.1, 0.15, 0.2, 0.3, 0.4]))
    axes[0].yaxis.set_major_formatter(ScalarFormatter())
    axes[0].yaxis.set_minor_locator(NullLocator())
    axes[0].set_ylabel("mean squared error\n(dotted: training, solid: validation)")
    figure.legend(
        *axes[0].get_legend_handles_labels(), title="depth", fontsize=8, loc="outside right center"
    )
    return figure


def _sdr(scored: Mapping[Run, Rows]) -> plt.Figure:
    figure, axes = plt.subplots(1, 2, figsize=(WIDTH_IN, 3.2), sharey=True, layout="constrained")
    for model, name in NAMES.items():
        runs = [run for run in scored if run.model == model and run.seed == 0]
        again = [run for run in scored if run.model == model and run.seed != 0]
        look = {"color": COLOURS[model], "marker": MARKERS[model], "label": name}
        mean = [mean_sdr_db(scored[run]) for run in runs]
        cost = [step_cost(run.recipe().network(), "mse").multiply_adds_per_s for run in runs]
        axes[0].plot([run.depth for run in runs], mean, **look)
        axes[0].scatter(
            [run.depth for run in again],
            [mean_sdr_db(scored[run]) for run in again],
            marker=MARKERS[model],
            facecolors="none",
            edgecolors=COLOURS[model],
            label=f"{name}, other seeds",
        )
        axes[1].plot([value / 1e9 for value in cost], mean, **look)
        for run, value, height in zip(runs, cost, mean, strict=True):
            place = {"xytext": (3, 4), "textcoords": "offset points", "fontsize": 8}
            axes[1].annotate(str(run.depth), (value / 1e9, height), **place)
    axes[0].set_xlabel("depth")
    axes[0].xaxis.set_major_locator(MultipleLocator(1))
    axes[0].set_ylabel("SDR, dB, mean of four stems")
    axes[1].set_xlabel("billion multiply-adds a second of sound")
    axes[1].legend(*axes[0].get_legend_handles_labels(), loc="upper right", fontsize=8)
    return figure


def _spectrograms(heard: Heard) -> plt.Figure:
    runs = list(heard.best.values())
    sounds = [("true", heard.true)] + [(run.title, heard.found[run]) for run in runs]
    figure, axes = plt.subplots(
        len(STEM_SOURCES), len(sounds), figsize=(WIDTH_IN, 8), sharex=True, sharey=True,
        layout="constrained",
    )  # fmt: skip
    settings = Settings(sample_rate_hz=heard.sample_rate_hz, n_fft=4096, hop_length=512)
    part = slice(*(round(s * heard.sample_rate_hz) for s in SECOND))
    for row, source in zip(axes, STEM_SOURCES, strict=True):
        pictures = [np.abs(stft(s[source][part].mean(1), settings)) for _, s in sounds]
        top = max(picture.max() for picture in pictures)
        for panel, picture, (title, _) in zip(row, pictures, sounds, strict=True):
            image = panel.imshow(
                20 * np.log10(np.maximum(picture / top, 1e-4)),
                origin="lower", aspect="auto", vmin=-80, vmax=0, cmap="magma",
                extent=(*SECOND, 0, heard.sample_rate_hz / 2000),
            )  # fmt: skip
            panel.set_ylim(0, 11)
            if source == STEM_SOURCES[0]:
                panel.set_title(title.replace(", ", ",\n"), fontsize=9)
        row[0].set_ylabel(f"{source}\nkHz")
    for panel in axes[-1]:
        panel.set_xlabel("s")
    figure.colorbar(image, ax=axes, label="dB", shrink=0.5)
    figure.suptitle(SONG, fontsize=9)
    return figure


def _waveforms(heard: Heard) -> plt.Figure:
    runs = [run for run in heard.found if run.depth in (SHALLOW, DEEP) and run.times == 1]
    lanes = [("mixture", heard.mixture), ("true vocals", heard.true["vocals"])]
    lanes += [(run.title, heard.found[run]["vocals"]) for run in runs]
    figure, axes = plt.subplots(
        len(lanes), 1, figsize=(WIDTH_IN, 1.1 * len(lanes)), sharex=True, sharey=True,
        layout="constrained",
    )  # fmt: skip
    time_s = np.arange(len(heard.mixture)) / heard.sample_rate_hz
    for panel, (title, sound) in zip(axes, lanes, strict=True):
        panel.plot(time_s, sound.mean(axis=1), linewidth=0.3, color="black")
        panel.set_title(title, fontsize=9, loc="left")
    axes[-1].set_xlabel("s")
    figure.supylabel("amplitude, full scale at 1", fontsize=9)
    figure.suptitle(f"vocals of {SONG}", fontsize=9)
    return figure
