"""The rebuilt reference on the original file: rate, channels, length, depth, and the sum."""

import contextlib
import io
import json
from argparse import Namespace
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
import soxr
from scipy.signal import butter, fftconvolve, sosfilt

from vocal_separation_sanity_check.check.full_quality import write_full_quality_subtraction
from vocal_separation_sanity_check.check.original_files import check_originals
from vocal_separation_sanity_check.check.original_pair import original_pair
from vocal_separation_sanity_check.demo.song import demo_song
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.prepare import prepare_pairs
from vocal_separation_sanity_check.settings import Settings
from vocal_separation_sanity_check.songs import read_alignment

pytestmark = [pytest.mark.compiled, pytest.mark.slow]
WISHES = {"vocal": None, "instrumental": None, "start": None, "no_align": False}
WISHES |= {"offset_ms": None, "drift_ppm": None, "polarity": None, "timeline": None}
RATE_HZ = 44_100
SONG = demo_song(8.0, RATE_HZ)
VOCAL, MUSIC = SONG.vocal.astype(float), SONG.mixture.astype(float) - SONG.vocal


class Pair:
    """A song and its reference in a workspace, as a user has them."""

    def __init__(self, folder, song, reference, rates=RATE_HZ, kind="wav PCM_24", **wishes):
        extension, subtype = kind.split()
        self.folder = folder
        self.song, self.reference = folder / f"song.{extension}", folder / "reference.wav"
        rates = rates if isinstance(rates, tuple) else (rates, rates)
        soundfile.write(self.song, song, rates[0], subtype=subtype)
        soundfile.write(self.reference, reference, rates[1], subtype="FLOAT")
        self.source = wishes.pop("source", "vocal")
        role = {"vocal": "vocal", "music": "instrumental"}[self.source]
        wishes = WISHES | {role: self.reference} | wishes
        with contextlib.redirect_stdout(io.StringIO()):
            prepare_pairs(Namespace(workspace=folder, mixture=self.song, **wishes))

    def prepared(self, length):
        return self.folder / "rtg" / length

    def checked(self, length="no-limit", **facts):
        """What full quality is told of the check."""
        prepared, results = self.prepared(length), self.folder / "out"
        inputs = {"original": prepared / "original.json"}
        if (prepared / "alignment.json").is_file():
            inputs["alignment"] = prepared / "alignment.json"
        rest = {"vocal": "music", "music": "vocal"}[self.source]
        job = SimpleNamespace(
            results=results, prepared=prepared, workspace=self.folder, settings=Settings()
        )
        check_originals(job, inputs.get("alignment"))
        told = {
            "job": job,
            "inputs": inputs,
            "alignment": read_alignment(prepared),
            "settings": Settings(),
            "findings": SimpleNamespace(source=self.source),
            "rest": rest,
            "is_placed": True,
            "is_subtracted": True,
            "is_rebuilt": False,
            "path": lambda name, extension: results / f"{name}{extension}",
        }
        return SimpleNamespace(**told | facts)

    def subtracted(self, *, is_path_used=False, length="no-limit"):
        """Rebuilt reference and what it leaves, as paths."""
        song = self.checked(length, is_rebuilt=is_path_used)
        write_full_quality_subtraction(song, original_pair(song))
        names = (f"full_quality_rebuilt_{self.source}", f"full_quality_subtracted_{song.rest}")
        return [song.path(name, ".wav") for name in names]

    def ratio_db(self, truth, **asked):
        """SI-SDR of what is left, against the truth."""
        return si_sdr_db(truth, soundfile.read(self.subtracted(**asked)[1])[0])


def si_sdr_db(truth, found):
    truth, found = truth.ravel(), found.ravel()
    meant = truth * (truth @ found) / (truth @ truth)
    return 10 * np.log10((meant @ meant) / ((found - meant) @ (found - meant) + 1e-20))


def read(path, kind="int32"):
    return soundfile.read(path, dtype=kind)[0]


