"""Places of a reference, compared by how much of it each explains."""

import numpy as np
import pytest
from disturb import RATE_HZ, Disturbance, disturbed, synthetic_song

from vocal_separation_sanity_check.alignment.places import find_places
from vocal_separation_sanity_check.alignment.rough_pair import RoughPair
from vocal_separation_sanity_check.alignment.search import SearchRange

SEARCH = SearchRange(max_drift=1.5e-3, chunk_s=1.5, n_chunks=8)
BAR_S = 2.0


def places_of(mixture, reference):
    return find_places(RoughPair(mixture, reference, RATE_HZ), SEARCH)


def bars(*seeds):
    """Bars of one music, each with the voice of its seed."""
    music = synthetic_song(BAR_S, seed=77)[1]
    voices = [synthetic_song(BAR_S, seed=seed)[0] for seed in seeds]
    voice = np.concatenate(voices)
    return np.tile(music, len(seeds)) + voice, voice


@pytest.mark.parametrize("polarity", [1, -1])
def test_the_true_place_is_the_first(polarity):
    vocal, music = synthetic_song(6.0)
    what = Disturbance(delay_s=0.2, clock_ppm=700, polarity=polarity)
    best = places_of(vocal + music, disturbed(vocal, what))[0]
    assert best.polarity == polarity
    assert best.clock.offset_samples == pytest.approx(what.true_offset_samples, abs=10)
    assert best.clock.drift_ppm == pytest.approx(what.true_drift_ppm, abs=100)


def test_a_repeated_bar_is_placed_by_the_whole():
    """Bar by bar, three of four fit a bar later as well; the fourth tells."""
    mixture, voice = bars(1, 1, 1, 2)
    lead = round(0.3 * RATE_HZ)
    late = np.concatenate([np.zeros(lead, np.float32), voice])
    best = places_of(mixture, late)[0]
    assert best.clock.offset_samples == pytest.approx(-lead, abs=10)


def test_what_repeats_in_place_stays_in_place():
    mixture, voice = bars(1, 1, 1, 1)
    found = places_of(mixture, voice)
    assert found[0].clock.offset_samples == pytest.approx(0, abs=1)


@pytest.mark.parametrize("number", [0, 1, 3])
def test_one_bar_of_many_stays_where_it_is(number):
    """It fits four places; the one where it was given is the first."""
    mixture, voice = bars(1, 1, 1, 1)
    bar = len(voice) // 4
    given = np.zeros(len(voice), np.float32)
    given[number * bar : (number + 1) * bar] = voice[:bar]
    assert places_of(mixture, given)[0].clock.offset_samples == pytest.approx(0, abs=2)


def test_places_are_apart():
    mixture, voice = bars(1, 1, 1, 1)
    found = places_of(mixture, voice)
    middle = np.array([len(mixture) / 2])
    delays = np.sort([place.clock.delay(middle)[0] for place in found])
    assert len(found) > 1
    assert (np.diff(delays) > 0.02 * RATE_HZ - 1).all()
    assert (
        np.isclose(delays / RATE_HZ / BAR_S, np.round(delays / RATE_HZ / BAR_S), atol=0.01).sum()
        > 2
    )
