"""The closing comment of a generated document: which evidence it was computed from, for `--check` to read.

Source: issue "SECURITY.md that cannot lie"; HTML, "Comments": `-->` ends one, whatever stands in it.
"""

from __future__ import annotations

import json
import re
from enum import StrEnum

import msgspec

from ops.supply_chain.contracts.files.claims import EvidenceSource
from ops.supply_chain.contracts.files.document_basis import BasisRelease, DocumentBasis
from ops.supply_chain.core import plain_json
from ops.supply_chain.core.errors import InputError

_OPENING = "<!-- sealwright "
_COMMENT = re.compile(rf"{_OPENING}(\{{[^\n]*\}}) -->\s*\Z")

_AFTER_DASH, _DASH = re.compile("(?<=-)-"), r"\\u002d"


class DocumentStatus(StrEnum):
    """How the evidence that a document names stands to what is here."""

    SAME = "same"
    OLDER = "older"
    NOT_HERE = "not-here"


def basis_of(component: str, source: EvidenceSource | None) -> DocumentBasis:
    """Say what a document rests on."""
    if source is None:
        return DocumentBasis(schema="security-md/1", component=component, evidence=None)
    evidence = BasisRelease(
        version=source.version,
        rehearsal=source.rehearsal,
        manifest_sha256=source.manifest_sha256,
        retained_at=source.retained_at,
    )
    return DocumentBasis(schema="security-md/1", component=component, evidence=evidence)


def closing_comment(basis: DocumentBasis) -> str:
    """Return the comment, on one line, with nothing in it that could end it."""
    line = json.dumps(msgspec.to_builtins(basis), sort_keys=True)
    for character in "<>":
        line = line.replace(character, f"\\u{ord(character):04x}")
    return f"{_OPENING}{_AFTER_DASH.sub(_DASH, line)} -->"


def read_basis(document: str, *, where: str) -> DocumentBasis | None:
    """Read the closing comment of a document; None where it has none, because it was not generated.

    Raises:
        InputError: It has one that was edited into something else.
    """
    found = _COMMENT.search(document)
    if found is None:
        return None
    try:
        return msgspec.convert(plain_json.load(found[1].encode(), where=where), DocumentBasis, strict=True)
    except msgspec.ValidationError as error:
        raise InputError(
            f"{where}: the closing comment says nothing that can be read: {error}",
            hint="Generate the document again: nox -s security_md",
        ) from error


def status_of(named: DocumentBasis, source: EvidenceSource | None) -> DocumentStatus:
    """Hold the evidence that a document names against the newest that is here.

    What is here counts as newer only where it was retained later: on a machine that has an older release
    nothing can be said of a document that names one it does not have.
    """
    if named.evidence is None:
        return DocumentStatus.SAME if source is None else DocumentStatus.OLDER
    if source is None:
        return DocumentStatus.NOT_HERE
    if named.evidence.manifest_sha256 == source.manifest_sha256:
        return DocumentStatus.SAME
    if named.evidence.rehearsal and not source.rehearsal:
        return DocumentStatus.OLDER
    later = source.retained_at > named.evidence.retained_at and source.rehearsal == named.evidence.rehearsal
    return DocumentStatus.OLDER if later else DocumentStatus.NOT_HERE


def is_generated(document: str) -> bool:
    """Tell whether a document has our closing comment, readable or not."""
    return _COMMENT.search(document) is not None
