"""Publish the verified release: on GitHub, or with --index its distributions on a package index.

GitHub gets a draft, its files, and the release is public only when all of them are there. An index has no drafts: nothing
is uploaded before every distribution of the release is there and compared with it, wheels come before source distributions,
and a run that was interrupted at any moment is simply run again and uploads only what is missing.

Reads    dist/release/; the repository's releases and tags on GitHub, or the project pages of a package index
Writes   a GitHub release, or the distributions on a package index
Decides  never half-published: the release verifies with the tag that a customer gives, the tag points to its commit, every asset read back has
         the digest that was verified, and there is nothing else. On an index: no file of another content under one
         of our names, no other file of that version, and what is read back (list, bytes, publish attestations) is
         what was verified.
Exits    0 published, or published before and identical; 2 usage, or no token; 3 a file is broken; 4 the release does not
         verify, what is there is something else, or the index refuses a file; 5 GitHub, the index or the verifier could
         not be asked, or the index does not serve everything yet; 6 something else is served than was sent.
Network  GitHub's API and its upload and download hosts; or the index of --index: its upload, simple and Integrity API, file
         hosts and Trusted Publishing. With --offline nothing can be published: exit 5.
Source   https://docs.github.com/en/rest/releases; the token comes from GH_TOKEN or GITHUB_TOKEN, the API's
         address from GITHUB_API_URL. https://docs.pypi.org/trusted-publishers/; an index's token comes from Trusted
         Publishing on a CI platform, or from UV_PUBLISH_TOKEN. What is published is never changed.
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.command_lines import answer_help

    answer_help("publish_release")

import argparse
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ops.supply_chain.adapters.files.folders import files_in, measure
from ops.supply_chain.adapters.files.inputs import configured_input
from ops.supply_chain.contracts.base import FileRef
from ops.supply_chain.contracts.config.signing import SigningIdentity, SigningMode
from ops.supply_chain.contracts.files.provenance import Statement
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.publication import LocalFile
from ops.supply_chain.contracts.values.release_naming import naming_of, provenance_name
from ops.supply_chain.contracts.values.signature_names import is_signature
from ops.supply_chain.core import canonical
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import ErrorClass, ExitCode, InputError, OutputError, UnavailableError, UsageError
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.gather.release.index_publication import IndexOutcome, IndexTarget
from ops.supply_chain.gather.release.index_upload import (
    copy_distributions,
    index_document,
    index_text,
    publish_on_index,
)
from ops.supply_chain.gather.release.publication import (
    PublicationTarget,
    completed,
    confirmed,
    look,
    make_public,
    planned,
    tag_problems,
)
from ops.supply_chain.gather.trust.verification.served import provenance_check
from ops.supply_chain.release.assembly.layout import checksums_name, media_type_of
from ops.supply_chain.release.provenance.source import tag_of
from ops.supply_chain.release.publication.index_choice import index_named
from ops.supply_chain.release.publication.names import (
    repository_of,
    require_publishable,
    require_repository,
    require_tag,
)
from ops.supply_chain.release.publication.notes import NotesFacts
from ops.supply_chain.release.publication.plan import PublicationState, differences, make_plan, state_of
from ops.supply_chain.release.publication.problem import PublicationProblem
from ops.supply_chain.release.publication.report import PublicationReport, done_text, plan_document, plan_text
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.dist_lock import HOLDER_VARIABLE
from ops.supply_chain.runner.rehearsal_mode import (
    REHEARSAL_VARIABLE,
    TRUST_CONFIG_VARIABLE,
    identities_in_force,
    is_rehearsal,
)
from ops.supply_chain.runner.stage import leave, run_stage
from ops.supply_chain.trust.verification.provenance import matches_tag

if TYPE_CHECKING:
    from ops.supply_chain.adapters.github.client import Github
    from ops.supply_chain.adapters.http.client import Timeouts

RELEASE_FOLDER = "release"
INDEX_TIMEOUTS: Timeouts | None = None
"""Time limits of each request to an index; None for those of every index."""

VERIFIER: tuple[str, ...] = ()
"""The verifier's command without its arguments; empty runs `verify_release` with this interpreter."""


