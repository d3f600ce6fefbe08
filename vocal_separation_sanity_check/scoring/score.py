"""One score of the report card: three values and what they say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Values = tuple[float | None, float | None, float | None]
"""Of one score: the mixture's, the extraction's, the ideal mask's."""
NO_VALUES: Values = (None, None, None)

_AS_GOOD = 0.02
"""Share of the way to the ideal mask that makes no difference to a reader."""


@dataclass(frozen=True)
class Score:
    """One row of the report card.

    Attributes
    ----------
    group : str
        What users call it.
    name, unit : str
    measured_as : str
        The convention, in a line.
    better : {"higher", "lower"}
    mixture, extraction, ideal : float or None
        Of doing nothing, of the extraction, and of the ideal phase-sensitive mask; None where it
        is not defined or was not measured.
    reason : str
        Why there are no values, where there are none.
    """

    group: str
    name: str
    unit: str
    measured_as: str
    better: Literal["higher", "lower"]
    mixture: float | None
    extraction: float | None
    ideal: float | None
    reason: str = "not defined here"

    @property
    def share_of_ceiling(self) -> float | None:
        """``(extraction - mixture) / (ideal - mixture)``, where the ideal mask is the better."""
        if self.mixture is None or self.extraction is None or self.ideal is None:
            return None
        room = self.ideal - self.mixture
        if (room if self.better == "higher" else -room) <= 1e-3 * max(1, abs(self.mixture)):
            return None
        return (self.extraction - self.mixture) / room

    @property
    def reading(self) -> str:
        """What the values say, in a few plain words, or why there are none."""
        if self.extraction is None:
            return self.reason
        share = self.share_of_ceiling
        if share is None:
            return self._against_ideal()
        if share < 0:
            return "worse than doing nothing"
        if share > 1 + _AS_GOOD:
            return "better than the ideal mask"
        if share >= 1 - _AS_GOOD:
            return "as good as the ideal mask"
        return f"{100 * share:.0f} % of the way to the ideal mask"

    def _against_ideal(self) -> str:
        if self.ideal is None or self.extraction is None:
            return f"{self.better} is better"
        apart = self.extraction - self.ideal
        if abs(apart) < 0.05:
            return "as good as the ideal mask"
        return f"{apart:+.1f} {self.unit} against the ideal mask"
