"""Check what customers run: the supported retained releases against today's advisories.

`[releases].supported` states which are supported; by default those whose support period is not over, and always the newest.
The pins of a release come from its retained SBOM, after its digest was compared with the manifest; a release that is not as
it was retained is a finding and not examined. The pins of all releases and of today's locks are matched together, each
distinct one once. A finding names the releases that contain the package, since when, the due date, and what customers can
do: the later release that does not contain it, or that one has to be made.

Packages of other ecosystems than PyPI are matched with the feeds that are given for them (--advisories npm=..., or [feeds.ecosystems]).
What nothing is known about is named with its releases, and not examined; inside wheels that is stated and does not change the outcome.

Waivers apply by package and version, VEX given with --vex to the releases whose version its statements name. A vulnerability
that no ledger remembers was first seen when its advisory was published.

With --verify past releases are verified again as a customer would, without network: digests, signatures, log proofs, provenance;
then the files that GitHub serves are downloaded and compared, and the hashes that the indexes of `[[indexes]]` list. `due`
selects those of today by date, so that each retained release is verified once in seven days, without a memory; `all` all.

With --restore a store without a release of the project is filled first: the supported releases that GitHub serves are downloaded
(at most 30), verified with the published identities, and retained only if they verify. So a new runner needs no disk of its own.

Reads    retained releases, locks, advisory feeds, KEV and EPSS of [feeds] (docs/exploitation.md); the folder of [feeds].malicious as well; the ledger of first sightings; VEX documents given with --vex, and their bundles.
Writes   record; with --ledger data/artifacts/ledger/N.jsonl; with --restore data/artifacts/supply-chain/N/
Decides  supported releases contain no known vulnerability or malware, and are as they were retained
Exits    0 nothing is open, or nothing is retained; 2 usage; 3 the ledger or the list of pruned releases is broken; 4 a
         release contains a vulnerability or malware, was changed, or does not verify; 5 a feed did not answer, or not every
         supported release was examined, or GitHub or an index did not answer.
Network  without --advisories: OSV's snapshot; if it cannot be fetched the OSV API, which receives names and
         versions; the addresses of [feeds].kev and [feeds].epss, if a vulnerability was found. Feeds of other
         ecosystems only from addresses that are given. With --verify and --restore: GitHub's API and download hosts for the project's repository, and the indexes. None with --offline.
Source   docs/shipped-releases.md; OSV schema 1.7.5, https://ossf.github.io/osv-schema/
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ops.supply_chain.adapters.files.artifact_store import ArtifactStore
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.gather.risk.advisories.lookup import add_source_options
from ops.supply_chain.gather.risk.advisories.matches import MALWARE_SOURCES
from ops.supply_chain.gather.risk.advisories.shipped import held_releases, read_releases
from ops.supply_chain.gather.risk.advisories.shipped_findings import examine, finish_without_pins
from ops.supply_chain.gather.risk.vex_options import add_vex_options
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.stage import run_stage

if TYPE_CHECKING:
    from ops.supply_chain.contracts.files.manifest import HeldRelease
    from ops.supply_chain.gather.assurance.shipped_restoration import Restored
    from ops.supply_chain.gather.assurance.shipped_verification import Reverified
    from ops.supply_chain.gather.risk.vex import VexFile

NOTHING = "no release is retained here, so none was examined"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add this stage's own options."""
    add_source_options(parser, MALWARE_SOURCES)
    parser.add_argument(
        "--verify",
        choices=["due", "all"],
        help="also verify releases again, signatures and served files included: those of today (each once in seven days), or all",
    )
    parser.add_argument(
        "--restore",
        action="store_true",
        help="if nothing is retained, restore the supported releases from GitHub, verified ([reporting].github)",
    )
    parser.add_argument("--ledger", action="store_true", help="record first sightings in the ledger")
    add_vex_options(parser)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage.

    Returns:
        The exit code.
    """
    return run_stage("check_releases", __doc__, arguments, _perform, argv)


def _perform(run: StageRun) -> StageResult:
    restored = _restore(run)
    held = held_releases(ArtifactStore(run.artifacts), run.project.name)
    read = read_releases(run, held)
    if restored is not None:
        read = read._replace(findings=(*read.findings, *restored.findings))
    again = _verify_again(run, held)
    if again is not None:
        read = read._replace(findings=(*read.findings, *again.findings))
    if not held and not read.findings:
        return StageResult(outcome=Outcome.PASS, counts={"releases": 0}, notes=(NOTHING,))
    result = examine(run, read, _vex_files(run)) if read.releases else finish_without_pins(run, read)
    if restored is not None and restored.versions:
        note = f"restored from GitHub {restored.repository}, verified: {', '.join(restored.versions)}"
        result = replace(result, notes=(*result.notes, note))
    if again is None:
        return result
    unpublished = tuple(f"not published, so not compared: {place}" for place in again.unpublished)
    return replace(
        result,
        counts={**result.counts, "verified_again": again.due},
        options={**result.options, "verify": run.args.verify},
        notes=(*result.notes, *unpublished),
    )


def _restore(run: StageRun) -> Restored | None:
    if not run.args.restore:
        return None
    from ops.supply_chain.gather.assurance.shipped_restoration import restore

    return restore(run)


def _verify_again(run: StageRun, held: Sequence[HeldRelease]) -> Reverified | None:
    if not run.args.verify:
        return None
    from ops.supply_chain.gather.assurance.shipped_verification import verify_again

    return verify_again(run, held, everything=run.args.verify == "all")


def _vex_files(run: StageRun) -> tuple[VexFile, ...]:
    if not run.args.vex:
        return ()
    from ops.supply_chain.gather.risk.vex import load_vex_files

    return load_vex_files(run.args.vex, run.args.vex_bom, root=run.root, config=run.config)


if __name__ == "__main__":
    raise SystemExit(main())
