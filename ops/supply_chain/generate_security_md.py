"""Write the security policy and the files beside it, in which nothing stands that the evidence does not support.

Reads    template, .security-config.toml, evidence: the project's SECURITY.md.template, else templates/, and the
         newest retained release, which is verified again; where there is none the last rehearsal, and the document
         then says so.
Writes   SECURITY.md, and as configured security-insights.yml, .well-known/security.txt and a badge, in the
         project; with --check and --watch nothing. A file that was not generated is left alone without --replace.
Decides  documents are current, and true: with --check those of a project that has adopted them are what template,
         configuration and evidence give; with --strict every claim that they assert is supported; with --watch
         security.txt has not expired.
Exits    0 written or current, or not adopted; 2 usage, or a file is in the way; 3 the template is broken; 4 stale,
         asserted and not supported, or expired; 5 the evidence that the committed document names is not here; 6
         a document fails its own check.
Network  none.
Source   issue "SECURITY.md that cannot lie"; Security Insights 2.2.0; RFC 9116. In a rehearsal the committed
         documents are held against the real releases.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ops.supply_chain.contracts.files.document_basis import DocumentBasis
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.errors import InputError, UnavailableError, UsageError
from ops.supply_chain.core.files import write_atomic
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.gather.assurance.claims.evaluate import add_options
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.stage import run_stage

if TYPE_CHECKING:
    from ops.supply_chain.gather.assurance.documents.files import DocumentFiles, GeneratedDocuments

NEXT = "Run nox -s security_md, read what changed, and commit it."
RECORDING = ("--check", "--watch")
"""Options with which the stage decides something, and leaves a record of it."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what is done: written, checked, or watched."""
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="write nothing; say what is stale, as a diff")
    mode.add_argument("--watch", action="store_true", help="write nothing; say whether security.txt expires")
    parser.add_argument("--strict", action="store_true", help="deny where an asserted claim is not supported")
    parser.add_argument(
        "--unless-first",
        action="store_true",
        help="with --strict: where nothing was released yet no claim denies, or there could be no first release",
    )
    parser.add_argument("--replace", action="store_true", help="write over files that were not generated")
    parser.add_argument(
        "--releases-only", action="store_true", help="let no rehearsal count (with --check the document decides)"
    )
    add_options(parser)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage; what only writes documents leaves no record.

    Returns:
        The exit code.
    """
    words = sys.argv[1:] if argv is None else argv
    records = any(option in words for option in RECORDING)
    return run_stage("generate_security_md", __doc__, arguments, _perform, argv, records=records)


def _perform(run: StageRun) -> StageResult:
    from ops.supply_chain.gather.assurance.documents.files import DocumentFiles

    args = run.args
    if args.unless_first and not args.strict:
        raise UsageError("--unless-first goes with --strict")
    files = DocumentFiles(run)
    if args.watch:
        return _watch(files)
    if args.replace and args.check:
        raise UsageError("--replace writes and --check does not: give one of them")
    return _check(run, files) if args.check else _write(run, files)


def _watch(files: DocumentFiles) -> StageResult:
    findings = files.expiry()
    failed = any(finding.severity is Severity.HIGH for finding in findings)
    return StageResult(
        outcome=Outcome.FAIL if failed else Outcome.PASS,
        text="" if findings else "no security.txt expires soon",
        counts={"watched": files.watched, "findings": len(findings)},
        findings=findings,
        options={"mode": "watch"},
        document={"findings": findings},
    )


def _write(run: StageRun, files: DocumentFiles) -> StageResult:
    files.require_ours(replace=run.args.replace)
    made = files.make(rehearsals=not run.args.releases_only, renew=True)
    named = _named(files)
    if named is not None and named.evidence is not None and not named.evidence.rehearsal:
        # What is gone with a rehearsal is no loss; a release that is elsewhere must not be written off.
        _require_evidence(files, named, made)
    denied = _unsupported(run, made)
    if denied:
        return StageResult(outcome=Outcome.FAIL, text="nothing was written", findings=denied, counts=_counts(made, ()))
    changed = [name for name, now in made.texts.items() if files.committed(name) != now]
    for name in changed:
        write_atomic(files.path(name), made.texts[name].encode())
    lines = [f"{'written' if name in changed else 'unchanged'}: {name}" for name in made.texts]
    return StageResult(
        outcome=Outcome.PASS,
        text="\n".join([*lines, *made.remarks, *files.remarks()]),
        counts=_counts(made, changed),
        document={"written": changed, "files": sorted(made.texts), "unsupported": made.unsupported},
    )


def _check(run: StageRun, files: DocumentFiles) -> StageResult:
    if not files.adopted:
        return StageResult(
            outcome=Outcome.PASS,
            text="not adopted: this project has no generated security policy, and nothing was checked",
            notes=("the project has not adopted generated documents",),
            options={"mode": "check"},
            counts={"documents": 0},
        )
    named = _named(files)
    made = files.make(
        rehearsals=named is not None and named.evidence is not None and named.evidence.rehearsal, renew=False
    )
    if named is not None:
        made = files.make_before(named, made) or made
        _require_evidence(files, named, made)
    stale = files.stale(made)
    findings = (*(_drift(name) for name, _ in stale), *_unsupported(run, made), *files.expiry())
    failed = any(finding.severity is Severity.HIGH for finding in findings)
    diffs = [diff for _, diff in stale]
    unknown = () if stale else files.unknown(made)
    return StageResult(
        outcome=Outcome.FAIL if failed else Outcome.PASS,
        text="" if findings else f"current: {', '.join(made.texts)}",
        details=tuple(diffs),
        notes=unknown,
        counts=_counts(made, [name for name, _ in stale]),
        findings=findings,
        reads=files.refs(),
        options={"mode": "check", "strict": str(bool(run.args.strict)).lower()},
        document={"stale": [name for name, _ in stale], "unsupported": made.unsupported},
    )


def _named(files: DocumentFiles) -> DocumentBasis | None:
    """Return the evidence that the committed document names; None where it names none that can be read."""
    try:
        return files.named()
    except InputError:
        # Whoever edited the comment made the document another one: it is stale, and told so.
        return None


def _require_evidence(files: DocumentFiles, named: DocumentBasis, made: GeneratedDocuments) -> None:
    """Refuse to judge, or to write over, a document that names evidence which is not here."""
    if not files.comparable(named, made):
        raise UnavailableError(
            f"{files.policy}: {_evidence_of(named)} is not on this machine, so nobody here can say what is true now",
            hint="Put that retained release below data/artifacts/, or run this where it is kept.",
        )


def _evidence_of(named: DocumentBasis) -> str:
    if named.evidence is None:
        return "its evidence"
    return f"the {'rehearsal' if named.evidence.rehearsal else 'release'} {named.evidence.version} that it was computed from"


def _unsupported(run: StageRun, made: GeneratedDocuments) -> tuple[Finding, ...]:
    if not run.args.strict or (run.args.unless_first and not made.released):
        return ()
    return tuple(
        Finding(
            code="document.claim-unsupported",
            severity=Severity.HIGH,
            message=f"claim {claim.id} is asserted and not supported: {' '.join(claim.missing)}",
            next_step="Make a release that supports it, or take the claim out of the template or mark it optional.",
            path=made.template,
        )
        for claim in made.unsupported
    )


def _drift(name: str) -> Finding:
    return Finding(
        code="document.stale",
        severity=Severity.HIGH,
        message=f"{name} is not what template, configuration and evidence give",
        next_step=NEXT,
        path=name,
    )


def _counts(made: GeneratedDocuments, changed: Sequence[str]) -> dict[str, int]:
    return {
        "documents": len(made.texts),
        "changed": len(changed),
        "claims_unsupported": len(made.unsupported),
    }


if __name__ == "__main__":
    raise SystemExit(main())
