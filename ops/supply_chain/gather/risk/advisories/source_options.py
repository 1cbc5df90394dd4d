"""The options that choose the source of advisories; a stage that has nothing to match needs no more than these."""

from __future__ import annotations

import argparse
from collections.abc import Iterable

from ops.supply_chain.adapters.osv.sources import SourceKind

SNAPSHOT_ONLY = (SourceKind.SNAPSHOT,)
"""The other sources receive names: not for what a supplier's document lists, which may be confidential."""


def add_source_options(parser: argparse.ArgumentParser, kinds: Iterable[SourceKind]) -> None:
    """Add the options that choose the source of advisories."""
    parser.add_argument(
        "--advisories",
        action="append",
        default=[],
        metavar="[ECOSYSTEM=]PATH|URL",
        help="OSV snapshot to use: a zip file, a folder of records or a URL; repeatable, the first usable one is used for "
        "packages of PyPI (default: the sources below); npm=, Debian= and so on name the ecosystem of another feed",
    )
    parser.add_argument(
        "--source",
        action="append",
        default=[],
        choices=[kind.value for kind in kinds],
        help="without --advisories: use this source; repeatable (default: all of them, in this order)",
    )
