"""Prepare the pairs in process/ for the checks: lined up, mono, 22 050 Hz, trimmed, into rtg/."""

import argparse
import sys
from pathlib import Path

from vocal_separation_sanity_check.command_line import command_parser, main


def parser() -> argparse.ArgumentParser:
    """Say what the command takes."""
    parser = command_parser(
        __file__,
        "Prepare a song and its vocal (or its instrumental) for the checks, and line them up.",
        "python prepare_audio_files.py --mixture song.mp3 --vocal acapella.wav",
    )
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
    return parser


def action(options: argparse.Namespace) -> None:
    """Load late what the work needs, where Ctrl-C is met; synthesise if asked, and prepare."""
    from vocal_separation_sanity_check import demo_song, prepare

    if options.demo:
        demo_song.write_demo_pairs(options.workspace / "process")
    prepare.prepare(options)


if __name__ == "__main__":
    sys.exit(main(parser(), action))
