"""Import the rooms of a command before it begins."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from vocal_separation_sanity_check.commands import Action


def after_loading(action: Action, *rooms: str) -> Callable[[], Action]:
    """Give what `Command` takes as `load`.

    Parameters
    ----------
    action : callable
        What the command does; it imports from the rooms once more, where it needs them.
    rooms : str
        Rooms of the networks, such as ``"songs"``. They are imported first, since only then does
        Ctrl-C end the command at once and without the tracebacks that some libraries print while
        they load.

    Returns
    -------
    callable
    """

    def load() -> Action:
        for room in rooms:
            import_module(f"unet.{room}")
        return action

    return load
