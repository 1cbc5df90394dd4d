"""What a document cannot state: for an appendix that auditors read, so that the other sections have no empty sentences."""

from __future__ import annotations

from collections.abc import Iterator

from ops.supply_chain.assurance.documents import release_text
from ops.supply_chain.assurance.documents.claim_renderer import ClaimRenderer
from ops.supply_chain.assurance.documents.facts import DocumentFacts
from ops.supply_chain.assurance.documents.maintainer_text import attestation_status, audit_status
from ops.supply_chain.contracts.config.compliance import AttestationForm, AuditKind, CraRole, Cryptography
from ops.supply_chain.contracts.config.documents import Section
from ops.supply_chain.contracts.config.governance import GovernanceModel
from ops.supply_chain.contracts.config.response import ResponseConfig
from ops.supply_chain.contracts.config.retention import RetentionConfig
from ops.supply_chain.contracts.config.signing import SigningMode
from ops.supply_chain.contracts.config.support import SupportPolicy

RESPONSE_CLAIM = "response-clock"
"""The claim that the maintainers set `[response]`; without it, its days are defaults and no commitment."""

_UNSTATED = {
    Section.SUPPORT: "which versions get security fixes",
    Section.RESPONSE: "response targets",
    Section.GOVERNANCE: "who may change the project",
    Section.IDENTITIES: "who may sign releases",
    Section.POSTURE: "since which release this description applies",
    Section.CRA: "the role of the project under the Cyber Resilience Act",
    Section.ATTESTATION: "the US Secure Software Development Attestation Form",
    Section.EXPORT: "export classification",
    Section.AUDIT: "security audits",
}
"""What is not stated where the maintainers have configured nothing for a section, in the order of the list."""


def statements(facts: DocumentFacts, renderer: ClaimRenderer) -> dict[Section, bool]:
    """Return for each section that rests on configuration whether it has a statement that needs a heading."""
    config, form = facts.config, facts.config.compliance
    return {
        Section.SUPPORT: config.support.policy is SupportPolicy.NEWEST
        or bool(config.support.versions and config.support.policy is SupportPolicy.LISTED)
        or bool(config.support.text)
        or any(entry.since or entry.months or entry.reason for entry in config.support.versions),
        Section.RESPONSE: config.response != ResponseConfig() or renderer.supported(RESPONSE_CLAIM),
        Section.GOVERNANCE: config.governance.model in {GovernanceModel.OPEN, GovernanceModel.CATHEDRAL}
        or bool(config.governance.text),
        Section.IDENTITIES: bool(config.signing.identities) or config.signing.mode is SigningMode.CHECKSUMS,
        Section.POSTURE: config.converted,
        Section.RETENTION: facts.released
        or config.retention != RetentionConfig()
        or form.cra_role is CraRole.MANUFACTURER,
        Section.CRA: form.cra_role is not CraRole.UNDECIDED or bool(form.cra_text),
        Section.ATTESTATION: form.attestation in {AttestationForm.ON_REQUEST, AttestationForm.PUBLISHED}
        or bool(form.attestation_text or form.attestation_link),
        Section.EXPORT: form.cryptography is not Cryptography.UNSTATED or bool(form.export_text),
        Section.AUDIT: form.audit in {AuditKind.INTERNAL, AuditKind.EXTERNAL}
        or bool(form.audit_text or form.audit_link),
    }


def absences(facts: DocumentFacts, renderer: ClaimRenderer) -> tuple[str, ...]:
    """Return one sentence of Markdown for each absence; none where the document states nothing at all.

    Args:
        facts: The values of the document.
        renderer: With which the document was rendered: it has the claims that were left to the appendix.
    """
    stated = statements(facts, renderer)
    nothing = not any(stated.values()) and not renderer.asserts_any()
    if facts.claims.source is None and nothing:
        return ()
    return (*renderer.absences(), *_absent(facts, renderer, stated))


def _absent(facts: DocumentFacts, renderer: ClaimRenderer, stated: dict[Section, bool]) -> Iterator[str]:
    form, off = facts.config.compliance, facts.config.documents.sections_off
    if facts.claims.source is not None and Section.FRAMEWORKS not in off:
        if not release_text.slsa_reached(renderer):
            yield release_text.slsa_level(facts, renderer)
        if not release_text.practices_met(facts):
            yield release_text.s2c2f_level(facts)
        yield from release_text.practices_not_met(facts)
    if facts.claims.source is not None and Section.ACKNOWLEDGED not in off and not facts.deferred:
        yield release_text.acknowledged(())
    said = {Section.ATTESTATION: AttestationForm.NONE, Section.AUDIT: AuditKind.NONE}
    denied = [section for section in said if said[section] in {form.attestation, form.audit} and not stated[section]]
    texts = {Section.ATTESTATION: attestation_status, Section.AUDIT: audit_status}
    yield from (texts[section](facts) for section in denied if section not in off)
    unstated = [
        text
        for section, text in _UNSTATED.items()
        if not stated[section] and section not in denied and section not in off
    ]
    if unstated:
        yield f"Not stated by the maintainers: {'; '.join(unstated)}."
