"""The options that both advisory gates have."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

from ops.supply_chain.adapters.osv.sources import SourceKind
from ops.supply_chain.gather.gates.projects import add_fleet_option
from ops.supply_chain.gather.risk.advisories.source_options import add_source_options
from ops.supply_chain.runner.fleet_part import add_part_options

SBOM_OPTION = "--sbom"


def add_options(parser: argparse.ArgumentParser, kinds: Iterable[SourceKind]) -> None:
    """Add the options of both gates."""
    add_fleet_option(parser)
    add_part_options(parser)
    add_source_options(parser, kinds)
    parser.add_argument("--ledger", action="store_true", help="record first sightings in the ledger")
    parser.add_argument(
        SBOM_OPTION,
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="examine an SBOM in place of the project's locks (CycloneDX 1.2 to 1.7, SPDX 2.2, 2.3 and 3.0.1, any "
        "serialisation); repeatable; no record is written",
    )


def examines_sboms(words: Sequence[str]) -> bool:
    """Return whether a command line gives SBOMs: such a run says nothing about the project, and leaves no record of it."""
    return any(word == SBOM_OPTION or word.startswith(f"{SBOM_OPTION}=") for word in words)
