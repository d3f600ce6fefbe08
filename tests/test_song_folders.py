"""Folders of songs in every layout, their spectrograms, and the batches made of them."""

import contextlib
import itertools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from song_sets import DATA, RATE_HZ, needs_data, stems_of, write_engine_result, write_song

from unet.front_end import FrontEnd
from unet.songs.remix import Augmentation, RemixedBatches
from unet.songs.song_folders import find_songs
from unet.songs.song_split import is_test, musdb_validation_names, split_songs
from unet.songs.stem_cache import SPEEDS, cache_songs
from unet.songs.stems import read_mask
from unet.songs.vocal_losses import LOSSES
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.spectral.transform import stft

FRONT_END = FrontEnd(RATE_HZ, 512, 256, 256)
PLAIN = Augmentation(1.0, 1.0, 0, 0, 0, 0, 0, 0, 0)


def test_every_layout_in_one_folder(tmp_path):
    write_song(tmp_path / "hq" / "Band - Song", 1)
    two = write_song(tmp_path / "Plain - Two", 2)
    for name in ("drums", "bass", "other"):
        (two / f"{name}.wav").unlink()
    write_engine_result(tmp_path / "output" / "Engine - Three")
    for role, sound in stems_of(4).items():
        if role in ("vocals", "other"):
            role = {"other": "accompaniment"}.get(role, role)
            (tmp_path / "clips").mkdir(exist_ok=True)
            soundfile.write(tmp_path / "clips" / f"amy_1.{role}.flac", sound, RATE_HZ)
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "notes.txt").touch()
    songs = {song.name: song for song in find_songs([tmp_path])}
    assert {name: song.layout for name, song in songs.items()} == {
        "Band - Song": "folder",
        "Plain - Two": "folder",
        "Engine - Three": "engine",
        "amy_1": "clip",
    }
    assert songs["Band - Song"].sources == ("vocals", "drums", "bass", "other")
    for name in ("Plain - Two", "Engine - Three", "amy_1"):
        assert songs[name].sources == ("vocals", "accompaniment")
    assert [songs[n].artist for n in ("Band - Song", "amy_1")] == ["Band", "amy"]
    for song in songs.values():
        stems = song.read()
        together = sum(stems.sources.values())
        np.testing.assert_allclose(together, stems.mixture, atol=1e-4)
        assert tuple(stems.sources) == song.sources


def test_the_engines_mask_is_the_target(tmp_path):
    """The network learns the same mask that the engine fitted, number by number."""
    mixture, mask, settings = write_engine_result(tmp_path / "a" / "song")
    front_end = FrontEnd(settings.sample_rate_hz, settings.n_fft, settings.hop_length, 1025)
    (cached,) = cache_songs(find_songs([tmp_path / "a"]), front_end, (1.0,), tmp_path / "c", "")
    vocals, rest = (
        cached.read(0, cached.n_windows, name)[0].numpy() for name in cached.song.sources
    )
    whole = vocals + rest
    heard = np.abs(whole) > 1e-2 * np.abs(whole).max()
    n_windows = mask.shape[1]
    learnt = (np.abs(vocals) / np.maximum(np.abs(whole), 1e-9))[:, :n_windows]
    assert heard.sum() > 500
    np.testing.assert_allclose(learnt[heard[:, :n_windows]], mask[heard[:, :n_windows]], atol=2e-3)
    inside = slice(2, n_windows - 2)  # the engine's STFT may treat the ends otherwise
    spectrum = np.abs(stft(mixture, settings))[:, inside]
    scale = np.linalg.norm(np.abs(whole)[:, inside]) / np.linalg.norm(spectrum)
    np.testing.assert_allclose(
        np.abs(whole)[:, inside], scale * spectrum, atol=2e-3 * np.abs(whole).max()
    )


