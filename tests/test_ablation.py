"""Which parts of the fingerprint matter: the fits, their table and their picture."""

import csv
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.image import imread

from vocal_separation_sanity_check.check import ablation_files
from vocal_separation_sanity_check.demo.song import demo_song
from vocal_separation_sanity_check.fingerprints.slices import LINEAR_SLICES, SLICES
from vocal_separation_sanity_check.fitting.measurement_loss import TERMS
from vocal_separation_sanity_check.separation import ablation
from vocal_separation_sanity_check.separation.in_memory import separate
from vocal_separation_sanity_check.settings import Settings
from vocal_separation_sanity_check.spectral import block

pytestmark = pytest.mark.slow

SETTINGS = Settings(n_iterations=6)


def test_the_plan_covers_every_slice_and_family_once():
    by_kind = {}
    for kind, name, _ in ablation.plan(SETTINGS):
        by_kind.setdefault(kind, []).append(name)
    assert by_kind[ablation.LEFT_OUT] == [which.name for which in LINEAR_SLICES]
    assert by_kind[ablation.ALONE] == [which.name for which in SLICES]
    assert by_kind[ablation.FAMILY_ALONE] == by_kind[ablation.FAMILY_ADDED] == list(TERMS)


class Watched:
    """A signal that remembers how much of it was asked for at a time."""

    def __init__(self, samples):
        self.samples, self.most = samples, 0

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, part):
        found = self.samples[part]
        self.most = max(self.most, len(found))
        return found


@pytest.mark.compiled
def test_block_by_block_is_as_good_as_at_once(monkeypatch):
    """Of a song of any length no more than a block is held."""
    kept = {(ablation.ALL, "the 17 linear slices"), (ablation.ALONE, "raw")}
    some = [fit for fit in ablation.plan(Settings()) if fit[:2] in kept]
    monkeypatch.setattr(ablation, "plan", lambda _: some)
    song = demo_song(5, 22050)
    mixture, vocal = (sound.mean(axis=1).astype(np.float32) for sound in (song.mixture, song.vocal))
    separation = separate(mixture, vocal, Settings())
    at_once = ablation.ablate(mixture, vocal, separation, Settings())

    monkeypatch.setattr(block, "CORE_WINDOWS", 36)
    watched, shares = [Watched(mixture), Watched(vocal)], []
    in_blocks = ablation.ablate(*watched, separation, Settings(), shares.append)
    for found, wanted in zip(in_blocks, at_once, strict=True):
        assert (found.kind, found.name) == (wanted.kind, wanted.name)
        # One slice leaves much open, which takes more steps than a fit takes.
        apart_db = 0.1 if found.kind == ablation.ALONE else 0.01
        assert found.si_sdr_db == pytest.approx(wanted.si_sdr_db, abs=apart_db)
        assert found.match == pytest.approx(wanted.match, abs=0.005)
    assert max(each.most for each in watched) < len(mixture) * 0.7
    assert shares == sorted(shares)
    assert (len(shares), shares[-1]) == (2 * 3, 1.0)


@pytest.mark.thorough
@pytest.mark.compiled
def test_a_single_slice_says_less_than_all_and_the_table_says_so(tmp_path, monkeypatch):
    kept = {(ablation.ALL, "the 17 linear slices"), (ablation.LEFT_OUT, "blob")}
    kept |= {(ablation.ALONE, "raw"), (ablation.ALONE, "laplacian")}
    kept |= {(ablation.FAMILY_ALONE, "shape"), (ablation.FAMILY_ADDED, "dynamics")}
    some = [fit for fit in ablation.plan(SETTINGS) if fit[:2] in kept]
    monkeypatch.setattr(ablation, "plan", lambda _: some)
    song = demo_song(1.5, 22050)
    mixture, vocal = (sound.mean(axis=1).astype(np.float32) for sound in (song.mixture, song.vocal))
    separation = separate(mixture, vocal, SETTINGS)
    rows = ablation.ablate(mixture, separation.reference, separation, SETTINGS)
    score = {(row.kind, row.name): row.si_sdr_db for row in rows}
    whole = score[ablation.ALL, "the 17 linear slices"]
    assert whole == pytest.approx(separation.si_sdr_db["psm"], abs=0.2)
    assert score[ablation.LEFT_OUT, "blob"] == pytest.approx(whole, abs=0.2)
    assert whole - 1 > score[ablation.ALONE, "raw"] > score[ablation.ALONE, "laplacian"]
    assert score[ablation.FAMILY_ALONE, "shape"] < score[ablation.ALONE, "raw"]
    assert score[ablation.NOTHING, "the mixture"] == separation.si_sdr_db["mixture"]

    lifted = [replace(row, si_sdr_db=row.si_sdr_db + 2) for row in rows]
    (first, *_) = ablation.mean_rows([rows, lifted])
    assert first.si_sdr_db == pytest.approx(whole + 1)
    ablation_files.write_ablation(rows, tmp_path, "_full")
    with (tmp_path / "ablation_full.csv").open(newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    assert [row["name"] for row in table] == [row.name for row in rows]
    raw = next(row for row in table if row["name"] == "raw")
    assert float(raw["change_db"]) == pytest.approx(score[ablation.ALONE, "raw"] - whole, abs=0.01)
    assert imread(tmp_path / "ablation_full.png")[..., :3].std() > 0.1
