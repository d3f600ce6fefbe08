"""The reference's path into the song: found where there is one, and left alone where not."""

from functools import lru_cache
from itertools import pairwise

import numba
import numpy as np
import pytest
import releases
from disturb import RATE_HZ
from scipy.signal import butter, fftconvolve, sosfiltfilt

from vocal_separation_sanity_check import InputError
from vocal_separation_sanity_check.demo import Syllable, demo_song, sing
from vocal_separation_sanity_check.rebuilding import Rebuilding, rebuild
from vocal_separation_sanity_check.rebuilding.echo_decay import reverberation_s
from vocal_separation_sanity_check.rebuilding.rebuilding import FADE_S, STRETCH_S
from vocal_separation_sanity_check.rebuilding.stretch import rebuild_stretch
from vocal_separation_sanity_check.scoring import si_sdr_db

OTHER_NOTES = (55, 59, 62, 66, 61, 58, 56, 63, 65, 60, 57, 54)


@lru_cache(maxsize=8)
def song(duration_s=8.0, rate_hz=RATE_HZ):
    """Voice and music, each float64 (n_samples,)."""
    made = demo_song(duration_s, rate_hz)
    voice = made.vocal.mean(axis=1, dtype=float)
    return voice, made.mixture.mean(axis=1, dtype=float) - voice


@lru_cache(maxsize=1)
def stranger():
    """Sings other notes, as loud as the voice."""
    syllables = [
        Syllable(0.3 + 0.6 * number, 0.5, float(note), "kstnh"[number % 5], "uaoie"[number % 5])
        for number, note in enumerate(OTHER_NOTES)
    ]
    voice, _ = song()
    other = sing(syllables, len(voice), RATE_HZ, np.random.default_rng(3)).astype(float)
    return other * np.sqrt((voice @ voice) / (other @ other))


def echoed(voice, delay_s, gain=0.5, rate_hz=RATE_HZ):
    late = round(delay_s * rate_hz)
    return voice + gain * np.pad(voice, (late, 0))[: len(voice)]


def reverberant(voice, decay_s, wet_db=-6.0, rate_hz=RATE_HZ):
    """Noise that falls by 60 dB in this time."""
    at_s = np.arange(round(decay_s * rate_hz)) / rate_hz
    tail = np.random.default_rng(1).normal(size=len(at_s)) * 10 ** (-3 * at_s / decay_s)
    tail[: round(0.02 * rate_hz)] = 0
    tail *= 10 ** (wet_db / 20) / np.sqrt(tail @ tail)
    return voice + fftconvolve(voice, tail)[: len(voice)]


def rebuilt(mixture, reference, rate_hz=RATE_HZ, source="vocal"):
    return rebuild(mixture.astype(np.float32), reference.astype(np.float32), rate_hz, source)


def left_db(estimate, truth, begin_s=0.0, end_s=None):
    """What subtraction leaves of the voice, in dB of the voice."""
    ends = slice(round(begin_s * RATE_HZ), None if end_s is None else round(end_s * RATE_HZ))
    left, own = (estimate - truth)[ends], truth[ends]
    return 10 * np.log10(max(left @ left, 1e-12) / (own @ own))


ACCOMPANIMENTS = {
    "the music": lambda music: music,
    "loud music": lambda music: 4 * music,
    "quiet music": lambda music: 0.1 * music,
    "nothing": lambda music: 0 * music,
    "music with another voice": lambda music: music + stranger(),
    "music with the voice at another time": lambda music: music + np.roll(song()[0], 4 * RATE_HZ),
}


@pytest.mark.parametrize("around", ACCOMPANIMENTS.values(), ids=ACCOMPANIMENTS)
def test_an_exact_stem_stays_bit_for_bit(around):
    voice, music = song()
    found, path = rebuilt(voice + around(music), voice)
    np.testing.assert_array_equal(found, voice.astype(np.float32))
    assert not path.is_used
    assert not path.has_echoes
    assert path.level_range_db == (0, 0)
    assert path.reverberation_s() == {}


def test_an_exact_instrumental_stays_bit_for_bit():
    voice, music = song()
    found, path = rebuilt(voice + music, music, source="music")
    np.testing.assert_array_equal(found, music.astype(np.float32))
    assert not path.is_used


