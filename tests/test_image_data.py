"""Pictures and masks: formats, pairing, and everything that can be wrong with them."""

import subprocess
import sys
import warnings

import numpy as np
import pytest
from image_sets import SIZE, save, write_discs
from PIL import Image

from unet.pictures.image_data import (
    ImageMasks,
    check_sizes,
    find_mask_values,
    split_pairs,
)
from unet.pictures.image_files import (
    find_pairs,
    image_size,
    read_image,
    read_mask,
    scaled_image,
    scaled_size,
)
from vocal_separation_sanity_check.errors import InputError


def test_pairs_by_name(tmp_path):
    write_discs(tmp_path, 3)
    (tmp_path / "imgs" / ".DS_Store").touch()
    (tmp_path / "masks" / "disc1_mask.png").rename(tmp_path / "masks" / "disc1_mask.gif")
    names = [(pair.image.name, pair.mask.name) for pair in find_pairs(tmp_path)]
    assert names == [
        ("disc0.png", "disc0_mask.png"),
        ("disc1.png", "disc1_mask.gif"),
        ("disc2.png", "disc2_mask.png"),
    ]


def test_missing_folders_pictures_and_masks(tmp_path):
    with pytest.raises(InputError, match=r"no folder .*imgs"):
        find_pairs(tmp_path)
    (tmp_path / "imgs").mkdir()
    with pytest.raises(InputError, match=r"imgs is empty"):
        find_pairs(tmp_path)
    write_discs(tmp_path, 3)
    (tmp_path / "masks" / "disc1_mask.png").rename(tmp_path / "masks" / "disc1.png")
    with pytest.raises(InputError, match=r"1 of 3 pictures .*wanted masks/disc1_mask\.png"):
        find_pairs(tmp_path)


def test_ambiguous_names(tmp_path):
    write_discs(tmp_path, 2)
    save(tmp_path / "imgs" / "disc0.bmp", np.zeros((4, 4)))
    with pytest.raises(InputError, match=r"disc0\.bmp and disc0\.png; leave only one"):
        find_pairs(tmp_path)


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "bmp", "tiff", "webp", "ppm"])
@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA", "CMYK", "1", "I;16"])
def test_any_format(tmp_path, suffix, mode):
    grey = np.tile(np.linspace(0, 255, SIZE[0]), (SIZE[1], 1))
    if mode == "I;16":
        if suffix not in ("png", "tiff"):
            pytest.skip(f"{suffix} does not hold 16 bits")
        image = Image.fromarray((grey * 257).astype(np.uint16))
    else:
        image = Image.fromarray(np.dstack([grey] * 3).astype(np.uint8))
        image = image.quantize(64, dither=Image.Dither.NONE) if mode == "P" else image.convert(mode)
    path = tmp_path / f"a.{suffix}"
    try:
        image.save(path)
    except (OSError, ValueError):
        pytest.skip(f"Pillow does not write {mode} as {suffix}")
    read = read_image(path)
    assert (read.mode, read.size) == ("RGB", SIZE)
    means = np.asarray(read, float).mean(axis=(0, 2))
    assert np.abs(means - grey[0]).max() < (256 if mode == "1" else 10)
    assert means[:3].max() < 40
    assert means[-3:].min() > 215


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n half a header"])
def test_no_picture(tmp_path, content):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(InputError, match=r"cannot read .*a\.png as a picture"):
        read_image(tmp_path / "a.png")


