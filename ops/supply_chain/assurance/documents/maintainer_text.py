"""Statements by the maintainers, from the configuration: support, reporting, response, governance, posture, compliance.

None of them is computed from evidence; the default template says so. Missing configuration is stated. Legal texts
are linked, not summarised.
"""

from __future__ import annotations

from collections.abc import Iterator

from ops.supply_chain.assurance.documents.addresses import email, https, repository
from ops.supply_chain.assurance.documents.facts import DocumentFacts
from ops.supply_chain.contracts.config.compliance import AttestationForm, AuditKind, CraRole, Cryptography
from ops.supply_chain.contracts.config.governance import GovernanceModel
from ops.supply_chain.contracts.config.periods import later
from ops.supply_chain.contracts.config.reporting import ReportingConfig
from ops.supply_chain.contracts.config.response import ClockStart, ResponseConfig, WithoutDays
from ops.supply_chain.contracts.config.support import SupportConfig, SupportedVersions, SupportPolicy
from ops.supply_chain.formats import markdown

NO_CHANNEL = (
    "No private channel for reports is configured yet. Until there is one, ask the maintainers in public for a private "
    "contact, without any detail of the vulnerability."
)
NOT_PROMISED = (
    "The maintainers have committed to no response times. These are the defaults that the pipeline's gates and daily "
    "scan apply."
)
_GOVERNANCE = {
    GovernanceModel.OPEN: "Contributions from anyone are considered; the maintainers decide what is merged.",
    GovernanceModel.CATHEDRAL: "The source is open, contributions are closed (the 'cathedral' model): changes "
    "come from the maintainers only, and change requests from others are not merged.",
    GovernanceModel.OTHER: "",
    GovernanceModel.UNSTATED: "The maintainers have not stated who may change this project.",
}


def supported_versions(config: SupportConfig) -> str:
    """Return which versions get security fixes."""
    statement = {
        SupportPolicy.NEWEST: "The newest release gets security fixes. Older releases do not; upgrade to the newest.",
        SupportPolicy.UNSTATED: "The maintainers have not stated which versions get security fixes.",
        SupportPolicy.LISTED: "The maintainers have listed no version yet.",
    }[config.policy]
    periods = any(entry.since or entry.months or entry.reason for entry in config.versions)
    if config.versions and (
        config.policy is SupportPolicy.LISTED or (periods and config.policy is SupportPolicy.UNSTATED)
    ):
        statement = _versions(config, periods=periods)
    elif periods:
        statement = f"{statement}\n\nSupport periods:\n\n{_versions(config, periods=True)}"
    return _with(statement, config.text)


def _versions(config: SupportConfig, *, periods: bool) -> str:
    """Return the version lines as a table; with the first day and the reason of a period where an entry has one."""
    return markdown.table(
        ("versions", "security fixes", *(("from",) if periods else ()), "until", "note"),
        ((markdown.text(entry.versions), *_support(entry, periods=periods)) for entry in config.versions),
    )


def _support(entry: SupportedVersions, *, periods: bool) -> tuple[str, ...]:
    note = markdown.text(" ".join(filter(None, (entry.reason, entry.note))))
    until = markdown.text(entry.until) or "not stated"
    begins = markdown.text(entry.since) or ("each release" if entry.months else "not stated")
    if entry.months:
        until = later(entry.begins, months=entry.months).isoformat() if entry.begins else f"{entry.months} months later"
    return ("yes" if entry.supported else "no", *((begins,) if periods else ()), until, note)


def reporting_channel(config: ReportingConfig) -> str:
    """Return where vulnerabilities are reported in private."""
    ways = []
    if config.github:
        name = repository(config.github, where="reporting.github")
        address = f"https://github.com/{name}/security/advisories/new"
        ways.append(f"{markdown.link('Report it privately on GitHub', address)} (private vulnerability reporting).")
    if config.email:
        ways.append(f"Write to {markdown.text(email(config.email, where='reporting.email'))}.")
    if config.url:
        address = https(config.url, where="reporting.url")
        ways.append(f"Use the {markdown.link('form for vulnerability reports', address)}.")
    if config.pgp_key:
        key = markdown.link("key", https(config.pgp_key, where="reporting.pgp_key"))
        ways.append(f"Encrypt your report with this {key}.")
    if config.languages:
        ways.append(f"Languages: {', '.join(markdown.text(language) for language in config.languages)}.")
    reachable = config.github or config.email or config.url
    return _with(markdown.bullets(ways) if reachable else NO_CHANNEL, config.text)


