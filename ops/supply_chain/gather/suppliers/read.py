"""A document's bytes as what the registry stores of it: an SBOM of any format that is read, or a VEX document."""

from __future__ import annotations

from typing import Any

from ops.supply_chain.adapters.tools.received_schemas import schema_defects
from ops.supply_chain.contracts.values.received_sbom import DefectKind, ReceivedSbom
from ops.supply_chain.contracts.values.registry import DocumentKind
from ops.supply_chain.contracts.values.vex import VexDocument
from ops.supply_chain.core.digests import sha256_bytes
from ops.supply_chain.core.errors import InputError
from ops.supply_chain.core.moments import timestamp
from ops.supply_chain.core.text import printable
from ops.supply_chain.formats.json_reader import LARGEST_BYTES, UnexpectedShapeError
from ops.supply_chain.formats.received.content import OpenedDocument, open_envelopes
from ops.supply_chain.formats.received.read import read_received
from ops.supply_chain.formats.version_orders.orders import sort_key
from ops.supply_chain.risk.vex.attested import about_subjects
from ops.supply_chain.risk.vex.read import read_vex
from ops.supply_chain.suppliers.documents import ReadDocument
from ops.supply_chain.suppliers.entries import digests_of, listed_in, product_of, utc
from ops.supply_chain.suppliers.statement_entries import (
    every_version,
    identifiers_of,
    products_named,
    size_of,
    statements_of,
    vex_statements,
)

_DIGITS = 12
"""Of an edition that is a number, so that editions sort as text."""


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
        return _bounded(_sbom(read_received(data, schema_defects), data))
    except UnexpectedShapeError as error:
        problem = str(error)
    try:
        opened = open_envelopes(data)
        if _is_vex(opened.tree):
            return _bounded(_vex(about_subjects(read_vex(opened.tree, file=name), opened.statement), opened))
    except UnexpectedShapeError as error:
        problem = str(error)
    except InputError as error:
        problem = error.message
    except RecursionError:
        problem = "is nested too deeply"
    return ReadDocument(problem=printable(problem.removeprefix(f"{name}: ")))


def _bounded(read: ReadDocument) -> ReadDocument:
    """Refuse a document whose statements, each with all that it repeats, are larger than a document may be."""
    if size_of(read.statements) > LARGEST_BYTES:
        raise UnexpectedShapeError(
            f"has statements that are larger than {LARGEST_BYTES} bytes, each with what it repeats"
        )
    return read


def _is_vex(tree: Any) -> bool:
    """Return whether JSON is OpenVEX or CSAF, however broken."""
    if not isinstance(tree, dict):
        return False
    inner = tree.get("document")
    return "openvex" in str(tree.get("@context", "")) or (isinstance(inner, dict) and "csaf_version" in inner)


def _sbom(sbom: ReceivedSbom, data: bytes) -> ReadDocument:
    product = product_of(sbom)
    statements = tuple(statements_of(sbom))
    is_vex = bool(statements) and len(sbom.components) <= len(sbom.roots)
    broken = tuple(defect for defect in sbom.defects if defect.kind in (DefectKind.SCHEMA, DefectKind.UNREAD))
    stated = utc(sbom.timestamp)
    return ReadDocument(
        kind=DocumentKind.VEX if is_vex else DocumentKind.SBOM,
        format=f"{sbom.standard.value} {sbom.version}".strip(),
        # Several VEX documents are about one product: a newer one supersedes only what has its own serial number.
        product=(sbom.identifier or f"sha256:{sha256_bytes(data)}") if is_vex else product.identity,
        product_version="" if is_vex else product.version,
        stated=stated,
        newest=max([stated, *(statement.stated for statement in statements)]),
        revision=_edition("" if sbom.revision is None else str(sbom.revision)),
        identifiers=() if is_vex else identifiers_of(sbom),
        defects=broken,
        defect_count=len(broken),
        subjects=products_named(statements) if is_vex else (),
        wide=every_version(statements) if is_vex else (),
        listed=() if is_vex else listed_in(sbom),
        digests=() if is_vex else tuple(digests_of(sbom)),
        statements=statements,
        sbom=sbom,
    )


def _vex(document: VexDocument, opened: OpenedDocument) -> ReadDocument:
    statements = tuple(vex_statements(document))
    issued = timestamp(document.issued) if document.issued else ""
    latest = [timestamp(statement.latest) for statement in document.statements if statement.latest]
    version = str(opened.tree["document"].get("csaf_version", "")) if document.format.startswith("CSAF") else ""
    return ReadDocument(
        kind=DocumentKind.VEX,
        format=f"{document.format} {version}".strip(),
        product=document.id,
        stated=issued or max(latest, default=""),
        newest=max([issued, *latest]),
        revision=_edition(document.revision),
        subjects=products_named(statements),
        wide=every_version(statements),
        draft=document.draft,
        withdrawn=document.withdrawn,
        statements=statements,
    )


def _edition(text: str) -> str:
    """Return an edition in a form that sorts: a number, or a version with three parts; empty for any other text."""
    if text.isascii() and text.isdecimal():
        digits = text.lstrip("0")
        return digits.rjust(_DIGITS, "0") if len(digits) <= _DIGITS else "9" * _DIGITS
    return sort_key("npm", text) or ""
