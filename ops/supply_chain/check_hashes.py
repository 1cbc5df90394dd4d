"""Check that the index still serves every hash in the locks; with --bytes, download the files and hash them.

Reads    locks, index: the project page of each pinned project, and with --bytes one file of each pin, all of them in each
         run; with --bytes what is recorded of the wheels' contents: name.contents.json beside each lock. --bytes=changed
         downloads only the files that no retained release has verified: data/artifacts/supply-chain/N/, where the bytes and the
         signatures of each release that counts are verified first.
Writes   record; with --record NAME.contents.json: what the downloaded wheels bundle, vendor and declare (PEP 770). Files with
         a locked hash are kept by that hash in the user's cache, 2 GB of them, for builds and for --bytes=changed.
Decides  every recorded hash still served by the index, yanked, replaced, quarantined; with --bytes, whether the
         downloaded bytes have the recorded hash, the metadata that the index serves is the wheel's own, and what is recorded
         of its contents is in it. A wheel that cannot be opened is a note: nothing is known of its contents then. After
         --bytes=changed the claim that a file of every locked version was downloaded does not hold.
Exits    0 no open finding, 2 usage, 3 a lock or a recorded content is malformed, 4 open findings, 5 an index or a file server did not
         answer, something could not be compared, or a file that pins or declares packages was not read.
Network  the index of each pin, and with --bytes the servers of its files; --offline sends no request and exits 5.
Source   the simple repository API 1.4 (PEP 503, 691, 700), PEP 592 (yanked), PEP 792 (status). A hash can be
         compared only in an algorithm that the index publishes; for others, use --bytes.
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.command_lines import answer_help

    answer_help("check_hashes")

import argparse
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.files.record import FeedRef
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.contracts.values.package_index import PageAddress, ProjectListing
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import ErrorClass, UnavailableError, UsageError
from ops.supply_chain.core.text import plural
from ops.supply_chain.dependencies.index_hashes import results
from ops.supply_chain.dependencies.index_hashes.compare import HashComparison, IndexEntry, compare, index_entry
from ops.supply_chain.dependencies.index_hashes.downloads import EarlierBytes, FileDownload, sha256_allowed
from ops.supply_chain.dependencies.index_hashes.pins import HashScope, PinnedRelease, scope_of
from ops.supply_chain.dependencies.index_hashes.results import Downloaded, NotExamined, ReleaseResult
from ops.supply_chain.gather.dependencies.downloaded_files import (
    DownloadedFiles,
    correct_cache,
    fetch_files,
    plan_downloads,
    to_open,
)
from ops.supply_chain.gather.dependencies.opened_wheels import (
    ProjectContents,
    compare_contents,
    notes_of,
    record_contents,
)
from ops.supply_chain.gather.gates.outcome import finish_gate
from ops.supply_chain.gather.gates.projects import (
    GateProject,
    add_fleet_option,
    all_excluded,
    all_locks,
    read_gate_input,
)
from ops.supply_chain.gather.gates.wheel_contents import recorded_contents
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.stage import leave, run_stage

if TYPE_CHECKING:
    from ops.supply_chain.adapters.files.verified_files import VerifiedFiles
    from ops.supply_chain.adapters.index.client import PackageIndex
    from ops.supply_chain.adapters.index.project_pages import Pages

SCOPE = "hash"
FEED = "package index, project pages"
EVERYTHING, CHANGED = "everything", "changed"
"""Values of --bytes."""

BYTES = command("check_hashes", "--bytes")
_BYTES = {None: "no", EVERYTHING: "yes", CHANGED: CHANGED}
"""Value of --bytes -> the option in the record."""


class _Fetched(NamedTuple):
    """What was downloaded, and for --bytes=changed what retained releases had verified before."""

    downloads: DownloadedFiles
    earlier: EarlierBytes | None = None


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add `--bytes`, `--record` and the fleet option."""
    parser.add_argument(
        "--bytes",
        nargs="?",
        const=EVERYTHING,
        choices=[EVERYTHING, CHANGED],
        help="also download one file of each pin and hash it: everything (without a value), or changed: only what no "
        "retained release has verified",
    )
    parser.add_argument(
        "--record", action="store_true", help="with --bytes: record what the wheels contain, beside each lock"
    )
    add_fleet_option(parser)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage.

    Returns:
        The exit code.
    """
    return run_stage("check_hashes", __doc__, arguments, _perform, argv)


def _perform(run: StageRun) -> StageResult:
    from ops.supply_chain.adapters.index.client import PackageIndex

    if run.args.record and not run.args.bytes:
        raise UsageError("--record needs --bytes", hint="Add --bytes.", kind=ErrorClass.COMMAND_LINE)
    projects = read_gate_input(run)
    scopes = [_scope(project) for project in projects]
    releases = sorted({release for scope in scopes for release in scope.releases.values()})
    config = run.config.index
    index = PackageIndex(
        run.cache, url=config.url, json_url=config.json_url, trusted=config.trusted, offline=run.offline
    )
    pages = _fetch_pages(index, releases)
    entries = {release: entry for page in pages.read.values() for release, entry in page.items()}
    compared = {release: _compare(release, entries, pages) for release in releases}
    fetched = _fetch(run, projects, index, plan_downloads(entries, compared)) if run.args.bytes else None
    downloads = fetched.downloads if fetched else None
    cached = correct_cache(index, downloads) if downloads else {}
    found = {
        release: results.result_of(release, comparison, _downloaded(release, downloads), cached)
        for release, comparison in compared.items()
    }
    return _result(run, list(zip(projects, scopes, strict=True)), entries, found, fetched)


def _fetch(
    run: StageRun, projects: Sequence[GateProject], index: PackageIndex, planned: Sequence[FileDownload]
) -> _Fetched:
    """Download everything, or what retained releases have not verified."""
    from ops.supply_chain.adapters.files.verified_files import VerifiedFiles

    kept = VerifiedFiles(run.cache)
    fetched = _fetch_into(kept, run, projects, index, planned)
    kept.trim(run.now)
    return fetched


def _fetch_into(
    kept: VerifiedFiles,
    run: StageRun,
    projects: Sequence[GateProject],
    index: PackageIndex,
    planned: Sequence[FileDownload],
) -> _Fetched:
    if run.args.bytes == EVERYTHING:
        return _Fetched(fetch_files(index, planned, kept, run.progress))
    from ops.supply_chain.gather.assurance.earlier_bytes import earlier_bytes

    earlier = earlier_bytes(run, {sha256_allowed(download) for download in planned} - {""})
    recorded = [recorded_contents(project.root, project.locks) for project in projects]
    opening = None if run.args.record else to_open(recorded, earlier)
    return _Fetched(fetch_files(index, planned, kept, run.progress, earlier=earlier, opening=opening), earlier)


def _scope(project: GateProject) -> HashScope:
    pins = (entry.pin for lock in project.locks for entry in lock.entries)
    return scope_of(pins, index=project.config.index.url)


def _fetch_pages(index: PackageIndex, releases: Sequence[PinnedRelease]) -> Pages[dict[PinnedRelease, IndexEntry]]:
    from ops.supply_chain.adapters.index.file_choice import is_of_version
    from ops.supply_chain.adapters.index.session import first_of

    wanted: dict[PageAddress, list[PinnedRelease]] = {}
    for release in releases:
        if not release.url:
            wanted.setdefault(release.page, []).append(release)

    def keep(page: PageAddress, listing: ProjectListing | None) -> dict[PinnedRelease, IndexEntry]:
        return {release: index_entry(release, listing, is_of_version) for release in wanted[page]}

    pages = index.pages(wanted, keep)
    if pages.failed and not pages.read:
        error = next(iter(pages.failed.values()))
        names = first_of(sorted({page.name for page in pages.failed}))
        text = f"could not fetch project pages of all {len(pages.failed)} projects: {names}: {error.message}"
        raise UnavailableError(text, hint=error.hint)
    return pages


def _compare(
    release: PinnedRelease,
    entries: Mapping[PinnedRelease, IndexEntry],
    pages: Pages[dict[PinnedRelease, IndexEntry]],
) -> HashComparison | NotExamined:
    if release.url:
        return HashComparison()
    if release in entries:
        return compare(release, entries[release])
    error = pages.failed[release.page]
    return NotExamined(error.message, error.hint)


def _downloaded(release: PinnedRelease, downloads: DownloadedFiles | None) -> Downloaded | None:
    return None if downloads is None else downloads.by_release.get(release, [])


def _result(
    run: StageRun,
    projects: Sequence[tuple[GateProject, HashScope]],
    entries: Mapping[PinnedRelease, IndexEntry],
    found: Mapping[PinnedRelease, ReleaseResult],
    fetched: _Fetched | None,
) -> StageResult:
    downloads = fetched.downloads if fetched else None
    contents = _contents(projects, downloads)
    findings = [
        (project, _findings(project, scope, _with_contents(found, of_project)))
        for (project, scope), of_project in zip(projects, contents, strict=True)
    ]
    written: tuple[FileRef, ...] = ()
    if run.args.record:
        pairs = zip(projects, contents, strict=True)
        written = tuple(ref for (project, _), of_project in pairs for ref in record_contents(project, of_project))
    locks = all_locks([project for project, _ in projects])
    unlocked = any(
        finding.code == results.NOT_EXAMINED and project.is_unlocked
        for project, listed in findings
        for finding in listed
    )
    all_examined = all(result.examined for result in found.values()) and not unlocked
    gate = finish_gate(run, findings, scopes=frozenset({SCOPE}), all_examined=all_examined)
    counts = results.counts_of(locks, [scope for _, scope in projects], found)
    counts["status_unknown"] = results.status_unknown(entries)
    if downloads is not None:
        counts |= {
            "files": downloads.files,
            "bytes": downloads.size,
            "opened": sum(map(len, downloads.opened.values())),
        }
    if fetched is not None and fetched.earlier is not None:
        counts["verified_before"] = fetched.downloads.earlier
    notes = () if unlocked else results.notes_of(counts)
    notes += (f"{plural(len(written), 'file')} written; review and commit",) if written else ()
    notes += () if run.args.record else notes_of(contents)
    notes += _notes_on_changed(fetched)
    return StageResult(
        outcome=gate.outcome,
        counts=counts,
        findings=gate.findings,
        reads=tuple(
            {ref.path: ref for project, _ in projects for ref in project.lock_refs}.values(),
        )
        + tuple(ref for of_project in contents for ref in of_project.refs)
        + (downloads.refs if downloads is not None else ()),
        writes=written,
        feeds=(FeedRef(name=FEED, version="", sha256=results.digest_of(entries), age_seconds=0),) if entries else (),
        options={"bytes": _BYTES[run.args.bytes], **({"record": "yes"} if run.args.record else {})},
        notes=notes,
        broken_input=gate.broken,
        excluded=all_excluded(project for project, _ in projects),
        document={"schema": "hashes/1", "counts": counts},
    )


def _notes_on_changed(fetched: _Fetched | None) -> tuple[str, ...]:
    """Return the notes of --bytes=changed: what was not downloaded in this run, and what that does not show."""
    if fetched is None or fetched.earlier is None:
        return ()
    number = fetched.downloads.earlier
    if not number:
        return fetched.earlier.unusable
    files = "1 file was" if number == 1 else f"{number} files were"
    text = (
        f"{files} verified by retained releases and not downloaded in this run (--bytes=changed): what the index sends for "
        f"{'it' if number == 1 else 'them'} today is not known, and the claim bytes-verified needs {BYTES}"
    )
    return (text, *fetched.earlier.unusable)


def _contents(
    projects: Sequence[tuple[GateProject, HashScope]], downloads: DownloadedFiles | None
) -> list[ProjectContents]:
    opened = downloads.opened if downloads else {}
    return [compare_contents(project, scope.releases.values(), opened) for project, scope in projects]


def _with_contents(
    found: Mapping[PinnedRelease, ReleaseResult], contents: ProjectContents
) -> Mapping[PinnedRelease, ReleaseResult]:
    changed = {
        release: found[release]._replace(issues=(*found[release].issues, *issues))
        for release, issues in contents.differing.items()
    }
    return {**found, **changed}


def _findings(
    project: GateProject, scope: HashScope, found: Mapping[PinnedRelease, ReleaseResult]
) -> tuple[Finding, ...]:
    if not project.is_unlocked:
        by_pin = {pin: found[release] for pin, release in scope.releases.items()}
        return results.locate(project.locks, scope, by_pin)
    # No lock means no dependency only if none is declared.
    return tuple(results.no_lock(path) for path in project.declaring)


if __name__ == "__main__":
    leave(main())
