"""Check that the index still serves every hash in the locks; with --bytes, download the files and hash them.

Reads    locks, index: the project page of each pinned project, and with --bytes one file of each pin; with --bytes what is
         recorded of the wheels' contents: name.contents.json beside each lock.
Writes   record; with --record NAME.contents.json: what the downloaded wheels bundle, vendor and declare (PEP 770).
Decides  every recorded hash still served by the index, yanked, replaced, quarantined; with --bytes, whether the
         downloaded bytes have the recorded hash, the metadata that the index serves is the wheel's own, and what is recorded
         of its contents is in it. A wheel that cannot be opened is a note: nothing is known of its contents then.
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
from ops.supply_chain.contracts.files.wheel_contents import RecordedWheel
from ops.supply_chain.contracts.values.core_metadata import CoreMetadata
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.contracts.values.package_index import PageAddress, ProjectListing
from ops.supply_chain.core.errors import ErrorClass, UnavailableError, UsageError
from ops.supply_chain.core.text import plural
from ops.supply_chain.dependencies.index_hashes import results
from ops.supply_chain.dependencies.index_hashes.compare import HashComparison, IndexEntry, compare, index_entry
from ops.supply_chain.dependencies.index_hashes.downloads import FileDownload, HashedBytes, check_bytes, plan, plan_url
from ops.supply_chain.dependencies.index_hashes.metadata import own_metadata
from ops.supply_chain.dependencies.index_hashes.pins import HashScope, PinnedRelease, scope_of
from ops.supply_chain.dependencies.index_hashes.results import Downloaded, NotExamined, ReleaseResult
from ops.supply_chain.gather.dependencies.opened_wheels import (
    ProjectContents,
    WheelReader,
    compare_contents,
    is_wheel,
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
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.stage import run_stage

if TYPE_CHECKING:
    from ops.supply_chain.adapters.index.client import PackageIndex
    from ops.supply_chain.adapters.index.downloads import Wanted
    from ops.supply_chain.adapters.index.project_pages import Pages

SCOPE = "hash"
FEED = "package index, project pages"


class _Downloads(NamedTuple):
    """The downloads of each release, the number of files, their size in bytes, and the wheels that were opened."""

    by_release: dict[PinnedRelease, list[tuple[FileDownload, HashedBytes | NotExamined]]]
    files: int
    size: int
    opened: dict[PinnedRelease, tuple[RecordedWheel, ...]]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add `--bytes`, `--record` and the fleet option."""
    parser.add_argument("--bytes", action="store_true", help="also download one file of each pin and hash it")
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
    downloads = _download(index, entries, compared) if run.args.bytes else None
    cached = _correct_cache(index, downloads) if downloads else {}
    found = {
        release: results.result_of(release, comparison, _downloaded(release, downloads), cached)
        for release, comparison in compared.items()
    }
    return _result(run, list(zip(projects, scopes, strict=True)), entries, found, downloads)


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


def _download(
    index: PackageIndex,
    entries: Mapping[PinnedRelease, IndexEntry],
    compared: Mapping[PinnedRelease, HashComparison | NotExamined],
) -> _Downloads:
    from ops.supply_chain.adapters.index.downloads import installable_tags
    from ops.supply_chain.adapters.index.file_choice import representative

    tags = installable_tags()
    planned = [
        download
        for release, comparison in compared.items()
        if isinstance(comparison, HashComparison)
        for download in (
            [plan_url(release)] if release.url else plan(release, entries[release], comparison, tags, representative)
        )
    ]
    reader = WheelReader(planned)
    sent = index.download({_wanted(download) for download in planned}, reader.read)
    by_release: dict[PinnedRelease, list[tuple[FileDownload, HashedBytes | NotExamined]]] = {}
    for download in planned:
        wanted = _wanted(download)
        served, error = sent.served.get(wanted), sent.failed.get(wanted)
        outcome: HashedBytes | NotExamined = NotExamined("it was not requested", "Run again.")
        if served is not None:
            outcome = HashedBytes(*served)
        elif error is not None:
            outcome = NotExamined(error.message, error.hint)
        by_release.setdefault(download.release, []).append((download, outcome))
    opened = {release: wheels for release, found in by_release.items() if (wheels := reader.wheels_of(found))}
    return _Downloads(by_release, len(sent.served), sum(served.size for served in sent.served.values()), opened)


def _wanted(download: FileDownload) -> Wanted:
    from ops.supply_chain.adapters.index.downloads import Wanted

    announced = download.file.core_metadata if download.file else False
    return Wanted(download.url, download.algorithms, announced, is_wheel(download))


def _correct_cache(index: PackageIndex, downloads: _Downloads) -> dict[FileDownload, CoreMetadata]:
    """Replace cached metadata that differs from that of a wheel with a recorded hash; return what was wrong."""
    found = {}
    for release, sent in downloads.by_release.items():
        for download, result in sent:
            if isinstance(result, NotExamined) or result.metadata is None or result.metadata.problem:
                continue
            own = own_metadata(download, result.metadata)
            if own is not None and download.file is not None and check_bytes(download, result) is None:
                wrong = index.correct_metadata(release.page.home, download.file, own)
                if wrong is not None:
                    found[download] = wrong
    return found


def _downloaded(release: PinnedRelease, downloads: _Downloads | None) -> Downloaded | None:
    return None if downloads is None else downloads.by_release.get(release, [])


def _result(
    run: StageRun,
    projects: Sequence[tuple[GateProject, HashScope]],
    entries: Mapping[PinnedRelease, IndexEntry],
    found: Mapping[PinnedRelease, ReleaseResult],
    downloads: _Downloads | None,
) -> StageResult:
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
    notes = () if unlocked else results.notes_of(counts)
    notes += (f"{plural(len(written), 'file')} written; review and commit",) if written else ()
    notes += () if run.args.record else notes_of(contents)
    return StageResult(
        outcome=gate.outcome,
        counts=counts,
        findings=gate.findings,
        reads=tuple(
            {ref.path: ref for project, _ in projects for ref in project.lock_refs}.values(),
        )
        + tuple(ref for of_project in contents for ref in of_project.refs),
        writes=written,
        feeds=(FeedRef(name=FEED, version="", sha256=results.digest_of(entries), age_seconds=0),) if entries else (),
        options={"bytes": "yes" if downloads else "no", **({"record": "yes"} if run.args.record else {})},
        notes=notes,
        broken_input=gate.broken,
        excluded=all_excluded(project for project, _ in projects),
        document={"schema": "hashes/1", "counts": counts},
    )


def _contents(projects: Sequence[tuple[GateProject, HashScope]], downloads: _Downloads | None) -> list[ProjectContents]:
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
    raise SystemExit(main())
