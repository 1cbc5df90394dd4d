"""Evidence that supports every claim: a release that was made by an isolated builder, and a project that says all."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from ops.supply_chain.assurance.claims.evidence import (
    ArchiveFacts,
    CheckFacts,
    ClaimEvidence,
    CoolDownFacts,
    ElementTally,
    KeptFacts,
    ManifestFacts,
    ProjectFacts,
    ProvenanceFacts,
    RecordFacts,
    ReleaseFacts,
    SbomFacts,
    VerdictFacts,
    VerificationFacts,
    WorkflowFacts,
    engine_input,
)
from tests.policy.support import POLICY

LOCKED = {"locked": 40, "examined": 40, "locks": 2}
CHECKS = (
    "attestations.signed",
    "chain.previous",
    "files.listed",
    "files.signed",
    "gate.origin",
    "gate.records",
    "gate.verdict",
    "gate.weakened",
    "provenance.builder",
    "provenance.parameters",
    "provenance.statement",
    "provenance.subjects",
    "vex.current",
)
ELEMENTS = (
    "component_hash",
    "component_identifiers",
    "component_licence",
    "component_name",
    "component_producer",
    "component_version",
    "dependency_relationships",
)
RULES = ("base.edges", "base.exact_versions", "base.hashes", "licences.permitted")


def record(counts: dict[str, int], options: dict[str, str] | None = None, **more: Any) -> RecordFacts:
    whole = {"feeds": 1, "oldest_feed_seconds": 3600, "offline": False, "open": 0, "waived": 0, **more}
    return RecordFacts(bound=True, outcome="pass", counts=counts, options=options or {}, **whole)


def records() -> dict[str, RecordFacts]:
    looked = {**LOCKED, "unexamined_accepted": 0}
    return {
        "bundle_evidence": record({"files": 6, "withheld": 0}),
        "check_hashes": record({**LOCKED, "hashes": 90, "served": 90, "files": 40}, {"bytes": "yes"}),
        "check_locks": record(
            {**LOCKED, "drifted": 0, "recompiled": 2, "reproducible": 2, "kept": 0, "empty": 0},
            {"reproducible": "yes"},
        ),
        "check_malware": record({**looked, "malicious": 0}),
        "check_publishers": record(
            {**LOCKED, "direct": 9, "direct_examined": 9, "files": 90, "files_examined": 90, "attested": 3}
        ),
        "check_vulnerabilities": record(
            {**looked, "known": 0, "undecided": 0, "disagreements": 0}, {"second_opinion": "yes"}
        ),
        "generate_sbom": record(LOCKED),
        "generate_vex": record({"statements": 0}),
    }


def cisa_rules() -> list[str]:
    found: list[str] = json.loads((POLICY / "claims/data/claims.json").read_text())["claims"]["cisa_rules"]
    return found


def sbom(version: str) -> SbomFacts:
    return SbomFacts(there=True, version=version, valid=True, describes=True, components=40, at_source_moment=True)


def release() -> ReleaseFacts:
    tally = ElementTally(present=40, unknown=0, missing=0)
    return ReleaseFacts(
        present=True,
        rehearsal=False,
        manifest=ManifestFacts(
            intact=True,
            chain_intact=True,
            releases=2,
            sequence=2,
            retained_days=365,
            retained_years=10,
            covers_support=True,
        ),
        verification=VerificationFacts(
            ruling="pass",
            checks={code: CheckFacts(outcome="pass", lines=2, passed=2) for code in CHECKS},
            signed=True,
            signatures=9,
            logged=9,
            public_root=True,
            published_identity=True,
            root_included=True,
            level=3,
            level_reason="a hosted builder's signed provenance covers every file",
        ),
        provenance=ProvenanceFacts(
            commit="c" * 40,
            source="git+https://github.com/acme/small",
            clean=True,
            builder="urn:sealwright:builder:github-hosted:v1",
            moment_from="commit",
            previous="v1.0",
        ),
        verdict=VerdictFacts(
            decision="allow",
            outcome="pass",
            profiles=("base", "release"),
            rules=30,
            refused=0,
            files=44,
            digest_agrees=True,
            weakened=0,
        ),
        records=records(),
        policy=dict.fromkeys((*RULES, *cisa_rules()), "pass"),
        sboms={
            "cyclonedx": msgspec.structs.replace(sbom("1.6"), elements=dict.fromkeys(ELEMENTS, tally)),
            "spdx2": sbom("2.3"),
            "spdx3": sbom("3.0.1"),
        },
        archive=ArchiveFacts(there=True, intact=True, uniform=True, locks=2, lock_sboms=2, withheld=0, union=True),
        cool_down=CoolDownFacts(dated=2, undated=0, bypasses=0, days=7),
        kept=KeptFacts(there=True, ruling="pass", same=True),
        vex=2,
    )


def project() -> ProjectFacts:
    return ProjectFacts(
        config=True,
        identities=1,
        undated_identities=0,
        response=True,
        critical_days=3,
        high_days=10,
        waivers=1,
        malformed_waivers=0,
        ended_waivers=0,
        private_channel=True,
        support_periods=1,
        unstated_periods=0,
        licence_file=True,
        update_tool=True,
        owned_gate=True,
        workflows=WorkflowFacts(files=3, actions=5, pinned=5, restricted=3, daily_scan=1),
    )


def evidence() -> ClaimEvidence:
    return ClaimEvidence(component="small", release=release(), project=project())


def plain() -> dict[str, Any]:
    """The good evidence as the engine sees it, free to be changed."""
    return engine_input(evidence())


def patched(document: dict[str, Any], patch: list[dict[str, Any]]) -> dict[str, Any]:
    """Apply the two operations of a JSON patch (RFC 6902) that cases use: `add` and `remove` of members."""
    for step in patch:
        *above, last = step["path"].split("/")[1:]
        node = document
        for key in above:
            node = node[key]
        if step["op"] == "remove":
            del node[last]
        else:
            node[last] = step["value"]
    return document
