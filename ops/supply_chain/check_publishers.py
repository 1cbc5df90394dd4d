"""Hold who publishes each dependency against what was recorded: metadata, and attestations (PEP 740).

Reads    locks, publisher baselines, index, Integrity API. The baseline of a lock is name.provenance.json beside
         it: `direct_deps` has author, maintainer and addresses of direct dependencies, `attested` by whom the
         files of any package are attested. File names come from the lock, else from the index by digest.
Writes   record; with --record the baseline beside each lock: missing entries are added and entries of packages that
         the lock no longer has are removed; an entry is replaced only for a package named with --accept.
Decides  publisher metadata drift, PEP 740 publisher changed or lost, attestation invalid. Each attestation is
         verified against file name and the lock's SHA-256, its certificate against the publisher that the index
         claims. A service without Integrity API, or one that does not answer, is not examined, not without
         attestations; [publishers].attestations = false records that there is none to ask.
Exits    0 nothing stands, 2 usage or configuration, 3 a lock, baseline or trusted root is broken, 4 a finding
         stands, 5 something could not be looked at, 6 a file cannot be written.
Network  the package index and its Integrity API, none with --offline (then what they said at most
         [feeds].max_age_hours ago); sigstore's TUF repository with --refresh-trusted-root only.
Source   PEP 740; https://docs.pypi.org/api/integrity/ ; facts/standards.md section 8, facts/sigstore.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.files.publisher_baseline import PublisherBaseline
from ops.supply_chain.contracts.files.record import FeedRef, ToolRef
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core import canonical
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import UnavailableError, UsageError
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import printable, without_credentials
from ops.supply_chain.dependencies.publishers.exceptions import apply_exceptions
from ops.supply_chain.dependencies.publishers.recording import recorded
from ops.supply_chain.dependencies.publishers.report import document_of
from ops.supply_chain.dependencies.publishers.survey import (
    NOTHING_SEEN,
    Seen,
    View,
    Wants,
    answered,
    attested_in,
    gaps,
    judge,
    wants_of,
)
from ops.supply_chain.dependencies.publishers.tally import counts_of
from ops.supply_chain.gather.gates.outcome import finish_gate
from ops.supply_chain.gather.gates.projects import GateProject, add_fleet_option, read_gate_input
from ops.supply_chain.release.evidence import baseline_beside
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.stage import run_stage

if TYPE_CHECKING:
    from ops.supply_chain.adapters.index.publishers import PublisherSources, SourceSettings
    from ops.supply_chain.adapters.sigstore.attestation_verifier import AttestationVerifier
    from ops.supply_chain.adapters.sigstore.trusted_root import TrustedRootFile

SCOPES = frozenset({"publisher"})
GAP = "publisher.not-examined"


class Survey(NamedTuple):
    """One project of the run: its locks and baselines, what was wanted, what was seen, by whom it was told.

    `read` are the bytes of the baselines that were read, by the path of their lock.
    """

    project: GateProject
    read: dict[str, bytes]
    view: View
    wants: Wants
    sources: PublisherSources
    seen: Seen


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what may be recorded, and whom to trust about signatures."""
    add_fleet_option(parser)
    parser.add_argument("--record", action="store_true", help="write into the baselines what they have nothing of yet")
    parser.add_argument(
        "--accept",
        action="append",
        default=[],
        metavar="NAME",
        help="with --record: replace what is recorded of this package by its present state (repeatable)",
    )
    parser.add_argument(
        "--trusted-root",
        type=Path,
        metavar="FILE",
        help="trusted root of sigstore (default: the one that the installed sigstore package carries)",
    )
    parser.add_argument(
        "--refresh-trusted-root",
        action="store_true",
        help="fetch the present trusted root from sigstore's TUF repository",
    )


def _perform(run: StageRun) -> StageResult:
    _check_usage(run)
    root = _trusted_root(run)
    surveys = _look(run, read_gate_input(run), root)
    _refuse_silence(surveys)
    writes: list[FileRef] = []
    if run.args.record:
        surveys, writes = _record(run, surveys)
    return _result(run, surveys, root, writes)


def _check_usage(run: StageRun) -> None:
    if run.args.accept and not run.args.record:
        raise UsageError("--accept says what to record, and --record is not given", hint="Add --record.")
    if run.args.refresh_trusted_root and (run.offline or run.args.trusted_root):
        raise UsageError("--refresh-trusted-root goes neither with --offline nor with --trusted-root", hint="Drop one.")


