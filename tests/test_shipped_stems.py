"""The shipped model for four stems: it takes a song apart, and its card says what it is."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch

from unet.model_files import load_model
from unet.separating import SHIPPED_STEMS, load_network, separate_sound
from vocal_separation_sanity_check.demo.song import demo_song
from vocal_separation_sanity_check.scoring import si_sdr_db

ROOT = Path(__file__).resolve().parents[1]
CARD = SHIPPED_STEMS.with_name("STEMS_CARD.md").read_text(encoding="utf-8")


def test_it_finds_the_voice_of_the_demo_song_and_its_stems_sum_to_the_song():
    network, _ = load_network(SHIPPED_STEMS, "cpu")
    assert network.stems == ("vocals", "drums", "bass", "other")
    song = demo_song(4.7, 44_100)
    stems = separate_sound(song.mixture.astype(np.float32), 44_100, network)
    np.testing.assert_allclose(sum(stems.values()), song.mixture, atol=1e-6)
    before, after = (
        si_sdr_db(sound.ravel(), song.vocal.ravel()) for sound in (song.mixture, stems["vocals"])
    )
    assert after - before > 8


def test_its_card_says_what_the_file_holds():
    held = load_model(SHIPPED_STEMS, "stems")
    n_weights = sum(weights.numel() for weights in held.network.parameters())
    assert f"{n_weights:,}".replace(",", " ") in CARD
    assert f"epoch {held.metadata['epoch']} " in CARD
    assert f"{held.metadata['n_training_songs']} training songs" in CARD
    for data in held.metadata["training_data"]:
        assert data["licence"] in CARD
    assert SHIPPED_STEMS.stat().st_size < 10e6
    assert next(held.network.parameters()).dtype == torch.float32


@pytest.mark.parametrize("row", ["mixture", "ideal mask", "network"])
def test_its_figures_are_those_of_the_study(row):
    study = (ROOT / "docs" / "study.md").read_text(encoding="utf-8")
    name = "2-D, depth 6, 4 times as long" if row == "network" else row
    cells = next(line for line in study.splitlines() if line.startswith(f"| {name} |")).split("|")
    figures = CARD.partition("| | vocals |")[2]
    told = re.search(rf"^\| \**{row}\** \|(.*)\|$", figures, re.MULTILINE)[1].split("|")
    assert [cell.strip() for cell in told] == [cell.strip() for cell in cells[7:12]]
