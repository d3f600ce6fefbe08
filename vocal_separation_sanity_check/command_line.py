"""The door that the scripts share: parse, call, and tell errors that a user can mend."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path

from vocal_separation_sanity_check.errors import InputError

BAD_INPUT = 2
INTERRUPTED = 130
"""Exit statuses; argparse uses 2 for an unknown flag as well."""

OF_EXTRA_UNET = (
    "PIL",
    "librosa",
    "lightning",
    "musdb",
    "museval",
    "safetensors",
    "stempeg",
    "torch",
)
INSTALL_UNET = "pip install '.[unet]'"


def command_parser(script: str, description: str, example: str) -> argparse.ArgumentParser:
    """Make a parser with what every script takes.

    Parameters
    ----------
    script : str
        The script's own `__file__`; its folder is the default workspace.
    description, example : str
        For ``--help``.

    Returns
    -------
    argparse.ArgumentParser
        Knows ``--workspace``; abbreviations of flags are errors.
    """
    parser = argparse.ArgumentParser(
        description=description,
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--workspace",
        metavar="DIR",
        type=Path,
        default=Path(script).resolve().parent,
        help="folder that all other folders are in (default: this script's folder)",
    )
    return parser


def main(
    parser: argparse.ArgumentParser,
    action: Callable[[argparse.Namespace], None],
    arguments: list[str] | None = None,
) -> int:
    """Parse the command line and run an action.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    action : callable
        Takes the parsed options.
    arguments : list of str, optional
        In place of the process's own.

    Returns
    -------
    int
        Exit status: 0; 2 after an `InputError` (told in one line) or where the networks' libraries
        are missing; 130 after Ctrl-C.
    """
    options = parser.parse_args(arguments)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a song's name must not stop a run
    try:
        action(options)
    except InputError as error:
        print("error:", " ".join(str(error).splitlines()), file=sys.stderr)
        return BAD_INPUT
    except ModuleNotFoundError as error:
        if error.name not in OF_EXTRA_UNET:
            raise
        print(f"error: {error.name} is missing; install it with: {INSTALL_UNET}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    return 0
