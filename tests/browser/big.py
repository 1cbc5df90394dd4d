"""A page of a large project, and what a reader does on it; `nox -s bench` takes the times of both."""

from __future__ import annotations

from ops.supply_chain.assurance.report.inputs import ReportInput
from ops.supply_chain.assurance.report.page import ReportPage, build_page
from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.core.outcome import Outcome
from tests.assurance.report.support import bom, component, evidence, record
from tests.risk.findings.support import finding

SEVERITIES = list(Severity)

ACTS = {
    "search": "const one = document.getElementById('find'); one.value = 'cve-2026-4'; one.dispatchEvent(new Event('input', {bubbles: true}))",
    "severity": "const one = document.getElementById('by-severity'); one.value = 'high'; one.dispatchEvent(new Event('input', {bubbles: true}))",
    "clear": "document.getElementById('filters').reset()",
    "package search": "const one = document.getElementById('package-search'); one.value = '05'; one.dispatchEvent(new Event('input'))",
    "graph": "graph.choose(500)",
    "tree": "document.getElementById('tree-part').open = true",
    "list": "document.getElementById('list-part').open = true",
    "theme": "document.getElementById('theme').click()",
}
"""What a reader does -> the script that does it."""


def big_page(packages: int = 1000, findings: int = 500) -> ReportPage:
    """The page of `big_evidence`."""
    return build_page(big_evidence(packages, findings))


def big_evidence(packages: int, findings: int) -> ReportInput:
    """Packages of which each needs up to three later ones, and findings spread over them."""
    names = [f"package-{i:04}" for i in range(packages)]
    edges = {
        name: [names[j] for j in (2 * i + 1, 2 * i + 2, 3 * i + 5) if j < packages] for i, name in enumerate(names)
    }
    found = [
        finding(
            names[i * 2 % packages],
            version="1.0",
            severity=SEVERITIES[i % len(SEVERITIES)],
            message=f"{names[i * 2 % packages]} 1.0 has CVE-2026-{i}: something that somebody has to look at, in words",
            aliases=(f"CVE-2026-{i}", f"GHSA-{i:04}"),
            due=f"2026-{1 + i % 12:02}-11" if i % 3 == 0 else "",
            waived_by="CVE-2026-1, ann, until 2027-01-01" if i % 10 == 0 else "",
        )
        for i in range(findings)
    ]
    return evidence(
        record("check_vulnerabilities", *found, outcome=Outcome.FAIL),
        bom=bom(edges, direct=names[:20], components=[component(name) for name in names]),
    )
