"""Check that each distribution has a publish attestation (PEP 740) for exactly its bytes.

A package index takes such an attestation only with the upload and with exactly one subject, so that every distribution has
its own. A release without any is complete: earlier ones have none, and a project can switch them off.

Source: https://peps.python.org/pep-0740/ ; https://docs.pypi.org/attestations/publish/v1/
"""

from __future__ import annotations

from collections.abc import Iterator

from ops.supply_chain.contracts.files.verification import BundleResult, Check, Expectations, Given, GivenFile, Line
from ops.supply_chain.contracts.values.signature_names import publish_attestation_name
from ops.supply_chain.core.outcome import Outcome
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats import json_reader
from ops.supply_chain.formats.json_reader import Node, UnexpectedShapeError
from ops.supply_chain.trust.verification import commands
from ops.supply_chain.trust.verification.attested import PAYLOAD_TYPE
from ops.supply_chain.trust.verification.file_kinds import ReleaseFileNames
from ops.supply_chain.trust.verification.lines import check, failed
from ops.supply_chain.trust.verification.provenance import STATEMENT_TYPE
from ops.supply_chain.trust.verification.signatures import answer_line

PUBLISH_TYPE = "https://docs.pypi.org/attestations/publish/v1"
TITLE = "Each distribution has a publish attestation (PEP 740) for exactly its bytes"


def published(parts: ReleaseFileNames, given: Given, wanted: Expectations) -> tuple[Check, ...]:
    """Check the publish attestations; nothing if the release has none. If one distribution has one, all must."""
    if not parts.publish_attestations:
        return ()
    lines = [line for name in parts.distributions for line in _lines(name, parts, given, wanted)]
    return (check("attestations.publish", TITLE, lines),)


def _lines(name: str, parts: ReleaseFileNames, given: Given, wanted: Expectations) -> Iterator[Line]:
    attestation = publish_attestation_name(name)
    if attestation not in parts.names:
        yield failed(attestation, "is missing, although other distributions have theirs")
        return
    result = given.statements[attestation]
    signer = result.proof.san if result.proof else ""
    command = commands.verify_publish_attestation(name, signer, private_root=wanted.private_root)
    line = answer_line(attestation, result, command)
    yield line
    if line.outcome is Outcome.PASS:
        yield from (failed(attestation, problem, command) for problem in _problems(result, given.files[name]))


def _problems(result: BundleResult, file: GivenFile) -> Iterator[str]:
    if result.proof is None or result.proof.payload_type != PAYLOAD_TYPE:
        yield f"expected a payload of type {PAYLOAD_TYPE}"
        return
    try:
        yield from statement_problems(json_reader.read(result.proof.payload), name=file.name, sha256=file.sha256)
    except UnexpectedShapeError as error:
        yield str(error)


def statement_problems(statement: Node, *, name: str, sha256: str) -> Iterator[str]:
    """Return why a statement is no publish attestation of one distribution, a sentence each.

    Args:
        statement: The signed payload.
        name: File name of the distribution.
        sha256: Its SHA-256.
    Raises:
        UnexpectedShapeError: It has another shape.
    """
    if statement["_type"].text() != STATEMENT_TYPE:
        yield f"$._type: expected {STATEMENT_TYPE}, found {excerpt(statement['_type'].value)}"
    if statement["predicateType"].text() != PUBLISH_TYPE:
        yield f"$.predicateType: expected {PUBLISH_TYPE}, found {excerpt(statement['predicateType'].value)}"
    if statement.table().get("predicate") is not None:
        yield "$.predicate: expected null"
    subjects = statement["subject"].rows()
    if len(subjects) != 1:
        yield f"$.subject: expected one subject, found {len(subjects)}"
        return
    found, digest = subjects[0]["name"].text(), subjects[0]["digest"].text_of("sha256")
    if found != name:
        yield f"$.subject[0].name: expected {name}, found {excerpt(found)}"
    if digest != sha256:
        yield f"$.subject[0].digest.sha256: expected {sha256}, found {excerpt(digest)}"
