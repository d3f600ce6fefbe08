"""A mask network that ONNX Runtime computes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from unet.separating.block_masking import Masking
from unet.separating.onnx_files import SPECTRA, OnnxFile, read_onnx
from vocal_separation_sanity_check.errors import InputError

if TYPE_CHECKING:
    import onnxruntime

_CPU, _CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
_PROVIDERS = {"auto": [_CUDA, _CPU], "cuda": [_CUDA], "cpu": [_CPU], "mps": []}
_OPTIONS = {_CUDA: {"use_tf32": "0"}, _CPU: {}}
"""Without TF32, CUDA computes what the CPU does, to rounding."""


class NoSuchDeviceError(InputError):
    """ONNX Runtime knows no such device, or finds none."""


class OnnxNetwork(Masking):
    """A `SongNetwork` in ONNX Runtime.

    Parameters
    ----------
    file : OnnxFile
    session : onnxruntime.InferenceSession
        Of its content.
    """

    def __init__(self, file: OnnxFile, session: onnxruntime.InferenceSession) -> None:
        self._session, self._multiple = session, file.window_multiple
        self.front_end, self.context_windows = file.front_end, file.context_windows

    def masks(self, spectra: NDArray[np.complex64]) -> NDArray[np.float32]:
        """As `Masking.masks`."""
        n_channels, n_bins, n_windows = spectra.shape
        n_whole = n_windows + -n_windows % self._multiple
        parts = np.zeros((2, n_channels, n_whole, n_bins), np.float32)
        windows = spectra.swapaxes(1, 2)
        parts[0, :, :n_windows], parts[1, :, :n_windows] = windows.real, windows.imag
        try:
            masks: NDArray[np.float32] = self._session.run(None, {SPECTRA: parts})[0]
        except Exception as error:  # the library has no error of its own for it
            if "memory" in str(error).lower():
                raise MemoryError(str(error)) from error
            raise
        return masks[:, :n_windows].swapaxes(1, 2)


def load_onnx_network(path: Path, device: str) -> tuple[OnnxNetwork, dict[str, Any]]:
    """Read an ONNX file for vocals.

    Parameters
    ----------
    path : Path
    device : {"auto", "cpu", "cuda", "mps"}
        ``auto`` takes CUDA where ONNX Runtime has it, else the CPU.

    Returns
    -------
    network : OnnxNetwork
    metadata : dict
        What the file says about the training.

    Raises
    ------
    InputError
        If it is not such a file.
    NoSuchDeviceError
        If ONNX Runtime does not have the device.
    """
    # Before it is loaded, or it reports to its maker what is computed, and on what machine.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    file = read_onnx(path)
    here = onnxruntime.get_available_providers()
    providers = [name for name in _PROVIDERS[device] if name in here]
    if providers:
        session = _session(file.content, providers)
        # A library built for CUDA computes on the CPU, without a word, where there is no such card.
        if device == "auto" or providers[0] in session.get_providers():
            return OnnxNetwork(file, session), file.metadata
    raise NoSuchDeviceError(
        f"ONNX Runtime has no {device} here; take --device cpu, put onnxruntime-gpu, CUDA and cuDNN"
        " in its place, or install PyTorch for the shipped model or one in .safetensors"
    )


def _session(content: bytes, providers: list[str]) -> onnxruntime.InferenceSession:
    """Prepare for computing."""
    import onnxruntime

    onnxruntime.set_default_logger_severity(4)  # what goes wrong is told here, in one line
    options = onnxruntime.SessionOptions()
    # With 1, 2, 4 or 8 threads sums are the same to the last digit, unlike with other numbers.
    options.intra_op_num_threads = 1 << min(3, _n_cores().bit_length() - 1)
    # Threads that wait take no core from the others: a quarter quicker where other programs run.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(
        content, options, providers, [_OPTIONS[name] for name in providers]
    )


def _n_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