@pytest.mark.parametrize(
    ("rate", "kind"),
    [
        (44_100, "wav PCM_24"),
        pytest.param(48_000, "flac PCM_16", marks=pytest.mark.thorough),
        pytest.param(96_000, "wav FLOAT", marks=pytest.mark.thorough),
        (22_050, "wav PCM_U8"),
    ],
)
def test_an_exact_stem_comes_off_bit_for_bit(tmp_path, rate, kind):
    """An odd length and the path's being looked for change nothing of that."""
    song = demo_song(5.0, rate)
    subtype = kind.split()[1]
    step = 2.0 ** {"PCM_24": -23, "PCM_16": -15, "PCM_U8": -7, "FLOAT": -23}[subtype]
    vocal, music = (
        np.round(sound[:-7] / step) * step for sound in (song.vocal, song.mixture - song.vocal)
    )
    pair = Pair(tmp_path, vocal + music, vocal, rate, kind)
    own, rest = pair.subtracted(is_path_used=True)
    for path in (own, rest):
        info = soundfile.info(path)
        assert (info.samplerate, info.channels, info.subtype) == (rate, 2, subtype)
    kind = "float64" if subtype == "FLOAT" else "int32"
    np.testing.assert_array_equal(read(own, kind) + read(rest, kind), read(pair.song, kind))
    np.testing.assert_array_equal(read(own, "float64"), vocal)


def test_the_clip_is_cut_out_of_both(tmp_path):
    pair = Pair(tmp_path, SONG.mixture, SONG.vocal, start=1.37)
    own, rest = pair.subtracted(length="100-window")
    stretch = slice(round(1.37 * 22050) * 2, round(1.37 * 22050) * 2 + round(4.7 * RATE_HZ))
    np.testing.assert_array_equal(read(own) + read(rest), read(pair.song)[stretch])
    np.testing.assert_allclose(read(own, "float64"), VOCAL[stretch], atol=2e-7)


def test_an_instrumental_has_the_other_names(tmp_path):
    pair = Pair(tmp_path, SONG.mixture, MUSIC, source="music")
    own, rest = pair.subtracted()
    np.testing.assert_array_equal(read(own) + read(rest), read(pair.song))
    assert si_sdr_db(VOCAL, read(rest, "float64")) > 90


@pytest.mark.parametrize("lead", [1001, -333])
def test_a_delay_of_half_a_sample_of_the_working_rate_is_whole(tmp_path, lead):
    reference = np.pad(VOCAL, ((max(lead, 0), 0), (0, 0)))[max(0, -lead) :]
    sung = np.where(np.arange(len(VOCAL))[:, None] < -lead, 0, VOCAL)
    pair = Pair(tmp_path, MUSIC + sung, reference)
    assert not float(read_alignment(pair.prepared("no-limit"))["offset_samples"]).is_integer()
    assert pair.ratio_db(MUSIC) > 90


def test_a_mono_acapella_finds_its_level_in_each_channel(tmp_path):
    mono = VOCAL.mean(axis=1)
    sung = np.stack([1.2 * mono, 0.5 * mono], axis=1)
    pair = Pair(tmp_path, 0.5 * (MUSIC + sung), mono)
    assert pair.ratio_db(MUSIC) > 45


def test_a_mono_acapella_finds_a_room_in_each_channel(tmp_path):
    rng, mono = np.random.default_rng(0), VOCAL.mean(axis=1)
    time_s = np.arange(RATE_HZ) / RATE_HZ
    rooms = rng.normal(size=(2, RATE_HZ)) * 10 ** (-3 * time_s) * (time_s > 0.02)
    rooms *= 10 ** (-6 / 20) / np.sqrt(np.sum(rooms**2, axis=1, keepdims=True))
    sung = np.stack([mono + fftconvolve(mono, room)[: len(mono)] for room in rooms], axis=1)
    pair = Pair(tmp_path, 0.5 * (MUSIC + sung), mono)
    dry, rebuilt = (pair.ratio_db(MUSIC, is_path_used=used) for used in (False, True))
    assert rebuilt > dry + 3


def test_a_reference_of_another_rate_level_and_sign(tmp_path):
    reference = -0.4 * soxr.resample(np.pad(VOCAL, ((5000, 0), (0, 0))), RATE_HZ, 48_000, "VHQ")
    pair = Pair(tmp_path, SONG.mixture, reference, (RATE_HZ, 48_000))
    assert pair.ratio_db(MUSIC) > 40


def test_a_drift_is_followed(tmp_path):
    """The timeline of the working rate holds at the song's own."""
    song = demo_song(18.0, RATE_HZ)
    fast = soxr.resample(song.vocal.astype(float), 1_000_000, 999_000, "VHQ")
    pair = Pair(tmp_path, song.mixture, fast)
    alignment = read_alignment(pair.prepared("no-limit"))
    assert alignment["drift_ppm"] == pytest.approx(1000, abs=5)
    assert pair.ratio_db(song.mixture.astype(float) - song.vocal) > 25


