"""What the VEX formats share: terms, the issuers of identifiers, timestamps, and identifiers of documents.

CycloneDX has more justifications than OpenVEX and lacks some of its; the OpenVEX justification is kept in a property
besides the nearest CycloneDX one, so that reading back loses nothing.

Source: OpenVEX v0.2.0, https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md; CycloneDX 1.6
`impactAnalysisState`, `impactAnalysisJustification`, https://cyclonedx.org/docs/1.6/json/. The mapping is sealwright's:
no standard has one.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from ops.supply_chain.contracts.values.vex import Justification, VexStatus
from ops.supply_chain.core.canonical import encode
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.formats.advisory_ids import AUTHORITIES, authority_of
from ops.supply_chain.formats.json_reader import Node

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:sealwright:vex")
"""Namespace of document identifiers; the name is `sha256:<hex>` of the canonical bytes without the identifier."""

JUSTIFICATION_PROPERTY = "sealwright:openvex-justification"

STATE_OF = {
    VexStatus.NOT_AFFECTED: "not_affected",
    VexStatus.AFFECTED: "exploitable",
    VexStatus.FIXED: "resolved",
    VexStatus.UNDER_INVESTIGATION: "in_triage",
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


def preference(name: str) -> tuple[int, str]:
    """Return the sort key of the names of one vulnerability: the best known kind first."""
    return (AUTHORITIES.index(authority_of(name)), name)


def timestamp_of(node: Node | None) -> datetime | None:
    """Read a timestamp of a document.

    Args:
        node: RFC 3339, with any number of fractional digits; None if the field is absent.
    Returns:
        In UTC; None if it is absent or has no time zone, because two such timestamps cannot be ordered.
    Raises:
        UnexpectedShapeError: It is not a timestamp.
    """
    found = None if node is None else _time(node)
    return None if found is None or found.tzinfo is None else found.astimezone(UTC)


def latest_of(*nodes: Node | None) -> datetime | None:
    """Return the latest of the timestamps of a statement and its document, in UTC; None if all of them are absent.

    One without a time zone counts as UTC: it cannot be ordered, but a date of the future is still seen.

    Raises:
        UnexpectedShapeError: One is not a timestamp.
    """
    found = [_time(node) for node in nodes if node is not None]
    return max((time.replace(tzinfo=time.tzinfo or UTC).astimezone(UTC) for time in found), default=None)


def _time(node: Node) -> datetime:
    try:
        found = datetime.fromisoformat(node.text())
        found.replace(tzinfo=found.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise node.broken(f"expected a timestamp, found {node.value!r}") from error
    return found


def with_identifier(document: dict[str, Any], field: str) -> dict[str, Any]:
    """Return the document with `urn:uuid:<UUIDv5 of its content>` in a field that it does not have yet.

    Equal documents have equal identifiers, on any machine.
    """
    name = f"sha256:{sha256_bytes(encode(document))}"
    return {**document, field: f"urn:uuid:{uuid.uuid5(NAMESPACE, name)}"}
