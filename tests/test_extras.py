"""What a user sees who has not installed the networks' libraries."""

import sys

import pytest

from vocal_separation_sanity_check.command_line import command_parser, main


def test_a_missing_library_is_named_with_the_remedy(monkeypatch, capsys):
    def needs_torch(_):
        import torch  # noqa: F401

    monkeypatch.setitem(sys.modules, "torch", None)
    assert main(command_parser("x.py", "", ""), needs_torch, []) == 2
    shown = capsys.readouterr().err
    assert shown == "error: torch is missing; install it with: pip install '.[unet]'\n"


def test_a_missing_module_of_ours_is_a_bug():
    def broken(_):
        import vocal_separation_sanity_check.nothing  # noqa: F401

    with pytest.raises(ModuleNotFoundError):
        main(command_parser("x.py", "", ""), broken, [])
