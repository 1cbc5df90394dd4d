"""What tests of claims and of documents share: the ids, and a run of the stage on a folder."""

from __future__ import annotations

from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path

from ops.supply_chain.adapters.files.configuration import read_config
from ops.supply_chain.runner.context import StageRun
from ops.supply_chain.runner.progress import Progress

FIXED = [
    "signed-releases",
    "public-log-signatures",
    "signing-identities-published",
    "verified-before-release",
    "checksums-published",
    "provenance-published",
    "provenance-attested",
    "slsa-build-l1",
    "slsa-build-l2",
    "slsa-build-l3",
    "builder-disclosed",
    "source-commit-recorded",
    "sbom-cyclonedx",
    "sbom-spdx-2-3",
    "sbom-spdx-3",
    "sbom-per-lock",
    "sbom-union",
    "sbom-cisa-2026",
    "sbom-licences",
    "sbom-dependency-edges",
    "vex-published",
    "waivers-current",
    "waivers-dated",
    "hash-pinned-locks",
    "exact-versions",
    "reproducible-locks",
    "no-drift",
    "release-cool-down",
    "hashes-still-served",
    "bytes-verified",
    "no-open-vulnerabilities",
    "vulnerabilities-examined",
    "second-opinion",
    "feed-fresh",
    "response-clock",
    "malware-examined",
    "no-known-malware",
    "publishers-unchanged",
    "publisher-attestations-verified",
    "policy-gate",
    "gate-not-weakened",
    "policy-rules-published",
    "records-published",
    "deterministic-artifacts",
    "evidence-archive",
    "retained-one-year",
    "retained-ten-years",
    "retention-chain-intact",
    "previous-release-linked",
    "offline-verifiable",
    "daily-scan",
    "owned-gate",
    "private-reporting",
    "cisa-timestamp-and-generation-context",
]
"""Ids that documents and templates use."""


def claims_run(root: Path) -> StageRun:
    """Return a run of `evaluate_claims` in which one folder is everything."""
    return StageRun(
        stage="evaluate_claims",
        args=Namespace(version=""),
        root=root,
        dist=root,
        artifacts=root,
        cache=root,
        config=read_config(root),
        now=datetime(2026, 11, 2, tzinfo=UTC),
        offline=True,
        invocation="",
        progress=Progress(enabled=False),
        version_needed=False,
    )
