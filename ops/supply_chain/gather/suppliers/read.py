"""A document's bytes as what the registry stores of it: an SBOM of any format that is read, or a VEX document."""

from __future__ import annotations

from collections.abc import Iterator

from ops.supply_chain.adapters.tools.received_schemas import schema_defects
from ops.supply_chain.contracts.values.received_sbom import DefectKind, ReceivedSbom
from ops.supply_chain.contracts.values.registry import DocumentKind, PackageName, RegisteredStatement
from ops.supply_chain.contracts.values.vex import VexDocument, VexStatement, VexTarget
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.moments import timestamp
from ops.supply_chain.core.plain_json import load
from ops.supply_chain.core.text import printable
from ops.supply_chain.formats.json_reader import LARGEST_BYTES, UnexpectedShapeError
from ops.supply_chain.formats.purl import read_purl
from ops.supply_chain.formats.received.read import read_received
from ops.supply_chain.risk.vex.read import read_vex
from ops.supply_chain.suppliers.documents import ReadDocument
from ops.supply_chain.suppliers.entries import (
    components_of,
    digests_of,
    product_of,
    purl_of,
    statements_of,
    utc,
)

_VEX_MARKS = (b'"document"', b"openvex")


def read_document(data: bytes, name: str) -> ReadDocument:
    """Read a document.

    Args:
        data: Its bytes.
        name: Of the file, for messages.
    Returns:
        What it states, or the reason why it was not read.
    Raises:
        UnavailableError: A schema that it is checked with is not installed.
    """
    try:
        return _sbom(read_received(data, schema_defects))
    except UnexpectedShapeError as error:
        problem = str(error)
    if len(data) <= LARGEST_BYTES and any(mark in data for mark in _VEX_MARKS):
        try:
            return _vex(read_vex(load(data, where=name), file=name))
        except InputError as error:
            problem = error.message
    return ReadDocument(problem=printable(problem))


def _sbom(sbom: ReceivedSbom) -> ReadDocument:
    product = product_of(sbom)
    statements = tuple(statements_of(sbom))
    is_vex = bool(statements) and len(sbom.components) <= len(sbom.roots)
    broken = tuple(defect for defect in sbom.defects if defect.kind in (DefectKind.SCHEMA, DefectKind.UNREAD))
    return ReadDocument(
        kind=DocumentKind.VEX if is_vex else DocumentKind.SBOM,
        format=f"{sbom.standard.value} {sbom.version}".strip(),
        product=product.identity,
        product_version=product.version,
        stated=utc(sbom.timestamp),
        defects=broken,
        defect_count=len(broken),
        components=tuple(components_of(sbom)),
        digests=tuple(digests_of(sbom)),
        statements=statements,
        sbom=sbom,
    )


def _vex(document: VexDocument) -> ReadDocument:
    statements = tuple(_statements(document))
    times = [statement.stated for statement in statements if statement.stated]
    return ReadDocument(
        kind=DocumentKind.VEX,
        format=document.format,
        product=document.id,
        stated=max(times, default=""),
        subjects=tuple(dict.fromkeys(_product(statement.product) for statement in statements)),
        statements=statements,
    )


def _statements(document: VexDocument) -> Iterator[RegisteredStatement]:
    for place, statement in enumerate(document.statements):
        for target in statement.targets or (None,):
            yield _statement(place, statement, target)


def _statement(place: int, statement: VexStatement, target: VexTarget | None) -> RegisteredStatement:
    moment = statement.timestamp or statement.latest
    package, version = _package(target) if target is not None else (None, "")
    return RegisteredStatement(
        place,
        statement.names[0],
        statement.names[1:],
        statement.status.value,
        statement.justification.value if statement.justification else "",
        "",
        timestamp(moment) if moment else "",
        (target.within or target.label) if target is not None else "",
        package,
        version,
    )


def _package(target: VexTarget) -> tuple[PackageName | None, str]:
    if target.name:
        return PackageName("pypi", "", target.name), target.version or target.versions
    found = read_purl(target.label)
    if found is None:
        return None, target.version or target.versions
    return PackageName(found.type, found.namespace, found.name), found.version


def _product(text: str) -> str:
    """Return a product without its version, as `[[suppliers]].products` has it."""
    found = read_purl(text)
    return purl_of(found) if found is not None else text
