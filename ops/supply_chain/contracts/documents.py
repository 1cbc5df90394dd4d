"""The tables of `.security-config.toml` that only documents for customers read, and what a document rests on.

Policies have defaults that suit a small project. Facts have none: what the maintainers have not stated is told as
not stated, and no default is an address.

Source: issue "SECURITY.md that cannot lie", deliverables 1 and 3.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

import msgspec

from ops.supply_chain.contracts.base import Contract, Sha256, Timestamp

EXPIRES_DAYS, RENEW_DAYS = 180, 30

Days = Annotated[int, msgspec.Meta(ge=0, le=3650)]
ExpiryDays = Annotated[int, msgspec.Meta(ge=1, le=365)]


class DocumentPath(StrEnum):
    """Where the security policy lies: the places in which GitHub looks."""

    ROOT = "SECURITY.md"
    GITHUB = ".github/SECURITY.md"
    DOCS = "docs/SECURITY.md"


class Section(StrEnum):
    """A part of the default template that can be switched off."""

    SUPPORT = "support"
    REPORTING = "reporting"
    RESPONSE = "response"
    DETECTION = "detection"
    POSTURE = "posture"
    VERIFYING = "verifying"
    GOVERNANCE = "governance"
    IDENTITIES = "identities"
    FRAMEWORKS = "frameworks"
    SBOMS = "sboms"
    COMMANDS = "commands"
    ACKNOWLEDGED = "acknowledged"
    AFFECTED = "affected"
    RETENTION = "retention"
    CRA = "cra"
    ATTESTATION = "attestation"
    EXPORT = "export"
    AUDIT = "audit"
    LINKS = "links"


class DocumentsConfig(Contract, frozen=True, kw_only=True):
    """`[documents]`: the generated security policy.

    `adopted` says whether `release` holds the committed documents against the evidence; where it is not set,
    a `SECURITY.md.template` or a `SECURITY.md` that was generated says so. `sections_off` are left out of the
    default template. `required_claims` are ids that `--strict` insists on, whatever the template does.
    `badge` is the path of the badge's JSON in the project, empty for none.
    """

    path: DocumentPath = DocumentPath.ROOT
    adopted: bool | None = None
    sections_off: tuple[Section, ...] = ()
    required_claims: tuple[str, ...] = ()
    badge: str = ""


class ReportingConfig(Contract, frozen=True, kw_only=True):
    """`[reporting]`: how a vulnerability is told in private.

    `github` is `OWNER/REPO` where private vulnerability reporting is switched on; `email` an address, `url`
    the https address of a form, `pgp_key` that of a key. Any of them may be empty. `acknowledge_days` and
    `disclosure_days` count calendar days and are not promised where they are not set. `credit` says whether
    reporters are named if they wish. What is not accepted as a vulnerability is one sentence each.
    """

    github: str = ""
    email: str = ""
    url: str = ""
    pgp_key: str = ""
    languages: tuple[str, ...] = ()
    acknowledge_days: Days | None = None
    disclosure_days: Days | None = None
    credit: bool | None = None
    bug_bounty: bool | None = None
    not_accepted: tuple[str, ...] = (
        "Output of a scanner without a way in which the finding can be exploited here.",
        "Vulnerabilities of a dependency that are public already, unless they can be exploited here in a new way.",
        "Attacks on services, accounts or people that are not part of this project.",
    )
    severity_decided_by: str = "the maintainers"
    text: str = ""


class SupportPolicy(StrEnum):
    """Which releases get security fixes."""

    NEWEST = "newest"
    LISTED = "listed"
    UNSTATED = "unstated"


class SupportedVersions(Contract, frozen=True, kw_only=True):
    """One entry of `[[support.versions]]`; `until` is an ISO date or empty for no stated end."""

    versions: str
    supported: bool = True
    until: str = ""
    note: str = ""


class SupportConfig(Contract, frozen=True, kw_only=True):
    """`[support]`: which versions get security fixes; `versions` are for the policy `listed`."""

    policy: SupportPolicy = SupportPolicy.UNSTATED
    versions: tuple[SupportedVersions, ...] = ()
    text: str = ""


class GovernanceModel(StrEnum):
    """Who may change the project; `cathedral` is open source without outside contributions."""

    OPEN = "open"
    CATHEDRAL = "cathedral"
    OTHER = "other"
    UNSTATED = "unstated"


class GovernanceConfig(Contract, frozen=True, kw_only=True):
    """`[governance]`: who may change the project."""

    model: GovernanceModel = GovernanceModel.UNSTATED
    text: str = ""


class CraRole(StrEnum):
    """What the project takes itself to be under Regulation (EU) 2024/2847."""

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
    """What the maintainers say of cryptography, for export."""

    UNSTATED = "unstated"
    NONE = "none"
    PUBLISHED_STANDARD = "published-standard"


class AuditKind(StrEnum):
    """Who has looked at the code for its security."""

    UNSTATED = "unstated"
    NONE = "none"
    INTERNAL = "internal"
    EXTERNAL = "external"


class ComplianceConfig(Contract, frozen=True, kw_only=True):
    """`[compliance]`: what the maintainers state for regulators, buyers and auditors.

    Each `..._text` is added as it is, each `..._link` is an https address. None of it is computed.
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


