"""What a person looks at: the terminal's card, pictures, the listening page, the table of songs.

In comes a `CheckedSong`, or the lanes of a song that was taken apart otherwise; out come text, PNG
and HTML files.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vocal_separation_sanity_check.report.ablation_picture import ablation_figure
    from vocal_separation_sanity_check.report.drawing import Drawing, load_drawing
    from vocal_separation_sanity_check.report.index_page import write_index
    from vocal_separation_sanity_check.report.lanes import Lane, common_gain
    from vocal_separation_sanity_check.report.lanes_page import write_lanes_page
    from vocal_separation_sanity_check.report.listening_page import player_of, write_page
    from vocal_separation_sanity_check.report.plots import loss_figure, png_of, save_figure
    from vocal_separation_sanity_check.report.terminal_card import score_card, verdict_card
    from vocal_separation_sanity_check.report.time_axis import (
        draw_time_axis,
        draw_upright_time_axis,
    )

_FILE_OF = {
    "Drawing": "drawing",
    "Lane": "lanes",
    "ablation_figure": "ablation_picture",
    "common_gain": "lanes",
    "draw_time_axis": "time_axis",
    "draw_upright_time_axis": "time_axis",
    "load_drawing": "drawing",
    "loss_figure": "plots",
    "player_of": "listening_page",
    "png_of": "plots",
    "save_figure": "plots",
    "score_card": "terminal_card",
    "verdict_card": "terminal_card",
    "write_index": "index_page",
    "write_lanes_page": "lanes_page",
    "write_page": "listening_page",
}

__all__ = [
    "Drawing",
    "Lane",
    "ablation_figure",
    "common_gain",
    "draw_time_axis",
    "draw_upright_time_axis",
    "load_drawing",
    "loss_figure",
    "player_of",
    "png_of",
    "save_figure",
    "score_card",
    "verdict_card",
    "write_index",
    "write_lanes_page",
    "write_page",
]


def __getattr__(name: str) -> object:
    """Load what is asked for, and nothing before: what draws knows nothing of what computes."""
    if name not in _FILE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_FILE_OF[name]}"), name)