_VERIFY = f"Run {command('verify')} and do what it says, or make the release again: {command('release')}."


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the stage's own options."""
    parser.add_argument("--repository", default="", help="OWNER/REPO (default: from the git remote, if on GitHub)")
    parser.add_argument(
        "--tag",
        default="",
        help="tag of the release (default: the version; of one package of several the tag at HEAD that names it)",
    )
    parser.add_argument(
        "--index", default="", metavar="NAME", help="package index: pypi, testpypi or one of [[indexes]]"
    )
    parser.add_argument("--dry-run", action="store_true", help="verify and print the plan; change nothing")
    parser.add_argument("--delete-extra", action="store_true", help="remove foreign assets from the draft")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage.

    Returns:
        The exit code.
    """
    return run_stage("publish_release", __doc__, arguments, _perform, argv)


def _perform(run: StageRun) -> StageResult:
    if run.offline:
        where = f"package index {run.args.index}" if run.args.index else "GitHub"
        raise UnavailableError(
            f"{where}: not asked, this run is offline: nothing can be published", hint="Run without --offline."
        )
    if is_rehearsal():
        # The verifier accepts one where this is set, and the world would take it for a release.
        raise UsageError(
            f"{REHEARSAL_VARIABLE} is set, and a rehearsal is never published",
            hint=f"Unset {REHEARSAL_VARIABLE}, and publish a real release: {command('release')}.",
            kind=ErrorClass.CONFIGURATION,
        )
    if run.args.index:
        return _on_index(run)
    from ops.supply_chain.adapters.github.client import Github

    folder = run.dist / RELEASE_FOLDER
    files = _files(folder)
    repository, tag = _where(run)
    if unmatched := _unmatched_tag(run, folder, tag):
        return _refused([unmatched], files)
    with Github(repository) as github:
        if refused := _unverified(run, folder, files, tag):
            return refused
        return _publication(run, github, PublicationTarget(folder, files, repository, tag, _commit(run, folder)))


def _unverified(run: StageRun, folder: Path, files: Sequence[LocalFile], tag: str) -> StageResult | None:
    """Verify the release as a customer does; None where it verifies and is still what was read before.

    Raises:
        OutputError: It was changed meanwhile.
    """
    if not _verifies(run, folder, tag):
        problem = PublicationProblem("publish.not-verified", f"dist/{RELEASE_FOLDER}/ does not verify", _VERIFY)
        return _refused([problem], files)
    if _files(folder) != files:
        raise OutputError(f"{folder}: was changed while it was verified", hint="Run again when nothing writes there.")
    return None


def _on_index(run: StageRun) -> StageResult:
    index = index_named(run.args.index, run.config.indexes)
    release, tag = run.dist / RELEASE_FOLDER, require_tag(run.args.tag or run.project.version)
    files = _files(release)
    if unmatched := _unmatched_tag(run, release, tag):
        return _refused([unmatched], files)
    with tempfile.TemporaryDirectory(prefix="sealwright-publish-") as scratch:
        # What is uploaded are these copies: compared with what was verified, and no one else can write to them.
        distributions = copy_distributions(release, files, Path(scratch), attested=bool(index.attestations))
        if refused := _unverified(run, release, files, tag):
            return refused
        target = IndexTarget(index, Path(scratch), distributions)
        return _index_publication(run, target, files)


def _index_publication(run: StageRun, target: IndexTarget, files: Sequence[LocalFile]) -> StageResult:
    configured = run.config.signing.trust_config
    root = configured_input(run.root, configured) if configured else None
    identities = identities_in_force(run.config.signing)
    check = provenance_check(identities, root) if target.service.attestations else None
    outcome = publish_on_index(run, target, check, timeouts=INDEX_TIMEOUTS)
    if outcome.problems:
        text = index_text(target, outcome, dry_run=False) if outcome.uploaded else ""
        return _refused(outcome.problems, files, document=index_document(target, outcome), text=text)
    return _index_result(run, target, outcome)


def _index_result(run: StageRun, target: IndexTarget, outcome: IndexOutcome) -> StageResult:
    return StageResult(
        outcome=Outcome.PASS,
        text=index_text(target, outcome, dry_run=run.args.dry_run),
        counts={
            "files": len(target.files),
            "uploaded": len(outcome.uploaded),
            "kept": len(outcome.plan.keep),
            "replaced": 0,
        },
        reads=tuple(
            FileRef(path=f"dist:{RELEASE_FOLDER}/{file.name}", sha256=file.sha256, size=file.size)
            for file in target.files
        ),
        options={
            "index": target.service.name,
            "dry_run": str(run.args.dry_run).lower(),
            "attestations": str(bool(target.service.attestations)).lower(),
        },
        document=index_document(target, outcome),
    )


def _files(folder: Path) -> tuple[LocalFile, ...]:
    found = [(name, measure(folder / name)) for name in files_in(folder)]
    files = tuple(
        LocalFile(name=name, sha256=file.sha256, size=file.size, media_type=media_type_of(name)) for name, file in found
    )
    require_publishable(files, where=str(folder))
    return files


def _where(run: StageRun) -> tuple[str, str]:
    from ops.supply_chain.adapters.github.address import api_from_environment, web_host

    tag = require_tag(run.args.tag or _own_tag(run))
    if run.args.repository:
        return require_repository(run.args.repository), tag
    host = web_host(api_from_environment())
    source = run.project.source
    found = repository_of(source.remote, host) if source else ""
    if not found:
        raise UsageError(
            f"the project has no git remote at {host}",
            hint="Give --repository OWNER/REPO.",
            kind=ErrorClass.CONFIGURATION,
        )
    return found, tag


def _own_tag(run: StageRun) -> str:
    """Return the version, or where one of several in a repository is released, the tag at HEAD that names it."""
    project, source = run.project, run.project.source
    tags = source.tags if source is not None and (project.package is not None or source.prefix) else ()
    return tag_of(tags, project.tag_names, project.version) or project.version


def _unmatched_tag(run: StageRun, folder: Path, tag: str) -> PublicationProblem | None:
    """Return the problem of a tag with which no customer could verify the release."""
    path = folder / provenance_name(run.project.name, run.project.version, naming_of(files_in(folder)))
    parameters = canonical.read(path, Statement).predicate.build_definition.external_parameters
    if matches_tag(tag, parameters.version, parameters.tag):
        return None
    named = f" and the tag {parameters.tag}" if parameters.tag else ""
    text = f"the provenance names the version {parameters.version}{named}: verify_release --tag {tag} would refuse it"
    step = f"Publish it as {parameters.tag or parameters.version}, or tag the commit and make the release again."
    return PublicationProblem("publish.tag-unverifiable", text, step)


def _verifies(run: StageRun, folder: Path, tag: str) -> bool:
    """Let the verifier judge, as a customer who gives the tag, by its exit code; True is a pass, False a refusal."""
    from ops.supply_chain.adapters.tools.verifier import command_for, run_verifier

    words = [str(folder), "--project", str(run.root), "--dist", str(run.dist), "--artifacts", str(run.artifacts)]
    words += ["--cache", str(run.cache), "--version", run.args.version or run.project.version, "--tag", tag]
    words += ["--public-log"] if run.args.public_log else []
    # The interim strategy publishes digests and calls nothing signed; everything else still has to verify.
    words += ["--allow-unsigned"] if run.config.signing.mode is SigningMode.CHECKSUMS else []
    command = (*VERIFIER, *words) if VERIFIER else command_for(*words)
    code = run_verifier(command, environment={HOLDER_VARIABLE: run.invocation})
    failures = {
        ExitCode.USAGE: UsageError,
        ExitCode.INPUT: InputError,
        ExitCode.NOT_EXAMINED: UnavailableError,
    }
    if code not in (ExitCode.PASS, ExitCode.DENIED):
        kind = failures.get(ExitCode(code), OutputError) if code in set(ExitCode) else OutputError
        raise kind(f"verify_release ended with exit code {code}: nothing was sent", hint=_VERIFY)
    return code == ExitCode.PASS


def _commit(run: StageRun, folder: Path) -> str:
    path = folder / provenance_name(run.project.name, run.project.version, naming_of(files_in(folder)))
    source = canonical.read(path, Statement).predicate.build_definition.external_parameters.source
    return (source.digest.git_commit or "") if source else ""


def _publication(run: StageRun, github: Github, target: PublicationTarget) -> StageResult:
    release, more = look(github, target)
    plan = planned(github, target, release) if release else make_plan(target.files, ())
    report = PublicationReport(target.repository, target.tag, state_of(release, plan), plan)
    there = github.tag_commit(target.tag) if target.commit else ""
    problems = [*tag_problems(github, target, there), *_asset_problems(run, report)]
    if problems:
        return _refused(problems, target.files, document=plan_document(report))
    if run.args.dry_run:
        return _result(run, target, report, plan_text(report))
    if release is None or release.draft:
        facts = _facts(run, target)
        draft = completed(github, target, release, facts, delete_extra=run.args.delete_extra)
        make_public(github, target, draft, facts, new_tag=not there)
        release = confirmed(github, target, draft)
    return _result(run, target, report, done_text(report, release, more))


def _asset_problems(run: StageRun, report: PublicationReport) -> list[PublicationProblem]:
    if report.found is PublicationState.DIFFERS:
        step = "A published release is never changed: release the changed files under a new version."
        return [
            PublicationProblem("publish.differs", f"published {report.tag}, {text}", step)
            for text in differences(report.plan)
        ]
    if report.plan.extra and not run.args.delete_extra:
        step = "Delete it from the draft by hand, or let --delete-extra do it."
        rows = [f"draft {report.tag}, {asset.name}: is no file of this release" for asset in report.plan.extra]
        return [PublicationProblem("publish.extra-asset", row, step) for row in rows]
    return []


def _facts(run: StageRun, target: PublicationTarget) -> NotesFacts:
    project = run.project
    names = [file.name for file in target.files]
    checksums = checksums_name(project.name, project.version)
    signing = run.config.signing
    return NotesFacts(
        component=project.name,
        version=project.version,
        repository=target.repository,
        tag=target.tag,
        commit=target.commit,
        files=target.files,
        signatures=frozenset(filter(is_signature, names)),
        identities=_current(signing.identities, run) if signing.mode is SigningMode.SIGSTORE else (),
        checksums=checksums if checksums in names else "",
        private_root=bool(signing.trust_config or os.environ.get(TRUST_CONFIG_VARIABLE)),
        verifier=next((name for name in names if name.endswith(".pyz")), ""),
    )


def _current(identities: Sequence[SigningIdentity], run: StageRun) -> tuple[SigningIdentity, ...]:
    today = run.now.date().isoformat()
    return tuple(
        identity
        for identity in identities
        if identity.since <= today and (not identity.until or today <= identity.until)
    )


def _refused(
    problems: Sequence[PublicationProblem], files: Sequence[LocalFile], document: object = None, text: str = ""
) -> StageResult:
    findings = tuple(
        Finding(code=problem.code, severity=Severity.HIGH, message=problem.message, next_step=problem.next_step)
        for problem in problems
    )
    return StageResult(
        outcome=Outcome.FAIL,
        text=text or "not published; nothing was sent",
        findings=findings,
        counts={"files": len(files)},
        document=document,
    )


def _result(run: StageRun, target: PublicationTarget, report: PublicationReport, text: str) -> StageResult:
    plan = report.plan
    where = f"dist:{RELEASE_FOLDER}/"
    return StageResult(
        outcome=Outcome.PASS,
        text=text,
        counts={
            "files": len(target.files),
            "uploaded": len(plan.upload),
            "kept": len(plan.keep),
            "replaced": len(plan.replace),
        },
        reads=tuple(FileRef(path=where + file.name, sha256=file.sha256, size=file.size) for file in target.files),
        options={
            "repository": target.repository,
            "tag": target.tag,
            "dry_run": str(run.args.dry_run).lower(),
            "delete_extra": str(run.args.delete_extra).lower(),
        },
        document=plan_document(report),
    )


if __name__ == "__main__":
    leave(main())
