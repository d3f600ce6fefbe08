"""Right and wrong answers to the labs' exercises."""

# ruff: noqa: ARG005

import numpy as np
import torch


def slices_by_reshape(spectrogram, n_slices):
    width = spectrogram.shape[1] // n_slices
    return spectrogram[:, : n_slices * width].reshape(-1, n_slices, width).swapaxes(0, 1)


def louder_in_place(samples, gain_db):
    samples *= 10 ** (gain_db / 20)
    return samples.clip(-1, 1)


ANSWERS = {
    "recording_megabytes": (
        37.044,
        {
            37_044_000: "those are bytes",
            18.522: "half of it",
            9.261: "16 bits are two bytes",
            74.088: "not four",
            35.328: "mebibytes",
            296.352: "a byte has eight",
            5: "multiply",
        },
    ),
    "driven": (
        lambda samples, gain_db: np.clip(samples * 10 ** (gain_db / 20), -1, 1),
        {
            louder_in_place: "work on a copy",
            lambda samples, gain_db: np.clip(samples * 10 ** (gain_db / 10), -1, 1): "not / 10",
            lambda samples, gain_db: samples * 10 ** (gain_db / 20): "cut off at 1",
            lambda samples, gain_db: np.minimum(samples * 10 ** (gain_db / 20), 1): "negative",
            lambda samples, gain_db: np.clip(samples * gain_db, -1, 1): "double 0.1 to 0.2",
            lambda samples, gain_db: samples[:2]: "a sample for each",
            lambda samples: samples: "it raised TypeError",
        },
    ),
    "in_slices": (
        slices_by_reshape,
        {
            lambda s, n: slices_by_reshape(s, n).copy(): "copied",
            lambda s, n: slices_by_reshape(s, n).swapaxes(0, 1): "come first",
            lambda s, n: s[:, :20].reshape(n, 5, -1): "mixed up",
            lambda s, n: s[None]: "the last 3 windows left out",
        },
    ),
    "n_points": (
        lambda n_windows: 425 * (17 * n_windows + 2 * (n_windows // 2)),
        {
            lambda n_windows: 425 * 19 * n_windows: "half the windows",
            lambda n_windows: 425 * 17 * n_windows: "pooled slices are missing",
            lambda n_windows: 425 * 18 * n_windows: "rounded down",
            lambda n_windows: 765_000: "102 windows have 780300",
        },
    ),
    "binary_mask": (
        lambda vocal, music: np.abs(vocal) > np.abs(music),
        {
            lambda vocal, music: np.abs(vocal) < np.abs(music): "other way round",
            lambda vocal, music: vocal.real > music.real: "np.abs",
            lambda vocal, music: vocal / (vocal + music): "a mask is real",
            lambda vocal, music: np.abs(vocal) / (np.abs(vocal) + np.abs(music)): "other numbers",
            lambda vocal, music: (np.abs(vocal) > np.abs(music))[:2]: "spectrogram's shape",
            lambda vocal, music: np.abs(vocal) > 1: "cells are wrong",
        },
    ),
    "with_phase_of": (
        lambda magnitude, mixture: magnitude * np.exp(1j * np.angle(mixture)),
        {
            lambda magnitude, mixture: magnitude * mixture / np.abs(mixture): "divides by 0",
            lambda magnitude, mixture: magnitude * mixture: "not the given ones",
            lambda magnitude, mixture: magnitude * np.angle(mixture): "complex",
            lambda magnitude, mixture: magnitude * np.exp(-1j * np.angle(mixture)): "not the mix",
            lambda magnitude, mixture: mixture[0]: "has shape",
        },
    ),
    "to_batch": (
        lambda spectrogram: torch.from_numpy(spectrogram)[None, None],
        {
            lambda spectrogram: torch.tensor(spectrogram)[None, None]: "it copies",
            lambda spectrogram: torch.from_numpy(spectrogram): "(batch, channel, bins, windows)",
            lambda spectrogram: spectrogram[None, None]: "torch.from_numpy",
            lambda spectrogram: torch.from_numpy(spectrogram)[None, None].double(): "float64",
        },
    ),
    "gradient": (
        lambda mask, mixture, target: mixture * (mask * mixture - target),
        {
            lambda mask, mixture, target: mask * mixture - target: "inner derivative is missing",
            lambda mask, mixture, target: 2 * mixture * (mask * mixture - target): "twice",
            lambda mask, mixture, target: mixture * (target - mask * mixture): "sign",
            lambda mask, mixture, target: mask * (mask * mixture - target): "not the mask",
            lambda mask, mixture, target: mask: "chain rule",
            lambda mask, mixture, target: mask.sum(): "the mask's shape",
        },
    ),
    "n_parameters": (
        lambda n_in, n_out, size: n_in * n_out * size**2 + n_out,
        {
            lambda n_in, n_out, size: n_in * n_out * size**2: "biases are missing",
            lambda n_in, n_out, size: n_in * n_out * size**2 + 1: "a bias of its own",
            lambda n_in, n_out, size: n_out * size**2 + n_out: "all channels that come in",
            lambda n_in, n_out, size: 448: "has 160 parameters",
        },
    ),
    "share_of_ceiling": (
        lambda mixture, extraction, ideal: (extraction - mixture) / (ideal - mixture),
        {
            lambda mixture, extraction, ideal: extraction / ideal: "measure from the mixture",
            lambda m, extraction, ideal: 100 * (extraction - m) / (ideal - m): "per cent",
            lambda mixture, extraction, ideal: (ideal - extraction) / (ideal - mixture): "left",
            lambda mixture, extraction, ideal: 1.0: "0.55",
        },
    ),
}
"""By check: an answer that is right, and wrong ones with words of what they are told."""
