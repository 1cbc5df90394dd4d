"""Write SECURITY.md and its companion files, in which every claim is supported by evidence.

With --fleet the same for each project of a file, in one summary; a project that cannot be read keeps no other from it.

Reads    template, .security-config.toml, evidence: the project's SECURITY.md.template, else templates/, and the
         newest retained release, which is verified again; without one the last rehearsal, which the document then
         states.
Writes   SECURITY.md, and as configured security-insights.yml, .well-known/security.txt and a badge, in the
         project; with --check and --watch nothing. A file that was not generated is never overwritten without --replace.
Decides  documents are current, and true: with --check those of a project that has adopted them are what template,
         configuration and the evidence that they name give, which may be that of an earlier release
         (with --unless-first, documents about an earlier rehearsal are reported as not compared); with --strict
         every claim that they assert is supported, and no sentence of the project's own template contradicts the
         evidence; with --watch security.txt has not expired.
Exits    0 written or current, or not adopted; 2 usage, or a file was not generated; 3 the template is broken; 4 stale,
         asserted but not supported, or expired; 5 the evidence that the committed document names is not on this
         machine; 6 a document fails its own check.
Network  none.
Source   docs/security_md.md; Security Insights 2.2.0, https://github.com/ossf/security-insights; RFC 9116. In a
         rehearsal, committed documents are compared with the real releases.
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.command_lines import answer_help

    answer_help("generate_security_md")

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ops.supply_chain.contracts.files.document_basis import DocumentBasis
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.core.commands import Typing, as_typed, command
from ops.supply_chain.core.errors import ErrorClass, InputError, StageError, UnavailableError, UsageError
from ops.supply_chain.core.files import write_atomic
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import printable
from ops.supply_chain.gather.assurance.claims.evaluate import add_options
from ops.supply_chain.gather.gates.projects import add_fleet_option
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.stage import leave, run_stage

if TYPE_CHECKING:
    from ops.supply_chain.assurance.documents.untagged import UntaggedSentence
    from ops.supply_chain.contracts.files.claims import EvidenceSource
    from ops.supply_chain.gather.assurance.documents.files import DocumentFiles, GeneratedDocuments

NEXT = f"Run {command('security_md')}, read what changed, and commit it."
MOST_PROJECTS = 15
"""Projects of a fleet that the screen names."""

RECORDING = ("--check", "--watch")
"""Options with which the stage decides something, and leaves a record."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the mode: write, check or watch."""
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="write nothing; report what is stale, as a diff")
    mode.add_argument("--watch", action="store_true", help="write nothing; report whether security.txt expires")
    parser.add_argument("--strict", action="store_true", help="deny where an asserted claim is not supported")
    parser.add_argument(
        "--unless-first",
        action="store_true",
        help="with --strict: before the first release no claim denies",
    )
    parser.add_argument("--replace", action="store_true", help="overwrite files that were not generated")
    parser.add_argument(
        "--releases-only", action="store_true", help="ignore rehearsals (with --check, the document decides)"
    )
    add_options(parser)
    add_fleet_option(parser)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage; it leaves no record where it only writes documents.

    Returns:
        The exit code.
    """
    words = sys.argv[1:] if argv is None else argv
    records = any(option in words for option in RECORDING)
    return run_stage("generate_security_md", __doc__, arguments, _perform, argv, records=records)


def _perform(run: StageRun) -> StageResult:
    args = run.args
    if args.unless_first and not args.strict:
        raise UsageError("--unless-first goes with --strict", kind=ErrorClass.COMMAND_LINE)
    if args.replace and args.check:
        raise UsageError("--replace writes and --check does not: use one of them", kind=ErrorClass.COMMAND_LINE)
    if args.fleet is None:
        return _project(run)
    if args.evidence is not None or args.attestations:
        raise UsageError(
            "--evidence and --attestations are about one project: omit --fleet", kind=ErrorClass.COMMAND_LINE
        )
    return _fleet(run)


def _project(run: StageRun) -> StageResult:
    from ops.supply_chain.gather.assurance.documents.files import DocumentFiles

    files = DocumentFiles(run)
    if run.args.watch:
        return _watch(files)
    return _check(run, files) if run.args.check else _write(run, files)


def _fleet(run: StageRun) -> StageResult:
    """Write or check the documents of each project; one that cannot be read does not keep the others from it."""
    from ops.supply_chain.gather.gates.fleet import members

    results: dict[str, StageResult] = {}
    errors: dict[str, StageError] = {}
    findings: list[Finding] = []
    for member in members(run, run.args.fleet):
        try:
            if member.run is None:
                raise member.error or UnavailableError("the project could not be read")
            results[member.name] = result = _project(member.run)
            findings += _located(result.findings, member.name, member.run.root)
        except StageError as error:
            errors[member.name] = error
    outcomes = [result.outcome for result in results.values()]
    done = Outcome.FAIL if Outcome.FAIL in outcomes else Outcome.PASS
    keys = sorted({key for result in results.values() for key in result.counts})
    return StageResult(
        outcome=Outcome.NOT_EXAMINED if errors and done is Outcome.PASS else done,
        broken_input=any(not isinstance(error, UnavailableError) for error in errors.values()),
        text=_summary(results, errors),
        counts={
            "projects": len(results) + len(errors),
            "projects_not_read": len(errors),
            **{key: sum(result.counts.get(key, 0) for result in results.values()) for key in keys},
        },
        findings=tuple(findings),
        options={"fleet": "yes", "mode": "check" if run.args.check else "watch" if run.args.watch else "write"},
        document={"projects": {name: result.document for name, result in results.items()}, "not_read": sorted(errors)},
    )


def _located(findings: Sequence[Finding], name: str, root: Path) -> Iterator[Finding]:
    """Yield the findings of one project of several: with its name, and with commands that act on it."""
    for finding in findings:
        yield msgspec.structs.replace(
            finding,
            message=f"{name}: {finding.message}",
            path=f"{name}/{finding.path}" if finding.path else "",
            next_step=as_typed(finding.next_step, Typing(project=str(root))),
        )


def _summary(results: dict[str, StageResult], errors: dict[str, StageError]) -> str:
    """Return one line for each project, those that need attention first, and no more than a screen has."""
    failed = [name for name, result in results.items() if result.outcome is not Outcome.PASS]
    lines = [f"not done: {name}: {error.message}" for name, error in errors.items()]
    lines += [f"failed: {name}" for name in failed]
    lines += [f"done: {name}: {_first_line(result)}" for name, result in results.items() if name not in failed]
    more = len(lines) - MOST_PROJECTS
    count = len(results) + len(errors)
    head = f"{count} {'project' if count == 1 else 'projects'}: {len(results) - len(failed)} done, {len(failed)} failed, {len(errors)} not done"
    return "\n".join(map(printable, [head, *lines[:MOST_PROJECTS], *([f"and {more} more"] if more > 0 else [])]))


def _first_line(result: StageResult) -> str:
    return result.text.partition("\n")[0] or "see the findings"


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
        # A lost rehearsal does not matter; a release on another machine must not be ignored.
        _require_evidence(files, named, made)
    judged = _unsupported(run, made)
    denied = tuple(finding for finding in judged if finding.severity is Severity.HIGH)
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
        findings=judged,
        document={"written": changed, "files": sorted(made.texts), "unsupported": made.unsupported},
    )


def _check(run: StageRun, files: DocumentFiles) -> StageResult:
    if not files.adopted:
        return StageResult(
            outcome=Outcome.PASS,
            text="not adopted: this project has no generated security policy, so nothing was checked",
            notes=("the project has not adopted generated documents",),
            options={"mode": "check"},
            counts={"documents": 0},
        )
    named = _named(files)
    made = files.make(
        rehearsals=named is not None and named.evidence is not None and named.evidence.rehearsal, renew=False
    )
    behind: tuple[Finding, ...] = ()
    unsupported = _unsupported(run, made)
    if named is not None and run.args.unless_first and files.lost_rehearsal(named, made):
        return _rehearsed(files, named, (*unsupported, *files.expiry()))
    if named is not None:
        _require_evidence(files, named, made)
        if earlier := files.make_as_named(named, made):
            if files.describes_this_version(made):
                unsupported = _unsupported(run, earlier)
            elif made.report.source is not None:
                behind = (_behind(files.policy, named, made.report.source),)
            made = earlier
    stale = files.stale(made)
    findings = (*(_drift(name) for name, _ in stale), *unsupported, *(() if stale else behind), *files.expiry())
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


def _rehearsed(files: DocumentFiles, named: DocumentBasis, findings: tuple[Finding, ...]) -> StageResult:
    """Return the result for a document about an earlier rehearsal, which the next one removed: reported as not compared.

    It states at its top that it describes no release, so a release does not wait for it.
    """
    finding = Finding(
        code="document.rehearsed",
        severity=Severity.INFO,
        message=f"{files.policy} describes {_evidence_of(named)}; it is not on this machine, so the documents were not compared",
        next_step=NEXT,
        path=files.policy,
    )
    failed = any(found.severity is Severity.HIGH for found in findings)
    return StageResult(
        outcome=Outcome.FAIL if failed else Outcome.PASS,
        counts={"documents": 0, "changed": 0},
        findings=(finding, *findings),
        reads=files.refs(),
        options={"mode": "check", "strict": "true"},
        document={"stale": [], "unsupported": []},
    )


def _named(files: DocumentFiles) -> DocumentBasis | None:
    """Return the evidence that the committed document names; None where it names none that can be read."""
    try:
        return files.named()
    except InputError:
        # An edited comment makes the document stale, which is reported as such.
        return None


def _require_evidence(files: DocumentFiles, named: DocumentBasis, made: GeneratedDocuments) -> None:
    """Refuse to check or overwrite a document that names evidence which is not on this machine."""
    if not files.comparable(named, made):
        rehearsed = named.evidence is not None and named.evidence.rehearsal
        raise UnavailableError(
            f"{files.policy}: {_evidence_of(named)} is not on this machine, so the document cannot be checked",
            hint=f"A rehearsal is kept until the next one. {NEXT}"
            if rehearsed
            else "Put that retained release into data/artifacts/, or run this where it is retained.",
        )


def _evidence_of(named: DocumentBasis) -> str:
    if named.evidence is None:
        return "its evidence"
    return f"the {'rehearsal' if named.evidence.rehearsal else 'release'} {named.evidence.version} that it was computed from"


def _unsupported(run: StageRun, made: GeneratedDocuments) -> tuple[Finding, ...]:
    if not run.args.strict or (run.args.unless_first and not made.released):
        return ()
    return (*_unsupported_claims(made), *(_untagged(sentence, made.template) for sentence in made.untagged))


def _untagged(sentence: UntaggedSentence, template: str) -> Finding:
    tags = " or ".join(f'{{% claim "{claim}" %}}' for claim in sentence.claims)
    tagged = f"Put it into {tags}...{{% endclaim %}}" if tags else "Use a placeholder"
    if sentence.why:
        return Finding(
            code="document.sentence-contradicted",
            severity=Severity.HIGH,
            message=f"a sentence about {sentence.topic} is not what the evidence shows, {sentence.why}: {sentence.text}",
            next_step=f"Correct or remove it. {tagged}, and it appears only where it is true.",
            path=template,
            line=sentence.line,
        )
    return Finding(
        code="document.sentence-untagged",
        severity=Severity.INFO,
        message=f"a sentence about {sentence.topic} is written whatever the evidence shows: {sentence.text}",
        next_step=f"{tagged}, so that it appears only where it is true.",
        path=template,
        line=sentence.line,
    )


def _unsupported_claims(made: GeneratedDocuments) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            code="document.claim-unsupported",
            severity=Severity.HIGH,
            message=f"claim {claim.id} is asserted but not supported: {' '.join(claim.missing)}",
            next_step="Make a release that supports it, or remove the claim from the template or mark it optional.",
            path=made.template,
        )
        for claim in made.unsupported
    )


def _drift(name: str) -> Finding:
    return Finding(
        code="document.stale",
        severity=Severity.HIGH,
        message=f"{name} does not match its template, configuration and evidence",
        next_step=NEXT,
        path=name,
    )


def _behind(policy: str, named: DocumentBasis, newest: EvidenceSource) -> Finding:
    described = f"release {named.evidence.version}" if named.evidence else "no release"
    return Finding(
        code="document.behind",
        severity=Severity.INFO,
        message=f"{policy} describes {described}, correctly; the newest is {newest.version}",
        next_step=NEXT,
        path=policy,
    )


def _counts(made: GeneratedDocuments, changed: Sequence[str]) -> dict[str, int]:
    return {
        "documents": len(made.texts),
        "changed": len(changed),
        "claims_unsupported": len(made.unsupported),
    }


if __name__ == "__main__":
    leave(main())
