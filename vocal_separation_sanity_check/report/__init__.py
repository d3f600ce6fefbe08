"""What a person looks at: the terminal's card, pictures, the listening page, the table of songs.

In comes a `CheckedSong`, or the lanes of a song that was taken apart otherwise; out come text, PNG
and HTML files.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from vocal_separation_sanity_check.report.index_page import write_index
from vocal_separation_sanity_check.report.lanes import Lane, common_gain
from vocal_separation_sanity_check.report.lanes_page import write_lanes_page
from vocal_separation_sanity_check.report.listening_page import write_page
from vocal_separation_sanity_check.report.terminal_card import report_card

if TYPE_CHECKING:
    from vocal_separation_sanity_check.report.path_pictures import path_figure
    from vocal_separation_sanity_check.report.plots import (
        ablation_figure,
        loss_figure,
        save_figure,
        spectrogram_figure,
    )
    from vocal_separation_sanity_check.report.time_axis import (
        draw_time_axis,
        draw_upright_time_axis,
    )

__all__ = [
    "Lane",
    "ablation_figure",
    "common_gain",
    "draw_time_axis",
    "draw_upright_time_axis",
    "loss_figure",
    "path_figure",
    "report_card",
    "save_figure",
    "spectrogram_figure",
    "write_index",
    "write_lanes_page",
    "write_page",
]


_FILE_OF = {
    "ablation_figure": "plots",
    "draw_time_axis": "time_axis",
    "draw_upright_time_axis": "time_axis",
    "loss_figure": "plots",
    "path_figure": "path_pictures",
    "save_figure": "plots",
    "spectrogram_figure": "plots",
}


def __getattr__(name: str) -> object:
    """Load matplotlib where something is drawn, and not before."""
    if name in _FILE_OF:
        return getattr(import_module(f"{__name__}.{_FILE_OF[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
