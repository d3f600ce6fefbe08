"""Other programs: ffmpeg with its decoders, and the browser that the tests open pages in."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator

from vocal_separation_sanity_check.doctor.finding import Finding, State

GROUP = "programs"
DECODERS = ("aac", "alac", "ac3", "wmav2", "opus", "vorbis", "mp3", "flac")
"""What M4A files and videos hold."""
BROWSERS = ("chromium", "chromium-browser")
LIMIT_S = 20.0
_DECODER = re.compile(r"^ A\S{5} (\w+)", re.MULTILINE)


def program_findings() -> Iterator[Finding]:
    """Look for the programs.

    Yields
    ------
    Finding
    """
    yield _ffmpeg()
    yield _browser()


def _ffmpeg() -> Finding:
    name, purpose = "ffmpeg", "M4A, video, MP4 stems"
    program = shutil.which(name)
    if program is None:
        return Finding(GROUP, name, State.MISSING, "", purpose, how_to_install(name))
    version = _told(program, "-version")
    decoders = {*_DECODER.findall(_told(program, "-v", "error", "-decoders") or "")}
    if version is None or not decoders:
        found = "it is there, and does not run"
        return Finding(GROUP, name, State.FAILS, found, purpose, how_to_install(name))
    number = (re.match(r"ffmpeg version (\w[\w.]*)", version) or ["", "a build of one's own"])[1]
    lacking = [decoder for decoder in DECODERS if decoder not in decoders]
    if lacking:
        found = f"{number}, without {' '.join(lacking)}"
        remedy = f"a whole build of it: {how_to_install(name)}"
        return Finding(GROUP, name, State.DIFFERS, found, purpose, remedy)
    return Finding(GROUP, name, State.OK, f"{number}, all decoders", purpose)


def _browser() -> Finding:
    name, purpose = "Chromium", "the pages' tests"
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        return Finding(GROUP, name, State.MISSING, "", purpose, how_to_install("chromium"))
    version = re.search(r"\d[\d.]+", _told(program, "--version") or "")
    if version is None:
        found = "it is there, and does not run"
        return Finding(GROUP, name, State.FAILS, found, purpose, how_to_install("chromium"))
    return Finding(GROUP, name, State.OK, version[0], purpose)


def how_to_install(package: str) -> str:
    """Give the line that installs a program on this kind of system."""
    if sys.platform == "darwin":
        return f"brew install {package}"
    if sys.platform == "win32":
        return f"winget install {package}"
    return f"sudo apt-get install {package}"


def _told(program: str, *arguments: str) -> str | None:
    """What a program prints; None where it does not run, or not to its end."""
    try:
        return subprocess.run(
            [program, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=True,
            timeout=LIMIT_S,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
