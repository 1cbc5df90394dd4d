"""Every placeholder of a template, and its text.

`SUPPLY_CHAIN_STATUS`, `SBOM_LOCATION`, `ACKNOWLEDGED_CVES` and `COMPONENT_NAME` are those of OpenSecOps.
"""

from __future__ import annotations

from ops.supply_chain.assurance.documents import evidence_text, maintainer_text, release_text
from ops.supply_chain.assurance.documents.absences import RESPONSE_CLAIM, statements
from ops.supply_chain.assurance.documents.addresses import https
from ops.supply_chain.assurance.documents.claim_renderer import ClaimRenderer
from ops.supply_chain.assurance.documents.facts import DocumentFacts
from ops.supply_chain.contracts.config.compliance import CraRole
from ops.supply_chain.contracts.config.documents import Section
from ops.supply_chain.contracts.config.reporting import ReportingConfig
from ops.supply_chain.formats import markdown

EVIDENCE, ABSENCES = "EVIDENCE", "ABSENCES"
"""Filled last, when all claims are rendered."""

NOTICE = "EVIDENCE_NOTICE"


def switches(facts: DocumentFacts) -> dict[str, bool]:
    """Return the placeholders that are true or false."""
    off = facts.config.documents.sections_off
    renderer = ClaimRenderer(facts.claims)
    reached = bool(release_text.slsa_reached(renderer)), bool(release_text.practices_met(facts))
    return {
        **{f"HAS_{section.name}": stated for section, stated in statements(facts, renderer).items()},
        **{f"SECTION_{section.name}": section not in off for section in Section},
        "HAS_CHANNEL": maintainer_text.has_channel(facts.config.reporting),
        "HAS_TERMS": bool(maintainer_text.reporting_promises(facts.config.reporting)),
        "HAS_SCOPE": facts.config.reporting != ReportingConfig() and bool(facts.config.reporting.not_accepted),
        "HAS_SLSA": reached[0],
        "HAS_S2C2F": reached[1],
        "HAS_LAYERS": evidence_text.has_layers(renderer),
        "HAS_NEAR_L2": bool(evidence_text.near_build_l2(renderer)),
        "HAS_EXAMPLE": bool(evidence_text.worked_example(facts)),
        "HAS_DISTRIBUTIONS": any(file.name.endswith(".whl") for file in facts.files),
        "HAS_SIGNED_CHECKSUMS": bool(facts.commands.signed_checksums),
        "HAS_ATTESTED": bool(facts.commands.attested),
        "HAS_TRACED": bool(facts.commands.traced),
        "HAS_SIGNATURES": bool(facts.commands.signatures),
        "HAS_TRUST_PAGE": bool(facts.config.documents.trust_page),
        "HAS_STATED": bool(facts.config.controls.stated),
        "HAS_FRAMEWORKS": any(reached) or bool(facts.config.controls.stated),
        "HAS_DEFERRED": bool(facts.deferred),
        "HAS_AFFECTED": bool(facts.commands.affected),
        "HAS_SBOMS": any(file.sbom for file in facts.files),
        "IS_MANUFACTURER": facts.config.compliance.cra_role is CraRole.MANUFACTURER,
        "IS_WEAKENED": bool(release_text.weakened_notice(facts)),
        "HAS_EVIDENCE": facts.claims.source is not None,
        "HAS_RELEASE": facts.released,
        "IS_REHEARSAL": facts.rehearsed,
        "HAS_LINKS": bool(facts.config.more_links),
        "HAS_VERIFIER": bool(facts.commands.pipeline),
        "HAS_PUBLISH_ATTESTATIONS": bool(facts.commands.published),
        "HAS_PACKAGES": bool(facts.commands.packages),
    }


