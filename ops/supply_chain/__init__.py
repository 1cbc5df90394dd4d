"""The release-assurance pipeline: its table of stages, as data.

One row for each stage script. Everything that lists stages is derived from this table or tested against it: the
sessions of the noxfile, the policy's required records, the stage pages, the order in which a run is checked. Nothing here
imports anything outside the standard library, because the noxfile reads it where only nox is installed.
"""

from __future__ import annotations

from ops.supply_chain.core.stage_table import StageRow, StageUse, Step, commands, grouped, tool

__all__ = [
    "PIPELINE", "StageRow", "StageUse", "Step", "commands", "daily_scan_uses", "record_titles", "records_after",
    "release_uses", "row_of", "title_of",
]  # fmt: skip

PIPELINE: tuple[StageRow, ...] = (
    tool(
        "compile_locks",
        "Lock compilation",
        reads="requirements.in files, pyproject.toml",
        writes="requirements.txt, requirements.cdx.json, requirements.provenance.json beside each",
        secrets=("index",),
    ),
    StageRow(
        "build_distributions",
        "Distributions",
        reads="--distributions FOLDER, or the commit, build locks and project metadata",
        writes="dist/packages/, dist/build/report.json, dist/build/diffoscope-*.txt",
        decides="both builds are the same; archives have one reading; RECORD, names, tags and entry points agree; no secrets, no stray files",
        gate=True,
        required=True,
        release=(Step(5),),
    ),
    StageRow(
        "check_source",
        "Source",
        reads="the project's files, git, project metadata",
        writes="record",
        decides="the source is its commit, all versions agree",
        gate=True,
        required=True,
        secrets=("index",),
        release=(Step(10),),
    ),
    StageRow(
        "check_locks",
        "Locks",
        reads="sources and locks",
        writes="record",
        decides="drift, reproducible recompile, unpinned, unhashed",
        gate=True,
        required=True,
        covers_locks=True,
        secrets=("index",),
        release=(Step(10, "--reproducible"),),
        daily_scan=(Step(10),),
    ),
    StageRow(
        "check_hashes",
        "Hashes",
        reads="locks, index",
        writes="record; with --record NAME.contents.json",
        decides="every recorded hash still served by the index, yanked, replaced, quarantined",
        gate=True,
        required=True,
        covers_locks=True,
        secrets=("index",),
        release=(Step(10, "--bytes"),),
        daily_scan=(Step(10),),
    ),
    StageRow(
        "check_vulnerabilities",
        "Vulnerabilities",
        reads="locks and recorded contents of wheels, advisory feeds",
        writes="record; with --ledger data/artifacts/ledger/N.jsonl",
        decides="known vulnerabilities, severity, response clock",
        gate=True,
        required=True,
        covers_locks=True,
        secrets=("index", "registry if --scheduler"),
        release=(Step(10, "--second-opinion"),),
        daily_scan=(Step(10, "--ledger"),),
    ),
    StageRow(
        "check_malware",
        "Malware",
        reads="locks and recorded contents of wheels, advisory feeds",
        writes="record; with --ledger data/artifacts/ledger/N.jsonl",
        decides="MAL-* matches",
        gate=True,
        required=True,
        covers_locks=True,
        secrets=("address", "registry if --scheduler"),
        release=(Step(10),),
        daily_scan=(Step(10, "--ledger"),),
    ),
    StageRow(
        "check_publishers",
        "Publishers",
        reads="locks, publisher baselines, index, Integrity API",
        writes="record; with --record the baseline beside each lock",
        decides="publisher metadata drift, PEP 740 publisher changed or lost, attestation invalid",
        gate=True,
        required=True,
        covers_locks=True,
        secrets=("index",),
        release=(Step(10),),
        daily_scan=(Step(10),),
    ),
    StageRow(
        "generate_security_md",
        "SECURITY.md",
        reads="template, .security-config.toml, evidence",
        writes="SECURITY.md, and as configured security-insights.yml, .well-known/security.txt and a badge",
        decides="documents are current, and true",
        gate=True,
        release=(Step(10, "--check --strict --unless-first"),),
        daily_scan=(Step(10, "--watch"),),
    ),
    StageRow(
        "check_releases",
        "Shipped releases",
        reads="retained releases, locks, advisory feeds",
        writes="record; with --ledger data/artifacts/ledger/N.jsonl",
        decides="supported releases contain no known vulnerability or malware, and are as they were retained",
        gate=True,
        secrets=("address", "index if --verify", "github if --verify --restore", "registry"),
        daily_scan=(Step(20, "--ledger --restore --verify due"),),
    ),
    StageRow(
        "review_suppliers",
        "Suppliers' products",
        reads="the registry, documents of suppliers, data/artifacts/suppliers/backlog.json, advisory feeds",
        writes="data/artifacts/suppliers/backlog.json, dist/suppliers/",
        decides="no item of the backlog is open, and everything could be checked",
        gate=True,
        secrets=("registry",),
        daily_scan=(Step(20),),
    ),
    StageRow(
        "generate_sbom",
        "SBOM",
        reads="locks, core metadata on the index",
        writes="dist/sbom/",
        decides="complete, valid",
        required=True,
        covers_locks=True,
        secrets=("index",),
        release=(Step(10),),
    ),
    StageRow(
        "scan_updates",
        "Updates",
        reads="locks, index",
        writes="nothing",
        decides="nothing: informational",
        records=False,
        secrets=("index",),
        daily_scan=(Step(40),),
    ),
    StageRow(
        "generate_vex",
        "VEX",
        reads="waivers, all records, dist/sbom/N-sbom.json",
        writes="dist/vex/",
        decides="every open finding stated",
        gate=True,
        required=True,
        release=(Step(20),),
    ),
    StageRow(
        "report_findings",
        "Findings",
        reads="dist/records/; dist/earlier/, the records of the scan before",
        writes="dist/findings/",
        records=False,
        release=(Step(30),),
        daily_scan=(Step(30),),
    ),
    StageRow(
        "bundle_evidence",
        "Evidence",
        reads="dist/sbom/locks/, publisher baselines",
        writes="dist/evidence/N-V-evidence.tar.gz or dist/evidence/N-V-source.tar.gz",
        required=True,
        release=(Step(40),),
    ),
    StageRow(
        "build_verifier",
        "Stand-alone verifier",
        reads="its own code, installed packages",
        writes="dist/verifier/sealwright-verify.pyz",
        release=(Step(10, "--for-release"),),
    ),
    StageRow(
        "evaluate_policy",
        "Policy",
        reads="SBOMs, all records, policy/",
        writes="dist/verdict/verdict.json, dist/verdict/gate.json",
        decides="allow or deny, each reason named",
        release=(Step(50), Step(70, "--provenance", record="evaluate_policy_provenance", title="Provenance policy")),
    ),
    StageRow(
        "generate_provenance",
        "Provenance",
        reads="artifacts, records, the report of the build, git",
        writes="dist/provenance/provenance.json, dist/checksums.txt",
        release=(Step(60),),
    ),
    StageRow(
        "assemble_release",
        "Assembly",
        reads="dist/",
        writes="dist/release/",
        decides="set is complete",
        release=(Step(80),),
    ),
    StageRow(
        "sign_artifacts",
        "Signatures",
        reads="dist/release/",
        writes="*.sigstore.json for each file",
        decides="every file is signed by a configured identity",
        secrets=("signing",),
        release=(Step(90),),
    ),
    StageRow(
        "verify_release",
        "Verification",
        reads="a release folder, or a GitHub release",
        writes="dist/verification/",
        decides="everything verifies, against the published identities",
        records=False,
        release=(Step(100),),
    ),
    StageRow(
        "retain_artifacts",
        "Retention",
        reads="dist/release/, dist/verification/",
        writes="data/artifacts/supply-chain/N/V/",
        decides="retained releases are intact",
        release=(Step(110),),
    ),
    StageRow(
        "summarise_release",
        "Release summary",
        reads="dist/release/",
        writes="nothing",
        records=False,
        release=(Step(120),),
    ),
    tool(
        "upload_sbom",
        "SBOM upload",
        reads="an SBOM of a release, VEX",
        writes="a project on a server of Dependency-Track",
        secrets=("dependency-track",),
    ),
    StageRow(
        "publish_release",
        "Publication",
        reads="dist/release/; the repository's releases and tags on GitHub, or the project pages of a package index",
        writes="a GitHub release, or the distributions on a package index",
        decides="never half-published",
        secrets=("github unless --index", "publishing if --index"),
    ),
    tool(
        "evaluate_claims",
        "Claims",
        reads="retained releases, dist/rehearsal/artifacts/ where there is none, .security-config.toml, .github/workflows/",
        writes="dist/claims.json, dist/controls.json, dist/controls.md",
        decides="nothing; with --strict that the named claims are supported",
    ),
    tool(
        "render_report",
        "Report page",
        reads="dist/, data/artifacts/supply-chain/N/",
        writes="dist/report/",
    ),
    tool(
        "mirror_docs",
        "Documentation mirror",
        reads="retained releases, .security-config.toml, the records of the last scan in dist/scan/",
        writes="dist/mirror/",
        decides="retained releases are intact",
    ),
    tool(
        "render_trust_page",
        "Trust page",
        reads="retained releases, the configurations and security policies of the project, or of each project of --fleet",
        writes="dist/trust/",
        decides="each newest release verifies today",
    ),
    tool(
        "reproduce_release",
        "Reproduction",
        reads="a release folder, archive or GitHub release, or with --retained VERSION a retained one; a clone of the project (--project)",
        writes="dist/reproduction/",
        decides="every file is the same, byte for byte, except what describes its own run",
        secrets=("index",),
    ),
    tool(
        "compare_sboms",
        "SBOM comparison",
        reads="two SBOMs or releases",
        writes="nothing",
        decides="with --fail-on: that there is no change of the named kinds",
    ),
    tool(
        "review_change",
        "Change review",
        reads="two commits of the project, advisory feeds, core metadata on the index",
        writes="dist/change/",
        decides="the change brings no finding",
        secrets=("index",),
    ),
    tool(
        "ingest_supplier",
        "Supplier documents",
        reads="files, folders, archives (.zip, .tar.gz) and addresses",
        writes="data/artifacts/suppliers/, the registry",
        decides="each document is accepted, quarantined or refused",
        secrets=("registry",),
    ),
    tool(
        "find_affected",
        "Am I affected?",
        reads="locks, retained releases, the registry, advisory feeds, deployed folders",
        writes="nothing; with --json a file",
        decides="nothing contains what was asked for",
        secrets=("registry",),
    ),
    tool("draft_tea", "TEA drafts", reads="retained releases", writes="dist/tea/"),
    tool(
        "draft_incident",
        "Incident drafts",
        reads="retained releases, dist/records/, dist/scan/records/, .security-config.toml, earlier revisions of the incident",
        writes="data/artifacts/incidents/N/ID/REVISION/",
    ),
    tool(
        "adopt_project",
        "Adoption",
        reads="a project's folder",
        writes="nothing; with --write new files in the project",
    ),
    tool(
        "review_posture",
        "Periodic review",
        reads=".security-config.toml, locks, publisher baselines, retained releases, security.txt",
        writes="nothing",
        decides="nothing is overdue",
    ),
)
"""In the order of a release; stages that are not part of it come where they would be run, the tools last."""


