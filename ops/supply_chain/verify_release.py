"""Verify a release as a customer would: every file, every signature, every claim, without trusting its maker.

Reads    a release folder, or a GitHub release; or an archive with a release. The authorized signers come from --identity,
         --identities, else the project's [signing].identities. --key names authorized public keys and replaces
         the configured identities: each file must be signed with a given key or by a named identity. --repository, --ref, --event,
         --runner and --for are conditions on --identity. The trusted
         root comes from --trusted-root, else $SEALWRIGHT_TRUST_CONFIG, else [signing].trust_config, else the
         installed sigstore. The trusted root in the release is compared with it and never trusted by itself.
         With --package NAME==VERSION the files of that version on the index, with --lock a lock; a release that is named
         as well has to contain the files. --baseline has recorded publishers, and what must have attestations.
Writes   dist/verification/, for dist/release/: report (text, JSON, Markdown), VSA. Otherwise the report
         to stdout, and the files of --markdown and --vsa. In a rehearsal they are marked so, and the VSA is FAILED.
         With --package and --out the verified files and a requirements file with their hashes.
Decides  everything verifies, against the published identities: files, digests, signatures, attestations,
         provenance, records and verdict, SBOMs, VEX, waivers, the previous release. A CI run that signed was for
         the repository, commit and tag of this release. Packages on an index: their hashes, attestations (PEP 740) by an
         expected publisher with exactly one subject, and that the release has the same files.
Exits    0 verified, or accepted as a rehearsal or as unsigned, which is reported and is not a pass; 2 usage,
         3 there is no release or it cannot be unpacked, 4 it does not verify or is not signed, 5 something could
         not be examined, or the download failed.
Network  none; with --github, GitHub's API and its download hosts; with --package and --lock, the index, its Integrity API
         and, with --package, the hosts of its files.
Source   SLSA 1.2, https://slsa.dev/spec/v1.2/verifying-artifacts . Each check names the command (cosign, sha256sum,
         jq) that checks the same without sealwright.
"""

from __future__ import annotations

if __name__ == "__main__":
    from ops.supply_chain.runner.command_lines import answer_help

    answer_help("verify_release")

if __name__ == "__main__":
    import sys

    from ops.supply_chain.gather.trust.verification.early import begin_early

    begin_early(sys.argv)

import argparse
import shlex
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from ops.supply_chain.adapters.files.folders import empty
from ops.supply_chain.adapters.files.inputs import configured_input
from ops.supply_chain.contracts.config.signing import SigningMode
from ops.supply_chain.contracts.files.package_verification import EvidenceState, ServedPackage
from ops.supply_chain.contracts.files.verification import Check, Expectations, Line, Verification
from ops.supply_chain.contracts.values.finding import Finding, Severity
from ops.supply_chain.contracts.values.release_naming import KEPT_SUFFIXES
from ops.supply_chain.core import plain_json
from ops.supply_chain.core.collector import without_collection
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.files import write_atomic
from ops.supply_chain.core.moments import timestamp
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.gather.trust.verification.check import check_release
from ops.supply_chain.gather.trust.verification.inputs import (
    WHO_MAY_SIGN,
    Trust,
    add_options,
    expectations,
    release_folder,
    trust,
    trust_at_work,
)
from ops.supply_chain.gather.trust.verification.package_inputs import (
    add_package_options,
    index_source,
    is_of_index,
    verify_served,
)
from ops.supply_chain.gather.trust.verification.summary import summary_statement
from ops.supply_chain.rehearsal.options import IDENTITY, ISSUER
from ops.supply_chain.runner.arguments import shown_path
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.dist_folder import REHEARSAL_FOLDER
from ops.supply_chain.runner.rehearsal_mode import identities_in_force, is_rehearsal
from ops.supply_chain.runner.stage import leave, run_stage
from ops.supply_chain.trust.verification import package_report, report
from ops.supply_chain.trust.verification.brief import brief

