"""Songs: a network learns to tell the vocals from the music, and is judged.

In come folders of songs whose stems are known; out come trained networks, and scores of what they
make of songs. Knows nothing of pictures.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from unet.songs.judging import judge_songs, methods_to_compare, songs_to_judge
from unet.songs.separation_scores import overall, overall_table, song_table, write_csv
from unet.songs.song_folders import Song, find_songs
from unet.songs.song_split import check_stems, split_songs

if TYPE_CHECKING:
    from unet.songs.stem_training import StemRecipe, train_for_stems
    from unet.songs.step_cost import told_cost
    from unet.songs.vocal_training import Recipe, train_on_songs

__all__ = [
    "Recipe",
    "Song",
    "StemRecipe",
    "check_stems",
    "find_songs",
    "judge_songs",
    "methods_to_compare",
    "overall",
    "overall_table",
    "song_table",
    "songs_to_judge",
    "split_songs",
    "told_cost",
    "train_for_stems",
    "train_on_songs",
    "write_csv",
]


_TRAINING = {
    ("Recipe", "train_on_songs"): "unet.songs.vocal_training",
    ("told_cost",): "unet.songs.step_cost",
    ("StemRecipe", "train_for_stems"): "unet.songs.stem_training",
}


def __getattr__(name: str) -> Any:
    """Load training, with Lightning, when it is asked for: that takes as long as all else."""
    for names, module in _TRAINING.items():
        if name in names:
            return getattr(import_module(module), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
