"""The release-assurance pipeline: its table of stages, as data.

One row a stage script that exists. `tests/architecture` holds every stage's docstring against its row,
and `runner.pipeline` asks a row whether a refusal lets the others go on.
"""

from __future__ import annotations

from typing import NamedTuple


class StageRow(NamedTuple):
    """One stage: its script, what it reads and writes, what it decides, whether it is a gate.

    A gate gathers: that it denies or cannot tell does not stop the stages after it, because
    `evaluate_policy` decides over all records.
    """

    script: str
    reads: str
    writes: str
    decides: str
    gate: bool = False
    records: bool = True


PIPELINE: tuple[StageRow, ...] = (
    StageRow(
        "compile_locks",
        "requirements.in files, pyproject.toml",
        "requirements.txt, requirements.cdx.json, requirements.provenance.json beside each",
        "nothing",
        records=False,
    ),
    StageRow(
        "generate_sbom",
        "locks, core metadata on the index",
        "dist/sbom/",
        "complete, valid",
    ),
    StageRow(
        "check_locks",
        "sources and locks",
        "record",
        "drift, reproducible recompile, unpinned, unhashed",
        gate=True,
    ),
    StageRow(
        "check_hashes",
        "locks, index",
        "record",
        "every recorded hash still served by the index, yanked, replaced, quarantined",
        gate=True,
    ),
    StageRow(
        "scan_updates",
        "locks, index",
        "nothing",
        "nothing: informational",
        records=False,
    ),
    StageRow(
        "check_publishers",
        "locks, publisher baselines, index, Integrity API",
        "nothing",
        "publisher metadata drift, PEP 740 publisher changed or lost, attestation invalid",
        gate=True,
    ),
    StageRow(
        "check_vulnerabilities",
        "locks, advisory feeds",
        "record; with --ledger data/artifacts/ledger/N.jsonl",
        "known vulnerabilities, severity, response clock",
        gate=True,
    ),
    StageRow(
        "check_malware",
        "locks, advisory feeds",
        "record; with --ledger data/artifacts/ledger/N.jsonl",
        "MAL-* matches",
        gate=True,
    ),
    StageRow(
        "evaluate_claims",
        "retained releases, dist/rehearsal/artifacts/ where there is none, .security-config.toml, .github/workflows/",
        "dist/claims.json, dist/controls.json, dist/controls.md",
        "nothing; with --strict that the named claims are supported",
        records=False,
    ),
    StageRow(
        "generate_security_md",
        "template, .security-config.toml, evidence",
        "SECURITY.md, and as configured security-insights.yml, .well-known/security.txt and a badge",
        "documents are current, and true",
        gate=True,
    ),
    StageRow(
        "generate_vex",
        "waivers, all records, dist/sbom/N-sbom.json",
        "dist/vex/",
        "every open finding stated",
        gate=True,
    ),
    StageRow(
        "report_findings",
        "dist/records/",
        "dist/findings/",
        "nothing",
        records=False,
    ),
    StageRow(
        "bundle_evidence",
        "dist/sbom/locks/, publisher baselines",
        "dist/evidence/N-V-evidence.tar.gz or dist/evidence/N-V-source.tar.gz",
        "nothing",
    ),
    StageRow(
        "evaluate_policy",
        "SBOMs, all records, policy/",
        "dist/verdict/verdict.json, dist/verdict/gate.json",
        "allow or deny, each reason named",
    ),
    StageRow(
        "generate_provenance",
        "artifacts, records, git",
        "dist/provenance/provenance.json, dist/checksums.txt",
        "nothing",
    ),
    StageRow(
        "assemble_release",
        "dist/",
        "dist/release/",
        "set is complete",
    ),
    StageRow(
        "sign_artifacts",
        "dist/release/",
        "*.sigstore.json beside each file",
        "every file is signed by a configured identity",
    ),
    StageRow(
        "verify_release",
        "a release folder, or a GitHub release",
        "dist/verification/",
        "everything verifies, against the published identities",
        records=False,
    ),
    StageRow(
        "build_verifier",
        "its own code, installed packages",
        "dist/verifier/sealwright-verify.pyz",
        "nothing",
        records=False,
    ),
    StageRow(
        "publish_release",
        "dist/release/, the repository's releases and tags on GitHub",
        "a GitHub release",
        "never half-published",
    ),
    StageRow(
        "retain_artifacts",
        "dist/release/, dist/verification/",
        "data/artifacts/supply-chain/N/V/",
        "retained releases are intact",
    ),
    StageRow(
        "summarise_release",
        "dist/release/",
        "nothing",
        "nothing",
        records=False,
    ),
    StageRow(
        "render_report",
        "dist/, data/artifacts/supply-chain/N/",
        "dist/report/",
        "nothing",
        records=False,
    ),
    StageRow(
        "compare_sboms",
        "two SBOMs or releases",
        "nothing",
        "nothing",
        records=False,
    ),
    StageRow(
        "adopt_project",
        "a project's folder",
        "nothing; with --write new files in the project",
        "nothing",
        records=False,
    ),
    StageRow(
        "mirror_docs",
        "retained releases, .security-config.toml",
        "dist/mirror/",
        "retained releases are intact",
        records=False,
    ),
    StageRow(
        "review_posture",
        ".security-config.toml, locks, publisher baselines, retained releases, security.txt",
        "nothing",
        "nothing is overdue",
        records=False,
    ),
)


def row_of(script: str) -> StageRow:
    """Return the row of a stage script.

    Raises:
        KeyError: There is no such stage.
    """
    for row in PIPELINE:
        if row.script == script:
            return row
    raise KeyError(script)
