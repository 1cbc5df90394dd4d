"""Further evidence that a customer may have: GitHub attestations and PEP 740 provenance.

Both contain Sigstore bundles. GitHub's come as JSON Lines (`gh attestation download`), as one bundle, or as the
API's answer; PEP 740's as the index's provenance object or a single attestation, which is a bundle with other
field names.

Source: https://docs.github.com/en/rest/repos/attestations ; PEP 740, https://peps.python.org/pep-0740/
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from ops.supply_chain.contracts.files.verification import Check, Expectations, Further, GivenFile, Line
from ops.supply_chain.core.text import excerpt
from ops.supply_chain.formats import json_reader
from ops.supply_chain.formats.json_reader import Node, UnexpectedShapeError
from ops.supply_chain.trust.identities.run import repository_of
from ops.supply_chain.trust.verification import commands
from ops.supply_chain.trust.verification.attested import PAYLOAD_TYPE
from ops.supply_chain.trust.verification.lines import check, failed, passed, unseen
from ops.supply_chain.trust.verification.provenance import STATEMENT_TYPE

GITHUB, PEP_740 = "github", "pep740"
GITHUB_ISSUER = "https://token.actions.githubusercontent.com"
SOURCE_REPOSITORY = "1.3.6.1.4.1.57264.1.12"
"""Fulcio's extension that names the repository for which the workflow ran."""

SOURCE_COMMIT = "1.3.6.1.4.1.57264.1.13"
"""Fulcio's extension that names the commit for which the workflow ran."""

BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"


OLD_STATEMENT_TYPE = "https://in-toto.io/Statement/v0.1"
"""The statement that SLSA provenance v0.2 comes in; subject and predicate are where v1 has them."""


class Found(NamedTuple):
    """A bundle in a file of evidence: its kind, and its bytes.

    `problem` says why it is malformed, `left_out` why it is not examined although it is well-formed.
    """

    kind: str
    bundle: bytes
    problem: str = ""
    left_out: str = ""


def bundles_in(data: bytes) -> tuple[Found, ...]:
    """Read a file of evidence.

    Returns:
        In the order of the file; a malformed file yields one with its problem.
    """
    try:
        found = tuple(_found(data))
    except UnexpectedShapeError as error:
        return (Found(GITHUB, b"", str(error)),)
    return found or (Found(GITHUB, b"", "contains no attestation"),)


def _found(data: bytes) -> Iterator[Found]:
    try:
        documents = [json_reader.read(data)]
    except UnexpectedShapeError as error:
        lines = [line for line in data.split(b"\n") if line.strip()]
        if len(lines) < 2:  # noqa: PLR2004 - one line was just read
            raise error from None
        documents = [json_reader.read(line) for line in lines]
    for document in documents:
        yield from _bundles(document)


def _bundles(document: Node) -> Iterator[Found]:
    fields = document.table()
    if "mediaType" in fields:
        yield Found(GITHUB, json.dumps(document.value).encode())
    elif "attestation_bundles" in fields:
        for group in document["attestation_bundles"].rows():
            yield from (Found(PEP_740, bundle_of(attestation)) for attestation in group["attestations"].rows())
    elif "verification_material" in fields:
        yield Found(PEP_740, bundle_of(document))
    elif "attestations" in fields:
        for attestation in document["attestations"].rows():
            yield Found(GITHUB, json.dumps(attestation["bundle"].table()).encode())
    elif {"payload", "payloadType", "signatures"} <= fields.keys():
        yield Found(GITHUB, b"", left_out="a bare DSSE envelope: it has neither certificate nor log entry")
    else:
        yield Found(GITHUB, b"", left_out="neither a Sigstore bundle nor a PEP 740 attestation")


def bundle_of(attestation: Node) -> bytes:
    """Write a PEP 740 attestation as the bundle that it was made from.

    Raises:
        UnexpectedShapeError: It is no such attestation.
    """
    if attestation["version"].value != 1:
        raise UnexpectedShapeError(
            f"{attestation.path}.version: expected 1, found {excerpt(attestation['version'].value)}"
        )
    material, envelope = attestation["verification_material"], attestation["envelope"]
    bundle: dict[str, Any] = {
        "mediaType": BUNDLE_TYPE,
        "verificationMaterial": {
            "certificate": {"rawBytes": material["certificate"].text()},
            "tlogEntries": [entry.table() for entry in material["transparency_entries"].rows()],
        },
        "dsseEnvelope": {
            "payload": envelope["statement"].text(),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{"sig": envelope["signature"].text()}],
        },
    }
    return json.dumps(bundle).encode()


def evidence(
    further: tuple[Further, ...], files: Mapping[str, GivenFile], wanted: Expectations, repository: str
) -> list[Check]:
    """Check the further evidence; nothing if none was given.

    Args:
        further: Each bundle with its result.
        files: The release's files.
        wanted: The expectations of the customer.
        repository: The stated or expected repository of the release: `host/owner/name`, or empty.
    """
    if not further:
        return []
    title = "Further attestations verify, come from the same source, and are about these files"
    read = [bundle for bundle in further if not left_out(bundle, further, files)]
    lines = [_line(bundle, files, wanted, repository) for bundle in read]
    return [check("evidence.attestations", title, lines)] if lines else []


