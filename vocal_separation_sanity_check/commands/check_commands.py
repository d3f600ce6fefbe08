"""`sanity_check_complete` and `sanity_check_full_length`: their flags."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from functools import partial

from vocal_separation_sanity_check.commands.command_line import Action, Command
from vocal_separation_sanity_check.settings import Settings


@dataclass(frozen=True)
class Check:
    """One of the two lengths a song is checked at.

    Attributes
    ----------
    prepared : str
        Folder under ``rtg/``.
    results : str
        Folder of the results.
    suffix : str
        Of the results' names, before the extension.
    """

    prepared: str
    results: str
    suffix: str


CLIP_CHECK = Check("100-window", "output", "")
FULL_LENGTH_CHECK = Check("no-limit", "output_full", "_full")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags that both check scripts take.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    """
    defaults = Settings()
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--song", metavar="NAME", help="check one of several prepared songs")
    which.add_argument(
        "--all",
        action="store_true",
        help="check every song that is not finished yet, on all cores: summary.csv",
    )
    parser.add_argument(
        "--scheduler", metavar="ADDRESS", help="send the songs to a Dask cluster, as --all does"
    )
    parser.add_argument(
        "--full-quality",
        action="store_true",
        help="separate the original file too: its rate, channels and bit depth",
    )
    parser.add_argument(
        "--target",
        choices=("phase-sensitive", "magnitude"),
        help="match what a mask can rebuild, or plain magnitude (default: by coherence)",
    )
    parser.add_argument(
        "--quick", action="store_true", help="leave out BSSEval and pitch, which take longest"
    )
    parser.add_argument(
        "--ablate",
        action="store_true",
        help="fit with parts of the fingerprint too: ablation.csv and ablation.png",
    )
    parser.add_argument("--open", action="store_true", help="show the page in the browser")
    for flag, default, text in (
        ("--iterations", defaults.n_iterations, "most steps of the fit"),
        ("--hop-length", defaults.hop_length, "samples between windows"),
        ("--seed", defaults.seed, "draws the mask that the fit starts from"),
    ):
        parser.add_argument(
            flag, metavar="N", type=int, default=default, help=f"{text} (default: {default})"
        )


def _load(check: Check) -> Action:
    from vocal_separation_sanity_check.commands.check_start import start_check

    return partial(start_check, check)


sanity_check_complete = Command(
    script="sanity_check_complete",
    program="sanity-check-complete",
    description="Check 4.7 s of a song: does the fingerprint hold enough to find the vocal?",
    example="--hop-length 512",
    add_options=add_options,
    load=partial(_load, CLIP_CHECK),
)
sanity_check_full_length = Command(
    script="sanity_check_full_length",
    program="sanity-check-full-length",
    description="Extract the vocal and the music of a whole song by the fingerprint.",
    example="--song NAME",
    add_options=add_options,
    load=partial(_load, FULL_LENGTH_CHECK),
)
