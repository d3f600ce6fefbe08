"""Prepare the pairs in process/ for the checks: mono, 22 050 Hz, trimmed, into rtg/."""

import argparse
import sys
from pathlib import Path

from vocal_separation_sanity_check.command_line import command_parser, main


def parser() -> argparse.ArgumentParser:
    """Say what the command takes."""
    parser = command_parser(
        __file__,
        "Prepare a song and its vocal (or its instrumental) for the checks.",
        "python prepare_audio_files.py --mixture song.mp3 --vocal acapella.wav",
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--demo", action="store_true", help="synthesise a pair into process/ first")
    source.add_argument("--mixture", metavar="FILE", type=Path, help="the song; any name will do")
    reference = parser.add_mutually_exclusive_group()
    reference.add_argument("--vocal", metavar="FILE", type=Path, help="its isolated vocal")
    reference.add_argument("--instrumental", metavar="FILE", type=Path, help="or its music")
    parser.add_argument("--start", metavar="SECONDS", type=float, help="where the 4.7 s begin")
    parser.add_argument("--no-align", action="store_true", help="leave the reference where it is")
    parser.add_argument("--offset-ms", metavar="MS", type=float, help="delay the reference by this")
    parser.add_argument("--drift-ppm", metavar="PPM", type=float, help="stretch it by this")
    parser.add_argument("--polarity", type=int, choices=(1, -1), help="-1 inverts it")
    return parser


def action(options: argparse.Namespace) -> None:
    """Synthesise if asked, then prepare; what that needs is loaded here, where Ctrl-C is met."""
    from vocal_separation_sanity_check.prepare import prepare

    if options.demo:
        from vocal_separation_sanity_check.demo_song import write_demo_pairs

        write_demo_pairs(options.workspace / "process")
    prepare(options)


if __name__ == "__main__":
    sys.exit(main(parser(), action))
