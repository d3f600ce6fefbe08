"""What tells a suspicious pair: peaks cut off, who holds whom, where a reference is cut."""

import json

import numpy as np
import pytest
import soundfile

from vocal_separation_sanity_check.demo.song import demo_song
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.scoring import coverage_of
from vocal_separation_sanity_check.separation.containment import Containment
from vocal_separation_sanity_check.settings import Settings
from vocal_separation_sanity_check.songs import GivenFiles, read_conditions, write_conditions
from vocal_separation_sanity_check.sound import Condition, read_mixdown, signals
from vocal_separation_sanity_check.sound.condition import ConditionStatistics
from vocal_separation_sanity_check.spectral import stft

RATE_HZ = 22050


@pytest.fixture(scope="module")
def song():
    made = demo_song(4.0, RATE_HZ)
    return made.mixture.astype(np.float32), made.vocal.astype(np.float32)


def condition_of(*parts):
    statistics = ConditionStatistics(parts[0].shape[1])
    for part in parts:
        statistics.add(part)
    return statistics.found()


def n_on_flat_tops(samples):
    """Count what `ConditionStatistics` counts, one sample after another."""
    n_flat = 0
    for channel in samples.T:
        for sign in (1, -1):
            top = (sign * channel).max()
            run = []
            for value in [*(sign * channel), -np.inf]:
                goes_on = not run or abs(value - run[-1]) <= 1e-3 * top
                if value >= 0.98 * top and goes_on:
                    run.append(value)
                    continue
                n_flat += len(run) if len(run) >= 3 else 0
                run = [value] if value >= 0.98 * top else []
    return n_flat


@pytest.mark.parametrize("gain_db", [0, 6, 10, 20])
@pytest.mark.parametrize("level", [1.0, 0.3])
def test_flat_tops_are_counted_at_any_level(song, gain_db, level):
    sound = song[0][:20_000] / np.abs(song[0][:20_000]).max()
    sound = np.float32(level) * np.clip(10 ** (gain_db / 20) * sound, -1, 1).astype(np.float32)
    found = condition_of(sound)
    assert found.flat_share == pytest.approx(n_on_flat_tops(sound) / sound.size, abs=1e-9)
    assert found.flat_db == pytest.approx(20 * np.log10(level), abs=1e-3)
    assert (found.flat_share > 0.001) == (gain_db > 0)


