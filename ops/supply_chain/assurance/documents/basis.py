"""The closing comment of a generated document: which evidence it was computed from, for `--check` to read.

Source: https://html.spec.whatwg.org/multipage/syntax.html#comments (`-->` ends a comment whatever it contains).
"""

from __future__ import annotations

import json
import re
from enum import StrEnum

import msgspec

from ops.supply_chain.contracts.files.claims import EvidenceSource
from ops.supply_chain.contracts.files.document_basis import BasisRelease, DocumentBasis
from ops.supply_chain.core import plain_json
from ops.supply_chain.core.commands import command
from ops.supply_chain.core.errors import InputError

_OPENING = "<!-- sealwright "
_COMMENT = re.compile(rf"{_OPENING}(\{{[^\n]*\}}) -->")
_MARKS = ("sealwright {", "security-md/1")
"""What may be left of an edited comment."""

_FEWEST_LINES, _SHORTEST_LINE = 4, 40

_AFTER_DASH, _DASH = re.compile("(?<=-)-"), r"\\u002d"


class DocumentStatus(StrEnum):
    """The relation of the evidence that a document names to the newest local evidence."""

    SAME = "same"
    OLDER = "older"
    NOT_HERE = "not-here"


def basis_of(component: str, source: EvidenceSource | None) -> DocumentBasis:
    """Return the evidence that a document rests on."""
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
    """Return the comment on one line; nothing in it can end it early."""
    line = json.dumps(msgspec.to_builtins(basis), sort_keys=True)
    for character in "<>":
        line = line.replace(character, f"\\u{ord(character):04x}")
    return f"{_OPENING}{_AFTER_DASH.sub(_DASH, line)} -->"


def read_basis(document: str, *, where: str) -> DocumentBasis | None:
    """Read the closing comment of a document; None where it has none, because it was not generated.

    Raises:
        InputError: The comment was edited and cannot be read.
    """
    comments = _COMMENT.findall(document)
    if not comments:
        return None
    try:
        return msgspec.convert(plain_json.load(comments[-1].encode(), where=where), DocumentBasis, strict=True)
    except msgspec.ValidationError as error:
        raise InputError(
            f"{where}: the closing comment cannot be read: {error}",
            hint=f"Regenerate the document: {command('security_md')}",
        ) from error


def status_of(named: DocumentBasis, source: EvidenceSource | None) -> DocumentStatus:
    """Compare the evidence that a document names with the newest on this machine.

    Evidence counts as newer only where it was retained later: a machine with only an older release cannot decide
    about a document that names a release it does not have.
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
    """Return whether a document has the comment of a generated one: anywhere, readable or not."""
    return any(mark in document for mark in _MARKS)


def is_derived(document: str, template: str) -> bool:
    """Return whether a document without the comment has sentences of a template, and so was generated and edited."""
    lines = {line.strip() for line in template.splitlines() if len(line.strip()) >= _SHORTEST_LINE}
    ours = {line for line in lines if "{" not in line and not line.startswith(("<!--", "#"))}
    return sum(line.strip() in ours for line in document.splitlines()) >= min(_FEWEST_LINES, len(ours))
