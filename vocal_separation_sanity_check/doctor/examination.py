"""All that is looked at, in the order of the table, and whether the main job works."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter
from typing import Any

from vocal_separation_sanity_check.doctor.finding import Finding, State
from vocal_separation_sanity_check.doctor.machine import machine_findings
from vocal_separation_sanity_check.doctor.own_process import OwnProcess, running
from vocal_separation_sanity_check.doctor.packages import (
    PACKAGE,
    how_to_install,
    modules,
    package_findings,
)
from vocal_separation_sanity_check.doctor.programs import program_findings

READ = ("WAV", "FLAC", "OGG", "OPUS", "MP3", "AIFF")
"""What the README says is read without ffmpeg."""
COMPILING = "Compiling the kernels; this happens once and takes about half a minute."


@dataclass(frozen=True)
class Examination:
    """What was found.

    Attributes
    ----------
    version : str
        Of this package.
    findings : tuple of Finding
    seconds : float
        That it took.
    """

    version: str
    findings: tuple[Finding, ...]
    seconds: float

    @property
    def obstacles(self) -> tuple[Finding, ...]:
        """What keeps the main job from working."""
        return tuple(one for one in self.findings if one.stops_the_main_job)


def examine(workspace: Path, say: Callable[[str], None]) -> Examination:
    """Look at everything.

    Parameters
    ----------
    workspace : Path
        The folder that the results' folders are in.
    say : callable
        Told what takes long.

    Returns
    -------
    Examination
    """
    start = perf_counter()
    with ExitStack() as stack:
        trial = stack.enter_context(running("trial"))
        steps = stack.enter_context(running("torch_steps"))
        loading = stack.enter_context(running("loading", *modules()))
        found = [*machine_findings(workspace), *program_findings()]
        separated = list(_trial_findings(trial, say))
        found += [*package_findings(_loaded(loading)), *_device_findings(steps), *separated]
    try:
        own = version(PACKAGE)
    except PackageNotFoundError:
        own = "not installed, run from its source"
    return Examination(own, tuple(found), perf_counter() - start)


def _loaded(loading: OwnProcess) -> dict[str, dict[str, str]]:
    """What loading each module told; without an error where it loads."""
    outcomes = {
        module: {"error": "not tried: another one ended the process"} for module in modules()
    }
    begun = ""
    for told in loading.told():
        begun = told.get("begins", "")
        if "module" in told:
            outcomes[told["module"]] = told
    if begun:
        outcomes[begun] = {"error": f"loading it: {loading.died}"}
    return outcomes


def _trial_findings(trial: OwnProcess, say: Callable[[str], None]) -> Iterator[Finding]:
    """What the separation of a second told."""
    told: dict[str, Any] = {}
    for part in trial.told():
        told |= part
        if part.get("is_compiled") is False:
            say(COMPILING)
    if "kinds" in told:
        yield _libsndfile(told)
    if "is_compiled" in told:
        yield _kernels(told)
    yield _separation(told, trial.died)


def _libsndfile(told: dict[str, Any]) -> Finding:
    lacking = [kind for kind in READ if kind not in told["kinds"]]
    kinds = f"without {' '.join(lacking)}" if lacking else "all formats"
    return Finding(
        "program",
        "libsndfile",
        State.DIFFERS if lacking else State.OK,
        f"{told['libsndfile']}, {kinds}",
        " ".join(READ),
        how_to_install("") if lacking else "",
    )


def _kernels(told: dict[str, Any]) -> Finding:
    name, purpose = "kernels", "fingerprint, fit, lining up"
    if told["is_compiled"]:
        return Finding("program", name, State.OK, "compiled", purpose)
    if told.get("is_kept"):
        found = f"compiled now, in {told['seconds']:.0f} s"
        return Finding("program", name, State.OK, found, purpose)
    found = "compiled in every run, half a minute"
    remedy = "set NUMBA_CACHE_DIR to a folder that you may write to"
    return Finding("program", name, State.DIFFERS, found, purpose, remedy)


def _separation(told: dict[str, Any], died: str) -> Finding:
    name, purpose = "1 s separated", "the main job, file to file"
    if "si_sdr_db" in told:
        found = f"SI-SDR {told['si_sdr_db']:.2f} of {told['known_db']:.2f} dB"
        is_right = told["is_right"]
    else:
        found, is_right = told.get("error") or died, False
    is_whole = is_right or found.startswith("ModuleNotFoundError")
    remedy = (
        "" if is_whole else how_to_install("").replace(" install ", " install --force-reinstall ")
    )
    state = State.OK if is_right else State.FAILS
    return Finding("program", name, state, found, purpose, remedy, is_needed=True)


def _device_findings(steps: OwnProcess) -> Iterator[Finding]:
    """What PyTorch computes on."""
    for told in steps.told():
        name, error = told["device"], told["error"]
        state = State.FAILS if error else State.OK
        works = f"a step of training works{' on ' + told['name'] if told['name'] else ''}"
        remedy = "update its driver, or use --device cpu" if error else ""
        yield Finding("accelerators", name, state, error or works, "networks", remedy)