def test_truncated_picture(tmp_path):
    save(tmp_path / "a.png", np.random.default_rng(0).integers(0, 255, (50, 50, 3)))
    whole = (tmp_path / "a.png").read_bytes()
    (tmp_path / "a.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="cannot read"):
        read_image(tmp_path / "a.png")


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_picture_too_large(tmp_path, monkeypatch):
    save(tmp_path / "a.png", np.zeros((20, 20)))
    for limit, message in (
        (300, r"a\.png is too large: 20 × 20 pixels, wanted at most 300 in all"),
        (100, r"cannot read .*a\.png as a picture"),
    ):
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
        for read in (read_image, read_mask, image_size):
            with pytest.raises(InputError, match=message):
                read(tmp_path / "a.png")


def test_only_we_speak_of_a_picture_that_is_too_large(tmp_path):
    save(tmp_path / "a.png", np.zeros((20, 20)))
    code = """if True:
        import sys
        from pathlib import Path
        from PIL import Image
        from unet.pictures import read_image
        Image.MAX_IMAGE_PIXELS = 300
        try:
            read_image(Path(sys.argv[1]))
        except ValueError as error:
            print(error)"""
    arguments = [sys.executable, "-c", code, str(tmp_path / "a.png")]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    assert "a.png is too large" in done.stdout
    assert done.stderr == ""


def test_reading_switches_no_filters_of_warnings(tmp_path, monkeypatch):
    """They are the whole process's; switching them in threads leaves the wrong ones behind."""
    write_discs(tmp_path, 1)
    seen = []
    really_open = Image.open

    def noting(path):
        seen.append(list(warnings.filters))
        return really_open(path)

    monkeypatch.setattr(Image, "open", noting)
    read_image(find_pairs(tmp_path)[0].image)
    assert seen == [warnings.filters]


@pytest.mark.parametrize("mode", ["1", "L", "P"])
def test_masks_of_every_kind_are_the_same_labels(tmp_path, mode):
    write_discs(tmp_path, 2)
    pairs = find_pairs(tmp_path)
    wanted = np.asarray(Image.open(pairs[0].mask)) > 0
    for pair in pairs:
        inside = Image.fromarray((np.asarray(Image.open(pair.mask)) > 0).astype(np.uint8))
        image = inside.point(lambda v: 255 * v).convert(mode) if mode != "P" else inside
        if mode == "P":
            image.putpalette([0, 0, 0, 255, 255, 255])
        image.save(pair.mask)
    values = find_mask_values(pairs, 1)
    assert values == ([0, 255] if mode == "L" else [0, 1])
    _, labels = ImageMasks(pairs, values, scale=1)[0]
    assert np.array_equal(labels.numpy(), wanted)


def test_gif_masks(tmp_path):
    write_discs(tmp_path, 2)
    for pair in find_pairs(tmp_path):
        Image.open(pair.mask).convert("1").save(pair.mask.with_suffix(".gif"))
        pair.mask.unlink()
    pairs = find_pairs(tmp_path)
    image, labels = ImageMasks(pairs, find_mask_values(pairs, 1), scale=0.5)[0]
    assert image.shape == (3, 12, 20)
    assert labels.shape == (12, 20)
    assert 0 < labels.double().mean() < 0.5


def test_colour_masks(tmp_path):
    colours = np.array([[0, 0, 0], [200, 0, 7], [7, 0, 200]])
    wanted = np.random.default_rng(0).integers(0, 3, (24, 40))
    save(tmp_path / "imgs" / "a.png", np.zeros((24, 40, 3)))
    save(tmp_path / "masks" / "a_mask.png", colours[wanted])
    pairs = find_pairs(tmp_path)
    values = find_mask_values(pairs, 3)
    assert values == sorted(colours.tolist())
    labels = ImageMasks(pairs, values, scale=1)[0].labels.numpy()
    assert np.array_equal(np.array(values)[labels], colours[wanted])


def test_mask_of_another_size(tmp_path):
    write_discs(tmp_path, 2)
    save(tmp_path / "masks" / "disc1_mask.png", np.eye(7) * 255)
    with pytest.raises(InputError, match=r"disc1_mask.png is 7 × 7 pixels, its picture 40 × 24"):
        find_mask_values(find_pairs(tmp_path), 1)


def test_masks_with_too_many_values(tmp_path):
    write_discs(tmp_path, 3)
    rows = np.arange(24)[:, None] * np.ones(40)
    save(tmp_path / "masks" / "disc1_mask.png", rows)
    with pytest.raises(InputError, match="25 different values, wanted at most 2; raise --classes"):
        find_mask_values(find_pairs(tmp_path), 2)
    noise = np.random.default_rng(0).integers(0, 255, (24, 40, 3))
    save(tmp_path / "masks" / "disc1_mask.png", noise)
    with pytest.raises(InputError, match=r"different values; is it a mask\?"):
        find_mask_values(find_pairs(tmp_path), 2)


def test_masks_that_do_not_fit_together(tmp_path):
    write_discs(tmp_path, 2)
    pairs = find_pairs(tmp_path)
    Image.open(pairs[1].mask).convert("RGB").save(pairs[1].mask)
    with pytest.raises(InputError, match="some masks are grey"):
        find_mask_values(pairs, 9)
    with pytest.raises(InputError, match="values that the other masks have not"):
        ImageMasks(pairs, [0, 254], scale=1)[0]
    for pair in pairs:
        save(pair.mask, np.zeros((24, 40)))
    with pytest.raises(InputError, match="one flat area"):
        find_mask_values(pairs, 1)
    Image.fromarray(np.zeros((24, 40), np.uint16)).save(pairs[0].mask)
    with pytest.raises(InputError, match="save the mask with 8 bits"):
        read_mask(pairs[0].mask)


def test_sizes_in_a_batch(tmp_path):
    write_discs(tmp_path, 2)
    save(tmp_path / "imgs" / "disc0.png", np.zeros((30, 30, 3)))
    pairs = find_pairs(tmp_path)
    check_sizes(pairs, 1, batch_size=1)
    with pytest.raises(InputError, match=r"2 different sizes \(30 × 30, 40 × 24\)"):
        check_sizes(pairs, 1, batch_size=2)


def test_split_is_drawn_by_the_seed(tmp_path):
    write_discs(tmp_path, 10)
    pairs = find_pairs(tmp_path)
    training, validation = split_pairs(pairs, 30, seed=0)
    assert len(validation) == 3
    assert sorted(training + validation) == pairs
    assert split_pairs(pairs, 30, seed=0) == (training, validation)
    assert split_pairs(pairs, 30, seed=1) != (training, validation)
    assert [len(part) for part in split_pairs(pairs, 0.1, seed=0)] == [9, 1]
    assert [len(part) for part in split_pairs(pairs, 99.9, seed=0)] == [1, 9]
    with pytest.raises(InputError, match="between 0 and 100 percent"):
        split_pairs(pairs, 100, seed=0)
    with pytest.raises(InputError, match="one picture only"):
        split_pairs(pairs[:1], 10, seed=0)


def test_scaling():
    assert scaled_size((100, 51), 0.5) == (50, 25)
    with pytest.raises(InputError, match="leaves nothing"):
        scaled_size((100, 1), 0.5)
    for scale in (0, 1.5, float("nan")):
        with pytest.raises(InputError, match="wanted over 0 and up to 1"):
            scaled_size((100, 100), scale)
    white = scaled_image(Image.new("RGB", (8, 6), (255, 0, 51)), 0.5)
    assert white.shape == (3, 3, 4)
    assert white.dtype == np.float32
    np.testing.assert_allclose(white[:, 1, 1], [1, 0, 0.2])
