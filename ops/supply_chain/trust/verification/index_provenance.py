"""A provenance object of the Integrity API (PEP 740): the attestations in it, and what each statement has to say.

An object without an attestation proves nothing, and pypi-attestations 0.0.30 calls it OK: here it is an error. The publisher
in it is the index's claim, and counts only as far as the certificate proves it.

Source: https://peps.python.org/pep-0740/ ; https://docs.pypi.org/api/integrity/
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats import json_reader
from ops.supply_chain.formats.json_reader import Node, UnexpectedShapeError
from ops.supply_chain.trust.verification.evidence import bundle_of
from ops.supply_chain.trust.verification.provenance import PREDICATE_TYPE, STATEMENT_TYPE
from ops.supply_chain.trust.verification.published import PUBLISH_TYPE

FORMAT_VERSION = 1
MOST_ATTESTATIONS = 32
"""Of one file; PyPI takes two."""


@dataclass(frozen=True, kw_only=True)
class IndexAttestation:
    """One attestation: the publisher that the index claims for it, and its bundle."""

    claim: Mapping[str, object]
    bundle: bytes


class EmptyProvenanceError(Exception):
    """The object contains no attestation, or a group without one."""


def read_provenance(document: bytes) -> tuple[IndexAttestation, ...]:
    """Read a provenance object.

    Returns:
        Its attestations in their order; at least one.
    Raises:
        EmptyProvenanceError: There is none.
        UnexpectedShapeError: It is not understood.
    """
    object_ = json_reader.read(document)
    if object_["version"].value != FORMAT_VERSION:
        raise UnexpectedShapeError(f"$.version: expected {FORMAT_VERSION}, found {excerpt(object_['version'].value)}")
    found = []
    for group in object_["attestation_bundles"].rows():
        rows = group["attestations"].rows()
        if not rows:
            raise EmptyProvenanceError("its provenance object has a publisher without attestations")
        claim = group["publisher"].table()
        found += [IndexAttestation(claim=claim, bundle=bundle_of(attestation)) for attestation in rows]
    if not found:
        raise EmptyProvenanceError("its provenance object has no attestation in it")
    if len(found) > MOST_ATTESTATIONS:
        raise UnexpectedShapeError(f"has {len(found)} attestations, at most {MOST_ATTESTATIONS} are read")
    return tuple(found)


def predicate_type(payload: bytes) -> str:
    """Return the predicate type of a signed statement; empty if it has none."""
    try:
        return json_reader.read(payload).text_of("predicateType")
    except UnexpectedShapeError:
        return ""


def is_publication(payload: bytes) -> bool:
    """Return whether a signed statement says that its file was published."""
    return predicate_type(payload) == PUBLISH_TYPE


def statement_problems(payload: bytes, filename: str, sha256: str, same: Callable[[str, str], bool]) -> tuple[str, ...]:
    """Return why a signed statement is not about exactly one file, a clause each.

    Args:
        payload: The signed bytes.
        filename: The file.
        sha256: Its digest.
        same: Whether two file names are those of one distribution.
    """
    try:
        return tuple(_problems(json_reader.read(payload), filename, sha256, same))
    except UnexpectedShapeError as error:
        return (f"its statement is malformed: {error}",)


def _problems(statement: Node, filename: str, sha256: str, same: Callable[[str, str], bool]) -> Iterator[str]:
    kind, predicate = statement["_type"].text(), statement["predicateType"].text()
    if kind != STATEMENT_TYPE:
        yield f"expected a statement of type {STATEMENT_TYPE}, found {excerpt(kind)}"
    if predicate not in (PUBLISH_TYPE, PREDICATE_TYPE):
        yield f"its predicate type {excerpt(predicate)} is not defined by PEP 740"
    subjects = statement["subject"].rows()
    if len(subjects) != 1:
        yield f"expected one subject, found {len(subjects)}"
        return
    name, digest = subjects[0]["name"].text(), subjects[0]["digest"].text_of("sha256")
    if not same(name, filename):
        yield f"it is about {excerpt(name)}, expected {filename}"
    if digest != sha256:
        yield f"it is about SHA-256 {excerpt(digest) or 'none'}, expected {sha256}"
