"""The drafts of a machine-readable advisory: an OSV record and a CSAF 2.0 document.

Source: https://ossf.github.io/osv-schema/; https://docs.oasis-open.org/csaf/csaf/v2.0/csaf-v2.0.html (section 4.4, profile
Security Advisory; a draft has a version below 1.0.0, section 3.1.11)
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ops.supply_chain.assurance.incidents.content import (
    description_of,
    is_own,
    pypi_name,
    severity_of,
    title_of,
    versions_with,
)
from ops.supply_chain.assurance.incidents.reports import cve_of, references_of
from ops.supply_chain.contracts.files.incident import Incident, IncidentRelease, ReleaseStatus
from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.core import canonical
from ops.supply_chain.formats import markdown
from ops.supply_chain.formats.advisory_ids import advisory_page, authority_of

OSV_VERSION = "1.7.0"
CSAF_STATUSES = {
    ReleaseStatus.AFFECTED: "known_affected",
    ReleaseStatus.FIXED: "fixed",
    ReleaseStatus.NOT_AFFECTED: "known_not_affected",
    ReleaseStatus.UNKNOWN: "under_investigation",
}


class AdvisoryTool(NamedTuple):
    """The program that drafts it."""

    name: str
    version: str


def osv_record(incident: Incident) -> bytes:
    """Return the OSV record of the product's own advisory, canonical.

    Its identifier begins with `x_`, which is of no database, until a database gives it one. A vulnerability of a dependency is
    `upstream`, not an alias: the product's advisory is another one.
    """
    names = (incident.id, *incident.aliases)
    document: dict[str, Any] = {
        "schema_version": OSV_VERSION,
        "id": f"x_{incident.component}-{incident.id}",
        "modified": incident.drafted,
        "summary": title_of(incident),
        "details": markdown.text(description_of(incident)),  # of OSV's fields the one that is Markdown
        "aliases" if is_own(incident) else "upstream": list(names),
        "affected": _osv_affected(incident),
        "references": [{"type": "ADVISORY", "url": advisory_page(name)} for name in references_of(incident)],
        "credits": [{"name": credit, "type": "REPORTER"} for credit in incident.facts.credits],
        "database_specific": {
            "draft": True,
            "fixed_releases": list(versions_with(incident, ReleaseStatus.FIXED)),
            "releases_under_investigation": list(versions_with(incident, ReleaseStatus.UNKNOWN)),
            "severity": severity_of(incident).value,
            "unknown": list(incident.unknown),
        },
    }
    return canonical.encode({key: value for key, value in document.items() if value})


def csaf_problem(incident: Incident) -> str:
    """Return why there can be no CSAF document, which needs a publisher and a product; empty if there can."""
    if not incident.publisher.name:
        return "the publisher's name is unknown: [sbom].producer or [sbom].author"
    if not incident.publisher.address:
        return "the publisher's address is unknown: [reporting].github, or an https remote in git"
    return "" if incident.releases else "no release is known"


def csaf_document(incident: Incident, tool: AdvisoryTool, history: tuple[str, ...]) -> bytes:
    """Return the CSAF 2.0 document, canonical.

    Args:
        incident: The revision, with a publisher.
        tool: The program.
        history: When the earlier revisions were drafted, in order.
    """
    revisions, publisher = [*history, incident.drafted], incident.publisher
    document: dict[str, Any] = {
        "category": "csaf_security_advisory",
        "csaf_version": "2.0",
        "lang": "en",
        "title": title_of(incident),
        "publisher": {"category": "vendor", "name": publisher.name, "namespace": publisher.address},
        "notes": [
            {
                "category": "general",
                "title": "Draft",
                "text": "This is a draft. Unknown so far: " + ("; ".join(incident.unknown) or "nothing") + ".",
            }
        ],
        "tracking": {
            "id": f"{incident.component}-{incident.id}",
            "status": "draft",
            "version": f"0.{len(revisions)}.0",
            "initial_release_date": revisions[0],
            "current_release_date": revisions[-1],
            "generator": {"date": incident.drafted, "engine": {"name": tool.name, "version": tool.version}},
            "revision_history": [
                {"date": moment, "number": f"0.{number}.0", "summary": f"Draft {number}"}
                for number, moment in enumerate(revisions, start=1)
            ],
        },
    }
    if severity_of(incident) is not Severity.UNKNOWN:
        document["aggregate_severity"] = {"text": severity_of(incident).value}
    if incident.facts.credits:
        document["acknowledgments"] = [{"names": [name], "summary": "Report"} for name in incident.facts.credits]
    return canonical.encode(
        {
            "document": document,
            "product_tree": {"full_product_names": [_product(incident, release) for release in incident.releases]},
            "vulnerabilities": [_vulnerability(incident)],
        }
    )


def _osv_affected(incident: Incident) -> list[dict[str, Any]]:
    versions = list(versions_with(incident, ReleaseStatus.AFFECTED))
    if not versions:
        return []
    name = pypi_name(incident)
    package = {"package": {"ecosystem": "PyPI", "name": name, "purl": f"pkg:pypi/{name}"}} if name else {}
    return [{**package, "versions": versions}]


def _product(incident: Incident, release: IncidentRelease) -> dict[str, Any]:
    product: dict[str, Any] = {"name": f"{incident.component} {release.version}", "product_id": release.version}
    helper = {"product_identification_helper": {"purl": release.purl}} if release.purl else {}
    return {**product, **helper}


def _vulnerability(incident: Incident) -> dict[str, Any]:
    cve, absent = cve_of(incident), list(versions_with(incident, ReleaseStatus.NOT_AFFECTED))
    affected, fixed = (versions_with(incident, status) for status in (ReleaseStatus.AFFECTED, ReleaseStatus.FIXED))
    ids = [
        {"system_name": authority_of(name).name if references_of(incident) else incident.component, "text": name}
        for name in (incident.id, *incident.aliases)
        if name != cve
    ]
    found: dict[str, Any] = {
        "cve": cve,
        "ids": ids,
        "notes": [{"category": "description", "text": description_of(incident)}],
        "product_status": {
            word: list(versions)
            for status, word in CSAF_STATUSES.items()
            if (versions := versions_with(incident, status))
        },
        "references": [
            {"category": "external", "summary": name, "url": advisory_page(name)} for name in references_of(incident)
        ],
        "flags": [{"label": "component_not_present", "product_ids": absent}] if absent else [],
        "remediations": [
            {"category": "vendor_fix", "details": f"Upgrade to {fixed[-1]}.", "product_ids": list(affected)}
        ]
        if affected and fixed
        else [],
    }
    return {key: value for key, value in found.items() if value}