def test_it_does_not_matter_how_a_sound_comes(song):
    sound = np.clip(5 * song[0] / np.abs(song[0]).max(), -1, 1)
    quiet = (0.5 * sound[: RATE_HZ // 2]).astype(np.float32)
    # What was the top until something louder came is none.
    parts = [quiet, *np.array_split(sound.astype(np.float32), 9)]
    found, whole = condition_of(*parts), condition_of(np.concatenate(parts))
    assert found.flat_share == pytest.approx(whole.flat_share, rel=1e-3)
    assert (found.flat_db, found.crest_db) == (whole.flat_db, whole.crest_db)


def test_a_flattened_sound_has_no_peaks(song):
    sine = np.sin(np.arange(RATE_HZ) / 9, dtype=np.float32)[:, None]
    assert condition_of(sine).crest_db == pytest.approx(3.01, abs=0.05)
    assert condition_of(song[0]).crest_db > 8
    assert condition_of(np.zeros((100, 2), np.float32)) == Condition(0.0, 0.0, 0.0)


def test_reading_tells_the_condition_of_the_file_itself(song, tmp_path):
    """Resampled and brought to one channel, nothing is flat any more."""
    sound = np.clip(20 * song[0], -1, 1)
    soundfile.write(tmp_path / "a.wav", sound, RATE_HZ, subtype="PCM_16")
    found = read_mixdown(tmp_path / "a.wav", 16000)
    assert found.condition.flat_share > 0.1
    assert condition_of(found.samples[:, None]).flat_share < 0.001


def left_db(own, mixed):
    containment = Containment()
    spectra = [stft(np.ascontiguousarray(s, np.float32), Settings()) for s in (own, mixed)]
    for begin in range(0, spectra[0].shape[1], 30):  # sums of parts are sums of the whole
        containment.add(*(spectrum[:, begin : begin + 30] for spectrum in spectra))
    return containment.left_db


@pytest.mark.parametrize("gain", [1.0, -0.02])
def test_the_song_holds_the_vocal_and_not_the_other_way_round(song, gain):
    mixture, vocal = (sound.mean(1) for sound in song)
    assert left_db(gain * vocal, mixture) < -15
    assert left_db(mixture, gain * vocal) > left_db(gain * vocal, mixture) + 8
    assert left_db(mixture, mixture) == -40


def test_what_is_left_is_what_was_taken_too_much_or_too_little():
    """Of a sound that is in there at two levels, half the time each, one gain leaves the rest."""
    rng = np.random.default_rng(7)
    own = rng.standard_normal((64, 600)) + 1j * rng.standard_normal((64, 600))
    levels = np.repeat([1.5, 0.5], 300)
    containment = Containment()
    containment.add(own.astype(np.complex64), (levels * own).astype(np.complex64))
    weight = 1 / (1 + np.array([1.5, 0.5]) ** 2)
    gain = (weight * [1.5, 0.5]).sum() / weight.sum()
    left = (weight * (np.array([1.5, 0.5]) - gain) ** 2).sum() / weight.sum() / gain**2
    assert containment.left_db == pytest.approx(10 * np.log10(left), abs=0.2)


def test_silence_holds_nothing():
    assert Containment().left_db == 0
    containment = Containment()
    containment.add(np.zeros((64, 12), np.complex64), np.ones((64, 12), np.complex64))
    containment.add(np.ones((8, 12), np.complex64), np.ones((8, 12), np.complex64))
    assert containment.left_db == 0


def test_a_cut_is_told_from_a_pause(song, monkeypatch):
    mixture, vocal = (sound.mean(1) for sound in song)
    loud = int(np.argmax(np.abs(vocal[RATE_HZ : 2 * RATE_HZ]))) + RATE_HZ
    cut, faded = vocal.copy(), vocal.copy()
    cut[loud:] = 0
    faded[loud:] = 0
    n_fade = RATE_HZ // 4
    faded[loud - n_fade : loud] *= np.geomspace(1, 1e-4, n_fade, dtype=np.float32)
    ((begin_s, end_s),) = coverage_of(mixture, cut, RATE_HZ).gaps_s
    assert begin_s == pytest.approx(loud / RATE_HZ, abs=0.011)
    assert end_s == pytest.approx(len(vocal) / RATE_HZ, abs=0.011)
    assert coverage_of(mixture, faded, RATE_HZ).gaps_s == ()
    assert coverage_of(mixture, vocal, RATE_HZ).gaps_s == ()
    quiet = np.where(np.arange(len(mixture)) < loud, mixture, 0)
    assert coverage_of(quiet, cut, RATE_HZ).gaps_s == (), "the song has nothing there either"
    whole = coverage_of(mixture, cut, RATE_HZ)
    monkeypatch.setattr(signals, "PIECE", 1000)
    assert coverage_of(mixture, cut, RATE_HZ).gaps_s == whole.gaps_s
    assert coverage_of(mixture, cut, RATE_HZ).sounding_s == whole.sounding_s


def test_padding_and_offset_are_measured(song):
    mixture, vocal = (np.pad(sound.mean(1), (0, 50_000)) for sound in song)
    last = np.flatnonzero(np.maximum(np.abs(mixture), np.abs(vocal)) > 1e-6)[-1]
    found = coverage_of(mixture, vocal, RATE_HZ)
    assert found.sounding_s == pytest.approx((last + 1) / RATE_HZ, abs=1e-3)
    assert found.duration_s == len(mixture) / RATE_HZ
    share = coverage_of(mixture, vocal + np.float32(0.1), RATE_HZ).offset_shares[1]
    assert share == pytest.approx(0.1 / vocal.std(), rel=0.05)


def test_conditions_are_read_back_and_damage_is_told(tmp_path):
    given = GivenFiles(
        {"mixture": Condition(0.5, -1.0, 2.0), "reference": Condition(0.0, -3.0, 12.0)},
        ("The song's left channel was empty.",),
    )
    assert read_conditions(tmp_path) == GivenFiles()
    write_conditions(tmp_path, given)
    assert read_conditions(tmp_path) == given
    path = tmp_path / "conditions.json"
    facts = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(facts | {"mended": "all"}), encoding="utf-8")
    with pytest.raises(InputError, match="prepare it again"):
        read_conditions(tmp_path)
