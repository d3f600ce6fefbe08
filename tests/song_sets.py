"""Songs for the tests of the networks: small ones made here, real ones where there are any."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from unet.model_files import save_model
from unet.networks.mask_network import BODIES, MaskNetwork
from vocal_separation_sanity_check import Settings, separate
from vocal_separation_sanity_check.songs import write_results

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="no real recordings in ../shared/data")
RATE_HZ = 16000

SMALL = {
    "tdf": {"widths": [4, 4, 4, 4]},
    "unet": {"base_channels": 2},
    "jansson": {"base_channels": 2},
}


def stems_of(seed: int, seconds: float = 2.0) -> dict[str, np.ndarray]:
    """A gliding voice, drums, bass and a chord; stereo, shape (n_samples, 2)."""
    draw = np.random.default_rng(seed)
    t = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    pitch = draw.uniform(180, 400) * (1 + 0.1 * np.sin(2 * np.pi * draw.uniform(0.5, 2) * t))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE_HZ
    mono = {
        "vocals": sum(np.sin(k * phase) / k for k in range(1, 9)) * 0.1,
        "drums": draw.normal(0, 0.2, t.size) * np.exp(-20 * (t % 0.25)),
        "bass": 0.1 * np.sin(2 * np.pi * draw.uniform(50, 100) * t),
        "other": 0.05 * sum(np.sin(2 * np.pi * f * t) for f in draw.uniform(200, 900, 3)),
    }
    pan = draw.uniform(0.6, 1, (4, 2))
    return {name: sound[:, None] * pan[i] for i, (name, sound) in enumerate(mono.items())}


def write_song(folder: Path, seed: int, seconds: float = 2.0) -> Path:
    """One of `stems_of` as MUSDB18-HQ has it: mixture and four stems."""
    folder.mkdir(parents=True)
    stems = stems_of(seed, seconds)
    for name, sound in {"mixture": sum(stems.values()), **stems}.items():
        soundfile.write(folder / f"{name}.wav", sound, RATE_HZ, "FLOAT")
    return folder


def write_engine_result(folder, seed=0, fault=None, **told):
    """What a check writes, made by the engine itself; `told` goes to `results.json`."""
    settings = Settings()
    stems = {name: sound.mean(axis=1) for name, sound in stems_of(seed).items()}
    mixture = sum(stems.values()).astype(np.float32)
    result = separate(mixture, stems["vocals"].astype(np.float32), settings)
    folder.mkdir(parents=True)
    soundfile.write(folder / "1_original_mixture.wav", mixture, settings.sample_rate_hz, "PCM_24")
    mask = result.mask[:, :-3] if fault == "shape" else result.mask
    np.savez(
        folder / "mask.npz",
        mask=mask,
        sample_rate_hz=settings.sample_rate_hz,
        n_fft=settings.n_fft,
        hop_length=settings.hop_length,
    )
    write_results(folder / "results.json", results_of(mixture, result, settings) | told)
    return mixture, result.mask, settings


def results_of(mixture, result, settings):
    """As much of `results.json` as must be there."""
    return {
        "depends_on": {},
        "files": {},
        "inputs": {"mixture": {"n_samples": len(mixture)}},
        "settings": {"sample_rate_hz": settings.sample_rate_hz},
        "seconds": {},
        "si_sdr_db": result.si_sdr_db,
        "fingerprint": {"match_after": {"overall": 1.0}},
        "report_card": [],
        "warnings": [],
        "is_placed": True,
        "source": "vocal",
    }


def random_network(body: str, sources: tuple[str, ...] = ("vocals",)) -> MaskNetwork:
    """A small network with random weights and lived-in statistics."""
    torch.manual_seed(0)
    front_end = vars(BODIES[body].front_end)
    network = MaskNetwork(body, front_end, sources, SMALL[body])
    for name, tensor in network.state_dict().items():
        if name.endswith("running_mean") or "mixing" in name:
            tensor.normal_(0, 0.1)
        elif name.endswith("running_var"):
            tensor.uniform_(0.5, 1.5)
    return network.eval()


def save_network(path: Path, network: MaskNetwork, body: str, **metadata: object) -> Path:
    settings = {
        "body": body,
        "front_end": vars(network.front_end),
        "sources": list(network.sources),
        "body_options": SMALL[body],
    }
    whole = {"task": "vocals", "architecture": "mask", "network": settings}
    save_model(path, network, whole, metadata)
    return path
