"""The complete documents in their other serialisations, as far as these documents go."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from tests.suppliers.profiles.complete import Json

_ATTRIBUTES = ("type", "bom-ref", "ref", "alg", "acknowledgement")
_WRAPPED = {
    "components": "component", "hashes": "hash", "externalReferences": "reference", "properties": "property",
    "affects": "target", "lifecycles": "lifecycle", "compositions": "composition", "vulnerabilities": "vulnerability", "authors": "author",
}  # fmt: skip
_ORDER = (
    "timestamp", "lifecycles", "tools", "component", "supplier", "manufacturer", "name", "version", "url", "hashes", "licenses", "purl",
    "externalReferences", "properties",
)  # fmt: skip
"""Elements of the schema are in an order."""

_REFERENCES = {"assemblies": "assembly", "dependencies": "dependency"}
_LINES = {
    "SPDXID": "SPDXID", "versionInfo": "PackageVersion", "supplier": "PackageSupplier", "originator": "PackageOriginator",
    "downloadLocation": "PackageDownloadLocation", "packageFileName": "PackageFileName", "comment": "PackageComment",
    "licenseDeclared": "PackageLicenseDeclared", "licenseConcluded": "PackageLicenseConcluded",
    "primaryPackagePurpose": "PrimaryPackagePurpose",
}  # fmt: skip
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_TERMS = "http://spdx.org/rdf/terms#"


def as_json(document: Json) -> bytes:
    """Write JSON."""
    return json.dumps(document).encode()


def as_xml(document: Json) -> bytes:
    """Write CycloneDX XML."""
    head = {key: str(document[key]) for key in ("serialNumber", "version") if key in document}
    body = "".join(
        _xml(key, value) for key, value in document.items() if key in ("metadata", *_WRAPPED, "dependencies")
    )
    attributes = "".join(f" {key}={quoteattr(value)}" for key, value in head.items())
    return f'<bom xmlns="http://cyclonedx.org/schema/bom/{document["specVersion"]}"{attributes}>{body}</bom>'.encode()


def _xml(key: str, value: Any) -> str:
    if key in _REFERENCES and isinstance(value, list):
        return f"<{key}>{''.join(_reference(key, row) for row in value)}</{key}>"
    if key == "licenses":
        return f"<licenses>{''.join(_licence(row) for row in value)}</licenses>"
    if key == "url" and isinstance(value, list):
        return "".join(f"<url>{escape(text)}</url>" for text in value)
    if isinstance(value, list):
        return f"<{key}>{''.join(_xml(_WRAPPED[key], row) for row in value)}</{key}>"
    return _element(key, value) if isinstance(value, dict) else f"<{key}>{escape(str(value))}</{key}>"


def _reference(key: str, row: Any) -> str:
    if isinstance(row, str):
        return f"<{_REFERENCES[key]} ref={quoteattr(row)}/>"
    inner = "".join(f"<dependency ref={quoteattr(ref)}/>" for ref in row.get("dependsOn", ()))
    return f"<dependency ref={quoteattr(row['ref'])}>{inner}</dependency>"


def _element(key: str, value: Json) -> str:
    if key in ("hash", "property"):
        name, text = ("alg", "content") if key == "hash" else ("name", "value")
        return f"<{key} {name}={quoteattr(value[name])}>{escape(value[text])}</{key}>"
    attributes = "".join(
        f" {name}={quoteattr(value[name])}" for name in _ATTRIBUTES if isinstance(value.get(name), str)
    )
    rest = [name for name in value if name not in _ATTRIBUTES]
    rest.sort(key=lambda name: _ORDER.index(name) if name in _ORDER else -1)
    children = [name for name in rest if key != "target"] or [name for name in value if key == "target"]
    return (
        f"<{key}{attributes if key != 'target' else ''}>{''.join(_xml(name, value[name]) for name in children)}</{key}>"
    )


def _licence(row: Json) -> str:
    if "expression" in row:
        return f"<expression>{escape(row['expression'])}</expression>"
    return _xml("license", row["license"])


def as_tags(document: Json) -> bytes:
    """Write SPDX 2 tag-value."""
    return ("\n".join(_tags(document)) + "\n").encode()


def _tags(document: Json) -> Iterator[str]:
    for key, tag in (("spdxVersion", "SPDXVersion"), ("dataLicense", "DataLicense"), ("SPDXID", "SPDXID")):
        yield f"{tag}: {document[key]}"
    for key, tag in (("name", "DocumentName"), ("documentNamespace", "DocumentNamespace")):
        if key in document:
            yield f"{tag}: {document[key]}"
    creation = document["creationInfo"]
    yield from (f"Creator: {text}" for text in creation["creators"])
    if "created" in creation:
        yield f"Created: {creation['created']}"
    if "comment" in creation:
        yield f"CreatorComment: <text>{creation['comment']}</text>"
    for package in document["packages"]:
        yield f"PackageName: {package.get('name', '')}"
        yield from (f"{tag}: {package[key]}" for key, tag in _LINES.items() if key in package)
        for row in package.get("checksums", ()):
            yield f"PackageChecksum: {row['algorithm']}: {row['checksumValue']}"
        for row in package.get("externalRefs", ()):
            yield f"ExternalRef: {row['referenceCategory']} {row['referenceType']} {row['referenceLocator']}"
    for row in document["relationships"]:
        yield f"Relationship: {row['spdxElementId']} {row['relationshipType']} {row['relatedSpdxElement']}"


def as_yaml(document: Json) -> bytes:
    """Write YAML."""
    return "".join(_yaml(document, 0)).encode()


def _yaml(value: Any, depth: int) -> Iterator[str]:
    pad = "  " * depth
    rows = value.items() if isinstance(value, dict) else ((None, row) for row in value)
    for key, row in rows:
        start = f"{pad}{key}:" if key is not None else f"{pad}-"
        if isinstance(row, dict | list) and row:
            yield f"{start}\n"
            yield from _yaml(row, depth + 1)
        else:
            yield f"{start} {json.dumps(row)}\n"


def as_rdf(document: Json) -> bytes:
    """Write SPDX 2 RDF/XML."""
    base = f"{document.get('documentNamespace', '')}#"
    creation = document["creationInfo"]
    creators = "".join(f"<s:creator>{escape(text)}</s:creator>" for text in creation["creators"])
    created = f"<s:created>{creation['created']}</s:created>" if "created" in creation else ""
    comment = f"<c:comment>{escape(creation['comment'])}</c:comment>" if "comment" in creation else ""
    head = (
        f"<s:specVersion>{document['spdxVersion']}</s:specVersion><s:name>{document['name']}</s:name>"
        f"<s:creationInfo><s:CreationInfo>{created}{creators}{comment}</s:CreationInfo></s:creationInfo>"
    )
    body = [_node("SpdxDocument", document["SPDXID"], head, document, base)]
    body += [_node("Package", row["SPDXID"], "".join(_package(row)), document, base) for row in document["packages"]]
    names = f'xmlns:rdf="{_RDF}" xmlns:s="{_TERMS}" xmlns:c="http://www.w3.org/2000/01/rdf-schema#"'
    return f"<rdf:RDF {names}>{''.join(body)}</rdf:RDF>".encode()


def _node(kind: str, ref: str, head: str, document: Json, base: str) -> str:
    edges = "".join(
        "<s:relationship><s:Relationship>"
        + _resource("relationshipType", f"{_TERMS}relationshipType_{_camel(row['relationshipType'])}")
        + _resource("relatedSpdxElement", _target(row["relatedSpdxElement"], base))
        + "</s:Relationship></s:relationship>"
        for row in document["relationships"]
        if row["spdxElementId"] == ref
    )
    return f"<s:{kind} rdf:about={quoteattr(base + ref)}>{head}{edges}</s:{kind}>"


def _target(ref: str, base: str) -> str:
    return f"{_TERMS}{ref.lower()}" if ref in ("NONE", "NOASSERTION") else f"{base}{ref}"


def _package(row: Json) -> Iterator[str]:
    texts = ("name", "versionInfo", "packageFileName", "supplier", "originator", "downloadLocation")
    yield from (f"<s:{key}>{escape(row[key])}</s:{key}>" for key in texts if key in row)
    for key in ("licenseDeclared", "licenseConcluded"):
        if key in row:
            yield _resource(key, f"http://spdx.org/licenses/{row[key]}")
    if "primaryPackagePurpose" in row:
        yield _resource("primaryPackagePurpose", f"{_TERMS}purpose_{row['primaryPackagePurpose'].lower()}")
    if "comment" in row:
        yield f"<c:comment>{escape(row['comment'])}</c:comment>"
    for entry in row.get("checksums", ()):
        algorithm = _resource("algorithm", f"{_TERMS}checksumAlgorithm_{entry['algorithm'].lower()}")
        value = f"<s:checksumValue>{entry['checksumValue']}</s:checksumValue>"
        yield f"<s:checksum><s:Checksum>{algorithm}{value}</s:Checksum></s:checksum>"
    for entry in row.get("externalRefs", ()):
        kind = _resource("referenceType", f"http://spdx.org/rdf/references/{entry['referenceType']}")
        locator = f"<s:referenceLocator>{escape(entry['referenceLocator'])}</s:referenceLocator>"
        yield f"<s:externalRef><s:ExternalRef>{kind}{locator}</s:ExternalRef></s:externalRef>"


def _resource(key: str, address: str) -> str:
    return f"<s:{key} rdf:resource={quoteattr(address)}/>"


def _camel(kind: str) -> str:
    first, *rest = kind.lower().split("_")
    return first + "".join(word.capitalize() for word in rest)
