"""diffoscope, where it is installed: a report of where two builds of a distribution differ, below the level of members.

Source: https://diffoscope.org/ ; diffoscope(1), "EXIT STATUS": "Exit status is 0 if inputs are the same, 1 if different, 2 if trouble."
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from ops.supply_chain.adapters.builders.conditions import Conditions
from ops.supply_chain.adapters.builders.run import BuildLimits, run_command
from ops.supply_chain.core.errors import UnavailableError

NAME = "diffoscope"
DIFFERENT = 1
"""Its exit code for two files that are not the same."""

LIMITS = BuildLimits(seconds=120, output_bytes=1 << 20, file_bytes=512 << 20, folder_bytes=2 << 30)
MOST_REPORT_BYTES = 2 << 20
"""The most bytes of a report; a longer one ends there."""

_CONDITIONS = Conditions(label=NAME, umask=0o077, timezone="UTC", locale="C.UTF-8", hash_seed=0, cpus=0, mtime=0)


class DiffoscopeReport(NamedTuple):
    """The report as text, empty without one, and then why."""

    text: bytes
    problem: str = ""


def diffoscope_report(name: str, first: bytes, second: bytes) -> DiffoscopeReport:
    """Compare two builds of a distribution.

    Args:
        name: Its file name.
        first: One build.
        second: The other.
    """
    program = shutil.which(NAME)
    if not program:
        return DiffoscopeReport(b"", "it is not installed")
    with tempfile.TemporaryDirectory(prefix="sealwright-diffoscope-", ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch)
        for build, content in (("first", first), ("second", second)):
            (folder / build).mkdir()
            (folder / build / name).write_bytes(content)
        return _run(program, folder, name)


def _run(program: str, folder: Path, name: str) -> DiffoscopeReport:
    report, programs = folder / "report.txt", Path(program).parent
    options = ("--no-progress", "--max-text-report-size", str(MOST_REPORT_BYTES), "--text", str(report))
    try:
        done = run_command(
            [program, *options, f"first/{name}", f"second/{name}"],
            folder=folder,
            watched=[folder],
            conditions=_CONDITIONS,
            variables=_CONDITIONS.variables(folder, 0, programs, {}, folder),
            limits=LIMITS,
            python=sys.executable,
        )
    except UnavailableError as error:
        return DiffoscopeReport(b"", error.message)
    if done.code != DIFFERENT:
        return DiffoscopeReport(
            b"", f"it {done.failure or 'finds no difference'}: {' | '.join(done.lines[-2:])}".rstrip(": ")
        )
    try:
        with report.open("rb") as file:
            text = file.read(MOST_REPORT_BYTES)
    except OSError as error:
        return DiffoscopeReport(b"", f"its report cannot be read: {error.strerror or error}")
    return DiffoscopeReport(text, "" if text else "its report is empty")