def has_channel(config: ReportingConfig) -> bool:
    """Return whether there is any way to report in private."""
    return bool(config.github or config.email or config.url)


def reporting_terms(config: ReportingConfig) -> str:
    """Return what a reporter may expect, and what the maintainers have not stated: answer, disclosure, credit, bounty."""
    return markdown.bullets(_terms(config, unstated=True))


def reporting_promises(config: ReportingConfig) -> str:
    """Return what the maintainers have stated that a reporter may expect; empty where they stated nothing."""
    return markdown.bullets(_terms(config, unstated=False))


def _terms(config: ReportingConfig, *, unstated: bool) -> Iterator[str]:
    answer, disclosure = config.acknowledge_days, config.disclosure_days
    if answer is not None:
        yield f"You get a first answer within {_days(answer)}."
    elif unstated:
        yield "There is no committed time for a first answer."
    if disclosure is not None:
        yield f"The vulnerability is disclosed at the latest {_days(disclosure)} after the report."
    elif unstated:
        yield "The date of disclosure is agreed with the reporter; there is no fixed limit."
    if config.credit is not None:
        yield "Reporters are credited with the fix if they wish." if config.credit else "Reporters are not credited."
    elif unstated:
        yield "There is no rule on crediting reporters: state your wish in the report."
    if config.bug_bounty is not None:
        yield "There is a bug bounty." if config.bug_bounty else "There is no bug bounty."


def not_accepted(config: ReportingConfig) -> str:
    """Return what is not accepted as a vulnerability of this project, as a list."""
    items = [markdown.text(item) for item in config.not_accepted]
    return markdown.bullets(items) if items else "There are no exclusions."


def response_targets(config: ResponseConfig, *, stated: bool) -> str:
    """Return the gate's response targets for vulnerabilities in dependencies, by severity.

    Args:
        config: `[response]`, with its defaults.
        stated: Whether the maintainers set it; otherwise the defaults are no commitment.
    """
    levels = (
        ("critical, and malware", config.critical_days),
        ("high, and unknown", config.high_days),
        ("medium", config.medium_days),
        ("low", config.low_days),
    )
    unset = {WithoutDays.NO_TARGET: "no target", WithoutDays.NEXT_RELEASE: "with the next regular release"}
    without = unset[config.without_days]
    rows = [(level, without if days is None else f"within {_days(days, 'business day')}") for level, days in levels]
    if config.exploited_days is not None:
        exploited = f"within {_days(config.exploited_days, 'business day')} of the listing, if that is earlier"
        rows.insert(0, ("listed as exploited in CISA's catalog (KEV)", exploited))
    found = markdown.table(("severity", "fixed, removed, or accepted with a reason until an expiry date"), rows)
    return found if stated or config != ResponseConfig() else f"{NOT_PROMISED}\n\n{found}"


def clock_start(config: ResponseConfig) -> str:
    """Return when the response clock starts and which days it counts."""
    start = {
        ClockStart.DISCLOSURE: "The clock starts when the vulnerability is published, or, where the publication date "
        "is not known, when a scan of this project first reported it.",
        ClockStart.CONFIRMATION: "The clock starts when a scan of this project first reports the vulnerability.",
    }[config.starts]
    free = [f"{day.value.capitalize()}s" for day in config.weekend]
    free += [f"{len(config.holidays)} configured holidays"] if config.holidays else []
    days = f"all days except {' and '.join(free)}" if free else "all days"
    return f"{start} Business days are {days}, in the time zone {markdown.code(config.zone)}; the first day is not counted."


def severity_decision(config: ReportingConfig) -> str:
    """Return who decides the severity of a vulnerability."""
    who = markdown.text(config.severity_decided_by) or "no named person or team"
    return (
        f"The severity of a vulnerability in this project is decided by {who}. For a dependency it is the severity of "
        "the published advisories; where they state none or disagree, it counts as high until it is decided, and as "
        "critical where one of them states critical."
    )


def governance(facts: DocumentFacts) -> str:
    """Return who may change the project."""
    config = facts.config.governance
    return _with(_GOVERNANCE[config.model], config.text) or _GOVERNANCE[GovernanceModel.UNSTATED]


def posture(facts: DocumentFacts) -> str:
    """Return since which release the project uses this pipeline, as its maintainers state it."""
    config = facts.config
    if not config.converted:
        return "The maintainers have not stated since which release this project has the assurance described here."
    since = f"since {markdown.code(config.converted_in)}" if config.converted_in else "without naming its first release"
    return (
        f"The maintainers state that this project has the assurance described here, {since}. "
        "This is their statement, not evidence."
    )


