"""Releases that were edited and made consistent again, without signatures: what is left is what a check must see."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ops.supply_chain.contracts.values.signature_names import is_signature
from ops.supply_chain.core import plain_json
from ops.supply_chain.core.digests import sha256_bytes
from tests.trust.verification.world import Release

Edit = Callable[[Any], None]
PREFIX = "small-v1.0"
GATE, PROVENANCE, CHECKSUMS = f"{PREFIX}-gate.json", f"{PREFIX}-provenance.intoto.json", f"{PREFIX}-checksums.txt"


def unsigned(release: Release) -> dict[str, bytes]:
    """The released files alone."""
    return {name: data for name, data in release.files.items() if not is_signature(name)}


def sealed(
    release: Release,
    *,
    gate: Edit | None = None,
    provenance: Edit | None = None,
    documents: dict[str, Edit] | None = None,
    added: dict[str, bytes] | None = None,
) -> dict[str, bytes]:
    """Edit documents, then write every digest of them anew.

    Args:
        release: The first release.
        gate: Edits the gate file; byproducts of the provenance follow it.
        provenance: Edits the provenance, last of all, so that nothing follows it but the checksums.
        documents: Edits other JSON documents by name; the records that wrote them follow.
        added: Further released files; a record says that it wrote them.
    """
    files = {**unsigned(release), **(added or {})}
    gate_document = json.loads(files[GATE])
    for name, edit in (documents or {}).items():
        plain = json.loads(files[name])
        edit(plain)
        _follow(gate_document, sha256_bytes(files[name]), sha256_bytes(plain_json.dump(plain)))
        files[name] = plain_json.dump(plain)
    for name, data in (added or {}).items():
        gate_document["records"][0]["writes"].append(
            {"path": f"dist:x/{name}", "sha256": sha256_bytes(data), "size": len(data)}
        )
    if gate is not None:
        gate(gate_document)
    files[GATE] = plain_json.dump(gate_document)
    statement = json.loads(files[PROVENANCE])
    _cover(statement, gate_document, files)
    # Signed by hand, it has only the attestations of an earlier version.
    statement["predicate"]["buildDefinition"]["internalParameters"].pop("attestations", None)
    if provenance is not None:
        provenance(statement)
    files[PROVENANCE] = plain_json.dump(statement)
    files[CHECKSUMS] = "".join(
        f"{sha256_bytes(data)}  {name}\n" for name, data in sorted(files.items()) if name != CHECKSUMS
    ).encode()
    return files


def _follow(gate: Any, before: str, after: str) -> None:
    for record in gate["records"]:
        for one in record["writes"]:
            if one["sha256"] == before:
                one["sha256"] = after


def _cover(statement: Any, gate: Any, files: dict[str, bytes]) -> None:
    names = sorted(set(files) - {PROVENANCE, CHECKSUMS})
    statement["subject"] = [{"name": name, "digest": {"sha256": sha256_bytes(files[name])}} for name in names]
    parts = {f"record/{record.get('stage')}": record for record in gate["records"]} | {"verdict": gate["verdict"]}
    for one in statement["predicate"]["runDetails"]["byproducts"]:
        if one["name"] in parts and one["annotations"]["role"] != "policy-record":
            one["digest"]["sha256"] = sha256_bytes(plain_json.dump(parts[one["name"]]))
