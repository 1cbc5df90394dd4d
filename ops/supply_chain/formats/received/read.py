"""The one way from bytes to a `ReceivedSbom`: recognise, check with the standard's schema, read.

The schemas are files of other packages, so the check is given by the caller; without one a document is read as far as
its shape allows. A document is either read, with its defects, or refused with one error: nothing here raises another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from ops.supply_chain.contracts.values.received_sbom import (
    MOST_DEFECTS,
    ReceivedSbom,
    SbomDefect,
    SbomSyntax,
)
from ops.supply_chain.core.collector import without_collection
from ops.supply_chain.formats import yaml
from ops.supply_chain.formats.json_reader import LARGEST_BYTES, UnexpectedShapeError
from ops.supply_chain.formats.received.collect import Table
from ops.supply_chain.formats.received.content import Content, ContentKind, recognise
from ops.supply_chain.formats.received.cyclonedx import CycloneDxBuilder

if TYPE_CHECKING:
    from ops.supply_chain.formats.received.xml import XmlText

YAML_BOUNDS = yaml.YamlBounds(size=64 << 20, values=4_000_000)

SchemaCheck = Callable[[Content], Iterable[SbomDefect]]
"""Returns what breaks the standard's schema, given a document before it is read."""


def read_received(data: bytes, check: SchemaCheck | None = None) -> ReceivedSbom:
    """Read an SBOM of any format.

    Args:
        data: Of the file.
        check: Validates the document with the schema of its standard; None for no validation.
    Raises:
        UnexpectedShapeError: It is no SBOM that is read, or cannot be parsed; the text has the reason.
    """
    return _received(data, check)


def _received(data: bytes, check: SchemaCheck | None, *, identities: bool = False) -> ReceivedSbom:
    if len(data) > LARGEST_BYTES:
        raise UnexpectedShapeError(f"is larger than {LARGEST_BYTES} bytes")
    with without_collection():
        try:
            content = recognise(data)
            del data
            if identities:
                content = _without_details(content)
            broken = tuple(check(content)) if check is not None else ()
            found = _read(content, _DETAILS if identities else frozenset())
        except RecursionError as error:
            raise UnexpectedShapeError("is nested too deeply") from error
    return replace(
        found,
        carriers=content.carriers,
        defects=(*broken, *found.defects)[:MOST_DEFECTS],
        defect_count=found.defect_count + len(broken),
    )


def read_identities(data: bytes) -> ReceivedSbom:
    """Read an SBOM for what its components are, and nothing else that is known of them.

    Of CycloneDX in JSON, the digests, licences, parties and addresses of components are left out, dependencies and statements too,
    with what is wrong with them. It takes a third of the time; every other format is read as a whole.

    Args:
        data: Of the file.
    Raises:
        UnexpectedShapeError: As `read_received`.
    """
    return _received(data, None, identities=True)


def _without_details(content: Content) -> Content:
    """Return a document without what does not identify its components."""
    if content.kind is ContentKind.CYCLONEDX_JSON:
        for key in ("dependencies", "compositions", "vulnerabilities", "services"):
            content.tree.pop(key, None)
    return content


_DETAILS = frozenset(
    (
        "hashes",
        "licenses",
        "externalReferences",
        "supplier",
        "manufacturer",
        "authors",
        "author",
        "publisher",
        "evidence",
    )
)
"""Fields of a component that do not identify it."""


def _read(content: Content, without: frozenset[str]) -> ReceivedSbom:
    if content.kind is ContentKind.CYCLONEDX_JSON:
        return _cyclonedx_json(content.tree, content.pieces, without)
    return _READERS[content.kind](content.tree)


def _cyclonedx_json(tree: Table, pieces: Sequence[bytes], without: frozenset[str]) -> ReceivedSbom:
    version = tree.get("specVersion")
    builder = CycloneDxBuilder(version if isinstance(version, str) else "", SbomSyntax.JSON)
    return builder.document(tree, pieces, without)


def _cyclonedx_xml(tree: XmlText) -> ReceivedSbom:
    from ops.supply_chain.formats.received.cyclonedx_xml import read_cyclonedx_xml

    return read_cyclonedx_xml(tree)


def _spdx2(tree: Table, syntax: SbomSyntax = SbomSyntax.JSON, unread: Iterable[tuple[str, str]] = ()) -> ReceivedSbom:
    from ops.supply_chain.formats.received.spdx2 import read_spdx2

    return read_spdx2(tree, syntax, unread)


def _tags(text: str) -> ReceivedSbom:
    from ops.supply_chain.formats.received.spdx2_tags import parse_tags

    document, unread = parse_tags(text)
    return _spdx2(document, SbomSyntax.TAG_VALUE, unread)


def _rdf(tree: XmlText) -> ReceivedSbom:
    from ops.supply_chain.formats.received.spdx2_rdf import parse_rdf

    document, unread = parse_rdf(tree)
    return _spdx2(document, SbomSyntax.RDF_XML, unread)


def _yaml(text: str) -> ReceivedSbom:
    value = yaml.read(text, bounds=YAML_BOUNDS, as_texts=True).value
    if not isinstance(value, dict):
        raise UnexpectedShapeError("is YAML, but no object: no SBOM")
    return _spdx2(value, SbomSyntax.YAML)


def _spdx3(tree: Table) -> ReceivedSbom:
    from ops.supply_chain.formats.received.spdx3 import read_spdx3

    return read_spdx3(tree)


_READERS: dict[ContentKind, Callable[[Any], ReceivedSbom]] = {
    ContentKind.CYCLONEDX_XML: _cyclonedx_xml,
    ContentKind.SPDX2_JSON: _spdx2,
    ContentKind.SPDX2_TAGS: _tags,
    ContentKind.SPDX2_YAML: _yaml,
    ContentKind.SPDX2_RDF: _rdf,
    ContentKind.SPDX3_JSON_LD: _spdx3,
}
"""Each reader is imported with the first document of its format: most runs have one."""
