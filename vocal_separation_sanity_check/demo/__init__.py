"""The song that the program sings itself, so that everything can be tried without a file.

In comes a length; out come a mixture and its vocal, as arrays or as a pair in `process/`.
"""

from vocal_separation_sanity_check.demo.song import DemoSong, demo_song, write_demo_pairs
from vocal_separation_sanity_check.demo.voice import Syllable, sing

__all__ = ["DemoSong", "Syllable", "demo_song", "sing", "write_demo_pairs"]