@pytest.mark.thorough
def test_tone_follows_only_where_the_alignment_found_one(tmp_path):
    song = demo_song(18.0, RATE_HZ)
    vocal, music = song.vocal.astype(float), song.mixture.astype(float) - song.vocal
    low = sosfilt(butter(1, 1500, fs=RATE_HZ, output="sos"), vocal, axis=0)
    pair = Pair(tmp_path, music + vocal, vocal + low)
    facts = pair.prepared("no-limit") / "alignment.json"
    told = json.loads(facts.read_text())
    assert told["is_tone_matched"]
    matched = pair.ratio_db(music)
    facts.write_text(json.dumps(told | {"is_tone_matched": False}))
    assert matched > pair.ratio_db(music) + 6
    plain = Pair(tmp_path, SONG.mixture, SONG.vocal)
    assert not read_alignment(plain.prepared("no-limit"))["is_tone_matched"]


@pytest.mark.thorough
@pytest.mark.parametrize(("coherence", "sign"), [(0.01, 1), (-0.01, -1)])
def test_a_reference_that_the_song_does_not_hold_stays_where_and_as_loud_as_it_was_checked(
    tmp_path, coherence, sign
):
    strange = demo_song(8.0, RATE_HZ, seed=5).vocal[:, ::-1]
    pair = Pair(tmp_path, MUSIC, strange)
    found = SimpleNamespace(reference_gain_db=-6.0, coherence=coherence, source="vocal")
    given = pair.checked(is_placed=False, is_subtracted=False, findings=found)
    references = original_pair(given).references
    for number, channel in enumerate(references):
        level = sign * 10 ** (-6 / 20)
        np.testing.assert_allclose(channel[:], level * strange[:, number], atol=1e-6)


@pytest.mark.thorough
@pytest.mark.parametrize("turned", ["song", "reference"])
def test_an_inverted_channel_of_either_file(tmp_path, turned):
    mono = VOCAL.mean(axis=1, keepdims=True) * [1, 1]
    signs = {role: [1, -1] if role == turned else [1, 1] for role in ("song", "reference")}
    music = MUSIC * signs["song"]
    pair = Pair(tmp_path, (MUSIC + mono) * signs["song"], mono * signs["reference"])
    assert pair.ratio_db(music) > 90


def test_nothing_is_put_into_a_channel_that_is_empty(tmp_path):
    song = SONG.mixture * np.float32([1, 0])
    pair = Pair(tmp_path, song, VOCAL[:, 0])
    own, rest = (read(path) for path in pair.subtracted(is_path_used=True))
    assert not own[:, 1].any()
    assert not rest[:, 1].any()
    assert own[:, 0].any()


@pytest.mark.thorough
@pytest.mark.parametrize("factor", [1.0, 0.7, -0.7])
def test_without_alignment_it_counts_from_its_first_sample(tmp_path, factor):
    pair = Pair(tmp_path, 0.7 * SONG.mixture, 0.7 * VOCAL / factor, no_align=True)
    assert not (pair.prepared("no-limit") / "alignment.json").exists()
    assert pair.ratio_db(MUSIC) > (90 if factor == 1 else 45)


def test_where_the_reference_ends_the_song_goes_on(tmp_path):
    pair = Pair(tmp_path, SONG.mixture, VOCAL[: 5 * RATE_HZ])
    own, rest = (read(path) for path in pair.subtracted())
    assert len(own) == len(SONG.mixture)
    assert not own[5 * RATE_HZ :].any()
    np.testing.assert_array_equal(own + rest, read(pair.song))


def test_a_reference_that_changed_went_or_was_never_named_is_told(tmp_path):
    pair = Pair(tmp_path, SONG.mixture, SONG.vocal)
    facts = pair.prepared("no-limit") / "original.json"
    pair.reference.write_bytes(pair.reference.read_bytes()[:-4] + b"abcd")
    with pytest.raises(InputError, match=r"reference\.wav has changed since preparing read it"):
        pair.subtracted()
    pair.reference.unlink()
    with pytest.raises(InputError, match=r"reference\.wav has gone since .*; prepare it again"):
        pair.subtracted()
    told = json.loads(facts.read_text())
    del told["reference"]
    facts.write_text(json.dumps(told))
    with pytest.raises(InputError, match="does not say where the reference is from; prepare it"):
        pair.subtracted()
    assert not list((tmp_path / "out").glob("*.wav"))
