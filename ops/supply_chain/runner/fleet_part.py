"""A stage that examines one part of a fleet, for a run that another machine started: how it is given, what it leaves.

The options `--part` and `--scheduler` belong together: a run with `--scheduler` makes the parts, a worker runs each with
`--part FOLDER`. Such a run leaves no record, but its result, which the other run makes into one.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from ops.supply_chain.contracts.files.fleet import PartResult, PartSetting
from ops.supply_chain.core import canonical
from ops.supply_chain.core.moments import parse_timestamp
from ops.supply_chain.runner.context import FleetPart, StageResult

SETTING_FILE = "setting.json"
RESULT_FILE = "result.json"

_NOT_SENT = {
    "--scheduler": 1, "--fleet": 1, "--part": 1, "--project": 1, "--dist": 1, "--artifacts": 1, "--cache": 1, "--format": 1,
    "--public-log": 0, "--verbose": 0,
}  # fmt: skip
"""Options that are given in another way or decide nothing, with the number of their values."""


class GivenPart(NamedTuple):
    """The part that a command line gives: its folder, the time of the run, and what the stage has to know."""

    folder: Path
    now: datetime
    part: FleetPart


def add_part_options(parser: argparse.ArgumentParser) -> None:
    """Add `--scheduler` to a stage that can examine a fleet in parts."""
    parser.add_argument(
        "--scheduler",
        default="",
        metavar="ADDRESS",
        help="with --fleet: examine the projects on the workers of this Dask scheduler, tcp://HOST:8786 or tls://HOST:8786",
    )
    parser.add_argument(
        "--part",
        type=Path,
        metavar="FOLDER",
        help="for workers: examine the fleet as a part of another run's, and write the result into this folder, no record",
    )


def read_part(folder: Path) -> GivenPart:
    """Return the part that a command line gives.

    Args:
        folder: As the option `--part` has it.
    Raises:
        InputError: It is not as a worker writes it.
    """
    setting = canonical.read(folder / SETTING_FILE, PartSetting)
    now = parse_timestamp(setting.now, where=SETTING_FILE)
    return GivenPart(folder, now, FleetPart(setting=setting, ledgers=folder.absolute()))


def write_result(part: GivenPart, result: StageResult) -> None:
    """Write the result of a part into its folder."""
    canonical.write(
        part.folder / RESULT_FILE,
        PartResult(
            outcome=result.outcome,
            counts=tuple(result.counts.items()),
            tallies=result.tallies,
            findings=result.findings,
            common=result.common,
            reads=result.reads,
            tools=result.tools,
            feeds=result.feeds,
            options=result.options,
            notes=result.notes,
            details=result.details,
            excluded=result.excluded,
            broken=result.broken_input,
            document=result.document,
        ),
    )


def sent_words(words: Sequence[str]) -> tuple[str, ...]:
    """Return the options of a command line that a worker's stage gets as they are."""
    sent: list[str] = []
    position = 0
    while position < len(words):
        flag, has_value, _ = words[position].partition("=")
        if flag in _NOT_SENT:
            position += 1 if has_value else 1 + _NOT_SENT[flag]
            continue
        sent.append(words[position])
        position += 1
    return tuple(sent)