RELEASE_FOLDER = "release"
TRUSTED_ROOT_END = "-trusted_root.json"
REPORT_FOLDER = "verification"
_LABEL = "next      "
_UNEXAMINED = "Do not use this release before this was examined; the message names what is missing."
_REFUSED = "Do not use this release; contact its maker over another channel."
_ACCEPTED_ONLY = "accepted, not a pass"
_PACKAGE_CODES = {
    EvidenceState.BAD: "verify.package-bad",
    EvidenceState.ABSENT: "verify.package-absent",
    EvidenceState.UNCHECKED: "verify.package-unchecked",
}
_PACKAGE_STEPS = {
    EvidenceState.BAD: "Do not install it; contact its maker over another channel.",
    EvidenceState.ABSENT: "Do not install it on this evidence; name its release, or ask its maker for attestations.",
    EvidenceState.UNCHECKED: "Run again when the service answers, or name the expected publisher: --identity and "
    "--issuer, --identities, --baseline.",
}
_ACCEPTED_COLOUR = "33"
_COLOURS = {Outcome.PASS: "32", Outcome.FAIL: "31", Outcome.NOT_EXAMINED: "33"}
_TOLERATED = "Accepted only as a rehearsal or as unsigned; fix it before making a release."


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the stage's own options."""
    add_options(parser)
    add_package_options(parser)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage, which leaves no record: the records of a release are complete before it is verified.

    Returns:
        The exit code.
    """
    with without_collection():
        return run_stage("verify_release", __doc__, arguments, _perform, argv)


def _perform(run: StageRun) -> StageResult:
    if is_of_index(run.args):
        return _served(run)
    own = run.args.release is None and not run.args.github
    if own:
        empty(run.dist / REPORT_FOLDER)
        if not (run.dist / RELEASE_FOLDER).is_dir():
            raise _nothing_to_verify(run)
    signing = run.config.signing
    configured = configured_input(run.root, signing.trust_config) if signing.trust_config else None
    with (
        trust_at_work(run.args, identities_in_force(signing), trust_config=configured) as trusted,
        release_folder(run.args, default=run.dist / RELEASE_FOLDER, cache=run.cache) as folder,
    ):
        wanted = _expected(run, trusted, folder, own=own)
        examined = check_release(folder, wanted, trusted.checker, attestations=run.args.attestations)
        verification = examined.verification
        step = _missing(run, trusted, folder, verification)
    passed = verification.ruling is Outcome.PASS
    document = report.document(verification, verified_at=timestamp(run.now))
    summary = summary_statement(examined, wanted, trusted, now=run.now)
    _write(run, verification, document, summary, own=own)
    return StageResult(
        outcome=verification.ruling,
        text=report.text(verification, reasons=False) if run.args.verbose else brief(verification),
        details=(_LABEL + step,) if step else (),
        says_findings=not run.args.verbose,
        counts=_counts(verification),
        findings=_findings(verification),
        document=document,
        public_outcome=_ACCEPTED_ONLY if verification.tolerated and passed else "",
        colour=_ACCEPTED_COLOUR if verification.tolerated and passed else _COLOURS[verification.ruling],
    )


def _nothing_to_verify(run: StageRun) -> InputError:
    """Return the error that there is no release, with the command that verifies the rehearsal's, if there is one."""
    message = f"{shown_path(run.dist / RELEASE_FOLDER)}: there is no release"
    rehearsed = run.dist / REHEARSAL_FOLDER / RELEASE_FOLDER
    roots = sorted(rehearsed.glob(f"*{TRUSTED_ROOT_END}"))
    if not roots:
        return InputError(
            message, hint=f"Make one (`{command('release')}`), or name one (`{command('verify', 'FOLDER')}`)."
        )
    return InputError(f"{message}, only that of a rehearsal", hint=_verify_rehearsal(run, rehearsed, roots[0]))


def _verify_rehearsal(run: StageRun, folder: Path, root: Path) -> str:
    """Return the step that verifies a rehearsal of this project."""
    words = [shlex.quote(shown_path(folder)), "--rehearsal", "--trusted-root", shlex.quote(shown_path(root))]
    if not run.config.signing.identities:  # it was signed by the rehearsal's own identity
        words += ["--identity", IDENTITY, "--issuer", ISSUER]
    return f"To verify it as a rehearsal: {command('verify', *words)}"


def _missing(run: StageRun, trusted: Trust, folder: Path, verification: Verification) -> str:
    """Return the step where the command line lacks what decides who is trusted; empty where it lacks nothing.

    The root in the files is named only for a rehearsal of this project, in its own folder: one that was received is not
    trusted because it says that it is a rehearsal.
    """
    if verification.ruling is Outcome.PASS:
        return ""
    named = bool(trusted.identities or trusted.keys)
    own = verification.rehearsal and folder.absolute().is_relative_to((run.dist / REHEARSAL_FOLDER).absolute())
    roots = sorted(folder.glob(f"*{TRUSTED_ROOT_END}")) if own else []
    if roots and not (named and run.args.rehearsal and run.args.trusted_root):
        return _verify_rehearsal(run, folder, roots[0])
    return "" if named else WHO_MAY_SIGN


