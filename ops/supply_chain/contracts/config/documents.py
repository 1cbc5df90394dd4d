"""`[documents]`: the generated security policy."""

from __future__ import annotations

from enum import StrEnum

from ops.supply_chain.contracts.base import Contract


class DocumentPath(StrEnum):
    """Path of the security policy: the places that GitHub reads."""

    ROOT = "SECURITY.md"
    GITHUB = ".github/SECURITY.md"
    DOCS = "docs/SECURITY.md"


class Section(StrEnum):
    """A section of the default template that can be switched off."""

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

    `adopted` says whether `release` compares the committed documents with the evidence; the default is true where
    the project has a `SECURITY.md.template` or a generated `SECURITY.md`. `sections_off` are left out of the default
    template. `required_claims` are ids that `--strict` requires, whatever the template asserts. `badge` is the path
    of the badge's JSON in the project, empty for none. `trust_page` is the https address at which the trust page of all
    components is published (docs/trust_page.md), empty for none. `statements_from` is the path of a file `.security-statements.toml` in a folder above
    the project: its tables `reporting`, `support`, `governance`, `controls` and `more_links` count in documents and claims where the
    project has no table of its own (docs/security_md.md).
    """

    path: DocumentPath = DocumentPath.ROOT
    adopted: bool | None = None
    sections_off: tuple[Section, ...] = ()
    required_claims: tuple[str, ...] = ()
    badge: str = ""
    trust_page: str = ""
    statements_from: str = ""
