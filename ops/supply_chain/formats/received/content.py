"""What a stranger's bytes are: decided by the content, never by a file's name.

Envelopes are opened on the way: gzip, a DSSE envelope, a Sigstore bundle, an in-toto statement. Their signatures are not
checked here. A document of any other format is refused with what it is, as far as that is known.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import re
import zlib
from enum import StrEnum
from typing import Any, NamedTuple

from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats import json_reader
from ops.supply_chain.formats.json_reader import LARGEST_BYTES, UnexpectedShapeError
from ops.supply_chain.formats.received.quick_json import QuickTree, read_quickly
from ops.supply_chain.formats.received.xml import XmlText, open_xml

MOST_CARRIERS = 4
"""Envelopes within each other: a bundle of a DSSE envelope of a statement, compressed."""

IN_TOTO = "in-toto"

_TAGS = re.compile(r"^[ \t]*SPDXVersion[ \t]*:", re.MULTILINE)
_YAML = re.compile(r"""^["']?spdxVersion["']?[ \t]*:""", re.MULTILINE)
_YAML_CYCLONEDX = re.compile(r"""^["']?bomFormat["']?[ \t]*:""", re.MULTILINE)
_ESCAPED = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_BAD_CHARACTERS = re.compile("[\x00\ud800-\udfff]")
_CYCLONEDX_XML = "http://cyclonedx.org/schema/bom/"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


class ContentKind(StrEnum):
    """A format that is read."""

    CYCLONEDX_JSON = "CycloneDX (JSON)"
    CYCLONEDX_XML = "CycloneDX (XML)"
    SPDX2_JSON = "SPDX 2 (JSON)"
    SPDX2_TAGS = "SPDX 2 (tag-value)"
    SPDX2_YAML = "SPDX 2 (YAML)"
    SPDX2_RDF = "SPDX 2 (RDF/XML)"
    SPDX3_JSON_LD = "SPDX 3 (JSON-LD)"


class Content(NamedTuple):
    """A document by its kind; `tree` is parsed JSON, an `XmlText`, or a text, by the kind; `carriers` the envelopes around it.

    `pieces` are the bytes of each component, where they were parsed one by one.
    """

    kind: ContentKind
    tree: Any
    carriers: tuple[str, ...] = ()
    pieces: tuple[bytes, ...] = ()


class OpenedDocument(NamedTuple):
    """A document out of its envelopes: parsed JSON, or a `Content` of another serialisation.

    `carriers` are the envelopes, outermost first; `statement` is the in-toto statement that it is the predicate of; `pieces`
    are those of `Content`.
    """

    tree: Any
    carriers: tuple[str, ...] = ()
    statement: dict[str, Any] | None = None
    pieces: tuple[bytes, ...] = ()


def recognise(data: bytes) -> Content:
    """Open envelopes and decide what a document is.

    Args:
        data: Of a file; at most `LARGEST_BYTES`, also where it is compressed.
    Raises:
        UnexpectedShapeError: It is too large, broken, or no SBOM that is read; the text has the reason.
    """
    found = open_envelopes(data)
    if isinstance(found.tree, Content):
        return found.tree._replace(carriers=found.carriers)
    return Content(_kind_of_json(found.tree), found.tree, found.carriers, found.pieces)


def open_envelopes(data: bytes) -> OpenedDocument:
    """Open envelopes, whatever is in them.

    Args:
        data: Of a file; at most `LARGEST_BYTES`, also where it is compressed.
    Raises:
        UnexpectedShapeError: It is too large, or broken; the text has the reason.
    """
    carriers: list[str] = []
    statement: dict[str, Any] | None = None
    found: Any = data
    pieces: tuple[bytes, ...] = ()
    while isinstance(found, bytes) or _carried(found) is not None:
        if len(carriers) > MOST_CARRIERS:
            raise UnexpectedShapeError(f"has more than {MOST_CARRIERS} envelopes within each other")
        if isinstance(found, bytes):
            if found[:2] == b"\x1f\x8b":
                carriers.append("gzip")
                found = _unpacked(found)
                continue
            opened = _opened(found)
            if isinstance(opened, Content):
                return OpenedDocument(opened, tuple(carriers))
            found, pieces = opened if isinstance(opened, QuickTree) else (opened, ())
            continue
        name, inner = _carried(found)  # type: ignore[misc]
        carriers.append(name)
        if name == IN_TOTO:
            statement = found
        found, pieces = inner, ()
    return OpenedDocument(found, tuple(carriers), statement, pieces)


def _opened(data: bytes) -> Any:
    """Return parsed JSON, or the content of another serialisation."""
    if len(data) > LARGEST_BYTES:
        raise UnexpectedShapeError(f"is larger than {LARGEST_BYTES} bytes")
    start = _start(data)
    if start == "":
        raise UnexpectedShapeError("is empty")
    if start == "<":
        return _xml(open_xml(data))
    if start in "{[":
        return _json(_in_utf8(data))
    text = _decoded(data)
    if _TAGS.search(text):
        return Content(ContentKind.SPDX2_TAGS, text)
    if _YAML.search(text):
        return Content(ContentKind.SPDX2_YAML, text)
    if _YAML_CYCLONEDX.search(text):
        raise UnexpectedShapeError("is CycloneDX as YAML, which the standard does not have: ask for JSON or XML")
    raise UnexpectedShapeError("is no SBOM that is read: neither JSON, XML, SPDX tag-value nor SPDX YAML")


def _start(data: bytes) -> str:
    """Return the first character that is not white space, whatever the encoding."""
    head = data[:65536]
    for mark in (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        head = head.removeprefix(mark)
    return head.replace(b"\0", b"").lstrip()[:1].decode("latin-1")


def _in_utf8(data: bytes) -> bytes:
    """Return JSON in UTF-8 without a mark: RFC 8259 demands it, and documents that are in use have others."""
    if data.startswith(codecs.BOM_UTF8):
        return data[3:]
    if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) or b"\0" in data[:4]:
        return _decoded(data).encode("utf-8", "surrogatepass")
    return data


def _decoded(data: bytes) -> str:
    encoding = "utf-8"
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        encoding = "utf-32"
    elif data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif b"\0" in data[:4]:
        encoding = "utf-16-be" if data[:1] == b"\0" else "utf-16-le"
    try:
        text = data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise UnexpectedShapeError(f"is not text in {encoding.upper()}: byte {error.start}") from error
    if "\0" in text:
        raise UnexpectedShapeError("has a NUL character, which no database and no terminal takes")
    return text


def _json(data: bytes) -> QuickTree:
    found = read_quickly(data) or QuickTree(json_reader.read(data).value)
    if _ESCAPED.search(data):
        _refuse_characters(found.value)
    return found


def _refuse_characters(tree: Any) -> None:
    """Refuse NUL and halves of surrogate pairs: databases take neither, and not the same of them."""
    pending = [tree]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            pending += value.keys()
            pending += value.values()
        elif isinstance(value, list):
            pending += value
        elif isinstance(value, str) and _BAD_CHARACTERS.search(value):
            raise UnexpectedShapeError(f"has a NUL character or half of a surrogate pair in {excerpt(value)!r}")


def _unpacked(data: bytes) -> bytes:
    reader = zlib.decompressobj(wbits=31)
    try:
        found = reader.decompress(data, LARGEST_BYTES + 1)
    except zlib.error as error:
        raise UnexpectedShapeError(f"is not gzip that can be read: {excerpt(error)}") from error
    if len(found) > LARGEST_BYTES:
        raise UnexpectedShapeError(f"is larger than {LARGEST_BYTES} bytes when it is unpacked")
    if not reader.eof:
        raise UnexpectedShapeError("is gzip that ends too early")
    if reader.unused_data:
        raise UnexpectedShapeError("is gzip with something behind its end")
    return found


def _carried(document: Any) -> tuple[str, Any] | None:
    """Return the name of an envelope and what is in it; None where the document is none."""
    if not isinstance(document, dict):
        return None
    found: tuple[str, Any] | None = None
    if isinstance(document.get("dsseEnvelope"), dict):
        found = "Sigstore bundle", document["dsseEnvelope"]
    elif isinstance(document.get("payload"), str) and "payloadType" in document:
        found = "DSSE", _payload(document["payload"])
    elif isinstance(document.get("predicate"), dict) and "predicateType" in document:
        found = IN_TOTO, document["predicate"]
    own = next((key for key in ("bomFormat", "spdxVersion", "@context") if key in document), None)
    if found is not None and own is not None:
        raise UnexpectedShapeError(f"is an envelope ({found[0]}) and has {own} as well: readers differ in which counts")
    return found


def _payload(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnexpectedShapeError("has a DSSE envelope whose payload is not base64") from error


def _xml(document: XmlText) -> Content:
    if document.name == "bom" and document.namespace.startswith(_CYCLONEDX_XML):
        return Content(ContentKind.CYCLONEDX_XML, document)
    if document.name == "RDF" and document.namespace == _RDF:
        return Content(ContentKind.SPDX2_RDF, document)
    if document.name == "Document":
        raise UnexpectedShapeError(
            "is SPDX 2 as plain XML, which is not read: ask for JSON, YAML, tag-value or RDF/XML"
        )
    if document.name == "bom":
        raise UnexpectedShapeError("is an XML bom without a namespace of CycloneDX, which has its version")
    raise UnexpectedShapeError(f"is XML with the root {excerpt(document.name)!r}, which is no SBOM that is read")


def _kind_of_json(document: Any) -> ContentKind:
    if isinstance(document, list):
        raise UnexpectedShapeError("is a JSON array: an SBOM is an object with bomFormat, spdxVersion or @context")
    if not isinstance(document, dict):
        raise UnexpectedShapeError("is JSON, but no object: no SBOM")
    if document.get("bomFormat") == "CycloneDX":
        return ContentKind.CYCLONEDX_JSON
    if "spdxVersion" in document:
        return ContentKind.SPDX2_JSON
    contexts = document.get("@context")
    texts = [text for text in (contexts if isinstance(contexts, list) else [contexts]) if isinstance(text, str)]
    if any("spdx.org/rdf/3" in text for text in texts):
        return ContentKind.SPDX3_JSON_LD
    raise UnexpectedShapeError(f"is JSON, but no SBOM: {_other(document, texts)}")


def _other(document: dict[str, Any], contexts: list[str]) -> str:
    if any("openvex" in text for text in contexts):
        return "it is an OpenVEX document"
    inner = document.get("document")
    if isinstance(inner, dict) and "csaf_version" in inner:
        return "it is a CSAF document"
    if "specFormat" in document:
        return "CycloneDX 2 is not read"
    if "bomFormat" in document:
        return f"bomFormat is {excerpt(repr(document['bomFormat']))}, expected 'CycloneDX'"
    return "it has no bomFormat, no spdxVersion, and no context of SPDX 3"