def test_results_that_do_not_belong_together(tmp_path):
    write_engine_result(tmp_path / "song", fault="shape")
    with pytest.raises(InputError, match="are they of the same run"):
        find_songs([tmp_path])[0].read()
    (tmp_path / "song" / "mask.npz").write_bytes(b"no archive")
    with pytest.raises(InputError, match="is not a mask that the engine wrote"):
        find_songs([tmp_path])[0].read()


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_damaged_masks(tmp_path, save):
    """Cut off, or with a few wrong bytes anywhere: whatever the archive's reader makes of it."""
    path = tmp_path / "mask.npz"
    mask = np.random.default_rng(0).random((65, 8), np.float32)
    save(path, mask=mask, sample_rate_hz=22050, n_fft=128, hop_length=64)
    whole, (found, settings) = path.read_bytes(), read_mask(path)
    np.testing.assert_array_equal(found, mask)
    assert settings.hop_length == 64
    draw = np.random.default_rng(1)
    for _ in range(200):
        damaged = bytearray(whole)
        if draw.random() < 0.2:
            damaged = damaged[: draw.integers(len(whole))]
        else:
            for place in draw.integers(len(whole), size=3):
                damaged[place] ^= draw.integers(1, 256)
        path.write_bytes(bytes(damaged))
        with contextlib.suppress(InputError):  # a few bytes may be of no account
            read_mask(path)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("n_fft", 1 << 30, "for a transform of"),
        ("n_fft", 256, "for a transform of"),
        ("sample_rate_hz", 1 << 40, "1099511627776 Hz"),
        ("mask", np.float32(3), "holds shape"),
        ("mask", np.full((65, 8), 1e30), "not from 0 to 1"),
        ("mask", np.full((65, 8), -0.5), "not from 0 to 1"),
        ("mask", np.full((65, 8), np.nan), "holds NaN"),
    ],
)
def test_a_mask_with_numbers_that_cannot_be_meant(tmp_path, name, value, message):
    """Neither is so much memory asked for as damage says, nor anything learnt from it."""
    song = tmp_path / "song"
    song.mkdir()
    soundfile.write(song / "1_original_mixture.wav", np.zeros(1000), 22050)
    held = {"mask": np.zeros((65, 8)), "sample_rate_hz": 22050, "n_fft": 128, "hop_length": 64}
    np.savez(song / "mask.npz", **(held | {name: value}))
    with pytest.raises(InputError, match=message):
        find_songs([tmp_path])[0].read()


def test_a_song_that_goes_before_it_is_read(tmp_path):
    song = write_song(tmp_path / "song", 0)
    found = find_songs([tmp_path])
    (song / "bass.wav").unlink()
    with pytest.raises(InputError, match=r"cannot read .*bass\.wav"):
        cache_songs(found, FRONT_END, (1.0,), tmp_path / "cache", "songs")


def test_stems_that_do_not_belong_together(tmp_path):
    song = write_song(tmp_path / "song", 0)
    soundfile.write(song / "bass.wav", np.zeros((100, 2)), RATE_HZ)
    with pytest.raises(InputError, match="samples long, wanted one length"):
        find_songs([tmp_path])[0].read()
    soundfile.write(song / "bass.wav", np.zeros((32000, 2)), 8000)
    with pytest.raises(InputError, match="differ in sampling rate"):
        find_songs([tmp_path])[0].read()
    soundfile.write(song / "bass.wav", np.full((32000, 2), np.nan), RATE_HZ, "FLOAT")
    with pytest.raises(InputError, match="NaN"):
        find_songs([tmp_path])[0].read()


def test_folders_without_songs(tmp_path):
    with pytest.raises(InputError, match="is not a folder"):
        find_songs([tmp_path / "none"])
    with pytest.raises(InputError, match="holds no songs; wanted"):
        find_songs([tmp_path])


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_without_ffmpeg_only_what_needs_it_is_refused(tmp_path):
    song = tmp_path / "song.stem.mp4"
    tone = ["-f", "lavfi", "-i", "sine=duration=0.2"]
    subprocess.run(["ffmpeg", "-v", "error", *tone, str(song)], check=True)
    code = f"""if True:
        from pathlib import Path
        from unet.songs.song_split import musdb_validation_names
        from unet.songs.stems import read_stem_mp4
        print(len(musdb_validation_names()))
        try:
            read_stem_mp4(Path({str(song)!r}))
        except ValueError as error:
            print(type(error).__name__, error)"""
    root = Path(__file__).resolve().parents[1]
    environment = {**os.environ, "PATH": str(tmp_path), "PYTHONPATH": str(root)}
    shown = subprocess.check_output([sys.executable, "-c", code], text=True, env=environment)
    assert shown.startswith("14\nInputError song.stem.mp4 cannot be read as five streams")
    assert "is ffmpeg installed?" in shown


