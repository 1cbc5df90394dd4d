"""The vulnerability disclosure report (VDR) of suppliers' products as CycloneDX 1.6; analyses come from the states of the backlog.

Source: https://cyclonedx.org/docs/1.6/json/#vulnerabilities, https://cyclonedx.org/capabilities/vdr/
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from ops.supply_chain.contracts.files.backlog import (
    AffectedVersion,
    Backlog,
    BacklogItem,
    ItemState,
    Presence,
)
from ops.supply_chain.contracts.values.finding import Severity
from ops.supply_chain.core.canonical import encode
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.formats.advisory_ids import advisory_page, authority_of
from ops.supply_chain.formats.purl import read_purl
from ops.supply_chain.suppliers.backlog.screen import remedy
from ops.supply_chain.suppliers.backlog.states import basis_of, by_urgency, state_of

SPEC_VERSION = "1.6"
NAMESPACE = uuid.UUID("5f0f9d50-3c9f-5a52-8f2e-0e7d2c4a9b11")
"""Of the serial numbers of these documents."""

_STATE = {
    ItemState.NEW: "in_triage",
    ItemState.TRIAGED: "exploitable",
    ItemState.IN_PROGRESS: "exploitable",
    ItemState.WAITING: "exploitable",
    ItemState.ACCEPTED: "exploitable",
    ItemState.FIXED: "resolved",
    ItemState.NOT_AFFECTED: "not_affected",
}
_RESPONSE = {
    ItemState.IN_PROGRESS: "update",
    ItemState.WAITING: "update",
    ItemState.ACCEPTED: "will_not_fix",
}
_JUSTIFICATION = {
    "component_not_present": "code_not_present",
    "vulnerable_code_not_present": "code_not_present",
    "vulnerable_code_not_in_execute_path": "code_not_reachable",
    "vulnerable_code_cannot_be_controlled_by_adversary": "requires_environment",
    "inline_mitigations_already_exist": "protected_by_mitigating_control",
}
"""Words of OpenVEX in those of CycloneDX; the latter stay."""

_METHODS = {"CVSS:4": "CVSSv4", "CVSS:3.1": "CVSSv31", "CVSS:3.0": "CVSSv3"}
_KNOWN_JUSTIFICATIONS = frozenset(_JUSTIFICATION.values()) | {
    "requires_configuration", "requires_dependency", "protected_by_compiler", "protected_at_runtime",
    "protected_at_perimeter",
}  # fmt: skip


def vdr(backlog: Backlog, today: str, *, generator: tuple[str, str]) -> dict[str, Any]:
    """Return the document.

    Args:
        backlog: After a review.
        today: An ISO date.
        generator: Name and version of the program.
    """
    name, version = generator
    items = [item for item in by_urgency(backlog.items, today) if item.versions]
    document: dict[str, Any] = {
        "$schema": f"http://cyclonedx.org/schema/bom-{SPEC_VERSION}.schema.json",
        "bomFormat": "CycloneDX",
        "components": list(_products(items)),
        "metadata": {"tools": {"components": [{"name": name, "type": "application", "version": version}]}},
        "specVersion": SPEC_VERSION,
        "version": 1,
        "vulnerabilities": [_vulnerability(item, today) for item in items],
    }
    if backlog.reviewed:
        document["metadata"]["timestamp"] = backlog.reviewed
    serial = uuid.uuid5(NAMESPACE, sha256_bytes(encode(document)))
    return {**document, "serialNumber": f"urn:uuid:{serial}"}


def _products(items: Iterable[BacklogItem]) -> Iterator[dict[str, Any]]:
    """Yield the products with the components that something is known of, each once."""
    products: dict[str, dict[str, Any]] = {}
    inner: dict[str, dict[str, dict[str, Any]]] = {}
    for item in items:
        for version in item.versions:
            ref = _product_ref(item, version)
            if ref not in products:
                products[ref] = _component("application", ref, item.product, version.product_version)
                products[ref]["supplier"] = {"name": item.supplier}
                inner[ref] = {}
            part = _part_ref(item, version)
            inner[ref].setdefault(part, _component("library", part, item.component, version.version))
    for ref in sorted(products):
        yield {**products[ref], "components": [inner[ref][part] for part in sorted(inner[ref])]}


def _component(kind: str, ref: str, name: str, version: str) -> dict[str, Any]:
    package = read_purl(name)
    found: dict[str, Any] = {"bom-ref": ref, "name": package.name if package else name, "type": kind}
    if package and package.namespace:
        found["group"] = package.namespace
    if version:
        found["version"] = version
    if package:
        from urllib.parse import quote

        found["purl"] = f"{name}@{quote(version, safe='.-_~:+')}" if version else name
    return found


def _product_ref(item: BacklogItem, version: AffectedVersion) -> str:
    return f"{item.supplier}|{item.product}|{version.product_version}"


def _part_ref(item: BacklogItem, version: AffectedVersion) -> str:
    return f"{_product_ref(item, version)}|{item.component}|{version.version}"


def _vulnerability(item: BacklogItem, today: str) -> dict[str, Any]:
    refs = list(dict.fromkeys(_part_ref(item, version) for version in item.versions))
    found: dict[str, Any] = {
        "affects": [{"ref": ref} for ref in refs],
        "analysis": _analysis(item, today),
        "bom-ref": item.id,
        "id": item.names[0],
        "properties": list(_properties(item, today)),
        "ratings": [_rating(item)],
        "recommendation": _sentence(remedy(item).removeprefix(", ")),
        "source": _source(item.names[0]),
    }
    if item.summary:
        found["description"] = item.summary
    if item.published:
        found["published"] = f"{item.published}T00:00:00Z"
    if len(item.names) > 1:
        found["references"] = [{"id": name, "source": _source(name)} for name in item.names[1:]]
        found["advisories"] = [{"url": page} for name in item.names[1:] if (page := advisory_page(name))]
    return {key: value for key, value in found.items() if value}


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _rating(item: BacklogItem) -> dict[str, Any]:
    found: dict[str, Any] = {"severity": item.severity.value if item.severity is not Severity.UNKNOWN else "unknown"}
    if item.vector and item.score:
        method = next((method for start, method in _METHODS.items() if item.vector.startswith(start)), "CVSSv2")
        found |= {"method": method, "score": float(item.score), "vector": item.vector}
    return found


def _analysis(item: BacklogItem, today: str) -> dict[str, Any]:
    state = state_of(item, today)
    found: dict[str, Any] = {
        "firstIssued": f"{item.first_seen}T00:00:00Z",
        "lastUpdated": f"{max(item.decision.decided, item.last_seen, item.fixed_on)}T00:00:00Z",
        "state": "false_positive" if item.presence is Presence.WITHDRAWN else _STATE[state],
    }
    detail = basis_of(item, today)
    if detail:
        found["detail"] = detail
    if state in _RESPONSE:
        found["response"] = [_RESPONSE[state]]
    stated = {version.statement.justification for version in item.versions if version.statement}
    if found["state"] == "not_affected" and len(stated) == 1:
        word = next(iter(stated))
        word = _JUSTIFICATION.get(word, word)
        if word in _KNOWN_JUSTIFICATIONS:
            found["justification"] = word
    return found


def _properties(item: BacklogItem, today: str) -> Iterator[dict[str, str]]:
    known = item.exploitation
    values = {
        "sealwright:backlog:state": state_of(item, today).value,
        "sealwright:backlog:presence": item.presence.value,
        "sealwright:backlog:due": item.due,
        "sealwright:kev:date-added": known.exploited,
        "sealwright:kev:ransomware": "known" if known.ransomware else "",
        "sealwright:epss:score": "" if known.epss is None else f"{known.epss:.5f}",
        "sealwright:epss:percentile": "" if known.percentile is None else f"{known.percentile:.5f}",
        "sealwright:epss:date": known.scored,
    }
    yield from ({"name": name, "value": value} for name, value in values.items() if value)


def _source(name: str) -> dict[str, str]:
    authority = authority_of(name)
    return {"name": authority.name, "url": f"{authority.url}{name}"}