def evidence_notes(further: tuple[Further, ...], files: Mapping[str, GivenFile]) -> list[str]:
    """Return a sentence for each part of the further evidence that is left out: it neither helps nor harms."""
    reasons = ((bundle.source, left_out(bundle, further, files)) for bundle in further)
    return [f"further evidence {excerpt(source)}: {reason}" for source, reason in reasons if reason]


def left_out(bundle: Further, further: tuple[Further, ...], files: Mapping[str, GivenFile]) -> str:
    """Return why a part of the further evidence is left out; empty if it is examined.

    What is not understood says nothing about the release. An attestation about other artifacts is skipped only if
    another one in the same file is about this release.
    """
    if bundle.left_out:
        return f"not examined: {bundle.left_out}"
    if bundle.answer.newer:
        return excerpt(bundle.answer.problem)
    if bundle.problem or bundle.answer.proof is None:
        return ""
    try:
        if covered(bundle, files):
            return ""
        others = [other for other in further if _file_of(other) == _file_of(bundle) and _is_about(other, files)]
        names = ", ".join(excerpt(name) for name in _names(bundle)) or "no file"
    except UnexpectedShapeError as error:
        return f"not examined: {error}"
    return f"skipped, because it is about other artifacts: {names}" if others else ""


def _file_of(bundle: Further) -> str:
    """Return the file that a part comes from: `source` ends in its position if there are several."""
    return re.sub(r"\[[0-9]+\]\Z", "", bundle.source)


def _is_about(bundle: Further, files: Mapping[str, GivenFile]) -> bool:
    try:
        return bundle.answer.proof is not None and bool(covered(bundle, files))
    except UnexpectedShapeError:
        return False


def _names(bundle: Further) -> list[str]:
    return [row.text_of("name") for row in _statement(bundle)["subject"].rows()]


def covered(one: Further, files: Mapping[str, GivenFile]) -> tuple[str, ...]:
    """Return the names of the files that a verified attestation covers by digest, sorted.

    Raises:
        UnexpectedShapeError: The signed payload is not a statement.
    """
    statement = _statement(one)
    digests = {row["digest"].text_of("sha256") for row in statement["subject"].rows()} - {""}
    return tuple(sorted(name for name, file in files.items() if file.sha256 in digests))


def predicate_of(one: Further) -> tuple[str, Node]:
    """Return predicate type and predicate of a verified attestation.

    Raises:
        UnexpectedShapeError: The signed payload is not a statement.
    """
    statement = _statement(one)
    return statement["predicateType"].text(), statement["predicate"]


def same_source(one: Further, repository: str) -> bool:
    """Return whether the certificate was issued to a GitHub workflow of a repository."""
    proof = one.answer.proof
    if proof is None or not repository or proof.issuer != GITHUB_ISSUER:
        return False
    return repository_of(proof.extensions.get(SOURCE_REPOSITORY, "")) == repository


def _statement(one: Further) -> Node:
    proof = one.answer.proof
    if proof is None or proof.payload_type != PAYLOAD_TYPE:
        raise UnexpectedShapeError("the signed payload is not an in-toto statement")
    statement = json_reader.read(proof.payload)
    if statement["_type"].text() not in (STATEMENT_TYPE, OLD_STATEMENT_TYPE):
        raise UnexpectedShapeError(f"$._type: expected {STATEMENT_TYPE}, found {excerpt(statement['_type'].value)}")
    return statement


def _line(one: Further, files: Mapping[str, GivenFile], wanted: Expectations, repository: str) -> Line:
    if not one.problem and not one.answer.examined and one.answer.proof is None:
        return unseen(one.source, one.answer.problem)
    if one.problem or one.answer.proof is None:
        return failed(one.source, one.problem or one.answer.problem or "does not verify")
    try:
        about, (kind, _) = covered(one, files), predicate_of(one)
    except UnexpectedShapeError as error:
        return failed(one.source, str(error))
    if not about:
        return failed(one.source, "covers none of these files")
    return _origin(one, f"{excerpt(kind)} about {', '.join(about)}", repository, _command(about[0], kind, wanted))


def _origin(one: Further, message: str, repository: str, command: str) -> Line:
    """Check the maker of an attestation about files of the release."""
    proof = one.answer.proof
    name = excerpt(proof.signer) if proof else ""
    if one.answer.counts or same_source(one, repository):
        return passed(one.source, f"{message}, by {name}", command)
    if not repository:
        return unseen(
            one.source, f"{message}, by {name}: no expected repository was given (--source-repository)", command
        )
    found = repository_of(proof.extensions.get(SOURCE_REPOSITORY, "")) if proof else ""
    return failed(one.source, f"comes from {excerpt(found) or name}, expected {repository}", command)


def _command(name: str, kind: str, wanted: Expectations) -> str:
    repository = repository_of(wanted.source_repository).partition("/")[2]
    if not repository:
        return ""
    return (
        f"gh attestation verify {commands.quoted(name)} --repo {commands.quoted(repository)} "
        f"--predicate-type {commands.quoted(kind)}"
    )
