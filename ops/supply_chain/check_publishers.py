"""Check that each dependency's publisher is the recorded one: metadata, and attestations (PEP 740).

Reads    locks, publisher baselines, index, Integrity API. The baseline of a lock is name.provenance.json beside
         it: `direct_deps` has author, maintainer and addresses of direct dependencies, `attested` the publishers that
         attest the files of any package. File names come from the lock, else from the index by digest.
Writes   record; with --record the baseline beside each lock: missing entries are added and entries of packages that
         the lock no longer has are removed; an entry is replaced only for a package named with --accept.
Decides  publisher metadata drift, PEP 740 publisher changed or lost, attestation invalid. Each attestation is
         verified against file name and the lock's SHA-256, its certificate against the publisher that the index
         claims. If a service has no Integrity API or does not answer, the result is "not examined", not "without
         attestations"; [publishers].attestations = false records that there is none.
Exits    0 no open finding, 2 usage or configuration, 3 a lock, baseline or trusted root is malformed, 4 open
         findings, 5 something could not be checked, or a file that pins or declares packages was not read, 6 a file
         cannot be written.
Network  the package index and its Integrity API, none with --offline (then cached responses that are at most
         [feeds].max_age_hours old); sigstore's TUF repository with --refresh-trusted-root only.
Source   PEP 740, https://peps.python.org/pep-0740/; https://docs.pypi.org/api/integrity/
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.command_lines import answer_help

    answer_help("check_publishers")

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.files.publisher_baseline import PublisherBaseline
from ops.supply_chain.contracts.files.record import FeedRef, ToolRef
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core import canonical
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import ErrorClass, UnavailableError, UsageError
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import printable, without_credentials
from ops.supply_chain.dependencies.publishers.collect import (
    attested_in,
    counts_of,
    findings_of,
    has_any,
    not_examined,
)
from ops.supply_chain.dependencies.publishers.exceptions import apply_exceptions
from ops.supply_chain.dependencies.publishers.recording import recorded
from ops.supply_chain.formats.lock_formats import how_to_lock
from ops.supply_chain.gather.dependencies.publishers import ProjectCheck, collect
from ops.supply_chain.gather.gates.outcome import finish_gate
from ops.supply_chain.gather.gates.projects import GateProject, add_fleet_option, all_excluded, read_gate_input
from ops.supply_chain.release.evidence import baseline_beside
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.stage import leave, run_stage

if TYPE_CHECKING:
    from ops.supply_chain.adapters.sigstore.trusted_root import TrustedRootFile

SCOPES = frozenset({"publisher"})
GAP = "publisher.not-examined"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what may be recorded, and the trusted root of signatures."""
    add_fleet_option(parser)
    parser.add_argument("--record", action="store_true", help="add missing entries to the publisher baselines")
    parser.add_argument(
        "--accept",
        action="append",
        default=[],
        metavar="NAME",
        help="with --record: replace the recorded state of this package by the present one (repeatable)",
    )
    parser.add_argument(
        "--trusted-root",
        type=Path,
        metavar="FILE",
        help="trusted root of sigstore (default: that of the installed sigstore package)",
    )
    parser.add_argument(
        "--refresh-trusted-root",
        action="store_true",
        help="fetch the current trusted root from sigstore's TUF repository",
    )


def _perform(run: StageRun) -> StageResult:
    _check_usage(run)
    root = _trusted_root(run)
    checks = collect(run, read_gate_input(run), root)
    _refuse_silence(checks)
    writes: list[FileRef] = []
    if run.args.record:
        checks, writes = _record(run, checks)
    return _result(run, checks, root, writes)


def _check_usage(run: StageRun) -> None:
    if run.args.accept and not run.args.record:
        raise UsageError("--accept needs --record", hint="Add --record.", kind=ErrorClass.COMMAND_LINE)
    if run.args.refresh_trusted_root and (run.offline or run.args.trusted_root):
        raise UsageError(
            "--refresh-trusted-root cannot be combined with --offline or --trusted-root",
            hint="Remove one of them.",
            kind=ErrorClass.COMMAND_LINE,
        )


def _trusted_root(run: StageRun) -> TrustedRootFile:
    from ops.supply_chain.adapters.sigstore.trusted_root import current_root, embedded_root, given_root

    if run.args.trusted_root is not None:
        return given_root(run.args.trusted_root)
    return current_root(run.cache / "tuf") if run.args.refresh_trusted_root else embedded_root()


def _refuse_silence(checks: Sequence[ProjectCheck]) -> None:
    """Stop if nothing at all was fetched although something was requested: there is nothing to compare."""
    if any(has_any(check.observed) for check in checks):
        return
    wanted = [check for check in checks if check.requests.names or check.requests.attestations]
    for check in wanted:
        for gap in not_examined(check.requests, check.observed):
            raise UnavailableError(gap.message, hint=gap.next_step)


def _record(run: StageRun, checks: Sequence[ProjectCheck]) -> tuple[list[ProjectCheck], list[FileRef]]:
    accepted = {normalise(name) for name in run.args.accept}
    known = {entry.pin.name for check in checks for lock in check.locks.locks for entry in lock.entries}
    unknown = sorted(accepted - known)
    if unknown:
        raise UsageError(
            f"--accept {printable(unknown[0])}: no lock contains this package",
            hint="Check its name.",
            kind=ErrorClass.COMMAND_LINE,
        )
    renewed, writes = [], []
    for check in checks:
        baselines = dict(check.locks.baselines)
        for lock in check.locks.locks:
            packages = attested_in(lock, check.requests, check.observed)
            new = recorded(lock, baselines[lock.path], check.observed.current, packages, accepted=accepted)
            if new is not None:
                baselines[lock.path] = new
                writes.append(_write(check.project, baseline_beside(lock.path), new))
        renewed.append(check._replace(locks=check.locks._replace(baselines=baselines)))
    return renewed, writes


