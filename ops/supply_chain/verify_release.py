"""Verify a release as a customer would: every file, every signature, every claim, without trusting its maker.

Reads    a release folder, or a GitHub release; or an archive with a release. Who may sign comes from --identity,
         --identities, else the project's [signing].identities; whom signatures go back to from --trusted-root,
         else $SEALWRIGHT_TRUST_CONFIG, else [signing].trust_config, else the root that the installed sigstore
         carries. The trusted root in the release is compared with that one and never trusted by itself.
Writes   report (text, JSON, Markdown), VSA: to stdout, and where --markdown and --vsa say.
Decides  everything verifies, against the published identities: files, digests, signatures, attestations,
         provenance, records and verdict, SBOMs, VEX, waivers, the previous release.
Exits    0 verified, 2 usage, 3 there is no release or it cannot be unpacked, 4 it does not verify or is not
         signed, 5 something could not be examined, or the download cannot be had.
Network  none; with --github, GitHub's API and its download hosts.
Source   SLSA 1.2, https://slsa.dev/spec/v1.2/verifying-artifacts ; facts/sigstore.md. Each check names the
         command (cosign, sha256sum, jq) by which the same can be checked without us.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from ops.supply_chain.contracts.finding import Finding, Severity
from ops.supply_chain.contracts.verification import Verification
from ops.supply_chain.core.files import write_atomic
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.runner.context import StageResult, StageRun
from ops.supply_chain.runner.examining import Examined, examine
from ops.supply_chain.runner.rehearsal_mode import identities_in_force, is_rehearsal
from ops.supply_chain.runner.stage import run_stage
from ops.supply_chain.runner.verification_inputs import add_options, expectations, release_folder, trust
from ops.supply_chain.runner.verification_summary import summary_statement
from ops.supply_chain.verification import report

RELEASE_FOLDER = "release"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the stage's own options."""
    add_options(parser)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the stage, which leaves no record: a release's own is over when it is verified.

    Returns:
        The exit code.
    """
    return run_stage("verify_release", __doc__, arguments, _perform, argv, records=False)


def _perform(run: StageRun) -> StageResult:
    signing = run.config.signing
    configured = run.root / signing.trust_config if signing.trust_config else None
    trusted = trust(run.args, identities_in_force(signing), trust_config=configured)
    with release_folder(run.args, default=run.dist / RELEASE_FOLDER, cache=run.cache) as folder:
        wanted = expectations(
            run.args,
            trusted,
            folder,
            uri_base=run.config.provenance.uri_base,
            artifacts=run.artifacts,
            rehearsal=is_rehearsal(),
        )
        examined = examine(folder, wanted, trusted.examiner, attestations=run.args.attestations)
    verification = examined.verification
    _write(run, examined, summary_statement(examined, wanted, trusted, now=run.now) if run.args.vsa else None)
    return StageResult(
        outcome=verification.outcome,
        text=report.text(verification),
        counts=_counts(verification),
        findings=_findings(verification),
        document=report.document(verification),
    )


def _write(run: StageRun, examined: Examined, summary: bytes | None) -> None:
    markdown: Path | None = run.args.markdown
    if markdown is not None:
        write_atomic(markdown.absolute(), report.markdown(examined.verification).encode())
    if summary is not None:
        write_atomic(run.args.vsa.absolute(), summary)


def _counts(verification: Verification) -> dict[str, int]:
    lines = [line for check in verification.checks for line in check.lines]
    return {
        "files": len(verification.files),
        "checks": len(verification.checks),
        "passed": sum(line.outcome is Outcome.PASS for line in lines),
        "failed": sum(line.outcome is Outcome.FAIL for line in lines),
        "not_examined": sum(line.outcome is Outcome.NOT_EXAMINED for line in lines),
        "level": verification.level.build,
    }


def _findings(verification: Verification) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            code=f"verify.{check.code.replace('.', '-')}",
            severity=Severity.CRITICAL if line.outcome is Outcome.FAIL else Severity.UNKNOWN,
            message=f"{line.subject}: {line.message}",
            next_step="Do not use this release; ask whoever made it, over another way than the one it came by.",
        )
        for check in verification.checks
        for line in check.lines
        if line.outcome is not Outcome.PASS
    )


if __name__ == "__main__":
    raise SystemExit(main())