def test_validation_songs_are_never_trained_on(tmp_path):
    assert len(musdb_validation_names()) == 14
    names = [*sorted(musdb_validation_names())[:2], "A - 1", "A - 2", "B - 1"]
    for place in ("train", "test"):
        for seed, name in enumerate(names):
            if (place, name) != ("test", names[0]):
                write_song(tmp_path / place / name, seed, 0.1)
    songs = find_songs([tmp_path])
    assert sum(map(is_test, songs)) == 4
    training, validation = split_songs(songs)
    assert sorted(song.name for song in validation) == names[:2]
    assert sorted(song.name for song in training) == names[2:]
    for name in names[:2]:
        shutil.rmtree(tmp_path / "train" / name)
    training, validation = split_songs(find_songs([tmp_path / "train"]))
    assert {song.artist for song in validation} == {"A"}
    assert {song.artist for song in training} == {"B"}
    with pytest.raises(InputError, match="leave none to train on"):
        split_songs([song for song in songs if song.artist == "A" and not is_test(song)])


def test_cache_is_used_again_and_follows_changes(tmp_path):
    write_song(tmp_path / "s" / "song", 0)
    songs = find_songs([tmp_path / "s"])
    first = cache_songs(songs, FRONT_END, SPEEDS, tmp_path / "c", "")
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "c").iterdir()}
    again = cache_songs(songs, FRONT_END, SPEEDS, tmp_path / "c", "")
    assert [cached.path for cached in first] == [cached.path for cached in again]
    assert times == {path: path.stat().st_mtime_ns for path in (tmp_path / "c").iterdir()}
    n_windows = [cached.n_windows for cached in first]
    assert n_windows[0] == 1 + -(-2 * RATE_HZ // 256)
    for n, speed in zip(n_windows, SPEEDS, strict=True):
        assert abs(n - n_windows[0] / speed) < 3
    shutil.rmtree(tmp_path / "s")
    write_song(tmp_path / "s" / "song", 1)
    other = cache_songs(find_songs([tmp_path / "s"]), FRONT_END, (1.0,), tmp_path / "c", "")
    assert other[0].path != first[0].path


def test_a_faster_song_is_higher(tmp_path):
    (tmp_path / "s" / "song").mkdir(parents=True)
    t = np.arange(2 * RATE_HZ) / RATE_HZ
    for role, hz in (("vocals", 2000), ("mixture", 2000)):
        sound = 0.1 * np.sin(2 * np.pi * hz * t) + (role == "mixture") * 0.01
        soundfile.write(tmp_path / "s" / "song" / f"{role}.wav", sound, RATE_HZ, "FLOAT")
    for cached in cache_songs(find_songs([tmp_path / "s"]), FRONT_END, SPEEDS, tmp_path / "c", ""):
        power = cached.read(5, 20, "vocals").abs().square().sum(dim=(0, 2))
        assert abs(int(power.argmax()) - 2000 * cached.speed / RATE_HZ * 512) <= 1


def test_silent_songs_are_left_out(tmp_path):
    song = write_song(tmp_path / "s" / "song", 0)
    for path in song.iterdir():
        soundfile.write(path, np.zeros((16000, 2)), RATE_HZ)
    with pytest.raises(InputError, match="all 1 songs are left out"):
        cache_songs(find_songs([tmp_path / "s"]), FRONT_END, (1.0,), tmp_path / "c", "")


def batches_of(tmp_path, sources=("vocals",), augmentation=PLAIN, seed=0, seconds=2.0, n=64):
    if not (tmp_path / "s").exists():
        for number in range(3):
            write_song(tmp_path / "s" / f"{number} - song", number, seconds)
    cached = cache_songs(find_songs([tmp_path / "s"]), FRONT_END, (1.0,), tmp_path / "c", "")
    return RemixedBatches(cached, sources, 4, n, 5, seed, augmentation)


@pytest.mark.slow
@pytest.mark.parametrize("augmentation", [PLAIN, Augmentation()])
def test_sources_sum_to_the_mixture(tmp_path, augmentation):
    batches = batches_of(tmp_path, ("vocals", "drums", "bass", "other"), augmentation)
    for index in range(4):
        mixture, sources, known = batches[index]
        assert mixture.shape == (4, 1, 256, 64)
        assert sources.shape == (4, 4, 1, 256, 64)
        assert known.shape == (4, 1, 1, 256, 1)
        torch.testing.assert_close(sources.sum(dim=1), mixture, atol=1e-4, rtol=1e-3)


def test_short_songs_are_padded_with_zeros(tmp_path):
    mixture = batches_of(tmp_path, seconds=0.5)[0].mixture
    n_windows = 1 + -(-RATE_HZ // 2 // 256)
    assert mixture[..., :n_windows].abs().min(dim=-1).values.max() > 0
    assert not mixture[..., n_windows:].any()


def test_batches_depend_on_seed_and_number_alone(tmp_path):
    augmentation = Augmentation()
    one, same = (batches_of(tmp_path, augmentation=augmentation) for _ in range(2))
    other = batches_of(tmp_path, augmentation=augmentation, seed=1)
    assert torch.equal(one[3].mixture, same[3].mixture)
    assert not torch.equal(one[3].mixture, one[4].mixture)
    assert not torch.equal(one[3].mixture, other[3].mixture)
    assert list(one.of_epoch(2)) == [10, 11, 12, 13, 14]


def test_remixing_crosses_songs(tmp_path):
    remix = Augmentation(0, 0, 0, 0, 0, 0, 0, 0, 0)
    whole = batches_of(tmp_path, ("vocals", "other"), PLAIN)[0]
    mixed = batches_of(tmp_path, ("vocals", "other"), remix)[0]
    assert whole.mixture.shape == mixed.mixture.shape
    pairs = itertools.product(range(4), repeat=2)
    assert not any(torch.equal(whole.mixture[i], mixed.mixture[j]) for i, j in pairs)


@pytest.mark.slow
@pytest.mark.parametrize("loss", sorted(LOSSES))
def test_losses_are_least_for_the_ideal_mask(tmp_path, loss):
    batch = batches_of(tmp_path)[0]
    ideal = (batch.sources * batch.mixture[:, None].conj()).real
    ideal = (ideal / (batch.mixture[:, None].abs().square() + 1e-8)).clamp(0, 1)
    if loss in ("l1", "mse"):
        ideal = (batch.sources.abs() / (batch.mixture[:, None].abs() + 1e-8)).clamp(0, 1)
    best = float(LOSSES[loss](ideal, batch))
    for mask in (torch.zeros_like(ideal), torch.ones_like(ideal), ideal * 0.9, 0.1 + 0.9 * ideal):
        assert float(LOSSES[loss](mask, batch)) > best


def test_l1_is_jansson_equation_1(tmp_path):
    batch = batches_of(tmp_path)[0]
    masks = torch.rand(batch.sources.shape, generator=torch.Generator().manual_seed(0))
    apart = (masks * batch.mixture.abs()[:, None] - batch.sources.abs()).abs()
    known = int(0.95 * 256)  # a resampler's filter ends there
    wanted = float(apart[..., :known, :].mean())
    assert float(LOSSES["l1"](masks, batch)) == pytest.approx(wanted, rel=1e-5)


@needs_data
def test_real_data_of_all_kinds():
    songs = find_songs([DATA / "musdb18-7s", DATA / "mir1k"])
    training, validation = split_songs(songs)
    assert len(validation) == 14
    assert {song.layout for song in validation} == {"stem.mp4"}
    assert not {song.name for song in training} & {song.name for song in validation}
    musdb = next(song for song in songs if song.layout == "stem.mp4").read()
    assert musdb.sample_rate_hz == 44100
    assert musdb.mixture.shape[1] == 2
    difference = sum(musdb.sources.values()) - musdb.mixture
    assert difference.std() < 0.1 * musdb.mixture.std()
    clip = next(song for song in songs if song.layout == "clip").read()
    assert clip.mixture.shape[1] == 1
    assert set(clip.sources) == {"vocals", "accompaniment"}
