"""Hold every hash that a lock records against what its index serves today; with --bytes, the bytes as well.

Reads    locks, index: the project page of each pinned project, and with --bytes one file of each pin.
Writes   record.
Decides  every recorded hash still served by the index, yanked, replaced, quarantined; with --bytes, that the
         bytes which the servers send have the recorded hash.
Exits    0 done, 2 usage, 3 a lock is broken, 4 findings stand, 5 an index or a server of files did not answer,
         or something could not be compared.
Network  the index of each pin, and with --bytes the servers of its files; --offline asks nobody and exits 5.
Source   the simple repository API 1.4 (PEP 503, 691, 700), PEP 592 (yanked), PEP 792 (status). A hash can be
         compared only in an algorithm that the index announces; of one that it does not, --bytes tells.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ops.supply_chain.contracts.files.record import FeedRef
from ops.supply_chain.contracts.values.finding import Finding
from ops.supply_chain.contracts.values.package_index import PageAddress, ProjectListing
from ops.supply_chain.core.errors import UnavailableError
from ops.supply_chain.dependencies.index_hashes import summary
from ops.supply_chain.dependencies.index_hashes.artifacts import Bytes, Fetch, plan, plan_url
from ops.supply_chain.dependencies.index_hashes.compare import Comparison, Offer, compare, offer_of
from ops.supply_chain.dependencies.index_hashes.places import findings_of, no_lock
from ops.supply_chain.dependencies.index_hashes.subjects import Scope, Subject, scope_of
from ops.supply_chain.dependencies.index_hashes.verdicts import Fetched, Gap, Verdict, settle
from ops.supply_chain.gather.gates.outcome import finish_gate
from ops.supply_chain.gather.gates.projects import GateProject, add_fleet_option, all_locks, read_gate_input
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.stage import run_stage

if TYPE_CHECKING:
    from ops.supply_chain.adapters.index.client import PackageIndex
    from ops.supply_chain.adapters.index.project_pages import Pages

SCOPE = "hash"
NOT_EXAMINED = "hash.not-examined"
FEED = "package index, project pages"


class _Downloaded(NamedTuple):
    """The downloads of each subject, how many there were, and how many bytes came."""

    by_subject: dict[Subject, list[tuple[Fetch, Bytes | Gap]]]
    files: int
    size: int


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add whether to download, and the fleet."""
    parser.add_argument("--bytes", action="store_true", help="download one file of each pin and hash what comes")
    add_fleet_option(parser)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage.

    Returns:
        The exit code.
    """
    return run_stage("check_hashes", __doc__, arguments, _perform, argv)


def _perform(run: StageRun) -> StageResult:
    from ops.supply_chain.adapters.index.client import PackageIndex

    projects = read_gate_input(run)
    scopes = [_scope(project) for project in projects]
    subjects = sorted({subject for scope in scopes for subject in scope.subjects.values()})
    config = run.config.index
    index = PackageIndex(run.cache, url=config.url, json_url=config.json_url, offline=run.offline)
    pages = _ask(index, subjects)
    offers = {subject: offer for page in pages.read.values() for subject, offer in page.items()}
    compared = {subject: _compared(subject, offers, pages) for subject in subjects}
    downloaded = _download(index, offers, compared) if run.args.bytes else None
    verdicts = {subject: settle(subject, result, _fetched(subject, downloaded)) for subject, result in compared.items()}
    return _result(run, list(zip(projects, scopes, strict=True)), offers, verdicts, downloaded)


def _scope(project: GateProject) -> Scope:
    pins = (entry.pin for lock in project.locks for entry in lock.entries)
    return scope_of(pins, index=project.config.index.url)


def _ask(index: PackageIndex, subjects: Sequence[Subject]) -> Pages[dict[Subject, Offer]]:
    from ops.supply_chain.adapters.index.file_choice import is_of_version
    from ops.supply_chain.adapters.index.session import first_of

    wanted: dict[PageAddress, list[Subject]] = {}
    for subject in subjects:
        if not subject.url:
            wanted.setdefault(subject.page, []).append(subject)

    def keep(page: PageAddress, listing: ProjectListing | None) -> dict[Subject, Offer]:
        return {subject: offer_of(subject, listing, is_of_version) for subject in wanted[page]}

    pages = index.pages(wanted, keep)
    if pages.failed and not pages.read:
        error = next(iter(pages.failed.values()))
        names = first_of(sorted({page.name for page in pages.failed}))
        text = f"project pages of all {len(pages.failed)} projects could not be had: {names}: {error.message}"
        raise UnavailableError(text, hint=error.hint)
    return pages


def _compared(
    subject: Subject, offers: Mapping[Subject, Offer], pages: Pages[dict[Subject, Offer]]
) -> Comparison | Gap:
    if subject.url:
        return Comparison()
    if subject in offers:
        return compare(subject, offers[subject])
    error = pages.failed[subject.page]
    return Gap(error.message, error.hint)


def _download(
    index: PackageIndex, offers: Mapping[Subject, Offer], compared: Mapping[Subject, Comparison | Gap]
) -> _Downloaded:
    from ops.supply_chain.adapters.index.downloads import Wanted, installable_tags

    tags = installable_tags()
    fetches = [
        fetch
        for subject, result in compared.items()
        if isinstance(result, Comparison)
        for fetch in ([plan_url(subject)] if subject.url else plan(subject, offers[subject], result, tags))
    ]
    had = index.download({Wanted(fetch.url, fetch.algorithms) for fetch in fetches})
    by_subject: dict[Subject, list[tuple[Fetch, Bytes | Gap]]] = {}
    for fetch in fetches:
        wanted = Wanted(fetch.url, fetch.algorithms)
        served, error = had.served.get(wanted), had.failed.get(wanted)
        sent = Gap(error.message, error.hint) if served is None and error else Bytes(*served) if served else None
        by_subject.setdefault(fetch.subject, []).append((fetch, sent or Gap("it was not asked for", "Run again.")))
    return _Downloaded(by_subject, len(had.served), sum(one.size for one in had.served.values()))


def _fetched(subject: Subject, downloaded: _Downloaded | None) -> Fetched | None:
    return None if downloaded is None else downloaded.by_subject.get(subject, [])


def _result(
    run: StageRun,
    projects: Sequence[tuple[GateProject, Scope]],
    offers: Mapping[Subject, Offer],
    verdicts: Mapping[Subject, Verdict],
    downloaded: _Downloaded | None,
) -> StageResult:
    found = [(project, _findings(project, scope, verdicts)) for project, scope in projects]
    locks = all_locks([project for project, _ in projects])
    unlocked = any(one.code == NOT_EXAMINED and not project.locks for project, told in found for one in told)
    all_examined = all(verdict.examined for verdict in verdicts.values()) and not unlocked
    gate = finish_gate(run, found, scopes=frozenset({SCOPE}), all_examined=all_examined)
    counts = summary.counts_of(locks, [scope for _, scope in projects], verdicts)
    counts["status_unknown"] = summary.status_unknown(offers)
    if downloaded is not None:
        counts |= {"files": downloaded.files, "bytes": downloaded.size}
    notes = () if unlocked else summary.notes_of(counts)
    return StageResult(
        outcome=gate.outcome,
        text=summary.text_of(counts, notes, gate.findings, feed="the package index"),
        counts=counts,
        findings=gate.findings,
        reads=tuple({ref.path: ref for project, _ in projects for ref in project.lock_refs}.values()),
        feeds=(FeedRef(name=FEED, version="", sha256=summary.digest_of(offers), age_seconds=0),) if offers else (),
        options={"bytes": "yes" if downloaded else "no"},
        notes=notes,
        document={"schema": "hashes/1", "counts": counts},
    )


def _findings(project: GateProject, scope: Scope, verdicts: Mapping[Subject, Verdict]) -> tuple[Finding, ...]:
    from ops.supply_chain.adapters.files.declarations import declaring_files

    if project.locks:
        return findings_of(project.locks, scope, {pin: verdicts[subject] for pin, subject in scope.subjects.items()})
    # No lock means no dependency only where none is declared.
    return tuple(no_lock(path) for path in declaring_files(project.root, project.config.locks.exclude))


if __name__ == "__main__":
    raise SystemExit(main())
