"""What each part of the fingerprint does, drawn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from vocal_separation_sanity_check.report.plots import BLUE, GREEN, ORANGE, PURPLE
from vocal_separation_sanity_check.separation import (
    ALL,
    ALONE,
    FAMILY_ADDED,
    FAMILY_ALONE,
    LEFT_OUT,
    NOTHING,
    AblationRow,
)


def ablation_figure(rows: Sequence[AblationRow]) -> Figure:
    """Draw what each part of the fingerprint reaches, beside the whole.

    Parameters
    ----------
    rows : sequence of AblationRow
        See `ablation.ablate`.

    Returns
    -------
    matplotlib.figure.Figure
    """
    groups = {
        kind: [row for row in rows if row.kind == kind]
        for kind in (ALONE, LEFT_OUT, FAMILY_ALONE, FAMILY_ADDED)
    }
    (whole,) = (row.si_sdr_db for row in rows if row.kind == ALL)
    (nothing,) = (row.si_sdr_db for row in rows if row.kind == NOTHING)
    figure = Figure(figsize=(7, 11.5), layout="constrained")
    panels = figure.subplots(
        len(groups), 1, sharex=True, height_ratios=[len(group) + 1.5 for group in groups.values()]
    )
    colours = (BLUE, GREEN, ORANGE, PURPLE)
    for axes, (kind, group), colour in zip(panels, groups.items(), colours, strict=True):
        places = np.arange(len(group))[::-1]
        axes.hlines(places, whole, [row.si_sdr_db for row in group], color=colour)
        axes.plot([row.si_sdr_db for row in group], places, "o", color=colour)
        axes.axvline(whole, color="black", linewidth=1, linestyle="--")
        axes.axvline(nothing, color="black", linewidth=1, linestyle=":")
        axes.set_yticks(places, [row.name for row in group], fontsize=9)
        axes.set_ylim(-0.8, len(group) - 0.2)
        axes.set_title(kind.capitalize(), fontsize=11)
        axes.grid(axis="x", alpha=0.3)
    panels[-1].set_xlabel(
        "SI-SDR of the extraction (dB); dashed: all linear slices, dotted: the mixture"
    )
    return figure
