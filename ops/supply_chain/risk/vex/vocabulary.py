"""The words of each format for the same thing, and whose an identifier is.

CycloneDX has more words for a justification than OpenVEX and lacks some of its; ours are kept beside the
nearest one in a property, so that reading back loses nothing.

Source: OpenVEX v0.2.0; CycloneDX 1.6 `impactAnalysisState`, `impactAnalysisJustification`; the mapping is
ours (facts/standards.md section 4): no standard has one.
"""

from __future__ import annotations

from typing import NamedTuple

from ops.supply_chain.contracts.values.vex import Justification, VexStatus

JUSTIFICATION_PROPERTY = "sealwright:openvex-justification"

STATE_OF = {
    VexStatus.NOT_AFFECTED: "not_affected",
    VexStatus.AFFECTED: "exploitable",
    VexStatus.FIXED: "resolved",
    VexStatus.UNDER_INVESTIGATION: "in_triage",
}

STATUS_OF = {
    "not_affected": VexStatus.NOT_AFFECTED,
    "false_positive": VexStatus.NOT_AFFECTED,
    "exploitable": VexStatus.AFFECTED,
    "resolved": VexStatus.FIXED,
    "resolved_with_pedigree": VexStatus.FIXED,
    "in_triage": VexStatus.UNDER_INVESTIGATION,
}

CYCLONEDX_OF = {
    Justification.COMPONENT_NOT_PRESENT: "code_not_present",
    Justification.CODE_NOT_PRESENT: "code_not_present",
    Justification.CODE_NOT_IN_EXECUTE_PATH: "code_not_reachable",
    Justification.CANNOT_BE_CONTROLLED: "requires_environment",
    Justification.INLINE_MITIGATIONS: "protected_by_mitigating_control",
}

JUSTIFICATION_OF = {
    "code_not_present": Justification.CODE_NOT_PRESENT,
    "code_not_reachable": Justification.CODE_NOT_IN_EXECUTE_PATH,
    "requires_configuration": Justification.CODE_NOT_IN_EXECUTE_PATH,
    "requires_dependency": Justification.CODE_NOT_IN_EXECUTE_PATH,
    "requires_environment": Justification.CODE_NOT_IN_EXECUTE_PATH,
    "protected_by_compiler": Justification.INLINE_MITIGATIONS,
    "protected_at_runtime": Justification.INLINE_MITIGATIONS,
    "protected_at_perimeter": Justification.INLINE_MITIGATIONS,
    "protected_by_mitigating_control": Justification.INLINE_MITIGATIONS,
}


class Authority(NamedTuple):
    """Who issues identifiers that begin with `prefix`, and where one is described: `url` before the id."""

    prefix: str
    name: str
    url: str


AUTHORITIES = (
    Authority("CVE-", "NVD", "https://nvd.nist.gov/vuln/detail/"),
    Authority("GHSA-", "GitHub Advisories", "https://github.com/advisories/"),
    Authority("PYSEC-", "PyPA Advisory Database", "https://osv.dev/vulnerability/"),
    Authority("", "OSV", "https://osv.dev/vulnerability/"),
)
"""In the order in which names are preferred."""


def authority_of(name: str) -> Authority:
    """Return who issues an identifier; OSV knows those of nobody else."""
    return next(one for one in AUTHORITIES if name.upper().startswith(one.prefix))


def preference(name: str) -> tuple[int, str]:
    """Return what names of one vulnerability are sorted by: the best known kind first."""
    return (AUTHORITIES.index(authority_of(name)), name)
