"""Check what customers run: the supported retained releases against today's advisories.

`[releases].supported` states which are supported; by default those whose support period is not over, and always the newest.
The pins of a release come from its retained SBOM, after its digest was compared with the manifest; a release that is not as
it was retained is a finding and not examined. The pins of all releases and of today's locks are matched together, each
distinct one once. A finding names the releases that contain the package, since when, the due date, and what customers can
do: the later release that does not contain it, or that one has to be made.

Waivers apply by package and version, VEX given with --vex to the releases whose version its statements name. A vulnerability
that no ledger remembers was first seen when its advisory was published.

Reads    retained releases, locks, advisory feeds; the folder of [feeds].malicious as well; the ledger of first sightings; VEX documents given with --vex, and their bundles.
Writes   record; with --ledger data/artifacts/ledger/N.jsonl
Decides  supported releases contain no known vulnerability or malware, and are as they were retained
Exits    0 nothing is open, or nothing is retained; 2 usage; 3 the ledger or the list of pruned releases is broken; 4 a
         release contains a vulnerability or malware, or was changed; 5 a feed did not answer, or not every supported
         release was examined.
Network  without --advisories: OSV's snapshot; if it cannot be fetched the OSV API, which receives names and
         versions; none with --offline.
Source   docs/shipped-releases.md; OSV schema 1.7.5, https://ossf.github.io/osv-schema/
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ops.supply_chain.adapters.files.artifact_store import ArtifactStore
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.gather.risk.advisories.lookup import add_source_options
from ops.supply_chain.gather.risk.advisories.matches import MALWARE_SOURCES
from ops.supply_chain.gather.risk.advisories.shipped import held_releases, read_releases
from ops.supply_chain.gather.risk.advisories.shipped_findings import examine, finish_without_pins
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.stage import run_stage

if TYPE_CHECKING:
    from ops.supply_chain.gather.risk.vex import VexFile

NOTHING = "no release is retained here, so none was examined"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add this stage's own options."""
    add_source_options(parser, MALWARE_SOURCES)
    parser.add_argument("--ledger", action="store_true", help="record first sightings in the ledger")
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


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage.

    Returns:
        The exit code.
    """
    return run_stage("check_releases", __doc__, arguments, _perform, argv)


def _perform(run: StageRun) -> StageResult:
    held = held_releases(ArtifactStore(run.artifacts), run.project.name)
    read = read_releases(run, held)
    if not held and not read.findings:
        return StageResult(outcome=Outcome.PASS, counts={"releases": 0}, notes=(NOTHING,))
    if not read.releases:
        return finish_without_pins(run, read)
    return examine(run, read, _vex_files(run))


def _vex_files(run: StageRun) -> tuple[VexFile, ...]:
    if not run.args.vex:
        return ()
    from ops.supply_chain.gather.risk.vex import load_vex_files

    return load_vex_files(run.args.vex, run.args.vex_bom, root=run.root, config=run.config)


if __name__ == "__main__":
    raise SystemExit(main())
