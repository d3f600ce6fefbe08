"""The commands: what they take, how they are called, and how they tell what went wrong.

In come command lines; out come exit statuses. Parsers are made here without loading anything that
computes; each command then imports the room that does its work.
"""

from vocal_separation_sanity_check.commands.loading import loading

with loading():
    from vocal_separation_sanity_check.commands.check_commands import (
        sanity_check_complete,
        sanity_check_full_length,
    )
    from vocal_separation_sanity_check.commands.command_line import Action, Command, run
    from vocal_separation_sanity_check.commands.doctor_command import doctor
    from vocal_separation_sanity_check.commands.prepare_command import prepare_audio_files

__all__ = [
    "Action",
    "Command",
    "doctor",
    "prepare_audio_files",
    "run",
    "sanity_check_complete",
    "sanity_check_full_length",
]
