"""Places where a reference may lie, compared by how much of it each explains.

Material that repeats gives several places that all stand out: a wrong repetition leaves the rest
of the reference unexplained, so the whole of it decides. Where it was given is always one of them.
"""

from __future__ import annotations

import numpy as np

from vocal_separation_sanity_check.alignment.clock import Clock
from vocal_separation_sanity_check.alignment.rough_pair import Place, RoughPair
from vocal_separation_sanity_check.alignment.search import SearchRange, find_candidates

_N_CANDIDATES = 24
"""That the search hands on: many of them are one place, found with another clock."""
_N_LOOKS = 10
"""Of those, that are looked at."""
_N_PLACES = 6
"""That are compared."""
_SAME_PLACE_S = 0.02
"""Places that lie nearer than this, at both ends of the song, are one."""
_STAYING = 1.35
"""Weight of the place where the reference was given: at the ends of a song fewer windows tell."""
_WORTH_A_LOOK = 0.3
"""Support, as a share of the best one's, from which a place is looked at, and looked at again."""


def find_places(pair: RoughPair, search: SearchRange) -> list[Place]:
    """Places of the reference as a whole, the best first.

    Parameters
    ----------
    pair : RoughPair
    search : SearchRange

    Returns
    -------
    list of Place
        Empty where nothing resembles the reference.
    """
    found = find_candidates(pair.mixture, pair.reference, pair.rate_hz, search, _N_CANDIDATES)
    starts = [Clock()]
    for candidate in found:
        start = Clock(candidate.offset_s * pair.sample_rate_hz, candidate.drift * 1e6)
        is_known = any(_are_near(start, other, pair) for other in starts[1:])
        if candidate.support > _WORTH_A_LOOK * found[0].support and not is_known:
            starts.append(start)
    looked: list[Place] = []
    for start in starts[:_N_LOOKS]:
        best = max((place.support for place in looked), default=0.0)
        place = pair.place(start, at_least=_WORTH_A_LOOK * best)
        if place is not None:
            looked.append(place)
    places: list[Place] = []
    for place in sorted(looked, key=lambda place: -place.support):
        if not any(_are_near(place.clock, other.clock, pair) for other in places):
            places.append(place)

    def weighed(place: Place) -> float:
        # Nothing is moved that explains as much where it was given.
        stays = _are_near(place.clock, Clock(), pair)
        return place.support * (_STAYING if stays else 1.0)

    return sorted(places, key=weighed, reverse=True)[:_N_PLACES]


def _are_near(one: Clock, other: Clock, pair: RoughPair) -> bool:
    """Whether two clocks agree at either end of the mixture."""
    ends = np.array([0.0, pair.n_samples])
    gaps_s = np.abs(one.delay(ends) - other.delay(ends)) / pair.sample_rate_hz
    return float(gaps_s.max()) < _SAME_PLACE_S
