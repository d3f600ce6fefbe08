"""A song in blocks is the song as a whole: masks, sounds, borders."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocal_separation_sanity_check import Settings, separate
from vocal_separation_sanity_check.demo.song import demo_song
from vocal_separation_sanity_check.separation import block_separation
from vocal_separation_sanity_check.spectral import block
from vocal_separation_sanity_check.spectral.block import CORE_WINDOWS, OVERLAP_WINDOWS, blocks
from vocal_separation_sanity_check.spectral.transform import InverseStft, istft, stft

pytestmark = pytest.mark.slow

RATE, HOP = 22050, 1024


@pytest.fixture(scope="module")
def song():
    """Mixture and vocal of the demo song, 14 s mono: three blocks of 101 windows."""
    made = demo_song(14.0, RATE)
    return made.mixture.mean(1).astype(np.float32), made.vocal.mean(1).astype(np.float32)


def in_blocks(monkeypatch, core, overlap=OVERLAP_WINDOWS):
    """Make `blocks` cut songs into blocks of another size."""
    monkeypatch.setattr(block, "CORE_WINDOWS", core)
    monkeypatch.setattr(
        block_separation, "blocks", lambda n_windows, overlap=overlap: blocks(n_windows, overlap)
    )


def the_song_is_covered(n_windows, core, overlap):
    """Assert that cores make up the song and that every block sees its neighbours' windows."""
    end = 0
    cut = list(blocks(n_windows, overlap))
    for part in cut:
        begin, end_before = part.first + part.core.start, end
        end = part.first + part.core.stop
        assert begin == end_before < end
        assert begin - part.first == min(overlap, begin)
        assert part.last - end == min(overlap, n_windows - end)
        assert part.is_whole == (part.first == begin and part.last == end)
    assert end == n_windows
    sizes = [part.core.stop - part.core.start for part in cut]
    assert sizes[:-1] == [core] * (len(cut) - 1)
    assert sizes[-1] <= 1.5 * core
    assert sizes[-1] >= 0.5 * core or len(cut) == 1


@pytest.mark.parametrize("n_windows", [2, 503, 755, 756, 757, 5000])
def test_cores_lie_side_by_side_and_make_up_the_song(n_windows):
    the_song_is_covered(n_windows, CORE_WINDOWS, OVERLAP_WINDOWS)
    assert CORE_WINDOWS % 12 == 0  # pooled slices join 2 windows, subtraction 6


@given(st.integers(1, 3000), st.integers(1, 700), st.integers(0, 60))
def test_any_song_is_covered_by_blocks_of_any_size(n_windows, core, overlap):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(block, "CORE_WINDOWS", core)
        the_song_is_covered(n_windows, core, overlap)


@pytest.mark.compiled
@pytest.mark.parametrize("seed", [0, 5])
def test_blocks_give_what_the_whole_gives(song, monkeypatch, seed):
    in_blocks(monkeypatch, core=10_000)
    whole = separate(*song, Settings(seed=seed))
    in_blocks(monkeypatch, core=96)
    parts = separate(*song, Settings(seed=seed + 1))
    np.testing.assert_allclose(parts.mask, whole.mask, atol=1e-3)
    np.testing.assert_allclose(parts.vocal, whole.vocal, atol=1e-4)
    assert parts.si_sdr_db == pytest.approx(whole.si_sdr_db, abs=1e-3)
    assert parts.fit.match_after.overall == pytest.approx(whole.fit.match_after.overall, abs=1e-4)
    wanted = pytest.approx(whole.fit.match_before.by_slice, abs=1e-5)
    assert parts.fit.match_before.by_slice == wanted
    assert parts.fit.n_points == whole.fit.n_points
    assert parts.fit.loss[0] == pytest.approx(whole.fit.loss[0], rel=0.2)
    assert parts.loss_of_ideal == pytest.approx(whole.loss_of_ideal, rel=1e-2, abs=1e-9)


@pytest.mark.compiled
@pytest.mark.thorough
def test_the_border_error_falls_with_the_overlap(song, monkeypatch):
    in_blocks(monkeypatch, core=10_000)
    whole = separate(*song)
    errors = []
    for overlap in (0, 4, 12):
        in_blocks(monkeypatch, 96, overlap)
        errors.append(np.abs(separate(*song).mask - whole.mask).max())
    assert errors[0] > 5 * errors[1] > 5 * errors[2]
    assert errors[2] < 1e-4


@pytest.mark.compiled
def test_no_clicks_in_a_sweep_and_none_in_silence(monkeypatch):
    """A sweep passes as it came over block borders; where nothing sounds, nothing is heard."""
    n = 12 * RATE
    t = np.arange(n) / RATE
    sweep = 0.3 * np.sin(2 * np.pi * (100 * t + 200 * t**2)).astype(np.float32)
    sweep[9 * RATE :] = 0
    hum = 0.1 * np.sin(2 * np.pi * 60 * t).astype(np.float32)
    hum[9 * RATE :] = 0
    in_blocks(monkeypatch, core=30)
    found = separate(sweep + hum, sweep)
    assert np.abs(found.vocal[9 * RATE + 2048 :]).max() < 1e-9
    apart = found.vocal - sweep
    # A click is energy across the spectrum: at the borders there is no more of it than elsewhere.
    jumps = np.abs(np.diff(apart, 2))[: 9 * RATE - 4096]
    borders = np.concatenate(
        [np.arange(k * HOP - 64, k * HOP + 64) for k in range(30, 9 * RATE // HOP - 8, 30)]
    )
    elsewhere = np.delete(jumps, borders)
    assert jumps[borders].max() <= elsewhere.max()


@pytest.mark.parametrize("n_samples", [1, 2047, 30_000])
@pytest.mark.parametrize("cut", [1, 3, 10])
def test_the_transform_back_comes_in_parts(n_samples, cut):
    signal = np.random.default_rng(20).standard_normal(n_samples).astype(np.float32)
    spectrum = stft(signal, Settings())
    inverse = InverseStft(n_samples, Settings())
    parts = [inverse.add(spectrum[:, i : i + cut]) for i in range(0, spectrum.shape[1], cut)]
    rebuilt = np.concatenate(parts)
    np.testing.assert_array_equal(rebuilt, istft(spectrum, n_samples, Settings()))
    np.testing.assert_allclose(rebuilt, signal, atol=1e-5)


def test_windows_of_a_stretch_are_those_of_the_whole():
    signal = np.random.default_rng(20).standard_normal(30_000).astype(np.float32)
    whole = stft(signal, Settings())
    for first, last in ((0, 2), (5, 7), (27, whole.shape[1])):
        np.testing.assert_array_equal(stft(signal, Settings(), first, last), whole[:, first:last])
