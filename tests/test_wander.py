"""The way through the correlations of short windows, against every way."""

import naive_alignment
import numpy as np

from vocal_separation_sanity_check.alignment.wander import _STEP_COST, smoothest_path


def test_path_against_every_path():
    rng = np.random.default_rng(0)
    for n_windows, n_lags, most_steps in [(4, 5, 4), (5, 4, 1), (3, 6, 2), (1, 4, 1)] * 5:
        gains = rng.uniform(0, 2, (n_windows, n_lags)).astype(np.float32)
        path, heights = smoothest_path(gains, most_steps)
        expected = naive_alignment.best_path(gains.astype(float), _STEP_COST, most_steps)
        np.testing.assert_array_equal(path, expected)
        np.testing.assert_array_equal(heights, [gains[row, at] for row, at in enumerate(expected)])
