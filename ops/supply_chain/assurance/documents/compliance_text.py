"""What the maintainers state for regulators, buyers and auditors.

No legal fact stands here: what we know of these laws is from other people's summaries, so the reader is sent to
the law itself. Source: facts/standards.md sections 12 and 14.
"""

from __future__ import annotations

from ops.supply_chain.assurance.documents import escape
from ops.supply_chain.assurance.documents.addresses import https
from ops.supply_chain.assurance.documents.facts import DocumentFacts
from ops.supply_chain.contracts.config.compliance import AttestationForm, AuditKind, CraRole, Cryptography

_CRA = {
    CraRole.UNDECIDED: "The maintainers have not stated which role, if any, this project has under it.",
    CraRole.OUT_OF_SCOPE: "The maintainers take this project to be outside its scope.",
    CraRole.STEWARD: "The maintainers take the organisation behind this project to be an open-source software steward.",
    CraRole.MANUFACTURER: "The maintainers take the organisation behind this project to be a manufacturer.",
}
_FORM = {
    AttestationForm.UNSTATED: "The maintainers have made no statement on the US Secure Software Development Attestation "
    "Form.",
    AttestationForm.NONE: "No US Secure Software Development Attestation Form has been signed for this project.",
    AttestationForm.ON_REQUEST: "A US Secure Software Development Attestation Form is given on request.",
    AttestationForm.PUBLISHED: "A signed US Secure Software Development Attestation Form is published.",
}
_CRYPTOGRAPHY = {
    Cryptography.UNSTATED: "The maintainers have made no statement on the export classification of this project.",
    Cryptography.NONE: "To the maintainers' knowledge this project has no cryptographic function of its own.",
    Cryptography.PUBLISHED_STANDARD: "To the maintainers' knowledge this project uses only published, standard "
    "cryptographic algorithms, through the libraries that its SBOM names.",
}
_AUDIT = {
    AuditKind.UNSTATED: "The maintainers have made no statement on security audits.",
    AuditKind.NONE: "No security audit of this project has been published.",
    AuditKind.INTERNAL: "The maintainers have looked at the security of this project themselves; nobody from outside has.",
    AuditKind.EXTERNAL: "Somebody from outside has audited the security of this project.",
}


def cra_status(facts: DocumentFacts) -> str:
    """Say what the project takes itself to be under the Cyber Resilience Act."""
    config = facts.config.compliance
    text = (
        "This is about Regulation (EU) 2024/2847, the Cyber Resilience Act. It is no legal advice and no "
        f"declaration of conformity; read the regulation itself for what it asks of whom. {_CRA[config.cra_role]}"
    )
    return _joined(text, config.cra_text)


def attestation_status(facts: DocumentFacts) -> str:
    """Say whether a US attestation form was signed."""
    config = facts.config.compliance
    text = f"{_FORM[config.attestation]} This document is none, and replaces none."
    return _joined(text, config.attestation_text, config.attestation_link, "compliance.attestation_link", "the form")


def export_classification(facts: DocumentFacts) -> str:
    """Say what is known of cryptography."""
    config = facts.config.compliance
    text = f"{_CRYPTOGRAPHY[config.cryptography]} That is not a classification ruling, and no legal advice."
    if config.cryptography is Cryptography.UNSTATED:
        text = _CRYPTOGRAPHY[config.cryptography]
    return _joined(text, config.export_text)


def audit_status(facts: DocumentFacts) -> str:
    """Say who has audited the project."""
    config = facts.config.compliance
    return _joined(_AUDIT[config.audit], config.audit_text, config.audit_link, "compliance.audit_link", "the report")


def _joined(said: str, more: str, address: str = "", where: str = "", title: str = "") -> str:
    found = f"See {escape.link(title, https(address, where=where))}." if address else ""
    return "\n\n".join(filter(None, (" ".join(filter(None, (said, found))), escape.text(more))))