@pytest.mark.parametrize("source", ["vocal", "music"])
def test_bass_that_spills_into_the_microphone_is_no_echo(source):
    voice, music = song()
    bass = sosfiltfilt(butter(4, 120, "lowpass", fs=RATE_HZ, output="sos"), music)
    given = {"vocal": voice + 0.1 * bass, "music": music}[source]
    found, path = rebuilt(voice + 0.1 * bass + music, given, source=source)
    np.testing.assert_array_equal(found, given.astype(np.float32))
    assert not path.is_used


def test_an_exact_stem_stays_bit_for_bit_at_44100_hz():
    voice, music = song(6.0, 44100)
    found, path = rebuilt(voice + music, voice, 44100)
    np.testing.assert_array_equal(found, voice.astype(np.float32))
    assert not path.is_used


def test_a_compressor_is_followed():
    voice, music = song(12.0)
    sung = releases.compressed(voice)
    sung /= (sung @ voice) / (voice @ voice)
    found, path = rebuilt(sung + music, voice)
    assert left_db(found, sung) < left_db(voice, sung) - 12
    assert not path.has_echoes
    told_db = path.stretches[0].level_db
    at = np.arange(0, len(voice), RATE_HZ // 10)
    is_sung = np.abs(voice[at]) > 0.02
    true_db = 20 * np.log10(sung[at[is_sung]] / voice[at[is_sung]])
    assert is_sung.sum() > 40
    assert np.ptp(true_db) > 3
    assert np.median(np.abs(told_db[is_sung] - true_db)) < 0.5
    assert path.level_range_db == pytest.approx(tuple(np.percentile(told_db, [5, 95])))


def test_a_fader_is_followed():
    voice, music = song(12.0)
    at_s = np.arange(len(voice)) / RATE_HZ
    level = 10 ** (np.interp(at_s, [0, 5, 6, 12], [-3, -3, 3, 1]) / 20)
    found, path = rebuilt(level * voice + music, voice)
    assert left_db(found, level * voice) < left_db(voice, level * voice) - 12
    told_db = path.stretches[0].level_db
    for stretch, level_db in ((told_db[20:45], -3), (told_db[65:75], 3)):
        assert np.median(stretch) == pytest.approx(level_db, abs=0.6)
        # Where the voice pauses, the level is anybody's guess.
        assert stretch == pytest.approx(level_db, abs=1.0)


def test_of_an_instrumental_a_fader_is_followed_and_the_songs_limiter_is_not():
    voice, music = song(12.0)
    at_s = np.arange(len(voice)) / RATE_HZ
    slow = 10 ** (np.interp(at_s, [0, 12], [-2, 2]) / 20)
    fast = 1 - 0.3 * (np.abs(np.sin(2 * np.pi * at_s)) > 0.9)
    found, path = rebuilt(slow * music + voice, music, source="music")
    assert left_db(found, slow * music) < left_db(music, slow * music) - 10
    found, path = rebuilt(fast * (music + voice), music, source="music")
    assert np.ptp(path.stretches[0].level_db) < 0.5
    assert np.ptp(rebuilt(fast * (music + voice), voice)[1].stretches[0].level_db) > 2


def test_an_echo_is_found():
    voice, music = song(12.0)
    sung = echoed(voice, 0.31)
    found, path = rebuilt(sung + music, voice)
    plain_db, ours_db = (si_sdr_db(sung + music - taken, music) for taken in (voice, found))
    assert ours_db > plain_db + 6
    assert path.has_echoes
    echoes = path.echoes()
    heard = np.isfinite(echoes.powers[:, 0])
    assert heard.sum() >= 4
    for rows in (echoes.powers[heard], echoes.energies[heard]):
        assert echoes.delays_s[np.argmax(rows, axis=1)] == pytest.approx(0.31, abs=0.06)


@pytest.mark.parametrize("decay_s", [0.6, 1.2])
def test_reverberation_is_found_and_its_decay_told(decay_s):
    voice, music = song(12.0)
    sung = reverberant(voice, decay_s)
    found, path = rebuilt(sung + music, voice)
    plain_db, ours_db = (si_sdr_db(sung + music - taken, music) for taken in (voice, found))
    assert ours_db > plain_db + 7
    told_s = path.reverberation_s()
    for edge_hz in (300.0, 600.0, 1200.0, 2400.0, 4800.0):
        assert told_s[edge_hz] == pytest.approx(decay_s, rel=0.25)


def test_reverberation_is_found_at_44100_hz():
    voice, music = song(6.0, 44100)
    sung = reverberant(voice, 0.8, rate_hz=44100)
    found, path = rebuilt(sung + music, voice, 44100)
    assert si_sdr_db(sung + music - found, music) > si_sdr_db(sung + music - voice, music) + 6
    assert path.has_echoes


def test_an_instrumental_in_a_room_is_found():
    voice, music = song()
    played = reverberant(music, 1.0)
    found, path = rebuilt(voice + played, music)
    assert si_sdr_db(voice + played - found, voice) > si_sdr_db(voice + played - music, voice) + 10
    assert path.has_echoes


@pytest.mark.parametrize("sings_along", [True, False])
def test_a_voice_that_is_not_in_the_mixture_is_not_subtracted(sings_along):
    voice, music = song()
    mixture = sings_along * voice + music
    found, _ = rebuilt(mixture, stranger())
    assert left_db(found, 0 * found + stranger()) > -1
    assert found @ found < 0.01 * stranger() @ stranger()
    assert si_sdr_db(mixture - found, mixture) > 20


@pytest.mark.slow
def test_a_path_that_begins_midway_is_followed():
    voice, music = song(30.0)
    is_late = np.arange(len(voice)) >= len(voice) // 2
    sung = np.where(is_late, reverberant(voice, 1.0), voice)
    found, path = rebuilt(sung + music, voice)
    np.testing.assert_array_equal(found[: 7 * RATE_HZ], voice[: 7 * RATE_HZ].astype(np.float32))
    assert left_db(found, sung, 20) < left_db(voice, sung, 20) - 8
    assert [stretch.echoes is None for stretch in path.stretches][::2] == [True, False]


@pytest.mark.slow
def test_an_echo_that_changes_midway_is_followed():
    voice, music = song(30.0)
    is_late = np.arange(len(voice)) >= len(voice) // 2
    sung = np.where(is_late, echoed(voice, 0.45), echoed(voice, 0.2))
    found, path = rebuilt(sung + music, voice)
    for begin_s, end_s in ((0, 7), (23, 30)):
        assert left_db(found, sung, begin_s, end_s) < left_db(voice, sung, begin_s, end_s) - 6
    for stretch, delay_s in ((path.stretches[0], 0.2), (path.stretches[-1], 0.45)):
        loudest = np.argmax(np.nanmean(stretch.echoes.powers, axis=0))
        assert stretch.echoes.delays_s[loudest] == pytest.approx(delay_s, abs=0.06)


LENGTHS = {
    "30 ms": 661,
    "0.6 s": 13230,
    "a stretch": round(STRETCH_S * RATE_HZ),
    "a stretch and a sample": round(STRETCH_S * RATE_HZ) + 1,
    "two stretches and a sample": round((2 * STRETCH_S - FADE_S) * RATE_HZ) + 1,
}


@pytest.mark.parametrize("n_samples", LENGTHS.values(), ids=LENGTHS)
def test_the_parts_are_as_long_as_the_song(n_samples):
    voice, music = (signal[:n_samples].astype(np.float32) for signal in song(26.0))
    shares = []
    rebuilding = Rebuilding(voice + music, voice, RATE_HZ, "vocal", shares.append)
    parts = list(rebuilding.parts())
    np.testing.assert_array_equal(np.concatenate(parts), voice)
    assert shares[-1] == 1
    assert shares == sorted(shares)
    stretches = rebuilding.path.stretches
    assert stretches[0].begin_s == 0
    assert stretches[-1].end_s == pytest.approx(n_samples / RATE_HZ)
    for before, after in pairwise(stretches):
        assert after.begin_s <= before.end_s - FADE_S + 1e-4


@pytest.mark.parametrize("silent", ["mixture", "reference", "both"])
def test_silence_adds_nothing(silent):
    voice, music = (signal[: 3 * RATE_HZ].astype(np.float32) for signal in song())
    mixture = voice + music if silent == "reference" else np.zeros_like(voice)
    reference = voice if silent == "mixture" else np.zeros_like(voice)
    rebuilding = Rebuilding(mixture, reference, RATE_HZ, "vocal")
    found = np.concatenate(list(rebuilding.parts()))
    assert np.isfinite(found).all()
    assert found @ found <= reference @ reference
    assert not rebuilding.path.has_echoes
    assert np.isfinite(rebuilding.path.level_range_db).all()


@pytest.mark.parametrize("mixture_gain", [1e-4, 1e4])
def test_the_level_of_both_does_not_matter(mixture_gain):
    voice, music = song(6.0)
    sung = reverberant(voice, 0.8)
    plain, _ = rebuilt(sung + music, voice)
    scaled, _ = rebuilt(mixture_gain * (sung + music), mixture_gain * voice)
    # Powers of ten are not of two: rounding differs.
    assert left_db(scaled / mixture_gain, plain.astype(float)) < -80


@pytest.mark.slow
def test_the_same_comes_out_again_and_on_one_thread():
    voice, music = song(6.0)
    mixture = reverberant(releases.compressed(voice), 0.8) + music
    first, _ = rebuilt(mixture, voice)
    again, _ = rebuilt(mixture, voice)
    np.testing.assert_array_equal(first, again)
    before = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        alone, _ = rebuilt(mixture, voice)
    finally:
        numba.set_num_threads(before)
    np.testing.assert_array_equal(first, alone)
    assert not np.array_equal(first, voice.astype(np.float32))


@pytest.mark.slow
def test_a_long_song_is_read_a_stretch_at_a_time():
    class Read:
        def __init__(self, signal):
            self.signal, self.longest = signal, 0

        def __len__(self):
            return len(self.signal)

        def __getitem__(self, part):
            self.longest = max(self.longest, part.stop - part.start)
            return self.signal[part]

    voice, music = (signal.astype(np.float32) for signal in song(26.0))
    mixture, reference = Read(voice + music), Read(voice)
    given = [signal.signal.copy() for signal in (mixture, reference)]
    np.testing.assert_array_equal(
        np.concatenate(list(Rebuilding(mixture, reference, RATE_HZ, "vocal").parts())), voice
    )
    for signal, as_given in zip((mixture, reference), given, strict=True):
        assert signal.longest == round(STRETCH_S * RATE_HZ)
        np.testing.assert_array_equal(signal.signal, as_given)


@pytest.mark.parametrize(
    ("mixture", "reference", "told"),
    [
        (np.ones(5000), np.ones(5001), "5000 samples, the reference 5001"),
        (np.zeros(5000), np.ones(5000), "mixture"),
        (np.ones(5000), np.zeros(5000), "reference"),
        (np.ones((5000, 2)), np.ones(5000), "mixture"),
        (np.ones(5000), np.full(5000, np.nan), "reference"),
        (np.ones(0), np.ones(0), "mixture"),
    ],
)
def test_unusable_signals_are_refused(mixture, reference, told):
    with pytest.raises(InputError, match=told):
        rebuild(mixture, reference, RATE_HZ)


@pytest.mark.parametrize("decay_s", [0.6, 1.2, 2.5])
def test_the_decay_of_an_even_fall(decay_s):
    delays_s = np.arange(0.1, 1.6, 0.05)
    energies = 1e-3 * 10 ** (-6 * delays_s / decay_s)
    assert reverberation_s(energies, delays_s) == pytest.approx(decay_s)
    # The floor of the estimate is left aside, and what comes before the loudest echo.
    floored = np.maximum(energies, energies.max() * 10**-2.5)
    floored[0] = 0
    assert reverberation_s(floored, delays_s) == pytest.approx(decay_s, rel=1e-2)


@pytest.mark.parametrize(
    "energies",
    [np.arange(1.0, 9.0), np.full(8, np.nan), np.zeros(8), 10.0 ** -np.arange(0, 16, 2), [1, 0.5]],
    ids=["rising", "unknown", "none", "too few", "short"],
)
def test_no_decay_where_nothing_falls(energies):
    assert reverberation_s(np.asarray(energies), np.arange(len(energies)) * 0.05) is None


def test_nothing_is_added_in_bins_without_a_prior():
    voice, music = song(12.0)
    mixture, voice = (signal.astype(np.float32) for signal in (echoed(voice, 0.31) + music, voice))
    path = rebuild_stretch(mixture, voice, RATE_HZ, "vocal", None).path
    believed = {band for band, prior in enumerate(path.priors) if prior is not None}
    assert 0 < len(believed) < len(path.priors)
    outside = ~np.isin(path.bands, list(believed))
    assert not path.taps[outside].any()
    assert path.taps[~outside].any(axis=1).all()
