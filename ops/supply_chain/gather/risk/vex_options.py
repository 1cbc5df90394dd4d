"""Options of the gates that apply documents of VEX."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_vex_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that give documents of VEX."""
    parser.add_argument(
        "--vex",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="apply an OpenVEX, CycloneDX or CSAF document by an author in [[vex_authors]]; repeatable",
    )
    parser.add_argument(
        "--vex-bom",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="CycloneDX BOM that a CycloneDX VEX refers to; repeatable",
    )
