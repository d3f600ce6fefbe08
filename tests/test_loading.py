"""While libraries load nothing is collected, and then again what was."""

import gc

import pytest

from vocal_separation_sanity_check.commands.loading import loading


def test_nothing_is_collected_meanwhile():
    with loading():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_what_an_application_switched_off_stays_off():
    gc.disable()
    try:
        with pytest.raises(OSError, match="no disk"), loading():
            raise OSError("no disk")
        assert not gc.isenabled()
    finally:
        gc.enable()
