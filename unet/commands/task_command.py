"""A command for both tasks, cars and vocals: which of them is the first thing to find out."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from vocal_separation_sanity_check.commands import Action, Command


@dataclass(frozen=True)
class Task:
    """What a command does for one task.

    Attributes
    ----------
    description : str
    example : str
        Arguments to show under ``--help``.
    add_options : callable
        Adds the task's own flags to a parser.
    load : callable
        As in `Command`.
    """

    description: str
    example: str
    add_options: Callable[[argparse.ArgumentParser], object]
    load: Callable[[], Action]


@dataclass(frozen=True)
class TaskCommand:
    """A command that takes other flags for each task.

    Attributes
    ----------
    script, program : str
        As in `Command`.
    tasks : mapping of str to Task
        By the value of ``--task``; the first is the default.
    """

    script: str
    program: str
    tasks: Mapping[str, Task]

    def __call__(self, script_path: str | None = None, arguments: list[str] | None = None) -> int:
        """Find the task on the command line, then parse its flags and run it.

        Parameters
        ----------
        script_path : str, optional
            The script's own ``__file__``; None as an installed program.
        arguments : list of str, optional
            In place of the process's own.

        Returns
        -------
        int
            Exit status.
        """
        task_only = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
        self._add_task_option(task_only)
        chosen = task_only.parse_known_args(arguments)[0].task
        return self._command(chosen, script_path is not None)(script_path, arguments)

    def _command(self, chosen: str, is_script: bool) -> Command:
        """Make the command of one task; its help shows the examples of all."""
        task = self.tasks[chosen]
        command = Command(
            script=self.script,
            program=self.program,
            description=task.description,
            example="",
            add_options=partial(self._add_options, chosen),
            load=task.load,
        )
        examples = f"\n  {command.spoken(is_script=is_script)} ".join(
            other.example for other in self.tasks.values()
        )
        hints = [
            f"flags for {other}: --task {other} --help" for other in self.tasks if other != chosen
        ]
        return replace(command, example="\n".join([examples, "", *hints]))

    def _add_options(self, chosen: str, parser: argparse.ArgumentParser) -> None:
        self._add_task_option(parser)
        self.tasks[chosen].add_options(parser)

    def _add_task_option(self, parser: argparse.ArgumentParser) -> None:
        names = list(self.tasks)
        parser.add_argument(
            "--task", choices=names, default=names[0], help=f"what to work on (default: {names[0]})"
        )