def texts(facts: DocumentFacts, renderer: ClaimRenderer) -> dict[str, str]:
    """Return the placeholders that are text: Markdown in which all untrusted text is escaped.

    Raises:
        UsageError: An address in the configuration is invalid.
    """
    config, source = facts.config, facts.claims.source
    return {
        "COMPONENT_NAME": markdown.text(facts.component),
        "VERSION": markdown.text(source.version) if source else "none",
        NOTICE: release_text.evidence_notice(facts),
        "SUPPLY_CHAIN_STATUS": release_text.supply_chain_status(facts, renderer),
        "SUPPORTED_VERSIONS": maintainer_text.supported_versions(config.support),
        "REPORTING_CHANNEL": maintainer_text.reporting_channel(config.reporting),
        "REPORTING_TERMS": maintainer_text.reporting_terms(config.reporting),
        "REPORTING_PROMISES": maintainer_text.reporting_promises(config.reporting),
        "NOT_ACCEPTED": maintainer_text.not_accepted(config.reporting),
        "RESPONSE_TARGETS": maintainer_text.response_targets(
            config.response, stated=renderer.supported(RESPONSE_CLAIM)
        ),
        "SEVERITY_DECISION": maintainer_text.severity_decision(config.reporting),
        "CLOCK_START": maintainer_text.clock_start(config.response),
        "POSTURE": maintainer_text.posture(facts),
        "GOVERNANCE": maintainer_text.governance(facts),
        "SIGNING_IDENTITIES": release_text.signing_identities(config.signing),
        "SLSA_LEVEL": release_text.slsa_level(facts, renderer),
        "S2C2F_LEVEL": release_text.s2c2f_level(facts),
        "S2C2F_MET": release_text.practices_met(facts),
        "S2C2F_STATED": release_text.practices_stated(facts),
        "S2C2F_PRACTICES": release_text.s2c2f_practices(facts),
        "SBOM_LOCATION": release_text.sbom_location(facts),
        "SBOM_FILES": release_text.sbom_files(facts),
        "SBOM_TABLE": evidence_text.sbom_table(facts),
        "OTHER_FILES": evidence_text.other_files(facts),
        "SLSA_NEAR_L2": evidence_text.near_build_l2(renderer),
        "S2C2F_COUNT": evidence_text.s2c2f_count(facts),
        "S2C2F_WORDS": evidence_text.s2c2f_in_words(facts, renderer),
        "WORKED_EXAMPLE": evidence_text.worked_example(facts),
        "TRUST_PAGE": evidence_text.trust_page(facts),
        "SIGNED_CHECKSUMS": release_text.commands(facts, facts.commands.signed_checksums),
        "ATTESTED_COMMANDS": release_text.commands(facts, facts.commands.attested),
        "TRACE_COMMANDS": release_text.commands(facts, facts.commands.traced),
        "RELEASE_FILES": release_text.release_files(facts),
        "CHECKSUM_COMMANDS": release_text.commands(facts, facts.commands.checksums),
        "SIGNATURE_COMMANDS": release_text.signatures(facts),
        "PUBLISH_COMMANDS": release_text.commands(facts, facts.commands.published),
        "PACKAGE_COMMANDS": release_text.commands(facts, facts.commands.packages),
        "VERIFY_COMMANDS": release_text.commands(facts, facts.commands.pipeline),
        "REPRODUCE_COMMANDS": release_text.commands(facts, facts.commands.reproduction),
        "AFFECTED_COMMANDS": release_text.commands(facts, facts.commands.affected),
        "ACKNOWLEDGED_CVES": release_text.acknowledged(facts.deferred),
        "RETENTION": release_text.retention(facts),
        "CRA_STATUS": maintainer_text.cra_status(facts),
        "ATTESTATION_STATUS": maintainer_text.attestation_status(facts),
        "EXPORT_CLASSIFICATION": maintainer_text.export_classification(facts),
        "AUDIT_STATUS": maintainer_text.audit_status(facts),
        "MORE_LINKS": _links(facts),
    }


def names(facts: DocumentFacts) -> tuple[str, ...]:
    """Return the name of every placeholder, sorted."""
    return tuple(sorted([*switches(facts), *texts(facts, ClaimRenderer(facts.claims)), EVIDENCE, ABSENCES]))


def _links(facts: DocumentFacts) -> str:
    for number, link in enumerate(facts.config.more_links):
        if "://" in link.url:
            https(link.url, where=f"more_links[{number}].url")
    return (
        markdown.bullets(markdown.link(link.title, link.url) for link in facts.config.more_links)
        or "There are none yet."
    )