def _days(count: int, unit: str = "day") -> str:
    return f"{count} {unit}{'' if count == 1 else 's'}"


def _with(statement: str, more: str) -> str:
    return "\n\n".join(filter(None, (statement, markdown.text(more))))


_CRA = {
    CraRole.UNDECIDED: "The maintainers have not stated which role, if any, this project has under the Cyber Resilience Act.",
    CraRole.OUT_OF_SCOPE: "The maintainers consider this project out of scope of the Cyber Resilience Act.",
    CraRole.STEWARD: "The maintainers consider the organisation behind this project an open-source software steward.",
    CraRole.MANUFACTURER: "The maintainers consider the organisation behind this project a manufacturer.",
}
_OBLIGATIONS = {
    CraRole.MANUFACTURER: "Manufacturers report actively exploited vulnerabilities and severe incidents (Article 14, applied "
    "since 2026-09-11); their other obligations apply from 2027-12-11, the support period (Article 13(8)) and the technical "
    "documentation (Article 13(13)) among them.",
    CraRole.STEWARD: "The obligations of stewards are those of Article 24, and apply from 2027-12-11: a documented cybersecurity "
    "policy, cooperation with market surveillance authorities, and reporting as far as they take part in the development, or "
    "as their own systems are affected.",
}
_FORM = {
    AttestationForm.UNSTATED: "The maintainers have made no statement on the US Secure Software Development Attestation "
    "Form.",
    AttestationForm.NONE: "No US Secure Software Development Attestation Form has been signed for this project.",
    AttestationForm.ON_REQUEST: "A US Secure Software Development Attestation Form is available on request.",
    AttestationForm.PUBLISHED: "A signed US Secure Software Development Attestation Form is published.",
}
FORM_NOT_REQUIRED = (
    "US agencies are no longer required to collect it (OMB M-26-05 of 2026-01-23 rescinded M-22-18 and M-23-16); they may ask "
    "for it by contract."
)
_CRYPTOGRAPHY = {
    Cryptography.UNSTATED: "The maintainers have made no statement on the export classification of this project.",
    Cryptography.NONE: "To the maintainers' knowledge, this project has no cryptographic function of its own.",
    Cryptography.PUBLISHED_STANDARD: "To the maintainers' knowledge, this project uses only published, standard "
    "cryptographic algorithms, through the libraries that its SBOM names.",
}
_AUDIT = {
    AuditKind.UNSTATED: "The maintainers have made no statement on security audits.",
    AuditKind.NONE: "No security audit of this project has been published.",
    AuditKind.INTERNAL: "The maintainers have reviewed the security of this project; there was no external audit.",
    AuditKind.EXTERNAL: "An external party has audited the security of this project.",
}


def cra_status(facts: DocumentFacts) -> str:
    """Return the project's own statement on its role under the Cyber Resilience Act."""
    config = facts.config.compliance
    advice = "This section is neither legal advice nor a declaration of conformity; the regulation itself states the obligations."
    about = "This concerns Regulation (EU) 2024/2847, the Cyber Resilience Act."
    text = " ".join(filter(None, (_CRA[config.cra_role], about, _OBLIGATIONS.get(config.cra_role), advice)))
    return _joined(text, config.cra_text)


def attestation_status(facts: DocumentFacts) -> str:
    """Return whether a US attestation form was signed."""
    config = facts.config.compliance
    text = f"{_FORM[config.attestation]} {FORM_NOT_REQUIRED} This document is not such a form and does not replace one."
    return _joined(text, config.attestation_text, config.attestation_link, "compliance.attestation_link", "the form")


def export_classification(facts: DocumentFacts) -> str:
    """Return the maintainers' statement on cryptography."""
    config = facts.config.compliance
    text = f"{_CRYPTOGRAPHY[config.cryptography]} This is neither a classification ruling nor legal advice."
    if config.cryptography is Cryptography.UNSTATED:
        text = _CRYPTOGRAPHY[config.cryptography]
    return _joined(text, config.export_text)


def audit_status(facts: DocumentFacts) -> str:
    """Return who has audited the project."""
    config = facts.config.compliance
    return _joined(_AUDIT[config.audit], config.audit_text, config.audit_link, "compliance.audit_link", "the report")


def _joined(statement: str, more: str, address: str = "", where: str = "", title: str = "") -> str:
    found = f"See {markdown.link(title, https(address, where=where))}." if address else ""
    return "\n\n".join(filter(None, (" ".join(filter(None, (statement, found))), markdown.text(more))))
