"""`prepare_audio_files`: its flags."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from pathlib import Path

from vocal_separation_sanity_check.commands.check_commands import (
    sanity_check_complete,
    sanity_check_full_length,
)
from vocal_separation_sanity_check.commands.command_line import Action, Command
from vocal_separation_sanity_check.commands.loading import loading

_CHECK_OF = {"100-window": sanity_check_complete, "no-limit": sanity_check_full_length}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the flags of preparing.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    """
    source, reference = (parser.add_mutually_exclusive_group() for _ in range(2))
    source.add_argument("--demo", action="store_true", help="synthesise a pair into process/ first")
    source.add_argument("--mixture", metavar="FILE", type=Path, help="the song; any name will do")
    reference.add_argument("--vocal", metavar="FILE", type=Path, help="its isolated vocal")
    reference.add_argument("--instrumental", metavar="FILE", type=Path, help="or its music")
    parser.add_argument("--start", metavar="SECONDS", type=float, help="where the 4.7 s begin")
    parser.add_argument("--no-align", action="store_true", help="leave the reference where it is")
    parser.add_argument("--offset-ms", metavar="MS", type=float, help="delay the reference by this")
    parser.add_argument("--drift-ppm", metavar="PPM", type=float, help="stretch it by this")
    parser.add_argument("--polarity", type=int, choices=(1, -1), help="-1 inverts it")
    parser.add_argument(
        "--timeline",
        metavar="FILE",
        type=Path,
        help="place it as this alignment.json says, which you may have edited",
    )


def _load() -> Action:
    from vocal_separation_sanity_check.prepare import prepare_pairs, wishes_of

    def action(options: argparse.Namespace) -> None:
        if options.demo:
            # Singing loads scipy.signal, which no other song needs.
            with loading():
                from vocal_separation_sanity_check.demo import write_demo_pairs

            wishes_of(options)  # what cannot be is refused before anything is written
            write_demo_pairs(options.workspace / "process")
        _print_next(options, prepare_pairs(options))

    return action


def _print_next(options: argparse.Namespace, lengths: Sequence[str]) -> None:
    """Say which command comes next."""
    flag = ""
    if options.workspace.resolve() != options.usual_workspace.resolve():
        flag = f" --workspace {shlex.quote(str(options.workspace))}"
    print("Next:")
    for length in lengths:
        print(f"  {_CHECK_OF[length].spoken(is_script=options.is_script)}{flag}")


prepare_audio_files = Command(
    script="prepare_audio_files",
    program="prepare-audio-files",
    description="Prepare a song and its vocal (or its instrumental) for the checks, and line them"
    " up.",
    example="--mixture song.mp3 --vocal acapella.wav",
    add_options=add_options,
    load=_load,
)