def _served(run: StageRun) -> StageResult:
    """Verify packages on an index."""
    args, signing = run.args, run.config.signing
    configured = configured_input(run.root, signing.trust_config) if signing.trust_config else None
    # The project's own signers publish its own packages, and no dependency.
    own = identities_in_force(signing) if args.package else ()
    trusted = trust(args, own, trust_config=configured)
    integrity = run.config.feeds.integrity_api
    source, note = index_source(args, run.config.index, cache=run.cache, integrity_url=integrity)
    with ExitStack() as stack:
        release = None
        if args.release is not None or args.github:
            folder = stack.enter_context(release_folder(args, default=None, cache=run.cache))
            release = folder, _expected(run, trusted, folder, own=False)
        verification, install = verify_served(args, trusted, source, release)
    return StageResult(
        outcome=verification.outcome,
        text=package_report.text(verification),
        details=(f"install with: {install}",) if install else (),
        counts=package_report.counts(verification),
        findings=tuple(map(_package_finding, verification.unverified)),
        notes=(note,) if note else (),
        document=package_report.document(verification, verified_at=timestamp(run.now)),
        public_outcome=_ACCEPTED_ONLY if verification.tolerated and verification.outcome is Outcome.PASS else "",
    )


def _package_finding(package: ServedPackage) -> Finding:
    severity = {EvidenceState.BAD: Severity.CRITICAL, EvidenceState.ABSENT: Severity.HIGH}
    return Finding(
        code=_PACKAGE_CODES[package.state],
        severity=severity.get(package.state, Severity.UNKNOWN),
        message=f"{package.name} {package.version}: {'; '.join(package_report.problems_of(package))}",
        next_step=_PACKAGE_STEPS[package.state],
        package=package.name,
        version=package.version,
    )


def _expected(run: StageRun, trusted: Trust, folder: Path, *, own: bool) -> Expectations:
    signing, rehearsing = run.config.signing, is_rehearsal()
    wanted = expectations(
        run.args,
        trusted,
        folder,
        uri_base=run.config.provenance.uri_base,
        artifacts=run.artifacts,
        rehearsal=rehearsing,
    )
    named = bool(signing.identities or run.args.identity or run.args.identities or run.args.key)
    return replace(
        wanted,
        # Mode `checksums` makes unsigned releases, so the release that this project has just made may be one.
        allow_unsigned=wanted.allow_unsigned or (own and signing.mode is SigningMode.CHECKSUMS),
        identity_ephemeral=rehearsing and not named,
    )


def _write(
    run: StageRun, verification: Verification, document: dict[str, Any], summary: bytes | None, *, own: bool
) -> None:
    """Write the requested reports; for `dist/release/` all of them, with a summary only if everything was examined."""
    markdown = report.as_markdown(verification).encode()
    targets = [(run.args.markdown, markdown), (run.args.vsa, summary)]
    if own:
        folder = run.dist / REPORT_FOLDER
        whole = {"verification.json": plain_json.dump(document), "verification.md": markdown, "vsa.json": summary}
        targets += [(folder / name, whole[name]) for name in KEPT_SUFFIXES]
    for target, data in targets:
        if target is not None and data is not None:
            write_atomic(target.absolute(), data)


def _counts(verification: Verification) -> dict[str, int]:
    lines = [line for check in verification.checks for line in check.lines]
    return {
        "files": len(verification.files),
        "checks": len(verification.checks),
        "passed": sum(line.outcome is Outcome.PASS for line in lines),
        "failed": sum(line.outcome is Outcome.FAIL for line in lines),
        "not_examined": sum(line.outcome is Outcome.NOT_EXAMINED for line in lines),
        "tolerated": len(verification.tolerated),
        "level": verification.level.build,
    }


def _findings(verification: Verification) -> tuple[Finding, ...]:
    return tuple(
        _finding(check, line)
        for check in verification.checks
        for line in check.lines
        if line.outcome is not Outcome.PASS
    )


def _finding(check: Check, line: Line) -> Finding:
    decides = line.ruling is not Outcome.PASS
    bad = Severity.CRITICAL if decides else Severity.INFO
    refused = _REFUSED if line.outcome is Outcome.FAIL else _UNEXAMINED
    return Finding(
        code=f"verify.{check.code.replace('.', '-')}",
        severity=bad if line.outcome is Outcome.FAIL else Severity.UNKNOWN,
        message=f"{line.subject}: {line.message}",
        next_step=refused if decides else _TOLERATED,
    )


if __name__ == "__main__":
    leave(main())
