"""Values of a release that a document may show beside a claim, as text. Each is shown only with a claim that holds."""

from __future__ import annotations

from ops.supply_chain.assurance.claims.evidence import RecordFacts, ReleaseFacts, SbomFacts
from ops.supply_chain.core.text import printable

HOUR_SECONDS = 60 * 60


def document_facts(release: ReleaseFacts) -> dict[str, str]:
    """Return the values by the names that rules use; unknown values are left out."""
    verification, provenance, verdict = release.verification, release.provenance, release.verdict
    found: dict[str, str | int] = {
        "builder": provenance.builder,
        "commit": provenance.commit,
        "cool_down_days": release.cool_down.days,
        "policy_files": verdict.files,
        "policy_profiles": ", ".join(verdict.profiles),
        "policy_rules": verdict.rules,
        "previous": provenance.previous,
        "records": len(release.records),
        "releases": release.manifest.releases,
        "retained_days": release.manifest.retained_days,
        "signatures": verification.signatures,
        "slsa_level": verification.level,
        "slsa_reason": verification.level_reason,
        "source": provenance.source,
        **_counted(release),
        **_of_sbom(release.sboms.get("cyclonedx", SbomFacts())),
    }
    return {word: printable(str(value)) for word, value in found.items() if value not in ("", -1)}


def _counted(release: ReleaseFacts) -> dict[str, str | int]:
    empty = RecordFacts()
    locks, hashes, vulnerabilities, publishers, vex = (
        release.records.get(stage, empty)
        for stage in ("check_locks", "check_hashes", "check_vulnerabilities", "check_publishers", "generate_vex")
    )
    age = vulnerabilities.oldest_feed_seconds
    return {
        "advisories": vulnerabilities.feeds,
        "advisories_age_hours": age // HOUR_SECONDS if age >= 0 else -1,
        "attested": publishers.counts.get("attested", -1),
        "bytes_files": hashes.counts.get("files", -1),
        "direct": publishers.counts.get("direct", -1),
        "hashes": hashes.counts.get("hashes", -1),
        "locks": locks.counts.get("locks", -1),
        "pins": locks.counts.get("locked", -1),
        "settled": vulnerabilities.counts.get("settled", -1),
        "vex_statements": vex.counts.get("statements", -1),
    }


def _of_sbom(sbom: SbomFacts) -> dict[str, str | int]:
    unknown = {key: tally.unknown for key, tally in sbom.elements.items()}
    return {
        "components": sbom.components,
        "cyclonedx_version": sbom.version,
        "unknown_edges": unknown.get("dependency_relationships", -1),
        "unknown_licences": unknown.get("component_licence", -1),
        "unknown_producers": unknown.get("component_producer", -1),
        "unknown_versions": unknown.get("component_version", -1),
    }
