"""Settings: every field is checked, equal ones are one, and they travel."""

import json
import pickle
from copy import deepcopy
from dataclasses import asdict, replace

import numpy as np
import pytest

from vocal_separation_sanity_check import InputError, Settings

WEIGHTS = {"raw": 2.0, "blob": 0.5}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sample_rate_hz": 0}, "sample rate is 0, wanted a whole number, 1 or more"),
        ({"sample_rate_hz": -22050}, "1 or more"),
        ({"sample_rate_hz": 22050.5}, "a whole number"),
        ({"n_fft": 2047}, "an even number"),
        ({"n_fft": 0, "hop_length": 1}, "64 or more"),
        ({"n_fft": 32, "hop_length": 16}, "64 or more"),
        ({"n_fft": 2048.0}, "a whole number"),
        ({"hop_length": 0}, "1 or more"),
        ({"hop_length": 1025}, "wanted 1 to 1024"),
        ({"clip_s": -1.0}, "the clip is -1.0 s long"),
        ({"clip_s": 0}, "more than 0 s"),
        ({"clip_s": np.nan}, "more than 0 s"),
        ({"clip_s": np.inf}, "more than 0 s"),
        ({"target": "phase"}, "wanted one of"),
        ({"n_iterations": 0}, "1 or more"),
        ({"n_iterations": None}, "a whole number"),
        ({"seed": -1}, "0 or more"),
        ({"seed": 0.5}, "a whole number"),
        ({"slice_weights": {"raw": -1.0}}, "slice weight raw=-1.0, wanted a finite number"),
        ({"family_weights": {"shape": np.nan}}, "family weight shape=nan"),
        ({"family_weights": {"shape": np.inf}}, "family weight shape=inf"),
    ],
)
def test_every_field_is_checked(change, words):
    with pytest.raises(InputError, match=words):
        Settings(**change)
    with pytest.raises(InputError, match=words):
        replace(Settings(), **change)


def test_equal_settings_have_equal_hashes():
    some = Settings(hop_length=512, slice_weights=WEIGHTS, family_weights={"shape": 1})
    same = Settings(
        hop_length=np.int64(512),
        slice_weights=dict(reversed(WEIGHTS.items())),
        family_weights={"shape": np.float64(1)},
    )
    assert some == same
    assert hash(some) == hash(same)
    assert len({some, same, Settings(), Settings(hop_length=512)}) == 3
    assert some.slice_weights == WEIGHTS
    # Weights are told apart by name, not only by value.
    assert Settings(slice_weights={"raw": 2.0}) != Settings(slice_weights={"blob": 2.0})


def test_weights_cannot_change_afterwards():
    given = dict(WEIGHTS)
    settings = Settings(slice_weights=given)
    given["raw"] = -1.0
    assert settings.slice_weights == WEIGHTS
    for change in (
        lambda weights: weights.update(raw=-1.0),
        lambda weights: weights.pop("raw"),
        lambda weights: weights.__setitem__("raw", -1.0),
        lambda weights: weights.__ior__({"raw": -1.0}),
        lambda weights: weights.clear(),
    ):
        with pytest.raises(TypeError, match="cannot be changed"):
            change(settings.slice_weights)
    assert settings.slice_weights == WEIGHTS


def test_settings_travel_to_other_processes_and_to_results_json():
    settings = Settings(
        hop_length=np.int32(512), target="magnitude", slice_weights=WEIGHTS, family_weights={}
    )
    for copy in (pickle.loads(pickle.dumps(settings)), deepcopy(settings), replace(settings)):
        assert copy == settings
        assert hash(copy) == hash(settings)
    stored = json.loads(json.dumps(asdict(settings)))
    assert stored == asdict(settings)
    assert stored["slice_weights"] == WEIGHTS
    assert Settings(**stored) == settings