def _write(project: GateProject, path: str, baseline: PublisherBaseline) -> FileRef:
    data = canonical.write(project.root / path, baseline)
    return FileRef(path=f"project:{project.shown(path)}", sha256=sha256_bytes(data), size=len(data))


def _result(
    run: StageRun, checks: Sequence[ProjectCheck], root: TrustedRootFile, writes: Sequence[FileRef]
) -> StageResult:
    counts = counts_of([check.collected for check in checks])
    found = [(check.project, _findings(check)) for check in checks]
    has_gap = any(finding.code == GAP for _, findings in found for finding in findings)
    all_examined = counts["examined"] == counts["locked"] and not has_gap
    gate = finish_gate(run, found, scopes=SCOPES, all_examined=all_examined)
    sources, notes = _sources(checks, root), _notes(checks, counts, len(writes))
    return StageResult(
        outcome=gate.outcome,
        details=tuple(f"source: {source}" for source in sources),
        counts=counts,
        findings=gate.findings,
        reads=tuple(ref for check in checks for ref in (*check.project.lock_refs, *_baseline_refs(check))),
        writes=tuple(writes),
        tools=_tools(),
        feeds=_feeds(checks, root),
        options={"record": str(run.args.record).lower(), "accept": ",".join(sorted(set(run.args.accept)))},
        notes=tuple(notes),
        broken_input=gate.broken,
        excluded=all_excluded(check.project for check in checks),
        document={
            "findings": [msgspec.to_builtins(finding) for finding in gate.findings],
            "sources": list(sources),
        },
    )


def _findings(check: ProjectCheck) -> tuple[Finding, ...]:
    found = (*findings_of(*check.collected), *_unlocked(check.project))
    return apply_exceptions(found, check.locks.config.exceptions)


def _unlocked(project: GateProject) -> list[Finding]:
    """Return a finding for each file that declares dependencies in a project without a lock."""
    return [
        Finding(
            code=GAP,
            severity=Severity.INFO,
            message="declares dependencies, but the project has no lock with their versions",
            next_step=f"{how_to_lock(path)}, then run again.",
            path=path,
        )
        for path in project.declaring
    ]


def _baseline_refs(check: ProjectCheck) -> list[FileRef]:
    refs = []
    for lock, data in check.baseline_bytes.items():
        path = f"project:{check.project.shown(baseline_beside(lock))}"
        refs.append(FileRef(path=path, sha256=sha256_bytes(data), size=len(data)))
    return refs


def _sources(checks: Sequence[ProjectCheck], root: TrustedRootFile) -> list[str]:
    """Return one line for each outside source that was used, cached responses included."""
    found: dict[str, None] = {}
    for check in checks:
        sources, requests = check.sources, check.requests
        age = f", as of up to {sources.oldest_seconds // 3600} hours ago" if sources.oldest_seconds else ""
        if requests.names:
            found[f"package index {without_credentials(sources.json_url) or 'without project JSON'}{age}"] = None
        for index in sorted({request.index for request in requests.attestations.values()}):
            found[f"Integrity API {without_credentials(sources.integrity_url(index))}{age}"] = None
    trusted = f"trusted root of sigstore, {root.origin}, sha256 {root.sha256}"
    return [*found, trusted] if any(check.requests.attestations for check in checks) else [*found]


def _feeds(checks: Sequence[ProjectCheck], root: TrustedRootFile) -> tuple[FeedRef, ...]:
    age = max((check.sources.oldest_seconds for check in checks), default=0)
    feeds = []
    if any(check.requests.names for check in checks):
        feeds.append(FeedRef(name="package index, project JSON", version="", age_seconds=age))
    if any(check.requests.attestations for check in checks):
        feeds.append(FeedRef(name="Integrity API", version="", age_seconds=age))
        feeds.append(FeedRef(name="sigstore trusted root", version=root.origin, sha256=root.sha256))
    return tuple(feeds)


def _notes(checks: Sequence[ProjectCheck], counts: Mapping[str, int], written: int) -> list[str]:
    notes = []
    if not counts["locks"]:
        notes.append("no lock was found")
    if not all(check.locks.config.attestations for check in checks):
        notes.append("attestations were not checked: [publishers].attestations is false")
    if written:
        baselines = "1 baseline was" if written == 1 else f"{written} baselines were"
        notes.append(f"{baselines} written; review and commit")
    return notes


def _tools() -> tuple[ToolRef, ...]:
    from importlib.metadata import version

    return tuple(ToolRef(name=name, version=version(name)) for name in ("pypi-attestations", "sigstore"))


def main(argv: Sequence[str] | None = None) -> int:
    """Check the publishers of the project's dependencies.

    Args:
        argv: The command line without the program; None takes the process's.
    Returns:
        The exit code.
    """
    return run_stage("check_publishers", __doc__, arguments, _perform, argv)


if __name__ == "__main__":
    leave(main())
