"""The reference as it sounds in the mixture, stretch by stretch: of any length, in bounded memory.

Stretches overlap and fade into each other, and each is drawn towards the path of the one before: a
chorus may be wetter than a verse. What is added to the reference is faded, not the reference
itself: where nothing is added it stays bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.rebuilding.late_path import LatePath
from vocal_separation_sanity_check.rebuilding.reference_path import PathStretch, ReferencePath
from vocal_separation_sanity_check.rebuilding.stretch import rebuild_stretch
from vocal_separation_sanity_check.settings import Source
from vocal_separation_sanity_check.sound import Signal, checked_signal

STRETCH_S = 15.0
FADE_S = 5.0
SHORTEST_S = 3.0
"""Of less, three quarters do not tell what the fourth must be like: it stays as it is."""


class Rebuilding:
    """A reference that is being rebuilt.

    Parameters
    ----------
    mixture, reference : Signal or float32, shape (n_samples,)
        Of one length, lined up, the reference at its level.
    sample_rate_hz : float
    source : {"vocal", "music"}
        What the reference is.
    progress : callable, optional
        Told the share of the work that has been done.

    Raises
    ------
    InputError
        If the lengths differ.
    """

    def __init__(
        self,
        mixture: Signal,
        reference: Signal,
        sample_rate_hz: float,
        source: Source,
        progress: Callable[[float], None] | None = None,
    ) -> None:
        if len(mixture) != len(reference):
            raise InputError(
                f"the mixture has {len(mixture)} samples, the reference {len(reference)}; "
                "line them up first"
            )
        self._mixture, self._reference, self._rate_hz = mixture, reference, sample_rate_hz
        self._source: Source = source
        self._progress = progress or (lambda _share: None)
        self._stretches: list[PathStretch] = []

    @property
    def path(self) -> ReferencePath:
        """What was found; complete once `parts` has come to its end."""
        return ReferencePath(tuple(self._stretches))

    def parts(self) -> Iterator[NDArray[np.float32]]:
        """Give the rebuilt reference, float32 (n_samples,), in parts that follow each other."""
        if len(self._mixture) < SHORTEST_S * self._rate_hz:
            self._stretches.append(PathStretch.plain(len(self._mixture) / self._rate_hz))
            self._progress(1.0)
            yield self._reference[:]
            return
        starts, size = self._starts()
        before: LatePath | None = None
        held = np.zeros(0, np.float32)
        for number, begin in enumerate(starts):
            part = slice(begin, begin + size)
            reference = self._reference[part]
            found = rebuild_stretch(
                self._mixture[part], reference, self._rate_hz, self._source, before
            )
            before = found.path
            self._stretches.append(PathStretch.of(found, begin / self._rate_hz, self._rate_hz))
            added = found.added
            fade = np.linspace(0, 1, len(held), dtype=np.float32)
            added[: len(held)] = held + fade * (added[: len(held)] - held)
            is_last = number + 1 == len(starts)
            end = size if is_last else starts[number + 1] - begin
            held = added[end:]
            self._progress((number + 1) / len(starts))
            yield reference[:end] + added[:end]

    def _starts(self) -> tuple[list[int], int]:
        """First sample of each stretch, evenly spread, and their length."""
        n_samples = len(self._mixture)
        size = min(round(STRETCH_S * self._rate_hz), n_samples)
        step = round((STRETCH_S - FADE_S) * self._rate_hz)
        n_stretches = 1 + -(-(n_samples - size) // step)
        return [round(each) for each in np.linspace(0, n_samples - size, n_stretches)], size


def rebuild(
    mixture: ArrayLike,
    reference: ArrayLike,
    sample_rate_hz: float,
    source: Source = "vocal",
) -> tuple[NDArray[np.float32], ReferencePath]:
    """Rebuild a reference as it sounds in the mixture: compressed, with delays and reverberation.

    Parameters
    ----------
    mixture, reference : array_like, shape (n_samples,)
        Mono, of one length; the reference lined up and at its level, as `align` leaves it.
    sample_rate_hz : float
    source : {"vocal", "music"}
        What the reference is.

    Returns
    -------
    rebuilt : float32, shape (n_samples,)
        Subtract it from the mixture. Bit for bit the reference where nothing was found.
    path : ReferencePath

    Raises
    ------
    InputError
        If a signal is unusable (see `checked_signal`), or the lengths differ.
    """
    rebuilding = Rebuilding(
        checked_signal(mixture, "the mixture"),
        checked_signal(reference, "the reference"),
        sample_rate_hz,
        source,
    )
    return np.concatenate(list(rebuilding.parts())), rebuilding.path