class Link(Contract, frozen=True, kw_only=True):
    """One entry of `[[more_links]]`: where else to look; `url` is an https address or a path in the project."""

    title: str
    url: str


class Person(Contract, frozen=True, kw_only=True):
    """Somebody in `security-insights.yml`; `primary` for at most one of a list."""

    name: str
    primary: bool = False
    affiliation: str = ""
    email: str = ""


class RepositoryStatus(StrEnum):
    """The states that Security Insights knows, those of repostatus.org."""

    ACTIVE = "active"
    ABANDONED = "abandoned"
    CONCEPT = "concept"
    INACTIVE = "inactive"
    MOVED = "moved"
    SUSPENDED = "suspended"
    UNSUPPORTED = "unsupported"
    WIP = "WIP"


class SecurityInsightsConfig(Contract, frozen=True, kw_only=True):
    """`[security_insights]`: what `security-insights.yml` 2.2.0 needs and nothing else tells.

    The file is written where `url`, its own address, is set; then `last_reviewed`, `repository`,
    `licence_url`, `administrators` and `core_team` are needed too.
    """

    url: str = ""
    last_reviewed: str = ""
    homepage: str = ""
    repository: str = ""
    repository_comment: str = "The source of the project."
    status: RepositoryStatus = RepositoryStatus.ACTIVE
    accepts_change_request: bool = True
    accepts_automated_change_request: bool = False
    licence: str = ""
    licence_url: str = ""
    administrators: tuple[Person, ...] = ()
    core_team: tuple[Person, ...] = ()
    self_assessment: str = "No self assessment has been published."
    distribution_points: tuple[Link, ...] = ()


class SecurityTxtConfig(Contract, frozen=True, kw_only=True):
    """`[security_txt]`: `.well-known/security.txt`, written where there is a contact.

    `contacts` are `mailto:`, `https:` or `tel:` addresses; without them those of `[reporting]` are taken.
    `expires_days` is for how long a new file holds, `renew_days` how long before its end it is renewed.
    """

    enabled: bool = True
    contacts: tuple[str, ...] = ()
    expires_days: ExpiryDays = EXPIRES_DAYS
    renew_days: ExpiryDays = RENEW_DAYS
    canonical: tuple[str, ...] = ()
    policy: str = ""
    encryption: tuple[str, ...] = ()
    acknowledgments: str = ""
    languages: tuple[str, ...] = ()


class Evidence(Contract, frozen=True, kw_only=True):
    """The release that a document was computed from."""

    version: str
    rehearsal: bool
    manifest_sha256: Sha256
    retained_at: Timestamp


class Basis(Contract, frozen=True, kw_only=True):
    """What stands in a generated document's closing comment; `evidence` is None where nothing was released."""

    schema: Literal["security-md/1"]
    component: str
    evidence: Evidence | None
