"""An examination as people read it, 80 columns wide, and as JSON for a report."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from itertools import groupby
from textwrap import wrap

from vocal_separation_sanity_check.doctor.examination import Examination
from vocal_separation_sanity_check.doctor.finding import Finding, State

WIDTH = 80
STATE, NAME, FOUND = 8, 17, 25
PURPOSE = WIDTH - STATE - NAME - FOUND - 2


def as_table(examination: Examination) -> str:
    """Write it for the terminal.

    Parameters
    ----------
    examination : Examination

    Returns
    -------
    str
        Lines of 80 columns; only a line to run may be longer, so that it can be copied whole.
    """
    lines = [f"vocal-separation-sanity-check {examination.version}", ""]
    for group, findings in groupby(examination.findings, lambda one: one.group):
        lines.append(group)
        for one in findings:
            lines += _rows(one)
    lines += ["", *_remedies(examination)]
    took = f"Looked at in {examination.seconds:.0f} s."
    return "\n".join([*lines, f"The main job works. {took}" if not examination.obstacles else took])


def as_json(examination: Examination) -> str:
    """Write it for a report: the same facts, by their names.

    Parameters
    ----------
    examination : Examination

    Returns
    -------
    str
    """
    facts = {
        "version": examination.version,
        "works": not examination.obstacles,
        "seconds": round(examination.seconds, 1),
        "findings": [asdict(one) for one in examination.findings],
    }
    return json.dumps(facts, indent=2)


def _rows(one: Finding) -> Iterator[str]:
    columns = [
        wrap(text, width) or [""]
        for text, width in ((one.name, NAME - 1), (one.found, FOUND - 1), (one.purpose, PURPOSE))
    ]
    n_rows = max(map(len, columns))
    name, found, purpose = (column + [""] * (n_rows - len(column)) for column in columns)
    for row in range(n_rows):
        state = one.state if row == 0 else ""
        line = f"  {state:{STATE}}{name[row]:{NAME}}{found[row]:{FOUND}}{purpose[row]}"
        yield line.rstrip()


def _remedies(examination: Examination) -> Iterator[str]:
    """Say once each what brings what is missing."""
    remedies: dict[str, list[str]] = {}
    for one in examination.findings:
        if one.remedy:
            remedies.setdefault(one.remedy, []).append(one.name)
    if any(one.state is State.DIFFERS for one in examination.findings):
        yield "Other versions than the tested ones mostly work; digits may differ."
        yield ""
    for remedy, names in remedies.items():
        yield from wrap(f"For {', '.join(names)}:", WIDTH)
        yield f"  {remedy}"
    if remedies:
        yield ""
