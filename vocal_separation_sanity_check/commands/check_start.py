"""Start a check: a second process loads what draws while this one loads what computes."""

from __future__ import annotations

import argparse

from vocal_separation_sanity_check.commands.check_commands import Check
from vocal_separation_sanity_check.commands.loading import loading
from vocal_separation_sanity_check.processes import SecondProcess, n_cores


def start_check(check: Check, options: argparse.Namespace) -> None:
    """Check the songs that were asked for.

    Parameters
    ----------
    check : Check
    options : argparse.Namespace
        ``workspace`` and the flags of `check_commands.add_options`.

    Raises
    ------
    InputError
        As `checking.run_check`.
    """
    is_many = options.all or options.scheduler is not None  # every core has its own song then
    if is_many or n_cores() == 1:
        _run(check, options, None)
        return
    with SecondProcess() as second:
        second.begin(load_drawing)
        _run(check, options, second)


def load_drawing() -> None:
    """Load, in the second process, what draws."""
    from vocal_separation_sanity_check.report import load_drawing

    load_drawing()


def _run(check: Check, options: argparse.Namespace, second: SecondProcess | None) -> None:
    with loading():
        from vocal_separation_sanity_check.commands.checking import run_check
    run_check(check, options, second)
