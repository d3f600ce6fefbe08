"""Write the graphs of our networks anew, after one of them was changed or added.

Run:  python -m unet.separating.write_graphs     (with onnx and onnxscript, as the tests have them)
"""

from __future__ import annotations

import logging
import warnings
from dataclasses import asdict
from pathlib import Path

import torch

from unet.networks import BODIES, MaskNetwork
from unet.separating.onnx_export import RealMasks, settings_of
from unet.separating.onnx_files import GRAPHS, MASKS, SPECTRA, write_graph

_OPSET = 18
_N_EXAMPLE_BLOCKS = 3


def write_graphs(folder: Path) -> None:
    """Write ``NAME.onnx`` of every body that `train.py` takes.

    Parameters
    ----------
    folder : Path
    """
    for name, body in BODIES.items():
        network = MaskNetwork(name, asdict(body.front_end), ("vocals",))
        torch.manual_seed(0)
        for weights in network.state_dict().values():
            if weights.is_floating_point():
                weights.uniform_(0.1, 1)
        write_graph(folder / f"{name}.onnx", exported(network), settings_of(network))


def exported(network: MaskNetwork) -> bytes:
    """Export a network as PyTorch does.

    Parameters
    ----------
    network : MaskNetwork
        No two of its weights are alike: those would be joined.

    Returns
    -------
    bytes
        ONNX, for any number of windows that is a multiple of the network's.
    """
    front_end, multiple = network.front_end, network.window_multiple
    example = torch.zeros(2, front_end.n_channels, _N_EXAMPLE_BLOCKS * multiple, front_end.n_bins)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it misses torchvision, we do not
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=FutureWarning)  # of torch, about torch
        program = torch.onnx.export(
            RealMasks(network),
            (example,),
            dynamo=True,
            dynamic_shapes=({2: multiple * torch.export.Dim("n_blocks", min=2)},),
            opset_version=_OPSET,
            input_names=[SPECTRA],
            output_names=[MASKS],
            verbose=False,
        )
    assert program is not None
    content: bytes = program.model_proto.SerializeToString()
    return content


if __name__ == "__main__":
    write_graphs(GRAPHS)
