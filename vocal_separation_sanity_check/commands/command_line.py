"""What every command shares: parse, load what the work needs, work, tell what a user can mend.

A command is run as a script of this project (``python sanity_check_complete.py``), whose folder is
then the workspace, or as an installed program (``sanity-check-complete``), which works where it is
called. Nothing but the parser is loaded before the command line is known to be right.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path

from vocal_separation_sanity_check.commands.interrupts import INTERRUPTED, noticing_ctrl_c
from vocal_separation_sanity_check.commands.loading import leave_the_rest, loading
from vocal_separation_sanity_check.errors import InputError
from vocal_separation_sanity_check.names import printable

BAD_INPUT = 2
READER_GONE = 141
"""Exit statuses: argparse uses 2 for an unknown flag as well; the others are what a shell gives a
program that Ctrl-C, or a closed pipe (``… | head``), ends."""

_EXTRAS = {
    "separate": ("google", "onnxruntime"),
    "unet": (
        "PIL",
        "librosa",
        "lightning",
        "musdb",
        "safetensors",
        "stempeg",
        "torch",
    ),
}
EXTRA_OF = {library: extra for extra, libraries in _EXTRAS.items() for library in libraries}
"""What to install for the libraries that the networks import."""

Action = Callable[[argparse.Namespace], None]


@dataclass(frozen=True)
class Command:
    """One of the program's commands.

    Attributes
    ----------
    script, program : str
        What it is called as a script, without ``.py``, and as an installed program.
    description : str
    example : str
        Arguments to show under ``--help``.
    add_options : callable
        Adds the command's own flags to a parser.
    load : callable
        Imports what the work needs, and gives the function that does it.
    """

    script: str
    program: str
    description: str
    example: str
    add_options: Callable[[argparse.ArgumentParser], object]
    load: Callable[[], Action]

    def __call__(self, script_path: str | None = None, arguments: list[str] | None = None) -> int:
        """Run the command.

        Parameters
        ----------
        script_path : str, optional
            The script's own ``__file__``; None as an installed program.
        arguments : list of str, optional
            In place of the process's own.

        Returns
        -------
        int
            Exit status, see `run`.
        """
        with loading():
            parser = self.parser(script_path)
        return run(parser, self.load, arguments)

    def parser(self, script_path: str | None = None) -> argparse.ArgumentParser:
        """Make the command's parser.

        Parameters
        ----------
        script_path : str, optional
            As in `__call__`.

        Returns
        -------
        argparse.ArgumentParser
            Knows ``--workspace`` beside the command's flags; abbreviations of flags are errors. The
            parsed options also hold ``is_script`` and ``usual_workspace``.
        """
        is_script = script_path is not None
        parser = argparse.ArgumentParser(
            description=self.description,
            epilog=f"example:\n  {self.spoken(is_script=is_script)} {self.example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        usual = Path() if script_path is None else Path(script_path).resolve().parent
        parser.set_defaults(is_script=is_script, usual_workspace=usual)
        parser.add_argument(
            "--workspace",
            metavar="DIR",
            type=Path,
            default=usual,
            help="folder that all other folders are in (default: "
            + ("this script's folder)" if is_script else "the current one)"),
        )
        self.add_options(parser)
        return parser

    def spoken(self, *, is_script: bool) -> str:
        """Give what a user types to run the command."""
        return f"python {self.script}.py" if is_script else self.program


def run(
    parser: argparse.ArgumentParser,
    load: Callable[[], Action],
    arguments: list[str] | None = None,
) -> int:
    """Parse the command line and do the work.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    load : callable
        As in `Command`.
    arguments : list of str, optional
        In place of the process's own.

    Returns
    -------
    int
        Exit status: 0; 2 after an `InputError` (told in one line) or where the networks' libraries
        are missing; 130 after Ctrl-C; 141 where the reader of a pipe has seen enough.
    """
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a song's name must not stop a run
    leave_the_rest()
    pressed: list[int] = []
    try:
        with loading():
            options = parser.parse_args(arguments)
            action = load()
        with noticing_ctrl_c() as pressed:
            action(options)
        sys.stdout.flush()
    except InputError as error:
        print("error:", printable(" ".join(str(error).splitlines())), file=sys.stderr)
        return BAD_INPUT
    except ModuleNotFoundError as error:
        extra = EXTRA_OF.get((error.name or "").partition(".")[0])
        if extra is None:
            raise
        remedy = f"pip install 'vocal-separation-sanity-check[{extra}]'"
        print(f"error: {error.name} is missing; install it with: {remedy}", file=sys.stderr)
        return BAD_INPUT
    except BrokenPipeError:
        return READER_GONE
    except (KeyboardInterrupt, Exception) as error:
        if not pressed and not began_with_ctrl_c(error):
            raise
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    finally:
        _drop_what_nobody_reads()
    return 0


def began_with_ctrl_c(error: BaseException | None) -> bool:
    """Whether Ctrl-C was caught on the way, as by a library whose own ``except`` clause fails.

    Parameters
    ----------
    error : BaseException or None

    Returns
    -------
    bool
    """
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__context__
    return error is not None


def _drop_what_nobody_reads() -> None:
    """Empty the buffer of a pipe that was closed: Python would try it once more when it ends."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
