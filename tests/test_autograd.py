"""The hand-written gradients against torch autograd, on formulas written anew in torch."""

import numpy as np
import pytest
import torch
from naive import band_average_matrix, best_comb, centres, comb_cells, formant_cells

from vocal_separation_sanity_check import SLICES, fingerprint
from vocal_separation_sanity_check.fingerprints.metrics import (
    FAMILIES,
    METRICS,
    WITHOUT_GRADIENT,
)
from vocal_separation_sanity_check.fingerprints.slices import LINEAR_TAPS
from vocal_separation_sanity_check.fitting.measurement_loss import MeasurementLoss
from vocal_separation_sanity_check.fitting.profile_operator import ProfileOperator

pytestmark = pytest.mark.slow

N_BINS, N_WINDOWS = 1025, 4
BIN_HZ = 22050 / 2048


def torch_slice(magnitude, which):
    image = magnitude[None, None]
    if which.number == 17:
        return torch.nn.functional.max_pool2d(image, 2)[0, 0]
    if which.number == 18:
        return torch.nn.functional.avg_pool2d(image, 2)[0, 0]
    taps = torch.tensor(which.taps)[None, None]
    return torch.nn.functional.conv2d(image, taps, padding=1)[0, 0]


def torch_measurements(column):
    """The 18 measurements that have a gradient, by name."""
    level, levels = column.abs()[None], []
    while len(levels) < 5:
        if not (len(column) == 512 and not levels):
            level = torch.nn.functional.max_pool1d(level, 2)
        levels.append(level[0])
    _, at_256, at_128, at_64, at_32 = levels
    f256, f64 = torch.tensor(centres(256, 4, BIN_HZ)), torch.tensor(centres(64, 16, BIN_HZ))
    out = {}
    edges = [0, 250, 500, 2000, 4000, 8000, 1e9]
    for name, low, high in zip(METRICS[400:406], edges[:-1], edges[1:], strict=True):
        out[name] = (at_256[(f256 >= low) & (f256 < high)] ** 2).sum()
    weights, u = at_64 / at_64.sum(), at_64 / at_64.mean()
    out["centroid_hz"] = centroid = (weights * f64).sum()
    out["spread_hz"] = (weights * (f64 - centroid) ** 2).sum().sqrt()
    out["flatness"] = torch.exp((2 * torch.log(u + 1e-4)).mean()) / (u**2).mean()
    khz = (f64 - f64.mean()) / 1000
    out["slope_db_per_khz"] = (khz * 20 * torch.log10(u + 1e-4)).sum() / (khz**2).sum()
    out["crest"] = at_64.max() / at_64.mean()
    teeth = comb_cells(best_comb(at_128.detach().numpy()), 128)
    share = (at_128[teeth] ** 2).sum() / (at_128**2).sum()
    out["harmonic_strength"] = share
    out["harmonic_to_noise_db"] = 10 * torch.log10((share + 1e-4) / (1 - share + 1e-4))
    smooth = torch.stack([at_256[max(0, k - 3) : k + 4].mean() for k in range(256)])
    out["formant_strength"] = smooth[formant_cells(at_256.detach().numpy())].mean() / smooth.mean()
    power = at_64**2
    out["peak_to_rms"] = at_64.max() / power.mean().sqrt()
    out["energy_concentration"] = power.topk(6).values.sum() / power.sum()
    shares = power / power.sum()
    out["entropy"] = -(shares * shares.log()).sum() / np.log(64)
    out["total_energy"] = (at_32**2).sum()
    return out


@pytest.fixture
def magnitudes():
    rng = np.random.default_rng(9)
    mixture = rng.random((N_BINS, N_WINDOWS)) ** 3
    return mixture, mixture * rng.random(mixture.shape)


def test_the_quadratic_form_is_what_autograd_makes_of_all_linear_slices(magnitudes):
    mixture, target = magnitudes
    weights = np.random.default_rng(10).random(17)
    operator = ProfileOperator(*mixture.shape, np.float64, weights)
    ours = np.empty_like(mixture)
    operator.apply(mixture, ours)
    ours -= operator.profiles_transpose(operator.profiles(target))

    average = torch.tensor(band_average_matrix(N_BINS))
    taps = torch.tensor(LINEAR_TAPS[:, None].copy())
    z = torch.tensor(mixture, requires_grad=True)

    def profiles(x):
        return average @ torch.nn.functional.conv2d(x[None, None], taps, padding=1)[0]

    apart = profiles(z) - profiles(torch.tensor(target))
    (0.5 * torch.tensor(weights) * (apart**2).sum((1, 2))).sum().backward()
    np.testing.assert_allclose(ours, z.grad.numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("family", [name for name in FAMILIES if name != "profile"])
def test_measurement_gradients_are_those_of_autograd(magnitudes, family):
    mixture, target = magnitudes
    wanted = fingerprint(target)
    loss, gradient = MeasurementLoss(wanted, {family: 1.0}, {}).value_and_gradient(mixture)
    z = torch.tensor(mixture, requires_grad=True)
    columns = [k for k in range(425)[FAMILIES[family]] if METRICS[k] not in WITHOUT_GRADIENT]
    total = torch.zeros((), dtype=torch.float64)
    for which in SLICES:
        rows = wanted.of(which)
        found = [torch_measurements(column) for column in torch_slice(z, which).T]
        energy = (rows[:, FAMILIES[family]] ** 2).sum(0)
        for k in columns:
            apart = torch.stack([row[METRICS[k]] for row in found]) - torch.tensor(rows[:, k])
            own = energy[k - FAMILIES[family].start] * len(energy)
            shared = energy.sum() if family == "band energies" else own
            total = total + 0.5 * (apart**2).sum() / shared / 19
    total.backward()
    assert loss == pytest.approx(total.item(), rel=1e-9)
    np.testing.assert_allclose(gradient, z.grad.numpy(), rtol=1e-7, atol=1e-12)


def test_pooled_profile_gradient_is_that_of_autograd(magnitudes):
    mixture, target = magnitudes
    wanted = fingerprint(target)
    loss, gradient = MeasurementLoss(wanted, {"pooled profile": 1.0}, {}).value_and_gradient(
        mixture
    )
    z = torch.tensor(mixture, requires_grad=True)
    average = torch.tensor(band_average_matrix(512))
    total = torch.zeros((), dtype=torch.float64)
    for which in SLICES[17:]:
        rows = torch.tensor(wanted.of(which)[:, :400].copy())
        apart = (average @ torch_slice(z, which)).T - rows
        total = total + 0.5 * (apart**2).sum() / (rows**2).sum() / 2
    total.backward()
    assert loss == pytest.approx(total.item(), rel=1e-9)
    np.testing.assert_allclose(gradient, z.grad.numpy(), rtol=1e-7, atol=1e-12)
