"""The analysis of a vulnerability in CycloneDX in the words of OpenVEX. The mapping is sealwright's: no standard has one.

Source: https://cyclonedx.org/docs/1.6/json/#vulnerabilities_items_analysis_state,
https://cyclonedx.org/docs/1.6/json/#vulnerabilities_items_affects_items_versions_items_status
"""

from __future__ import annotations

from ops.supply_chain.contracts.values.vex import VexStatus

STATUS_OF = {
    "not_affected": VexStatus.NOT_AFFECTED,
    "false_positive": VexStatus.NOT_AFFECTED,
    "exploitable": VexStatus.AFFECTED,
    "resolved": VexStatus.FIXED,
    "resolved_with_pedigree": VexStatus.FIXED,
    "in_triage": VexStatus.UNDER_INVESTIGATION,
}
"""State of an analysis -> status."""

VERSION_STATUSES = ("affected", "unaffected", "unknown")
"""Of single versions; the schema's default is the first."""

_CLOSED = (VexStatus.NOT_AFFECTED, VexStatus.FIXED)


def status_of_versions(word: str, status: VexStatus) -> VexStatus:
    """Return the status of versions, which have one besides that of the analysis: what leaves the question open counts.

    Args:
        word: One of `VERSION_STATUSES`.
        status: That of the analysis.
    """
    if word == "unaffected":
        return status if status in _CLOSED else VexStatus.NOT_AFFECTED
    if status not in _CLOSED:
        return status
    return VexStatus.AFFECTED if word == "affected" else VexStatus.UNDER_INVESTIGATION
