"""`doctor`: its flag."""

from __future__ import annotations

import argparse
import sys

from vocal_separation_sanity_check.commands.command_line import Action, Command
from vocal_separation_sanity_check.errors import InputError


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the flag of the doctor.

    Parameters
    ----------
    parser : argparse.ArgumentParser
    """
    parser.add_argument("--json", action="store_true", help="as JSON, for a bug report")


def _load() -> Action:
    from vocal_separation_sanity_check.doctor import as_json, as_table, examine

    def action(options: argparse.Namespace) -> None:
        examination = examine(
            options.workspace, lambda text: print(text, file=sys.stderr, flush=True)
        )
        print(as_json(examination) if options.json else as_table(examination), flush=True)
        if examination.obstacles:
            told = "; ".join(
                f"{one.name} {one.state}" + (f" ({one.found})" if one.found else "")
                for one in examination.obstacles
            )
            raise InputError(f"the main job does not work here: {told}")

    return action


doctor = Command(
    script="doctor",
    program="vocal-separation-doctor",
    description="Say what of the installation works, what each part is for, and what brings the"
    " rest.",
    example="--json",
    add_options=add_options,
    load=_load,
)
