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

With --fleet the releases of each project of the file are examined, in one matching; a project that cannot be read is not examined.
A waiver about a package of a release that covers nothing, there or in today's locks, is reported here as unused.

Where there is a registry of suppliers' documents, the SBOMs of the retained releases are added to it, for `find_affected`.

Reads    retained releases, locks, advisory feeds, KEV and EPSS of [feeds] (docs/exploitation.md); the folder of [feeds].malicious as well; the ledger of first sightings; VEX documents given with --vex, and their bundles.
Writes   record; with --ledger data/artifacts/ledger/N.jsonl; with --restore data/artifacts/supply-chain/N/;
         the registry, where there is one
Decides  supported releases contain no known vulnerability or malware, and are as they were retained
Exits    0 nothing is open, or nothing was released yet: no tag in a whole clone, no release on GitHub (--restore); 2 usage; 3 the ledger or the list of pruned releases is broken; 4 a
         release contains a vulnerability or malware, was changed, or does not verify; 5 a feed did not answer, or not every
         supported release was examined, none is retained and none was searched for, or GitHub or an index did not answer.
Network  without --advisories: OSV's snapshot; if it cannot be fetched the OSV API, which receives names and
         versions; the addresses of [feeds].kev and [feeds].epss, if a vulnerability was found. Feeds of other
         ecosystems only from addresses that are given. With --verify and --restore: GitHub's API and download hosts for the project's repository, and the indexes. None with --offline.
Source   docs/shipped-releases.md; OSV schema 1.7.5, https://ossf.github.io/osv-schema/
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.command_lines import answer_help

    answer_help("check_releases")

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from ops.supply_chain.adapters.files.artifact_store import ArtifactStore
from ops.supply_chain.adapters.files.git_commits import never_tagged
from ops.supply_chain.contracts.config.file import Config
from ops.supply_chain.gather.gates.fleet import FleetProject, members
from ops.supply_chain.gather.gates.projects import add_fleet_option
from ops.supply_chain.gather.risk.advisories.matches import MALWARE_SOURCES
from ops.supply_chain.gather.risk.advisories.shipped import (
    ReadReleases,
    held_releases,
    nothing_retained,
    read_releases,
    unread_project,
)
from ops.supply_chain.gather.risk.advisories.shipped_findings import Shipment, examine
from ops.supply_chain.gather.risk.advisories.shipped_parts import read_today
from ops.supply_chain.gather.risk.advisories.source_options import add_source_options
from ops.supply_chain.gather.risk.vex_options import add_vex_options
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.stage import leave, run_stage

if TYPE_CHECKING:
    from ops.supply_chain.contracts.files.manifest import HeldRelease
    from ops.supply_chain.gather.assurance.shipped_restoration import Restored
    from ops.supply_chain.gather.assurance.shipped_verification import Reverified
    from ops.supply_chain.gather.risk.vex import VexFile


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add this stage's own options."""
    add_fleet_option(parser)
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
    checked = [_check(run, member) for member in _members(run)]
    result = examine(run, [project.shipment for project in checked], _vex_files(run))
    verified = [project.verified for project in checked if project.verified is not None]
    notes = (*result.notes, *(note for project in checked for note in project.notes), *_registered(run, result))
    if not verified:
        return replace(result, notes=notes)
    return replace(
        result,
        counts={**result.counts, "verified_again": sum(verified)},
        options={**result.options, "verify": run.args.verify},
        notes=notes,
    )


def _registered(run: StageRun, result: StageResult) -> tuple[str, ...]:
    """Return the note about releases that were added to the registry, or none."""
    if not result.counts.get("releases"):
        return ()
    from ops.supply_chain.gather.assurance.own_releases import registration_note

    note = registration_note(run)
    return (note,) if note else ()


class _Project(NamedTuple):
    """A project whose releases were read; its notes, and how many releases were verified again, None if none had to be."""

    shipment: Shipment
    notes: tuple[str, ...] = ()
    verified: int | None = None


def _members(run: StageRun) -> tuple[FleetProject, ...]:
    if run.args.fleet is not None:
        return members(run, run.args.fleet)
    return (FleetProject("", run, None),)


def _check(run: StageRun, member: FleetProject) -> _Project:
    """Restore, read and verify the releases of one project."""
    if member.run is None:
        finding = unread_project(member.name, member.error.message if member.error else "it cannot be read")
        return _Project(Shipment(replace(run, config=Config()), member.name, ReadReleases(findings=(finding,))))
    own, of = member.run, f" of {member.name}" if member.name else ""
    restored = _restore(own)
    held = held_releases(ArtifactStore(own.artifacts), own.project.name)
    read = read_releases(own, held)
    again = _verify_again(own, held)
    more = (*(restored.findings if restored else ()), *(again.findings if again else ()))
    read = read._replace(findings=(*read.findings, *more))
    notes: list[str] = []
    if restored is not None and restored.versions:
        notes.append(f"restored from GitHub {restored.repository}, verified: {', '.join(restored.versions)}{of}")
    if again is not None:
        notes += [f"not published, so not compared: {place}{of}" for place in again.unpublished]
    if not held and not read.findings:
        if restored is not None and restored.repository:
            notes.append(f"no release{of} is retained here, and GitHub {restored.repository} has none")
        elif never_tagged(own.root):
            notes.append(f"no release{of} is retained here, and the repository has no tag: nothing was released yet")
        else:
            read = read._replace(findings=(nothing_retained(member.name, asked=run.args.restore),))
    today = read_today(own, member.name) if read.releases else None
    return _Project(Shipment(own, member.name, read, today), tuple(notes), again.due if again else None)


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
    leave(main())