def _trusted_root(run: StageRun) -> TrustedRootFile:
    from ops.supply_chain.adapters.sigstore.trusted_root import current_root, embedded_root, given_root

    if run.args.trusted_root is not None:
        return given_root(run.args.trusted_root)
    return current_root(run.cache / "tuf") if run.args.refresh_trusted_root else embedded_root()


def _look(run: StageRun, projects: Sequence[GateProject], root: TrustedRootFile) -> list[Survey]:
    """Ask for all projects: each distinct name and pin of one index once, however many locks want it."""
    from ops.supply_chain.adapters.index.publishers import PublisherSources
    from ops.supply_chain.adapters.sigstore.attestation_verifier import AttestationVerifier
    from ops.supply_chain.adapters.sigstore.publisher_cache import PublisherCache

    verifier = AttestationVerifier(root, PublisherCache(run.cache))
    groups: dict[SourceSettings, list[GateProject]] = {}
    for project in projects:
        groups.setdefault(_settings(project), []).append(project)
    surveys: dict[str, Survey] = {}
    for settings, group in groups.items():
        sources = PublisherSources(run.cache, settings, offline=run.offline, now=run.now)
        unseen = [_survey(project, sources) for project in group]
        seen = _ask(sources, [one.wants for one in unseen], verifier)
        surveys |= {one.project.label: one._replace(seen=seen) for one in unseen}
    return [surveys[project.label] for project in projects]


def _settings(project: GateProject) -> SourceSettings:
    from ops.supply_chain.adapters.index.publishers import SourceSettings

    config = project.config
    return SourceSettings(
        config.index.url, config.index.json_url, config.feeds.integrity_api, config.feeds.max_age_hours
    )


def _survey(project: GateProject, sources: PublisherSources) -> Survey:
    from ops.supply_chain.adapters.files.project_files import ProjectFiles

    files = ProjectFiles(project.root)
    beside = ((lock.path, files.read(baseline_beside(lock.path))) for lock in project.locks)
    read = {lock: data for lock, data in beside if data is not None}
    baselines = {
        lock: canonical.decode(data, PublisherBaseline, where=project.shown(baseline_beside(lock)))
        for lock, data in read.items()
    }
    view = View(
        project.locks, {lock.path: baselines.get(lock.path) for lock in project.locks}, project.config.publishers
    )
    return Survey(project, read, view, wants_of(view, sources.is_default), sources, NOTHING_SEEN)


def _ask(sources: PublisherSources, wants: Sequence[Wants], verifier: AttestationVerifier) -> Seen:
    from ops.supply_chain.dependencies.compile.siblings import publisher_of

    answers = sources.projects({name for one in wants for name in one.names})
    current = {name: publisher_of(info) if info else None for name, info in answers.found.items()}
    files = sources.attestations({question for one in wants for question in one.questions.values()}, verifier)
    failure = answers.failure
    return Seen(current, files, failure.message if failure else "", failure.hint if failure else "")


def _refuse_silence(surveys: Sequence[Survey]) -> None:
    """Stop where nothing at all was had of what was wanted: there is nothing to hold against anything."""
    if any(answered(one.seen) for one in surveys):
        return
    wanted = [one for one in surveys if one.wants.names or one.wants.questions]
    for one in wanted:
        for gap in gaps(one.wants, one.seen):
            raise UnavailableError(gap.message, hint=gap.next_step)


def _record(run: StageRun, surveys: Sequence[Survey]) -> tuple[list[Survey], list[FileRef]]:
    accepted = {normalise(name) for name in run.args.accept}
    known = {entry.pin.name for one in surveys for lock in one.view.locks for entry in lock.entries}
    strange = sorted(accepted - known)
    if strange:
        raise UsageError(f"--accept {printable(strange[0])}: no lock has such a package", hint="Check its name.")
    renewed, writes = [], []
    for survey in surveys:
        baselines = dict(survey.view.baselines)
        for lock in survey.view.locks:
            packages = attested_in(lock, survey.wants, survey.seen)
            new = recorded(lock, baselines[lock.path], survey.seen.current, packages, accepted=accepted)
            if new is not None:
                baselines[lock.path] = new
                writes.append(_write(survey.project, baseline_beside(lock.path), new))
        renewed.append(survey._replace(view=survey.view._replace(baselines=baselines)))
    return renewed, writes


def _write(project: GateProject, path: str, baseline: PublisherBaseline) -> FileRef:
    data = canonical.write(project.root / path, baseline)
    return FileRef(path=f"project:{project.shown(path)}", sha256=sha256_bytes(data), size=len(data))


