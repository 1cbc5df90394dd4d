"""What the maintainers state by configuration: support, reporting, response, governance, posture, compliance.

None of it is computed from evidence; the default template says so. What is not configured is stated as such. Legal
texts are not summarised: the reader is sent to the law itself.
"""

from __future__ import annotations

from ops.supply_chain.assurance.documents import escape
from ops.supply_chain.assurance.documents.addresses import email, https, repository
from ops.supply_chain.assurance.documents.facts import DocumentFacts
from ops.supply_chain.contracts.config.compliance import AttestationForm, AuditKind, CraRole, Cryptography
from ops.supply_chain.contracts.config.governance import GovernanceModel
from ops.supply_chain.contracts.config.reporting import ReportingConfig
from ops.supply_chain.contracts.config.response import ClockStart, ResponseConfig
from ops.supply_chain.contracts.config.support import SupportConfig, SupportedVersions, SupportPolicy

NO_CHANNEL = (
    "No private channel for reports is configured yet. Until there is one, ask the maintainers for a private way "
    "to reach them, in public and without any detail of the vulnerability."
)
NOT_PROMISED = (
    "The maintainers have promised no days. These are the defaults of the pipeline, by which its gates and its daily "
    "scan count."
)
_GOVERNANCE = {
    GovernanceModel.OPEN: "Contributions from anyone are considered; the maintainers decide what is merged.",
    GovernanceModel.CATHEDRAL: "The source is open and contributions are closed (the 'cathedral' model): changes "
    "come from the maintainers only, and change requests from others are not merged.",
    GovernanceModel.OTHER: "",
    GovernanceModel.UNSTATED: "The maintainers have not stated who may change this project.",
}


def supported_versions(config: SupportConfig) -> str:
    """Say which versions get security fixes."""
    said = {
        SupportPolicy.NEWEST: "The newest release gets security fixes. Older releases do not: move to the newest.",
        SupportPolicy.UNSTATED: "The maintainers have not stated which versions get security fixes.",
        SupportPolicy.LISTED: "The maintainers have listed no version yet.",
    }[config.policy]
    if config.policy is SupportPolicy.LISTED and config.versions:
        said = escape.table(
            ("versions", "security fixes", "until", "note"),
            ((escape.text(version.versions), *_support(version)) for version in config.versions),
        )
    return _with(said, config.text)


def _support(entry: SupportedVersions) -> tuple[str, str, str]:
    return ("yes" if entry.supported else "no", escape.text(entry.until) or "not stated", escape.text(entry.note))


def reporting_channel(config: ReportingConfig) -> str:
    """Say where a vulnerability is told in private."""
    ways = []
    if config.github:
        name = repository(config.github, where="reporting.github")
        address = f"https://github.com/{name}/security/advisories/new"
        ways.append(f"{escape.link('Report it privately on GitHub', address)} (private vulnerability reporting).")
    if config.email:
        ways.append(f"Write to {escape.text(email(config.email, where='reporting.email'))}.")
    if config.url:
        address = https(config.url, where="reporting.url")
        ways.append(f"Use the {escape.link('form for vulnerability reports', address)}.")
    if config.pgp_key:
        key = escape.link("key", https(config.pgp_key, where="reporting.pgp_key"))
        ways.append(f"Encrypt what you send with this {key}.")
    if config.languages:
        ways.append(f"Languages: {', '.join(escape.text(language) for language in config.languages)}.")
    reachable = config.github or config.email or config.url
    return _with(escape.bullets(ways) if reachable else NO_CHANNEL, config.text)


def has_channel(config: ReportingConfig) -> bool:
    """Tell whether there is any way to report in private."""
    return bool(config.github or config.email or config.url)


def reporting_terms(config: ReportingConfig) -> str:
    """Say what a reporter may expect: answer, disclosure, credit, bounty."""
    answer, disclosure = config.acknowledge_days, config.disclosure_days
    lines = [
        "No time is promised for a first answer."
        if answer is None
        else f"You get a first answer within {_days(answer)}.",
        "When a fix is published is agreed with the reporter; no limit is set."
        if disclosure is None
        else f"The vulnerability is disclosed at the latest {_days(disclosure)} after the report.",
        {
            None: "Whether reporters are named is not settled: say in the report what you wish.",
            True: "Reporters are named with the fix if they wish.",
            False: "Reporters are not named.",
        }[config.credit],
    ]
    if config.bug_bounty is not None:
        lines.append("There is a bug bounty." if config.bug_bounty else "There is no bug bounty.")
    return escape.bullets(lines)


def not_accepted(config: ReportingConfig) -> str:
    """List what is not taken as a vulnerability of this project."""
    items = [escape.text(item) for item in config.not_accepted]
    return escape.bullets(items) if items else "Nothing is excluded beforehand."


def response_targets(config: ResponseConfig, *, stated: bool) -> str:
    """Give the targets of the gate for vulnerabilities in dependencies, by severity.

    Args:
        config: `[response]`, with its defaults.
        stated: Whether the maintainers wrote it, so that it is their word.
    """
    levels = (
        ("critical, and malware", config.critical_days),
        ("high, and unknown", config.high_days),
        ("medium", config.medium_days),
        ("low", config.low_days),
    )
    rows = [(level, "no target" if days is None else f"within {_days(days, 'business day')}") for level, days in levels]
    found = escape.table(("severity", "fixed, removed, or accepted with a reason and an end"), rows)
    return found if stated or config != ResponseConfig() else f"{NOT_PROMISED}\n\n{found}"


def clock_start(config: ResponseConfig) -> str:
    """Say when the response clock starts and which days it counts."""
    start = {
        ClockStart.DISCLOSURE: "The clock starts when the vulnerability is published; where the day of publication "
        "is not known, when a scan of this project first saw it.",
        ClockStart.CONFIRMATION: "The clock starts when a scan of this project first sees the vulnerability.",
    }[config.starts]
    free = [f"{day.value.capitalize()}s" for day in config.weekend]
    free += [f"{len(config.holidays)} configured holidays"] if config.holidays else []
    days = f"all days but {' and '.join(free)}" if free else "all days"
    return (
        f"{start} Business days are {days}, in the time zone {escape.code(config.zone)}; the first day is not counted."
    )


def severity_decision(config: ReportingConfig) -> str:
    """Say who decides how bad something is."""
    who = escape.text(config.severity_decided_by) or "nobody in particular"
    return (
        f"The severity of a vulnerability in this project is decided by {who}. For a dependency it is taken from the "
        "published advisories; where they give none or disagree, it counts as high until it is decided, and as "
        "critical where one of them says critical."
    )


def governance(facts: DocumentFacts) -> str:
    """Say who may change the project."""
    config = facts.config.governance
    return _with(_GOVERNANCE[config.model], config.text) or _GOVERNANCE[GovernanceModel.UNSTATED]


def posture(facts: DocumentFacts) -> str:
    """Say since which release the project is under this pipeline, as its maintainers state it."""
    config = facts.config
    if not config.converted:
        return "The maintainers have not stated since which release this project is under the assurance described here."
    since = f"since {escape.code(config.converted_in)}" if config.converted_in else "without saying since which release"
    return (
        f"The maintainers state that this project is under the assurance described here, {since}. "
        "That is their statement; what the evidence shows is said below."
    )


def _days(count: int, unit: str = "day") -> str:
    return f"{count} {unit}{'' if count == 1 else 's'}"


def _with(said: str, more: str) -> str:
    return "\n\n".join(filter(None, (said, escape.text(more))))


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
