"""`[compliance]`: statements by the maintainers for regulators, buyers and auditors."""

from __future__ import annotations

from enum import StrEnum

from ops.supply_chain.contracts.base import Contract


class CraRole(StrEnum):
    """The project's own statement of its role under Regulation (EU) 2024/2847."""

    UNDECIDED = "undecided"
    OUT_OF_SCOPE = "out-of-scope"
    STEWARD = "steward"
    MANUFACTURER = "manufacturer"


class AttestationForm(StrEnum):
    """Whether a US Secure Software Development Attestation Form was signed."""

    UNSTATED = "unstated"
    NONE = "none"
    ON_REQUEST = "on-request"
    PUBLISHED = "published"


class Cryptography(StrEnum):
    """The maintainers' statement on cryptography, for export."""

    UNSTATED = "unstated"
    NONE = "none"
    PUBLISHED_STANDARD = "published-standard"


class AuditKind(StrEnum):
    """Who has audited the security of the code."""

    UNSTATED = "unstated"
    NONE = "none"
    INTERNAL = "internal"
    EXTERNAL = "external"


class ComplianceConfig(Contract, frozen=True, kw_only=True):
    """`[compliance]`: what the maintainers state for regulators, buyers and auditors.

    Each `..._text` is added unchanged, each `..._link` is an https address. None of it is computed.
    """

    cra_role: CraRole = CraRole.UNDECIDED
    cra_text: str = ""
    attestation: AttestationForm = AttestationForm.UNSTATED
    attestation_link: str = ""
    attestation_text: str = ""
    cryptography: Cryptography = Cryptography.UNSTATED
    export_text: str = ""
    audit: AuditKind = AuditKind.UNSTATED
    audit_text: str = ""
    audit_link: str = ""
