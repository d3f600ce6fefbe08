"""What `docs/study.md` says of networks' sizes is what they have."""

import re
from pathlib import Path

import pytest

pytest.importorskip("torch")

from unet.songs import StemRecipe
from unet.songs.step_cost import step_cost

STUDY = Path(__file__).resolve().parents[1] / "docs" / "study.md"
MODELS = {"1-D": "waveunet", "2-D": "unet"}
ROW = re.compile(r"\| (1-D|2-D), depth (\d) \| ([\d,]+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|")


def test_the_table_has_the_networks_sizes():
    rows = ROW.findall(STUDY.read_text(encoding="utf-8"))
    assert {row[:2] for row in rows} == {
        *(("1-D", str(depth)) for depth in range(1, 9)),
        *(("2-D", str(depth)) for depth in range(1, 7)),
    }
    for name, depth, *told in rows:
        recipe = StemRecipe(MODELS[name], int(depth), "mse", 1, 8, 1e-3)
        cost = step_cost(recipe.network(), "mse", amp=True)
        found = (
            f"{cost.n_parameters:,}",
            f"{cost.multiply_adds_per_s / 1e9:.2f}",
            f"{cost.receptive_field_s:.3f}",
            f"{cost.memory_bytes(8) / 1e9:.2f}",
        )
        assert found == tuple(told), (name, depth)
