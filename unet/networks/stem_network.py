"""What networks that turn sound into stems have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from torch import Tensor, nn

from vocal_separation_sanity_check.errors import InputError

DEPTHS = range(1, 9)
N_CHANNELS = 2


class StemNetwork(nn.Module, ABC):
    """Sound in, stems out; the stems sum to the sound.

    Every stem needs to hear a little more than it says: `margin` samples at both ends are taken in
    and not given out. What a network could make use of beyond that is `reach`, so long sounds are
    computed in blocks that overlap by both.

    Parameters
    ----------
    sources : sequence of str
        At least two.
    depth : int
        Halvings of the resolution, one of `DEPTHS`.
    sample_rate_hz : int

    Attributes
    ----------
    margin : int
        Samples on each side.
    reach : int
        Samples on each side beyond the margin; a multiple of `stride`.
    stride : int
        Moving the sound by so many samples moves the stems and changes nothing else.
    step : int
        Numbers of samples out are multiples of it; divides `stride`.

    Raises
    ------
    InputError
        If depth or sources cannot be used.
    """

    margin: int
    reach: int
    stride: int
    step: int

    def __init__(self, sources: Sequence[str], depth: int, sample_rate_hz: int) -> None:
        super().__init__()
        if depth not in DEPTHS:
            raise InputError(f"depth is {depth}, wanted {DEPTHS[0]} to {DEPTHS[-1]}")
        if len(sources) < 2 or len(set(sources)) < len(sources):
            raise InputError(f"sources are {', '.join(sources)}; wanted two or more, all different")
        self.sources = tuple(sources)
        self.depth = depth
        self.sample_rate_hz = sample_rate_hz

    @property
    @abstractmethod
    def receptive_field(self) -> int:
        """Samples from the first to the last of the sound that a sample of a stem can depend on."""

    @abstractmethod
    def forward(self, sound: Tensor) -> Tensor:
        """Compute stems.

        Parameters
        ----------
        sound : float32, shape (n_examples, 2, n_samples + 2 * margin)
            Left and right, of a song of unit power; `n_samples` is a multiple of `step`.

        Returns
        -------
        float32, shape (n_examples, n_sources, 2, n_samples)
            Their sum is the sound without its margins.
        """

    def calibrate(self, sound: Tensor) -> None:
        """Learn from an example batch what is only measured, if there is such a thing.

        Parameters
        ----------
        sound : float32, shape as in `forward`
        """