def row_of(script: str) -> StageRow:
    """Return the row of a stage script.

    Raises:
        KeyError: There is no such stage.
    """
    return {row.script: row for row in PIPELINE}[script]


def release_uses() -> tuple[tuple[StageUse, ...], ...]:
    """Return the steps of the `release` session in order; the stages of one step run at the same time."""
    return grouped([StageUse(row, step) for row in PIPELINE for step in row.release])


def daily_scan_uses() -> tuple[tuple[StageUse, ...], ...]:
    """Return the steps of the `daily_scan` session, likewise."""
    return grouped([StageUse(row, step) for row in PIPELINE for step in row.daily_scan])


def record_titles() -> dict[str, str]:
    """Return every record that a stage can leave, with its title: in the order of a release, then those outside it."""
    inside = [(use.name, use.title) for step in release_uses() for use in step if use.stage.records]
    outside = [(row.script, row.title) for row in PIPELINE if row.records and not row.release]
    return dict([*inside, *outside])


def records_after(script: str) -> frozenset[str]:
    """Return the names of the records that only stages after the first run of this one leave.

    Raises:
        ValueError: The stage leaves no record.
    """
    names = list(record_titles())
    return frozenset(names[names.index(script) + 1 :])


def title_of(name: str) -> str:
    """Return the title of a stage, or of a record; of an unknown one, its name as words."""
    return ({row.script: row.title for row in PIPELINE} | record_titles()).get(
        name, name.replace("_", " ").capitalize()
    )
