"""Where each sample of the mixture lies on the reference's own clock.

The mixture's clock is the truth and is never touched. A reference (acapella or instrumental) that
started early, ran fast or wandered is read at other positions::

    position[n] = (n - offset_samples - wander(n)) / (1 + drift_ppm * 1e-6)

so a positive offset delays the reference and a positive drift stretches it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Clock:
    """A map from samples of the mixture to positions in the reference, without jumps.

    Attributes
    ----------
    offset_samples : float
        How much the reference must be delayed, at the start of the mixture.
    drift_ppm : float
        How much longer the reference must become, in parts per million.
    wander_at_samples, wander_samples : float64, shape (n_knots,)
        Further delay at these samples of the mixture, joined by a natural cubic spline; the first
        and the last hold beyond the ends. Both empty for a clock that runs evenly.
    """

    offset_samples: float = 0.0
    drift_ppm: float = 0.0
    wander_at_samples: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    wander_samples: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))

    @property
    def is_whole_shift(self) -> bool:
        """True where no interpolation is needed: whole samples, an even clock, no drift."""
        even = self.drift_ppm == 0 and not self.wander_samples.any()
        return even and float(self.offset_samples).is_integer()

    @property
    def start_samples(self) -> float:
        """Delay at the first sample of the mixture, wander included."""
        if not self.wander_samples.any():
            return self.offset_samples
        return self.offset_samples + float(self._wander(np.zeros(1))[0])

    def delay(self, samples: NDArray[np.float64]) -> NDArray[np.float64]:
        """Delay of the reference against the mixture, in samples, at these mixture samples.

        This is what a plot of the local offset shows: `mixture time - reference time`.

        Parameters
        ----------
        samples : float64, shape (n_points,)

        Returns
        -------
        float64, shape (n_points,)
        """
        return samples - self.positions(samples)

    def positions(self, samples: NDArray[np.float64]) -> NDArray[np.float64]:
        """Positions in the reference, in its samples, for these samples of the mixture.

        Parameters
        ----------
        samples : float64, shape (n_points,)

        Returns
        -------
        float64, shape (n_points,)
        """
        late = samples - self.offset_samples
        if self.wander_samples.any():
            late = late - self._wander(samples)
        return np.asarray(late / (1 + self.drift_ppm * 1e-6))

    def at_rate(self, ratio: float) -> Clock:
        """Give the same map for signals whose sample rate is `ratio` times as high."""
        return replace(
            self,
            offset_samples=self.offset_samples * ratio,
            wander_at_samples=self.wander_at_samples * ratio,
            wander_samples=self.wander_samples * ratio,
        )

    def seen_from(self, begin: int) -> Clock:
        """Give the same map for a mixture that is cut off before the sample `begin`."""
        return replace(
            self,
            offset_samples=self.offset_samples - begin,
            wander_at_samples=self.wander_at_samples - begin,
        )

    def with_line(self, start: float, slope: float) -> Clock:
        """Add the delay ``start + slope * n`` at each sample n of the mixture.

        From ``position = (n - o - w - start - slope n) / k``::

            position = (n - (o + w + start) / (1 - slope)) / (k / (1 - slope))
        """
        stretch = (1 + self.drift_ppm * 1e-6) / (1 - slope)
        return replace(
            self,
            offset_samples=(self.offset_samples + start) / (1 - slope),
            drift_ppm=(stretch - 1) * 1e6,
            wander_samples=self.wander_samples / (1 - slope),
        )

    def with_wander(self, knots: NDArray[np.float64], delays: NDArray[np.float64]) -> Clock:
        """Add a delay given at these samples of the mixture; the denser knots are kept."""
        further = Clock(wander_at_samples=knots, wander_samples=delays)
        so_far = replace(self, offset_samples=0.0, drift_ppm=0.0)
        if len(knots) < len(self.wander_at_samples):
            knots = self.wander_at_samples
        both = further.delay(knots) + so_far.delay(knots)
        return replace(self, wander_at_samples=knots, wander_samples=both)

    def _wander(self, samples: NDArray[np.float64]) -> NDArray[np.float64]:
        # Most clocks are straight, and scipy.interpolate takes a while to load.
        from scipy.interpolate import CubicSpline

        knots = self.wander_at_samples
        spline = CubicSpline(knots, self.wander_samples, bc_type="natural")
        # What swings does not go on as it was last seen: beyond the knots the line goes on alone.
        return np.asarray(spline(np.clip(samples, knots[0], knots[-1])))
