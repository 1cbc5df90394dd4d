"""`security-insights.yml`, written from the configuration.

Source: OpenSSF Security Insights 2.2.0, https://github.com/ossf/security-insights
"""

from __future__ import annotations

import re
from datetime import date

import msgspec

from ops.supply_chain.assurance.documents.addresses import email, https, repository
from ops.supply_chain.assurance.documents.facts import DocumentFacts
from ops.supply_chain.assurance.documents.maintainer_text import NO_CHANNEL, has_channel
from ops.supply_chain.contracts.config.file import CONFIG_NAME
from ops.supply_chain.contracts.config.governance import GovernanceModel
from ops.supply_chain.contracts.config.reporting import ReportingConfig
from ops.supply_chain.contracts.config.security_insights import Person
from ops.supply_chain.contracts.files.security_insights import (
    SCHEMA_VERSION,
    Assessments,
    InsightsContact,
    InsightsHeader,
    InsightsLicence,
    InsightsLink,
    InsightsProject,
    InsightsRepository,
    ProjectRepository,
    ReleaseDetails,
    SecurityInsights,
    SecurityPosture,
    SelfAssessment,
    VulnerabilityReporting,
)
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import ErrorClass, OutputError, UsageError
from ops.supply_chain.core.text import printable
from ops.supply_chain.formats import yaml

FILE_NAME = "security-insights.yml"
MARK = f"# Made by sealwright ({command('security_md')}) from .security-config.toml: edit that instead."
NEEDED = ("last_reviewed", "repository", "licence_url", "administrators", "core_team")
_UPDATED = re.compile(r'^  last-updated: "(\d{4}-\d{2}-\d{2})"$', re.MULTILINE)


def write_insights(facts: DocumentFacts, committed: str | None) -> str | None:
    """Return the file's text, or None where it is not configured.

    Args:
        facts: The values to write.
        committed: The existing file, None where there is none; where nothing else changed, its
            `last-updated` stays.
    Raises:
        UsageError: Something that the format requires is missing or malformed.
    """
    if not facts.config.security_insights.url:
        return None
    _require(facts)
    found = _UPDATED.search(committed or "")
    if found is not None:
        same = _text(facts, found[1])
        if same == committed:
            return same
    return _text(facts, facts.today.isoformat())


def _require(facts: DocumentFacts) -> None:
    config = facts.config.security_insights
    missing = [name for name in NEEDED if not getattr(config, name)]
    if not _licence(facts):
        missing.append("licence")
    if missing:
        raise UsageError(
            f"{CONFIG_NAME}: security_insights.url is set, but {', '.join(missing)} not",
            hint=f"Set them too, or remove url; then no {FILE_NAME} is written.",
            kind=ErrorClass.CONFIGURATION,
        )
    try:
        date.fromisoformat(config.last_reviewed)
    except ValueError as error:
        raise UsageError(
            f"{CONFIG_NAME}: security_insights.last_reviewed is {config.last_reviewed!r}: expected an ISO date",
            kind=ErrorClass.CONFIGURATION,
        ) from error
    if facts.config.governance.model is GovernanceModel.CATHEDRAL and config.accepts_change_request:
        raise UsageError(
            f"{CONFIG_NAME}: governance.model is 'cathedral' and security_insights.accepts_change_request is true",
            hint="Set accepts_change_request = false, or another model.",
            kind=ErrorClass.CONFIGURATION,
        )
    for name in ("administrators", "core_team"):
        if sum(person.primary for person in getattr(config, name)) > 1:
            raise UsageError(
                f"{CONFIG_NAME}: security_insights.{name}: more than one is primary", kind=ErrorClass.CONFIGURATION
            )


def _licence(facts: DocumentFacts) -> str:
    return facts.config.security_insights.licence or facts.licence


def _text(facts: DocumentFacts, updated: str) -> str:
    document = SecurityInsights(
        header=InsightsHeader(
            last_reviewed=facts.config.security_insights.last_reviewed,
            last_updated=updated,
            schema_version=SCHEMA_VERSION,
            url=_url(facts, "url"),
        ),
        project=_project(facts),
        repository=_repository(facts),
    )
    plain = msgspec.to_builtins(document)
    try:
        again = msgspec.convert(plain, SecurityInsights, strict=True)
    except msgspec.ValidationError as error:
        raise OutputError(f"{FILE_NAME}: does not pass its own check: {error}") from error
    if again != document:
        raise OutputError(f"{FILE_NAME}: reading it back gives another value")
    return f"{MARK}\n{yaml.dump(plain)}"


def _project(facts: DocumentFacts) -> InsightsProject:
    config = facts.config.security_insights
    address = _url(facts, "repository")
    home = ProjectRepository(name=facts.component, comment=_line(config.repository_comment), url=address)
    return InsightsProject(
        name=facts.component,
        homepage=_url(facts, "homepage") if config.homepage else None,
        administrators=tuple(_contact(person, "administrators") for person in config.administrators),
        repositories=(home,),
        vulnerability_reporting=_reporting(facts.config.reporting),
    )


def _reporting(config: ReportingConfig) -> VulnerabilityReporting:
    contact, comment, policy = None, None, None
    if config.email:
        contact = InsightsContact(
            name="Vulnerability reports", primary=True, email=email(config.email, where="reporting.email")
        )
    if config.github:
        name = repository(config.github, where="reporting.github")
        comment = f"Report privately: https://github.com/{name}/security/advisories/new"
        policy = f"https://github.com/{name}/security/policy"
    elif config.url:
        comment = f"Report by this form: {https(config.url, where='reporting.url')}"
    return VulnerabilityReporting(
        reports_accepted=has_channel(config),
        bug_bounty_available=bool(config.bug_bounty),
        contact=contact,
        comment=comment if has_channel(config) else NO_CHANNEL,
        policy=policy,
    )


def _repository(facts: DocumentFacts) -> InsightsRepository:
    config = facts.config.security_insights
    points = tuple(
        InsightsLink(
            uri=https(point.url, where=f"security_insights.distribution_points[{number}].url"),
            comment=_line(point.title),
        )
        for number, point in enumerate(config.distribution_points)
    )
    return InsightsRepository(
        status=config.status.value,
        url=_url(facts, "repository"),
        accepts_change_request=config.accepts_change_request,
        accepts_automated_change_request=config.accepts_automated_change_request,
        core_team=tuple(_contact(person, "core_team") for person in config.core_team),
        license=InsightsLicence(url=_url(facts, "licence_url"), expression=_line(_licence(facts))),
        security=SecurityPosture(assessments=Assessments(self_=SelfAssessment(comment=_line(config.self_assessment)))),
        release=ReleaseDetails(automated_pipeline=True, distribution_points=points) if points else None,
    )


def _contact(person: Person, where: str) -> InsightsContact:
    return InsightsContact(
        name=_line(person.name),
        primary=person.primary,
        affiliation=_line(person.affiliation) or None,
        email=email(person.email, where=f"security_insights.{where}.email") if person.email else None,
    )


def _url(facts: DocumentFacts, name: str) -> str:
    return https(getattr(facts.config.security_insights, name), where=f"security_insights.{name}")


def _line(text: str) -> str:
    return printable(text)
