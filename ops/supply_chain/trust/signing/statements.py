"""The in-toto statements that say of files what their SBOM and their VEX are, and that a distribution is published.

The predicate is the document that is released, byte for byte: it is put into the statement as it is, never
parsed and written again.

Source: in-toto Statement v1; predicate types https://cyclonedx.org/bom, https://spdx.dev/Document and
https://openvex.dev/ns/v0.2.0 (common practice, not normative); https://docs.pypi.org/attestations/publish/v1/.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import msgspec

from ops.supply_chain.contracts.files.provenance import STATEMENT_TYPE
from ops.supply_chain.contracts.values.predicate_types import DOCUMENT_TYPES
from ops.supply_chain.core.canonical import load_plain
from ops.supply_chain.core.errors import InputError

PUBLISH_TYPE = "https://docs.pypi.org/attestations/publish/v1"
_OUR_ARCHIVES = ("evidence", "source")


class AttestedDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A released document that becomes a predicate: `what` it is (`sbom`, `vex`), its name, its predicate type."""

    what: str
    name: str
    predicate_type: str


def documents(names: Iterable[str], *, component: str, version: str) -> tuple[AttestedDocument, ...]:
    """Choose the released documents that become attestations.

    Args:
        names: Of all released files.
        component: N.
        version: V.
    Returns:
        At most one SBOM and one VEX, in this order. Of several SBOMs CycloneDX comes first, and of its versions
        the one without a version in its name; of two VEX documents OpenVEX.
    """
    there = sorted(names, key=lambda name: (len(name), name))
    found = []
    for what, preferred in (("sbom", (".cdx.json", ".spdx.json")), ("vex", (".openvex.json", ".cdx.json"))):
        ours = [name for name in there if name.startswith(f"{component}-{version}-{what}.")]
        chosen = next((name for suffix in preferred for name in ours if name.endswith(suffix)), None)
        if chosen:
            found.append(AttestedDocument(what=what, name=chosen, predicate_type=_type_of(chosen)))
    return tuple(found)


def subjects(files: Mapping[str, str], *, component: str, version: str) -> dict[str, str]:
    """Choose what SBOM and VEX are about: the distributions, or all subjects of the provenance without any.

    Args:
        files: Name -> SHA-256 of the provenance's subjects.
        component: N.
        version: V.
    """
    archives = {f"{component}-{version}-{what}.tar.gz" for what in _OUR_ARCHIVES}
    distributions = {
        name: sha256 for name, sha256 in files.items() if name.endswith((".whl", ".tar.gz")) and name not in archives
    }
    return distributions or dict(files)


def publish_statement(name: str, sha256: str) -> bytes:
    """Write the statement of a publish attestation: one subject, and a predicate that is null.

    Args:
        name: File name of the distribution.
        sha256: Its SHA-256.
    Returns:
        UTF-8 JSON, the same bytes for the same file.
    """
    statement = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {"sha256": sha256}}],
        "predicateType": PUBLISH_TYPE,
        "predicate": None,
    }
    return json.dumps(statement, ensure_ascii=False, separators=(",", ":")).encode()


def statement_bytes(about: Mapping[str, str], predicate_type: str, predicate: bytes, *, where: str) -> bytes:
    """Write an in-toto statement around a document.

    Args:
        about: Name -> SHA-256 of the subjects; at least one.
        predicate_type: What the document is.
        predicate: The document's bytes: a JSON object.
        where: What to call the document in an error.
    Returns:
        UTF-8 JSON that contains the document byte for byte, without trailing white space.
    Raises:
        InputError: There is no subject, or the document is no JSON object.
    """
    if not about:
        raise InputError(f"{where}: there is nothing that it could be about")
    if not predicate.startswith(b"{") or b"\0" in predicate or not isinstance(load_plain(predicate, where=where), dict):
        # Python would also read UTF-16, which cannot be embedded in UTF-8.
        raise InputError(f"{where}: expected a JSON object in UTF-8")
    head = {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {"sha256": sha256}} for name, sha256 in sorted(about.items())],
        "predicateType": predicate_type,
    }
    opening = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode()
    return opening[:-1] + b',"predicate":' + predicate.rstrip() + b"}"


def _type_of(name: str) -> str:
    return next(kind for suffix, kind in DOCUMENT_TYPES if name.endswith(suffix))
