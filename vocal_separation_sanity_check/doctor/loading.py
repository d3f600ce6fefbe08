"""Run in a process of its own: load the libraries that it is called with, one after another."""

from __future__ import annotations

import sys
from importlib import import_module

from vocal_separation_sanity_check.doctor.own_process import in_short, tell


def main() -> None:
    """Tell of each whether it loads."""
    for module in sys.argv[1:]:
        tell(begins=module)
        try:
            import_module(module)
        except ModuleNotFoundError as error:
            tell(module=module, missing=error.name)
        except Exception as error:  # whatever a broken library raises
            tell(module=module, error=in_short(error))
        else:
            tell(module=module)


if __name__ == "__main__":
    main()
