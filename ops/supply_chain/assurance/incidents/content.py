"""What every draft of an incident states in the same words: names, severity, releases by status, product name."""

from __future__ import annotations

from ops.supply_chain.assurance.incidents.statuses import SHIPPED
from ops.supply_chain.contracts.files.incident import Incident, IncidentKind, IncidentRelease, ReleaseStatus
from ops.supply_chain.contracts.values.exploitation import Exploitation
from ops.supply_chain.contracts.values.finding import WORST_FIRST, Finding, Severity
from ops.supply_chain.core.names import normalise
from ops.supply_chain.core.text import printable

UNKNOWN = "unknown"
PYPI = "pkg:pypi/"


def title_of(incident: Incident) -> str:
    """Return the title: the product, the identifier and the packages concerned."""
    packages = [name for name in incident.packages if name != normalise(incident.component)]
    return f"{incident.component}: {incident.id}" + (f" in {', '.join(packages)}" if packages else "")


def description_of(incident: Incident) -> str:
    """Return what is known: the maintainers' summary, then the message of each finding; or that nothing is."""
    said = dict.fromkeys(_without_rating(_without_releases(finding)) for finding in incident.findings)
    parts = [incident.facts.summary, *said]
    return " ".join(_sentence(part) for part in parts if part) or f"Description: {UNKNOWN}."


def severity_of(incident: Incident) -> Severity:
    """Return the worst severity of the findings; unknown where there is none."""
    there = {finding.severity for finding in incident.findings}
    return next((severity for severity in WORST_FIRST if severity in there), Severity.UNKNOWN)


def versions_with(incident: Incident, status: ReleaseStatus) -> tuple[str, ...]:
    """Return the versions of the releases with a status, in order of release."""
    return tuple(release.version for release in incident.releases if release.status is status)


def pypi_name(incident: Incident) -> str:
    """Return the product's name on PyPI, if the SBOM of a release states one; else empty."""
    purls = [release.purl for release in incident.releases if release.purl.startswith(PYPI)]
    return purls[-1].removeprefix(PYPI).partition("@")[0].partition("?")[0] if purls else ""


def is_own(incident: Incident) -> bool:
    """Return whether it is in the product's own code, as far as is known, and not in a dependency."""
    return incident.packages in ((), (normalise(incident.component),))


def is_published(incident: Incident) -> bool:
    """Return whether a public record describes it: a finding of the gates has its identifier."""
    return incident.facts.kind is IncidentKind.VULNERABILITY and bool(incident.findings)


def release_words(release: IncidentRelease) -> str:
    """Return a release's status on one line."""
    packages = f" ({', '.join(release.packages)})" if release.packages else ""
    return printable(f"{release.version}: {release.status}{packages}: {release.reason}")


def unknowns_of(incident: Incident) -> tuple[str, ...]:
    """Return what is unknown and has to be found out by a person, in the order of the reports."""
    facts = incident.facts
    vulnerability = facts.kind is IncidentKind.VULNERABILITY
    missing = [
        ("whether it is actively exploited", vulnerability and facts.exploited == UNKNOWN),
        ("whether unlawful or malicious acts are suspected", not vulnerability),
        ("Member States in which the product has been made available", True),
        ("affected releases", not versions_with(incident, ReleaseStatus.AFFECTED)),
        ("releases whose status is unknown", bool(versions_with(incident, ReleaseStatus.UNKNOWN))),
        ("fixed release", not facts.fixed),
        ("severity", severity_of(incident) is Severity.UNKNOWN),
        ("measures that users can take", not facts.fixed),
        ("who reported it, and whether they wish to be credited", not facts.credits),
    ]
    return tuple(text for text, is_missing in missing if is_missing)


def exploitation_of(incident: Incident) -> tuple[str, ...]:
    """Return what the catalogs of known exploited vulnerabilities state about the findings; nothing where none lists one."""
    found = (finding.exploitation for finding in incident.findings)
    return tuple(dict.fromkeys(known.words for known in found if isinstance(known, Exploitation) and known.words))


def _without_releases(finding: Finding) -> str:
    """Return a finding's message without the releases that contain the package: the draft has a list of them."""
    return finding.message.partition(": ")[2] if finding.code in SHIPPED else finding.message


def _without_rating(message: str) -> str:
    """Return a finding's message without the rating and the project's own response time, which come last."""
    return message.rpartition("; severity ")[0] or message


def _sentence(text: str) -> str:
    return printable(text if text.endswith((".", "!", "?")) else f"{text}.")
