"""One bar for a song's whole work: the phase's name, how far it is, and the time left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm import tqdm

from vocal_separation_sanity_check.names import printable

_FORMAT = "{desc} {percentage:3.0f} %|{bar}| {elapsed} gone, {remaining} left"


@contextmanager
def phase_bar(song: str) -> Iterator[Callable[[str, float], None]]:
    """Show a bar on a terminal, and nothing elsewhere.

    Parameters
    ----------
    song : str
        Its name; empty for a single one.

    Yields
    ------
    callable
        Takes the phase's name and the share of all work that has been done, 0 to 1.
    """
    shown = ""
    with tqdm(total=1.0, bar_format=_FORMAT, leave=False, disable=None) as bar:

        def show(phase: str, share: float) -> None:
            nonlocal shown
            is_new, shown = phase != shown, phase
            bar.set_description_str(f"{printable(song)}: {phase}" if song else phase, refresh=False)
            bar.update(max(0.0, share - bar.n))
            if is_new:
                bar.refresh()

        yield show
