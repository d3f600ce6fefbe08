"""What the terminal shows of a separation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from vocal_separation_sanity_check.separation import Separation

CLOSE_DB = 0.5
"""An extraction this close to the ideal mask has found all that a mask can find."""

_ROWS = (
    ("mixture", "mixture, as it is"),
    ("extraction", "extraction"),
    ("psm", "best any mask can do (PSM)"),
    ("irm2", "ideal ratio mask, powers (IRM2)"),
    ("irm1", "ideal ratio mask, magnitudes (IRM1)"),
)


def report_card(
    song: str,
    duration_s: float,
    separation: Separation,
    seconds: Mapping[str, float],
    results: Path,
) -> str:
    """Sum up a separation in a few aligned lines.

    Parameters
    ----------
    song : str
        Empty for a single one.
    duration_s : float
    separation : Separation
    seconds : mapping of phase to float
    results : Path
        Where the files are.

    Returns
    -------
    str
    """
    fit, scores = separation.fit, separation.si_sdr_db
    n_points = f"{fit.n_points:,}".replace(",", " ")
    lines = [f"{song or 'The song'}, {duration_s:.1f} s"]
    lines += [f"  Note: {warning}" for warning in separation.warnings]
    lines.append(f"  {'SI-SDR of the ' + separation.source:<38}{'dB':>8}")
    lines += [f"    {label:<36}{scores[name]:>8.1f}" for name, label in _ROWS]
    lines.append(f"  {'Fingerprint match, ' + n_points + ' points':<38}{'%':>8}")
    for label, match in (("mixture", fit.match_before), ("extraction", fit.match_after)):
        lines.append(f"    {label:<36}{100 * match.overall:>8.1f}")
    lines.append(f"  {'Seconds':<38}{sum(seconds.values()):>8.2f}")
    lines.append(f"    {'fit, ' + str(len(fit.loss) - 1) + ' steps':<36}{seconds['fit']:>8.3f}")
    lines += ["", f"  {_verdict(separation)}"]
    if separation.subtraction_leftover_db is not None:
        rest = "music" if separation.source == "vocal" else "vocal"
        lines.append(
            f"  Plain subtraction leaves less of the {separation.source} in the {rest} "
            f"({separation.subtraction_leftover_db:.0f} dB)\n  than the mask does: "
            f"subtracted_{rest} is written as well."
        )
    lines.append(f"  Results in {results}")
    return "\n".join(lines)


def _verdict(separation: Separation) -> str:
    """Answer the question that the check asks."""
    scores, source = separation.si_sdr_db, separation.source
    gap_db = scores["psm"] - scores["extraction"]
    if abs(gap_db) <= CLOSE_DB:
        return (
            f"The fingerprint is enough to find the {source}: the fit came within\n"
            f"  {abs(gap_db):.2f} dB of the best mask there is."
        )
    return (
        f"The extraction is {abs(gap_db):.1f} dB {'under' if gap_db > 0 else 'over'} what the "
        f"best mask reaches: the {source} was found only in part."
    )