def _result(run: StageRun, surveys: Sequence[Survey], root: TrustedRootFile, writes: Sequence[FileRef]) -> StageResult:
    counts = counts_of([(one.view, one.wants, one.seen) for one in surveys])
    found = [(one.project, _findings(one)) for one in surveys]
    complete = counts["examined"] == counts["locked"] and not any(one.code == GAP for _, some in found for one in some)
    gate = finish_gate(run, found, scopes=SCOPES, all_examined=complete)
    sources, notes = _sources(surveys, root), _notes(surveys, counts, len(writes))
    return StageResult(
        outcome=gate.outcome,
        details=tuple(f"source: {source}" for source in sources),
        counts=counts,
        findings=gate.findings,
        reads=tuple(ref for one in surveys for ref in (*one.project.lock_refs, *_baseline_refs(one))),
        writes=tuple(writes),
        tools=_tools(),
        feeds=_feeds(surveys, root),
        options={"record": str(run.args.record).lower(), "accept": ",".join(sorted(set(run.args.accept)))},
        notes=tuple(notes),
        document=document_of(sources, gate.findings),
    )


def _findings(survey: Survey) -> tuple[Finding, ...]:
    found = (*judge(survey.view, survey.wants, survey.seen), *_unlocked(survey.project))
    return apply_exceptions(found, survey.view.config.exceptions)


def _unlocked(project: GateProject) -> list[Finding]:
    """Name what declares dependencies in a project that has no lock."""
    from ops.supply_chain.adapters.files.declarations import declaring_files

    files = () if project.locks else declaring_files(project.root, project.config.locks.exclude)
    return [
        Finding(
            code=GAP,
            severity=Severity.INFO,
            message="declares dependencies, and the project has no lock that says which versions they are",
            next_step="Compile locks (nox -s lock), then run again.",
            path=path,
        )
        for path in files
    ]


def _baseline_refs(survey: Survey) -> list[FileRef]:
    refs = []
    for lock, data in survey.read.items():
        path = f"project:{survey.project.shown(baseline_beside(lock))}"
        refs.append(FileRef(path=path, sha256=sha256_bytes(data), size=len(data)))
    return refs


def _sources(surveys: Sequence[Survey], root: TrustedRootFile) -> list[str]:
    """Return one line for each outside source that was asked, or whose kept answers were used."""
    found: dict[str, None] = {}
    for one in surveys:
        age = f", as of up to {one.sources.oldest_seconds // 3600} hours ago" if one.sources.oldest_seconds else ""
        if one.wants.names:
            found[f"package index {without_credentials(one.sources.json_url) or 'without project JSON'}{age}"] = None
        for index in sorted({question.index for question in one.wants.questions.values()}):
            found[f"Integrity API {without_credentials(one.sources.integrity_url(index))}{age}"] = None
    trusted = f"trusted root of sigstore, {root.origin}, sha256 {root.sha256}"
    return [*found, trusted] if any(one.wants.questions for one in surveys) else [*found]


def _feeds(surveys: Sequence[Survey], root: TrustedRootFile) -> tuple[FeedRef, ...]:
    age = max((one.sources.oldest_seconds for one in surveys), default=0)
    feeds = []
    if any(one.wants.names for one in surveys):
        feeds.append(FeedRef(name="package index, project JSON", version="", age_seconds=age))
    if any(one.wants.questions for one in surveys):
        feeds.append(FeedRef(name="Integrity API", version="", age_seconds=age))
        feeds.append(FeedRef(name="sigstore trusted root", version=root.origin, sha256=root.sha256))
    return tuple(feeds)


def _notes(surveys: Sequence[Survey], counts: Mapping[str, int], written: int) -> list[str]:
    notes = []
    if not counts["locks"]:
        notes.append("no lock was found")
    if not all(one.view.config.attestations for one in surveys):
        notes.append("attestations were not asked for: [publishers].attestations is false")
    if written:
        notes.append(f"{written} baselines were written; look at them and commit them")
    return notes


def _tools() -> tuple[ToolRef, ...]:
    from importlib.metadata import version

    return tuple(ToolRef(name=name, version=version(name)) for name in ("pypi-attestations", "sigstore"))


def main(argv: Sequence[str] | None = None) -> int:
    """Look who publishes what the project depends on.

    Args:
        argv: The command line without the program; None takes the process's.
    Returns:
        The exit code.
    """
    return run_stage("check_publishers", __doc__, arguments, _perform, argv)


if __name__ == "__main__":
    raise SystemExit(main())
